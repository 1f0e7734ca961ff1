/* What assess knows, as one record and back: open periods, series, limits, assets. */
#ifndef DAEMON_ASSESS_STATE_H
#define DAEMON_ASSESS_STATE_H

#include "base/cbor.h"
#include "daemon/assess/aggregate.h"
#include "daemon/assess/watch.h"

#define STATE_VERSION 1

/* The insides of struct assess, for assess.c and the two halves of the state. */
struct assess {
    const struct site *site;
    struct arena *arena;
    struct qualify_rule *rules;   /* by point index */
    struct aggregate *aggregates; /* by device index */
    struct watch_list list;
    uint64_t opened;   /* events so far */
    struct stamp last; /* of the newest call */
};

void state_save(const struct assess *assess, struct buf *buf);

/* Bytes that state_save writes at most. */
size_t state_size(const struct assess *assess);

int state_load(struct assess *assess, const void *state, size_t length,
               const struct assess_outlet *outlet);

#endif

/* What assess knows, as one record and back: open periods, series, limits, assets. */
#ifndef DAEMON_ASSESS_STATE_H
#define DAEMON_ASSESS_STATE_H

#include "base/cbor.h"
#include "daemon/assess/aggregate.h"
#include "daemon/assess/evidence.h"
#include "daemon/assess/judges.h"
#include "daemon/assess/qualify.h"
#include "daemon/assess/watch.h"

#define STATE_VERSION 2

/* The insides of struct assess, for assess.c and the two halves of the state. */
struct assess {
    const struct site *site;
    struct arena *arena;
    struct qualify qualify;
    struct aggregate *aggregates; /* by device index */
    struct watch_list list;
    struct judges judges;
    struct evidence_keeper evidence;
    uint64_t opened;   /* events so far */
    struct stamp last; /* of the newest call */
};

static inline struct turn
state_turn(struct assess *assess, const struct stamp *at, const struct assess_outlet *outlet)
{
    return (struct turn){at, outlet, &assess->opened, &assess->site->events, &assess->evidence};
}

void state_save(const struct assess *assess, struct buf *buf);

/* Bytes that state_save writes at most. */
size_t state_size(const struct assess *assess);

int state_load(struct assess *assess, const void *state, size_t length,
               const struct assess_outlet *outlet);

#endif

/* The last readings of a judged point, good or not: what evidence is made of. */
#ifndef DAEMON_ASSESS_SERIES_H
#define DAEMON_ASSESS_SERIES_H

#include "daemon/record.h"

#define SERIES_LENGTH 12

struct series {
    struct evidence_value values[SERIES_LENGTH]; /* a ring: `next` is written next */
    uint8_t next, count;
};

void series_push(struct series *series, const struct evidence_value *value);

/* In time order; returns how many. */
size_t series_copy(const struct series *series, struct evidence_value ret_values[SERIES_LENGTH]);

#endif

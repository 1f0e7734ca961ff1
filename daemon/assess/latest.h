/* The newest reading of every point that an asset looks at, whichever scan brought it. */
#ifndef DAEMON_ASSESS_LATEST_H
#define DAEMON_ASSESS_LATEST_H

#include "daemon/assess/condition.h"
#include "daemon/assess/reading.h"

#include <math.h>

struct latest {
    double number; /* NaN: no value */
    uint8_t quality;
    bool seen;       /* one was read since the start */
    struct stamp at; /* of the scan that brought it */
};

/* By point index: a scan's readings that are not absent. */
static inline void
latest_take(struct latest *latest, const struct scan *scan)
{
    struct latest *first = latest + scan->device->points[0].index;
    for (unsigned i = 0; i < scan->count; i++) {
        if (scan->values[i].kind == VALUE_ABSENT)
            continue;
        first[i].number = NAN;
        reading_number(&scan->values[i], &first[i].number);
        first[i].quality = scan->values[i].quality;
        first[i].seen = true;
        first[i].at = scan->at;
    }
}

/* What the point says at `now`. A reading older than three of its intervals and 2 s says nothing
 * any more: QUALITY_INVALID_INPUT, as does a point that was never read. */
struct latest latest_of(const struct latest *latest, const struct point *point,
                        const struct stamp *now);

/* Feeds the condition with the newest reading of its point if that is a new one. */
void latest_feed(const struct latest *latest, const struct condition *condition,
                 struct condition_state *state, const struct stamp *now);

#endif

/* How far the open period of each judged mean is from its limit, and what the rest of it may be:
 * boiler operators steer by it. */
#ifndef DAEMON_ASSESS_HEADROOM_H
#define DAEMON_ASSESS_HEADROOM_H

#include "daemon/assess/assess.h"

struct headroom {
    const struct limit *limit;
    const char *subject; /* "boiler-3.so2" */
    int64_t start_utc_ms, end_utc_ms;
    uint32_t valid,
        expected; /* results: valid so far, due in the whole period (0: not on a clock) */
    double mean;  /* of the valid ones so far; NaN: none yet */
    double share; /* mean / limit; NaN where the limit is not above zero */
    /* What the results still due may average at most (at least, for a limit from below) so that the
     * period's mean is just at the limit: (limit * (valid + due) - sum) / due. NaN where nothing is
     * due any more, and for means weighted by a flow that is not known yet. */
    double rest;
    bool lost; /* no value from zero up can keep it any more */
};

/* The judged means of the newest call's time, in the order of limits; returns how many were
 * written. Nothing while the clock is unknown. */
size_t assess_headroom(const struct assess *assess, struct headroom *ret_list, size_t capacity);

#endif

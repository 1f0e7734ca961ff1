/* One limit against the readings or the closed periods of its point. */
#ifndef DAEMON_ASSESS_JUDGE_LIMIT_H
#define DAEMON_ASSESS_JUDGE_LIMIT_H

#include "daemon/assess/events.h"
#include "daemon/assess/hold.h"

struct judged_limit {
    const struct limit *limit;
    const char *subject;         /* "boiler-3.so2" */
    const struct series *series; /* of its point */
    struct hold hold;            /* instant: pending */
    struct event_state event;
    uint32_t periods;                  /* means: exceeded so far */
    int64_t first_utc_ms, last_utc_ms; /* means: start of the first and the last of them */
};

/* A reading of the limit's point: it must be in the series already. */
void judge_limit_reading(struct judged_limit *judged, const struct evidence_value *reading,
                         bool valid, const struct turn *turn);

/* A closed period of the limit's point. */
void judge_limit_mean(struct judged_limit *judged, const struct statistic *statistic,
                      const struct turn *turn);

/* An event on a mean is told with each of its periods, not here. */
void judge_limit_tick(struct judged_limit *judged, const struct turn *turn);

/* The event as its next record would say it; only its phase is left open. */
void judge_limit_describe(const struct judged_limit *judged, const struct stamp *at,
                          struct event *ret_event);

/* Closes an open event because it is no longer judged. */
void judge_limit_drop(struct judged_limit *judged, const struct turn *turn);

#endif

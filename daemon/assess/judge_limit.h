/* One limit against the readings or the closed periods of its point. */
#ifndef DAEMON_ASSESS_JUDGE_LIMIT_H
#define DAEMON_ASSESS_JUDGE_LIMIT_H

#include "base/arena.h"
#include "daemon/assess/finding.h"

#define LIMIT_WHENS 8 /* most that a limit has */

/* What a condition of the limit's `when` is compared with. */
struct limit_seen {
    double reading;       /* newest of its point; NaN: not valid, or none came */
    double mean;          /* of its newest closed period of the limit's averaging; NaN: not valid */
    int64_t start_utc_ms; /* of that period */
};

/* Since when the asset has been in one of the modes of the limit's `when`. */
struct limit_mode {
    bool on;
    int64_t since_utc_ms, until_utc_ms;
};

/* The month's hours under a limit with hours_within. */
struct limit_month {
    int64_t start_utc_ms;
    uint32_t hours, kept;
};

struct judged_limit {
    const struct limit *limit;
    struct finding finding;
    uint32_t periods;                  /* exceeded so far, one after the other; or results */
    int64_t first_utc_ms, last_utc_ms; /* start of the first and the last of them; or their time */
    uint64_t beyond;                   /* instant: newest readings, bit 0 the newest */
    struct limit_month month;
    struct limit_seen *seen; /* as limit->whens; NULL: there are none */
    struct limit_mode mode;
    bool conditional;           /* it, or another of its name, has a `when` */
    bool waiting;               /* `pending` waits for the means of that */
    struct statistic pending;   /* start, end, mean, corrected mean */
    double corrected_mean;      /* the correction of the mean values; NaN: not known */
    struct judged_limit *alike; /* the next of one asset, name, kind, side and averaging; a ring */
};

/* `subject` ("boiler-3.so2") and `series` (of its point) must outlive it; `seen` has room for the
 * limit's whens. It is alike itself only. */
void judge_limit_init(struct judged_limit *judged, const struct limit *limit, const char *subject,
                      const struct series *series, struct limit_seen *seen);

/* Whether the limit is on means of such periods. */
bool judge_limit_is_of(const struct limit *limit, enum period period);

/* A reading of the limit's point: it must be in the series already. */
void judge_limit_reading(struct judged_limit *judged, const struct evidence_value *reading,
                         bool valid, const struct turn *turn);

/* A closed period of the limit's point. */
void judge_limit_mean(struct judged_limit *judged, const struct statistic *statistic,
                      const struct turn *turn);

/* A verdict on a closed period the limit is in force for; or it is not, because of `reason`. */
void judge_limit_verdict(struct judged_limit *judged, const struct statistic *statistic,
                         const struct turn *turn);
void judge_limit_lapse(struct judged_limit *judged, const char *reason, const struct turn *turn);

/* An event on a mean is told with each of its periods, not here. */
void judge_limit_tick(struct judged_limit *judged, const struct turn *turn);

#endif

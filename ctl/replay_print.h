/* How differences are told: a table a person reads, or JSON lines ("record": "event", "statistic",
 * at the end "summary"). What stands in the store comes first, what the replay gives second. */
#ifndef CTL_REPLAY_PRINT_H
#define CTL_REPLAY_PRINT_H

#include "daemon/record.h"

#include <stdbool.h>
#include <stdint.h>

#define REPLAY_OPEN INT64_MAX /* closed_utc_ms of what was still open at the end */

/* An event from opening to closing, or a moment (is_moment). */
struct episode {
    char kind[48], subject[96], averaging[16];
    int64_t since_utc_ms, closed_utc_ms;
    double peak, limit;
    int64_t periods; /* of a mean: how many were exceeded; -1: does not apply */
    bool is_moment;
    uint64_t opened; /* sequence of its opening record */
    bool matched;
};

struct replay_summary {
    unsigned long long scans, readings, requalified; /* readings of another quality */
    unsigned long long events, events_new, events_missing, events_other;
    unsigned long long statistics, statistics_new, statistics_missing, statistics_other;
    unsigned long long unknown_events;     /* open since before the lead-in */
    unsigned long long unknown_statistics; /* of points the site does not have */
    unsigned absent_points;                /* of the site, never stored */
};

struct replay_print {
    bool json;
    unsigned long long most; /* statistics shown one by one in a table */
    unsigned long long shown, withheld;
};

/* Either may be NULL: a new event has no `stored`, a missing one no `found`. */
void replay_print_event(struct replay_print *print, const struct episode *stored,
                        const struct episode *found);

/* Of one point and period. Likewise. */
void replay_print_statistic(struct replay_print *print, const char *point,
                            const struct statistic *stored, const struct statistic *found);

void replay_print_summary(struct replay_print *print, const struct replay_summary *summary);
bool replay_differs(const struct replay_summary *summary);

/* Equal but for the last bits: sums may have been made in another order. */
bool replay_is_same_number(double left, double right);

#endif

/* Hours of yesterday and today (Beijing days) of one asset, by pollutant: what was abnormal, what a
 * named person marked, what of that the permit exempts. Bounded: 48 hours and a year's count. */
#ifndef DAEMON_ASSESS_MARKS_H
#define DAEMON_ASSESS_MARKS_H

#include "daemon/assess/work.h"

#define MARKS_HOURS       48
#define MARKS_SETTLE_MS   60000            /* behind an hour: its means are judged by then */
#define MARKS_DEADLINE_MS (36LL * 3600000) /* of a day, from its start: 12:00 of the next */

/* Bit h is hour h of the window. */
struct marks_of {
    uint64_t seen, invalid,
        exceeded; /* a mean came; it was not valid; a permit limit was exceeded */
    uint64_t marked, exempt;
    uint8_t conditions[MARKS_HOURS]; /* enum work_condition */
    uint64_t sequences[MARKS_HOURS]; /* of the record of the mark */
    uint8_t before_condition;
    uint32_t
        before; /* exempt hours of the row of that condition that ends where the window begins */
    struct marks_year {
        uint16_t year;
        uint32_t exempt_h;
    } years[2]; /* by the year's last bit */
};

/* Of one limit: which hours exceeded it, and by which mean. */
struct marks_excess {
    uint64_t hours;
    double means[MARKS_HOURS];
};

struct marks_window {
    const struct marks *marks;
    int64_t start_utc_ms; /* of yesterday; 0: no time was known yet */
    int64_t first_utc_ms; /* hours before it had no chance to be judged */
    uint64_t proposed;
    struct marks_of *of;         /* by pollutant */
    struct marks_excess *excess; /* by limit */
};

/* Why hours that were marked as start-up or shutdown are not exempt. */
enum marks_why { MARKS_EXEMPT, MARKS_NOT_IN_PERMIT, MARKS_HOURS_USED_UP, MARKS_YEAR_USED_UP };

struct marks_result {
    bool claims; /* start-up or shutdown */
    int64_t late_hours, taken_hours;
    uint32_t exempt, refused; /* hours times pollutants */
    enum marks_why why;       /* of the first that was refused */
};

/* What of a day is abnormal and unmarked. */
struct marks_queue {
    uint32_t count; /* hours */
    int64_t first_utc_ms, last_utc_ms;
};

/* The window goes with the time. */
void marks_enter(struct marks_window *window, int64_t utc_ms);

/* Of the window, or -1. */
int marks_hour(const struct marks_window *window, int64_t utc_ms);

/* -1: no such pollutant. */
int marks_find(const struct marks *marks, const char *pollutant);

/* A closed hour of a judged point. */
void marks_statistic(struct marks_window *window, const struct statistic *statistic);

/* A mark at that time: hours whose deadline is past are late and change nothing. */
struct marks_result marks_put(struct marks_window *window, const struct declaration *mark,
                              int64_t now_utc_ms);

/* Is the hour one that such a mark changes? */
bool marks_takes(const struct marks_window *window, const struct declaration *mark, int hour,
                 int64_t now_utc_ms);

struct marks_queue marks_queue(const struct marks_window *window, int64_t day_utc_ms,
                               int64_t now_utc_ms);

void marks_exchange(struct marks_window *window, struct exchange *exchange);

#endif

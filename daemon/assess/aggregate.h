/* The periods of one device's points: minute, five and ten minutes, hour, day, month at UTC+08:00.
 */
#ifndef DAEMON_ASSESS_AGGREGATE_H
#define DAEMON_ASSESS_AGGREGATE_H

#include "base/arena.h"
#include "daemon/assess/pacing.h"
#include "daemon/assess/tally.h"

enum aggregate_level {
    LEVEL_MINUTE,
    LEVEL_FIVE_MINUTES, /* waste incinerators (standards.md 12 #26) */
    LEVEL_TEN_MINUTES,
    LEVEL_HOUR,
    LEVEL_DAY,
    LEVEL_MONTH,
    LEVEL_COUNT
};

#define AGGREGATE_CLOSED   4
#define AGGREGATE_GRACE_MS 2000

/* [start, end); empty: start == end */
struct aggregate_span {
    int64_t start_utc_ms, end_utc_ms;
};

/* The newest closed minute, not yet folded into the coarser periods: late readings may change it.
 */
struct aggregate_held {
    struct tally *tallies;
    struct tally_extra *extras;
    double *lows;                            /* of the late readings' sums */
    struct aggregate_span last[LEVEL_COUNT]; /* what closed with it and holds it; its own first */
    uint32_t revision;                       /* times it was told again */
};

struct aggregate {
    const struct device *device;
    struct period_rules rules;
    struct aggregate_span open[LEVEL_COUNT];
    struct aggregate_span closed[LEVEL_COUNT][AGGREGATE_CLOSED]; /* stretches, the newest first */
    struct tally *tallies[LEVEL_COUNT];      /* of device->points, without the held minute */
    struct tally_extra *extras[LEVEL_COUNT]; /* likewise; NULL: no point needs one */
    struct aggregate_held held;
    int64_t offset_ms; /* UTC less monotonic time of the newest reading in an open minute */
    uint32_t boot;     /* and its boot */
    struct pacing pacing;
    uint64_t late; /* readings that came too late for any period */
};

/* Where closed periods go, in order: finer before coarser, then by point. */
struct aggregate_outlet {
    void (*statistic)(void *context, const struct statistic *statistic);
    void *context;
};

/* Its memory is the arena's. */
void aggregate_init(struct aggregate *aggregate, const struct device *device,
                    const struct period_rules *rules, struct arena *arena);

/* Closes what has ended at utc_ms and opens the periods that hold it. False when the minute that
 * holds it was closed before (late, or the clock was set back): then nothing changes, and what was
 * read is for aggregate_add_late. */
bool aggregate_enter(struct aggregate *aggregate, int64_t utc_ms,
                     const struct aggregate_outlet *outlet);

/* Time goes on without a scan: closes what ended more than the grace ago. Never goes back. */
void aggregate_tick(struct aggregate *aggregate, int64_t utc_ms,
                    const struct aggregate_outlet *outlet);

/* A scan as it is counted. `weights` are as scan->values, or NULL; those of points that are not
 * weighted are not looked at. `between`: it lies between two that count (pacing.h). */
struct aggregate_reading {
    const struct scan *scan;
    const double *weights;
    bool between;
};

/* Adds a scan's values to the open minute. */
void aggregate_add(struct aggregate *aggregate, const struct aggregate_reading *reading);

/* Adds a late scan to the newest closed minute and tells what it changes again, as next revision;
 * false when it is older than that or its time was lived through before: then it is counted. */
bool aggregate_add_late(struct aggregate *aggregate, const struct aggregate_reading *reading,
                        const struct aggregate_outlet *outlet);

/* The readings of device->points[i] so far in the open period of a level, the open minute's too. */
struct tally_sum aggregate_open_sum(const struct aggregate *aggregate, enum aggregate_level level,
                                    unsigned i);

#endif

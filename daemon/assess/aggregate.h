/* The open periods of one device's points: minute, ten minutes, hour, day, month at UTC+08:00. */
#ifndef DAEMON_ASSESS_AGGREGATE_H
#define DAEMON_ASSESS_AGGREGATE_H

#include "daemon/model.h"

enum aggregate_level {
    LEVEL_MINUTE,
    LEVEL_TEN_MINUTES,
    LEVEL_HOUR,
    LEVEL_DAY,
    LEVEL_MONTH,
    LEVEL_COUNT
};

#define AGGREGATE_CLOSED   4
#define AGGREGATE_GRACE_MS 2000

/* min is +infinity and max -infinity while nothing valid came. */
struct tally {
    double sum, min, max;
    uint32_t count; /* readings that arrived, whatever their quality */
    uint32_t valid;
};

/* [start, end); empty: start == end */
struct aggregate_span {
    int64_t start_utc_ms, end_utc_ms;
};

struct aggregate {
    const struct device *device;
    struct aggregate_span open[LEVEL_COUNT];
    struct aggregate_span closed[LEVEL_COUNT][AGGREGATE_CLOSED]; /* stretches, the newest first */
    struct tally *tallies[LEVEL_COUNT];                          /* of device->points */
};

/* Where closed periods go, in order: finer before coarser, then by point. */
struct aggregate_outlet {
    void (*statistic)(void *context, const struct statistic *statistic);
    void *context;
};

/* `tallies` has LEVEL_COUNT * device->point_count entries and must outlive it. */
void aggregate_init(struct aggregate *aggregate, const struct device *device,
                    struct tally *tallies);

/* Closes what has ended at utc_ms and opens the periods that hold it. False when the minute that
 * holds it was closed before (late, or the clock was set back): then nothing changes and a reading
 * of that time takes part in no period. */
bool aggregate_enter(struct aggregate *aggregate, int64_t utc_ms,
                     const struct aggregate_outlet *outlet);

/* Time goes on without a scan: closes what ended more than the grace ago. Never goes back. */
void aggregate_tick(struct aggregate *aggregate, int64_t utc_ms,
                    const struct aggregate_outlet *outlet);

/* Adds a scan's values to the open minute. */
void aggregate_add(struct aggregate *aggregate, const struct scan *scan);

#endif

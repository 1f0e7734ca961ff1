/* Which points are judged, and by what: laid out once, so that a scan touches only its own. */
#ifndef DAEMON_ASSESS_WATCH_H
#define DAEMON_ASSESS_WATCH_H

#include "base/arena.h"
#include "daemon/assess/judge_limit.h"

#define WATCH_NONE UINT32_MAX

/* A limit's `when` that looks at a point. */
struct watch_when {
    struct judged_limit *judged;
    uint8_t at; /* in limit->whens */
};

/* One judged point, or one that a `when` looks at. */
struct watch {
    const struct point *point;
    uint16_t at; /* in scan->values */
    struct series series;
    struct judged_limit *limits; /* in the order of the site */
    uint32_t limit_count;
    struct watch_when *whens;
    uint32_t when_count;
};

struct watch_list {
    struct watch *watches; /* by point index: a device's are consecutive */
    uint32_t count;
    uint32_t *of_point; /* by point index: its watch, or WATCH_NONE */
    struct watch_range {
        uint32_t first, count;
    } * of_device; /* by device index */
    struct judged_limit *limits;
    uint32_t limit_count;
};

void watch_list_init(struct watch_list *list, const struct site *site, struct arena *arena);

/* A qualified scan of the device: its readings against limits. */
void watch_list_read(struct watch_list *list, const struct scan *scan, const struct turn *turn);

/* A closed period against the limits on means. */
void watch_list_close(struct watch_list *list, const struct statistic *statistic,
                      const struct turn *turn);

/* The mode of an asset, enum mode, as it is from now on; normal unless this was called. */
void watch_list_mode(struct watch_list *list, const struct asset *asset, unsigned mode,
                     int64_t utc_ms);

void watch_list_tick(struct watch_list *list, const struct turn *turn);

#endif

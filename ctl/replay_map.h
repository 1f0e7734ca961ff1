/* What the numbers of a store mean under a site: devices and points are found by their names, so
 * that a site whose points mean something else, or stand in another order, can judge what another
 * site stored. A point with a former name (`was`) is found by that too. */
#ifndef CTL_REPLAY_MAP_H
#define CTL_REPLAY_MAP_H

#include "daemon/store/reader.h"

#include "config/site.h"

struct replay_map {
    const struct site *site;
    const struct device **devices; /* by registry number; NULL: not of this site */
    const struct point **points;
    uint32_t device_count, point_count;
    bool *is_stored; /* by site->points: the registry knows the name */
};

/* 0 or -ENOMEM. */
int replay_map_new(struct replay_map *map, struct reader *reader, const struct site *site);
void replay_map_free(struct replay_map *map);

const struct device *replay_map_device(const struct replay_map *map, uint32_t number);
const struct point *replay_map_point(const struct replay_map *map, uint32_t number);

/* Made by assess, not read: their stored scans are an outcome, no input. */
bool replay_map_is_derived(const struct device *device);

/* Says on standard error which points of the site were never stored and which have another unit
 * than what is stored. Returns how many cannot be judged. */
unsigned replay_map_warn(const struct replay_map *map, struct reader *reader);

#endif

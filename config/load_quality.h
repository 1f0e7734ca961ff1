/* Status words and calibration calendars while a site is loaded: load_quality.c, load_calendar.c.
 * Internal to config/. */
#ifndef CONFIG_LOAD_QUALITY_H
#define CONFIG_LOAD_QUALITY_H

#include "config/load.h"
#include "config/quality.h"

/* Status rules while they are read. */
struct load_status {
    struct status_rule *rules;
    const struct point *points; /* of a map: what the rules' points are counted from */
    uint16_t count;
    uint32_t unsaid; /* bit i: rule i does not say which points it is about */
};

/* `status` of the register map of that name. */
void load_map_status(struct load *load, const struct yaml_node *node, const char *name,
                     struct load_map *map);

/* `status` and `calibration` of all devices, when they are laid out. */
void load_quality(struct load *load);

/* What says whether a regulated outlet's readings count is kept as long as they are. When assets
 * are read. */
void load_quality_samples(struct load *load);

/* `calibration` of a device. */
void load_calendars(struct load *load, const struct yaml_node *node, const struct device *device,
                    const struct load_status *status, struct device_quality *quality);

/* `of`: the named points; or all but those that `status` looks at. */
void load_point_list(struct load *load, const struct yaml_node *node, const char *what,
                     const struct device *device, struct point_list *ret_list);
void load_all_points(struct load *load, const struct load_status *status,
                     const struct device *device, struct point_list *ret_list);

#endif

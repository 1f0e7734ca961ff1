/* The points of a device or a register map. Internal to config/. */
#ifndef CONFIG_POINTS_H
#define CONFIG_POINTS_H

#include "config/load.h"

/* Reads the mapping of points behind what the list already has; `what` is "device 'rto'". */
void points_read(struct load *load, const struct yaml_node *node, const char *what,
                 struct load_points *points);

/* Points that read the same registers as different things; `first` and later are new, so pairs
 * before it were checked already. */
void points_check_overlaps(struct load *load, const struct load_points *points, uint32_t first);

/* A mistake when messages use the word (the node's key) for something else. */
void points_check_name(struct load *load, const struct yaml_node *node);

struct load_point *points_find(const struct load_points *points, const char *name);

#endif

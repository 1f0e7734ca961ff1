/* What load_device.c has read elsewhere. Internal to config/. */
#ifndef CONFIG_LOAD_PARTS_H
#define CONFIG_LOAD_PARTS_H

#include "config/load.h"

/* `forbidden` and `set-up` of a device or a register map. */
void load_manners(struct load *load, const struct schema_section *section,
                  const struct yaml_node *node, const char *what, const struct load_points *points,
                  struct device *device);

/* `writable` of a device. */
void load_writable(struct load *load, const struct yaml_node *node, const char *what,
                   struct load_points *points);

/* Points in forbidden ranges, set-up that is not allowed. */
void load_check_manners(struct load *load, const struct load_device *entry, const char *what);

#endif

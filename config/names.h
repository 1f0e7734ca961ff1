/* Finds the devices and points that assets name. Internal to config/. */
#ifndef CONFIG_NAMES_H
#define CONFIG_NAMES_H

#include "config/load.h"

#define NAMES_FROM_MAX 64

/* The devices an asset is measured by; none: all of the site. */
struct names_from {
    struct device *devices[NAMES_FROM_MAX];
    uint16_t count;
    bool unsure;             /* one of them was not found */
    const struct asset *own; /* whose derived points come before those, or NULL */
};

void names_read_from(struct load *load, const struct yaml_node *node, const char *what,
                     struct names_from *ret_from);

/* The point "device.point", or "point" where exactly one device has it. NULL after a mistake at the
 * node, or without one where the mistake was reported already (a map that could not be read). */
struct point *names_find_point(struct load *load, const struct yaml_node *node, const char *what,
                               const char *name, const struct names_from *from);

/* The same without a mistake: NULL where it is not there or not the only one. */
struct point *names_peek_point(struct load *load, const char *name, const struct names_from *from);

#endif

/* Limits of an asset, from its own words and from limit sets. Internal to config/. */
#ifndef CONFIG_LIMITS_H
#define CONFIG_LIMITS_H

#include "config/names.h"

/* Limits as they are found; struct load_limits grows, the site's array is laid out at the end. */
struct load_limits {
    struct limit *list;
    uint32_t count, capacity;
};

/* limits: of one asset. */
void limits_read(struct load *load, const struct yaml_node *node, const struct asset *asset,
                 const struct names_from *from, struct load_limits *limits);

/* A limit set without a site: everything but the points. */
void limits_check_set(struct load *load, const struct load_set *set);

#endif

/* The little a const site needs besides being read. */
#include "config/site.h"

#include "base/arena.h"

#include <string.h>

void
site_free(struct site *site)
{
    if (site)
        arena_free(site->arena); /* the site itself lives there */
}

const struct device *
site_find_device(const struct site *site, const char *name)
{
    for (uint16_t i = 0; i < site->device_count; i++)
        if (!strcmp(site->devices[i].name, name))
            return &site->devices[i];
    return NULL;
}

const struct point *
site_find_point(const struct site *site, const char *device_name, const char *name)
{
    const struct device *device = site_find_device(site, device_name);
    for (uint16_t i = 0; device && i < device->point_count; i++)
        if (!strcmp(device->points[i].name, name))
            return &device->points[i];
    return NULL;
}

const char *
site_type_name(enum point_type type)
{
    static const char *const NAMES[] = {"bool",    "u16",     "s16", "u32",    "s32",  "u64", "s64",
                                        "float32", "float64", "bcd", "string", "bits", "u8",  "s8"};
    return NAMES[type];
}

const char *
site_asset_kind_name(enum asset_kind kind)
{
    static const char *const NAMES[] = {"boiler",  "voc-treatment", "wastewater",
                                        "generic", "kiln",          "incinerator"};
    return NAMES[kind];
}

const char *
site_limit_kind_name(enum limit_kind kind)
{
    static const char *const NAMES[] = {"permit-limit", "ultra-low-target", "internal-warning"};
    return NAMES[kind];
}

const char *
site_averaging_name(enum averaging averaging)
{
    static const char *const NAMES[] = {"instant",      "minute", "ten-minutes", "hour",
                                        "five-minutes", "day",    "single"};
    return NAMES[averaging];
}

/* What a site is: built by config/loader.c from one YAML file, then const and read by everyone
 * until the last thread has left it. All text and arrays live in the site's own arena (site_free).
 */
#ifndef CONFIG_SITE_H
#define CONFIG_SITE_H

#include "config/asset.h"
#include "config/destination.h"
#include "config/events.h"
#include "config/field.h"
#include "config/people.h"
#include "config/periods.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mode_rule;

struct store_settings {
    const char *directory; /* NULL: $STATE_DIRECTORY */
    int64_t max_size;      /* bytes */
    uint32_t commit_every_ms;
    uint32_t keep_days[7]; /* by stream number 1..6; 0: by size alone */
};

struct site {
    const char *park, *gateway; /* names; the gateway's id is another thing, made by the store */
    const char *file;
    uint8_t digest[32]; /* SHA-256 of the file and the maps and limits it used */
    uint32_t generation;
    bool unsigned_commands;
    enum role unsigned_role;    /* of them */
    uint32_t commands_a_minute; /* of one sender */
    struct person *people;
    uint16_t person_count;
    uint32_t maintenance_max_s; /* longest declared at once */
    struct bus *buses;
    uint16_t bus_count;
    struct device *devices;
    uint16_t device_count;
    struct point *points;
    uint32_t point_count;
    struct asset *assets;
    uint16_t asset_count;
    const struct mode_rule *modes; /* config/modes.h */
    uint16_t mode_count;
    struct limit *limits;
    uint16_t limit_count;
    struct destination *destinations;
    uint16_t destination_count;
    struct store_settings store;
    uint8_t limits_comparison; /* enum limit_comparison */
    struct period_rules periods;
    struct event_rules events;
    struct arena *arena;
};

void site_free(struct site *site);

/* NULL where there is none of that name. */
const struct device *site_find_device(const struct site *site, const char *name);
const struct point *site_find_point(const struct site *site, const char *device, const char *name);

const char *site_type_name(enum point_type type);
const char *site_asset_kind_name(enum asset_kind kind);
const char *site_limit_kind_name(enum limit_kind kind);
const char *site_averaging_name(enum averaging averaging);

#endif

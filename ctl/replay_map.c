#include "ctl/replay_map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMED 20 /* points that are called by name; the others are counted */

static const struct point *
find_point(const struct device *device, const char *name)
{
    for (uint16_t i = 0; device != NULL && i < device->point_count; i++)
        if (strcmp(device->points[i].name, name) == 0)
            return &device->points[i];
    for (uint16_t i = 0; device != NULL && i < device->point_count; i++)
        if (device->points[i].was != NULL && strcmp(device->points[i].was, name) == 0)
            return &device->points[i];
    return NULL;
}

static int
count_numbers(struct replay_map *map, struct reader *reader)
{
    while (reader_device(reader, map->device_count + 1) != NULL)
        map->device_count++;
    while (reader_point(reader, map->point_count + 1) != NULL)
        map->point_count++;
    map->devices = calloc(map->device_count + 1U, sizeof *map->devices);
    map->points = calloc(map->point_count + 1U, sizeof *map->points);
    map->is_stored = calloc(map->site->point_count + 1U, sizeof *map->is_stored);
    return map->devices == NULL || map->points == NULL || map->is_stored == NULL ? -ENOMEM : 0;
}

int
replay_map_new(struct replay_map *map, struct reader *reader, const struct site *site)
{
    *map = (struct replay_map){.site = site};
    if (count_numbers(map, reader) != 0) {
        replay_map_free(map);
        return -ENOMEM;
    }
    for (uint32_t number = 1; number <= map->device_count; number++)
        map->devices[number] = site_find_device(site, reader_device(reader, number));
    for (uint32_t number = 1; number <= map->point_count; number++) {
        const struct registry_point *stored = reader_point(reader, number);
        const struct point *point = find_point(site_find_device(site, stored->device),
                                               stored->name);
        map->points[number] = point;
        if (point != NULL)
            map->is_stored[point->index] = true;
    }
    return 0;
}

void
replay_map_free(struct replay_map *map)
{
    free(map->devices);
    free(map->points);
    free(map->is_stored);
    *map = (struct replay_map){0};
}

const struct device *
replay_map_device(const struct replay_map *map, uint32_t number)
{
    return number <= map->device_count ? map->devices[number] : NULL;
}

const struct point *
replay_map_point(const struct replay_map *map, uint32_t number)
{
    return number <= map->point_count ? map->points[number] : NULL;
}

bool
replay_map_is_derived(const struct device *device)
{
    return device->asset != NULL;
}

static void
warn_units(const struct replay_map *map, struct reader *reader)
{
    for (uint32_t number = 1; number <= map->point_count; number++) {
        const struct registry_point *stored = reader_point(reader, number);
        const struct point *point = map->points[number];
        if (point != NULL && strcmp(stored->unit, point->unit) != 0)
            fprintf(stderr,
                    "parkgatectl: %s.%s was stored in '%s', the site says '%s': its values are "
                    "judged as they were stored\n",
                    stored->device, stored->name, stored->unit, point->unit);
    }
}

unsigned
replay_map_warn(const struct replay_map *map, struct reader *reader)
{
    unsigned absent = 0;

    warn_units(map, reader);
    for (uint32_t i = 0; i < map->site->point_count; i++) {
        const struct point *point = &map->site->points[i];
        if (map->is_stored[i] || replay_map_is_derived(point->device))
            continue;
        if (absent++ < NAMED)
            fprintf(stderr, "parkgatectl: %s.%s was never stored: nothing of it can be compared\n",
                    point->device->name, point->name);
    }
    if (absent > NAMED)
        fprintf(stderr, "parkgatectl: ... and %u points more that were never stored\n",
                absent - NAMED);
    return absent;
}

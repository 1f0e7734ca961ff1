/* The plan of judgement, made from the site at start: every point with a limit or in a condition
 * gets a watch, with its limits and uses side by side. A point that nothing judges costs a scan
 * nothing here.
 *
 * Order, which is part of the output: points as in the site, of each its limits as in the site,
 * then assets in the order their points are met. */
#include "daemon/assess/watch.h"

#include "daemon/assess/reading.h"

#include <math.h>
#include <stdio.h>

static void
mark(struct watch_list *list, const struct point *point)
{
    if (point)
        list->of_point[point->index] = 0;
}

static void
mark_judged_points(struct watch_list *list, const struct site *site)
{
    for (uint32_t i = 0; i < site->point_count; i++)
        list->of_point[i] = WATCH_NONE;
    for (unsigned i = 0; i < site->limit_count; i++)
        mark(list, site->limits[i].point);
    for (unsigned i = 0; i < site->asset_count; i++)
        for (enum asset_role role = 0; role < ROLE_COUNT; role++)
            mark(list, judge_bypass_condition(&site->assets[i], role)->point);
    for (uint32_t i = 0; i < site->point_count; i++)
        if (list->of_point[i] != WATCH_NONE)
            list->of_point[i] = list->count++;
}

static void
make_watches(struct watch_list *list, const struct site *site, struct arena *arena)
{
    list->watches = arena_take(arena, list->count * sizeof *list->watches);
    list->of_device = arena_take(arena, site->device_count * sizeof *list->of_device);
    for (uint32_t i = 0; i < site->point_count; i++) {
        const struct point *point = &site->points[i];
        uint32_t number = list->of_point[i];
        if (number == WATCH_NONE)
            continue;
        struct watch_range *range = &list->of_device[point->device->index];
        if (!range->count++)
            range->first = number;
        list->watches[number].point = point;
        list->watches[number].at = (uint16_t)(point - point->device->points);
    }
}

static struct watch *
watch_of(const struct watch_list *list, const struct point *point)
{
    return &list->watches[list->of_point[point->index]];
}

static const char *
join(struct arena *arena, const char *asset, const char *name)
{
    char subject[256];
    snprintf(subject, sizeof subject, "%s.%s", asset, name);
    return arena_text(arena, subject);
}

static void
place_limits(struct watch_list *list, const struct site *site, struct arena *arena)
{
    list->limits = arena_take(arena, site->limit_count * sizeof *list->limits);
    list->limit_count = site->limit_count;
    for (unsigned i = 0; i < site->limit_count; i++)
        watch_of(list, site->limits[i].point)->limit_count++;
    struct judged_limit *next = list->limits;
    for (uint32_t i = 0; i < list->count; i++) {
        list->watches[i].limits = next;
        next += list->watches[i].limit_count;
        list->watches[i].limit_count = 0;
    }
    for (unsigned i = 0; i < site->limit_count; i++) {
        const struct limit *limit = &site->limits[i];
        struct watch *watch = watch_of(list, limit->point);
        struct judged_limit *judged = &watch->limits[watch->limit_count++];
        judged->limit = limit;
        judged->series = &watch->series;
        judged->subject = join(arena, limit->asset->name, limit->name);
    }
}

static void
place_use(struct watch_list *list, struct judged_asset *asset, enum asset_role role)
{
    const struct point *point = judge_bypass_condition(asset->asset, role)->point;
    if (!point)
        return;
    struct watch *watch = watch_of(list, point);
    if (watch->uses) {
        asset->series[role] = &watch->series;
        watch->uses[watch->use_count] = (struct watch_use){asset, role};
    }
    watch->use_count++;
}

static void
place_all_uses(struct watch_list *list)
{
    for (uint32_t i = 0; i < list->asset_count; i++)
        for (enum asset_role role = 0; role < ROLE_COUNT; role++)
            place_use(list, &list->assets[i], role);
}

static void
place_assets(struct watch_list *list, const struct site *site, struct arena *arena)
{
    list->assets = arena_take(arena, site->asset_count * sizeof *list->assets);
    list->asset_count = site->asset_count;
    for (uint32_t i = 0; i < list->asset_count; i++)
        judge_bypass_init(&list->assets[i], &site->assets[i]);
    place_all_uses(list); /* counts */
    struct watch_use *next = arena_take(arena,
                                        (size_t)site->asset_count * ROLE_COUNT * sizeof *next);
    for (uint32_t i = 0; i < list->count; i++) {
        list->watches[i].uses = next;
        next += list->watches[i].use_count;
        list->watches[i].use_count = 0;
    }
    place_all_uses(list);
}

void
watch_list_init(struct watch_list *list, const struct site *site, struct arena *arena)
{
    *list = (struct watch_list){0};
    list->of_point = arena_take(arena, site->point_count * sizeof *list->of_point);
    mark_judged_points(list, site);
    make_watches(list, site, arena);
    place_limits(list, site, arena);
    place_assets(list, site, arena);
}

static void
read_watch(struct watch *watch, const struct value *value, const struct turn *turn)
{
    struct evidence_value reading = {.at = *turn->at, .number = NAN, .quality = value->quality};
    reading_number(value, &reading.number);
    double number;
    bool valid = reading_is_valid(value, &number);
    series_push(&watch->series, &reading);
    for (uint32_t i = 0; i < watch->limit_count; i++)
        judge_limit_reading(&watch->limits[i], &reading, valid, turn);
    for (uint32_t i = 0; i < watch->use_count; i++)
        judge_bypass_reading(watch->uses[i].asset, watch->uses[i].role, &reading, valid, turn);
}

static void
settle_assets(const struct watch *watch, const struct turn *turn)
{
    for (uint32_t i = 0; i < watch->use_count; i++)
        if (watch->uses[i].asset->touched)
            judge_bypass_settle(watch->uses[i].asset, turn);
}

void
watch_list_read(struct watch_list *list, const struct scan *scan, const struct turn *turn)
{
    const struct watch_range *range = &list->of_device[scan->device->index];
    struct watch *watches = list->watches + range->first;
    for (uint32_t i = 0; i < range->count; i++)
        if (scan->values[watches[i].at].kind != VALUE_ABSENT)
            read_watch(&watches[i], &scan->values[watches[i].at], turn);
    for (uint32_t i = 0; i < range->count; i++)
        settle_assets(&watches[i], turn);
}

void
watch_list_close(struct watch_list *list, const struct statistic *statistic,
                 const struct turn *turn)
{
    uint32_t number = list->of_point[statistic->point->index];
    if (number == WATCH_NONE)
        return;
    struct watch *watch = &list->watches[number];
    for (uint32_t i = 0; i < watch->limit_count; i++)
        judge_limit_mean(&watch->limits[i], statistic, turn);
}

void
watch_list_tick(struct watch_list *list, const struct turn *turn)
{
    for (uint32_t i = 0; i < list->limit_count; i++)
        judge_limit_tick(&list->limits[i], turn);
    for (uint32_t i = 0; i < list->asset_count; i++)
        judge_bypass_tick(&list->assets[i], turn);
}

/* The plan of judgement, made from the site at start: every point with a limit or in a `when` of
 * one gets a watch, with its limits and those conditions side by side. A point that nothing judges
 * costs a scan nothing here.
 *
 * Order, which is part of the output: points as in the site, of each its limits as in the site. A
 * scan is first seen by the conditions, then by the limits. */
#include "daemon/assess/watch.h"

#include "config/modes.h"
#include "daemon/assess/limit_force.h"
#include "daemon/assess/reading.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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
    for (unsigned i = 0; i < site->limit_count; i++) {
        mark(list, site->limits[i].point);
        for (uint8_t w = 0; w < site->limits[i].when_count; w++)
            mark(list, site->limits[i].whens[w].point);
    }
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
        struct limit_seen *seen = NULL;
        if (limit->when_count)
            seen = arena_take(arena, limit->when_count * sizeof *seen);
        judge_limit_init(judged, limit, join(arena, limit->asset->name, limit->name),
                         &watch->series, seen);
    }
}

static bool
is_alike(const struct limit *a, const struct limit *b)
{
    return a->asset == b->asset && a->kind == b->kind && a->side == b->side &&
           a->averaging == b->averaging && !strcmp(a->name, b->name);
}

/* Rings of limits of which one may displace another. */
static void
link_alike(struct watch_list *list)
{
    for (uint32_t i = 0; i < list->limit_count; i++) {
        struct judged_limit *judged = &list->limits[i];
        for (uint32_t j = i + 1; j < list->limit_count && judged->alike == judged; j++)
            if (is_alike(judged->limit, list->limits[j].limit))
                judged->alike = &list->limits[j];
    }
    for (uint32_t i = list->limit_count; i-- > 0;) { /* the last of each closes its ring */
        struct judged_limit *judged = &list->limits[i];
        struct judged_limit *first = judged;
        for (uint32_t j = 0; j < i && first == judged; j++)
            if (is_alike(judged->limit, list->limits[j].limit))
                first = &list->limits[j];
        if (judged->alike == judged)
            judged->alike = first;
    }
}

static void
share_conditional(struct watch_list *list)
{
    for (uint32_t i = 0; i < list->limit_count; i++) {
        struct judged_limit *judged = &list->limits[i];
        if (!judged->limit->when_count)
            continue;
        for (struct judged_limit *other = judged->alike; other != judged; other = other->alike)
            other->conditional = true;
    }
}

static void
add_whens(struct watch_list *list)
{
    for (uint32_t i = 0; i < list->limit_count; i++) {
        const struct limit *limit = list->limits[i].limit;
        for (uint8_t w = 0; w < limit->when_count; w++) {
            if (!limit->whens[w].point)
                continue;
            struct watch *watch = watch_of(list, limit->whens[w].point);
            if (watch->whens)
                watch->whens[watch->when_count] = (struct watch_when){&list->limits[i], w};
            watch->when_count++;
        }
    }
}

static void
place_whens(struct watch_list *list, struct arena *arena)
{
    add_whens(list); /* counts */
    for (uint32_t i = 0; i < list->count; i++) {
        struct watch *watch = &list->watches[i];
        if (watch->when_count)
            watch->whens = arena_take(arena, watch->when_count * sizeof *watch->whens);
        watch->when_count = 0;
    }
    add_whens(list);
}

void
watch_list_init(struct watch_list *list, const struct site *site, struct arena *arena)
{
    *list = (struct watch_list){0};
    list->of_point = arena_take(arena, site->point_count * sizeof *list->of_point);
    mark_judged_points(list, site);
    make_watches(list, site, arena);
    place_limits(list, site, arena);
    link_alike(list);
    share_conditional(list);
    place_whens(list, arena);
    for (uint32_t i = 0; i < list->limit_count; i++)
        limit_force_mode(&list->limits[i], MODE_NORMAL, 0);
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
}

static void
feed_whens(struct watch *watch, const struct value *value)
{
    double number = NAN;
    if (watch->when_count && !reading_is_valid(value, &number))
        number = NAN;
    for (uint32_t i = 0; i < watch->when_count; i++)
        watch->whens[i].judged->seen[watch->whens[i].at].reading = number;
}

void
watch_list_read(struct watch_list *list, const struct scan *scan, const struct turn *turn)
{
    const struct watch_range *range = &list->of_device[scan->device->index];
    struct watch *watches = list->watches + range->first;
    for (uint32_t i = 0; i < range->count; i++)
        if (scan->values[watches[i].at].kind != VALUE_ABSENT)
            feed_whens(&watches[i], &scan->values[watches[i].at]);
    for (uint32_t i = 0; i < range->count; i++)
        if (scan->values[watches[i].at].kind != VALUE_ABSENT)
            read_watch(&watches[i], &scan->values[watches[i].at], turn);
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
    for (uint32_t i = 0; i < watch->when_count; i++)
        limit_force_when(watch->whens[i].judged, watch->whens[i].at, statistic, turn);
}

void
watch_list_mode(struct watch_list *list, const struct asset *asset, unsigned mode, int64_t utc_ms)
{
    for (uint32_t i = 0; i < list->limit_count; i++)
        if (list->limits[i].limit->asset == asset)
            limit_force_mode(&list->limits[i], mode, utc_ms);
}

void
watch_list_tick(struct watch_list *list, const struct turn *turn)
{
    for (uint32_t i = 0; i < list->limit_count; i++)
        judge_limit_tick(&list->limits[i], turn);
}

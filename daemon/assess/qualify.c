/* Gives each value of a scan the reason why it should not be believed: outside its plausible range,
 * not a finite number, taken while the clock was unknown; then what status words, the calibration
 * calendar (qualify_status.c) and named people (qualify_declare.c) say. The higher quality number
 * wins over what acquire found, but a suspicion, which counts as valid, never hides a reason that
 * does not. Invariant: nothing but `quality` changes; a value out of range stays what it was
 * (promise 8). A device of which the site says nothing more costs one pass of comparisons. */
#include "daemon/assess/qualify.h"

#include "daemon/assess/qualify_parts.h"
#include "daemon/assess/reading.h"

#include <float.h>
#include <math.h>

void
qualify_init(struct qualify *qualify, const struct site *site, struct arena *arena)
{
    *qualify = (struct qualify){.site = site, .newest_utc_ms = INT64_MIN};
    qualify->ranges = arena_take(arena, (site->point_count + 1) * sizeof *qualify->ranges);
    for (uint32_t i = 0; i < site->point_count; i++) {
        const struct point *point = &site->points[i];
        qualify->ranges[i].low = point->has_range ? point->low : -DBL_MAX;
        qualify->ranges[i].high = point->has_range ? point->high : DBL_MAX;
    }
    qualify_status_init(qualify, arena);
}

static uint8_t
quality_outside(const struct qualify_range *range, double number)
{
    if (!isfinite(number))
        return QUALITY_NOT_A_NUMBER;
    return number < range->low ? QUALITY_UNDER_RANGE : QUALITY_OVER_RANGE;
}

static bool
is_worse(uint8_t quality, uint8_t than)
{
    return quality > than && (!quality_is_valid(quality) || quality_is_valid(than));
}

static void
compare_ranges(const struct qualify_range *ranges, struct scan *scan)
{
    const uint8_t least = scan->at.clock == CLOCK_UNKNOWN ? QUALITY_CLOCK_UNKNOWN : QUALITY_GOOD;
    for (unsigned i = 0; i < scan->count; i++) {
        struct value *value = &scan->values[i];
        double number;
        uint8_t quality = least;
        if (value->kind == VALUE_ABSENT)
            continue;
        if (reading_number(value, &number) &&
            !(number >= ranges[i].low && number <= ranges[i].high))
            quality = quality_outside(&ranges[i], number);
        if (quality > value->quality && is_worse(quality, value->quality))
            value->quality = quality;
    }
}

static bool
has_memory(const struct qualify_device *device)
{
    return device->source_count || device->status_count || device->calendar_count;
}

/* Back as well: a clock that was ahead for a moment must not let declarations expire. */
static void
note_time(struct qualify *qualify, const struct stamp *at)
{
    if (at->clock != CLOCK_UNKNOWN)
        qualify->newest_utc_ms = at->utc_ms;
}

void
qualify_scan(struct qualify *qualify, struct scan *scan)
{
    const struct device *device = scan->device;
    compare_ranges(qualify->ranges + (device->points - qualify->site->points), scan);
    note_time(qualify, &scan->at);
    if (has_memory(&qualify->devices[device->index]))
        qualify_status_scan(qualify, scan, scan->values);
    if (scan->at.clock != CLOCK_UNKNOWN && scan->at.utc_ms < qualify->declared_until_utc_ms)
        qualify_declared_scan(qualify, scan);
}

void
qualify_see(struct qualify *qualify, const struct scan *scan)
{
    note_time(qualify, &scan->at);
    if (has_memory(&qualify->devices[scan->device->index]))
        qualify_status_scan(qualify, scan, NULL);
}

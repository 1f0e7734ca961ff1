/* The memory of qualify as a part of the state, three lists:
 *
 *   sources:      [point number, newest number, its stamp]; those never read are left out
 *   calendars:    [number of the calendar's first point, calibrating, whether one is known, when]
 *   declarations: [from, until, asset name or "", device number, point number or 0 for all of the
 *                 device]; expired ones are left out
 *
 * A calendar that changes keeps what was seen as long as its first point is the same. */
#include "daemon/assess/qualify_parts.h"

#include <string.h>

#define ASSET_NAME 64

static bool
is_intact(const struct exchange *exchange)
{
    return !exchange->in->failed;
}

/* ---- sources ---- */

static void
exchange_source(struct exchange *exchange, uint32_t *number, struct qualify_source *source)
{
    exchange_array(exchange, 3);
    *number = (uint32_t)exchange_natural(exchange, *number, UINT32_MAX);
    source->number = exchange_number(exchange, source->number);
    exchange_stamp(exchange, &source->at);
}

static void
save_sources(struct exchange *exchange, const struct qualify *qualify)
{
    size_t count = 0;
    for (uint32_t i = 0; i < qualify->source_count; i++)
        count += qualify->sources[i].known;
    exchange_count(exchange, count);
    for (uint32_t i = 0; i < qualify->source_count; i++) {
        struct qualify_source copy = qualify->sources[i];
        uint32_t number = copy.point->number;
        if (copy.known)
            exchange_source(exchange, &number, &copy);
    }
}

static void
load_source(struct exchange *exchange, struct qualify *qualify)
{
    struct qualify_source read = {.known = true};
    uint32_t number = 0;
    exchange_source(exchange, &number, &read);
    for (uint32_t i = 0; qualify && i < qualify->source_count; i++)
        if (qualify->sources[i].point->number == number) {
            read.point = qualify->sources[i].point;
            qualify->sources[i] = read;
        }
}

/* ---- calendars ---- */

static void
exchange_calendar(struct exchange *exchange, uint32_t *number, struct qualify_calendar *calendar)
{
    exchange_array(exchange, 4);
    *number = (uint32_t)exchange_natural(exchange, *number, UINT32_MAX);
    calendar->calibrating = exchange_flag(exchange, calendar->calibrating);
    calendar->has_last = exchange_flag(exchange, calendar->has_last);
    calendar->last_utc_ms = exchange_integer(exchange, calendar->last_utc_ms);
}

static void
save_calendars(struct exchange *exchange, const struct qualify *qualify)
{
    const struct site *site = qualify->site;
    exchange_count(exchange, qualify->calendar_count);
    for (uint16_t d = 0; d < site->device_count; d++)
        for (unsigned i = 0; i < qualify->devices[d].calendar_count; i++) {
            struct qualify_calendar copy = qualify->calendars[qualify->devices[d].calendar + i];
            uint32_t number = site->devices[d].points[copy.calendar->of.list[0]].number;
            exchange_calendar(exchange, &number, &copy);
        }
}

static struct qualify_calendar *
find_calendar(struct qualify *qualify, uint32_t number)
{
    const struct site *site = qualify->site;
    for (uint16_t d = 0; d < site->device_count; d++)
        for (unsigned i = 0; i < qualify->devices[d].calendar_count; i++) {
            struct qualify_calendar *calendar =
                &qualify->calendars[qualify->devices[d].calendar + i];
            if (site->devices[d].points[calendar->calendar->of.list[0]].number == number)
                return calendar;
        }
    return NULL;
}

static void
load_calendar(struct exchange *exchange, struct qualify *qualify)
{
    struct qualify_calendar read = {.calendar = NULL};
    uint32_t number = 0;
    exchange_calendar(exchange, &number, &read);
    struct qualify_calendar *calendar = qualify ? find_calendar(qualify, number) : NULL;
    if (!calendar)
        return;
    calendar->calibrating = read.calibrating;
    calendar->has_last = read.has_last;
    calendar->last_utc_ms = read.last_utc_ms;
}

/* ---- declarations ---- */

struct declared {
    struct qualify_declaration declaration;
    char asset[ASSET_NAME];
    uint32_t device, point; /* numbers; point 0: all of the device */
};

static void
exchange_declared(struct exchange *exchange, struct declared *declared)
{
    struct qualify_declaration *declaration = &declared->declaration;
    exchange_array(exchange, 5);
    declaration->from_utc_ms = exchange_integer(exchange, declaration->from_utc_ms);
    declaration->until_utc_ms = exchange_integer(exchange, declaration->until_utc_ms);
    exchange_text(exchange, declared->asset, sizeof declared->asset);
    declared->device = (uint32_t)exchange_natural(exchange, declared->device, UINT32_MAX);
    declared->point = (uint32_t)exchange_natural(exchange, declared->point, UINT32_MAX);
}

static bool
is_in_force(const struct qualify *qualify, const struct qualify_declaration *declaration)
{
    return declaration->until_utc_ms > declaration->from_utc_ms &&
           declaration->until_utc_ms > qualify->newest_utc_ms;
}

static void
name_subject(const struct qualify *qualify, struct declared *declared)
{
    const struct qualify_declaration *declaration = &declared->declaration;
    if (declaration->asset) {
        strncpy(declared->asset, declaration->asset->name, ASSET_NAME - 1);
        return;
    }
    const struct point *point = &qualify->site->points[declaration->first];
    declared->device = point->device->number;
    if (declaration->count != point->device->point_count)
        declared->point = point->number;
}

static void
save_declarations(struct exchange *exchange, const struct qualify *qualify)
{
    size_t count = 0;
    for (unsigned i = 0; i < QUALIFY_DECLARATIONS; i++)
        count += is_in_force(qualify, &qualify->declarations[i]);
    exchange_count(exchange, count);
    for (unsigned i = 0; i < QUALIFY_DECLARATIONS; i++) {
        struct declared declared = {.declaration = qualify->declarations[i]};
        if (!is_in_force(qualify, &declared.declaration))
            continue;
        name_subject(qualify, &declared);
        exchange_declared(exchange, &declared);
    }
}

static bool
find_asset(const struct qualify *qualify, const char *name, struct qualify_declaration *ret_found)
{
    const struct site *site = qualify->site;
    for (uint16_t i = 0; i < site->asset_count; i++)
        if (!strcmp(site->assets[i].name, name)) {
            ret_found->asset = &site->assets[i];
            return true;
        }
    return false;
}

static bool
find_points(const struct qualify *qualify, const struct declared *declared,
            struct qualify_declaration *ret_found)
{
    const struct site *site = qualify->site;
    for (uint16_t d = 0; d < site->device_count; d++) {
        const struct device *device = &site->devices[d];
        if (device->number != declared->device)
            continue;
        for (uint16_t i = 0; i < device->point_count; i++)
            if (!declared->point || device->points[i].number == declared->point) {
                ret_found->first = (uint32_t)(&device->points[i] - site->points);
                ret_found->count = declared->point ? 1 : device->point_count;
                return true;
            }
    }
    return false;
}

static void
load_declaration(struct exchange *exchange, struct qualify *qualify)
{
    struct declared read = {.asset = ""};
    exchange_declared(exchange, &read);
    struct qualify_declaration declaration = read.declaration;
    if (!qualify || declaration.from_utc_ms >= declaration.until_utc_ms)
        return;
    if (*read.asset ? find_asset(qualify, read.asset, &declaration)
                    : find_points(qualify, &read, &declaration))
        qualify_keep(qualify, &declaration);
}

/* ---- the whole ---- */

void
qualify_save(struct exchange *exchange, const struct qualify *qualify)
{
    exchange_array(exchange, 4);
    exchange_integer(exchange, qualify->newest_utc_ms);
    save_sources(exchange, qualify);
    save_calendars(exchange, qualify);
    save_declarations(exchange, qualify);
}

static void
load_each(struct exchange *exchange, struct qualify *qualify,
          void (*entry)(struct exchange *exchange, struct qualify *qualify))
{
    size_t count = exchange_count(exchange, 0);
    for (size_t i = 0; i < count && is_intact(exchange); i++)
        entry(exchange, qualify);
}

void
qualify_load(struct exchange *exchange, struct qualify *qualify)
{
    exchange_array(exchange, 4);
    int64_t newest = exchange_integer(exchange, 0);
    if (qualify)
        qualify->newest_utc_ms = newest;
    load_each(exchange, qualify, load_source);
    load_each(exchange, qualify, load_calendar);
    load_each(exchange, qualify, load_declaration);
}

/* Heads and 64-bit numbers at 9 bytes, a stamp at 28. */
size_t
qualify_state_size(const struct qualify *qualify)
{
    return 48 + 48 * (size_t)qualify->source_count + 24 * (size_t)qualify->calendar_count +
           QUALIFY_DECLARATIONS * (size_t)(ASSET_NAME + 40);
}

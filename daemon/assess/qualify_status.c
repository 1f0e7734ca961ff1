/* Status words, digital inputs and the calibration calendar.
 *
 * - A status point's newest reading stands for three of its intervals, whichever device it is of;
 *   after that the status is unknown, and the values keep the quality they have of their own: a
 *   PLC that is gone says nothing about an analyser that answers.
 * - But calibration stands until the status is read again: nobody saw it end, and span gas must
 *   never become an exceedance (standards.md 12 #1).
 * - A word that the site does not list is a fault: nothing is believed that the instrument does not
 *   vouch for.
 * - A calibration is done when a status has shown calibration and all that are about the same
 *   points are back at running. A fault in between means that it failed.
 * - The calendar needs a known time: with an unknown clock nothing becomes overdue, and a
 *   calibration that ends then is dated by the first scan with a known time.
 *
 * Values of another instrument are never looked at, and nothing is done here about means. */
#include "daemon/assess/qualify_parts.h"
#include "daemon/assess/reading.h"

#include <math.h>

#define QUALITY_UNTOLD   UINT8_MAX /* the status is unknown */
#define STATUS_INTERVALS 3
#define MS_A_SECOND      1000LL

static const uint8_t QUALITIES[] = {
    [INSTRUMENT_RUNNING] = QUALITY_GOOD,
    [INSTRUMENT_CALIBRATION] = QUALITY_CALIBRATION,
    [INSTRUMENT_MAINTENANCE] = QUALITY_MAINTENANCE,
    [INSTRUMENT_FAULT] = QUALITY_FAULT,
    [INSTRUMENT_BACK_PURGE] = QUALITY_BACK_PURGE,
    [INSTRUMENT_STANDBY] = QUALITY_STANDBY,
    [INSTRUMENT_STOPPED] = QUALITY_STOPPED,
};

/* ---- laying out ---- */

static const struct device_quality *
said_of(const struct device *device)
{
    static const struct device_quality nothing;
    return device->quality ? device->quality : &nothing;
}

static struct qualify_source *
find_source(const struct qualify *qualify, const struct point *point)
{
    const struct qualify_device *device = &qualify->devices[point->device->index];
    for (unsigned i = 0; i < device->source_count; i++)
        if (qualify->sources[device->source + i].point == point)
            return &qualify->sources[device->source + i];
    return NULL;
}

/* The points of device number `index` that some device's rules look at. */
static void
lay_out_sources(struct qualify *qualify, uint16_t index)
{
    const struct site *site = qualify->site;
    struct qualify_device *entry = &qualify->devices[index];
    entry->source = qualify->source_count;
    for (uint16_t d = 0; d < site->device_count; d++) {
        const struct device_quality *said = said_of(&site->devices[d]);
        for (uint16_t i = 0; i < said->status_count; i++) {
            const struct point *point = said->statuses[i].when.point;
            if (point->device->index != index || find_source(qualify, point))
                continue;
            qualify->sources[qualify->source_count++].point = point;
            entry->source_count++;
        }
    }
}

static bool
have_common(const struct point_list *a, const struct point_list *b)
{
    for (uint16_t i = 0, k = 0; i < a->count && k < b->count;) {
        if (a->list[i] == b->list[k])
            return true;
        if (a->list[i] < b->list[k])
            i++;
        else
            k++;
    }
    return false;
}

static void
lay_out_rules(struct qualify *qualify, const struct device *device)
{
    const struct device_quality *said = said_of(device);
    struct qualify_device *entry = &qualify->devices[device->index];
    entry->status = qualify->status_count;
    entry->status_count = said->status_count;
    for (uint16_t i = 0; i < said->status_count; i++)
        qualify->statuses[qualify->status_count++] = (struct qualify_status){
            &said->statuses[i], find_source(qualify, said->statuses[i].when.point)};
    entry->calendar = qualify->calendar_count;
    entry->calendar_count = said->calendar_count;
    for (uint16_t i = 0; i < said->calendar_count; i++) {
        struct qualify_calendar *calendar = &qualify->calendars[qualify->calendar_count++];
        calendar->calendar = &said->calendars[i];
        for (uint16_t k = 0; k < said->status_count; k++)
            if (have_common(&said->statuses[k].of, &said->calendars[i].of))
                calendar->rules |= 1U << k;
    }
}

void
qualify_status_init(struct qualify *qualify, struct arena *arena)
{
    const struct site *site = qualify->site;
    size_t rules = 0, calendars = 0;
    for (uint16_t d = 0; d < site->device_count; d++) {
        rules += said_of(&site->devices[d])->status_count;
        calendars += said_of(&site->devices[d])->calendar_count;
    }
    qualify->devices = arena_take(arena, (site->device_count + 1U) * sizeof *qualify->devices);
    qualify->sources = arena_take(arena, (rules + 1) * sizeof *qualify->sources);
    qualify->statuses = arena_take(arena, (rules + 1) * sizeof *qualify->statuses);
    qualify->calendars = arena_take(arena, (calendars + 1) * sizeof *qualify->calendars);
    for (uint16_t d = 0; rules && d < site->device_count; d++)
        lay_out_sources(qualify, d);
    for (uint16_t d = 0; d < site->device_count; d++)
        lay_out_rules(qualify, &site->devices[d]);
}

/* ---- status ---- */

static void
take_sources(struct qualify *qualify, const struct qualify_device *device, const struct scan *scan)
{
    for (unsigned i = 0; i < device->source_count; i++) {
        struct qualify_source *source = &qualify->sources[device->source + i];
        double number;
        if (!reading_number(&scan->values[source->point - scan->device->points], &number) ||
            !isfinite(number))
            continue;
        source->known = true;
        source->number = number;
        source->at = scan->at;
    }
}

static bool
is_told(const struct qualify_source *source, const struct stamp *now)
{
    int64_t age = hold_elapsed_ms(&source->at, now);
    return age >= 0 && age <= STATUS_INTERVALS * (int64_t)source->point->every_ms;
}

static uint8_t
quality_of_word(const struct status_rule *rule, double number)
{
    for (uint16_t i = 0; i < rule->word_count; i++)
        if (number == (double)rule->words[i].word)
            return QUALITIES[rule->words[i].means];
    return QUALITY_FAULT;
}

static uint8_t
quality_of_bits(const struct status_rule *rule, double number)
{
    uint8_t highest = QUALITY_GOOD;
    if (number < 0 || number > (double)UINT32_MAX || number != floor(number))
        return QUALITY_FAULT;
    for (uint16_t i = 0; i < rule->word_count; i++)
        if ((uint32_t)number >> rule->words[i].word & 1U &&
            QUALITIES[rule->words[i].means] > highest)
            highest = QUALITIES[rule->words[i].means];
    return highest;
}

static bool
holds(const struct condition *when, double number)
{
    switch (when->comparison) {
    case COMPARE_TRUE: return number != 0;
    case COMPARE_FALSE: return number == 0;
    case COMPARE_ABOVE: return number > when->value;
    case COMPARE_BELOW: return number < when->value;
    }
    return false;
}

static uint8_t
quality_of_number(const struct qualify_status *status)
{
    const struct status_rule *rule = status->rule;
    switch (rule->form) {
    case STATUS_VALUES: return quality_of_word(rule, status->source->number);
    case STATUS_BITS: return quality_of_bits(rule, status->source->number);
    case STATUS_WHEN:
        return holds(&rule->when, status->source->number) ? QUALITIES[rule->means] : QUALITY_GOOD;
    }
    return QUALITY_UNTOLD;
}

static uint8_t
quality_of_status(const struct qualify_status *status, const struct stamp *now)
{
    if (!status->source->known)
        return QUALITY_UNTOLD;
    uint8_t quality = quality_of_number(status);
    return quality == QUALITY_CALIBRATION || is_told(status->source, now) ? quality
                                                                          : QUALITY_UNTOLD;
}

static void
mark(struct value *values, const struct point_list *of, uint8_t quality)
{
    for (uint16_t i = 0; i < of->count; i++)
        qualify_raise(&values[of->list[i]], quality);
}

/* ---- calendar ---- */

void
qualify_calibrated(struct qualify_calendar *calendar, int64_t utc_ms)
{
    if (!calendar->has_last || utc_ms > calendar->last_utc_ms)
        calendar->last_utc_ms = utc_ms;
    calendar->has_last = true;
    calendar->calibrating = false;
}

/* `told[i]` is what the device's i-th rule says. */
static void
follow_calibration(struct qualify_calendar *calendar, const uint8_t *told, const struct stamp *at)
{
    bool calibrates = false, fails = false, runs = calendar->rules != 0;
    for (unsigned i = 0; calendar->rules >> i; i++) {
        if (!(calendar->rules >> i & 1U))
            continue;
        calibrates = calibrates || told[i] == QUALITY_CALIBRATION;
        fails = fails || told[i] == QUALITY_FAULT;
        runs = runs && told[i] == QUALITY_GOOD;
    }
    if (fails)
        calendar->calibrating = false;
    else if (calibrates)
        calendar->calibrating = true;
    else if (calendar->calibrating && runs && at->clock != CLOCK_UNKNOWN)
        qualify_calibrated(calendar, at->utc_ms);
}

/* From the due moment on; the later of what was seen and what the site file says counts. */
static bool
is_overdue(const struct qualify_calendar *calendar, const struct stamp *at)
{
    const struct calendar *rule = calendar->calendar;
    int64_t from = rule->first_utc_ms;
    if (calendar->has_last && calendar->last_utc_ms > from)
        from = calendar->last_utc_ms;
    return at->clock != CLOCK_UNKNOWN &&
           at->utc_ms >= from + ((int64_t)rule->every_s + rule->grace_s) * MS_A_SECOND;
}

void
qualify_status_scan(struct qualify *qualify, const struct scan *scan, struct value *values)
{
    const struct qualify_device *device = &qualify->devices[scan->device->index];
    uint8_t told[STATUS_RULES];
    take_sources(qualify, device, scan);
    for (unsigned i = 0; i < device->status_count; i++) {
        const struct qualify_status *status = &qualify->statuses[device->status + i];
        told[i] = quality_of_status(status, &scan->at);
        if (values && told[i] != QUALITY_GOOD && told[i] != QUALITY_UNTOLD)
            mark(values, &status->rule->of, told[i]);
    }
    for (unsigned i = 0; i < device->calendar_count; i++) {
        struct qualify_calendar *calendar = &qualify->calendars[device->calendar + i];
        follow_calibration(calendar, told, &scan->at);
        if (values && is_overdue(calendar, &scan->at))
            mark(values, &calendar->calendar->of, QUALITY_CALIBRATION_DUE);
    }
}

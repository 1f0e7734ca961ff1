/* Streaming statistics of a device's points over Beijing periods. Readings go into the open minute;
 * a minute that closes is folded into the ten minutes, hour, day and month that hold it, so that a
 * period is the sum of its minutes, in order, on every build alike.
 *
 * Invariants: a period is closed once. Which periods were closed is remembered as the last few
 * unbroken stretches, so that a clock set back finds its minutes closed (the time is lived through
 * a second time and not counted again), while minutes never lived, before a jump ahead that was
 * wrong, open as usual. A stretch nobody lived through (no power, a jump of the clock) gives no
 * statistics; a period that lived but got no reading does. The open hour of a jump ahead stays open
 * until the next unclosed hour begins.
 *
 * `expected` is always that of the whole period: an hour of which the gateway saw 20 minutes is not
 * a valid hour (HJ 75: 45 of 60 minutes), whatever the reason. `count` holds the readings that
 * arrived and `valid` those that may be averaged. Late readings and corrections (revisions) are not
 * done here. */
#include "daemon/assess/aggregate.h"

#include "base/calendar.h"
#include "daemon/assess/reading.h"

#include <math.h>
#include <string.h>

static const struct {
    enum period period;
    int64_t span_ms; /* 0: a month */
} levels[LEVEL_COUNT] = {
    [LEVEL_MINUTE] = {PERIOD_MINUTE, CALENDAR_MINUTE_MS},
    [LEVEL_TEN_MINUTES] = {PERIOD_TEN_MINUTES, 10 * CALENDAR_MINUTE_MS},
    [LEVEL_HOUR] = {PERIOD_HOUR, CALENDAR_HOUR_MS},
    [LEVEL_DAY] = {PERIOD_DAY, CALENDAR_DAY_MS},
    [LEVEL_MONTH] = {PERIOD_MONTH, 0},
};

static const struct tally empty = {.min = INFINITY, .max = -INFINITY};

static struct aggregate_span
span_around(enum aggregate_level level, int64_t utc_ms)
{
    int64_t span_ms = levels[level].span_ms;
    if (!span_ms)
        return (struct aggregate_span){calendar_month_start(utc_ms), calendar_month_end(utc_ms)};
    int64_t start = calendar_start(utc_ms, span_ms);
    return (struct aggregate_span){start, start + span_ms};
}

static bool
span_holds(const struct aggregate_span *span, int64_t utc_ms)
{
    return utc_ms >= span->start_utc_ms && utc_ms < span->end_utc_ms;
}

static bool
is_open(const struct aggregate_span *span)
{
    return span->start_utc_ms != span->end_utc_ms;
}

static bool
was_closed(const struct aggregate *aggregate, enum aggregate_level level, int64_t start_utc_ms)
{
    for (int i = 0; i < AGGREGATE_CLOSED; i++)
        if (span_holds(&aggregate->closed[level][i], start_utc_ms))
            return true;
    return false;
}

static void
remember_closed(struct aggregate *aggregate, enum aggregate_level level,
                const struct aggregate_span *span)
{
    struct aggregate_span *closed = aggregate->closed[level];
    if (is_open(&closed[0]) && closed[0].end_utc_ms == span->start_utc_ms) {
        closed[0].end_utc_ms = span->end_utc_ms;
        return;
    }
    memmove(closed + 1, closed, (AGGREGATE_CLOSED - 1) * sizeof *closed);
    closed[0] = *span;
}

static void
clear_tallies(struct aggregate *aggregate, enum aggregate_level level)
{
    for (unsigned i = 0; i < aggregate->device->point_count; i++)
        aggregate->tallies[level][i] = empty;
}

/* Flue gas, every level alike (HJ 212-2017, standards.md 1.9): normal from 75 % of what was due. */
static char
letter_of(const struct tally *tally, uint32_t expected)
{
    uint64_t due = expected ? expected : tally->count;
    if (!tally->count)
        return 'B';
    return tally->valid && (uint64_t)tally->valid * 4 >= due * 3 ? 'N' : 'D';
}

static void
emit(const struct point *point, enum aggregate_level level, const struct aggregate_span *span,
     const struct tally *tally, const struct aggregate_outlet *outlet)
{
    int64_t length_ms = span->end_utc_ms - span->start_utc_ms;
    bool steady = point->every_ms && !point->once && !point->on_change;
    uint32_t expected = steady ? (uint32_t)(length_ms / point->every_ms) : 0;
    if (!expected && !tally->count)
        return; /* read more seldom than that: not due in this period */
    bool any = tally->valid > 0;
    struct statistic statistic = {
        .point = point,
        .period = levels[level].period,
        .start_utc_ms = span->start_utc_ms,
        .end_utc_ms = span->end_utc_ms,
        .min = any ? tally->min : NAN,
        .max = any ? tally->max : NAN,
        .mean = any ? tally->sum / tally->valid : NAN,
        .sum = any ? tally->sum : NAN,
        .count = tally->count,
        .valid = tally->valid,
        .expected = expected,
        .letter = letter_of(tally, expected),
    };
    outlet->statistic(outlet->context, &statistic);
}

static void
close_level(struct aggregate *aggregate, enum aggregate_level level,
            const struct aggregate_outlet *outlet)
{
    const struct device *device = aggregate->device;
    const struct aggregate_span span = aggregate->open[level];
    if (!is_open(&span))
        return;
    remember_closed(aggregate, level, &span);
    aggregate->open[level] = (struct aggregate_span){0};
    for (unsigned i = 0; i < device->point_count; i++)
        if (device->points[i].type != TYPE_STRING)
            emit(&device->points[i], level, &span, &aggregate->tallies[level][i], outlet);
}

static void
open_level(struct aggregate *aggregate, enum aggregate_level level,
           const struct aggregate_span *span)
{
    aggregate->open[level] = *span;
    clear_tallies(aggregate, level);
}

static void
fold(struct tally *whole, const struct tally *minute)
{
    whole->count += minute->count;
    if (!minute->valid)
        return;
    whole->valid += minute->valid;
    whole->sum += minute->sum;
    whole->min = minute->min < whole->min ? minute->min : whole->min;
    whole->max = minute->max > whole->max ? minute->max : whole->max;
}

static void
fold_minute(struct aggregate *aggregate)
{
    int64_t start = aggregate->open[LEVEL_MINUTE].start_utc_ms;
    for (enum aggregate_level level = LEVEL_TEN_MINUTES; level < LEVEL_COUNT; level++) {
        if (!span_holds(&aggregate->open[level], start))
            continue;
        for (unsigned i = 0; i < aggregate->device->point_count; i++)
            fold(&aggregate->tallies[level][i], &aggregate->tallies[LEVEL_MINUTE][i]);
    }
}

void
aggregate_init(struct aggregate *aggregate, const struct device *device, struct tally *tallies)
{
    *aggregate = (struct aggregate){.device = device};
    for (enum aggregate_level level = 0; level < LEVEL_COUNT; level++) {
        aggregate->tallies[level] = tallies + (size_t)level * device->point_count;
        clear_tallies(aggregate, level);
    }
}

bool
aggregate_enter(struct aggregate *aggregate, int64_t utc_ms, const struct aggregate_outlet *outlet)
{
    if (span_holds(&aggregate->open[LEVEL_MINUTE], utc_ms))
        return true;
    struct aggregate_span minute = span_around(LEVEL_MINUTE, utc_ms);
    if (was_closed(aggregate, LEVEL_MINUTE, minute.start_utc_ms))
        return false;
    fold_minute(aggregate);
    close_level(aggregate, LEVEL_MINUTE, outlet);
    for (enum aggregate_level level = LEVEL_TEN_MINUTES; level < LEVEL_COUNT; level++) {
        struct aggregate_span span = span_around(level, utc_ms);
        if (span_holds(&aggregate->open[level], utc_ms) ||
            was_closed(aggregate, level, span.start_utc_ms))
            continue;
        close_level(aggregate, level, outlet);
        open_level(aggregate, level, &span);
    }
    open_level(aggregate, LEVEL_MINUTE, &minute);
    return true;
}

void
aggregate_tick(struct aggregate *aggregate, int64_t utc_ms, const struct aggregate_outlet *outlet)
{
    const struct aggregate_span *minute = &aggregate->open[LEVEL_MINUTE];
    utc_ms -= AGGREGATE_GRACE_MS;
    if (is_open(minute) && utc_ms >= minute->end_utc_ms)
        aggregate_enter(aggregate, utc_ms, outlet);
}

void
aggregate_add(struct aggregate *aggregate, const struct scan *scan)
{
    struct tally *tallies = aggregate->tallies[LEVEL_MINUTE];
    for (unsigned i = 0; i < scan->count; i++) {
        const struct value *value = &scan->values[i];
        struct tally *tally = &tallies[i];
        double number;
        if (value->kind == VALUE_ABSENT || !reading_has_arrived(value))
            continue;
        tally->count++;
        if (!reading_is_valid(value, &number))
            continue;
        tally->valid++;
        tally->sum += number;
        tally->min = number < tally->min ? number : tally->min;
        tally->max = number > tally->max ? number : tally->max;
    }
}

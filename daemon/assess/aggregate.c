/* Streaming statistics of a device's points over Beijing periods. Readings go into the open minute.
 * A minute that closes is held: told, but not yet folded into the periods that hold it, so that
 * late readings can still join it. When the next one closes it is settled: folded into the five and
 * ten minutes, hour, day and month. A period is thus the sum of its minutes, in order, on every
 * build alike, and one that closes tells its settled minutes and the held one.
 *
 * Invariants: a period is closed once. Which periods were closed is remembered as the last few
 * unbroken stretches, so that a clock set back finds its minutes closed (the time is lived through
 * a second time and not counted again), while minutes never lived, before a jump ahead that was
 * wrong, open as usual. A stretch nobody lived through (no power, a jump of the clock) gives no
 * statistics; a period that lived but got no reading does. The open hour of a jump ahead stays open
 * until the next unclosed hour begins; it is no part of its day's count of valid hours.
 *
 * A late reading is one from before the newest minute closed: its distance of UTC to the monotonic
 * clock is that of the readings in time. After the clock was set back it is not, and such readings
 * are counted and take no part. What a late reading changes is told again as the next revision;
 * revisions of a period grow, but need not be consecutive for a point that is read seldom.
 *
 * `expected` is always that of the whole period: an hour of which the gateway saw 20 minutes is not
 * a valid hour (HJ 75: 45 of 60 minutes), whatever the reason. `count` holds the readings that
 * arrived and `valid` those that may be averaged. Corrections by marks are not done here. */
#include "daemon/assess/aggregate.h"

#include "base/calendar.h"
#include "daemon/assess/reading.h"
#include "daemon/assess/validity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    enum period period;
    int64_t span_ms;           /* 0: a month */
    enum aggregate_level part; /* whose valid ones are counted */
} levels[LEVEL_COUNT] = {
    [LEVEL_MINUTE] = {PERIOD_MINUTE, CALENDAR_MINUTE_MS, LEVEL_MINUTE},
    [LEVEL_FIVE_MINUTES] = {PERIOD_FIVE_MINUTES, 5 * CALENDAR_MINUTE_MS, LEVEL_MINUTE},
    [LEVEL_TEN_MINUTES] = {PERIOD_TEN_MINUTES, 10 * CALENDAR_MINUTE_MS, LEVEL_MINUTE},
    [LEVEL_HOUR] = {PERIOD_HOUR, CALENDAR_HOUR_MS, LEVEL_MINUTE},
    [LEVEL_DAY] = {PERIOD_DAY, CALENDAR_DAY_MS, LEVEL_HOUR},
    [LEVEL_MONTH] = {PERIOD_MONTH, 0, LEVEL_DAY},
};

static const struct tally empty = TALLY_EMPTY;

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
    unsigned count = aggregate->device->point_count;
    for (unsigned i = 0; i < count; i++)
        aggregate->tallies[level][i] = empty;
    if (aggregate->extras[level])
        memset(aggregate->extras[level], 0, count * sizeof *aggregate->extras[level]);
}

/* ---- sums of a period with the held minute ---- */

static struct tally_sum
base_of(const struct aggregate *aggregate, enum aggregate_level level, unsigned i)
{
    struct tally_sum sum = {.tally = aggregate->tallies[level][i]};
    if (aggregate->extras[level])
        sum.extra = aggregate->extras[level][i];
    return sum;
}

static struct tally_sum
held_of(const struct aggregate *aggregate, unsigned i)
{
    const struct aggregate_held *held = &aggregate->held;
    struct tally_sum sum = {.tally = held->tallies[i]};
    sum.tally.sum = tally_whole(sum.tally.sum, held->lows[i]);
    if (held->extras)
        sum.extra = held->extras[i];
    return sum;
}

static struct validity_case
case_of(const struct aggregate *aggregate, enum aggregate_level level, unsigned i,
        const struct aggregate_span *span, const struct tally_sum *sum)
{
    const struct point *point = &aggregate->device->points[i];
    int64_t length_ms = span->end_utc_ms - span->start_utc_ms;
    uint32_t due = validity_expected(point, length_ms), excused = sum->extra.excused;
    return (struct validity_case){point, levels[level].period, length_ms,
                                  due > excused ? due - excused : 0, sum};
}

/* The period of a level, its settled minutes and the held one; recursion ends at the minute. */
static struct tally_sum
with_held(const struct aggregate *aggregate, enum aggregate_level level, unsigned i)
{
    struct tally_sum minute = held_of(aggregate, i);
    if (level == LEVEL_MINUTE)
        return minute;
    struct tally_sum sum = base_of(aggregate, level, i);
    tally_fold(&sum.tally, &minute.tally);
    if (!aggregate->extras[level])
        return sum;
    enum aggregate_level part = levels[level].part;
    const struct aggregate_span *span = &aggregate->held.last[part];
    tally_fold_extra(&sum.extra, &minute.extra);
    if (is_open(span)) {
        struct tally_sum part_sum = with_held(aggregate, part, i);
        struct validity_case of = case_of(aggregate, part, i, span, &part_sum);
        sum.extra.valid_parts += validity_is_valid(&of, &aggregate->rules);
    }
    return sum;
}

struct tally_sum
aggregate_open_sum(const struct aggregate *aggregate, enum aggregate_level level, unsigned i)
{
    const struct aggregate_span *span = &aggregate->open[level];
    const struct aggregate_span *last = aggregate->held.last;
    struct tally_sum open = base_of(aggregate, LEVEL_MINUTE, i), sum = {.tally = empty};
    if (level == LEVEL_MINUTE)
        return open;
    if (is_open(&last[LEVEL_MINUTE]) && span_holds(span, last[LEVEL_MINUTE].start_utc_ms))
        sum = with_held(aggregate, level, i);
    else if (!is_open(&last[level]))
        sum = base_of(aggregate, level, i);
    if (span_holds(span, aggregate->open[LEVEL_MINUTE].start_utc_ms)) {
        tally_fold(&sum.tally, &open.tally);
        tally_fold_extra(&sum.extra, &open.extra);
    }
    return sum;
}

/* ---- telling ---- */

static double
mean_of(const struct point *point, const struct tally_sum *sum)
{
    const struct tally_extra *extra = &sum->extra;
    if (!sum->tally.valid || !point->weighted)
        return sum->tally.valid ? sum->tally.sum / sum->tally.valid : NAN;
    double weight = tally_whole(extra->weight, extra->weight_low);
    return weight > 0 ? tally_whole(extra->weighted, extra->weighted_low) / weight : NAN;
}

static void
emit(const struct aggregate *aggregate, enum aggregate_level level, unsigned i,
     const struct aggregate_span *span, const struct aggregate_outlet *outlet)
{
    const struct aggregate_held *held = &aggregate->held;
    const struct point *point = &aggregate->device->points[i];
    struct tally_sum sum = is_open(&held->last[level]) ? with_held(aggregate, level, i)
                                                       : base_of(aggregate, level, i);
    const struct tally *tally = &sum.tally;
    const struct validity_case of = case_of(aggregate, level, i, span, &sum);
    if (point->type == TYPE_STRING || (!of.expected && !tally->count))
        return; /* no numbers, or read more seldom than that: not due in this period */
    bool any = tally->valid > 0;
    struct statistic statistic = {
        .point = point,
        .period = of.period,
        .start_utc_ms = span->start_utc_ms,
        .end_utc_ms = span->end_utc_ms,
        .revision = is_open(&held->last[level]) ? held->revision : 0,
        .min = any ? tally->min : NAN,
        .max = any ? tally->max : NAN,
        .mean = mean_of(point, &sum),
        .sum = any ? tally->sum : NAN,
        .count = tally->count,
        .valid = tally->valid,
        .expected = of.expected,
        .letter = validity_letter(&of),
        .is_valid = validity_is_valid(&of, &aggregate->rules),
    };
    outlet->statistic(outlet->context, &statistic);
}

/* ---- closing ---- */

static void
settle_level(struct aggregate *aggregate, enum aggregate_level level)
{
    struct tally *tallies = aggregate->tallies[level];
    for (unsigned i = 0; i < aggregate->device->point_count; i++) {
        if (aggregate->extras[level]) {
            struct tally_sum sum = with_held(aggregate, level, i);
            tallies[i] = sum.tally;
            aggregate->extras[level][i] = sum.extra;
        } else {
            struct tally minute = aggregate->held.tallies[i];
            minute.sum = tally_whole(minute.sum, aggregate->held.lows[i]);
            tally_fold(&tallies[i], &minute);
        }
    }
}

/* Takes the held minute into the periods that hold it, coarse before fine, because the parts of a
 * coarse one are judged by the finer one's sums. */
static void
settle(struct aggregate *aggregate)
{
    struct aggregate_span *last = aggregate->held.last;
    if (!is_open(&last[LEVEL_MINUTE]))
        return;
    for (unsigned level = LEVEL_COUNT; --level > LEVEL_MINUTE;) {
        if (is_open(&last[level])) {
            clear_tallies(aggregate, level);
            continue;
        }
        if (!span_holds(&aggregate->open[level], last[LEVEL_MINUTE].start_utc_ms))
            continue;
        settle_level(aggregate, level);
    }
    memset(last, 0, sizeof aggregate->held.last);
}

static void
hold_minute(struct aggregate *aggregate)
{
    struct aggregate_held *held = &aggregate->held;
    struct tally *tallies = held->tallies;
    struct tally_extra *extras = held->extras;
    held->tallies = aggregate->tallies[LEVEL_MINUTE];
    held->extras = aggregate->extras[LEVEL_MINUTE];
    aggregate->tallies[LEVEL_MINUTE] = tallies;
    aggregate->extras[LEVEL_MINUTE] = extras;
    clear_tallies(aggregate, LEVEL_MINUTE);
    memset(held->lows, 0, aggregate->device->point_count * sizeof *held->lows);
    held->revision = 0;
}

static void
close_level(struct aggregate *aggregate, enum aggregate_level level,
            const struct aggregate_outlet *outlet)
{
    const struct aggregate_span span = aggregate->open[level];
    struct aggregate_span *last = aggregate->held.last;
    if (!is_open(&span))
        return;
    remember_closed(aggregate, level, &span);
    aggregate->open[level] = (struct aggregate_span){0};
    bool holds = level == LEVEL_MINUTE || span_holds(&span, last[LEVEL_MINUTE].start_utc_ms);
    if (holds)
        last[level] = span;
    for (unsigned i = 0; i < aggregate->device->point_count; i++)
        emit(aggregate, level, i, &span, outlet);
    if (!holds)
        clear_tallies(aggregate, level);
}

static void *
take(struct arena *arena, size_t count, size_t size)
{
    return arena_take(arena, (count ? count : 1) * size);
}

void
aggregate_init(struct aggregate *aggregate, const struct device *device,
               const struct period_rules *rules, struct arena *arena)
{
    size_t count = device->point_count;
    bool extras = false;
    for (unsigned i = 0; i < count; i++)
        extras |= validity_needs_extra(&device->points[i]);
    *aggregate = (struct aggregate){.device = device, .rules = validity_rules(rules)};
    for (enum aggregate_level level = 0; level < LEVEL_COUNT; level++) {
        aggregate->tallies[level] = take(arena, count, sizeof *aggregate->tallies[level]);
        if (extras)
            aggregate->extras[level] = take(arena, count, sizeof *aggregate->extras[level]);
        clear_tallies(aggregate, level);
    }
    aggregate->held.tallies = take(arena, count, sizeof *aggregate->held.tallies);
    aggregate->held.lows = take(arena, count, sizeof *aggregate->held.lows);
    if (extras)
        aggregate->held.extras = take(arena, count, sizeof *aggregate->held.extras);
    for (unsigned i = 0; i < count; i++)
        aggregate->held.tallies[i] = empty;
}

bool
aggregate_enter(struct aggregate *aggregate, int64_t utc_ms, const struct aggregate_outlet *outlet)
{
    if (span_holds(&aggregate->open[LEVEL_MINUTE], utc_ms))
        return true;
    struct aggregate_span minute = span_around(LEVEL_MINUTE, utc_ms);
    if (was_closed(aggregate, LEVEL_MINUTE, minute.start_utc_ms))
        return false;
    if (is_open(&aggregate->open[LEVEL_MINUTE])) {
        settle(aggregate);
        hold_minute(aggregate);
        close_level(aggregate, LEVEL_MINUTE, outlet);
    }
    for (enum aggregate_level level = LEVEL_FIVE_MINUTES; level < LEVEL_COUNT; level++) {
        struct aggregate_span span = span_around(level, utc_ms);
        if (span_holds(&aggregate->open[level], utc_ms) ||
            was_closed(aggregate, level, span.start_utc_ms))
            continue;
        close_level(aggregate, level, outlet);
        aggregate->open[level] = span;
    }
    aggregate->open[LEVEL_MINUTE] = minute;
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

/* ---- readings ---- */

static void
add_plain(struct tally *tallies, const struct scan *scan)
{
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

/* One reading of the scan, not in the plain way. */
static void
add_one(const struct aggregate *aggregate, const struct tally_place *place,
        const struct aggregate_reading *reading, unsigned i)
{
    const struct value *value = &reading->scan->values[i];
    double weight = reading->weights ? reading->weights[i] : NAN;
    enum pacing_share share = reading->between ? pacing_share_of(aggregate->device, i)
                                               : PACING_WHOLE;
    if (share == PACING_WHOLE)
        tally_read(place, &aggregate->device->points[i], value, weight);
    else if (share != PACING_NONE)
        tally_read_between(place, value, weight, share == PACING_WEIGHT);
}

void
aggregate_add(struct aggregate *aggregate, const struct aggregate_reading *reading)
{
    const struct scan *scan = reading->scan;
    struct tally *tallies = aggregate->tallies[LEVEL_MINUTE];
    struct tally_extra *extras = aggregate->extras[LEVEL_MINUTE];
    aggregate->offset_ms = scan->at.utc_ms - scan->at.mono_ms;
    aggregate->boot = scan->at.boot;
    if (!extras && !reading->between) {
        add_plain(tallies, scan);
        return;
    }
    for (unsigned i = 0; i < scan->count; i++) {
        const struct tally_place place = {&tallies[i], extras ? &extras[i] : NULL, NULL};
        add_one(aggregate, &place, reading, i);
    }
}

static bool
is_merely_late(const struct aggregate *aggregate, const struct stamp *at)
{
    int64_t offset_ms = at->utc_ms - at->mono_ms;
    return span_holds(&aggregate->held.last[LEVEL_MINUTE], at->utc_ms) &&
           at->boot == aggregate->boot &&
           llabs(offset_ms - aggregate->offset_ms) <= AGGREGATE_GRACE_MS;
}

static void
count_late(struct aggregate *aggregate, const struct scan *scan)
{
    for (unsigned i = 0; i < scan->count; i++)
        aggregate->late += scan->values[i].kind != VALUE_ABSENT;
}

bool
aggregate_add_late(struct aggregate *aggregate, const struct aggregate_reading *reading,
                   const struct aggregate_outlet *outlet)
{
    struct aggregate_held *held = &aggregate->held;
    const struct scan *scan = reading->scan;
    if (!is_merely_late(aggregate, &scan->at)) {
        count_late(aggregate, scan);
        return false;
    }
    for (unsigned i = 0; i < scan->count; i++) {
        const struct tally_place place = {&held->tallies[i], held->extras ? &held->extras[i] : NULL,
                                          &held->lows[i]};
        add_one(aggregate, &place, reading, i);
    }
    held->revision++;
    for (enum aggregate_level level = 0; level < LEVEL_COUNT; level++)
        for (unsigned i = 0; is_open(&held->last[level]) && i < scan->count; i++)
            if (scan->values[i].kind != VALUE_ABSENT)
                emit(aggregate, level, i, &held->last[level], outlet);
    return true;
}

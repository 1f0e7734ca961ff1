/* One device with a gas, a water and two other points under an aggregate, and a recorder of what it
 * tells; included by the tests of periods. */
#include "daemon/assess/aggregate.h"
#include "daemon/assess/exchange_periods.h"

#include "base/calendar.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#define NOON      1795233600000LL /* 2026-11-21T12:00:00+08:00, a Saturday */
#define TOLD      65536
#define AN_ABSENT (-1.0)

enum { SO2, COD, FLOW, PLAIN, POINTS }; /* gas, water and weighted, neither, neither */

static struct point points[POINTS];
static struct device device;
static struct period_rules rules;
static struct arena *arena;
static struct aggregate aggregate;
static struct statistic told[TOLD];
static size_t told_count;
static FILE *story;
static struct value values[POINTS];
static double weights[POINTS];

static inline void
on_statistic(void *context, const struct statistic *statistic)
{
    (void)context;
    if (told_count < TOLD)
        told[told_count++] = *statistic;
    if (story)
        fprintf(story, "%s %d %lld %lld r%u %a %a %a %a %u %u %u %c %d\n", statistic->point->name,
                (int)statistic->period, (long long)statistic->start_utc_ms,
                (long long)statistic->end_utc_ms, statistic->revision, statistic->min,
                statistic->max, statistic->mean, statistic->sum, statistic->count, statistic->valid,
                statistic->expected, statistic->letter, statistic->is_valid);
}

static const struct aggregate_outlet outlet = {on_statistic, NULL};

static inline void
begin(void)
{
    arena = arena_new();
    aggregate_init(&aggregate, &device, &rules, arena);
    told_count = 0;
}

static inline void
end(void)
{
    arena_free(arena);
}

static inline int
set_up(void **state)
{
    static const char *const names[] = {"so2", "cod", "flow", "plain"};
    (void)state;
    for (unsigned i = 0; i < POINTS; i++)
        points[i] = (struct point){.name = names[i],
                                   .index = i,
                                   .number = 10 + i,
                                   .type = TYPE_FLOAT32,
                                   .unit = "",
                                   .every_ms = 1000};
    points[SO2].validity = VALIDITY_GAS;
    points[COD].validity = VALIDITY_WATER;
    points[COD].weighted = true;
    device = (struct device){.name = "x", .number = 3, .points = points, .point_count = POINTS};
    rules = (struct period_rules){0};
    begin();
    return 0;
}

static inline int
tear_down(void **state)
{
    (void)state;
    end();
    return 0;
}

/* ---- scans ---- */

static inline struct scan
scan_at(int64_t utc_ms)
{
    return (struct scan){.device = &device,
                         .at = {utc_ms, utc_ms - NOON + 5000000, 7, CLOCK_SYNCHRONISED},
                         .count = POINTS,
                         .values = values};
}

static inline void
put(unsigned point, double number, uint8_t quality)
{
    values[point] = (struct value){.kind = VALUE_NUMBER, .quality = quality};
    values[point].as.number = number;
    if (number == AN_ABSENT)
        values[point].kind = VALUE_ABSENT;
    else if (quality >= QUALITY_TIMEOUT)
        values[point].kind = VALUE_NONE;
}

static inline void
put_all(double number, uint8_t quality, double weight)
{
    for (unsigned i = 0; i < POINTS; i++) {
        put(i, number, quality);
        weights[i] = weight;
    }
}

static inline bool
give(int64_t utc_ms)
{
    struct scan scan = scan_at(utc_ms);
    if (aggregate_enter(&aggregate, utc_ms, &outlet)) {
        aggregate_add(&aggregate, &(struct aggregate_reading){&scan, weights, false});
        return true;
    }
    return aggregate_add_late(&aggregate, &(struct aggregate_reading){&scan, weights, false},
                              &outlet);
}

/* `good` readings of a value, then bad ones up to `count`, evenly over a span. */
static inline void
live(int64_t from_utc_ms, int64_t span_ms, unsigned count, unsigned good, double number,
     uint8_t quality)
{
    for (unsigned i = 0; i < count; i++) {
        put_all(number, i < good ? QUALITY_GOOD : quality, 1);
        give(from_utc_ms + span_ms / count * i);
    }
}

static inline void
read_every(uint32_t every_ms)
{
    end();
    for (unsigned i = 0; i < POINTS; i++)
        points[i].every_ms = every_ms;
    begin();
}

/* The newest told of that kind and start, or NULL. */
static inline const struct statistic *
find(unsigned point, enum period period, int64_t start_utc_ms)
{
    for (size_t i = told_count; i-- > 0;)
        if (told[i].point == &points[point] && told[i].period == period &&
            told[i].start_utc_ms == start_utc_ms)
            return &told[i];
    return NULL;
}

static inline const struct statistic *
find_noon(unsigned point, enum period period)
{
    const struct statistic *found = find(point, period, NOON);
    assert_non_null(found);
    return found;
}

static uint64_t seed;

static inline unsigned
random_below(unsigned bound)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(seed >> 33) % bound;
}

/* A reading of a second: the same whenever it is given. */
static inline void
put_second(int64_t utc_ms)
{
    const uint8_t bad[] = {QUALITY_TIMEOUT, QUALITY_CALIBRATION, QUALITY_OVER_RANGE};
    seed = (uint64_t)utc_ms;
    random_below(2);
    for (unsigned i = 0; i < POINTS; i++) {
        bool is_bad = random_below(12) == 0;
        put(i, random_below(100000) / 7.0, is_bad ? bad[random_below(3)] : QUALITY_GOOD);
        weights[i] = random_below(5000) / 3.0;
    }
}

/* A second of an hour that has a late scan from the minute before in each of its minutes. */
static inline void
live_second(int64_t utc_ms)
{
    put_second(utc_ms);
    give(utc_ms);
    int64_t second = utc_ms / 1000 % 60;
    if (utc_ms >= NOON + 60000 && (second == 2 || second == 9)) {
        put_second(utc_ms - 12500);
        give(utc_ms - 12500);
    }
    aggregate_tick(&aggregate, utc_ms + 700, &outlet);
}

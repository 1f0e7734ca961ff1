/* A site with waste gas in every form, its scans and what is made of them. Included by
 * test_flue_site.c. */
#ifndef TESTS_UNIT_FLUE_BENCH_H
#define TESTS_UNIT_FLUE_BENCH_H

#include "config/loader.h"
#include "daemon/assess/assess.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#define SITE        "tests/unit/config/good/stack.yaml"
#define MIDNIGHT_MS 1795190400000LL /* 2026-11-21T00:00:00+08:00 */
#define MOST_POINTS 64
#define EVENTS      64
#define ASSETS      8

static struct site *site;
static struct assess *assess;
static struct assess_outlet outlet;
static struct stamp now;
static struct value made[ASSETS][MOST_POINTS]; /* the newest derived scans, by asset */
static struct event events[EVENTS];
static size_t event_count;

static uint64_t
on_event(void *context, const struct event *event)
{
    (void)context;
    assert_true(event_count < EVENTS);
    events[event_count++] = *event;
    return event_count;
}

static void
on_evidence(void *context, const struct evidence *evidence)
{
    (void)context;
    (void)evidence;
}

static struct statistic hours[EVENTS];
static size_t hour_count;

static void
on_statistic(void *context, const struct statistic *statistic)
{
    (void)context;
    if (statistic->period != PERIOD_HOUR || !statistic->point->device->asset)
        return;
    assert_true(hour_count < EVENTS);
    hours[hour_count++] = *statistic;
}

static void
on_scan(void *context, const struct scan *scan)
{
    (void)context;
    assert_true(scan->count <= MOST_POINTS);
    memcpy(made[scan->device->asset->index], scan->values, scan->count * sizeof *scan->values);
}

static int
set_up(void **state)
{
    (void)state;
    assert_int_equal(loader_load(SITE, NULL, &site), 0);
    for (uint32_t i = 0; i < site->point_count; i++)
        site->points[i].number = i + 1;
    for (uint16_t i = 0; i < site->device_count; i++)
        site->devices[i].number = i + 1U;
    assert_int_equal(assess_new(site, &assess), 0);
    outlet = (struct assess_outlet){.event = on_event,
                                    .evidence = on_evidence,
                                    .statistic = on_statistic,
                                    .scan = on_scan,
                                    .store = "s"};
    now = (struct stamp){MIDNIGHT_MS, 1000, 1, CLOCK_SYNCHRONISED};
    event_count = hour_count = 0;
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    assess_free(assess);
    site_free(site);
    return 0;
}

static void
pass(int64_t ms)
{
    now.utc_ms += ms;
    now.mono_ms += ms;
}

/* numbers as device->points; NaN: timed out */
static void
read_device(const char *name, const double *numbers)
{
    const struct device *device = site_find_device(site, name);
    struct value values[16] = {{0}};
    struct scan scan = {
        .device = device, .at = now, .count = device->point_count, .values = values};
    for (unsigned i = 0; i < scan.count; i++) {
        values[i].kind = isnan(numbers[i]) ? VALUE_NONE : VALUE_NUMBER;
        values[i].quality = isnan(numbers[i]) ? QUALITY_TIMEOUT : QUALITY_GOOD;
        values[i].as.number = numbers[i];
    }
    assess_qualify(assess, &scan);
    assess_scan(assess, &scan, &outlet);
}

static const struct value *
point_of(const char *asset, const char *name)
{
    const struct point *point = site_find_point(site, asset, name);
    if (!point)
        fail_msg("there is no point %s.%s", asset, name);
    return &made[point->device->asset->index][point - point->device->points];
}

static void
expect(const char *asset, const char *name, double wanted, double bound)
{
    const struct value *value = point_of(asset, name);
    if (value->kind != VALUE_NUMBER || value->quality != QUALITY_GOOD)
        fail_msg("%s.%s is of kind %d and %s", asset, name, value->kind,
                 quality_name(value->quality));
    if (fabs(value->as.number - wanted) > bound)
        fail_msg("%s.%s is %.6f, not %.6f", asset, name, value->as.number, wanted);
}

static void
expect_none(const char *asset, const char *name, uint8_t quality)
{
    const struct value *value = point_of(asset, name);
    assert_int_equal(value->kind, VALUE_NONE);
    assert_int_equal(value->quality, quality);
}

static void
feed(double feeder)
{
    read_device("plc", &feeder);
}

#endif

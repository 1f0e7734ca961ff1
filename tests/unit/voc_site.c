/* A site of one device and one VOC treatment for the tests of that; it is included. */
#include "config/loader.h"
#include "config/voc.h"
#include "daemon/assess/assess.h"
#include "daemon/assess/declare.h"

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

#define NOON_UTC_MS 1795233600000LL /* 2026-11-21T12:00:00+08:00 */
#define HOUR_MS     3600000LL
#define STEP_MS     5000
#define NOTHING     (-12345.0) /* the device says nothing here */

static char path[] = "/tmp/parkgate-voc-XXXXXX";
static struct site *site;
static struct assess *assess;
static struct stamp now;
static char said[20000]; /* mistakes and warnings, a line each */
static unsigned event_count;
static struct event events[64];
static char event_kinds[64][64], event_subjects[64][64];
static double means[64]; /* of the newest hour, by point index */
static bool valid[64];

static void
hear_mistake(void *context, bool warning, const char *line)
{
    (void)context;
    size_t used = strlen(said);
    snprintf(said + used, sizeof said - used, "%s%s\n", warning ? "warning " : "", line);
}

static uint64_t
hear_event(void *context, const struct event *event)
{
    (void)context;
    assert_true(event_count < 64);
    events[event_count] = *event;
    snprintf(event_kinds[event_count], 64, "%s", event->kind);
    snprintf(event_subjects[event_count], 64, "%s", event->subject);
    return ++event_count;
}

static void
hear_evidence(void *context, const struct evidence *evidence)
{
    (void)context;
    (void)evidence;
}

static void
hear_statistic(void *context, const struct statistic *statistic)
{
    (void)context;
    if (statistic->period != PERIOD_HOUR)
        return;
    assert_true(statistic->point->index < 64);
    means[statistic->point->index] = statistic->mean;
    valid[statistic->point->index] = statistic->is_valid;
}

static const struct assess_outlet OUTLET = {
    .event = hear_event, .evidence = hear_evidence, .statistic = hear_statistic, .store = "s"};

/* One device with these points, one asset with these lines. */
static int
load(const char *points, const char *asset)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fprintf(out,
            "gateway: {park: p, name: g}\n"
            "buses: {b: {tcp: 127.0.0.1}}\n"
            "devices:\n"
            "  d:\n    bus: b\n    unit: 1\n    every: 5s\n    points:\n%s"
            "assets:\n  line:\n    kind: voc-treatment\n    from: d\n%s"
            "destinations: {c: {mqtt: \"tcp://127.0.0.1\"}}\n",
            points, asset);
    fclose(out);
    struct loader_options options = {.share = "config", .report = hear_mistake};
    said[0] = '\0';
    event_count = 0;
    return loader_load(path, &options, &site);
}

static void
begin(const char *points, const char *asset)
{
    if (load(points, asset))
        fail_msg("%s", said);
    assert_int_equal(assess_new(site, &assess), 0);
    now = (struct stamp){NOON_UTC_MS, 1000, 1, CLOCK_SET};
}

static void
end(void)
{
    assess_free(assess);
    site_free(site);
    assess = NULL;
    site = NULL;
}

/* The next scan of the device: its points in the order of the site file. */
static void
give(const double *numbers, uint16_t count)
{
    struct value values[16];
    struct scan scan = {.device = site_find_device(site, "d"), .count = count, .values = values};
    now.utc_ms += STEP_MS;
    now.mono_ms += STEP_MS;
    scan.at = now;
    assert_int_equal(scan.device->point_count, count);
    for (uint16_t i = 0; i < count; i++) {
        values[i] = (struct value){.kind = VALUE_NUMBER, .as.number = numbers[i]};
        if (numbers[i] == NOTHING)
            values[i] = (struct value){.kind = VALUE_NONE, .quality = QUALITY_FAULT};
    }
    assess_qualify(assess, &scan);
    assess_scan(assess, &scan, &OUTLET);
}

#define GIVE(...)                                                                                  \
    give((const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static const struct point *
point(const char *name)
{
    const struct point *found = site_find_point(site, "line", name);
    if (!found)
        fail_msg("no point line.%s", name);
    return found;
}

static double
hour_of(const char *name)
{
    return means[point(name)->index];
}

static void
expect(unsigned count, enum event_phase phase, const char *kind)
{
    assert_int_equal(event_count, count);
    assert_string_equal(event_kinds[count - 1], kind);
    assert_int_equal(events[count - 1].phase, phase);
}

#define POINT(name, at, unit) "      " name ": {holding: " at ", type: float32, unit: " unit "}\n"
#define PLAIN                                                                                      \
    POINT("nmhc", "0", "mg/m3")                                                                    \
    POINT("flow", "2", "Nm3/h") POINT("nmhc-inlet", "4", "mg/m3") POINT("flow-inlet", "6", "Nm3/h")

static void
assert_says(const char *text)
{
    if (!strstr(said, text))
        fail_msg("'%s' is not in:\n%s", text, said);
}

/* As far as sums of doubles go. */
static void
assert_near(double number, double expected)
{
    if (!(fabs(number - expected) <= 1e-6 * fabs(expected)))
        fail_msg("%.15g is not %.15g", number, expected);
}

static void
run_to_next_hour(const double *numbers, uint16_t count)
{
    int64_t hour = (now.utc_ms + STEP_MS) / HOUR_MS;
    while ((now.utc_ms + STEP_MS) / HOUR_MS == hour)
        give(numbers, count);
}

#define HOUR(...)                                                                                  \
    run_to_next_hour((const double[]){__VA_ARGS__},                                                \
                     sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static int
set_up(void **state)
{
    (void)state;
    int file = mkstemp(path);
    return file < 0 ? -1 : close(file);
}

static int
tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

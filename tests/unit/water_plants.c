/* The plants of tests/unit/config/good/water.yaml under virtual time, and what assess says of them.
 * Included by the tests of waste water. */
#include "config/loader.h"
#include "config/water.h"
#include "daemon/assess/assess.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above */
#include <cmocka.h>

#define MIDNIGHT  1795190400000LL /* 2026-11-21T00:00:00+08:00 */
#define MINUTE    60000LL
#define HOUR      3600000LL
#define DAY       86400000LL
#define BAD       1e300 /* out of reach */
#define UNHEALTHY 2e300 /* the instrument says fault */
#define MOST      20000

/* What came out. */
struct heard {
    struct statistic *statistics;
    struct event *events;
    size_t statistic_count, event_count;
};

struct world {
    struct site *site;
    struct assess *assess;
    struct heard heard;
    struct stamp now;
    uint64_t sequence;
};

static struct world world;

static uint64_t
hear_event(void *context, const struct event *event)
{
    struct world *of = context;
    assert_true(of->heard.event_count < MOST);
    of->heard.events[of->heard.event_count++] = *event;
    return ++of->sequence;
}

static void
hear_evidence(void *context, const struct evidence *evidence)
{
    (void)context;
    (void)evidence;
}

/* Only the asset's own, and hours and days. */
static void
hear_statistic(void *context, const struct statistic *statistic)
{
    struct world *of = context;
    if (statistic->period == PERIOD_MINUTE || !statistic->point->device->asset)
        return;
    assert_true(of->heard.statistic_count < MOST);
    of->heard.statistics[of->heard.statistic_count++] = *statistic;
}

static const struct assess_outlet *
outlet(void)
{
    static struct assess_outlet out;
    out = (struct assess_outlet){.event = hear_event,
                                 .evidence = hear_evidence,
                                 .statistic = hear_statistic,
                                 .context = &world,
                                 .store = "store"};
    return &out;
}

static int
set_up(void **state)
{
    (void)state;
    struct loader_options options = {.share = "config"};
    world = (struct world){.now = {MIDNIGHT, 1000000, 1, CLOCK_SYNCHRONISED}};
    world.heard.statistics = calloc(MOST, sizeof *world.heard.statistics);
    world.heard.events = calloc(MOST, sizeof *world.heard.events);
    assert_int_equal(loader_load("tests/unit/config/good/water.yaml", &options, &world.site), 0);
    for (uint32_t i = 0; i < world.site->point_count; i++)
        world.site->points[i].number = i + 1;
    for (uint16_t i = 0; i < world.site->device_count; i++)
        world.site->devices[i].number = i + 1U;
    assert_int_equal(assess_new(world.site, &world.assess), 0);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    assess_free(world.assess);
    site_free(world.site);
    free(world.heard.statistics);
    free(world.heard.events);
    return 0;
}

static void
feed(const char *name, size_t count, const double *numbers)
{
    const struct device *device = site_find_device(world.site, name);
    struct value values[8] = {{.kind = VALUE_NUMBER}};
    struct scan scan = {.device = device, .at = world.now, .values = values};
    assert_non_null(device);
    assert_int_equal(device->point_count, count);
    scan.count = (uint16_t)count;
    for (size_t i = 0; i < count; i++) {
        values[i] = (struct value){.kind = VALUE_NUMBER};
        values[i].as.number = numbers[i];
        if (numbers[i] == BAD)
            values[i] = (struct value){.kind = VALUE_NONE, .quality = QUALITY_TIMEOUT};
        if (numbers[i] == UNHEALTHY)
            values[i] = (struct value){.kind = VALUE_NONE, .quality = QUALITY_FAULT};
    }
    assess_qualify(world.assess, &scan);
    assess_scan(world.assess, &scan, outlet());
}

#define FEED(name, ...)                                                                            \
    feed(name, sizeof((double[]){__VA_ARGS__}) / sizeof(double), (double[]){__VA_ARGS__})

static void
pass(int64_t ms)
{
    world.now.utc_ms += ms;
    world.now.mono_ms += ms;
}

static inline void
pass_to(int64_t utc_ms)
{
    pass(utc_ms - world.now.utc_ms);
}

/* The last one heard of a period of an asset's own point; NULL: none. */
static inline const struct statistic *
heard(const char *asset, const char *point, enum period period)
{
    const struct statistic *found = NULL;
    for (size_t i = 0; i < world.heard.statistic_count; i++) {
        const struct statistic *one = &world.heard.statistics[i];
        if (one->period == period && !strcmp(one->point->name, point) &&
            !strcmp(one->point->device->name, asset))
            found = one;
    }
    return found;
}

static inline unsigned
count_events(const char *kind, const char *subject, enum event_phase phase)
{
    unsigned count = 0;
    for (size_t i = 0; i < world.heard.event_count; i++) {
        const struct event *event = &world.heard.events[i];
        count += event->phase == phase && !strcmp(event->kind, kind) &&
                 !strcmp(event->subject, subject);
    }
    return count;
}

static inline const char *
cause_of_last(void)
{
    const struct event *event = &world.heard.events[world.heard.event_count - 1];
    for (unsigned i = 0; i < event->detail_count; i++)
        if (!strcmp(event->details[i].key, "cause"))
            return event->details[i].as.text;
    return "";
}

static inline void
assert_near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-9 * fabs(wanted) + 1e-12))
        fail_msg("%.17g is not %.17g", got, wanted);
}

/* ---- outlets ---- */

struct outlet_now {
    double cod, flow, ph, nh3_n, tn, tp, temperature;
};

static const struct outlet_now CLEAN = {30, 100, 7, 1, 10, 0.3, 20};

static void
feed_out(const struct outlet_now *now)
{
    FEED("out", now->cod, now->flow, now->ph, now->nh3_n, now->tn, now->tp, now->temperature);
}

/* Minute by minute to a moment, the outlet alone. */
static inline void
run_out(const struct outlet_now *now, int64_t until_utc_ms)
{
    for (; world.now.utc_ms < until_utc_ms; pass(MINUTE))
        feed_out(now);
}

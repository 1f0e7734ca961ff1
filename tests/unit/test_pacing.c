/* Means of an hour in which a device was read faster are those without it; amounts lose nothing. */
#include "config/loader.h"
#include "daemon/assess/assess.h"
#include "daemon/assess/pacing.c"

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

#define NOON_MS 1795233600000LL /* 2026-11-21T12:00:00+08:00 */

static const char SITE[] =
    "gateway: {park: p, name: g}\n"
    "buses: {b: {tcp: 127.0.0.1}}\n"
    "devices:\n"
    "  a: {bus: b, unit: 1, every: 5s,\n"
    "      points: {flow: {holding: 0, unit: m3/h}, cod: {holding: 1, unit: mg/L},\n"
    "               level: {holding: 2}, rare: {holding: 3, every: 60s}}}\n"
    "assets:\n"
    "  w: {kind: wastewater, from: a, during-events: {every: 1s, devices: a}}\n"
    "destinations: {d: {mqtt: \"tcp://127.0.0.1\"}}\n";

struct hour {
    struct statistic level, rare, volume, cod, load;
    unsigned readings; /* handed on of the derived device */
};

static struct site *site;
static struct assess *assess;
static struct hour told;

static void
take_statistic(void *context, const struct statistic *statistic)
{
    const struct {
        const char *device, *point;
        struct statistic *to;
    } wanted[] = {{"a", "level", &told.level},
                  {"a", "rare", &told.rare},
                  {"w", "volume", &told.volume},
                  {"w", "cod", &told.cod},
                  {"w", "cod-load", &told.load}};
    (void)context;
    if (statistic->period != PERIOD_HOUR || statistic->start_utc_ms != NOON_MS)
        return;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!strcmp(statistic->point->device->name, wanted[i].device) &&
            !strcmp(statistic->point->name, wanted[i].point))
            *wanted[i].to = *statistic;
}

static uint64_t
take_event(void *context, const struct event *event)
{
    (void)event;
    return ++*(uint64_t *)context;
}

static void
take_scan(void *context, const struct scan *scan)
{
    (void)context;
    told.readings += scan->device->asset != NULL;
}

static uint64_t sequence;
static const struct assess_outlet OUTLET = {.event = take_event,
                                            .statistic = take_statistic,
                                            .scan = take_scan,
                                            .context = &sequence,
                                            .store = "5eed"};

static int
set_up(void **state)
{
    char path[] = "/tmp/parkgate-pacing-XXXXXX";
    struct loader_options options = {.share = "config"};
    int fd = mkstemp(path);
    (void)state;
    if (fd < 0 || write(fd, SITE, sizeof SITE - 1) != (ssize_t)sizeof SITE - 1)
        return -1;
    close(fd);
    int error = loader_load(path, &options, &site);
    unlink(path);
    for (uint32_t i = 0; !error && i < site->point_count; i++)
        site->points[i].number = i + 1;
    for (uint16_t i = 0; !error && i < site->device_count; i++)
        site->devices[i].number = i + 1U;
    return error < 0 ? error : assess_new(site, &assess);
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
restart(void)
{
    struct buf saved;
    assert_int_equal(buf_new(&saved, assess_state_size(assess)), 0);
    assert_true(assess_save(assess, &saved));
    assess_free(assess);
    assert_int_equal(assess_new(site, &assess), 0);
    assert_int_equal(assess_load(assess, saved.data, saved.length, &OUTLET), 0);
    buf_free(&saved);
}

/* The second of the hour: between two ordinary slots the level is one nobody would see otherwise.
 */
static void
scan_at(int second)
{
    bool ordinary = second % 5 == 0;
    bool high = second >= 600 && second < 2400;
    struct value values[4] = {{.kind = VALUE_NUMBER, .as.number = 36},
                              {.kind = VALUE_NUMBER, .as.number = 50},
                              {.kind = VALUE_NUMBER},
                              {.kind = VALUE_NUMBER, .as.number = second}};
    values[2].as.number = !ordinary ? 500 : high ? 80 : 20;
    values[3].kind = second % 60 == 0 ? VALUE_NUMBER : VALUE_ABSENT;
    int64_t ms = second * 1000LL + (second * 7919) % 90; /* answers take their time */
    struct scan scan = {.device = site_find_device(site, "a"),
                        .at = {.utc_ms = NOON_MS + ms,
                               .mono_ms = 5000000 + ms,
                               .boot = 1,
                               .clock = CLOCK_SYNCHRONISED},
                        .count = 4,
                        .values = values};
    assess_tick(assess, &scan.at, &OUTLET);
    assess_scan(assess, &scan, &OUTLET);
}

/* From second 603 to 2397 every second, where asked. */
static struct hour
live_hour(bool faster, bool restarts)
{
    told = (struct hour){.readings = 0};
    for (int second = -60; second <= 3665; second++) {
        if (second % 5 != 0 && !(faster && second >= 603 && second <= 2397))
            continue;
        scan_at(second);
        if (restarts && second % 601 == 0)
            restart();
    }
    return told;
}

static void
assert_same(const struct statistic *a, const struct statistic *b)
{
    assert_true(a->mean == b->mean && a->min == b->min && a->max == b->max);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->valid, b->valid);
    assert_int_equal(a->expected, b->expected);
    assert_int_equal(a->letter, b->letter);
    assert_int_equal(a->is_valid, b->is_valid);
}

static struct hour ordinary;

static void
an_ordinary_hour(void **state)
{
    (void)state;
    ordinary = live_hour(false, false);
    assert_int_equal(ordinary.level.count, 720);
    assert_true(ordinary.level.mean == 50); /* half an hour at 80, half at 20 */
    assert_int_equal(ordinary.rare.count, 60);
    assert_int_equal(ordinary.cod.count, 1);
    assert_int_equal(ordinary.volume.count, 720);
    assert_true(fabs(ordinary.volume.sum - 36) < 0.01);
}

static void
assert_like_ordinary(const struct hour *hour)
{
    assert_same(&hour->level, &ordinary.level); /* no 500 in it */
    assert_true(hour->level.sum == ordinary.level.sum);
    assert_same(&hour->rare, &ordinary.rare);
    assert_same(&hour->load, &ordinary.load);
    assert_int_equal(hour->cod.count, 1);
    assert_int_equal(hour->volume.count, 720);
    assert_int_equal(hour->volume.valid, 720);
    assert_true(fabs(hour->volume.sum - ordinary.volume.sum) < 1e-9);   /* nothing lost, */
    assert_true(fabs(hour->volume.mean - ordinary.volume.mean) < 1e-9); /* nor counted twice */
    assert_true(hour->readings > ordinary.readings + 1400); /* but all were made and handed out */
}

static void
a_faster_hour_is_the_same(void **state)
{
    (void)state;
    struct hour hour = live_hour(true, false);
    assert_like_ordinary(&hour);
}

static void
restarts_change_nothing(void **state)
{
    (void)state;
    struct hour hour = live_hour(true, true);
    assert_like_ordinary(&hour);
}

/* ---- the rule alone ---- */

static const struct device FAST = {.every_ms = 10000, .faster_ms = 1000};

static bool
counts(struct pacing *pacing, int64_t mono_ms)
{
    struct stamp at = {.mono_ms = mono_ms, .boot = 1};
    return !pacing_is_between(pacing, &FAST, &at);
}

static void
just_early_enough_and_not(void **state)
{
    (void)state;
    struct pacing pacing = {.begun = false};
    assert_true(counts(&pacing, 100000));
    struct pacing early = pacing;
    assert_false(counts(&pacing, 105499)); /* soon behind the last one: */
    assert_false(counts(&pacing, 109499));
    assert_true(counts(&pacing, 109500)); /* half a second before it is due */
    assert_false(counts(&pacing, 114000));
    assert_false(counts(&pacing, 119000));
    assert_false(counts(&pacing, 119499));
    assert_true(counts(&pacing, 119501));
    assert_true(counts(&early, 105500)); /* not soon: nothing is read faster */
    struct stamp other = {.mono_ms = 105600, .boot = 2};
    assert_false(pacing_is_between(&early, &FAST, &other));
}

/* On a busy line ordinary scans come late, and the next on time: none is left out. */
static void
late_scans_all_count(void **state)
{
    (void)state;
    struct pacing pacing = {.begun = false};
    srand(7);
    assert_true(counts(&pacing, 0));
    for (int64_t slot = 1; slot < 10000; slot++)
        assert_true(counts(&pacing, slot * 10000 + rand() % 9999));
}

static void
one_an_interval_counts(void **state)
{
    (void)state;
    struct pacing pacing = {.begun = false};
    unsigned count = 0;
    srand(8);
    for (int64_t slot = 0; slot < 36000; slot++)
        count += counts(&pacing, slot * 1000 + rand() % 450);
    assert_int_equal(count, 3600);
}

static void
other_devices_always_count(void **state)
{
    (void)state;
    struct pacing pacing = {.begun = false};
    const struct device plain = {.every_ms = 10000};
    for (int i = 0; i < 5; i++)
        assert_false(pacing_is_between(&pacing, &plain, &(struct stamp){.mono_ms = i}));
    assert_false(pacing.begun);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_ordinary_hour),
        CASE(a_faster_hour_is_the_same),
        CASE(restarts_change_nothing),
        cmocka_unit_test(just_early_enough_and_not),
        cmocka_unit_test(late_scans_all_count),
        cmocka_unit_test(one_an_interval_counts),
        cmocka_unit_test(other_devices_always_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

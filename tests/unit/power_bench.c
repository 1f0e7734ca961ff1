/* A production meter and a fan under one asset, judged by electricity: the site from YAML, readings
 * every 5 s under virtual time, the events and the sums of the newest hour. Included by the tests
 * of power. */
#include "config/loader.h"
#include "config/power.h"
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

#define MIDNIGHT_UTC_MS 1795190400000LL /* 2026-11-21T00:00:00+08:00 */
#define EVENTS          64
#define BAD             (-1.0) /* out of reach */
#define NOTHING         (-2.0) /* no scan at all */

static const char SITE[] =
    "gateway: {park: p, name: g}\n"
    "buses: {b: {tcp: 127.0.0.1}}\n"
    "devices:\n"
    "  meter: {bus: b, unit: 1, every: %s, points: {power: {holding: 0, type: float32, unit: "
    "kW}}}\n"
    "  fan: {bus: b, unit: 2, every: %s, points: {power: {holding: 0, type: float32, unit: W}}}\n"
    "assets:\n"
    "  line:\n"
    "    kind: generic\n"
    "    from: meter\n"
    "    production: {power: meter.power, rated: 100 kW%s}\n"
    "    treatment: {power: fan.power, rated: 10 kW%s}\n"
    "    power: {%s}\n";

struct words {
    const char *every, *production, *treatment, *power;
};

struct told {
    struct event event;
    int64_t after_ms; /* since the beginning */
};

static struct bench {
    struct site *site;
    struct assess *assess;
    struct assess_outlet outlet;
    struct stamp now;
    int64_t begin_ms, every_ms;
    struct told events[EVENTS];
    size_t count;
    double minutes[3], rate; /* of the newest hour: production, together, alone; synchronous */
    bool restarts;
} bench;

static const char *const MINUTES[] = {"production-minutes", "minutes-together", "minutes-alone"};

static uint64_t
take_event(void *context, const struct event *event)
{
    (void)context;
    assert_true(bench.count < EVENTS);
    bench.events[bench.count] = (struct told){*event, event->at.mono_ms - bench.begin_ms};
    return ++bench.count;
}

static void
take_evidence(void *context, const struct evidence *evidence)
{
    (void)context;
    (void)evidence;
}

static void
take_statistic(void *context, const struct statistic *statistic)
{
    (void)context;
    if (statistic->period != PERIOD_HOUR)
        return;
    for (unsigned i = 0; i < 3; i++)
        if (!strcmp(statistic->point->name, MINUTES[i]))
            bench.minutes[i] = statistic->sum;
    if (!strcmp(statistic->point->name, "synchronous"))
        bench.rate = statistic->mean;
}

static void
print_mistake(void *context, bool warning, const char *line)
{
    (void)warning;
    strncat(context, line, 1999 - strlen(context));
    strncat(context, "\n", 1999 - strlen(context));
}

/* The site, or NULL; what was said of it goes to ret_said (2000 bytes). */
static struct site *
load_site(const struct words *words, char *ret_said)
{
    char path[] = "/tmp/parkgate-power-XXXXXX";
    struct loader_options options = {
        .share = "config", .report = print_mistake, .context = ret_said};
    struct site *site = NULL;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *out = fdopen(fd, "w");
    fprintf(out, SITE, words->every, words->every, words->production, words->treatment,
            words->power);
    fclose(out);
    ret_said[0] = '\0';
    loader_load(path, &options, &site);
    unlink(path);
    return site;
}

static void
begin(const char *production, const char *treatment, const char *power)
{
    char said[2000];
    bench = (struct bench){.every_ms = 5000};
    bench.site = load_site(&(struct words){"5s", production, treatment, power}, said);
    assert_string_equal(said, "");
    for (uint32_t i = 0; i < bench.site->point_count; i++)
        bench.site->points[i].number = i + 1;
    bench.now = (struct stamp){MIDNIGHT_UTC_MS, 1000000, 1, CLOCK_SYNCHRONISED};
    bench.begin_ms = bench.now.mono_ms;
    bench.outlet = (struct assess_outlet){take_event, take_evidence, take_statistic,
                                          NULL,       "5eed",        NULL};
    assert_int_equal(assess_new(bench.site, &bench.assess), 0);
}

static int
tear_down(void **state)
{
    (void)state;
    assess_free(bench.assess);
    site_free(bench.site);
    bench.assess = NULL;
    bench.site = NULL;
    return 0;
}

static void
restart(void)
{
    size_t size = assess_state_size(bench.assess);
    void *memory = malloc(size);
    struct buf saved;
    buf_init(&saved, memory, size);
    assert_true(assess_save(bench.assess, &saved));
    assess_free(bench.assess);
    assert_int_equal(assess_new(bench.site, &bench.assess), 0);
    assert_int_equal(assess_load(bench.assess, saved.data, saved.length, &bench.outlet), 0);
    free(memory);
}

static void
read_one(const char *name, double number)
{
    struct value value = {.kind = VALUE_NUMBER};
    value.as.number = number;
    if (number == NOTHING)
        return;
    if (number == BAD)
        value = (struct value){.kind = VALUE_NONE, .quality = QUALITY_TIMEOUT};
    struct scan scan = {.device = site_find_device(bench.site, name),
                        .at = bench.now,
                        .count = 1,
                        .values = &value};
    assess_qualify(bench.assess, &scan);
    assess_scan(bench.assess, &scan, &bench.outlet);
}

/* Both are read every interval, for so long: kW of production, W of the fan. */
static void
hold_for(int64_t ms, double production, double fan)
{
    for (int64_t i = 0; i < ms / bench.every_ms; i++) {
        bench.now.mono_ms += bench.every_ms;
        bench.now.utc_ms += bench.every_ms;
        read_one("fan", fan);
        read_one("meter", production);
        assess_tick(bench.assess, &bench.now, &bench.outlet);
        if (bench.restarts)
            restart();
    }
}

static size_t
count_of(const char *kind, enum event_phase phase)
{
    size_t count = 0;
    for (size_t i = 0; i < bench.count; i++)
        count += !strcmp(bench.events[i].event.kind, kind) && bench.events[i].event.phase == phase;
    return count;
}

static const struct told *
find_event(const char *kind, enum event_phase phase)
{
    for (size_t i = 0; i < bench.count; i++)
        if (!strcmp(bench.events[i].event.kind, kind) && bench.events[i].event.phase == phase)
            return &bench.events[i];
    fail_msg("no %s", kind);
    return NULL;
}

static const struct detail *
find_detail(const struct told *told, const char *key)
{
    for (size_t i = 0; i < told->event.detail_count; i++)
        if (!strcmp(told->event.details[i].key, key))
            return &told->event.details[i];
    fail_msg("no detail %s", key);
    return NULL;
}

#define MINUTE_MS 60000LL
#define HOUR_MS   3600000LL

/* A boiler from a site file, read every minute under virtual time, and what comes out of it as
 * text: for the tests of modes, working conditions and marks. */
#ifndef TESTS_UNIT_MARKS_BENCH_H
#define TESTS_UNIT_MARKS_BENCH_H

#include "base/calendar.h"
#include "config/loader.h"
#include "daemon/assess/assess.h"
#include "daemon/assess/declare.h"

#include <errno.h>
#include <inttypes.h>
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

#define BENCH_DAY 1795190400000LL /* 2026-11-21T00:00:00+08:00 */
#define MINUTE_MS 60000LL
#define HOUR_MS   3600000LL
#define EVENTS    256
#define BAD       (-999.0) /* out of reach */
#define HEAD                                                                                       \
    "gateway: {park: p, name: g}\n"                                                                \
    "buses: {b: {tcp: 127.0.0.1}}\n"                                                               \
    "devices:\n"                                                                                   \
    "  cems: {bus: b, unit: 1, every: 60s, points: {so2: {holding: 0, unit: mg/m3},\n"             \
    "    nox: {holding: 1, unit: mg/m3}, o2: {holding: 2, unit: \"%\"},\n"                         \
    "    temperature: {holding: 3, unit: degC}, fuel: {holding: 4, unit: t/h},\n"                  \
    "    load: {holding: 5, unit: \"%\"}}}\n"

struct bench_event {
    char text[400]; /* "opened marks.due boiler warning count=2 ..." */
    int64_t at_utc_ms, since_utc_ms;
    double value;
    uint64_t sequence;
};

enum { SO2, NOX, O2, TEMPERATURE, FUEL, LOAD, POINTS };

static struct bench {
    struct site *site;
    struct assess *assess;
    struct assess_outlet outlet;
    struct stamp now;
    double values[POINTS];
    bool restarts, full;
    struct bench_event events[EVENTS];
    size_t count;
    char said[4000], why[DECLARATION_WHY];
} bench;

static inline uint64_t
bench_event(void *context, const struct event *event)
{
    static const char *const phases[] = {"", "opened", "updated", "closed", "noted"};
    static const char *const severities[] = {"info", "warning", "alarm"};
    (void)context;
    assert_true(bench.count < EVENTS);
    if (bench.full)
        return 0;
    struct bench_event *kept = &bench.events[bench.count++];
    int length = snprintf(kept->text, sizeof kept->text, "%s %s %s %s", phases[event->phase],
                          event->kind, event->subject, severities[event->severity]);
    for (size_t i = 0; i < event->detail_count; i++) {
        const struct detail *detail = &event->details[i];
        char *end = kept->text + length;
        size_t room = sizeof kept->text - (size_t)length;
        if (detail->kind == VALUE_TEXT)
            length += snprintf(end, room, " %s=%s", detail->key, detail->as.text);
        else if (detail->kind == VALUE_INTEGER)
            length += snprintf(end, room, " %s=%" PRId64, detail->key, detail->as.integer);
        else
            length += snprintf(end, room, " %s=%.6g", detail->key, detail->as.number);
    }
    kept->at_utc_ms = event->at.utc_ms;
    kept->since_utc_ms = event->since.utc_ms;
    kept->value = event->value;
    kept->sequence = bench.count;
    return bench.count;
}

static inline void
bench_evidence(void *context, const struct evidence *evidence)
{
    (void)context;
    (void)evidence;
}

static inline void
bench_statistic(void *context, const struct statistic *statistic)
{
    (void)context;
    (void)statistic;
}

static inline void
bench_report(void *context, bool warning, const char *line)
{
    size_t length = strlen(bench.said);
    (void)context;
    snprintf(bench.said + length, sizeof bench.said - length, "%s%s\n", warning ? "warning: " : "",
             line);
}

/* What stands behind the devices of the site file; NULL site after a mistake. */
static inline struct site *
bench_load(const char *assets)
{
    char path[] = "/tmp/parkgate-marks-XXXXXX";
    struct loader_options options = {.share = "config", .report = bench_report};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *out = fdopen(fd, "w");
    fputs(HEAD, out);
    fputs(assets, out);
    fclose(out);
    struct site *site = NULL;
    bench.said[0] = '\0';
    loader_load(path, &options, &site);
    unlink(path);
    return site;
}

static inline void
bench_begin(const char *assets, int64_t utc_ms)
{
    bench = (struct bench){.now = {utc_ms, 1000000, 1, CLOCK_SYNCHRONISED}};
    bench.site = bench_load(assets);
    if (!bench.site)
        fail_msg("%s", bench.said);
    for (uint32_t i = 0; i < bench.site->point_count; i++)
        bench.site->points[i].number = i + 1;
    for (uint16_t i = 0; i < bench.site->device_count; i++)
        bench.site->devices[i].number = i + 1U;
    bench.outlet = (struct assess_outlet){.event = bench_event,
                                          .evidence = bench_evidence,
                                          .statistic = bench_statistic,
                                          .store = "5eed"};
    assert_int_equal(assess_new(bench.site, &bench.assess), 0);
}

static inline int
bench_end(void **state)
{
    (void)state;
    assess_free(bench.assess);
    site_free(bench.site);
    bench.assess = NULL;
    bench.site = NULL;
    return 0;
}

static inline void
bench_restart(void)
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

static inline void
bench_tick(int64_t later_ms)
{
    bench.now.utc_ms += later_ms;
    bench.now.mono_ms += later_ms;
    assess_tick(bench.assess, &bench.now, &bench.outlet);
    if (bench.restarts)
        bench_restart();
}

/* One scan now, of bench.values. */
static inline void
bench_scan(void)
{
    struct value values[POINTS];
    for (int i = 0; i < POINTS; i++) {
        values[i] = (struct value){.kind = VALUE_NUMBER, .as.number = bench.values[i]};
        if (bench.values[i] == BAD)
            values[i] = (struct value){.kind = VALUE_NONE, .quality = QUALITY_TIMEOUT};
    }
    struct scan scan = {.device = site_find_device(bench.site, "cems"),
                        .at = bench.now,
                        .count = POINTS,
                        .values = values};
    assess_qualify(bench.assess, &scan);
    assess_scan(bench.assess, &scan, &bench.outlet);
}

/* Each minute: 30 s, a scan, 30 s, a tick. */
static inline void
bench_run(int64_t minutes)
{
    for (int64_t i = 0; i < minutes; i++) {
        bench_tick(MINUTE_MS / 2);
        bench_scan();
        bench_tick(MINUTE_MS / 2);
    }
}

/* Such a text is told at or after event `from` (0: the first): its number from 1, or 0. */
static inline size_t
bench_find(size_t from, const char *part)
{
    for (size_t i = from ? from - 1 : 0; i < bench.count; i++)
        if (strstr(bench.events[i].text, part))
            return i + 1;
    return 0;
}

static inline size_t
bench_count(const char *part)
{
    size_t count = 0;
    for (size_t i = 0; i < bench.count; i++)
        count += strstr(bench.events[i].text, part) != NULL;
    return count;
}

static inline const struct bench_event *
bench_need(const char *part)
{
    size_t at = bench_find(0, part);
    if (!at) {
        for (size_t i = 0; i < bench.count; i++)
            print_message("%s\n", bench.events[i].text);
        fail_msg("not told: %s", part);
    }
    return &bench.events[at - 1];
}

static inline int
bench_declare(struct declaration said)
{
    uint64_t sequence = 0;
    if (!*said.by)
        snprintf(said.by, sizeof said.by, "Li Na");
    bench.why[0] = '\0';
    int error = assess_declare(bench.assess, &said, &bench.now, &bench.outlet, &sequence,
                               bench.why);
    if (bench.restarts)
        bench_restart();
    return error;
}

#endif

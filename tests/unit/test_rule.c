/* Rules of the site file through assess: just above and just below, delays, means, gates, windows,
 * and a restart between any two scans. */
#include "config/loader.h"
#include "config/rules.h"
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

static const char SITE[] = "gateway: {park: p, name: g}\n"
                           "buses: {b: {tcp: 127.0.0.1}}\n"
                           "devices:\n"
                           "  gas: {bus: b, unit: 1, every: 10s, points: {h2s: {holding: 0, type: "
                           "float32, unit: mg/m3}, shut: {coil: 0}}}\n"
                           "  fan: {bus: b, unit: 2, every: 10s, points: {power: {holding: 0, "
                           "type: float32, unit: W}}}\n"
                           "assets:\n"
                           "  edge:\n"
                           "    kind: generic\n"
                           "    from: gas\n"
                           "    production: {running-when: fan.power > 100 W}\n"
                           "    points: {%s}\n"
                           "    rules: {%s}\n"
                           "destinations: {}\n";

static struct bench {
    struct site *site;
    struct assess *assess;
    struct assess_outlet outlet;
    struct stamp now, since; /* since: of the newest event */
    struct event events[EVENTS];
    char reasons[EVENTS][40], titles[EVENTS][40];
    size_t count;
    struct value derived; /* newest value of the asset's first point */
    bool restarts;
} bench;

static uint64_t
take_event(void *context, const struct event *event)
{
    (void)context;
    assert_true(bench.count < EVENTS);
    for (size_t i = 0; i < event->detail_count; i++) {
        if (!strcmp(event->details[i].key, "reason"))
            strncpy(bench.reasons[bench.count], event->details[i].as.text, 39);
        if (!strcmp(event->details[i].key, "title_en"))
            strncpy(bench.titles[bench.count], event->details[i].as.text, 39);
    }
    bench.events[bench.count] = *event;
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
    (void)statistic;
}

static void
take_scan(void *context, const struct scan *scan)
{
    (void)context;
    bench.derived = scan->values[0];
}

static void
fail_at_mistake(void *context, bool warning, const char *line)
{
    (void)context;
    (void)warning;
    fail_msg("%s", line);
}

static void
begin(const char *points, const char *rules)
{
    char path[] = "/tmp/parkgate-rule-XXXXXX";
    struct loader_options options = {.share = "config", .report = fail_at_mistake};
    bool restarts = bench.restarts;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *out = fdopen(fd, "w");
    fprintf(out, SITE, points, rules);
    fclose(out);
    bench = (struct bench){.restarts = restarts};
    loader_load(path, &options, &bench.site);
    unlink(path);
    assert_non_null(bench.site);
    for (uint32_t i = 0; i < bench.site->point_count; i++)
        bench.site->points[i].number = i + 1;
    for (uint32_t i = 0; i < bench.site->device_count; i++)
        bench.site->devices[i].number = i + 1;
    bench.now = (struct stamp){MIDNIGHT_UTC_MS, 1000000, 1, CLOCK_SYNCHRONISED};
    bench.outlet = (struct assess_outlet){.event = take_event,
                                          .evidence = take_evidence,
                                          .statistic = take_statistic,
                                          .store = "5eed",
                                          .scan = take_scan};
    assert_int_equal(assess_new(bench.site, &bench.assess), 0);
}

static void
end(void)
{
    assess_free(bench.assess);
    site_free(bench.site);
}

static void
restart(void)
{
    size_t size = assess_state_size(bench.assess);
    struct buf state;
    uint8_t *memory = malloc(size);
    struct assess *next;
    buf_init(&state, memory, size);
    assert_true(assess_save(bench.assess, &state));
    assert_int_equal(assess_new(bench.site, &next), 0);
    assert_int_equal(assess_load(next, state.data, state.length, &bench.outlet), 0);
    assess_free(bench.assess);
    bench.assess = next;
    free(memory);
}

static void
scan(unsigned device, double first, double second, uint8_t quality)
{
    struct value values[2] = {{.kind = VALUE_NUMBER, .quality = quality}, {.kind = VALUE_NUMBER}};
    values[0].as.number = first;
    values[1].as.number = second;
    struct scan scan = {.device = &bench.site->devices[device],
                        .at = bench.now,
                        .count = device ? 1 : 2,
                        .values = values};
    assess_scan(bench.assess, &scan, &bench.outlet);
    if (bench.restarts)
        restart();
}

static void
pass(int64_t ms)
{
    bench.now.utc_ms += ms;
    bench.now.mono_ms += ms;
}

/* `count` scans of the gas, 10 s apart. */
static void
gas_with(int count, double h2s, double shut, uint8_t quality)
{
    for (int i = 0; i < count; i++) {
        pass(10000);
        scan(0, h2s, shut, quality);
        assess_tick(bench.assess, &bench.now, &bench.outlet);
    }
}

static void
gas(int count, double h2s)
{
    gas_with(count, h2s, 0, QUALITY_GOOD);
}

static void
fan(double watts)
{
    scan(1, watts, 0, QUALITY_GOOD);
}

static void
assert_events(size_t count, enum event_phase phase)
{
    assert_int_equal(bench.count, count);
    if (count)
        assert_int_equal(bench.events[count - 1].phase, phase);
}

#define assert_number(a, b) assert_true((a) == (b))

static void
test_point(void **state)
{
    (void)state;
    begin("", "high: {point: h2s, at-most: 60 ug/m3, hysteresis: 20 ug/m3, delay: 30s, "
              "severity: alarm, title: {en: high, zh: gao}}");
    gas(10, 0.06); /* not strictly above */
    assert_events(0, 0);
    gas(3, 0.0625); /* 20 s */
    gas(1, 0.06);   /* back before the delay: begins anew */
    gas(3, 0.0625);
    assert_events(0, 0);
    gas(1, 0.07);
    assert_events(1, PHASE_OPENED);
    const struct event *event = &bench.events[0];
    assert_string_equal(event->kind, "rule.high");
    assert_string_equal(event->subject, "edge.high");
    assert_string_equal(event->point->name, "h2s");
    assert_int_equal(event->severity, SEVERITY_ALARM);
    assert_number(event->limit, 0.06);
    assert_number(event->peak, 0.07);
    assert_int_equal(event->at.mono_ms - event->since.mono_ms, 30000);
    assert_string_equal(bench.titles[0], "high");
    gas(3, 0.0401); /* within the hysteresis */
    assert_events(1, PHASE_OPENED);
    gas(1, 0.04);
    assert_events(2, PHASE_CLOSED);
    end();
}

static void
test_at_least(void **state)
{
    (void)state;
    begin("", "low: {point: h2s, at-least: 1 mg/m3, kind: some.thing-low}");
    gas(3, 1);
    assert_events(0, 0);
    gas(1, 0.999);
    assert_events(1, PHASE_OPENED);
    assert_string_equal(bench.events[0].kind, "some.thing-low");
    assert_int_equal(bench.events[0].severity, SEVERITY_WARNING);
    gas(1, 1);
    assert_events(2, PHASE_CLOSED);
    end();
}

static void
test_not_valid(void **state)
{
    (void)state;
    begin("", "high: {point: h2s, at-most: 1 mg/m3, delay: 20s}, "
              "truth: {when: h2s > 1 mg/m3, delay: 20s}");
    gas_with(10, 5, 0, QUALITY_CALIBRATION);
    assert_events(0, 0);
    gas(2, 5);
    gas_with(5, 5, 0, QUALITY_CALIBRATION); /* that time does not count */
    gas(1, 5);
    assert_events(0, 0);
    gas(2, 5);
    assert_events(2, PHASE_OPENED);
    gas_with(5, 0, 0, QUALITY_FAULT);
    pass(600000); /* no scan at all */
    assess_tick(bench.assess, &bench.now, &bench.outlet);
    for (size_t i = 2; i < bench.count; i++)
        assert_int_not_equal(bench.events[i].phase, PHASE_CLOSED);
    gas(1, 0);
    assert_int_equal(bench.events[bench.count - 1].phase, PHASE_CLOSED);
    assert_int_equal(bench.events[bench.count - 2].phase, PHASE_CLOSED);
    end();
}

static void
test_truth(void **state)
{
    (void)state;
    begin("worst: 'max(h2s, 2 ug/m3)'",
          "odour: {when: not shut and worst > 3 ug/m3, until: worst < 2.5 ug/m3}");
    gas_with(2, 0.0031, 1, QUALITY_GOOD);
    gas(2, 0.003);
    assert_events(0, 0);
    gas(1, 0.0031);
    assert_events(1, PHASE_OPENED);
    assert_string_equal(bench.events[0].point->name, "rule-odour");
    assert_true(isnan(bench.events[0].limit));
    gas(2, 0.0025); /* `when` is not true any more, `until` not yet */
    assert_events(1, PHASE_OPENED);
    gas(1, 0.0024);
    assert_events(2, PHASE_CLOSED);
    gas(1, 0.001);
    assert_int_equal(bench.derived.kind, VALUE_NUMBER);
    assert_number(bench.derived.as.number, 0.002); /* 2 ug/m3 in the unit of the first */
    end();
}

static void
test_window(void **state)
{
    (void)state;
    begin("", "odour: {when: 'avg(h2s, 1min) > 2 mg/m3'}");
    gas(5, 3);
    gas(1, 0); /* 15 of 6 */
    assert_events(1, PHASE_OPENED);
    gas(1, 0); /* 12 of 6: not above */
    assert_events(2, PHASE_CLOSED);
    gas(6, 2);
    assert_events(2, PHASE_CLOSED);
    gas(1, 2.1);
    assert_events(3, PHASE_OPENED);
    end();
}

static void
test_gate(void **state)
{
    (void)state;
    begin("", "shut: {when: shut, only: running, delay: 20s}, "
              "mean: {point: h2s, at-most: 1 mg/m3, averaging: minute, only: running}");
    gas_with(5, 0, 1, QUALITY_GOOD); /* not known whether it runs */
    fan(50);
    gas_with(1, 0, 1, QUALITY_GOOD);
    fan(50);
    gas_with(3, 0, 1, QUALITY_GOOD);
    assert_events(0, 0);
    pass(1000); /* a reading of the same moment would count */
    fan(150);
    gas_with(1, 0, 1, QUALITY_GOOD);
    fan(150);
    gas_with(1, 0, 1, QUALITY_GOOD);
    assert_events(0, 0);
    fan(150);
    gas_with(1, 0, 1, QUALITY_GOOD);
    assert_events(1, PHASE_OPENED);
    fan(50);
    gas_with(1, 0, 1, QUALITY_GOOD);
    assert_events(2, PHASE_CLOSED);
    assert_string_equal(bench.reasons[1], "production-stopped");
    end();
}

static void
test_gated_mean(void **state)
{
    (void)state;
    begin("", "mean: {point: h2s, at-most: 1 mg/m3, averaging: minute, only: running}");
    gas(2, 3); /* 00:00:20 */
    for (int i = 0; i < 9; i++) {
        fan(150); /* from 00:00:20 on: that minute is not judged */
        gas(1, 3);
        if (bench.now.utc_ms < MIDNIGHT_UTC_MS + 120000)
            assert_events(0, 0);
    }
    assert_events(0, 0); /* 00:01:50 */
    fan(150);
    gas(1, 3);
    assert_events(1, PHASE_OPENED);
    assert_string_equal(bench.events[0].averaging, "1 min");
    assert_number(bench.events[0].value, 3);
    fan(0);
    gas(1, 3);
    assert_events(2, PHASE_CLOSED);
    end();
}

static void
test_mean(void **state)
{
    (void)state;
    begin("", "mean: {point: h2s, at-most: 1 mg/m3, averaging: minute}");
    pass(-10000);
    gas(6, 1);
    gas(1, 1.5);
    assert_events(0, 0); /* 1 is not above 1 */
    gas(5, 0.91);
    gas(1, 0);
    assert_events(1, PHASE_OPENED); /* (1.5 + 5 * 0.91) / 6 */
    assert_true(fabs(bench.events[0].value - 6.05 / 6) < 1e-12);
    gas(5, 1.2);
    gas(1, 5);
    assert_events(2, PHASE_CLOSED);         /* 6 / 6 */
    gas_with(5, 5, 0, QUALITY_CALIBRATION); /* one valid of six: no mean */
    gas(1, 5);
    assert_events(2, PHASE_CLOSED);
    end();
}

/* Sixty times 1.2 make a sum whose mean is 1.2000000000000015 as a double. */
static void
test_noise(void **state)
{
    (void)state;
    begin("", "mean: {point: h2s, at-most: 1.2 mg/m3, averaging: hour}");
    pass(-10000);
    gas(361, 1.2);
    assert_events(0, 0);
    gas(359, 1.2);
    gas(1, 1.3);
    assert_events(0, 0);
    gas(360, 1.2);
    assert_events(1, PHASE_OPENED);
    end();
}

static void
test_range(void **state)
{
    (void)state;
    begin("twice: {expression: h2s * 2, range: [0, 3]}", "x: {point: twice, at-most: 1 mg/m3}");
    gas(1, 1.5);
    assert_int_equal(bench.derived.quality, QUALITY_GOOD);
    assert_events(1, PHASE_OPENED);
    gas(1, 1.6);
    assert_int_equal(bench.derived.quality, QUALITY_OVER_RANGE);
    assert_number(bench.derived.as.number, 3.2);
    gas(1, -0.1);
    assert_int_equal(bench.derived.quality, QUALITY_UNDER_RANGE);
    assert_events(1, PHASE_OPENED);
    gas(1, 0);
    assert_events(2, PHASE_CLOSED);
    end();
}

/* Every one again with a restart behind every scan. */
static int
with_restarts(void **state)
{
    (void)state;
    bench.restarts = true;
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_point),  cmocka_unit_test(test_at_least),
        cmocka_unit_test(test_truth),  cmocka_unit_test(test_not_valid),
        cmocka_unit_test(test_window), cmocka_unit_test(test_gate),
        cmocka_unit_test(test_mean),   cmocka_unit_test(test_gated_mean),
        cmocka_unit_test(test_range),  cmocka_unit_test(test_noise),
    };
    int failed = cmocka_run_group_tests_name("rule", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("rule, restarts", tests, with_restarts, NULL);
}

/* From the site file to the verdict: what an instrument says in its status word keeps its readings
 * out of means and verdicts. */
#include "config/loader.h"
#include "config/quality.h"
#include "daemon/assess/assess.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#define NOON_UTC_MS 1795233600000LL /* 2026-11-21T12:00:00+08:00 */

static const char MAP[] =
    "map: cems\n"
    "title: t\n"
    "source: s\n"
    "status:\n"
    "  point: status\n"
    "  values: {0: running, 1: maintenance, 2: fault, 3: calibration, 5: back-purge}\n"
    "points: {so2: {holding: 0, unit: mg/m3}, o2: {holding: 1}, status: {holding: 2}}\n";

static const char SITE[] =
    "gateway: {park: p, name: g}\n"
    "buses: {b: {tcp: 127.0.0.1}}\n"
    "devices:\n"
    "  cems:\n"
    "    bus: b\n"
    "    unit: 1\n"
    "    map: cems\n"
    "    status:\n"
    "      - {when: plc.maintenance-key, means: maintenance, of: [so2]}\n"
    "      - {when: not key, means: stopped}\n"
    "    calibration:\n"
    "      - {every: 7 days, first: 2026-11-20, grace: 2 h, of: [so2]}\n"
    "      - {every: 1 days, first: 2026-11-21T08:00, of: [o2]}\n"
    "    points: {extra: {holding: 9}, key: {discrete: 0}}\n"
    "  other: {bus: b, unit: 2, map: cems, status: {point: status, bits: {4: fault}}}\n"
    "  plc: {bus: b, unit: 3, points: {maintenance-key: {discrete: 0}}}\n"
    "assets:\n"
    "  stack:\n"
    "    kind: generic\n"
    "    outlet: DA001\n"
    "    from: cems\n"
    "    limits:\n"
    "      so2:\n"
    "        - {at-most: 50 mg/m3, averaging: minute}\n"
    "        - {at-most: 50 mg/m3, kind: internal-warning}\n"
    "destinations: {c: {mqtt: \"tcp://127.0.0.1\"}}\n";

static char folder[] = "/tmp/parkgate-status-XXXXXX";
static struct site *site;

static const char *
path_of(const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void
write_file(const char *name, const char *text)
{
    FILE *out = fopen(path_of(name), "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static void
print_mistake(void *context, bool warning, const char *line)
{
    (void)context;
    (void)warning;
    fprintf(stderr, "%s\n", line);
}

static int
set_up(void **state)
{
    struct loader_options options = {.share = "config", .report = print_mistake};
    (void)state;
    if (!mkdtemp(folder) || mkdir(path_of("devices"), 0700))
        return -1;
    write_file("devices/cems.yaml", MAP);
    write_file("site.yaml", SITE);
    return loader_load(path_of("site.yaml"), &options, &site);
}

static int
tear_down(void **state)
{
    (void)state;
    site_free(site);
    unlink(path_of("devices/cems.yaml"));
    unlink(path_of("site.yaml"));
    rmdir(path_of("devices"));
    return rmdir(path_of(""));
}

static const struct device_quality *
quality_of(const char *device)
{
    return site_find_device(site, device)->quality;
}

static void
assert_list(const struct point_list *of, unsigned count, const uint16_t *points)
{
    assert_int_equal(of->count, count);
    assert_memory_equal(of->list, points, count * sizeof *points);
}

/* Points of cems: so2, o2, status of the map, then extra and key. */
static void
a_devices_rules_stand_beside_its_maps(void **state)
{
    (void)state;
    const struct device_quality *quality = quality_of("cems");
    assert_int_equal(quality->status_count, 3);
    const struct status_rule *rules = quality->statuses;
    assert_int_equal(rules[0].form, STATUS_WHEN);
    assert_int_equal(rules[0].means, INSTRUMENT_MAINTENANCE);
    assert_ptr_equal(rules[0].when.point, site_find_point(site, "plc", "maintenance-key"));
    assert_list(&rules[0].of, 1, (uint16_t[]){0});
    assert_int_equal(rules[1].when.comparison, COMPARE_FALSE);
    assert_list(&rules[1].of, 3, (uint16_t[]){0, 1, 3}); /* not status, not key */
    assert_int_equal(rules[2].form, STATUS_VALUES);
    assert_ptr_equal(rules[2].when.point, site_find_point(site, "cems", "status"));
    assert_int_equal(rules[2].word_count, 5);
    assert_int_equal(rules[2].words[4].word, 5);
    assert_int_equal(rules[2].words[4].means, INSTRUMENT_BACK_PURGE);
    assert_list(&rules[2].of, 3, (uint16_t[]){0, 1, 3});
}

static void
a_rule_on_the_same_point_takes_the_place_of_the_maps(void **state)
{
    (void)state;
    const struct device_quality *quality = quality_of("other");
    assert_int_equal(quality->status_count, 1);
    assert_int_equal(quality->statuses[0].form, STATUS_BITS);
    assert_int_equal(quality->statuses[0].words[0].word, 4);
    assert_list(&quality->statuses[0].of, 2, (uint16_t[]){0, 1});
    assert_null(quality_of("plc"));
}

static void
calendars_and_bounds_are_read(void **state)
{
    (void)state;
    const struct device_quality *quality = quality_of("cems");
    assert_int_equal(quality->calendar_count, 2);
    assert_int_equal(quality->calendars[0].every_s, 604800);
    assert_int_equal(quality->calendars[0].grace_s, 7200);
    assert_true(quality->calendars[0].first_utc_ms == NOON_UTC_MS - 36 * 3600000LL);
    assert_list(&quality->calendars[0].of, 1, (uint16_t[]){0});
    assert_int_equal(quality->calendars[1].grace_s, 0);
    assert_true(quality->calendars[1].first_utc_ms == NOON_UTC_MS - 4 * 3600000LL);
    assert_int_equal(site->maintenance_max_s, 86400);
}

/* The key decides whether a regulated outlet's reading counts. */
static void
what_decides_is_kept_as_long_as_what_it_decides_on(void **state)
{
    (void)state;
    assert_true(site_find_point(site, "plc", "maintenance-key")->sample);
    assert_true(site_find_device(site, "plc")->sample);
    assert_false(site_find_device(site, "other")->sample);
}

/* ---- span gas ---- */

struct heard {
    unsigned events, minutes;
    double mean; /* of so2's last minute */
    char letter;
};

static uint64_t
hear_event(void *context, const struct event *event)
{
    struct heard *heard = context;
    (void)event;
    return ++heard->events;
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
    struct heard *heard = context;
    if (strcmp(statistic->point->name, "so2") != 0 || statistic->period != PERIOD_MINUTE)
        return;
    heard->minutes++;
    heard->mean = statistic->mean;
    heard->letter = statistic->letter;
}

static void
read_once(struct assess *assess, struct heard *heard, double so2, double word, int64_t second)
{
    struct value values[5];
    const double numbers[] = {so2, 8, word, 0, 1};
    struct scan scan = {.device = site_find_device(site, "cems"),
                        .at = {NOON_UTC_MS + second * 1000, second * 1000, 1, CLOCK_SET},
                        .count = 5,
                        .values = values};
    const struct assess_outlet outlet = {.event = hear_event,
                                         .evidence = hear_evidence,
                                         .statistic = hear_statistic,
                                         .context = heard,
                                         .store = "s"};
    for (int i = 0; i < 5; i++)
        values[i] = (struct value){.kind = VALUE_NUMBER, .as.number = numbers[i]};
    assess_qualify(assess, &scan);
    assess_scan(assess, &scan, &outlet);
}

/* Five minutes of 500 mg/m3 over a limit of 50, between readings of 20. */
static struct heard
give_gas(double word)
{
    struct assess *assess;
    struct heard heard = {0};
    assert_int_equal(assess_new(site, &assess), 0);
    for (int64_t second = 0; second < 600; second++) {
        bool gas = second >= 120 && second < 420;
        read_once(assess, &heard, gas ? 500 : 20, gas ? word : 0, second);
        if (second == 300)
            assert_int_equal(heard.letter, word == 0 ? 'N' : 'D'); /* standards.md 1.9, roll-up */
    }
    assert_true(heard.minutes >= 9);
    assert_int_equal(heard.letter, 'N');
    assess_free(assess);
    return heard;
}

static void
span_gas_is_never_an_exceedance(void **state)
{
    (void)state;
    assert_int_equal(give_gas(3).events, 0);
    assert_int_equal(give_gas(5).events, 0);
    assert_true(give_gas(0).events >= 2); /* the same readings as measurements are one */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_devices_rules_stand_beside_its_maps),
        cmocka_unit_test(a_rule_on_the_same_point_takes_the_place_of_the_maps),
        cmocka_unit_test(calendars_and_bounds_are_read),
        cmocka_unit_test(what_decides_is_kept_as_long_as_what_it_decides_on),
        cmocka_unit_test(span_gas_is_never_an_exceedance),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

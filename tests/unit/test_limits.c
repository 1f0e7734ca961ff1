/* From the site file to the verdict: sets, dates, `when`, averagings, comparison, targets. */
#include "tests/unit/limits_site.c"

#include "daemon/assess/declare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

static struct limits_site at;

#define HEAD                                                                                       \
    "gateway: {park: p, name: g}\n"                                                                \
    "buses: {net: {tcp: 10.0.0.1}}\n"                                                              \
    "devices:\n"                                                                                   \
    "  a:\n"                                                                                       \
    "    bus: net\n"                                                                               \
    "    unit: 1\n"                                                                                \
    "    every: 60s\n"                                                                             \
    "    points:\n"                                                                                \
    "      so2: {holding: 0, type: float32, unit: mg/m3}\n"                                        \
    "      cod: {holding: 2, type: float32, unit: mg/L}\n"                                         \
    "      nh3-n: {holding: 4, type: float32, unit: mg/L}\n"                                       \
    "      furnace-temperature: {holding: 6, type: float32, unit: degC}\n"                         \
    "      tn: {holding: 8, unit: mg/L, scale: 0.01}\n"                                            \
    "      tp: {holding: 9, unit: mg/L, scale: 0.01}\n"                                            \
    "      ph: {holding: 10, unit: pH, scale: 0.01}\n"                                             \
    "  b:\n"                                                                                       \
    "    bus: net\n"                                                                               \
    "    unit: 2\n"                                                                                \
    "    every: 60s\n"                                                                             \
    "    points:\n"                                                                                \
    "      water-temperature: {holding: 0, type: float32, unit: degC}\n"                           \
    "      so2-corrected: {holding: 2, type: float32, unit: mg/m3}\n"                              \
    "      pm-corrected: {holding: 4, type: float32, unit: mg/m3}\n"                               \
    "      nox-corrected: {holding: 6, type: float32, unit: mg/m3}\n"                              \
    "assets:\n"

#define ASSET HEAD "  x: {kind: generic, from: [a, b], limits: "

static int
tear_down(void **state)
{
    (void)state;
    limits_end(&at);
    return 0;
}

static void
expect_heard(const char *yaml, const char *sentence)
{
    int result = limits_load(&at, yaml);
    bool warning = sentence && !strncmp(sentence, "warning: ", 9);
    if (result != (sentence && !warning ? -22 : 0))
        fail_msg("result %d: %s", result, at.heard);
    if (sentence ? !strstr(at.heard, sentence) : *at.heard != 0)
        fail_msg("'%s' does not say '%s'", at.heard, sentence ? sentence : "nothing");
    site_free(at.site);
    at.site = NULL;
}

static const struct limit *
find_limit(const char *name, enum averaging averaging)
{
    for (uint16_t i = 0; i < at.site->limit_count; i++)
        if (!strcmp(at.site->limits[i].name, name) && at.site->limits[i].averaging == averaging)
            return &at.site->limits[i];
    fail_msg("no limit %s", name);
    return NULL;
}

static size_t
count_events(const char *kind, enum event_phase phase)
{
    size_t count = 0;
    for (size_t i = 0; i < at.event_count; i++)
        count += at.events[i].phase == phase && !strcmp(at.events[i].kind, kind);
    return count;
}

/* ---- sets ---- */

#define BOILER(words) HEAD "  x: {kind: generic, from: [a, b], " words "}\n"

static void
a_set_is_for_some_plants(void **state)
{
    (void)state;
    expect_heard(BOILER("fuel: coal, built: new, carrier: steam, firing: fluidised, "
                        "capacity: 65 t/h, limits: gb13271.coal-new"),
                 "warning: ");
    expect_heard(
        BOILER("fuel: coal, built: new, carrier: steam, firing: fluidised, "
               "capacity: 65.1 t/h, limits: gb13271.coal-new"),
        "set 'gb13271.coal-new' is for carrier steam, firing fluidised or burner, capacity "
        "at most 65 t/h; asset 'x' has capacity 65.1 t/h");
    /* stokers of any size: standards.md 12 #12 */
    expect_heard(BOILER("fuel: biomass, built: new, firing: stoker, capacity: 650 t/h, "
                        "limits: gb13271.coal-new"),
                 "warning: ");
    expect_heard(BOILER("fuel: oil, limits: gb13271.coal-new"),
                 "set 'gb13271.coal-new' is for fuel coal or biomass, built new; asset 'x' has "
                 "fuel oil");
    expect_heard(BOILER("fuel: coal, use: power, firing: pulverised, capacity: 20 t/h, "
                        "limits: gb13271.coal-new"),
                 "asset 'x' has firing pulverised");
    expect_heard(BOILER("fuel: cole, limits: {so2: 3 mg/m3}"),
                 "'fuel' of asset 'x' is 'cole'; it must be one of coal, biomass, oil, gas");
    expect_heard(BOILER("limits: gb13271"), "limit set 'gb13271' has rows: name one of them, like");
    expect_heard(BOILER("limits: gb13271.coal-nev"), "did you mean 'gb13271.coal-new'?");
    expect_heard(BOILER("limits: gb1327.coal-new"), "did you mean 'gb13271'?");
}

static int64_t
valid_from(const char *yaml)
{
    int result = limits_load(&at, yaml);
    if (result)
        fail_msg("%s", at.heard);
    int64_t utc_ms = find_limit("so2", AVERAGING_HOUR)->valid_from_utc_ms;
    site_free(at.site);
    at.site = NULL;
    return utc_ms;
}

/* Existing above 10 t/h from 2015-10-01, up to 10 t/h from 2016-07-01 (standards.md 5.1). */
static void
dates_by_size(void **state)
{
    (void)state;
    assert_true(valid_from(BOILER("fuel: coal, built: existing, capacity: 10.1 t/h, firing: stoker,"
                                  " limits: gb13271.coal-existing")) == 1443628800000LL);
    assert_true(valid_from(BOILER("fuel: coal, built: existing, capacity: 10 t/h, firing: stoker,"
                                  " limits: gb13271.coal-existing")) == 1467302400000LL);
}

static void
what_a_set_leaves_to_the_site(void **state)
{
    (void)state;
    expect_heard(ASSET "gb18918.class-1a}\n",
                 "warning: limit 'cod' of set 'gb18918.class-1a' for asset 'x': the number "
                 "(at-most, single) is left to the site");
    expect_heard(ASSET "db13-5161.coal}\n",
                 "warning: set 'db13-5161.coal' leaves 'reference-o2' to the site");
    expect_heard(ASSET "kilns.cement}\n", "warning: set 'kilns.cement' has no limits of its own");
    expect_heard(ASSET "ultra-low.steel}\n",
                 "warning: set 'ultra-low.steel' leaves 'basis' to the site");
    expect_heard(ASSET "ultra-low.coal-o2-9}\n",
                 "warning: set 'ultra-low.coal-o2-9' is of low confidence (the reference oxygen "
                 "depends on the local document)");
    expect_heard(ASSET "{so2: site}}\n", "limit 'so2' of asset 'x' is 'site'");
    assert_int_equal(limits_load(&at, ASSET "[{set: db13-5161.coal, reference-o2: 9}]}\n"), 0);
    assert_string_equal(at.heard, "");
    const struct limit *limit = find_limit("nox", AVERAGING_HOUR);
    assert_true(limit->value == 50 && limit->reference_o2 == 9);
    assert_string_equal(limit->point->name, "nox-corrected");
    assert_string_equal(limit->source, "DB13/5161-2020, coal, corrected to 9 % O2");
    limits_end(&at);
    assert_int_equal(limits_load(&at, ASSET "{set: kilns.cement, limits: {nox: 100 mg/m3}}}\n"), 0);
    limit = find_limit("nox", AVERAGING_HOUR);
    assert_true(limit->value == 100 && limit->reference_o2 == 10);
}

#define CLASS_1A(value)                                                                            \
    ASSET "{set: gb18918.class-1a, limits: {cod: {at-most: " value                                 \
          " mg/L, averaging: single, source: permit}}}}\n"

/* Single samples are about 1.2 to 2 times the day value of 50 (standards.md 12 #4). */
static void
a_number_of_the_site_is_doubted_far_from_the_day(void **state)
{
    static const struct {
        const char *yaml;
        bool doubted;
    } CASES[] = {{CLASS_1A("59.9"), true},
                 {CLASS_1A("60"), false},
                 {CLASS_1A("100"), false},
                 {CLASS_1A("100.1"), true}};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(limits_load(&at, CASES[i].yaml), 0);
        assert_true(
            !strstr(at.heard, "is not within 1.2 to 2 times the limit of the day (50 mg/L)") ==
            !CASES[i].doubted);
        const struct limit *limit = find_limit("cod", AVERAGING_SINGLE);
        assert_true(limit->valid_from_utc_ms == 1772294400000LL); /* 2026-03-01, of the set */
        assert_string_equal(limit->source, "permit");
        assert_int_equal(find_limit("ph", AVERAGING_HOUR)->decimals, 0);
        limits_end(&at);
    }
    assert_int_equal(limits_load(&at, ASSET "{cod: 50.50 mg/L, so2: 0.05 g/m3}}\n"), 0);
    assert_int_equal(find_limit("cod", AVERAGING_HOUR)->decimals, 2);
    assert_int_equal(find_limit("so2", AVERAGING_HOUR)->decimals, 0); /* 50 mg/m3 */
}

/* ---- verdicts ---- */

static void
a_day_is_a_verdict(void **state)
{
    (void)state;
    limits_begin(&at, ASSET "{cod: [{at-most: 50 mg/L, averaging: day}]}}\n");
    at.now.utc_ms -= 12 * 3600000; /* midnight */
    limits_set(&at, "a", "cod", 50);
    limits_live(&at, 1441);
    assert_int_equal(at.event_count, 0);
    limits_set(&at, "a", "cod", 50.001); /* 49.999... of the day is past: 1439 minutes of 50.001 */
    limits_live(&at, 1440);
    assert_int_equal(at.event_count, 1);
    assert_string_equal(limits_last(&at)->kind, "exceedance.day");
    assert_int_equal(limits_last(&at)->severity, SEVERITY_ALARM);
    assert_string_equal(limits_last(&at)->averaging, "1 d");
    assert_int_equal(limits_detail(limits_last(&at), "periods")->as.integer, 1);
}

static void
each_result_is_a_verdict(void **state)
{
    (void)state;
    limits_begin(&at, ASSET "{cod: {at-most: 75 mg/L, averaging: single}}}\n");
    limits_set(&at, "a", "cod", 75);
    limits_live(&at, 1);
    assert_int_equal(at.event_count, 0);
    limits_set(&at, "a", "cod", 75.0001);
    limits_live(&at, 3);
    assert_int_equal(count_events("exceedance.single", PHASE_OPENED), 1);
    assert_int_equal(limits_last(&at)->severity, SEVERITY_ALARM);
    assert_int_equal(limits_detail(limits_last(&at), "results")->as.integer, 3);
    limits_set(&at, "a", "cod", NAN);
    limits_live(&at, 3);
    assert_int_equal(count_events("exceedance.single", PHASE_CLOSED), 0);
    limits_set(&at, "a", "cod", 75);
    limits_live(&at, 1);
    assert_int_equal(count_events("exceedance.single", PHASE_CLOSED), 1);
    assert_int_equal(limits_detail(limits_last(&at), "results")->as.integer, 3);
}

static void
five_minutes_of_a_furnace(void **state)
{
    (void)state;
    limits_begin(&at, ASSET "gb18485.furnace}\n");
    limits_set(&at, "a", "furnace-temperature", 850);
    limits_live(&at, 6);
    assert_int_equal(at.event_count, 0);
    limits_set(&at, "a", "furnace-temperature", 849.9);
    limits_live(&at, 10);
    assert_string_equal(at.events[0].kind, "exceedance.five-minutes");
    assert_int_equal(at.events[0].severity, SEVERITY_ALARM);
    assert_int_equal(limits_detail(limits_last(&at), "periods")->as.integer, 2);
}

/* ---- comparison ---- */

static void
full_value_unless_said(void **state)
{
    (void)state;
    limits_begin(&at, ASSET "{so2: 50 mg/m3}}\n");
    limits_set(&at, "a", "so2", 50.4);
    limits_live(&at, 61);
    assert_int_equal(at.event_count, 1);
    assert_string_equal(limits_detail(&at.events[0], "by_full_value")->as.text, "exceeded");
    assert_string_equal(limits_detail(&at.events[0], "by_rounded")->as.text, "kept");
    assert_true(limits_detail(&at.events[0], "rounded")->as.number == 50);
    limits_set(&at, "a", "so2", 50.6); /* rounds to 51: both exceeded */
    limits_live(&at, 120);
    assert_null(limits_detail(limits_last(&at), "by_rounded"));
    assert_true(limits_detail(limits_last(&at), "rounded")->as.number == 51);
}

static void
rounded_where_the_site_says_so(void **state)
{
    (void)state;
    limits_begin(&at, ASSET "{so2: 50 mg/m3}}\nlimits-comparison: rounded\n");
    limits_set(&at, "a", "so2", 50.5); /* half to even: 50 */
    limits_live(&at, 61);
    assert_int_equal(at.events[0].phase, PHASE_NOTED); /* kept: a note says both */
    assert_string_equal(limits_detail(&at.events[0], "by_full_value")->as.text, "exceeded");
    limits_set(&at, "a", "so2", 50.51);
    limits_live(&at, 120);
    assert_int_equal(count_events("exceedance.hour", PHASE_OPENED), 1);
}

/* ---- when, dates, modes ---- */

#define COLD                                                                                       \
    ASSET "{nh3-n: [5 mg/L, {at-most: 8 mg/L, when: {water-temperature: {at-most: 12 degC}}}]}}\n"

/* 5, or 8 at up to 12 degC (standards.md 7.3); here by the hour. */
static void
cold_water_displaces(void **state)
{
    static const struct {
        double temperature, nh3_n;
        double exceeded; /* limit, or 0 */
    } CASES[] = {{12, 8, 0}, {12, 8.01, 8}, {12.1, 5, 0}, {12.1, 6, 5}, {NAN, 6, 5}, {NAN, 5, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        limits_begin(&at, COLD);
        limits_set(&at, "b", "water-temperature", CASES[i].temperature);
        limits_set(&at, "a", "nh3-n", CASES[i].nh3_n);
        limits_live(&at, 62);
        assert_int_equal(at.event_count, CASES[i].exceeded > 0);
        if (at.event_count)
            assert_true(at.events[0].limit == CASES[i].exceeded);
        limits_end(&at);
    }
}

static void
what_is_displaced_closes(void **state)
{
    (void)state;
    limits_begin(&at, COLD);
    limits_set(&at, "b", "water-temperature", 20);
    limits_set(&at, "a", "nh3-n", 6);
    limits_live(&at, 62);
    assert_int_equal(count_events("exceedance.hour", PHASE_OPENED), 1);
    limits_set(&at, "b", "water-temperature", 3);
    limits_live(&at, 120);
    assert_int_equal(count_events("exceedance.hour", PHASE_CLOSED), 1);
    assert_string_equal(limits_detail(limits_last(&at), "reason")->as.text, "displaced");
}

static size_t
count_kind(const char *kind)
{
    size_t count = 0;
    for (size_t i = 0; i < at.event_count; i++)
        count += !strcmp(at.events[i].kind, kind);
    return count;
}

static void
declare_mode(const char *mode)
{
    struct declaration said = {.kind = DECLARE_MODE, .by = "Z"};
    char why[DECLARATION_WHY];
    uint64_t sequence;
    strcpy(said.subject, at.site->assets[0].name);
    snprintf(said.word, sizeof said.word, "%s", mode);
    said.until_utc_ms = at.now.utc_ms + 30 * 86400000LL;
    assert_int_equal(assess_declare(at.assess, &said, &at.now, &at.outlet, &sequence, why), 0);
}

static void
a_mode_displaces_for_whole_periods(void **state)
{
    (void)state;
    limits_begin(&at, ASSET "{so2: [50 mg/m3, {at-most: 150 mg/m3, averaging: hour, "
                            "when: {mode: [start-up, shutdown]}}]}}\n");
    limits_set(&at, "a", "so2", 100);
    declare_mode("start-up");
    limits_live(&at, 59);
    declare_mode("shutdown");
    limits_live(&at, 3); /* the first hour: start-up, then shutdown, at 100 under 150 */
    assert_int_equal(count_kind("exceedance.hour"), 0);
    declare_mode("normal");
    limits_live(&at, 60); /* the second one was not all shutdown */
    assert_int_equal(count_kind("exceedance.hour"), 1);
    declare_mode("start-up");
    limits_set(&at, "a", "so2", 150.1);
    limits_live(&at, 178);
    const struct event *last = NULL;
    for (size_t i = 0; i < at.event_count; i++)
        if (!strcmp(at.events[i].kind, "exceedance.hour") && at.events[i].phase == PHASE_OPENED)
            last = &at.events[i];
    assert_true(last && last->limit == 150);
}

static void
dates_are_local_and_half_open(void **state)
{
    (void)state;
    limits_begin(&at, ASSET "{so2: [{at-most: 50 mg/m3, valid-until: 2026-11-22}, "
                            "{at-most: 30 mg/m3, valid-from: 2026-11-22}]}}\n");
    limits_set(&at, "a", "so2", 40);
    limits_live(&at, 12 * 60 + 1); /* up to midnight: 50 */
    assert_int_equal(at.event_count, 0);
    limits_live(&at, 60);
    assert_int_equal(at.event_count, 1);
    assert_true(at.events[0].limit == 30);
    assert_int_equal(limits_detail(&at.events[0], "first_period_ms")->as.integer, 1795276800000LL);
}

/* ---- warnings: N of M ---- */

static void
n_of_m(void **state)
{
    (void)state;
    limits_begin(&at, ASSET "{so2: {at-most: 50 mg/m3, kind: internal-warning, of: [3, 5], "
                            "hysteresis: 5 mg/m3}}}\n");
    const double quiet[] = {51, 40, 51, 40, 40, 51, 40, 51}; /* never 3 of 5 */
    for (size_t i = 0; i < 8; i++) {
        limits_set(&at, "a", "so2", quiet[i]);
        limits_live(&at, 1);
    }
    assert_int_equal(at.event_count, 0);
    limits_set(&at, "a", "so2", 51); /* 51, 40, 51, 51 */
    limits_live(&at, 1);
    assert_int_equal(count_events("exceedance.warning", PHASE_OPENED), 1);
    limits_set(&at, "a", "so2", 46); /* not back by the hysteresis: still counts */
    limits_live(&at, 10);
    assert_int_equal(count_events("exceedance.warning", PHASE_CLOSED), 0);
    limits_set(&at, "a", "so2", 45);
    limits_live(&at, 2); /* 3 of 5 still beyond */
    assert_int_equal(count_events("exceedance.warning", PHASE_CLOSED), 0);
    limits_live(&at, 1);
    assert_int_equal(count_events("exceedance.warning", PHASE_CLOSED), 1);
}

/* ---- targets ---- */

static void
the_month_s_share(void **state)
{
    (void)state;
    limits_begin(&at, ASSET "{so2: {at-most: 35 mg/m3, kind: ultra-low-target, "
                            "hours-within: 95 %}}}\n");
    limits_set(&at, "a", "so2", 35);
    limits_live(&at, 19 * 60);
    limits_set(&at, "a", "so2", 35.1);
    limits_live(&at, 61);
    assert_int_equal(at.event_count, 1);
    assert_string_equal(at.events[0].kind, "target.ultra-low");
    assert_int_equal(limits_detail(&at.events[0], "month_hours")->as.integer, 20);
    assert_true(limits_detail(&at.events[0], "month_share")->as.number == 95);
    at.now.utc_ms += 15 * 86400000LL; /* December */
    limits_live(&at, 180);
    assert_true(limits_detail(limits_last(&at), "month_hours")->as.integer <= 3);
}

/* ---- restart ---- */

static void
run_story(bool restarts)
{
    limits_begin(&at, ASSET "{nh3-n: [5 mg/L, {at-most: 8 mg/L, averaging: hour, "
                            "when: {water-temperature: {at-most: 12 degC}}}, "
                            "{at-most: 4 mg/L, kind: internal-warning, of: [2, 3]}, "
                            "{at-most: 6 mg/L, kind: ultra-low-target, hours-within: 90 %}], "
                            "cod: {at-most: 75 mg/L, averaging: single}}}\n");
    for (unsigned i = 0; i < 600; i++) {
        limits_set(&at, "b", "water-temperature", i / 60 % 3 ? 9 : 15);
        limits_set(&at, "a", "nh3-n", 3 + i * 7 % 11 * 0.7);
        limits_set(&at, "a", "cod", 70 + i * 5 % 9);
        limits_live(&at, 1);
        if (restarts)
            limits_restart(&at);
    }
}

static void
a_restart_changes_nothing(void **state)
{
    static char story[EVENTS_MAX][200];
    (void)state;
    run_story(false);
    size_t count = at.event_count;
    memcpy(story, at.story, sizeof story);
    limits_end(&at);
    run_story(true);
    assert_true(count > 100);
    assert_int_equal(at.event_count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(at.story[i], story[i]);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_set_is_for_some_plants),
        TEST(dates_by_size),
        TEST(what_a_set_leaves_to_the_site),
        TEST(a_number_of_the_site_is_doubted_far_from_the_day),
        TEST(a_day_is_a_verdict),
        TEST(each_result_is_a_verdict),
        TEST(five_minutes_of_a_furnace),
        TEST(full_value_unless_said),
        TEST(rounded_where_the_site_says_so),
        TEST(cold_water_displaces),
        TEST(what_is_displaced_closes),
        TEST(a_mode_displaces_for_whole_periods),
        TEST(dates_are_local_and_half_open),
        TEST(n_of_m),
        TEST(the_month_s_share),
        TEST(a_restart_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

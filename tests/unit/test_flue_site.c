/* From the site file to corrected values and masses: the worked numbers of HJ 212-2017 app. D
 * (standards.md 4.1) through the derived points of an asset, and the O2 guard. */
#include "tests/unit/flue_bench.h"

/* so2 20 mg/m3 wet in the duct, NO and NO2 10 ppm each, dust 5 mg/m3, 12 % O2, 56.3 degC,
 * -200 Pa, 11.2 % humidity, 8.52 m/s */
static const double WET[] = {20, 10, 10, 5000, 12, 56.3, -0.2, 11.2, 8.52};

static void
wet_and_actual_become_dry_and_standard(void **state)
{
    (void)state;
    feed(4);
    read_device("cems", WET);
    expect("wet-stack", "so2-standard", 24.1723, 5e-5);
    expect("wet-stack", "so2-dry", 27.2210, 5e-5);
    expect("wet-stack", "so2-corrected", 27.2210 * 12 / 9, 1e-4);
    expect("wet-stack", "no-mg", 13.396, 5e-4);                           /* 10 ppm NO */
    expect("wet-stack", "nox", 13.3955 * 46.005 / 30.006 + 20.538, 1e-3); /* as NO2 */
    expect("wet-stack", "nox-dry", 41.0767 / (1 - 0.112), 1e-3);          /* ppm have no state */
    assert_null(site_find_point(site, "wet-stack", "no-standard"));
    assert_null(site_find_point(site, "wet-stack", "nox-standard"));
    expect("wet-stack", "flow-actual", 96310.08, 5e-3);
    expect("wet-stack", "flow-standard", 70761.584, 5e-4);
    expect("wet-stack", "so2-rate", 27.2210 * 70761.584e-6, 1e-6);
}

/* 70000 Nm3/h with 11 % steam are 62300 dry; 10 mg/m3 of that are 0.623 kg/h. */
static void
steam_is_no_flow(void **state)
{
    const double reading[] = {10, 70000, 11};
    (void)state;
    read_device("wet-flow", reading);
    expect("flow-stack", "flow-dry", 62300, 1e-6);
    expect("flow-stack", "pm-rate", 0.623, 1e-9);
}

/* The mass rate is of the dry value, never of the corrected one; a mass is a rate times the time
 * since the scan before, and an hour's mass is the sum of its parts. */
static void
an_hour_s_mass_is_the_sum_of_its_parts(void **state)
{
    (void)state;
    double sum = 0;
    for (int i = 0; i <= 360; i++) {
        double reading[9];
        memcpy(reading, WET, sizeof reading);
        reading[0] = 20 + i % 7;
        feed(4);
        read_device("cems", reading);
        const struct value *mass = point_of("wet-stack", "so2-mass");
        if (mass->kind == VALUE_NUMBER && i < 360)
            sum += mass->as.number;
        pass(10000);
    }
    for (size_t i = 0; i < hour_count; i++)
        if (!strcmp(hours[i].point->name, "so2-mass")) {
            assert_true(fabs(hours[i].sum - sum) < 1e-9);
            assert_true(sum > 359 * 20 * 0.9 * 70761e-6 / 360);
            return;
        }
    fail_msg("the hour of so2-mass was not told");
}

static void
correct(double so2, double o2)
{
    const double reading[] = {so2, o2};
    read_device("dry", reading);
}

static void
worked_corrections(void **state)
{
    (void)state;
    feed(4);
    correct(30, 12);
    expect("any-stack", "so2-corrected", 40, 1e-9);
    expect("dry-stack", "so2-corrected", 30 * 17.5 / 9, 1e-9); /* gas: 3.5 % */
    correct(20, 15.5);
    expect("any-stack", "so2-corrected", 43.6364, 5e-5);
}

static void
at_the_guard_is_converted_and_above_is_invalid(void **state)
{
    (void)state;
    feed(4);
    correct(1, 20.5);
    expect("dry-stack", "so2-corrected", 35, 1e-9); /* 17.5 / 0.5: not capped */
    correct(1, 20.51);
    expect_none("dry-stack", "so2-corrected", QUALITY_CONVERSION_INVALID);
    expect_none("any-stack", "so2-corrected", QUALITY_CONVERSION_INVALID);
}

static void
with_the_burner_off_it_is_out_of_service(void **state)
{
    (void)state;
    feed(0.5); /* not above */
    correct(1, 12);
    expect_none("dry-stack", "so2-corrected", QUALITY_STOPPED);
    expect("any-stack", "so2-corrected", 12.0 / 9, 1e-9); /* it does not say when it runs */
    pass(10000);
    feed(0.51);
    correct(1, 12);
    expect("dry-stack", "so2-corrected", 17.5 / 9, 1e-9);
}

static void
seconds_of_air(int seconds, double feeder, double o2)
{
    for (int i = 0; i < seconds; i += 10) {
        pass(10000);
        feed(feeder);
        correct(1, o2);
    }
}

static size_t
count_of(const char *kind, enum event_phase phase, const char *subject)
{
    size_t count = 0;
    for (size_t i = 0; i < event_count; i++)
        count += !strcmp(events[i].kind, kind) && events[i].phase == phase &&
                 !strcmp(events[i].subject, subject);
    return count;
}

static void
too_much_oxygen_with_fuel_is_an_event(void **state)
{
    (void)state;
    feed(4);
    correct(1, 20.51);
    seconds_of_air(50, 4, 20.51);
    assert_int_equal(count_of("o2.abnormal", PHASE_OPENED, "dry-stack"), 0);
    seconds_of_air(10, 4, 20.51); /* 60 s */
    assert_int_equal(count_of("o2.abnormal", PHASE_OPENED, "dry-stack"), 1);
    assert_int_equal(count_of("o2.abnormal", PHASE_OPENED, "any-stack"), 1);
    seconds_of_air(10, 0, 20.9); /* the fuel is off: not dilution any more */
    assert_int_equal(count_of("o2.abnormal", PHASE_CLOSED, "dry-stack"), 1);
    assert_int_equal(count_of("o2.abnormal", PHASE_CLOSED, "any-stack"), 0);
    seconds_of_air(10, 0, 20.5);
    assert_int_equal(count_of("o2.abnormal", PHASE_CLOSED, "any-stack"), 1);
}

static void
a_burner_that_is_off_is_no_dilution(void **state)
{
    (void)state;
    feed(0);
    seconds_of_air(600, 0, 20.9);
    assert_int_equal(count_of("o2.abnormal", PHASE_OPENED, "dry-stack"), 0);
}

/* The reason of an input is the reason of the result; an input of another device that has not been
 * read for three intervals and 2 s is none. */
static void
reasons_pass_on(void **state)
{
    (void)state;
    double reading[9];
    memcpy(reading, WET, sizeof reading);
    reading[7] = NAN;
    feed(4);
    read_device("cems", reading);
    expect_none("wet-stack", "so2-dry", QUALITY_TIMEOUT);
    expect_none("wet-stack", "so2-rate", QUALITY_TIMEOUT);
    expect("wet-stack", "so2-standard", 24.1723, 5e-5);
    pass(32000);
    read_device("cems", WET);
    expect("wet-stack", "so2-corrected", 27.2210 * 12 / 9, 1e-4);
}

static void
masses_do_not_bridge_a_hole(void **state)
{
    (void)state;
    feed(4);
    read_device("cems", WET);
    assert_int_equal(point_of("wet-stack", "so2-mass")->kind, VALUE_ABSENT);
    pass(30000);
    feed(4);
    read_device("cems", WET); /* three intervals */
    expect("wet-stack", "so2-mass", 27.2210 * 70761.584e-6 * 30 / 3600, 1e-8);
    pass(30001);
    feed(4);
    read_device("cems", WET);
    assert_int_equal(point_of("wet-stack", "so2-mass")->kind, VALUE_ABSENT);
}

/* As it comes from qualify. */
static void
correct_as(double so2, uint8_t so2_quality, double o2, uint8_t o2_quality)
{
    struct value values[2] = {{.kind = VALUE_NUMBER, .quality = so2_quality},
                              {.kind = VALUE_NUMBER, .quality = o2_quality}};
    struct scan scan = {
        .device = site_find_device(site, "dry"), .at = now, .count = 2, .values = values};
    values[0].as.number = so2;
    values[1].as.number = o2;
    assess_scan(assess, &scan, &outlet);
}

/* A result counts exactly when all its inputs do (docs/quality.md). */
static void
a_suspicion_hides_no_typed_value(void **state)
{
    (void)state;
    feed(4);
    correct_as(30, QUALITY_CLOCK_UNKNOWN, 12, QUALITY_SET);
    expect_none("any-stack", "so2-corrected", QUALITY_SET);
    correct_as(30, QUALITY_CLOCK_UNKNOWN, 12, QUALITY_FROZEN);
    assert_int_equal(point_of("any-stack", "so2-corrected")->quality, QUALITY_CLOCK_UNKNOWN);
    assert_true(point_of("any-stack", "so2-corrected")->as.number == 40);
}

/* Air that is more than the analyser's range allows is air all the same. */
static void
oxygen_over_its_range_is_no_way_round_the_guard(void **state)
{
    (void)state;
    for (int i = 0; i <= 60; i += 10, pass(10000)) {
        feed(4);
        correct_as(1, QUALITY_GOOD, 21.2, QUALITY_OVER_RANGE);
    }
    assert_int_equal(count_of("o2.abnormal", PHASE_OPENED, "dry-stack"), 1);
    expect_none("dry-stack", "so2-corrected", QUALITY_OVER_RANGE);
    feed(4);
    correct_as(1, QUALITY_GOOD, 20.5, QUALITY_OVER_RANGE); /* of one that ends below the guard */
    assert_int_equal(count_of("o2.abnormal", PHASE_CLOSED, "dry-stack"), 0);
    feed(4);
    correct_as(1, QUALITY_GOOD, 20.5, QUALITY_GOOD);
    assert_int_equal(count_of("o2.abnormal", PHASE_CLOSED, "dry-stack"), 1);
}

static char heard[4000];

static void
hear(void *context, bool warning, const char *line)
{
    (void)context;
    (void)warning;
    strncat(heard, line, sizeof heard - strlen(heard) - 1);
}

static struct site *
load_text(const char *yaml)
{
    char path[] = "/tmp/parkgate-flue-XXXXXX";
    struct loader_options options = {.report = hear};
    struct site *found = NULL;
    int fd = mkstemp(path);
    *heard = '\0';
    assert_int_equal(write(fd, yaml, strlen(yaml)), strlen(yaml));
    close(fd);
    int result = loader_load(path, &options, &found);
    unlink(path);
    if (result != 0)
        fail_msg("%s", heard);
    return found;
}

/* Taken for dry it would be told too low. */
static void
wet_without_humidity_is_made_nothing_of(void **state)
{
    static const char *const cases[][2] = {{"concentration: wet", "'humidity'"},
                                           {"o2: wet", "'humidity'"},
                                           {"state: actual", "'temperature'"}};
    char yaml[1000];
    (void)state;
    for (int i = 0; i < 3; i++) {
        snprintf(yaml, sizeof yaml,
                 "gateway: {park: p, name: g}\n"
                 "buses: {b: {tcp: 127.0.0.1}}\n"
                 "devices:\n"
                 "  cems: {bus: b, unit: 1, every: 10s, points: {so2: {holding: 0, unit: mg/m3}, "
                 "co: {holding: 1, unit: ppm}, o2: {holding: 2, unit: '%%'}}}\n"
                 "assets:\n"
                 "  x: {kind: boiler, fuel: coal, from: cems, flue: {%s}}\n",
                 cases[i][0]);
        struct site *poor = load_text(yaml);
        assert_non_null(strstr(heard, cases[i][1]));
        assert_null(site_find_point(poor, "x", "so2-corrected"));
        /* ppm have no state */
        assert_int_equal(site_find_point(poor, "x", "co-corrected") != NULL, i == 2);
        site_free(poor);
    }
}

/* What an analyser corrects by itself is gas all the same: 45 valid minutes, not a share. */
static void
an_analysers_own_correction_counts_by_minutes(void **state)
{
    static const char yaml[] = "gateway: {park: p, name: g}\n"
                               "buses: {b: {tcp: 127.0.0.1}}\n"
                               "devices:\n"
                               "  cems: {bus: b, unit: 1, every: 10s, "
                               "points: {so2-corrected: {holding: 0, unit: mg/m3}}}\n"
                               "assets:\n"
                               "  x: {kind: boiler, fuel: coal, from: cems, "
                               "limits: [so2-corrected: 50 mg/m3]}\n";
    struct site *own = load_text(yaml);
    (void)state;
    assert_int_equal(site_find_point(own, "cems", "so2-corrected")->validity, VALIDITY_GAS);
    site_free(own);
}

/* A typing error mended in the site file costs no kilogram: the memory is the point's, and the
 * point is the same as long as its formula is. */
static void
another_word_about_the_asset_keeps_its_memories(void **state)
{
    struct buf saved;
    (void)state;
    feed(4);
    read_device("cems", WET);
    assert_int_equal(buf_new(&saved, assess_state_size(assess)), 0);
    assert_true(assess_save(assess, &saved));
    assess_free(assess);
    site->assets[0].print++;
    assert_int_equal(assess_new(site, &assess), 0);
    assert_int_equal(assess_load(assess, saved.data, saved.length, &outlet), 0);
    buf_free(&saved);
    pass(10000);
    feed(4);
    read_device("cems", WET);
    expect("wet-stack", "so2-mass", 27.2210 * 70761.584e-6 / 360, 1e-8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(wet_and_actual_become_dry_and_standard),
        TEST(steam_is_no_flow),
        TEST(an_hour_s_mass_is_the_sum_of_its_parts),
        TEST(worked_corrections),
        TEST(at_the_guard_is_converted_and_above_is_invalid),
        TEST(with_the_burner_off_it_is_out_of_service),
        TEST(too_much_oxygen_with_fuel_is_an_event),
        TEST(a_burner_that_is_off_is_no_dilution),
        TEST(reasons_pass_on),
        TEST(masses_do_not_bridge_a_hole),
        TEST(another_word_about_the_asset_keeps_its_memories),
        TEST(a_suspicion_hides_no_typed_value),
        TEST(oxygen_over_its_range_is_no_way_round_the_guard),
        TEST(wet_without_humidity_is_made_nothing_of),
        TEST(an_analysers_own_correction_counts_by_minutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

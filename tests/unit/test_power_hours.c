/* Production against treatment over hours: the synchronous operation rate, and what is learned of
 * the energy that a treatment takes. */
#include "daemon/assess/power_band.c"

#include "tests/unit/power_bench.c"

/* ---- synchronous operation ---- */

static void
rate_times_production_is_the_time_together(void **state)
{
    (void)state;
    begin(", delay: 0s", ", delay: 0s", "");
    uint32_t seed = 12345;
    for (int hour = 0; hour < 6; hour++) {
        for (int i = 0; i < 60; i++) {
            seed = seed * 1664525 + 1013904223;
            hold_for(MINUTE_MS, seed >> 31 ? 50 : 2, (seed >> 30) & 1 ? 2000 : 0);
        }
        hold_for(5000, 2, 0);
        double *minutes = bench.minutes;
        assert_true(minutes[0] > 5);
        assert_true(fabs(minutes[1] + minutes[2] - minutes[0]) < 1e-9);
        assert_true(fabs(bench.rate * minutes[0] - minutes[1]) < 1e-9);
        hold_for(HOUR_MS - bench.now.utc_ms % HOUR_MS, 2, 0); /* to the full hour */
    }
}

static void
twenty_of_thirty_minutes(void **state)
{
    (void)state;
    begin(", delay: 0s", ", delay: 0s", "");
    hold_for(5000, 2, 0);
    hold_for(20 * MINUTE_MS, 50, 2000);
    hold_for(10 * MINUTE_MS, 50, 0);
    hold_for(30 * MINUTE_MS, 2, 2000);
    assert_true(fabs(bench.rate - 20.0 / 30) < 1e-9);
    assert_true(fabs(bench.minutes[2] - 10) < 1e-9);
}

/* ---- the learned band ---- */

static void
a_band_is_mean_and_spread_of_its_days(void **state)
{
    struct power_band_day days[3] = {{.count = 0}};
    struct power_band band = {.days = days, .size = 3};
    const double values[] = {9, 9, 2, 4, 4, 4, 5, 5, 7, 9};
    (void)state;
    assert_true(isnan(power_band_summarise(&band).mean));
    for (int i = 0; i < 10; i++) /* the day of the first two falls out */
        power_band_add(&band, i < 2 ? 0 : (i + 2) / 4 * 86400000LL, values[i]);
    power_band_add(&band, 4 * 86400000LL, 5);
    struct power_band_summary usual = power_band_summarise(&band);
    assert_int_equal(usual.count, 9);
    assert_true(fabs(usual.mean - 5) < 1e-12);
    assert_true(fabs(usual.deviation - sqrt(32.0 / 8)) < 1e-12);
}

/* An hour in which the treatment takes so many W, production 50 kW. */
static void
hour_of(double fan)
{
    hold_for(HOUR_MS, 50, fan);
}

static void
begin_hours(const char *treatment)
{
    begin("", treatment, "band-hours: 4, band-outside: 3, band-days: 2");
    hold_for(5000, 50, 2000); /* the reading at the full hour belongs to the next */
    for (int i = 0; i < 2; i++) {
        hour_of(1990);
        hour_of(2010);
    }
}

static void
drift_after_three_hours_outside(void **state)
{
    (void)state;
    begin_hours(", minimum: none");
    /* Mean 40 Wh / kWh; least half width 5 %: 38 to 42. */
    hour_of(2095);
    assert_int_equal(bench.count, 0);
    hour_of(2200);
    hour_of(2200);
    restart();
    assert_int_equal(bench.count, 0);
    hour_of(2200);
    const struct told *told = find_event("treatment.energy-drift", PHASE_OPENED);
    assert_int_equal(told->event.severity, SEVERITY_WARNING);
    assert_true(fabs(told->event.value - 0.044) < 1e-6);
    assert_string_equal(find_detail(told, "side")->as.text, "above");
    assert_int_equal(find_detail(told, "periods")->as.integer, 3);
    assert_int_equal(find_detail(told, "learned")->as.integer, 5);
    assert_int_equal(told->event.duration_ms, 3 * HOUR_MS);
    assert_int_equal(find_detail(told, "first_period_ms")->as.integer,
                     MIDNIGHT_UTC_MS + 5 * HOUR_MS);
    restart();
    hour_of(2050);
    told = find_event("treatment.energy-drift", PHASE_CLOSED);
    assert_string_equal(find_detail(told, "reason")->as.text, "in-band");
}

static void
two_hours_outside_are_no_drift(void **state)
{
    (void)state;
    begin_hours(", minimum: none");
    for (int i = 0; i < 3; i++) {
        hour_of(1800);
        hour_of(1800);
        hour_of(2000);
    }
    assert_int_equal(count_of("treatment.energy-drift", PHASE_OPENED), 0);
}

static void
too_few_hours_judge_nothing(void **state)
{
    (void)state;
    begin("", ", minimum: none", "band-hours: 40");
    for (int i = 0; i < 20; i++)
        hour_of(i < 10 ? 2000 : 4000);
    assert_int_equal(bench.count, 0);
}

static void
under_loaded_by_what_is_learned(void **state)
{
    (void)state;
    begin_hours("");
    hold_for(16 * MINUTE_MS, 50, 1910); /* 2000 less 5 % is 1900 */
    assert_int_equal(count_of("treatment.under-loaded", PHASE_OPENED), 0);
    hold_for(15 * MINUTE_MS + 5000, 50, 1890);
    const struct told *told = find_event("treatment.under-loaded", PHASE_OPENED);
    assert_true(fabs(told->event.limit - 1900) < 1);
    assert_string_equal(find_detail(told, "minimum")->as.text, "learned");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, NULL, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_band_is_mean_and_spread_of_its_days),
        TEST(rate_times_production_is_the_time_together),
        TEST(twenty_of_thirty_minutes),
        TEST(drift_after_three_hours_outside),
        TEST(two_hours_outside_are_no_drift),
        TEST(too_few_hours_judge_nothing),
        TEST(under_loaded_by_what_is_learned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

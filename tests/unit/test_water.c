/* Waste water from the site file to the verdict: results, weights, masses, days. */
#include "tests/unit/water_plants.c"

/* ---- results, weights ---- */

static void
a_result_counts_once_a_cycle(void **state)
{
    (void)state;
    run_out(&CLEAN, MIDNIGHT + 2 * HOUR + 2 * MINUTE);
    const struct statistic *hour = heard("plant", "cod", PERIOD_HOUR);
    assert_int_equal(hour->start_utc_ms, MIDNIGHT + HOUR);
    assert_int_equal(hour->count, 1);
    assert_int_equal(hour->valid, 1);
    assert_int_equal(hour->expected, 1);
    assert_int_equal(hour->letter, 'N');
    assert_near(hour->mean, 30);
    /* 100 m3 between the results at 0:00 and at 1:00 */
    assert_near(heard("plant", "cod-mass", PERIOD_HOUR)->sum, 3);
    assert_near(heard("plant", "volume", PERIOD_HOUR)->sum, 100);
    assert_near(heard("plant", "cod-load", PERIOD_HOUR)->mean, 3);
}

static void
the_mean_is_weighted_by_flow(void **state)
{
    (void)state;
    struct outlet_now strong = CLEAN, thin = CLEAN;
    strong.cod = 60;
    strong.flow = 50;
    thin.cod = 20;
    thin.flow = 150;
    /* results at 1:00 .. 12:00 and 13:00 .. 24:00: each of what flowed in the hour before */
    run_out(&strong, MIDNIGHT + 12 * HOUR + MINUTE);
    run_out(&thin, MIDNIGHT + DAY + HOUR);
    const struct statistic *day = heard("plant", "cod", PERIOD_DAY);
    const struct statistic *mass = heard("plant", "cod-mass", PERIOD_DAY);
    assert_int_equal(day->expected, 24);
    assert_int_equal(day->count, 24);
    assert_int_equal(day->valid, 23); /* of the very first nobody knows what flowed */
    assert_true(day->is_valid);
    /* C = G / D (HJ 212-2017 app. D), far from the arithmetic mean of 40; the volume of the last
     * hour belongs to the result of the next day, the scan at 12:00 to the one before */
    double volume = 12 * 50 + 11 * 150;
    double grams = 12 * 50 * 60 + 11 * 150 * 20;
    assert_near(day->mean, grams / volume);
    assert_near(mass->sum, grams / 1000);
    assert_near(mass->sum, day->mean * volume / 1000);
}

/* The packet O-3 of standards.md 1.15: 17.5 L/s are 63.0 m3 in the hour; at COD 40.1 mg/L 2.5 kg.
 */
static void
the_worked_hour_of_hj_212(void **state)
{
    (void)state;
    struct outlet_now hour = CLEAN;
    hour.cod = 40.1;
    hour.flow = 17.5 * 3.6;
    run_out(&hour, MIDNIGHT + 3 * HOUR + 2 * MINUTE);
    assert_near(heard("plant", "volume", PERIOD_HOUR)->sum, 63.0);
    assert_near(heard("plant", "cod", PERIOD_HOUR)->mean, 40.1);
    assert_true(fabs(heard("plant", "cod-mass", PERIOD_HOUR)->sum - 2.5) < 0.05);
    assert_near(heard("plant", "cod-mass", PERIOD_HOUR)->sum, 63 * 40.1 / 1000);
}

static void
one_lost_poll_marks_nothing(void **state)
{
    (void)state;
    struct outlet_now lost = CLEAN;
    run_out(&CLEAN, MIDNIGHT + HOUR);
    lost.cod = BAD;
    run_out(&lost, MIDNIGHT + HOUR + 5 * MINUTE); /* at the turn of the cycle */
    run_out(&CLEAN, MIDNIGHT + HOUR + 30 * MINUTE);
    lost.cod = UNHEALTHY;
    run_out(&lost, MIDNIGHT + 2 * HOUR);
    run_out(&CLEAN, MIDNIGHT + 2 * HOUR + 2 * MINUTE);
    const struct statistic *hour = heard("plant", "cod", PERIOD_HOUR);
    assert_int_equal(hour->count, 1);
    assert_int_equal(hour->valid, 1);
    assert_int_equal(hour->letter, 'N');
}

static void
a_cycle_without_a_good_reading_says_why(void **state)
{
    (void)state;
    struct outlet_now ill = CLEAN;
    ill.cod = UNHEALTHY;
    run_out(&CLEAN, MIDNIGHT + HOUR);
    run_out(&ill, MIDNIGHT + 2 * HOUR);
    run_out(&CLEAN, MIDNIGHT + 3 * HOUR + 2 * MINUTE);
    const struct statistic *hour = NULL;
    for (size_t i = 0; i < world.heard.statistic_count; i++)
        if (world.heard.statistics[i].start_utc_ms == MIDNIGHT + HOUR &&
            world.heard.statistics[i].period == PERIOD_HOUR &&
            !strcmp(world.heard.statistics[i].point->name, "cod"))
            hour = &world.heard.statistics[i];
    assert_int_equal(hour->count, 1);
    assert_int_equal(hour->valid, 0);
    assert_int_equal(hour->letter, 'D');
    assert_false(hour->is_valid);
    /* the lost result took 0:00 .. 1:00 with it, not 1:00 .. 2:00 */
    const struct statistic *mass = heard("plant", "cod-mass", PERIOD_HOUR);
    assert_int_equal(mass->start_utc_ms, MIDNIGHT + 2 * HOUR);
    assert_near(mass->sum, 100 * 30 / 1000.0);
}

static void
a_sampling_time_makes_the_result(void **state)
{
    (void)state;
    double total = 1000;
    for (int i = 0; i < 6 * 60; i++, pass(MINUTE)) {
        /* sampled at each odd half hour, shown 20 minutes later */
        int slot = (i - 50) / 120;
        double sampled = i < 50 ? 0 : 30 + 120 * slot;
        FEED("totalled", i < 50 ? 0.05 : 0.030 + 0.001 * slot, sampled, total);
        total += 2;
    }
    FEED("totalled", 0.05, 270, total);
    const struct statistic *hour = heard("marked", "cod", PERIOD_HOUR);
    assert_int_equal(hour->start_utc_ms, MIDNIGHT + 4 * HOUR);
    assert_int_equal(hour->expected, 0); /* of two hours a result: none is due in one */
    assert_near(hour->mean, 0.032);
    /* g/L times 240 m3 */
    assert_near(heard("marked", "cod-mass", PERIOD_HOUR)->sum, 0.032 * 240);
    assert_int_equal(site_find_point(world.site, "marked", "cod")->every_ms, 2 * HOUR);
}

/* A totaliser that counts on for two days without a reading: of no result of the third. */
static void
a_hole_weighs_no_result(void **state)
{
    (void)state;
    double total = 1000;
    for (int i = 0; i < 4 * 60; i++, pass(MINUTE), total += 2)
        FEED("totalled", 0.030, 0, total);
    pass_to(MIDNIGHT + 2 * DAY);
    total += 2 * (2 * DAY - 4 * HOUR) / (double)MINUTE;
    for (int i = 0; i < 24 * 60; i++, pass(MINUTE), total += 2)
        FEED("totalled", i < 60 ? 0.090 : 0.040, i < 60 ? 1 : 2 + i / 120, total);
    FEED("totalled", 0.040, 99, total);
    const struct statistic *day = heard("marked", "cod", PERIOD_DAY);
    assert_int_equal(day->start_utc_ms, MIDNIGHT + 2 * DAY);
    assert_true(day->is_valid);
    assert_true(day->mean < 0.052);
    assert_true(heard("marked", "cod-mass", PERIOD_DAY)->sum < 24 * 120 * 0.052);
}

static void
zero_flow_makes_no_result(void **state)
{
    (void)state;
    struct outlet_now still = CLEAN;
    still.flow = 0;
    still.cod = 500;
    run_out(&CLEAN, MIDNIGHT + HOUR + MINUTE);
    run_out(&still, MIDNIGHT + 3 * HOUR + 2 * MINUTE);
    const struct statistic *hour = heard("plant", "cod", PERIOD_HOUR);
    assert_int_equal(hour->start_utc_ms, MIDNIGHT + 2 * HOUR);
    assert_int_equal(hour->valid, 0);
    assert_int_equal(hour->letter, 'F');
    assert_int_equal(hour->expected, 1); /* continuous: it was due all the same */
    assert_int_equal(count_events("exceedance.single", "plant.cod", PHASE_OPENED), 0);
}

/* ---- verdicts ---- */

static void
run_day_at(double cod)
{
    struct outlet_now now = CLEAN;
    now.cod = cod;
    run_out(&now, MIDNIGHT + DAY + HOUR);
}

static void
a_day_at_the_limit_is_compliant(void **state)
{
    (void)state;
    run_day_at(50.0);
    assert_true(heard("plant", "cod", PERIOD_DAY)->is_valid);
    assert_int_equal(count_events("exceedance.day", "plant.cod", PHASE_OPENED), 0);
}

static void
a_day_above_it_is_not(void **state)
{
    (void)state;
    run_day_at(50.01);
    assert_int_equal(count_events("exceedance.day", "plant.cod", PHASE_OPENED), 1);
    assert_int_equal(count_events("exceedance.single", "plant.cod", PHASE_OPENED), 0);
}

/* `lost` of the 24 results of the day are a fault; of the first one the flow is not known. */
static void
run_day_without(unsigned lost)
{
    struct outlet_now high = CLEAN, ill = CLEAN;
    high.cod = 60;
    ill.cod = UNHEALTHY;
    world.now.utc_ms -= HOUR;
    run_out(&high, MIDNIGHT + (24 - lost) * HOUR);
    run_out(&ill, MIDNIGHT + DAY);
    run_out(&high, MIDNIGHT + DAY + HOUR);
}

static void
three_quarters_of_the_results_are_a_day(void **state)
{
    (void)state;
    run_day_without(6); /* 18 of 24 */
    const struct statistic *day = heard("plant", "cod", PERIOD_DAY);
    assert_int_equal(day->valid, 18);
    assert_true(day->is_valid);
    assert_int_equal(day->letter, 'D'); /* any abnormal result (HJ 212-2017 6.6) */
    assert_int_equal(count_events("exceedance.day", "plant.cod", PHASE_OPENED), 1);
}

static void
fewer_are_not_judged(void **state)
{
    (void)state;
    run_day_without(7);
    const struct statistic *day = heard("plant", "cod", PERIOD_DAY);
    assert_int_equal(day->valid, 17);
    assert_false(day->is_valid);
    assert_near(day->mean, 60);
    assert_int_equal(count_events("exceedance.day", "plant.cod", PHASE_OPENED), 0);
}

static void
a_single_result_is_judged_when_it_comes(void **state)
{
    (void)state;
    struct outlet_now now = CLEAN;
    run_out(&now, MIDNIGHT + HOUR);
    now.cod = 75;
    run_out(&now, MIDNIGHT + HOUR + 10 * MINUTE);
    now.cod = 500; /* between two results it is none */
    run_out(&now, MIDNIGHT + HOUR + 50 * MINUTE);
    now.cod = 75;
    run_out(&now, MIDNIGHT + 2 * HOUR + 30 * MINUTE);
    assert_int_equal(count_events("exceedance.single", "plant.cod", PHASE_OPENED), 0);
    now.cod = 75.01;
    run_out(&now, MIDNIGHT + 3 * HOUR + MINUTE);
    assert_int_equal(count_events("exceedance.single", "plant.cod", PHASE_OPENED), 1);
}

static void
ph_is_an_hourly_mean_and_never_weighted(void **state)
{
    (void)state;
    struct outlet_now now = CLEAN;
    now.ph = 8.0;
    now.flow = 1000;
    run_out(&now, MIDNIGHT + 30 * MINUTE);
    now.ph = 10.0;
    now.flow = 1;
    run_out(&now, MIDNIGHT + HOUR + MINUTE); /* mean 9.0: kept */
    assert_int_equal(count_events("exceedance.hour", "plant.ph", PHASE_OPENED), 0);
    run_out(&now, MIDNIGHT + 90 * MINUTE);
    now.ph = 8.1;
    now.flow = 1000;
    run_out(&now, MIDNIGHT + 2 * HOUR + MINUTE); /* mean 9.05, by flow it would be 8.1 */
    assert_int_equal(count_events("exceedance.hour", "plant.ph", PHASE_OPENED), 1);
    assert_false(site_find_point(world.site, "out", "ph")->weighted);
    assert_int_equal(site_find_point(world.site, "out", "ph")->validity, VALIDITY_WATER);
}

/* ---- intermittent discharge ---- */

/* Discharge from 8:00 for some hours; the analyser fails for the last `lost` results. */
static void
run_batch(unsigned hours, unsigned lost)
{
    int64_t from = MIDNIGHT + 8 * HOUR, until = from + hours * HOUR;
    world.now.utc_ms -= HOUR;
    for (; world.now.utc_ms < MIDNIGHT + DAY + HOUR; pass(MINUTE)) {
        bool flows = world.now.utc_ms > from && world.now.utc_ms <= until;
        bool ill = world.now.utc_ms >= until - (lost - 1) * HOUR &&
                   world.now.utc_ms < until + HOUR && lost;
        FEED("sbr", ill ? UNHEALTHY : 60, flows ? 10 : 0.09);
    }
}

static void
a_batch_day_needs_its_hours_only(void **state)
{
    (void)state;
    run_batch(8, 2); /* 6 of 8: 75 % */
    const struct statistic *day = heard("batch", "cod", PERIOD_DAY);
    assert_int_equal(day->expected, 8);
    assert_int_equal(day->valid, 6);
    assert_true(day->is_valid);
    assert_near(day->mean, 60);
    assert_near(heard("batch", "volume", PERIOD_DAY)->sum, 8 * 36);
    assert_int_equal(count_events("exceedance.day", "batch.cod", PHASE_OPENED), 1);
}

static void
a_batch_day_with_less_is_not_judged(void **state)
{
    (void)state;
    run_batch(8, 3);
    const struct statistic *day = heard("batch", "cod", PERIOD_DAY);
    assert_int_equal(day->expected, 8);
    assert_int_equal(day->valid, 5);
    assert_false(day->is_valid);
    assert_int_equal(count_events("exceedance.day", "batch.cod", PHASE_OPENED), 0);
}

/* ---- removal and reuse ---- */

static void
removal_and_reuse_are_of_the_sums(void **state)
{
    (void)state;
    struct outlet_now now = CLEAN;
    for (; world.now.utc_ms < MIDNIGHT + DAY + HOUR; pass(MINUTE)) {
        bool late = world.now.utc_ms > MIDNIGHT + 12 * HOUR;
        now.cod = late ? 50 : 20;
        now.flow = late ? 200 : 100;
        FEED("in", late ? 500 : 400, late ? 220 : 110, 200, 7, 1, late ? 20 : 10);
        feed_out(&now);
    }
    const struct statistic *day = heard("plant", "cod-removal", PERIOD_DAY);
    const struct statistic *in = heard("plant", "cod-inlet-mass", PERIOD_DAY);
    const struct statistic *out = heard("plant", "cod-mass", PERIOD_DAY);
    assert_near(day->mean, 100 * (1 - out->sum / in->sum));
    assert_near(in->sum, 12 * 110 * 0.4 + 11 * 220 * 0.5);
    assert_near(out->sum, 12 * 100 * 0.02 + 11 * 200 * 0.05);
    assert_near(heard("plant", "reuse-rate", PERIOD_DAY)->mean, 100 * 10 / 110.0);
    assert_int_equal(count_events("water.implausible", "plant.cod-removal", PHASE_OPENED), 0);
}

/* ---- properties ---- */

static double
draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(*seed >> 11) / 9007199254740992.0;
}

/* G of the day is the sum of the hours' G, and of C x D of the results. */
static void
mass_is_the_sum_of_its_parts(void **state)
{
    (void)state;
    uint64_t seed = 5;
    struct outlet_now now = CLEAN;
    for (; world.now.utc_ms < MIDNIGHT + DAY + HOUR; pass(MINUTE)) {
        now.cod = 20 + 60 * draw(&seed);
        now.flow = 200 * draw(&seed);
        feed_out(&now);
    }
    double hours = 0, weighted = 0, volumes = 0;
    for (size_t i = 0; i < world.heard.statistic_count; i++) {
        const struct statistic *one = &world.heard.statistics[i];
        if (one->period != PERIOD_HOUR || one->start_utc_ms >= MIDNIGHT + DAY)
            continue;
        if (!strcmp(one->point->name, "cod-mass") && one->valid) {
            hours += one->sum;
            weighted += one->sum * 1000;
        }
        if (!strcmp(one->point->name, "cod") && one->valid)
            volumes += 1;
    }
    const struct statistic *day = heard("plant", "cod-mass", PERIOD_DAY);
    const struct statistic *mean = heard("plant", "cod", PERIOD_DAY);
    assert_true(volumes == 23);
    assert_near(day->sum, hours);
    /* what flowed up to the last result: nearly all of the day */
    double volume = weighted / mean->mean;
    double whole = heard("plant", "volume", PERIOD_DAY)->sum;
    assert_true(volume < whole && volume > 0.9 * whole);
}

/* Saved and loaded at any minute, the day is the same. */
static void
a_restart_changes_nothing(void **state)
{
    (void)state;
    double sums[2];
    for (int restart = 0; restart < 2; restart++) {
        uint64_t seed = 7;
        struct outlet_now now = CLEAN;
        world.heard.statistic_count = 0;
        pass_to(MIDNIGHT + restart * 10 * DAY);
        int64_t until = world.now.utc_ms + DAY + HOUR;
        for (int i = 0; world.now.utc_ms < until; pass(MINUTE), i++) {
            now.cod = 20 + 60 * draw(&seed);
            now.flow = 200 * draw(&seed);
            feed_out(&now);
            FEED("in", 400, 110, 200, 7, 1, 10);
            if (!restart || i % 7)
                continue;
            struct buf buf;
            size_t size = assess_state_size(world.assess);
            uint8_t *bytes = malloc(size);
            buf_init(&buf, bytes, size);
            assert_true(assess_save(world.assess, &buf));
            assess_free(world.assess);
            assert_int_equal(assess_new(world.site, &world.assess), 0);
            assert_int_equal(assess_load(world.assess, bytes, buf.length, outlet()), 0);
            free(bytes);
        }
        sums[restart] = heard("plant", "cod-removal", PERIOD_DAY)->mean +
                        heard("plant", "cod", PERIOD_DAY)->mean;
        if (!restart) { /* the first result of the second run weighs like that of the first */
            assess_free(world.assess);
            assert_int_equal(assess_new(world.site, &world.assess), 0);
        }
    }
    assert_true(sums[0] == sums[1]);
}

/* Scans that come when their minute is closed join it: the day is the same. */
static void
late_scans_change_nothing(void **state)
{
    (void)state;
    double means[2], masses[2];
    for (int late = 0; late < 2; late++) {
        uint64_t seed = 11;
        struct outlet_now now = CLEAN;
        world.heard.statistic_count = 0;
        for (; world.now.utc_ms < MIDNIGHT + (late * 10 + 1) * DAY + HOUR; pass(MINUTE)) {
            now.cod = 20 + 60 * draw(&seed);
            now.flow = 200 * draw(&seed);
            bool is_late = draw(&seed) < 0.5;
            struct stamp seen = world.now; /* the minute begins, and ends before its scan is here */
            for (int i = 0; late && is_late && i < 2; i++) {
                seen.utc_ms += i ? MINUTE - 1000 : 3500;
                seen.mono_ms += i ? MINUTE - 1000 : 3500;
                assess_tick(world.assess, &seen, outlet());
            }
            feed_out(&now);
        }
        means[late] = heard("plant", "cod", PERIOD_DAY)->mean;
        masses[late] = heard("plant", "cod-mass", PERIOD_DAY)->sum;
        assess_free(world.assess);
        assert_int_equal(assess_new(world.site, &world.assess), 0);
        pass_to(MIDNIGHT + 10 * DAY);
    }
    assert_true(means[0] == means[1]);
    assert_true(masses[0] == masses[1]);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_result_counts_once_a_cycle),
        TEST(the_mean_is_weighted_by_flow),
        TEST(the_worked_hour_of_hj_212),
        TEST(one_lost_poll_marks_nothing),
        TEST(a_cycle_without_a_good_reading_says_why),
        TEST(a_sampling_time_makes_the_result),
        TEST(a_hole_weighs_no_result),
        TEST(zero_flow_makes_no_result),
        TEST(a_day_at_the_limit_is_compliant),
        TEST(a_day_above_it_is_not),
        TEST(three_quarters_of_the_results_are_a_day),
        TEST(fewer_are_not_judged),
        TEST(a_single_result_is_judged_when_it_comes),
        TEST(ph_is_an_hourly_mean_and_never_weighted),
        TEST(a_batch_day_needs_its_hours_only),
        TEST(a_batch_day_with_less_is_not_judged),
        TEST(removal_and_reuse_are_of_the_sums),
        TEST(mass_is_the_sum_of_its_parts),
        TEST(a_restart_changes_nothing),
        TEST(late_scans_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

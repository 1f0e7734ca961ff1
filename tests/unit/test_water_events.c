/* What waste water says besides its limits: each rule just below and just above. */
#include "tests/unit/water_plants.c"

/* ---- events ---- */

static void
a_removal_too_good_is_suspected(void **state)
{
    (void)state;
    struct outlet_now now = CLEAN;
    now.cod = 20; /* of 400: 95 %, equal */
    for (; world.now.utc_ms < MIDNIGHT + DAY + HOUR; pass(MINUTE)) {
        FEED("in", 400, 100, 200, 7, 1, 0);
        feed_out(&now);
    }
    assert_int_equal(count_events("water.implausible", "plant.cod-removal", PHASE_OPENED), 0);
    now.cod = 19.9;
    for (; world.now.utc_ms < MIDNIGHT + 2 * DAY + HOUR; pass(MINUTE)) {
        FEED("in", 400, 100, 200, 7, 1, 0);
        feed_out(&now);
    }
    assert_int_equal(count_events("water.implausible", "plant.cod-removal", PHASE_OPENED), 1);
}

struct inlet_now {
    double cod, flow, bod, ph, conductivity;
};

static void
run_in(const struct inlet_now *now, int64_t for_ms)
{
    int64_t until = world.now.utc_ms + for_ms;
    for (; world.now.utc_ms < until; pass(MINUTE)) {
        FEED("in", now->cod, now->flow, now->bod, now->ph, now->conductivity, 0);
        feed_out(&CLEAN); /* what is derived is derived with the first of `from` */
    }
}

static const struct inlet_now USUAL = {300, 100, 150, 7, 1};

static void
influent_below_a_floor(void **state)
{
    (void)state;
    struct inlet_now now = USUAL;
    now.bod = 100;
    now.cod = 150;
    run_in(&now, 3 * HOUR);
    assert_int_equal(world.heard.event_count, 0);
    now.bod = 99.9;
    run_in(&now, HOUR);
    assert_int_equal(count_events("influent.anomaly", "plant.bod-inlet", PHASE_OPENED), 1);
    assert_string_equal(cause_of_last(), "floor");
    assert_int_equal(count_events("influent.anomaly", "plant.cod-inlet", PHASE_OPENED), 0);
    now.bod = 100;
    run_in(&now, HOUR);
    assert_int_equal(count_events("influent.anomaly", "plant.bod-inlet", PHASE_CLOSED), 1);
    now.cod = 149.9;
    run_in(&now, HOUR);
    assert_int_equal(count_events("influent.anomaly", "plant.cod-inlet", PHASE_OPENED), 1);
}

/* Made for 100 kg/h; 150 is no shock. */
static void
a_shock_against_the_design_load(void **state)
{
    (void)state;
    struct inlet_now now = USUAL;
    now.cod = 1500;
    run_in(&now, HOUR);
    assert_int_equal(world.heard.event_count, 0);
    now.cod = 1501;
    run_in(&now, 10 * MINUTE);
    assert_int_equal(world.heard.event_count, 0); /* not yet for its delay */
    run_in(&now, MINUTE);
    assert_int_equal(count_events("influent.anomaly", "plant.cod-inlet-load", PHASE_OPENED), 1);
    assert_string_equal(cause_of_last(), "shock-load");
}

/* Of BOD no design load is said: a week is learned first. */
static void
a_shock_against_the_learned_load(void **state)
{
    (void)state;
    struct inlet_now now = USUAL, double_load = USUAL;
    double_load.bod = 300;
    run_in(&now, 10 * HOUR);
    run_in(&double_load, 20 * MINUTE);
    assert_int_equal(world.heard.event_count, 0);
    run_in(&now, 168 * HOUR);
    run_in(&double_load, 20 * MINUTE);
    assert_int_equal(count_events("influent.anomaly", "plant.bod-inlet-load", PHASE_OPENED), 1);
}

static void
ph_that_swings(void **state)
{
    (void)state;
    struct inlet_now now = USUAL;
    struct outlet_now out = CLEAN;
    now.ph = 6;
    run_in(&now, 20 * MINUTE);
    now.ph = 8; /* 2: equal */
    run_in(&now, 20 * MINUTE);
    assert_int_equal(world.heard.event_count, 0);
    now.ph = 8.01;
    run_in(&now, MINUTE);
    assert_int_equal(count_events("influent.anomaly", "plant.ph-inlet", PHASE_OPENED), 1);
    assert_string_equal(cause_of_last(), "ph-swing");
    now.ph = 8;
    run_in(&now, 2 * HOUR); /* as much over more than an hour is none */
    assert_int_equal(count_events("influent.anomaly", "plant.ph-inlet", PHASE_CLOSED), 1);
    now.ph = 6.5;
    run_in(&now, 2 * HOUR);
    now.ph = 5;
    run_in(&now, 2 * HOUR);
    assert_int_equal(count_events("influent.anomaly", "plant.ph-inlet", PHASE_OPENED), 1);
    feed_out(&out);
    out.ph = 9.1;
    pass(MINUTE);
    feed_out(&out);
    assert_int_equal(count_events("water.implausible", "plant.ph", PHASE_OPENED), 1);
}

/* As float registers say it: 9.1 less 7.1 is 2.0000005 there, and not more than 2. */
static void
ph_of_float_registers(void **state)
{
    (void)state;
    struct inlet_now now = USUAL;
    now.ph = (double)7.1F;
    run_in(&now, 20 * MINUTE);
    now.ph = (double)9.1F;
    run_in(&now, 20 * MINUTE);
    assert_int_equal(world.heard.event_count, 0);
    now.ph = (double)9.2F;
    run_in(&now, MINUTE);
    assert_int_equal(count_events("influent.anomaly", "plant.ph-inlet", PHASE_OPENED), 1);
}

static void
conductivity_that_jumps(void **state)
{
    (void)state;
    struct inlet_now now = USUAL;
    run_in(&now, 20 * MINUTE);
    now.conductivity = 1.5;
    run_in(&now, 20 * MINUTE);
    assert_int_equal(world.heard.event_count, 0);
    now.conductivity = 1.51;
    run_in(&now, MINUTE);
    assert_int_equal(count_events("influent.anomaly", "plant.conductivity-inlet", PHASE_OPENED), 1);
    assert_string_equal(cause_of_last(), "conductivity");
}

static void
what_cannot_be_together(void **state)
{
    (void)state;
    struct outlet_now out = CLEAN;
    struct inlet_now in = USUAL;
    out.nh3_n = out.tn = 5;
    in.cod = in.bod = 200;
    for (int i = 0; i < 120; i++, pass(MINUTE)) {
        FEED("in", in.cod, in.flow, in.bod, in.ph, in.conductivity, 0);
        feed_out(&out);
    }
    assert_int_equal(world.heard.event_count, 0);
    out.nh3_n = 5.01;
    in.bod = 200.1;
    for (int i = 0; i < 40; i++, pass(MINUTE)) {
        FEED("in", in.cod, in.flow, in.bod, in.ph, in.conductivity, 0);
        feed_out(&out);
    }
    assert_int_equal(count_events("water.implausible", "plant.nh3-n", PHASE_OPENED), 1);
    assert_int_equal(count_events("water.implausible", "plant.bod-inlet", PHASE_OPENED), 1);
}

static void
run_mcc(double pump, double blower, double outflow, double inflow, int64_t for_ms)
{
    int64_t until = world.now.utc_ms + for_ms;
    struct outlet_now out = CLEAN;
    out.flow = outflow;
    for (; world.now.utc_ms < until; pass(MINUTE)) {
        FEED("mcc", pump, blower, 1);
        FEED("in", 300, inflow, 150, 7, 1, 0);
        feed_out(&out);
    }
}

static void
nothing_flows_while_pumps_run(void **state)
{
    (void)state;
    run_mcc(0, 10, 0, 0, HOUR);
    run_mcc(12, 10, 0.01, 0, HOUR);
    assert_int_equal(world.heard.event_count, 0);
    run_mcc(12, 10, 0, 0, 30 * MINUTE);
    assert_int_equal(world.heard.event_count, 0);
    run_mcc(12, 10, 0, 0, MINUTE);
    assert_int_equal(count_events("water.zero-flow", "plant.flow", PHASE_OPENED), 1);
    run_mcc(12, 10, BAD, 0, 10 * MINUTE); /* not known: it stays open */
    assert_int_equal(count_events("water.zero-flow", "plant.flow", PHASE_CLOSED), 0);
    run_mcc(12, 10, 1, 0, MINUTE);
    assert_int_equal(count_events("water.zero-flow", "plant.flow", PHASE_CLOSED), 1);
}

static void
no_air(void **state)
{
    (void)state;
    run_mcc(0, 0.01, 100, 100, HOUR);
    run_mcc(0, 0, 0, 0, HOUR);
    assert_int_equal(world.heard.event_count, 0);
    run_mcc(0, 0, 0, 100, 32 * MINUTE);
    assert_int_equal(count_events("water.aeration-off", "plant.blower-current", PHASE_OPENED), 1);
    assert_int_equal(count_events("water.implausible", "plant.blower-current", PHASE_OPENED), 0);
    run_mcc(0, 0, 100, 100, 32 * MINUTE);
    assert_int_equal(count_events("water.implausible", "plant.blower-current", PHASE_OPENED), 1);
    assert_string_equal(cause_of_last(), "no-air-while-flow");
}

static void
overflow(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++, pass(MINUTE))
        FEED("mcc", 0, 10, 4.2);
    assert_int_equal(world.heard.event_count, 0);
    FEED("mcc", 0, 10, 4.21);
    pass(MINUTE);
    FEED("mcc", 0, 10, 4.21);
    assert_int_equal(count_events("water.overflow", "plant.level", PHASE_OPENED), 1);
    assert_int_equal(world.heard.events[0].severity, SEVERITY_ALARM);
    assert_true(world.heard.events[0].limit == 4.2);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_removal_too_good_is_suspected),
        TEST(influent_below_a_floor),
        TEST(a_shock_against_the_design_load),
        TEST(a_shock_against_the_learned_load),
        TEST(ph_that_swings),
        TEST(ph_of_float_registers),
        TEST(conductivity_that_jumps),
        TEST(what_cannot_be_together),
        TEST(nothing_flows_while_pumps_run),
        TEST(no_air),
        TEST(overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

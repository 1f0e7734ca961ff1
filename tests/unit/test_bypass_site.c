/* From the site file to the event: the signals of a bypass in all combinations, each threshold just
 * below and just above, faults, leaks, mass. standards.md 6.3, 12 #9. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "tests/unit/bypass_site.c"

#define BOTH  "    bypass: {open-when: at-open, closed-when: at-shut, delay: 0s}\n"
#define PLAIN "    bypass: {open-when: at-open, delay: 0s, "

/* ---- position ---- */

static void
two_percent_are_still_shut(void **state)
{
    (void)state;
    begin("    bypass: {opening: opening, delay: 0s}\n");
    readings[OPENING] = 2;
    run(3);
    assert_int_equal(event_count, 0);
    readings[OPENING] = nextafter(2, 3);
    run(1);
    expect(1, PHASE_OPENED, "bypass.open");
    assert_true(last()->limit == 2);
    assert_string_equal(text_of("by"), "valve");
    readings[OPENING] = 60;
    run(1);
    readings[OPENING] = 2;
    run(1);
    expect(2, PHASE_CLOSED, "bypass.open");
    assert_true(number_of("opening_max") == 60 && last()->peak == 60);
}

static void
another_opening_may_count(void **state)
{
    (void)state;
    begin("    bypass: {opening: opening, opening-above: 5 %, delay: 0s}\n");
    readings[OPENING] = 5;
    run(1);
    assert_int_equal(event_count, 0);
    readings[OPENING] = nextafter(5, 6);
    run(1);
    expect(1, PHASE_OPENED, "bypass.open");
}

static void
signals_are_debounced_for_ten_seconds(void **state)
{
    (void)state;
    begin("    bypass: {open-when: at-open}\n");
    run(11);
    readings[AT_OPEN] = 1;
    run(1);
    struct stamp since = now;
    run(9);
    pass(999);
    scan();
    assert_int_equal(event_count, 0);
    pass(1);
    scan();
    expect(1, PHASE_OPENED, "bypass.open");
    assert_memory_equal(&last()->since, &since, sizeof since);
    assert_true(last()->duration_ms == 10000);
}

static void
a_closed_switch_alone_tells_by_its_absence(void **state)
{
    (void)state;
    begin("    bypass: {closed-when: at-shut, delay: 0s}\n");
    run(2);
    assert_int_equal(event_count, 0);
    readings[AT_SHUT] = 0;
    run(1);
    expect(1, PHASE_OPENED, "bypass.open");
    readings[AT_SHUT] = 1;
    run(1);
    expect(2, PHASE_CLOSED, "bypass.open");
    assert_string_equal(text_of("reason"), "shut");
}

/* travel is 60 s */
static void
a_valve_that_stops_between_its_ends(void **state)
{
    (void)state;
    begin(BOTH);
    run(1);
    readings[AT_SHUT] = 0;
    run(60);
    assert_int_equal(event_count, 0);
    pass(999);
    scan();
    assert_int_equal(event_count, 0);
    pass(1);
    scan();
    assert_int_equal(event_count, 2);
    assert_string_equal(events[0].kind, "bypass.suspect");
    assert_true(events[0].duration_ms == 60000);
    expect(2, PHASE_OPENED, "bypass.fault");
    assert_string_equal(text_of("cause"), "position-contradicts");
    readings[AT_OPEN] = 1;
    run(1);
    assert_int_equal(event_count, 5);
    assert_string_equal(events[2].kind, "bypass.open");
    assert_string_equal(events[3].kind, "bypass.suspect");
    assert_int_equal(events[3].phase, PHASE_CLOSED);
    expect(5, PHASE_CLOSED, "bypass.fault");
    assert_string_equal(text_of("reason"), "restored");
}

static void
a_valve_that_travels_in_time_is_no_fault(void **state)
{
    (void)state;
    begin(BOTH);
    run(1);
    readings[AT_SHUT] = 0;
    run(60);
    readings[AT_OPEN] = 1;
    run(1);
    expect(1, PHASE_OPENED, "bypass.open");
    readings[AT_OPEN] = 0;
    run(30);
    assert_int_equal(event_count, 1); /* between its ends it is not shut yet */
    readings[AT_SHUT] = 1;
    run(1);
    expect(2, PHASE_CLOSED, "bypass.open");
}

static void
both_ends_at_once_are_open_and_a_fault(void **state)
{
    (void)state;
    begin(BOTH);
    run(1);
    readings[AT_OPEN] = 1;
    run(1);
    expect(1, PHASE_OPENED, "bypass.open");
    run(59);
    assert_int_equal(event_count, 1);
    run(1);
    expect(2, PHASE_OPENED, "bypass.fault");
    assert_true(last()->duration_ms == 60000);
}

/* ---- what only follows from an opening ---- */

static void
pressure_and_temperature_are_suspicions(void **state)
{
    (void)state;
    begin(PLAIN "pressure-when: pressure > 50 Pa, temperature-when: temperature > 60 degC}\n");
    readings[PRESSURE] = 50;
    readings[TEMPERATURE] = 60;
    run(1);
    assert_int_equal(event_count, 0);
    readings[PRESSURE] = nextafter(50, 60);
    run(1);
    expect(1, PHASE_OPENED, "bypass.suspect");
    assert_string_equal(text_of("by"), "pressure");
    readings[TEMPERATURE] = nextafter(60, 70);
    run(1);
    readings[PRESSURE] = 50;
    run(1);
    assert_int_equal(event_count, 1);
    readings[TEMPERATURE] = 60;
    run(1);
    expect(2, PHASE_CLOSED, "bypass.suspect");
    assert_string_equal(text_of("by"), "pressure+temperature");
}

static void
temperature_alone_never_opens(void **state)
{
    (void)state;
    begin("    bypass: {temperature-when: temperature > 60 degC, delay: 0s}\n");
    assert_non_null(strstr(said, "alone can only raise a suspicion"));
    readings[TEMPERATURE] = 300;
    run(100);
    expect(1, PHASE_OPENED, "bypass.suspect");
}

/* cool-down is 10 min by default */
static void
a_duct_that_cools_is_no_suspicion(void **state)
{
    (void)state;
    begin(PLAIN "temperature-when: temperature > 60 degC}\n");
    readings[AT_OPEN] = 1;
    readings[TEMPERATURE] = 90;
    run(5);
    readings[AT_OPEN] = 0;
    run(1);
    expect(2, PHASE_CLOSED, "bypass.open");
    run(599);
    assert_int_equal(event_count, 2);
    run(1);
    expect(3, PHASE_OPENED, "bypass.suspect");
    assert_true(last()->duration_ms == 600000); /* before that it was the opening's */
}

static void
a_duct_that_warms_again_is_one(void **state)
{
    (void)state;
    begin(PLAIN "temperature-when: temperature > 60 degC}\n");
    readings[AT_OPEN] = 1;
    readings[TEMPERATURE] = 90;
    run(5);
    readings[AT_OPEN] = 0;
    run(5);
    readings[TEMPERATURE] = 60;
    run(1);
    assert_int_equal(event_count, 2);
    readings[TEMPERATURE] = 61;
    run(1);
    expect(3, PHASE_OPENED, "bypass.suspect");
}

/* ---- faults ---- */

static void
a_lost_signal_while_production_runs(void **state)
{
    (void)state;
    begin("    bypass: {open-when: at-open, delay: 0s}\n");
    run(1);
    readings[AT_OPEN] = LOST;
    run(60);
    assert_int_equal(event_count, 0);
    pass(999);
    scan();
    assert_int_equal(event_count, 0);
    pass(1);
    scan();
    expect(1, PHASE_OPENED, "bypass.fault");
    assert_string_equal(text_of("cause"), "signal-lost");
    assert_ptr_equal(last()->point, site_find_point(site, "rto", "at-open"));
    readings[AT_OPEN] = 0;
    run(1);
    expect(2, PHASE_CLOSED, "bypass.fault");
    assert_string_equal(text_of("reason"), "restored");
}

static void
a_lost_signal_without_production_is_none(void **state)
{
    (void)state;
    begin("    bypass: {open-when: at-open, delay: 0s}\n");
    readings[POWER] = 15;
    readings[AT_OPEN] = LOST;
    run(200);
    assert_int_equal(event_count, 0);
    readings[POWER] = nextafter(15, 16);
    run(61);
    expect(1, PHASE_OPENED, "bypass.fault");
    readings[POWER] = 15;
    run(1);
    expect(2, PHASE_CLOSED, "bypass.fault");
    assert_string_equal(text_of("reason"), "production-stopped");
}

/* The cabinet is not read any more: the seconds tell. It is stale after 5 s. */
static void
a_signal_that_does_not_come_is_lost(void **state)
{
    (void)state;
    begin("    bypass: {open-when: at-open, delay: 0s, when: always, signal-lost-after: 20s}\n");
    run(1);
    for (int i = 0; i < 25; i++) {
        pass(1000);
        assess_tick(assess, &now, &OUTLET);
    }
    assert_int_equal(event_count, 0);
    pass(1000);
    assess_tick(assess, &now, &OUTLET);
    expect(1, PHASE_OPENED, "bypass.fault");
    assert_true(last()->duration_ms == 20000);
}

/* ---- kinds and gates ---- */

static void
only_a_discharge_is_an_alarm(void **state)
{
    (void)state;
    begin(
        "    bypasses:\n"
        "      stack: {open-when: at-open, delay: 0s}\n"
        "      chamber: {kind: hot-side, open-when: at-open, flow-when: flow > 9 m3/h, delay: 0s}\n"
        "      heat: {kind: process, open-when: at-open, delay: 0s}\n");
    readings[FLOW] = 10; /* no suspicion where nothing is discharged */
    run(5);
    assert_int_equal(event_count, 0);
    readings[AT_OPEN] = 1;
    run(1);
    assert_int_equal(event_count, 3);
    assert_string_equal(events[0].kind, "bypass.open");
    assert_string_equal(events[0].subject, "paint.stack");
    assert_int_equal(events[0].severity, SEVERITY_ALARM);
    assert_string_equal(events[1].kind, "bypass.hot-side");
    assert_string_equal(events[1].subject, "paint.chamber");
    assert_int_equal(events[1].severity, SEVERITY_WARNING);
    assert_string_equal(events[2].kind, "bypass.process");
    assert_int_equal(events[2].severity, SEVERITY_INFO);
    assert_null(find_detail(&events[1], "mass_method"));
}

static void
always_means_without_production_too(void **state)
{
    (void)state;
    begin(PLAIN "when: always}\n");
    readings[POWER] = 0;
    run(1);
    readings[AT_OPEN] = 1;
    run(1);
    expect(1, PHASE_OPENED, "bypass.open");
    assert_true(last()->duration_ms == 0);
    readings[POWER] = 30;
    run(1);
    readings[POWER] = 0;
    run(1);
    assert_int_equal(event_count, 1);
}

static void
a_safety_opening_is_an_opening_that_says_so(void **state)
{
    (void)state;
    begin(PLAIN "safety-when: safety, flow: flow, mass: {nmhc: {concentration: nmhc}}}\n");
    run(1);
    readings[AT_OPEN] = 1;
    readings[FLOW] = 3600;
    run(1);
    expect(1, PHASE_OPENED, "bypass.open");
    assert_string_equal(text_of("safety"), "");
    readings[SAFETY] = 1;
    run(1);
    readings[SAFETY] = readings[AT_OPEN] = 0;
    run(1);
    expect(2, PHASE_CLOSED, "bypass.open");
    assert_int_equal(last()->severity, SEVERITY_ALARM);
    assert_string_equal(text_of("safety"), "signal");
    assert_true(number_of("mass_kg_nmhc") > 0);
}

/* ---- leaks: 0.5 % of 20,000 m3/h for 10 min ---- */

static void
a_leak_is_strictly_more_than_its_share(void **state)
{
    (void)state;
    begin(PLAIN "flow: flow, flow-above: 1000 m3/h, inlet-flow: inlet}\n");
    readings[FLOW] = 100;
    run(700);
    assert_int_equal(event_count, 0);
    readings[FLOW] = 100.001;
    run(600);
    assert_int_equal(event_count, 0);
    run(1);
    expect(1, PHASE_OPENED, "bypass.leak");
    assert_true(last()->limit == 0.5 && last()->duration_ms == 600000);
    assert_true(fabs(last()->value - 0.500005) < 1e-9);
    assert_true(number_of("flow") == 100.001 && number_of("inlet_flow") == 20000);
    readings[FLOW] = 1000.5; /* no leak any more, but a suspicion */
    run(1);
    assert_int_equal(event_count, 3);
    assert_string_equal(events[1].kind, "bypass.suspect");
    expect(3, PHASE_CLOSED, "bypass.leak");
}

/* ---- mistakes ---- */

static void
assert_said(const char *bypass, const char *sentence)
{
    load_site(bypass);
    if (!strstr(said, sentence))
        fail_msg("'%s' does not say '%s'", said, sentence);
    site_free(site);
    site = NULL;
}

static void
mistakes_have_a_sentence(void **state)
{
    (void)state;
    assert_said("    bypass: {delay: 3s}\n", "mistake:28:5: 'bypass' of asset 'paint' must have");
    assert_said("    bypass: {opening: pressure}\n", "is neither in % nor in deg");
    assert_said("    bypass: {open-when: at-open, flow-above: 3 m3/h}\n", "needs 'flow'");
    assert_said("    bypass: {flow-when: flow > 3 m3/h, flow: flow, flow-above: 3 m3/h}\n",
                "leave one out");
    assert_said(PLAIN "flow: flow, inlet-flow: power}\n", "is in kW, but the flow of the bypass");
    assert_said(PLAIN "mass: {nmhc: {concentration: nmhc}}}\n", "warning:");
    assert_said(PLAIN "flow: flow, mass: {nmhc: {concentration: power}}}\n",
                "a concentration (mg/m3, mg/L) and a flow");
    assert_said(PLAIN "kind: hot-side, flow: flow, mass: {nmhc: {concentration: nmhc}}}\n",
                "only a bypass of kind discharge has a mass");
    assert_said(BOTH "    bypasses: {a: {open-when: at-open}}\n",
                "has 'bypass' and 'bypasses'; leave one out");
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(two_percent_are_still_shut),
        TEST(another_opening_may_count),
        TEST(signals_are_debounced_for_ten_seconds),
        TEST(a_closed_switch_alone_tells_by_its_absence),
        TEST(a_valve_that_stops_between_its_ends),
        TEST(a_valve_that_travels_in_time_is_no_fault),
        TEST(both_ends_at_once_are_open_and_a_fault),
        TEST(pressure_and_temperature_are_suspicions),
        TEST(temperature_alone_never_opens),
        TEST(a_duct_that_cools_is_no_suspicion),
        TEST(a_duct_that_warms_again_is_one),
        TEST(a_lost_signal_while_production_runs),
        TEST(a_lost_signal_without_production_is_none),
        TEST(a_signal_that_does_not_come_is_lost),
        TEST(only_a_discharge_is_an_alarm),
        TEST(always_means_without_production_too),
        TEST(a_safety_opening_is_an_opening_that_says_so),
        TEST(a_leak_is_strictly_more_than_its_share),
        cmocka_unit_test(mistakes_have_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

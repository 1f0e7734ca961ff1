#include "daemon/assess/judge_bypass.c"

#include "tests/unit/assess_park.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

static struct park park;

#define BAD 999.0 /* the switch or meter is out of reach */

/* One scan of the bypass cabinet, a second later. */
static void
rto(double valve, double flow, double fan)
{
    const double numbers[] = {valve, flow, fan};
    park_pass(&park, 1000);
    park.scan = (struct scan){
        .device = &park.devices[RTO], .at = park.now, .count = 3, .values = park.values};
    for (int i = 0; i < 3; i++) {
        park.values[i] = (struct value){.kind = VALUE_NUMBER};
        park.values[i].as.number = numbers[i];
        if (numbers[i] == BAD)
            park.values[i] = (struct value){.kind = VALUE_NONE, .quality = QUALITY_TIMEOUT};
    }
    assess_qualify(park.assess, &park.scan);
    assess_scan(park.assess, &park.scan, &park.outlet);
}

static void
power(double kw)
{
    park_pass(&park, 1000);
    park_read(&park, METER, kw == BAD ? PARK_NOTHING : kw,
              kw == BAD ? QUALITY_TIMEOUT : QUALITY_GOOD);
}

static struct condition
above(unsigned point, double value)
{
    return (struct condition){&park.points[point], COMPARE_ABOVE, value, 0, 0};
}

static int
set_up(void **state)
{
    (void)state;
    park_init(&park);
    park.assets[0].production = above(3, 15);
    park.assets[0].production.hysteresis = 2;
    park.bypass.open = (struct condition){&park.points[4], COMPARE_TRUE, 0, 0, 0};
    park.bypass.flow = above(5, 100);
    park_begin(&park);
    return 0;
}

static int
set_up_flow(void **state)
{
    (void)state;
    park_init(&park);
    park.assets[0].production = above(3, 15);
    park.bypass.flow = above(5, 100);
    park_begin(&park);
    return 0;
}

static int
set_up_delays(void **state)
{
    (void)state;
    park_init(&park);
    park.assets[0].production = above(3, 15);
    park.assets[0].production.delay_ms = 10000;
    park.bypass.open = (struct condition){&park.points[4], COMPARE_TRUE, 0, 0, 3000};
    park_begin(&park);
    return 0;
}

static int
set_up_treatment(void **state)
{
    (void)state;
    park_init(&park);
    park.assets[0].production = above(3, 15);
    park.assets[0].treatment = above(6, 5);
    park_begin(&park);
    return 0;
}

static int
set_up_without_production(void **state)
{
    (void)state;
    park_init(&park);
    park.bypass.open = (struct condition){&park.points[4], COMPARE_FALSE, 0, 0, 0};
    park_begin(&park);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    park_end(&park);
    return 0;
}

static void
expect(size_t count, enum event_phase phase, const char *kind)
{
    assert_int_equal(park.event_count, count);
    assert_int_equal(park_last(&park)->phase, phase);
    assert_string_equal(park_last(&park)->kind, kind);
}

static void
a_valve_open_while_production_runs(void **state)
{
    (void)state;
    power(30);
    rto(0, 0, 10);
    assert_int_equal(park.event_count, 0);
    rto(1, 0, 10);
    expect(1, PHASE_OPENED, "bypass.open");
    const struct event *event = park_last(&park);
    assert_string_equal(event->subject, "boiler-3");
    assert_ptr_equal(event->point, &park.points[4]);
    assert_int_equal(event->severity, SEVERITY_ALARM);
    assert_string_equal(park_detail(event, "by"), "valve");
    assert_string_equal(event->details[1].key, "production");
    assert_true(event->details[1].as.number == 30);
    assert_true(isnan(event->limit));
    rto(0, 0, 10);
    expect(2, PHASE_CLOSED, "bypass.open");
    assert_true(park_last(&park)->duration_ms == 1000);
    assert_string_equal(park_detail(park_last(&park), "reason"), "shut");
}

static void
flow_alone_is_a_bypass_strictly_above(void **state)
{
    (void)state;
    power(30);
    rto(0, 100, 10);
    assert_int_equal(park.event_count, 0);
    rto(0, nextafter(100, 200), 10);
    expect(1, PHASE_OPENED, "bypass.open");
    assert_string_equal(park_detail(park_last(&park), "by"), "flow");
    assert_ptr_equal(park_last(&park)->point, &park.points[5]);
    assert_true(park_last(&park)->limit == 100);
    rto(1, 500, 10);
    rto(0, 100, 10);
    expect(2, PHASE_CLOSED, "bypass.open");
    assert_string_equal(park_detail(park_last(&park), "by"), "flow");
    assert_true(park_last(&park)->peak == 500);
}

static void
a_valve_joined_by_flow(void **state)
{
    (void)state;
    power(30);
    rto(1, 0, 10);
    rto(1, 500, 10);
    rto(0, 0, 10);
    expect(2, PHASE_CLOSED, "bypass.open");
    assert_string_equal(park_detail(park_last(&park), "by"), "valve+flow");
}

static void
a_bypass_without_production_is_none(void **state)
{
    (void)state;
    rto(1, 500, 10); /* production is not known yet */
    power(15);       /* equal: it does not run */
    rto(1, 500, 10);
    assert_int_equal(park.event_count, 0);
    power(nextafter(15, 20));
    expect(1, PHASE_OPENED, "bypass.open");
    assert_true(park_last(&park)->duration_ms == 0); /* since production runs */
    power(nextafter(13, 15));
    assert_int_equal(park.event_count, 1);
    power(13);
    expect(2, PHASE_CLOSED, "bypass.open");
    assert_string_equal(park_detail(park_last(&park), "reason"), "production-stopped");
}

static void
unknown_neither_opens_nor_closes(void **state)
{
    (void)state;
    power(10);
    rto(BAD, 0, 10);
    power(BAD);    /* lost while it stands */
    rto(1, 0, 10); /* open, but does production run? */
    assert_int_equal(park.event_count, 0);
    power(30);
    expect(1, PHASE_OPENED, "bypass.open");
    rto(BAD, 0, 10);
    rto(BAD, BAD, 10);
    rto(0, BAD, 10); /* the flow may go on */
    power(BAD);
    assert_int_equal(park.event_count, 1);
    rto(0, 0, 10); /* shut for sure, whatever production does */
    expect(2, PHASE_CLOSED, "bypass.open");
}

/* Cutting the meter of a running production hides no opening. */
static void
production_lost_while_it_runs_goes_on(void **state)
{
    (void)state;
    power(30);
    rto(0, 0, 10);
    power(BAD);
    rto(1, 0, 10);
    expect(1, PHASE_OPENED, "bypass.open");
}

static void
one_witness_is_enough_to_open(void **state)
{
    (void)state;
    power(30);
    rto(BAD, 500, 10);
    expect(1, PHASE_OPENED, "bypass.open");
    assert_string_equal(park_detail(park_last(&park), "by"), "flow");
}

static void
flow_while_the_valve_says_shut_is_a_suspicion(void **state)
{
    (void)state;
    power(30);
    rto(0, 100, 10);
    assert_int_equal(park.event_count, 0);
    rto(0, nextafter(100, 200), 10);
    expect(1, PHASE_OPENED, "bypass.suspect");
    assert_string_equal(park_detail(park_last(&park), "by"), "flow");
    assert_ptr_equal(park_last(&park)->point, &park.points[5]);
    assert_int_equal(park_last(&park)->severity, SEVERITY_WARNING);
    rto(1, 500, 10);
    assert_int_equal(park.event_count, 3);
    assert_string_equal(park.events[1].kind, "bypass.open");
    expect(3, PHASE_CLOSED, "bypass.suspect");
    assert_string_equal(park_detail(park_last(&park), "reason"), "open");
    assert_memory_equal(&park.events[1].since, &park.now, sizeof park.now);
    power(30);
    rto(0, 500, 10); /* shut, but it still flows: the opening goes on */
    assert_int_equal(park.event_count, 3);
    rto(0, 0, 10);
    expect(4, PHASE_CLOSED, "bypass.open");
}

static void
delays_debounce_both_ways(void **state)
{
    (void)state;
    power(30);
    for (int i = 0; i < 9; i++)
        power(30);
    struct stamp began = {0};
    rto(1, 0, 0);
    began = park.now;
    rto(1, 0, 0);
    rto(1, 0, 0);
    assert_int_equal(park.event_count, 0); /* neither production nor the valve is sure */
    power(30);                             /* more than 10 s */
    assert_int_equal(park.event_count, 0);
    rto(1, 0, 0); /* 4 s */
    expect(1, PHASE_OPENED, "bypass.open");
    assert_memory_equal(&park_last(&park)->since, &began, sizeof began);
    power(0); /* one odd reading */
    power(30);
    rto(0, 0, 0);
    rto(1, 0, 0);
    assert_int_equal(park.event_count, 1);
    rto(0, 0, 0);
    rto(0, 0, 0);
    rto(0, 0, 0);
    assert_int_equal(park.event_count, 1);
    rto(0, 0, 0);
    expect(2, PHASE_CLOSED, "bypass.open");
}

static void
a_bad_reading_pauses_a_delay(void **state)
{
    (void)state;
    for (int i = 0; i < 11; i++)
        power(30);
    rto(1, 0, 0);
    rto(1, 0, 0); /* 1 s */
    rto(BAD, 0, 0);
    power(30);
    rto(1, 0, 0); /* 1 s */
    rto(1, 0, 0);
    assert_int_equal(park.event_count, 0);
    rto(1, 0, 0); /* 3 s */
    expect(1, PHASE_OPENED, "bypass.open");
}

static void
a_clock_step_changes_no_delay(void **state)
{
    (void)state;
    for (int i = 0; i < 11; i++)
        power(30);
    rto(1, 0, 0);
    park.now.utc_ms += 3600000;
    rto(1, 0, 0);
    park.now.utc_ms -= 3600000;
    rto(1, 0, 0);
    assert_int_equal(park.event_count, 0);
    rto(1, 0, 0);
    expect(1, PHASE_OPENED, "bypass.open");
    assert_true(park_last(&park)->duration_ms == 3000);
}

static void
treatment_off_while_production_runs(void **state)
{
    (void)state;
    rto(0, 0, 0);
    power(0);
    rto(0, 0, 0);
    assert_int_equal(park.event_count, 0);
    power(16);
    expect(1, PHASE_OPENED, "treatment.off");
    assert_ptr_equal(park_last(&park)->point, &park.points[6]);
    assert_true(park_last(&park)->value == 0 && park_last(&park)->limit == 5);
    rto(0, 0, 5);
    rto(0, 0, BAD);
    assert_int_equal(park.event_count, 1);
    rto(0, 0, nextafter(5, 6));
    expect(2, PHASE_CLOSED, "treatment.off");
    assert_string_equal(park_detail(park_last(&park), "reason"), "running");
    assert_true(park_last(&park)->peak == 0);
    rto(0, 0, 4);
    expect(3, PHASE_OPENED, "treatment.off");
    power(15);
    expect(4, PHASE_CLOSED, "treatment.off");
    assert_string_equal(park_detail(park_last(&park), "reason"), "production-stopped");
}

static void
without_a_production_condition_it_always_runs(void **state)
{
    (void)state;
    rto(1, 0, 0); /* "not": a switch that is made while the valve is shut */
    assert_int_equal(park.event_count, 0);
    rto(0, 0, 0);
    expect(1, PHASE_OPENED, "bypass.open");
    rto(1, 0, 0);
    expect(2, PHASE_CLOSED, "bypass.open");
}

static void
a_full_store_is_tried_again(void **state)
{
    (void)state;
    power(30);
    park.full = true;
    rto(1, 0, 0);
    park.full = false;
    assert_int_equal(park.evidence_count, 0);
    power(30);
    expect(1, PHASE_OPENED, "bypass.open");
    assert_true(park_last(&park)->duration_ms == 1000);
}

#define TEST(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_valve_open_while_production_runs, set_up),
        TEST(flow_alone_is_a_bypass_strictly_above, set_up_flow),
        TEST(a_valve_joined_by_flow, set_up),
        TEST(a_bypass_without_production_is_none, set_up),
        TEST(unknown_neither_opens_nor_closes, set_up),
        TEST(production_lost_while_it_runs_goes_on, set_up),
        TEST(one_witness_is_enough_to_open, set_up),
        TEST(flow_while_the_valve_says_shut_is_a_suspicion, set_up),
        TEST(delays_debounce_both_ways, set_up_delays),
        TEST(a_bad_reading_pauses_a_delay, set_up_delays),
        TEST(a_clock_step_changes_no_delay, set_up_delays),
        TEST(treatment_off_while_production_runs, set_up_treatment),
        TEST(without_a_production_condition_it_always_runs, set_up_without_production),
        TEST(a_full_store_is_tried_again, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "daemon/assess/judge_limit.c"

#include "tests/unit/assess_park.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

static struct park park;

static int
tear_down(void **state)
{
    (void)state;
    park_end(&park);
    return 0;
}

static int
with_instant(void **state)
{
    (void)state;
    park_init(&park);
    park_add_limit(&park, AVERAGING_INSTANT, 50);
    park_begin(&park);
    return 0;
}

static int
with_delay_and_hysteresis(void **state)
{
    (void)state;
    park_init(&park);
    struct limit *limit = park_add_limit(&park, AVERAGING_INSTANT, 50);
    limit->kind = LIMIT_WARNING;
    limit->delay_ms = 5000;
    limit->hysteresis = 4;
    park_begin(&park);
    return 0;
}

static int
with_at_least(void **state)
{
    (void)state;
    park_init(&park);
    struct limit *limit = park_add_limit(&park, AVERAGING_INSTANT, 760);
    limit->side = SIDE_BELOW;
    limit->hysteresis = 10;
    park_begin(&park);
    return 0;
}

static void
expect_phase(size_t count, enum event_phase phase)
{
    assert_int_equal(park.event_count, count);
    assert_int_equal(park_last(&park)->phase, phase);
}

static void
strictly_greater(void **state)
{
    (void)state;
    park_so2(&park, 49.99999);
    park_so2(&park, 50);
    park_so2(&park, (double)nextafterf(50, 100)); /* 50 of a float register, with its noise */
    assert_int_equal(park.event_count, 0);
    park_so2(&park, 50.00001);
    expect_phase(1, PHASE_OPENED);
    park_so2(&park, 50);
    expect_phase(2, PHASE_CLOSED);
}

static void
an_event_says_all_it_knows(void **state)
{
    (void)state;
    park_so2(&park, 60);
    struct stamp opened_at = park.now;
    park_so2(&park, 90);
    park_so2(&park, 70);
    park_so2(&park, 40);
    expect_phase(2, PHASE_CLOSED);
    const struct event *opened = &park.events[0], *closed = &park.events[1];
    assert_string_equal(opened->kind, "exceedance.realtime");
    assert_string_equal(opened->subject, "boiler-3.so2");
    assert_string_equal(opened->averaging, "instant");
    assert_int_equal(opened->severity, SEVERITY_WARNING);
    assert_ptr_equal(opened->point, &park.points[SO2]);
    assert_true(opened->opened_sequence == 0);
    assert_string_equal(opened->opened_store, "");
    assert_true(opened->value == 60 && opened->peak == 60 && opened->limit == 50);
    assert_true(opened->duration_ms == 0);
    assert_true(closed->opened_sequence == 1);
    assert_string_equal(closed->opened_store, "store-a");
    assert_true(closed->value == 40 && closed->peak == 90);
    assert_true(closed->duration_ms == 3000);
    assert_memory_equal(&closed->since, &opened_at, sizeof opened_at);
    assert_string_equal(park_detail(closed, "side"), "above");
}

static void
at_least_is_strictly_less_and_back_by_the_hysteresis(void **state)
{
    (void)state;
    park_so2(&park, 760);
    assert_int_equal(park.event_count, 0);
    park_so2(&park, 759.9999);
    expect_phase(1, PHASE_OPENED);
    park_so2(&park, 700);
    park_so2(&park, 769.9999);
    assert_int_equal(park.event_count, 1);
    park_so2(&park, 770);
    expect_phase(2, PHASE_CLOSED);
    assert_true(park_last(&park)->peak == 700);
    assert_string_equal(park_detail(park_last(&park), "side"), "below");
}

static void
opens_after_exactly_the_delay(void **state)
{
    (void)state;
    park_so2(&park, 51);
    struct stamp began = park.now;
    park_so2(&park, 60);
    park_pass(&park, 2999);
    park_so2(&park, 52); /* held 4999 ms */
    park_tick(&park);
    assert_int_equal(park.event_count, 0);
    park_pass(&park, -999);
    park_so2(&park, 52); /* 5000 */
    expect_phase(1, PHASE_OPENED);
    assert_string_equal(park_last(&park)->kind, "exceedance.warning");
    assert_memory_equal(&park_last(&park)->since, &began, sizeof began);
    assert_true(park_last(&park)->duration_ms == 5000);
    assert_true(park_last(&park)->peak == 60);
}

static void
a_dip_starts_the_delay_anew(void **state)
{
    (void)state;
    park_so2(&park, 51);
    park_pass(&park, 3000);
    park_so2(&park, 51);
    park_so2(&park, 50); /* equal: not beyond */
    park_so2(&park, 51);
    park_pass(&park, 3999);
    park_so2(&park, 51);
    assert_int_equal(park.event_count, 0);
    park_pass(&park, -999);
    park_so2(&park, 51);
    expect_phase(1, PHASE_OPENED);
}

static void
hysteresis_holds_the_event_open(void **state)
{
    (void)state;
    park_so2(&park, 51);
    park_pass(&park, 5000);
    park_so2(&park, 51);
    park_so2(&park, 50);
    park_so2(&park, 46.00001);
    assert_int_equal(park.event_count, 1);
    park_so2(&park, 46);
    expect_phase(2, PHASE_CLOSED);
}

static void
bad_readings_pause_the_delay(void **state)
{
    (void)state;
    park_so2(&park, 51);
    park_so2(&park, 51);
    park_so2(&park, 51); /* held 2 s */
    park_bad(&park, QUALITY_TIMEOUT);
    park_pass(&park, 60000);
    park_bad(&park, QUALITY_CALIBRATION);
    park_so2(&park, 51); /* still 2 s */
    park_so2(&park, 51);
    park_so2(&park, 51); /* 4 s */
    assert_int_equal(park.event_count, 0);
    park_so2(&park, 51);
    expect_phase(1, PHASE_OPENED);
}

static void
what_was_not_read_says_nothing(void **state)
{
    (void)state;
    park_so2(&park, 51);
    park.values[SO2].kind = VALUE_ABSENT;
    park.values[SO2].quality = QUALITY_GOOD;
    park_pass(&park, 2500);
    park.scan.at = park.now;
    assess_scan(park.assess, &park.scan, &park.outlet);
    park_pass(&park, 1500);
    park_so2(&park, 51); /* 5 s, unbroken */
    expect_phase(1, PHASE_OPENED);
    assert_int_equal(park.evidence[0].value_count, 2);
}

static void
no_bad_reading_opens_or_closes(void **state)
{
    (void)state;
    const uint8_t bad[] = {QUALITY_OVER_RANGE,  QUALITY_STOPPED, QUALITY_MAINTENANCE,
                           QUALITY_CALIBRATION, QUALITY_FAULT,   QUALITY_BACK_PURGE,
                           QUALITY_SET,         QUALITY_CRC,     QUALITY_NO_PORT};
    for (size_t i = 0; i < sizeof bad; i++)
        park_bad(&park, bad[i]);
    assert_int_equal(park.event_count, 0);
    park_so2(&park, 60);
    expect_phase(1, PHASE_OPENED);
    for (size_t i = 0; i < sizeof bad; i++) {
        park_pass(&park, 1000);
        park_read(&park, CEMS, 0, bad[i]);
    }
    assert_int_equal(park.event_count, 1);
    assert_true(park_last(&park)->peak == 60); /* 1e6 of the span gas is no peak */
    park_so2(&park, 40);
    expect_phase(2, PHASE_CLOSED);
}

static void
clock_steps_neither_open_nor_close(void **state)
{
    (void)state;
    park_so2(&park, 51);
    park.now.utc_ms += 3600000;
    park_so2(&park, 51);
    park.now.utc_ms -= 7200000;
    park_so2(&park, 51);
    assert_int_equal(park.event_count, 0); /* 2 s by the monotonic clock */
    park_pass(&park, 2000);
    park_so2(&park, 51);
    expect_phase(1, PHASE_OPENED);
    assert_true(park_last(&park)->duration_ms == 5000);
    park.now.utc_ms += 86400000;
    park_so2(&park, 40);
    expect_phase(2, PHASE_CLOSED);
    assert_true(park_last(&park)->duration_ms == 6000);
}

static void
an_unknown_clock_judges_by_the_monotonic_one(void **state)
{
    (void)state;
    park.now.clock = CLOCK_UNKNOWN;
    park_so2(&park, 51);
    park_pass(&park, 4000);
    park_so2(&park, 51);
    expect_phase(1, PHASE_OPENED);
    park_so2(&park, 40);
    expect_phase(2, PHASE_CLOSED);
    assert_true(park_last(&park)->duration_ms == 6000);
}

static void
a_reboot_pauses_the_delay_and_keeps_the_duration_by_the_wall(void **state)
{
    (void)state;
    park_so2(&park, 51);
    park_pass(&park, 4000);
    park_so2(&park, 51); /* 5 s: open */
    expect_phase(1, PHASE_OPENED);
    park.now.utc_ms += 100000;
    park.now.mono_ms = 10;
    park.now.boot++;
    park_so2(&park, 40);
    expect_phase(2, PHASE_CLOSED);
    assert_true(park_last(&park)->duration_ms == 106000);
    park_so2(&park, 51);
    park.now.boot++;
    park_pass(&park, 60000);
    park_so2(&park, 51); /* nothing held yet that could be told */
    assert_int_equal(park.event_count, 2);
}

static void
a_new_peak_is_told_once_a_minute(void **state)
{
    (void)state;
    park_so2(&park, 60);
    for (int i = 0; i < 59; i++) {
        park_so2(&park, 61 + i);
        park_tick(&park);
    }
    assert_int_equal(park.event_count, 1);
    park_so2(&park, 55);
    park_tick(&park);
    expect_phase(2, PHASE_UPDATED);
    assert_true(park_last(&park)->peak == 119 && park_last(&park)->value == 55);
    assert_true(park_last(&park)->opened_sequence == 1);
    park_pass(&park, 120000);
    park_tick(&park);
    assert_int_equal(park.event_count, 2); /* no new peak */
}

static void
each_hour_tells_what_is_open(void **state)
{
    (void)state;
    park_so2(&park, 60);
    park.now.utc_ms = PARK_NOON_UTC_MS + 3599999;
    park_tick(&park);
    assert_int_equal(park.event_count, 1);
    park.now.utc_ms++;
    park_tick(&park);
    expect_phase(2, PHASE_UPDATED);
    park_tick(&park);
    assert_int_equal(park.event_count, 2);
}

static void
evidence_before_and_around(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        park_so2(&park, i);
    park_bad(&park, QUALITY_TIMEOUT);
    park_so2(&park, 60);
    assert_int_equal(park.evidence_count, 1);
    const struct evidence *before = &park.evidence[0];
    assert_int_equal(before->value_count, SERIES_LENGTH);
    assert_true(before->opened_sequence == 1);
    assert_string_equal(before->store, "store-a");
    assert_string_equal(before->kind, "exceedance.realtime");
    assert_true(before->values[0].number == 10);
    assert_true(isnan(before->values[10].number));
    assert_int_equal(before->values[10].quality, QUALITY_TIMEOUT);
    assert_true(before->values[11].number == 60);
    park_so2(&park, 30);
    park_so2(&park, 31);
    park_so2(&park, 32);
    assert_int_equal(park.evidence_count, 1);
    park_so2(&park, 33);
    assert_int_equal(park.evidence_count, 2);
    assert_true(park.evidence[1].values[11].number == 33);
    assert_true(park.evidence[1].values[7].number == 60);
    assert_true(park.evidence[1].opened_sequence == 1);
    park_so2(&park, 34);
    assert_int_equal(park.evidence_count, 2);
}

static void
the_next_event_ends_the_waiting_for_evidence(void **state)
{
    (void)state;
    park_so2(&park, 60);
    park_so2(&park, 30);
    park_so2(&park, 61);
    assert_int_equal(park.event_count, 3);
    assert_int_equal(park.evidence_count, 3);
    assert_true(park.evidence[1].opened_sequence == 1);
    assert_true(park.evidence[2].opened_sequence == 3);
    park_so2(&park, 62);
    park_so2(&park, 62);
    park_so2(&park, 62);
    assert_int_equal(park.evidence_count, 3);
}

static void
a_full_store_is_tried_again(void **state)
{
    (void)state;
    park.full = true;
    park_so2(&park, 60);
    park_so2(&park, 80);
    park.full = false;
    assert_int_equal(park.evidence_count, 0);
    park_so2(&park, 70);
    expect_phase(1, PHASE_OPENED);
    assert_true(park_last(&park)->peak == 80 && park_last(&park)->duration_ms == 2000);
    park.full = true;
    park_so2(&park, 40);
    park.full = false;
    park_so2(&park, 41);
    expect_phase(2, PHASE_CLOSED);
    assert_true(park_last(&park)->opened_sequence == 1);
}

#define TEST(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(strictly_greater, with_instant),
        TEST(an_event_says_all_it_knows, with_instant),
        TEST(at_least_is_strictly_less_and_back_by_the_hysteresis, with_at_least),
        TEST(opens_after_exactly_the_delay, with_delay_and_hysteresis),
        TEST(a_dip_starts_the_delay_anew, with_delay_and_hysteresis),
        TEST(hysteresis_holds_the_event_open, with_delay_and_hysteresis),
        TEST(bad_readings_pause_the_delay, with_delay_and_hysteresis),
        TEST(what_was_not_read_says_nothing, with_delay_and_hysteresis),
        TEST(no_bad_reading_opens_or_closes, with_instant),
        TEST(clock_steps_neither_open_nor_close, with_delay_and_hysteresis),
        TEST(an_unknown_clock_judges_by_the_monotonic_one, with_delay_and_hysteresis),
        TEST(a_reboot_pauses_the_delay_and_keeps_the_duration_by_the_wall,
             with_delay_and_hysteresis),
        TEST(a_new_peak_is_told_once_a_minute, with_instant),
        TEST(each_hour_tells_what_is_open, with_instant),
        TEST(evidence_before_and_around, with_instant),
        TEST(the_next_event_ends_the_waiting_for_evidence, with_instant),
        TEST(a_full_store_is_tried_again, with_instant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "daemon/assess/qualify_status.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "tests/unit/quality_site.c"

static void
each_word_has_its_reason(void **state)
{
    (void)state;
    add_word_rule();
    begin();
    assert_int_equal(read_word(0), QUALITY_GOOD);
    assert_int_equal(read_word(1), QUALITY_MAINTENANCE);
    assert_int_equal(read_word(2), QUALITY_FAULT);
    assert_int_equal(read_word(3), QUALITY_CALIBRATION);
    assert_int_equal(read_word(5), QUALITY_BACK_PURGE);
    assert_int_equal(read_word(9), QUALITY_STANDBY);
    assert_int_equal(read_word(11), QUALITY_STOPPED);
    assert_int_equal(values[NOX].quality, QUALITY_STOPPED);
    assert_int_equal(values[STATUS].quality, QUALITY_GOOD); /* it says so, it is not so */
    assert_int_equal(read_word(0), QUALITY_GOOD);
}

static void
a_word_of_no_meaning_is_a_fault(void **state)
{
    (void)state;
    add_word_rule();
    begin();
    assert_int_equal(read_word(4), QUALITY_FAULT);
    assert_int_equal(read_word(0.5), QUALITY_FAULT);
    assert_int_equal(read_word(-1), QUALITY_FAULT);
    assert_int_equal(read_word(65536), QUALITY_FAULT);
}

static void
the_highest_of_the_set_bits_counts(void **state)
{
    (void)state;
    static const struct status_word BITS[] = {
        {0, INSTRUMENT_FAULT}, {1, INSTRUMENT_CALIBRATION}, {31, INSTRUMENT_MAINTENANCE}};
    struct status_rule *rule = add_rule(STATUS_BITS, &points[STATUS]);
    rule->words = BITS;
    rule->word_count = 3;
    begin();
    assert_int_equal(read_word(0), QUALITY_GOOD);
    assert_int_equal(read_word(0x4), QUALITY_GOOD); /* means nothing */
    assert_int_equal(read_word(0x2), QUALITY_CALIBRATION);
    assert_int_equal(read_word(0x3), QUALITY_FAULT);
    assert_int_equal(read_word(0x80000002), QUALITY_CALIBRATION);
    assert_int_equal(read_word(0x80000004), QUALITY_MAINTENANCE);
    assert_int_equal(read_word(4294967296.0), QUALITY_FAULT);
    assert_int_equal(read_word(1.5), QUALITY_FAULT);
    assert_int_equal(read_word(-1), QUALITY_FAULT);
}

static void
a_rule_is_about_its_points_alone(void **state)
{
    (void)state;
    add_word_rule();
    rules[0].of = (struct point_list){NOX_ALONE, 1};
    begin();
    assert_int_equal(read_word(3), QUALITY_GOOD);
    assert_int_equal(values[NOX].quality, QUALITY_CALIBRATION);
}

static void
what_was_not_read_stays_absent_and_worse_stays_worse(void **state)
{
    (void)state;
    add_word_rule();
    begin();
    struct scan scan = make_scan(20, 3);
    values[SO2] = (struct value){.kind = VALUE_ABSENT};
    values[NOX] = (struct value){.kind = VALUE_NONE, .quality = QUALITY_TIMEOUT};
    qualify_scan(&qualify, &scan);
    assert_int_equal(values[SO2].quality, QUALITY_GOOD);
    assert_int_equal(values[NOX].quality, QUALITY_TIMEOUT);
}

static void
a_condition_can_be_an_input_or_a_comparison(void **state)
{
    (void)state;
    struct status_rule *rule = add_rule(STATUS_WHEN, &points[STATUS]);
    rule->means = INSTRUMENT_STOPPED;
    begin();
    assert_int_equal(read_word(1), QUALITY_STOPPED);
    assert_int_equal(read_word(0), QUALITY_GOOD);
    rule->when.comparison = COMPARE_FALSE;
    assert_int_equal(read_word(0), QUALITY_STOPPED);
    assert_int_equal(read_word(1), QUALITY_GOOD);
    rule->when.value = 3;
    rule->when.comparison = COMPARE_ABOVE;
    assert_int_equal(read_word(3), QUALITY_GOOD);
    assert_int_equal(read_word(nextafter(3, 4)), QUALITY_STOPPED);
    rule->when.comparison = COMPARE_BELOW;
    assert_int_equal(read_word(3), QUALITY_GOOD);
    assert_int_equal(read_word(nextafter(3, 2)), QUALITY_STOPPED);
}

/* The status block timed out while the values came: the last word stands for three intervals. */
static void
the_last_word_stands_for_three_intervals(void **state)
{
    (void)state;
    add_word_rule();
    begin();
    assert_int_equal(read_word(NAN), QUALITY_GOOD); /* never read */
    assert_int_equal(read_word(1), QUALITY_MAINTENANCE);
    pass(3000);
    assert_int_equal(read_word(NAN), QUALITY_MAINTENANCE);
    pass(1);
    assert_int_equal(read_word(NAN), QUALITY_GOOD);
    assert_int_equal(read_word(0), QUALITY_GOOD);
}

/* Nobody saw it end: span gas must never become an exceedance (standards.md 12 #1). */
static void
calibration_stands_until_the_status_is_read_again(void **state)
{
    (void)state;
    add_word_rule();
    begin();
    assert_int_equal(read_word(3), QUALITY_CALIBRATION);
    pass(DAY_MS);
    assert_int_equal(read_word(NAN), QUALITY_CALIBRATION);
    now.boot++;
    assert_int_equal(read_word(NAN), QUALITY_CALIBRATION);
    assert_int_equal(read_word(0), QUALITY_GOOD);
    pass(DAY_MS);
    assert_int_equal(read_word(NAN), QUALITY_GOOD);
}

static void
another_devices_key_stands_for_three_of_its_intervals(void **state)
{
    (void)state;
    struct status_rule *rule = add_rule(STATUS_WHEN, &points[KEY]);
    rule->means = INSTRUMENT_MAINTENANCE;
    begin();
    assert_int_equal(read_word(0), QUALITY_GOOD);
    read_key(1);
    assert_int_equal(read_word(0), QUALITY_MAINTENANCE);
    pass(15000);
    assert_int_equal(read_word(0), QUALITY_MAINTENANCE);
    pass(1);
    assert_int_equal(read_word(0), QUALITY_GOOD);
    read_key(1);
    assert_int_equal(read_word(0), QUALITY_MAINTENANCE);
    read_key(0);
    assert_int_equal(read_word(0), QUALITY_GOOD);
}

/* Monotonic time: a step of the wall clock changes nothing; a boot without a clock is unknown. */
static void
the_age_of_a_word_is_not_by_the_wall_clock(void **state)
{
    (void)state;
    struct status_rule *rule = add_rule(STATUS_WHEN, &points[KEY]);
    rule->means = INSTRUMENT_MAINTENANCE;
    begin();
    read_key(1);
    now.utc_ms += DAY_MS;
    assert_int_equal(read_word(0), QUALITY_MAINTENANCE);
    now.boot++;
    now.clock = CLOCK_UNKNOWN;
    assert_int_equal(read_word(0), QUALITY_CLOCK_UNKNOWN);
}

static void
of_several_rules_the_highest_counts(void **state)
{
    (void)state;
    add_word_rule();
    struct status_rule *rule = add_rule(STATUS_WHEN, &points[KEY]);
    rule->means = INSTRUMENT_MAINTENANCE;
    begin();
    read_key(1);
    assert_int_equal(read_word(0), QUALITY_MAINTENANCE);
    assert_int_equal(read_word(3), QUALITY_CALIBRATION);
    assert_int_equal(read_word(9), QUALITY_MAINTENANCE);
    read_key(0);
    assert_int_equal(read_word(9), QUALITY_STANDBY);
}

static void
seeing_a_stored_scan_changes_the_memory_alone(void **state)
{
    (void)state;
    add_word_rule();
    begin();
    struct scan scan = make_scan(1e300, 3);
    qualify_see(&qualify, &scan);
    assert_int_equal(values[SO2].quality, QUALITY_GOOD);
    assert_int_equal(read_word(NAN), QUALITY_CALIBRATION);
    assert_int_equal(qualify.newest_utc_ms, now.utc_ms);
}

/* ---- calendar ---- */

static void
add_calendar(void)
{
    calendars[said.calendar_count++] = (struct calendar){
        .every_s = 7 * 86400, .first_utc_ms = NOON_UTC_MS - DAY_MS, .of = {GASES, 2}};
}

static void
at_day(int64_t day, int64_t ms)
{
    pass(NOON_UTC_MS + day * DAY_MS + ms - now.utc_ms);
}

static void
without_a_calibration_it_is_due_from_first_and_every(void **state)
{
    (void)state;
    add_calendar();
    begin();
    at_day(6, -1);
    assert_int_equal(read_word(0), QUALITY_GOOD);
    at_day(6, 0);
    assert_int_equal(read_word(0), QUALITY_CALIBRATION_DUE);
    assert_int_equal(values[NOX].quality, QUALITY_CALIBRATION_DUE);
    assert_int_equal(values[STATUS].quality, QUALITY_GOOD);
    now.clock = CLOCK_UNKNOWN;
    assert_int_equal(read_word(0), QUALITY_CLOCK_UNKNOWN);
}

static void
grace_comes_on_top(void **state)
{
    (void)state;
    add_calendar();
    calendars[0].grace_s = 3600;
    begin();
    at_day(6, 3599999);
    assert_int_equal(read_word(0), QUALITY_GOOD);
    at_day(6, 3600000);
    assert_int_equal(read_word(0), QUALITY_CALIBRATION_DUE);
}

static void
a_calibration_that_returns_to_running_is_done(void **state)
{
    (void)state;
    add_word_rule();
    add_calendar();
    begin();
    at_day(2, 0);
    assert_int_equal(read_word(3), QUALITY_CALIBRATION);
    pass(1000);
    assert_int_equal(read_word(5), QUALITY_BACK_PURGE);
    pass(1000);
    assert_int_equal(read_word(0), QUALITY_GOOD); /* day 2 and 2 s */
    at_day(9, 1999);
    assert_int_equal(read_word(0), QUALITY_GOOD);
    at_day(9, 2000);
    assert_int_equal(read_word(0), QUALITY_CALIBRATION_DUE);
}

static void
a_calibration_that_ends_in_a_fault_is_not(void **state)
{
    (void)state;
    add_word_rule();
    add_calendar();
    begin();
    at_day(2, 0);
    read_word(3);
    read_word(2);
    read_word(0);
    at_day(6, 0);
    assert_int_equal(read_word(0), QUALITY_CALIBRATION_DUE);
    read_word(3);
    assert_int_equal(read_word(0), QUALITY_GOOD); /* this one is */
}

static void
one_that_nobody_sees_end_is_not_done_yet(void **state)
{
    (void)state;
    add_word_rule();
    add_calendar();
    begin();
    at_day(2, 0);
    read_word(3);
    pass(3001);
    read_word(NAN); /* unknown is not running */
    assert_true(qualify.calendars[0].calibrating);
    now.clock = CLOCK_UNKNOWN;
    read_word(0);
    assert_false(qualify.calendars[0].has_last);
    now.clock = CLOCK_SET;
    pass(1000);
    read_word(0);
    assert_true(qualify.calendars[0].has_last);
    assert_int_equal(qualify.calendars[0].last_utc_ms, now.utc_ms);
}

static void
a_status_of_other_points_is_no_calibration(void **state)
{
    (void)state;
    add_word_rule();
    rules[0].of = (struct point_list){NOX_ALONE, 1};
    add_calendar();
    static const uint16_t so2[] = {SO2};
    calendars[0].of = (struct point_list){so2, 1};
    begin();
    read_word(3);
    read_word(0);
    assert_false(qualify.calendars[0].has_last);
    at_day(6, 0);
    assert_int_equal(read_word(0), QUALITY_CALIBRATION_DUE);
    assert_int_equal(values[NOX].quality, QUALITY_GOOD);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_word_has_its_reason),
        TEST(a_word_of_no_meaning_is_a_fault),
        TEST(the_highest_of_the_set_bits_counts),
        TEST(a_rule_is_about_its_points_alone),
        TEST(what_was_not_read_stays_absent_and_worse_stays_worse),
        TEST(a_condition_can_be_an_input_or_a_comparison),
        TEST(the_last_word_stands_for_three_intervals),
        TEST(calibration_stands_until_the_status_is_read_again),
        TEST(another_devices_key_stands_for_three_of_its_intervals),
        TEST(the_age_of_a_word_is_not_by_the_wall_clock),
        TEST(of_several_rules_the_highest_counts),
        TEST(seeing_a_stored_scan_changes_the_memory_alone),
        TEST(without_a_calibration_it_is_due_from_first_and_every),
        TEST(grace_comes_on_top),
        TEST(a_calibration_that_returns_to_running_is_done),
        TEST(a_calibration_that_ends_in_a_fault_is_not),
        TEST(one_that_nobody_sees_end_is_not_done_yet),
        TEST(a_status_of_other_points_is_no_calibration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

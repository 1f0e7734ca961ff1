#include "assess_park.c"

#include "daemon/assess/headroom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

static struct park park;
static struct headroom list[16];

static int
set_up(void **state)
{
    (void)state;
    park_init(&park);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    park_end(&park);
    return 0;
}

/* Readings each second of the seconds [from, to) of the hour. */
static void
read_seconds(int from, int to, double number)
{
    for (int second = from; second < to; second++) {
        park.now.utc_ms = PARK_NOON_UTC_MS + second * 1000;
        park.now.mono_ms = 1000000 + second * 1000;
        park_read(&park, CEMS, number, QUALITY_GOOD);
    }
}

static void
tick_at(int second)
{
    park.now.utc_ms = PARK_NOON_UTC_MS + second * 1000;
    park.now.mono_ms = 1000000 + second * 1000;
    park_tick(&park);
}

static void
half_an_hour_at_60_leaves_40_of_50(void **state)
{
    (void)state;
    park_add_limit(&park, AVERAGING_HOUR, 50);
    park_begin(&park);
    read_seconds(0, 1800, 60);
    tick_at(1800);
    assert_int_equal(assess_headroom(park.assess, list, 16), 1);
    assert_int_equal(list[0].valid, 1800);
    assert_int_equal(list[0].expected, 3600);
    assert_true(list[0].mean == 60);
    assert_true(fabs(list[0].share - 1.2) < 1e-12);
    assert_true(fabs(list[0].rest - 40) < 1e-9);
    assert_false(list[0].lost);
    assert_int_equal(list[0].start_utc_ms, PARK_NOON_UTC_MS);
    assert_int_equal(list[0].end_utc_ms, PARK_NOON_UTC_MS + 3600000);
}

/* Half the readings were lost: the mean of the hour is of 900 + 1800 readings. */
static void
what_was_lost_makes_no_room(void **state)
{
    (void)state;
    park_add_limit(&park, AVERAGING_HOUR, 50);
    park_begin(&park);
    read_seconds(0, 900, 60);
    tick_at(1800);
    assert_int_equal(assess_headroom(park.assess, list, 16), 1);
    assert_int_equal(list[0].valid, 900);
    assert_true(fabs(list[0].rest - (50.0 * 2700 - 900 * 60) / 1800) < 1e-9);
}

static void
an_hour_that_cannot_be_kept_is_said_lost(void **state)
{
    (void)state;
    park_add_limit(&park, AVERAGING_HOUR, 50);
    park_begin(&park);
    read_seconds(0, 1800, 100);
    tick_at(1800);
    assess_headroom(park.assess, list, 16);
    assert_true(fabs(list[0].rest) < 1e-9); /* just kept with nothing but zeros */
    assert_false(list[0].lost);
    read_seconds(1800, 1801, 100);
    assess_headroom(park.assess, list, 16);
    assert_true(list[0].lost);
}

static void
nothing_is_due_in_the_last_second(void **state)
{
    (void)state;
    park_add_limit(&park, AVERAGING_HOUR, 50);
    park_begin(&park);
    read_seconds(0, 3600, 20);
    assess_headroom(park.assess, list, 16);
    assert_true(fabs(list[0].rest - (50.0 * 3601 - 3600 * 20.0)) < 1e-6);
    park_pass(&park, 1);
    park_tick(&park);
    assess_headroom(park.assess, list, 16);
    assert_true(isnan(list[0].rest));
    tick_at(3605); /* the hour is closed, the next one not begun by a reading */
    assert_int_equal(assess_headroom(park.assess, list, 16), 1);
    assert_int_equal(list[0].valid, 0);
    assert_true(isnan(list[0].mean));
}

static void
a_limit_from_below_needs_at_least(void **state)
{
    (void)state;
    park_add_limit(&park, AVERAGING_HOUR, 760)->side = SIDE_BELOW;
    park_begin(&park);
    read_seconds(0, 1800, 700);
    tick_at(1800);
    assess_headroom(park.assess, list, 16);
    assert_true(fabs(list[0].rest - 820) < 1e-9);
    assert_false(list[0].lost);
}

/* Nobody steers by a limit that is not in force. */
static void
a_limit_has_none_outside_its_dates(void **state)
{
    (void)state;
    struct limit *limit = park_add_limit(&park, AVERAGING_HOUR, 50);
    limit->valid_from_utc_ms = PARK_NOON_UTC_MS + 3600000;
    park_begin(&park);
    read_seconds(0, 10, 60);
    assert_int_equal(assess_headroom(park.assess, list, 16), 0);
    read_seconds(3600, 3610, 60);
    assert_int_equal(assess_headroom(park.assess, list, 16), 1);
}

static void
instant_limits_and_an_unknown_clock_have_none(void **state)
{
    (void)state;
    park_add_limit(&park, AVERAGING_INSTANT, 50);
    park_add_limit(&park, AVERAGING_HOUR, 50);
    park_begin(&park);
    read_seconds(0, 10, 20);
    assert_int_equal(assess_headroom(park.assess, list, 16), 1);
    assert_int_equal(list[0].limit->averaging, AVERAGING_HOUR);
    park.now.clock = CLOCK_UNKNOWN;
    park_tick(&park);
    assert_int_equal(assess_headroom(park.assess, list, 16), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(half_an_hour_at_60_leaves_40_of_50),
        TEST(what_was_lost_makes_no_room),
        TEST(an_hour_that_cannot_be_kept_is_said_lost),
        TEST(nothing_is_due_in_the_last_second),
        TEST(a_limit_from_below_needs_at_least),
        TEST(a_limit_has_none_outside_its_dates),
        TEST(instant_limits_and_an_unknown_clock_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

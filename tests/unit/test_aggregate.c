#include "daemon/assess/aggregate.c"

#include "tests/unit/assess_park.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

static struct park park;

static int
set_up(void **state)
{
    (void)state;
    park_init(&park);
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

/* The newest statistic of so2 of that kind, or NULL. */
static const struct statistic *
newest(enum period period)
{
    for (size_t i = park.statistic_count; i-- > 0;)
        if (park.statistics[i].period == period && park.statistics[i].point == &park.points[SO2])
            return &park.statistics[i];
    return NULL;
}

static size_t
count_of(enum period period)
{
    size_t count = 0;
    for (size_t i = 0; i < park.statistic_count; i++)
        count += park.statistics[i].period == period &&
                 park.statistics[i].point == &park.points[SO2];
    return count;
}

/* `good` readings of 1, 2, 3, ... and then bad ones up to 60, from a full minute on. */
static void
live_a_minute(unsigned good, uint8_t quality)
{
    for (unsigned i = 0; i < 60; i++) {
        bool is_good = i < good;
        park_read(&park, CEMS, is_good || quality < QUALITY_TIMEOUT ? i + 1.0 : PARK_NOTHING,
                  is_good ? QUALITY_GOOD : quality);
        park_pass(&park, 1000);
    }
}

static void
a_full_minute(void **state)
{
    (void)state;
    live_a_minute(60, QUALITY_GOOD);
    assert_int_equal(park.statistic_count, 0); /* open until time goes beyond */
    park_so2(&park, 1);
    const struct statistic *minute = newest(PERIOD_MINUTE);
    assert_non_null(minute);
    assert_true(minute->start_utc_ms == PARK_NOON_UTC_MS);
    assert_true(minute->end_utc_ms == PARK_NOON_UTC_MS + 60000);
    assert_int_equal(minute->count, 60);
    assert_int_equal(minute->valid, 60);
    assert_int_equal(minute->expected, 60);
    assert_true(minute->min == 1 && minute->max == 60 && minute->sum == 1830);
    assert_true(minute->mean == 30.5);
    assert_int_equal(minute->letter, 'N');
    assert_int_equal(minute->revision, 0);
    assert_int_equal(park.statistic_count, 2); /* so2 and no; text has no mean */
}

static void
valid_from_three_quarters(void **state)
{
    (void)state;
    live_a_minute(45, QUALITY_CALIBRATION);
    live_a_minute(44, QUALITY_CALIBRATION);
    park_read(&park, CEMS, 1, QUALITY_GOOD);
    assert_int_equal(park.statistics[0].letter, 'N');
    assert_int_equal(park.statistics[0].valid, 45);
    assert_true(park.statistics[0].max == 45); /* span gas is not in it */
    assert_int_equal(newest(PERIOD_MINUTE)->letter, 'D');
    assert_int_equal(newest(PERIOD_MINUTE)->valid, 44);
    assert_int_equal(newest(PERIOD_MINUTE)->count, 60);
    assert_true(newest(PERIOD_MINUTE)->mean == 22.5); /* shown all the same */
}

static void
nothing_arrived_is_b(void **state)
{
    (void)state;
    live_a_minute(0, QUALITY_TIMEOUT);
    live_a_minute(1, QUALITY_REFUSED);
    park_read(&park, CEMS, 1, QUALITY_GOOD);
    assert_int_equal(park.statistics[0].letter, 'B');
    assert_int_equal(park.statistics[0].count, 0);
    assert_true(isnan(park.statistics[0].mean) && isnan(park.statistics[0].min) &&
                isnan(park.statistics[0].max) && isnan(park.statistics[0].sum));
    assert_int_equal(newest(PERIOD_MINUTE)->letter, 'D');
    assert_int_equal(newest(PERIOD_MINUTE)->count, 1);
}

static void
ticks_close_after_the_grace_and_go_on(void **state)
{
    (void)state;
    park_so2(&park, 5);
    park.now.utc_ms = PARK_NOON_UTC_MS + 60000 + AGGREGATE_GRACE_MS - 1;
    park_tick(&park);
    assert_int_equal(count_of(PERIOD_MINUTE), 0);
    park.now.utc_ms++;
    park_tick(&park);
    assert_int_equal(count_of(PERIOD_MINUTE), 1);
    park_pass(&park, 60000); /* a minute in which the gateway lived and the device did not */
    park_tick(&park);
    assert_int_equal(count_of(PERIOD_MINUTE), 2);
    assert_int_equal(newest(PERIOD_MINUTE)->letter, 'B');
    assert_int_equal(newest(PERIOD_MINUTE)->expected, 60);
}

static void
a_tick_never_goes_back(void **state)
{
    (void)state;
    park_read(&park, CEMS, 5, QUALITY_GOOD); /* noon sharp: two seconds ago was another minute */
    park_tick(&park);
    assert_int_equal(park.statistic_count, 0);
    park_pass(&park, 59000);
    park_read(&park, CEMS, 7, QUALITY_GOOD);
    park_pass(&park, 1000);
    park_read(&park, CEMS, 9, QUALITY_GOOD);
    assert_int_equal(count_of(PERIOD_MINUTE), 1);
    assert_int_equal(newest(PERIOD_MINUTE)->count, 2);
}

static void
hour_day_and_month_are_sums_of_their_minutes(void **state)
{
    (void)state;
    park.now.utc_ms = 1796054340000LL; /* 2026-11-30T23:59:00+08:00 */
    live_a_minute(60, QUALITY_GOOD);
    assert_int_equal(park.statistic_count, 0);
    park_read(&park, CEMS, 1, QUALITY_GOOD);
    const enum period periods[] = {PERIOD_MINUTE, PERIOD_HOUR, PERIOD_DAY, PERIOD_MONTH};
    const uint32_t expected[] = {60, 3600, 86400, 2592000};
    const int64_t length[] = {60000, 3600000, 86400000, 2592000000};
    for (int i = 0; i < 4; i++) {
        const struct statistic *statistic = newest(periods[i]);
        assert_non_null(statistic);
        assert_int_equal(statistic->expected, expected[i]);
        assert_true(statistic->end_utc_ms == 1796054400000LL);
        assert_true(statistic->start_utc_ms == 1796054400000LL - length[i]);
        assert_int_equal(statistic->valid, 60);
        assert_true(statistic->mean == 30.5);
        assert_int_equal(statistic->letter, i ? 'D' : 'N'); /* a minute is not an hour */
    }
    assert_null(newest(PERIOD_TEN_MINUTES)); /* for limits only */
    for (size_t i = 1; i < park.statistic_count; i++)
        assert_true(park.statistics[i].period >= park.statistics[i - 1].period);
}

static void
february_of_a_leap_year(void **state)
{
    (void)state;
    struct aggregate_span month = span_around(LEVEL_MONTH, 1835366400000LL); /* 2028-02-29 */
    assert_true(month.end_utc_ms - month.start_utc_ms == 29 * CALENDAR_DAY_MS);
}

static void
an_hour_needs_three_quarters_of_its_readings(void **state)
{
    (void)state;
    for (int minute = 0; minute < 45; minute++)
        live_a_minute(60, QUALITY_GOOD);
    for (int minute = 0; minute < 15; minute++)
        live_a_minute(0, QUALITY_MAINTENANCE);
    for (int second = 0; second < 2699; second++) {
        park_read(&park, CEMS, 1, QUALITY_GOOD);
        park_pass(&park, 1000);
    }
    park_pass(&park, 901000);
    park_read(&park, CEMS, 1, QUALITY_GOOD);
    assert_int_equal(count_of(PERIOD_HOUR), 2);
    const struct statistic *second_hour = newest(PERIOD_HOUR), *first_hour = NULL;
    for (size_t i = 0; i < park.statistic_count && !first_hour; i++)
        if (park.statistics[i].period == PERIOD_HOUR)
            first_hour = &park.statistics[i];
    assert_int_equal(first_hour->valid, 2700);
    assert_int_equal(first_hour->count, 3600);
    assert_int_equal(first_hour->letter, 'N');
    assert_int_equal(second_hour->valid, 2699);
    assert_int_equal(second_hour->letter, 'D');
}

static void
a_clock_set_back_is_not_counted_twice(void **state)
{
    (void)state;
    live_a_minute(60, QUALITY_GOOD);
    park_read(&park, CEMS, 100, QUALITY_GOOD); /* 12:01:00 */
    park.now.utc_ms -= 30000;                  /* 12:00:30 */
    for (int i = 0; i < 30; i++) {
        park_read(&park, CEMS, 1000, QUALITY_GOOD);
        park_pass(&park, 1000);
    }
    assert_int_equal(count_of(PERIOD_MINUTE), 1);
    for (int i = 0; i < 60; i++) { /* 12:01:00 once more */
        park_read(&park, CEMS, 100, QUALITY_GOOD);
        park_pass(&park, 1000);
    }
    park_read(&park, CEMS, 100, QUALITY_GOOD);
    assert_int_equal(count_of(PERIOD_MINUTE), 2);
    assert_int_equal(newest(PERIOD_MINUTE)->valid, 61);
    assert_true(newest(PERIOD_MINUTE)->max == 100);
}

static void
a_jump_ahead_and_back_does_not_stop_the_statistics(void **state)
{
    (void)state;
    live_a_minute(60, QUALITY_GOOD); /* 12:00 */
    park_read(&park, CEMS, 1, QUALITY_GOOD);
    park.now.utc_ms += 10 * 365 * CALENDAR_DAY_MS; /* a wrong clock: the minute 12:01 is cut */
    live_a_minute(60, QUALITY_GOOD);
    park_read(&park, CEMS, 1, QUALITY_GOOD);
    assert_int_equal(count_of(PERIOD_MINUTE), 3);
    assert_int_equal(count_of(PERIOD_MONTH), 1);
    park.now.utc_ms = PARK_NOON_UTC_MS + 60000; /* 12:01 was closed, 12:02 was not */
    live_a_minute(60, QUALITY_GOOD);
    assert_int_equal(count_of(PERIOD_MINUTE), 3);
    live_a_minute(60, QUALITY_GOOD);
    park_read(&park, CEMS, 1, QUALITY_GOOD);
    assert_int_equal(count_of(PERIOD_MINUTE), 5); /* the cut future one, and 12:02 */
    assert_true(newest(PERIOD_MINUTE)->start_utc_ms == PARK_NOON_UTC_MS + 120000);
    assert_int_equal(newest(PERIOD_MINUTE)->letter, 'N');
    park.now.utc_ms = PARK_NOON_UTC_MS + CALENDAR_HOUR_MS; /* the cut hour stays cut */
    park_read(&park, CEMS, 1, QUALITY_GOOD);
    park_pass(&park, 30 * CALENDAR_DAY_MS);
    park_read(&park, CEMS, 1, QUALITY_GOOD);
    for (size_t i = 0; i < park.statistic_count; i++)
        if (park.statistics[i].period == PERIOD_HOUR &&
            park.statistics[i].start_utc_ms > PARK_NOON_UTC_MS + 365 * CALENDAR_DAY_MS)
            assert_int_equal(park.statistics[i].count, 61); /* what was read in it, no more */
    for (size_t i = 0; i < park.statistic_count; i++)
        for (size_t j = 0; j < i; j++) /* no period twice */
            assert_false(park.statistics[i].point == park.statistics[j].point &&
                         park.statistics[i].period == park.statistics[j].period &&
                         park.statistics[i].start_utc_ms == park.statistics[j].start_utc_ms);
}

static void
time_nobody_lived_through_has_no_statistics(void **state)
{
    (void)state;
    park_so2(&park, 1);
    park_pass(&park, 5 * CALENDAR_HOUR_MS);
    park_tick(&park);
    assert_int_equal(count_of(PERIOD_MINUTE), 1);
    assert_int_equal(count_of(PERIOD_HOUR), 1);
    assert_int_equal(newest(PERIOD_HOUR)->letter, 'D');
}

static void
what_was_not_read_does_not_count(void **state)
{
    (void)state;
    park_so2(&park, 5);
    park.values[NO].kind = VALUE_ABSENT;
    park.values[SO2].kind = VALUE_ABSENT;
    park_pass(&park, 1000);
    park.scan.at = park.now;
    assess_qualify(park.assess, &park.scan);
    assert_int_equal(park.values[SO2].quality, QUALITY_GOOD);
    assess_scan(park.assess, &park.scan, &park.outlet);
    park_pass(&park, 60000);
    park_so2(&park, 5);
    assert_int_equal(newest(PERIOD_MINUTE)->count, 1);
}

static void
an_unknown_clock_takes_no_part(void **state)
{
    (void)state;
    park.now.clock = CLOCK_UNKNOWN;
    live_a_minute(60, QUALITY_GOOD);
    park_pass(&park, 10000);
    park_tick(&park);
    park.now.clock = CLOCK_SYNCHRONISED;
    live_a_minute(60, QUALITY_GOOD);
    assert_int_equal(count_of(PERIOD_MINUTE), 1);
    assert_int_equal(newest(PERIOD_MINUTE)->count, 50); /* from 12:01:10 on */
}

static void
a_point_read_seldom_is_due_seldom(void **state)
{
    (void)state;
    park.points[SO2].every_ms = 600000;
    park_read(&park, CEMS, 5, QUALITY_GOOD);
    for (int i = 0; i < 60; i++) {
        park_pass(&park, 60000);
        park_tick(&park);
    }
    park_pass(&park, AGGREGATE_GRACE_MS);
    park_tick(&park);
    assert_int_equal(count_of(PERIOD_MINUTE), 1); /* the one with a reading */
    assert_int_equal(newest(PERIOD_MINUTE)->letter, 'N');
    assert_int_equal(newest(PERIOD_HOUR)->expected, 6);
    assert_int_equal(newest(PERIOD_HOUR)->valid, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_full_minute),
        TEST(valid_from_three_quarters),
        TEST(nothing_arrived_is_b),
        TEST(ticks_close_after_the_grace_and_go_on),
        TEST(a_tick_never_goes_back),
        TEST(hour_day_and_month_are_sums_of_their_minutes),
        TEST(february_of_a_leap_year),
        TEST(an_hour_needs_three_quarters_of_its_readings),
        TEST(a_clock_set_back_is_not_counted_twice),
        TEST(a_jump_ahead_and_back_does_not_stop_the_statistics),
        TEST(time_nobody_lived_through_has_no_statistics),
        TEST(what_was_not_read_does_not_count),
        TEST(an_unknown_clock_takes_no_part),
        TEST(a_point_read_seldom_is_due_seldom),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* When a period counts, and its letter. */
#include "tests/unit/periods_device.c"

/* ---- validity ---- */

/* 9 of 12 at 5 s, not 12 (standards.md 12 #2). */
static void
a_gas_minute_needs_three_quarters(void **state)
{
    (void)state;
    read_every(5000);
    live(NOON, 60000, 12, 9, 30, QUALITY_TIMEOUT);
    live(NOON + 60000, 60000, 12, 8, 30, QUALITY_TIMEOUT);
    give(NOON + 120000);
    const struct statistic *first = find_noon(SO2, PERIOD_MINUTE);
    const struct statistic *second = find(SO2, PERIOD_MINUTE, NOON + 60000);
    assert_true(first->is_valid && first->letter == 'N');
    assert_int_equal(first->expected, 12);
    assert_int_equal(first->count, 9);
    assert_true(!second->is_valid && second->letter == 'D');
}

/* Minutes of an hour: `good` of them with 60 of 60 readings, the rest with `others`. */
static const struct statistic *
live_an_hour(unsigned good, unsigned good_readings, unsigned others)
{
    for (unsigned minute = 0; minute < 60; minute++)
        live(NOON + minute * 60000LL, 60000, 60, minute < good ? good_readings : others, 30,
             QUALITY_MAINTENANCE);
    put_all(0, QUALITY_GOOD, 1);
    give(NOON + CALENDAR_HOUR_MS);
    return find_noon(SO2, PERIOD_HOUR);
}

static void
a_gas_hour_counts_valid_minutes(void **state)
{
    (void)state;
    const struct statistic *hour = live_an_hour(45, 45, 0);
    assert_int_equal(hour->valid, 45 * 45);
    assert_true(hour->is_valid); /* 45 valid minutes, though 56 % of the readings */
    assert_int_equal(hour->letter, 'D');
    end();
    begin();
    hour = live_an_hour(44, 60, 44);
    assert_true(!hour->is_valid); /* 44, though 93 % of the readings */
    assert_int_equal(hour->letter, 'N');
    assert_true(find_noon(PLAIN, PERIOD_HOUR)->is_valid); /* goes by the share */
}

static void
five_and_ten_minutes_of_gas_count_minutes(void **state)
{
    (void)state;
    const unsigned good[] = {60, 60, 60, 60, 0, 60, 60, 60, 0, 60, 60, 60, 60, 0, 0};
    for (unsigned minute = 0; minute < 15; minute++)
        live(NOON + minute * 60000LL, 60000, 60, good[minute], 30, QUALITY_CALIBRATION);
    give(NOON + 15 * 60000);
    assert_true(find_noon(SO2, PERIOD_FIVE_MINUTES)->is_valid);            /* 4 of 5 */
    assert_true(find(SO2, PERIOD_FIVE_MINUTES, NOON + 300000)->is_valid);  /* 4 */
    assert_false(find(SO2, PERIOD_FIVE_MINUTES, NOON + 600000)->is_valid); /* 3 */
    assert_true(find_noon(SO2, PERIOD_TEN_MINUTES)->is_valid);             /* 8 of 10 */
    assert_int_equal(find_noon(SO2, PERIOD_TEN_MINUTES)->letter, 'N');
}

static void
the_counts_are_settings(void **state)
{
    (void)state;
    end();
    rules = (struct period_rules){.minutes_an_hour = 44, .percent = 80};
    begin();
    assert_true(live_an_hour(44, 60, 47)->is_valid);
    assert_false(find(SO2, PERIOD_MINUTE, NOON + 50 * 60000)->is_valid); /* 47 of 60: 78 % */
    assert_int_equal(find(SO2, PERIOD_MINUTE, NOON + 50 * 60000)->letter, 'N');
}

/* One reading a minute, `good` minutes of each of `good_hours` hours of a day. */
static void
live_a_day(int64_t start, unsigned good_hours)
{
    for (unsigned minute = 0; minute < 1440; minute++) {
        bool is_good = minute / 60 < good_hours && minute % 60 < 45;
        put_all(30, is_good ? QUALITY_GOOD : QUALITY_FAULT, 1);
        give(start + minute * 60000LL);
    }
}

static void
a_gas_day_counts_valid_hours(void **state)
{
    (void)state;
    const int64_t start = NOON + CALENDAR_DAY_MS / 2;
    read_every(60000);
    live_a_day(start, 20);
    live_a_day(start + CALENDAR_DAY_MS, 19);
    give(start + 2 * CALENDAR_DAY_MS);
    const struct statistic *first = find(SO2, PERIOD_DAY, start);
    const struct statistic *second = find(SO2, PERIOD_DAY, start + CALENDAR_DAY_MS);
    assert_int_equal(first->valid, 20 * 45);
    assert_true(first->is_valid && first->letter == 'D');
    assert_int_equal(second->valid, 19 * 45);
    assert_false(second->is_valid);
}

/* The month holding `start`, of which `good` days are valid. */
static const struct statistic *
live_a_month(int64_t start, unsigned days, unsigned good)
{
    end();
    begin();
    for (unsigned day = 0; day < days; day++) {
        live_a_day(start + day * CALENDAR_DAY_MS, day < good ? 20 : 0);
        told_count = 0;
    }
    give(start + days * CALENDAR_DAY_MS);
    return find(SO2, PERIOD_MONTH, start);
}

static void
a_gas_month_counts_valid_days(void **state)
{
    (void)state;
    const int64_t november = 1793462400000LL; /* 2026-11-01T00:00+08:00 */
    const int64_t february = 1801411200000LL; /* 2027-02-01 */
    read_every(60000);
    assert_true(live_a_month(november, 30, 25)->is_valid);
    assert_false(live_a_month(november, 30, 24)->is_valid);
    assert_true(live_a_month(february, 28, 23)->is_valid);
    assert_false(live_a_month(february, 28, 22)->is_valid);
}

/* Read more seldom than each minute, there are no valid minutes to count. */
static void
a_slow_gas_goes_by_the_share(void **state)
{
    (void)state;
    read_every(300000);
    live(NOON, CALENDAR_HOUR_MS, 12, 9, 30, QUALITY_FAULT);
    live(NOON + CALENDAR_HOUR_MS, CALENDAR_HOUR_MS, 12, 8, 30, QUALITY_FAULT);
    give(NOON + 2 * CALENDAR_HOUR_MS);
    assert_true(find_noon(SO2, PERIOD_HOUR)->is_valid);
    assert_false(find(SO2, PERIOD_HOUR, NOON + CALENDAR_HOUR_MS)->is_valid);
}

/* An analyser of one result an hour that is read each minute: absent where there is no new one. */
static void
live_results(int64_t start, unsigned hours, unsigned good, uint8_t quality)
{
    for (unsigned minute = 0; minute < hours * 60; minute++) {
        put_all(30, QUALITY_GOOD, 1);
        if (minute % 60 == 20)
            put(COD, 42, minute / 60 < good ? QUALITY_GOOD : quality);
        else
            put(COD, AN_ABSENT, 0);
        give(start + minute * 60000LL);
    }
}

/* 75 % of the due results (HJ 356-2019), each counted once. */
static void
a_water_day_needs_three_quarters_of_its_results(void **state)
{
    (void)state;
    const int64_t start = NOON + CALENDAR_DAY_MS / 2;
    read_every(3600000);
    live_results(start, 24, 18, QUALITY_CALIBRATION);
    live_results(start + CALENDAR_DAY_MS, 24, 17, QUALITY_CALIBRATION);
    give(start + 2 * CALENDAR_DAY_MS);
    const struct statistic *first = find(COD, PERIOD_DAY, start);
    const struct statistic *second = find(COD, PERIOD_DAY, start + CALENDAR_DAY_MS);
    assert_int_equal(first->expected, 24);
    assert_int_equal(first->count, 24);
    assert_int_equal(first->valid, 18);
    assert_true(first->is_valid && !second->is_valid);
    assert_true(first->letter == 'C' && second->letter == 'C'); /* any abnormal one */
}

/* ---- letters of water ---- */

static char
letter_of_day(unsigned good, uint8_t quality)
{
    const int64_t start = NOON + CALENDAR_DAY_MS / 2;
    read_every(3600000);
    live_results(start, 24, good, quality);
    give(start + CALENDAR_DAY_MS);
    return find(COD, PERIOD_DAY, start)->letter;
}

static void
one_abnormal_result_marks_the_water_period(void **state)
{
    (void)state;
    assert_int_equal(letter_of_day(24, QUALITY_GOOD), 'N');
    assert_int_equal(letter_of_day(23, QUALITY_MAINTENANCE), 'M');
    assert_int_equal(letter_of_day(23, QUALITY_TIMEOUT), 'B');
    assert_int_equal(letter_of_day(23, QUALITY_SET), 'S');
}

/* B > D > C > M > F > T > S > N (standards.md 1.9 [I]), whatever their order in time. */
static void
the_worst_letter_stands(void **state)
{
    (void)state;
    const uint8_t qualities[] = {QUALITY_GOOD,    QUALITY_SET,        QUALITY_OVER_RANGE,
                                 QUALITY_STOPPED, QUALITY_BACK_PURGE, QUALITY_CALIBRATION,
                                 QUALITY_FAULT,   QUALITY_CRC};
    const char letters[] = "NSTFMCDB";
    for (unsigned worst = 0; worst < 8; worst++) {
        end();
        begin();
        for (unsigned i = 0; i < 60; i++) {
            put_all(1, qualities[i == 30 ? worst : 0], 1);
            if (i == 40 && worst > 0)
                put_all(1, qualities[worst - 1], 1);
            give(NOON + i * 1000);
        }
        give(NOON + 60000);
        assert_int_equal(find_noon(COD, PERIOD_MINUTE)->letter, letters[worst]);
        assert_int_equal(find_noon(SO2, PERIOD_MINUTE)->letter, 'N'); /* 58 of 60 are normal */
    }
}

/* One result less may lie beyond the boundary; two less have not arrived. */
static void
results_that_did_not_come_are_b(void **state)
{
    (void)state;
    for (unsigned count = 59; count >= 58; count--) {
        end();
        begin();
        for (unsigned i = 0; i < count; i++) {
            put_all(1, QUALITY_GOOD, 1);
            give(NOON + i * 1000);
        }
        give(NOON + 60000);
        assert_int_equal(find_noon(COD, PERIOD_MINUTE)->letter, count == 59 ? 'N' : 'B');
        assert_true(find_noon(COD, PERIOD_MINUTE)->is_valid); /* the letter is another thing */
    }
    aggregate_tick(&aggregate, NOON + 122000, &outlet);
    aggregate_tick(&aggregate, NOON + 182000, &outlet);
    const struct statistic *nothing = find(COD, PERIOD_MINUTE, NOON + 120000);
    assert_true(nothing->letter == 'B' && nothing->count == 0 && !nothing->is_valid);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_gas_minute_needs_three_quarters),
        TEST(a_gas_hour_counts_valid_minutes),
        TEST(five_and_ten_minutes_of_gas_count_minutes),
        TEST(the_counts_are_settings),
        TEST(a_gas_day_counts_valid_hours),
        TEST(a_gas_month_counts_valid_days),
        TEST(a_slow_gas_goes_by_the_share),
        TEST(a_water_day_needs_three_quarters_of_its_results),
        TEST(one_abnormal_result_marks_the_water_period),
        TEST(the_worst_letter_stands),
        TEST(results_that_did_not_come_are_b),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

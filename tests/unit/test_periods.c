/* Levels, weighted means, the open period, restarts. */
#include "tests/unit/periods_device.c"

/* ---- levels ---- */

static void
five_and_ten_minutes_are_sums_of_theirs(void **state)
{
    (void)state;
    for (int minute = 0; minute < 11; minute++)
        live(NOON + minute * 60000, 60000, 60, 60, minute, QUALITY_GOOD);
    const struct statistic *first = find_noon(PLAIN, PERIOD_FIVE_MINUTES);
    const struct statistic *second = find(PLAIN, PERIOD_FIVE_MINUTES, NOON + 300000);
    const struct statistic *ten = find_noon(PLAIN, PERIOD_TEN_MINUTES);
    assert_true(first->end_utc_ms == NOON + 300000 && first->mean == 2 && first->count == 300);
    assert_true(second->mean == 7 && second->min == 5 && second->max == 9);
    assert_true(ten->mean == 4.5 && ten->expected == 600 && ten->is_valid);
    assert_int_equal(first->letter, 'N');
}

/* Beijing's day begins at 16:00 UTC, also where the UTC date is another one. */
static void
periods_begin_at_beijing_midnight(void **state)
{
    (void)state;
    int64_t midnight = NOON + CALENDAR_DAY_MS / 2;
    put_all(1, QUALITY_GOOD, 1);
    give(midnight - 1);
    put_all(2, QUALITY_GOOD, 1);
    give(midnight);
    const struct statistic *day = find(PLAIN, PERIOD_DAY, midnight - CALENDAR_DAY_MS);
    assert_non_null(day);
    assert_true(day->end_utc_ms == midnight && day->count == 1 && day->max == 1);
}

/* ---- weighted means ---- */

/* 100 mg/L in 30 m3 and 40 mg/L in 90 m3: (3000 + 3600) / 120 = 55, not 70 (HJ 212-2017 app. D,
 * C = G / D). */
static void
a_water_mean_is_weighted_by_flow(void **state)
{
    (void)state;
    put_all(100, QUALITY_GOOD, 30);
    give(NOON);
    put_all(40, QUALITY_GOOD, 90);
    give(NOON + 1000);
    give(NOON + 60000);
    const struct statistic *weighted = find_noon(COD, PERIOD_MINUTE);
    const struct statistic *plain = find_noon(PLAIN, PERIOD_MINUTE);
    assert_true(weighted->mean == 55);
    assert_true(weighted->min == 40 && weighted->max == 100 && weighted->count == 2);
    assert_true(plain->mean == 70); /* its weights are not looked at */
}

static void
no_flow_no_mean(void **state)
{
    (void)state;
    live(NOON, 60000, 60, 60, 80, QUALITY_GOOD);
    for (int i = 0; i < 60; i++) {
        put_all(80, QUALITY_GOOD, 0);
        give(NOON + 60000 + i * 1000);
    }
    for (int i = 0; i < 60; i++) {
        put_all(80, QUALITY_GOOD, i < 59 ? 0 : 0.001);
        give(NOON + 120000 + i * 1000);
    }
    give(NOON + 180000);
    const struct statistic *flow = find_noon(COD, PERIOD_MINUTE);
    const struct statistic *none = find(COD, PERIOD_MINUTE, NOON + 60000);
    const struct statistic *little = find(COD, PERIOD_MINUTE, NOON + 120000);
    assert_true(flow->mean == 80 && flow->is_valid);
    assert_true(isnan(none->mean) && !none->is_valid);
    assert_true(none->min == 80 && none->valid == 60 && none->letter == 'N');
    assert_true(little->mean == 80 && little->is_valid);
}

static void
a_reading_of_unknown_weight_is_not_averaged(void **state)
{
    (void)state;
    const double unknown[] = {NAN, INFINITY, -1};
    for (int i = 0; i < 3; i++) {
        put_all(900, QUALITY_GOOD, unknown[i]);
        give(NOON + i * 1000);
    }
    put_all(30, QUALITY_GOOD, 2);
    give(NOON + 3000);
    put_all(900, QUALITY_CALIBRATION, 1e6); /* nor is span gas, whatever its weight */
    give(NOON + 4000);
    give(NOON + 60000);
    const struct statistic *minute = find_noon(COD, PERIOD_MINUTE);
    assert_true(minute->mean == 30 && minute->max == 30);
    assert_int_equal(minute->count, 5);
    assert_int_equal(minute->valid, 1);
}

/* The hour is weighted by the readings of all its minutes, not by its minutes' means. */
static void
weights_fold_into_the_hour(void **state)
{
    (void)state;
    put_all(10, QUALITY_GOOD, 1);
    give(NOON);
    put_all(20, QUALITY_GOOD, 3);
    give(NOON + 60000);
    put_all(40, QUALITY_GOOD, 4);
    give(NOON + 120000);
    give(NOON + CALENDAR_HOUR_MS);
    assert_true(find_noon(COD, PERIOD_HOUR)->mean == (10 + 60 + 160) / 8.0);
    assert_true(find_noon(PLAIN, PERIOD_HOUR)->sum == 70);
}

/* ---- the open period ---- */

static void
the_open_hour_so_far(void **state)
{
    (void)state;
    for (int second = 0; second < 150; second++) {
        put_all(second, QUALITY_GOOD, second);
        give(NOON + second * 1000);
        struct tally_sum hour = aggregate_open_sum(&aggregate, LEVEL_HOUR, COD);
        assert_int_equal(hour.tally.count, second + 1);
        assert_true(hour.tally.sum == second * (second + 1) / 2.0);
        assert_true(hour.extra.weight == hour.tally.sum);
    }
    put_all(7, QUALITY_GOOD, 1);
    give(NOON + CALENDAR_HOUR_MS);
    assert_int_equal(aggregate_open_sum(&aggregate, LEVEL_HOUR, COD).tally.count, 1);
    assert_int_equal(aggregate_open_sum(&aggregate, LEVEL_DAY, COD).tally.count, 151);
    assert_int_equal(aggregate_open_sum(&aggregate, LEVEL_MINUTE, PLAIN).tally.count, 1);
}

/* ---- restarts ---- */

static size_t
save(uint8_t *bytes, size_t size)
{
    struct buf buf;
    assert_int_equal(buf_new(&buf, exchange_periods_size(&device)), 0);
    exchange_periods_save(&(struct exchange){.out = &buf}, &aggregate);
    assert_false(buf.overflow);
    assert_true(buf.length <= size);
    memcpy(bytes, buf.data, buf.length);
    size_t length = buf.length;
    buf_free(&buf);
    return length;
}

static void
load(const uint8_t *bytes, size_t length)
{
    struct cbor_cursor cursor;
    begin();
    cbor_cursor_init(&cursor, bytes, length);
    exchange_periods_load(&(struct exchange){.in = &cursor}, &aggregate);
    assert_false(cursor.failed);
    assert_int_equal(cursor.left, 0);
}

static uint8_t saved[3700][4096];
static size_t saved_length[3700], story_at[3700];

/* From the saved state of each second on, the story of the rest of the hour is the same, and so is
 * each state. The hour begins in the middle of a day; its own close and the first minute of the
 * next are in it. */
static void
a_restart_at_any_second_changes_nothing(void **state)
{
    (void)state;
    const int seconds = 3665;
    char *whole = NULL, *rest = NULL;
    size_t length = 0, rest_length = 0;
    story = open_memstream(&whole, &length);
    for (int second = 0; second < seconds; second++) {
        live_second(NOON + second * 1000);
        saved_length[second] = save(saved[second], sizeof saved[second]);
        fflush(story);
        story_at[second] = length;
    }
    fclose(story);
    for (int second = 0; second < seconds; second++) {
        end();
        load(saved[second], saved_length[second]);
        story = open_memstream(&rest, &rest_length);
        for (int after = second + 1; after < seconds; after++)
            live_second(NOON + after * 1000);
        fclose(story);
        assert_string_equal(rest, whole + story_at[second]);
        free(rest);
        uint8_t last[sizeof saved[0]];
        size_t last_length = save(last, sizeof last);
        assert_int_equal(last_length, saved_length[seconds - 1]);
        assert_memory_equal(last, saved[seconds - 1], last_length);
    }
    story = NULL;
    assert_non_null(strstr(whole, "cod 4 1795233600000 1795237200000 r2")); /* the hour, revised */
    free(whole);
}

static void
what_was_saved_comes_out_again(void **state)
{
    (void)state;
    static uint8_t one[4096], two[4096];
    for (int second = 0; second < 200; second++)
        live_second(NOON + second * 1000);
    size_t length = save(one, sizeof one);
    end();
    load(one, length);
    assert_int_equal(save(two, sizeof two), length);
    assert_memory_equal(one, two, length);
    for (size_t cut = 0; cut < length; cut++) { /* damage is noticed */
        struct cbor_cursor cursor;
        cbor_cursor_init(&cursor, one, cut);
        exchange_periods_load(&(struct exchange){.in = &cursor}, NULL);
        assert_true(cursor.failed);
    }
}

/* A point whose means become weighted, or were: it goes on with what both have. */
static void
a_point_that_changed_its_rules_goes_on(void **state)
{
    (void)state;
    static uint8_t bytes[4096];
    live(NOON, 60000, 60, 60, 10, QUALITY_GOOD);
    size_t length = save(bytes, sizeof bytes);
    end();
    points[SO2].validity = points[COD].validity = VALIDITY_SHARE;
    points[COD].weighted = false;
    load(bytes, length);
    give(NOON + 60000);
    assert_true(find_noon(COD, PERIOD_MINUTE)->mean == 10);
    assert_true(find_noon(COD, PERIOD_MINUTE)->is_valid);
    length = save(bytes, sizeof bytes);
    end();
    points[COD].weighted = true;
    load(bytes, length);
    give(NOON + CALENDAR_HOUR_MS);
    assert_int_equal(find_noon(COD, PERIOD_HOUR)->count, 61);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(five_and_ten_minutes_are_sums_of_theirs),
        TEST(periods_begin_at_beijing_midnight),
        TEST(a_water_mean_is_weighted_by_flow),
        TEST(no_flow_no_mean),
        TEST(a_reading_of_unknown_weight_is_not_averaged),
        TEST(weights_fold_into_the_hour),
        TEST(the_open_hour_so_far),
        TEST(a_restart_at_any_second_changes_nothing),
        TEST(what_was_saved_comes_out_again),
        TEST(a_point_that_changed_its_rules_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

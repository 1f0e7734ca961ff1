/* Late readings: revisions, and what their order may not change. */
#include "tests/unit/periods_device.c"

/* ---- late readings ---- */

static void
a_late_reading_is_a_revision(void **state)
{
    (void)state;
    live(NOON + 59 * 60000, 60000, 60, 60, 10, QUALITY_GOOD);
    put_all(10, QUALITY_GOOD, 1);
    give(NOON + CALENDAR_HOUR_MS);
    assert_int_equal(find_noon(PLAIN, PERIOD_HOUR)->revision, 0);
    size_t before = told_count;
    put_all(71, QUALITY_GOOD, 1);
    assert_true(give(NOON + CALENDAR_HOUR_MS - 1));
    assert_int_equal(told_count - before, 4 * POINTS); /* minute, five, ten, hour */
    const struct statistic *minute = find(PLAIN, PERIOD_MINUTE, NOON + 59 * 60000);
    const struct statistic *hour = find_noon(PLAIN, PERIOD_HOUR);
    assert_true(minute->revision == 1 && minute->mean == 11 && minute->count == 61);
    assert_true(hour->revision == 1 && hour->mean == 11 && hour->max == 71);
    put_all(72, QUALITY_GOOD, 1);
    put(PLAIN, AN_ABSENT, 0);
    assert_true(give(NOON + CALENDAR_HOUR_MS - 2));
    assert_int_equal(find_noon(SO2, PERIOD_HOUR)->revision, 2);
    assert_int_equal(find_noon(SO2, PERIOD_HOUR)->count, 62);
    assert_int_equal(find_noon(PLAIN, PERIOD_HOUR)->revision, 1); /* nothing new of it */
    assert_int_equal(aggregate.late, 0);
}

/* The day and month are open still: they have the late reading when they close, as revision 0. */
static void
a_late_reading_is_in_the_open_periods(void **state)
{
    (void)state;
    put_all(10, QUALITY_GOOD, 1);
    give(NOON);
    give(NOON + 60000);
    put_all(40, QUALITY_GOOD, 1);
    assert_true(give(NOON + 59000));
    put_all(10, QUALITY_GOOD, 1);
    give(NOON + CALENDAR_HOUR_MS);
    const struct statistic *hour = find_noon(PLAIN, PERIOD_HOUR);
    assert_true(hour->mean == 20 && hour->count == 3 && hour->revision == 0);
}

static void
a_late_reading_may_make_the_hour_valid(void **state)
{
    (void)state;
    read_every(60000);
    for (int minute = 16; minute < 60; minute++)
        live(NOON + minute * 60000, 60000, 1, 1, 30, QUALITY_GOOD);
    live(NOON + CALENDAR_HOUR_MS, 60000, 1, 1, 30, QUALITY_GOOD);
    assert_false(find_noon(SO2, PERIOD_HOUR)->is_valid);
    end();
    begin();
    for (int minute = 15; minute < 59; minute++)
        live(NOON + minute * 60000, 60000, 1, 1, 30, QUALITY_GOOD);
    put_all(30, QUALITY_TIMEOUT, 1);
    give(NOON + 59 * 60000);
    live(NOON + CALENDAR_HOUR_MS, 60000, 1, 1, 30, QUALITY_GOOD);
    assert_false(find_noon(SO2, PERIOD_HOUR)->is_valid);
    put_all(30, QUALITY_GOOD, 1);
    assert_true(give(NOON + 59 * 60000 + 30000));
    assert_true(find_noon(SO2, PERIOD_HOUR)->is_valid); /* 45 */
}

static void
what_is_older_is_counted(void **state)
{
    (void)state;
    for (int minute = 0; minute < 3; minute++)
        live(NOON + minute * 60000, 60000, 60, 60, 10, QUALITY_GOOD);
    size_t before = told_count;
    put(PLAIN, AN_ABSENT, 0);
    assert_true(give(NOON + 60000));
    assert_false(give(NOON + 59999));
    assert_int_equal(aggregate.late, POINTS - 1);
    assert_int_equal(told_count - before, POINTS - 1);
    assert_int_equal(find_noon(SO2, PERIOD_MINUTE)->count, 60);
}

/* Time lived through a second time is not late: its monotonic time is that of now. */
static void
a_clock_set_back_is_not_late(void **state)
{
    (void)state;
    live(NOON, 60000, 60, 60, 10, QUALITY_GOOD);
    give(NOON + 60000);
    size_t before = told_count;
    struct scan scan = scan_at(NOON + 59000);
    const struct aggregate_reading reading = {&scan, weights, false};
    const int64_t shifts[] = {AGGREGATE_GRACE_MS + 1, AGGREGATE_GRACE_MS};
    for (int i = 0; i < 2; i++) {
        scan.at.mono_ms = scan_at(NOON + 59000).at.mono_ms + shifts[i];
        assert_int_equal(aggregate_add_late(&aggregate, &reading, &outlet), i);
    }
    scan.at.boot++;
    assert_false(aggregate_add_late(&aggregate, &reading, &outlet));
    assert_int_equal(told_count - before, POINTS);
    assert_int_equal(aggregate.late, 2 * POINTS);
}

/* ---- properties ---- */

#define LATE 5

static const int64_t late_ms[LATE] = {NOON + 3599000, NOON + 3570000, NOON + 3555000,
                                      NOON + 3598000, NOON + 3541000};

static bool
is_among_the_late(int64_t utc_ms)
{
    for (int i = 0; i < LATE; i++)
        if (late_ms[i] == utc_ms)
            return true;
    return false;
}

/* The last two minutes before 13:00, without the late ones; then those in the order given. */
static void
live_with_late(const int order[LATE])
{
    end();
    begin();
    for (int64_t utc_ms = NOON + 3480000; utc_ms <= NOON + 3600000; utc_ms += 1000)
        if (!is_among_the_late(utc_ms)) {
            put_second(utc_ms);
            give(utc_ms);
        }
    for (int i = 0; i < LATE; i++) {
        put_second(late_ms[order[i]]);
        assert_true(give(late_ms[order[i]]));
    }
}

static bool
is_same(const struct statistic *a, const struct statistic *b)
{
    return a->min == b->min && a->max == b->max && a->mean == b->mean && a->sum == b->sum &&
           a->count == b->count && a->valid == b->valid && a->letter == b->letter &&
           a->is_valid == b->is_valid;
}

/* All orders of five late scans, in the minute and in the hour that closed with it. */
static void
order_of_late_readings_leaves_no_trace(void **state)
{
    (void)state;
    struct statistic minutes[POINTS], hours[POINTS];
    for (int code = 0; code < 5 * 4 * 3 * 2; code++) {
        int order[LATE] = {0, 1, 2, 3, 4}, rest = code;
        for (int i = 0; i < LATE; i++) {
            int at = i + rest % (LATE - i), kept = order[i];
            rest /= LATE - i;
            order[i] = order[at];
            order[at] = kept;
        }
        live_with_late(order);
        for (unsigned i = 0; i < POINTS; i++) {
            const struct statistic *minute = find(i, PERIOD_MINUTE, NOON + 3540000);
            const struct statistic *hour = find_noon(i, PERIOD_HOUR);
            assert_int_equal(minute->revision, LATE);
            if (code == 0) {
                minutes[i] = *minute;
                hours[i] = *hour;
            }
            assert_true(is_same(minute, &minutes[i]) && is_same(hour, &hours[i]));
        }
    }
}

static void
late_or_in_time_is_the_same_mean(void **state)
{
    (void)state;
    live_with_late((const int[LATE]){0, 1, 2, 3, 4});
    struct statistic late[POINTS];
    for (unsigned i = 0; i < POINTS; i++)
        late[i] = *find_noon(i, PERIOD_HOUR);
    end();
    begin();
    for (int64_t utc_ms = NOON + 3480000; utc_ms <= NOON + 3600000; utc_ms += 1000) {
        put_second(utc_ms);
        give(utc_ms);
    }
    for (unsigned i = 0; i < POINTS; i++) {
        const struct statistic *hour = find_noon(i, PERIOD_HOUR);
        assert_true(fabs(hour->mean - late[i].mean) <= 1e-12 * hour->mean);
        assert_true(hour->min == late[i].min && hour->max == late[i].max);
        assert_true(hour->count == late[i].count && hour->valid == late[i].valid);
        assert_true(hour->letter == late[i].letter);
    }
}

static void
parts_add_up_to_the_whole(void **state)
{
    (void)state;
    for (int64_t utc_ms = NOON; utc_ms < NOON + 3680000; utc_ms += 1000)
        live_second(utc_ms);
    for (unsigned i = 0; i < POINTS; i++) {
        const struct statistic *hour = find_noon(i, PERIOD_HOUR);
        struct statistic sum = {.min = INFINITY, .max = -INFINITY};
        for (int64_t start = NOON; start < NOON + CALENDAR_HOUR_MS; start += 60000) {
            const struct statistic *minute = find(i, PERIOD_MINUTE, start);
            assert_true(minute->revision > 0); /* each had late readings */
            sum.sum += minute->sum;
            sum.count += minute->count;
            sum.valid += minute->valid;
            sum.min = fmin(sum.min, minute->min);
            sum.max = fmax(sum.max, minute->max);
        }
        assert_true(hour->sum == sum.sum && hour->count == sum.count);
        assert_true(hour->valid == sum.valid && hour->min == sum.min && hour->max == sum.max);
        assert_true(hour->valid > 3000);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_late_reading_is_a_revision),           TEST(a_late_reading_is_in_the_open_periods),
        TEST(a_late_reading_may_make_the_hour_valid), TEST(what_is_older_is_counted),
        TEST(a_clock_set_back_is_not_late),           TEST(order_of_late_readings_leaves_no_trace),
        TEST(late_or_in_time_is_the_same_mean),       TEST(parts_add_up_to_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

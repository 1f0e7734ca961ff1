/* Promise 6: live records first, the backlog paced behind them; and the window they share. */
#include "daemon/forward/pace.c"
#include "daemon/forward/window.c"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct pace pace;
static struct window window;
static struct pace_choice choice;

static void
begin(enum backlog_order order, uint32_t rate, size_t limit)
{
    memset(&window, 0, sizeof window);
    window_reset(&window, limit);
    pace_init(&pace, order, rate);
}

/* As a broker does: `records` of the choice go out, `bytes` long. */
static uint64_t
send(uint64_t records, size_t bytes)
{
    uint64_t last = choice.first + records - 1;
    if (last > choice.last)
        last = choice.last;
    struct flight flight = {.cargo = CARGO_RECORDS,
                            .stream = choice.stream,
                            .first = choice.first,
                            .last = last,
                            .backlog = choice.backlog,
                            .bytes = bytes};
    pace_sent(&pace, &choice, choice.first, last, bytes);
    return window_add(&window, &flight);
}

static void
acknowledge(struct cursor *cursor, uint64_t token)
{
    struct flight flight;
    assert_true(window_take(&window, token, &flight));
    assert_true(cursor_mark(cursor, flight.first, flight.last, CURSOR_ACKNOWLEDGED));
}

static void
assert_choice(enum stream stream, uint64_t first, uint64_t last, bool backlog)
{
    assert_true(pace_choose(&pace, &window, 0, &choice));
    assert_int_equal(choice.stream, stream);
    assert_int_equal(choice.first, first);
    assert_int_equal(choice.last, last);
    assert_int_equal(choice.backlog, backlog);
}

static void
test_window(void **state)
{
    (void)state;
    struct flight flight = {.backlog = true, .bytes = 10, .sent_mono_ms = 5}, taken;
    begin(BACKLOG_OLDEST_FIRST, 0, 2);
    assert_int_equal(window_oldest_mono_ms(&window), INT64_MAX);
    uint64_t first = window_add(&window, &flight);
    flight.sent_mono_ms = 7;
    uint64_t second = window_add(&window, &flight);
    assert_int_not_equal(first, second);
    assert_int_equal(window.backlog_bytes, 20);
    assert_int_equal(window_oldest_mono_ms(&window), 5);
    assert_true(window_take(&window, second, &taken));
    assert_int_equal(taken.sent_mono_ms, 7);
    assert_false(window_take(&window, second, &taken));
    assert_int_equal(window.backlog_count, 1);
    assert_int_equal(window.backlog_bytes, 10);
    window_reset(&window, 1000);
    assert_int_equal(window.limit, WINDOW_MAX);
    assert_int_equal(window.count, 0);
    assert_false(window_take(&window, first, &taken)); /* of the connection before */
    assert_true(window_add(&window, &flight) > second);
    window_reset(&window, 0);
    assert_int_equal(window.limit, 1);
}

static void
test_live_before_backlog(void **state)
{
    (void)state;
    struct cursor cursor = {.low = 10};
    begin(BACKLOG_OLDEST_FIRST, 0, 8);
    pace_begin(&pace, STREAM_SAMPLE, &cursor, 100);
    assert_choice(STREAM_SAMPLE, 11, 100, true);
    pace_extend(&pace, STREAM_SAMPLE, 103);
    assert_choice(STREAM_SAMPLE, 101, 103, false);
    send(2, 100);
    assert_choice(STREAM_SAMPLE, 103, 103, false);
    send(1, 100);
    assert_choice(STREAM_SAMPLE, 11, 100, true);
    send(50, 100);
    assert_choice(STREAM_SAMPLE, 61, 100, true);
}

static void
test_streams_by_importance(void **state)
{
    (void)state;
    struct cursor none = {.low = 0};
    begin(BACKLOG_OLDEST_FIRST, 0, 16);
    pace_begin(&pace, STREAM_TREND, &none, 5);
    pace_begin(&pace, STREAM_EVENT, &none, 5);
    pace_extend(&pace, STREAM_TREND, 6);
    pace_extend(&pace, STREAM_EVENT, 6);
    assert_choice(STREAM_EVENT, 6, 6, false);
    send(1, 10);
    assert_choice(STREAM_TREND, 6, 6, false);
    send(1, 10);
    assert_choice(STREAM_EVENT, 1, 5, true);
    send(5, 10);
    assert_choice(STREAM_TREND, 1, 5, true);
    send(5, 10);
    assert_false(pace_choose(&pace, &window, 0, &choice)); /* unwanted streams stay silent */
}

static void
test_backlog_leaves_room(void **state)
{
    (void)state;
    struct cursor none = {.low = 0};
    begin(BACKLOG_OLDEST_FIRST, 0, 8);
    pace_begin(&pace, STREAM_SAMPLE, &none, 1000);
    for (int i = 0; i < 6; i++) {
        assert_true(pace_choose(&pace, &window, 0, &choice));
        send(1, 10);
    }
    assert_false(pace_choose(&pace, &window, 0, &choice)); /* the last quarter is for live */
    pace_extend(&pace, STREAM_SAMPLE, 1002);
    assert_choice(STREAM_SAMPLE, 1001, 1002, false);
    send(1, 10);
    assert_choice(STREAM_SAMPLE, 1002, 1002, false);
    send(1, 10);
    pace_extend(&pace, STREAM_SAMPLE, 1003);
    assert_false(pace_choose(&pace, &window, 0, &choice)); /* full */
}

static void
test_backlog_bytes(void **state)
{
    (void)state;
    struct cursor none = {.low = 0};
    begin(BACKLOG_OLDEST_FIRST, 0, 64);
    pace_begin(&pace, STREAM_SAMPLE, &none, 1000);
    assert_true(pace_choose(&pace, &window, 0, &choice));
    send(1, PACE_BACKLOG_BYTES - 1);
    assert_true(pace_choose(&pace, &window, 0, &choice));
    send(1, 1);
    assert_false(pace_choose(&pace, &window, 0, &choice));
}

static void
test_window_of_one(void **state)
{
    (void)state;
    struct cursor none = {.low = 0};
    begin(BACKLOG_OLDEST_FIRST, 0, 1);
    pace_begin(&pace, STREAM_SAMPLE, &none, 10);
    assert_choice(STREAM_SAMPLE, 1, 10, true);
}

static void
test_newest_first(void **state)
{
    (void)state;
    struct cursor cursor = {.low = 100};
    begin(BACKLOG_NEWEST_FIRST, 0, 64);
    pace_begin(&pace, STREAM_SAMPLE, &cursor, 1000);
    assert_choice(STREAM_SAMPLE, 1000 - FIT_START + 1, 1000, true);
    uint64_t first = send(40, 100); /* fewer fitted than thought: the rest of it is next */
    assert_choice(STREAM_SAMPLE, 977, 1000, true);
    uint64_t second = send(40, 100);
    assert_choice(STREAM_SAMPLE, 936 - 40 + 1, 936, true);
    send(40, 100); /* all fitted: more may */
    assert_choice(STREAM_SAMPLE, 896 - 80 + 1, 896, true);
    acknowledge(&cursor, first);
    acknowledge(&cursor, second);
    assert_int_equal(cursor.low, 100);
    assert_int_equal(cursor.count, 1);
    assert_int_equal(cursor.ranges[0].first, 937);
    for (int i = 0; i < 100 && pace_choose(&pace, &window, 0, &choice); i++)
        acknowledge(&cursor, send(80, 100));
    assert_false(pace_choose(&pace, &window, 0, &choice));
}

/* After a second outage what lies between stays open, and the live head is the newest again. */
static void
test_two_outages(void **state)
{
    (void)state;
    struct cursor cursor = {.low = 10};
    begin(BACKLOG_OLDEST_FIRST, 0, 8);
    pace_begin(&pace, STREAM_SAMPLE, &cursor, 100);
    pace_extend(&pace, STREAM_SAMPLE, 110);
    assert_choice(STREAM_SAMPLE, 101, 110, false);
    acknowledge(&cursor, send(10, 100));
    begin(BACKLOG_OLDEST_FIRST, 0, 8);
    pace_begin(&pace, STREAM_SAMPLE, &cursor, 200);
    pace_extend(&pace, STREAM_SAMPLE, 201);
    assert_choice(STREAM_SAMPLE, 201, 201, false);
    acknowledge(&cursor, send(1, 100));
    assert_choice(STREAM_SAMPLE, 11, 100, true);
    acknowledge(&cursor, send(90, 100));
    assert_choice(STREAM_SAMPLE, 111, 200, true);
    acknowledge(&cursor, send(90, 100));
    assert_false(pace_choose(&pace, &window, 0, &choice));
    assert_int_equal(cursor.low, 201);
    assert_int_equal(cursor.count, 0);
    assert_int_equal(cursor.acknowledged, 191);
}

/* A cursor has 64 ranges: with many holes a connection goes on in order instead of opening another.
 */
static void
test_many_holes(void **state)
{
    (void)state;
    struct cursor cursor = {.low = 0};
    for (uint64_t i = 1; i <= PACE_HOLES; i++)
        assert_true(cursor_mark(&cursor, i * 10, i * 10, CURSOR_ACKNOWLEDGED));
    begin(BACKLOG_OLDEST_FIRST, 0, 8);
    pace_begin(&pace, STREAM_SAMPLE, &cursor, 1000);
    assert_choice(STREAM_SAMPLE, PACE_HOLES * 10 + 1, 1000, false);
    acknowledge(&cursor, send(1000, 100));
    assert_int_equal(cursor.count, PACE_HOLES);
    assert_choice(STREAM_SAMPLE, 1, 9, true);
}

static void
test_failed_is_sent_again(void **state)
{
    (void)state;
    struct cursor cursor = {.low = 0};
    struct flight flight;
    begin(BACKLOG_OLDEST_FIRST, 0, 8);
    pace_begin(&pace, STREAM_EVENT, &cursor, 0);
    pace_extend(&pace, STREAM_EVENT, 3);
    assert_choice(STREAM_EVENT, 1, 3, false);
    uint64_t first = send(1, 10);
    assert_choice(STREAM_EVENT, 2, 3, false);
    uint64_t second = send(1, 10);
    assert_choice(STREAM_EVENT, 3, 3, false);
    send(1, 10);
    acknowledge(&cursor, first);
    assert_true(window_take(&window, second, &flight)); /* refused */
    pace_rewind(&pace, STREAM_EVENT, &cursor, &window);
    pace.streams[STREAM_EVENT].hold_mono_ms = 50;
    assert_false(pace_choose(&pace, &window, 49, &choice));
    assert_int_equal(pace_next_mono_ms(&pace, 49), 50);
    assert_true(pace_choose(&pace, &window, 50, &choice));
    assert_int_equal(choice.first, 2);
    assert_int_equal(choice.last, 2); /* the third is still under way */
}

static void
test_rate(void **state)
{
    (void)state;
    struct cursor none = {.low = 0};
    begin(BACKLOG_OLDEST_FIRST, 1000, 64);
    pace_begin(&pace, STREAM_SAMPLE, &none, 1000000);
    uint64_t bytes = 0;
    for (int64_t now = 100000; now <= 110000; now += 10) {
        while (pace_choose(&pace, &window, now, &choice)) {
            struct flight flight;
            assert_true(window_take(&window, send(1, 300), &flight));
            bytes += 300;
        }
        assert_true(pace_next_mono_ms(&pace, now) > now);
    }
    assert_in_range(bytes, 10 * 1000,
                    11 * 1000 + 300); /* ten seconds, and the bucket at the start */
    pace_extend(&pace, STREAM_SAMPLE, 1000001);
    assert_true(pace_choose(&pace, &window, 110000, &choice)); /* live knows no rate */
    assert_false(choice.backlog);
}

static void
test_dropped(void **state)
{
    (void)state;
    struct cursor none = {.low = 0};
    begin(BACKLOG_OLDEST_FIRST, 0, 8);
    pace_begin(&pace, STREAM_SAMPLE, &none, 100);
    pace_extend(&pace, STREAM_SAMPLE, 120);
    pace_drop(&pace, STREAM_SAMPLE, 50);
    assert_choice(STREAM_SAMPLE, 101, 120, false);
    pace_drop(&pace, STREAM_SAMPLE, 110); /* even what was live is gone */
    assert_choice(STREAM_SAMPLE, 111, 120, false);
    send(10, 10);
    assert_false(pace_choose(&pace, &window, 0, &choice));
}

static void
test_backlog_closed(void **state)
{
    (void)state;
    struct cursor none = {.low = 0};
    begin(BACKLOG_OLDEST_FIRST, 0, 8);
    pace_begin(&pace, STREAM_SAMPLE, &none, 100);
    pace.backlog_closed = true;
    assert_false(pace_choose(&pace, &window, 0, &choice));
    pace_extend(&pace, STREAM_SAMPLE, 101);
    assert_choice(STREAM_SAMPLE, 101, 101, false);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_live_before_backlog),
        cmocka_unit_test(test_streams_by_importance),
        cmocka_unit_test(test_backlog_leaves_room),
        cmocka_unit_test(test_backlog_bytes),
        cmocka_unit_test(test_window_of_one),
        cmocka_unit_test(test_newest_first),
        cmocka_unit_test(test_two_outages),
        cmocka_unit_test(test_many_holes),
        cmocka_unit_test(test_failed_is_sent_again),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_dropped),
        cmocka_unit_test(test_backlog_closed),
    };
    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}

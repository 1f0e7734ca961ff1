/* Buses, their threads and whole scans against a slave thread: unit 1 answers, unit 9 never does,
 * registers 500 to 599 are exception 2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/acquire/acquire.c"

#include "tests/unit/acquire_park.c"

/* ---- tests ---- */

static void
test_a_scan_arrives_whole(void **state)
{
    struct slave slave = {0};
    struct park park;

    (void)state;
    bind_slave(&slave);
    start_slave(&slave);
    make_park(&park, slave.port);
    add_point(&park, 0, 7, 50);
    add_point(&park, 0, 90, 50);
    int64_t before_ms = clock_mono_ms();
    start(&park);
    struct scan *scan = take_scan(&park, 0);
    assert_int_equal(scan->count, 2);
    assert_true(scan->values[0].as.number == 7);
    assert_true(scan->values[1].as.number == 90);
    assert_in_range(scan->at.mono_ms, before_ms, clock_mono_ms());
    int64_t first_ms = scan->at.mono_ms;
    give_back(scan);
    scan = take_scan(&park, 0);
    assert_true(scan->at.mono_ms > first_ms);
    give_back(scan);
    end(&park);
    assert_int_equal(park.counters[0].state, DEVICE_ONLINE);
    stop_slave(&slave);
}

static void
test_an_exception_fails_only_its_own_points(void **state)
{
    struct slave slave = {0};
    struct park park;

    (void)state;
    bind_slave(&slave);
    start_slave(&slave);
    make_park(&park, slave.port);
    add_point(&park, 0, 7, 50);
    add_point(&park, 0, 550, 50);
    add_point(&park, 0, 700, 50);
    start(&park);
    struct scan *scan = take_scan(&park, 0);
    assert_true(scan->values[0].as.number == 7);
    assert_int_equal(scan->values[1].kind, VALUE_NONE);
    assert_int_equal(scan->values[1].quality, QUALITY_EXCEPTION);
    assert_int_equal(scan->values[1].detail, 2);
    assert_true(scan->values[2].as.number == (700 & 0xFF)); /* the slave fills low bytes only */
    give_back(scan);
    end(&park);
    stop_slave(&slave);
}

static void
test_rarer_points_are_absent_in_between(void **state)
{
    struct slave slave = {0};
    struct park park;
    unsigned absent = 0, there = 0;

    (void)state;
    bind_slave(&slave);
    start_slave(&slave);
    make_park(&park, slave.port);
    add_point(&park, 0, 7, 50);
    add_point(&park, 0, 90, 150);
    start(&park);
    while (absent < 4 || there < 3) {
        struct scan *scan = take_scan(&park, 0);
        assert_int_equal(scan->values[0].kind, VALUE_NUMBER);
        if (scan->values[1].kind == VALUE_ABSENT)
            absent++;
        else
            there += scan->values[1].as.number == 90;
        give_back(scan);
    }
    end(&park);
    stop_slave(&slave);
}

/* The dead one is probed while the good one is read on; each failure is a scan with its reason. */
static void
test_a_dead_neighbour_is_probed_seldom(void **state)
{
    struct slave slave = {0};
    struct park park;
    unsigned good = 0, failed = 0;

    (void)state;
    bind_slave(&slave);
    start_slave(&slave);
    make_park(&park, slave.port);
    add_point(&park, 0, 7, 50);
    add_point(&park, 1, 7, 50);
    add_point(&park, 1, 90, 50);
    start(&park);
    while (good < 40) {
        struct message message = take(&park);
        if (message.kind != MESSAGE_SCAN)
            continue;
        struct scan *scan = message.as.scan;
        if (scan->device == &park.devices[0]) {
            good++;
        } else {
            failed++;
            assert_int_equal(scan->values[0].quality, QUALITY_TIMEOUT);
            assert_int_equal(scan->values[1].quality, QUALITY_TIMEOUT);
        }
        give_back(scan);
    }
    end(&park);
    assert_in_range(failed, 1, 10);
    /* one request a scan, not one a block; the last scan may have been cut short by the end */
    assert_in_range(park.counters[1].requests, 1, park.counters[1].scans + 1);
    stop_slave(&slave);
}

static void
test_a_host_that_refuses_is_a_reading_and_comes_back(void **state)
{
    struct slave slave = {0};
    struct park park;
    struct scan *scan;

    (void)state;
    bind_slave(&slave);
    make_park(&park, slave.port);
    add_point(&park, 0, 7, 50);
    start(&park);
    scan = take_scan(&park, 0);
    assert_int_equal(scan->values[0].kind, VALUE_NONE);
    assert_int_equal(scan->values[0].quality, QUALITY_REFUSED);
    give_back(scan);
    start_slave(&slave);
    struct value value;
    do {
        scan = take_scan(&park, 0);
        value = scan->values[0];
        give_back(scan);
    } while (value.kind != VALUE_NUMBER);
    assert_true(value.as.number == 7);
    end(&park);
    stop_slave(&slave);
}

/* Nobody takes the scans: eight are out, the rest is counted, nothing waits. */
static void
test_an_engine_that_does_not_take_loses_and_counts(void **state)
{
    struct slave slave = {0};
    struct park park;
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;

    (void)state;
    bind_slave(&slave);
    start_slave(&slave);
    make_park(&park, slave.port);
    add_point(&park, 0, 7, 50);
    start(&park);
    while (atomic_load(&park.counters[0].dropped_scans) < 3 && clock_mono_ms() < until_ms)
        clock_sleep_until_ns(clock_mono_ns() + 5000000);
    end(&park);
    assert_true(atomic_load(&park.counters[0].dropped_scans) >= 3);
    assert_int_equal(park.counters[0].scans, STATION_SCANS);
    stop_slave(&slave);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_scan_arrives_whole),
        cmocka_unit_test(test_an_exception_fails_only_its_own_points),
        cmocka_unit_test(test_rarer_points_are_absent_in_between),
        cmocka_unit_test(test_a_dead_neighbour_is_probed_seldom),
        cmocka_unit_test(test_a_host_that_refuses_is_a_reading_and_comes_back),
        cmocka_unit_test(test_an_engine_that_does_not_take_loses_and_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

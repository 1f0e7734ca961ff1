/* What one device is asked and what comes of it: division, what is read once or kept on change,
 * set-up, exceptions that are no answer, and orders from outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/acquire/acquire.c"

#include "tests/unit/acquire_park.c"

static struct slave slave;
static struct park park;
static struct order order, watch;
static struct queue *done;

static int
set_up(void **state)
{
    (void)state;
    memset(&slave, 0, sizeof slave);
    bind_slave(&slave);
    start_slave(&slave);
    make_park(&park, slave.port);
    return queue_new(sizeof(struct order *), 4, 0, &done);
}

static int
tear_down(void **state)
{
    (void)state;
    end(&park);
    stop_slave(&slave);
    queue_free(done);
    return 0;
}

/* The next scan of device 0, its values copied. */
static void
next(struct value *values)
{
    struct scan *scan = take_scan(&park, 0);

    memcpy(values, scan->values, scan->count * sizeof *values);
    give_back(scan);
}

static void
test_a_block_that_is_refused_is_divided_in_the_same_scan(void **state)
{
    struct value values[3];

    (void)state;
    add_point(&park, 0, 498, 50);
    add_point(&park, 0, 550, 50);
    add_point(&park, 0, 602, 50);
    start(&park);
    for (int i = 0; i < 3; i++) {
        next(values);
        assert_true(values[0].kind == VALUE_NUMBER && values[0].as.number == (498 & 0xFF));
        assert_int_equal(values[1].quality, QUALITY_EXCEPTION);
        assert_int_equal(values[1].detail, 2);
        assert_true(values[2].kind == VALUE_NUMBER && values[2].as.number == (602 & 0xFF));
    }
    assert_int_equal(park.counters[0].divisions, 1);
    /* 1 that was refused, then 3 a scan: the division is remembered */
    assert_true(atomic_load(&park.counters[0].requests) <= 1 + 3 * 4);
    assert_true(park.counters[0].exceptions_by_number[2] >= 3);
}

/* Behind a gateway a dead device is an exception; it is probed like any other dead one. */
static void
test_a_gateway_s_exception_is_no_answer(void **state)
{
    (void)state;
    atomic_store(&slave.dead_exception, 11);
    add_point(&park, 0, 7, 50);
    add_point(&park, 1, 7, 50);
    add_point(&park, 1, 400, 50);
    start(&park);
    struct scan *scan = take_scan(&park, 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(scan->values[i].quality, QUALITY_EXCEPTION);
        assert_int_equal(scan->values[i].detail, 11);
    }
    give_back(scan);
    while (atomic_load(&park.counters[1].state) != DEVICE_OFFLINE)
        give_back(take_scan(&park, 0));
    assert_int_equal(atomic_load(&slave.dead), atomic_load(&park.counters[1].scans));
}

static void
test_a_busy_device_is_left_alone_until_the_next_scan(void **state)
{
    (void)state;
    atomic_store(&slave.dead_exception, 6);
    add_point(&park, 0, 7, 50);
    add_point(&park, 1, 7, 50);
    add_point(&park, 1, 400, 50);
    start(&park);
    for (int i = 0; i < 4; i++) {
        struct scan *scan = take_scan(&park, 1);
        assert_int_equal(scan->values[0].detail, 6);
        assert_int_equal(scan->values[1].detail, 6);
        give_back(scan);
    }
    assert_int_equal(atomic_load(&park.counters[1].state), DEVICE_DEGRADED);
    assert_true(atomic_load(&slave.dead) <= 5); /* one request a scan */
}

static void
test_what_is_read_once_is_absent_afterwards(void **state)
{
    struct value values[2];

    (void)state;
    add_point(&park, 0, 7, 50);
    add_point(&park, 0, 8, 50);
    park.points[0][1].once = true;
    start(&park);
    next(values);
    assert_true(values[1].as.number == 8);
    for (int i = 0; i < 3; i++) {
        next(values);
        assert_true(values[0].as.number == 7);
        assert_int_equal(values[1].kind, VALUE_ABSENT);
    }
}

static void
test_what_is_kept_on_change_is_absent_while_it_stays(void **state)
{
    struct value values[2];

    (void)state;
    atomic_store(&slave.kept[0], 5);
    add_point(&park, 0, 7, 50);
    add_point(&park, 0, 800, 50);
    park.points[0][1].on_change = true;
    start(&park);
    next(values);
    assert_true(values[1].as.number == 5);
    next(values);
    assert_int_equal(values[1].kind, VALUE_ABSENT);
    atomic_store(&slave.kept[0], 6);
    do {
        next(values);
    } while (values[1].kind == VALUE_ABSENT);
    assert_true(values[1].as.number == 6);
}

static struct note
take_note(void)
{
    for (;;) {
        struct message message = take(&park);
        if (message.kind == MESSAGE_NOTE)
            return message.as.note;
        give_back(message.as.scan);
    }
}

static void
test_set_up_writes_what_the_site_allows(void **state)
{
    static const struct set_up SET_UP[] = {{0, 12}, {1, 13}, {2, 0}};

    (void)state;
    add_point(&park, 0, 800, 50);
    add_point(&park, 0, 801, 50);
    add_point(&park, 0, 802, 50);
    park.points[0][0].writable = true; /* 801 is not */
    park.points[0][2].writable = true; /* has that value already */
    park.devices[0].set_up = SET_UP;
    park.devices[0].set_up_count = 3;
    start(&park);
    struct note note = take_note();
    assert_string_equal(note.kind, "register.written");
    assert_non_null(strstr(note.text, "written 12 by the set-up"));
    give_back(take_scan(&park, 0));
    give_back(take_scan(&park, 0));
    assert_int_equal(atomic_load(&slave.kept[0]), 12);
    assert_int_equal(atomic_load(&slave.kept[1]), 0);
    assert_int_equal(atomic_load(&slave.written), 1);
}

/* ---- orders ---- */

static void
wait_back(const struct order *wanted)
{
    struct order *back = NULL;

    while (back != wanted) {
        struct message message;
        if (queue_take(park.outlet.inbox, 0, &message) && message.kind == MESSAGE_SCAN)
            give_back(message.as.scan);
        assert_true(queue_take(done, clock_mono_ms() + PATIENCE_MS, &back));
    }
}

static void
place(enum order_kind kind)
{
    order.kind = kind;
    order.done = done;
    acquire_order(park.acquire, &order);
    wait_back(&order);
}

static void
test_orders_to_read(void **state)
{
    (void)state;
    add_point(&park, 0, 7, 50);
    start(&park);
    order = (struct order){.bus = "line",
                           .unit = 1,
                           .table = TABLE_HOLDING,
                           .address = 30,
                           .count = 2,
                           .timeout_ms = 50};
    place(ORDER_READ);
    assert_int_equal(order.result, ORDER_DONE);
    assert_int_equal(order.words[1], 31);
    order.address = 500;
    place(ORDER_READ);
    assert_int_equal(order.result, ORDER_FAILED);
    assert_int_equal(order.exception, 2);
    order.unit = 9;
    place(ORDER_READ);
    assert_int_equal(order.quality, QUALITY_TIMEOUT);
    snprintf(order.bus, sizeof order.bus, "nowhere");
    place(ORDER_READ);
    assert_int_equal(order.result, ORDER_REFUSED);
    assert_non_null(strstr(order.reason, "there is line"));
    assert_int_equal(park.counters[0].exceptions, 0); /* orders are not the device's numbers */
}

static void
test_orders_to_write(void **state)
{
    (void)state;
    add_point(&park, 0, 800, 50);
    add_point(&park, 0, 801, 50);
    park.points[0][0].writable = true;
    park.points[0][0].name = "setpoint";
    park.points[0][1].name = "other";
    start(&park);
    order = (struct order){.device = "good", .point = "setpoint", .value = 77, .who = "a test"};
    place(ORDER_WRITE);
    assert_int_equal(order.result, ORDER_DONE);
    assert_true(order.before == 0 && order.after == 77);
    assert_int_equal(atomic_load(&slave.kept[0]), 77);
    order = (struct order){.device = "good", .point = "other", .value = 1};
    place(ORDER_WRITE);
    assert_int_equal(order.result, ORDER_REFUSED);
    order = (struct order){.device = "good", .point = "setpoint", .value = 70000};
    place(ORDER_WRITE);
    assert_int_equal(order.result, ORDER_FAILED);
    order = (struct order){.device = "nobody", .point = "setpoint", .value = 1};
    place(ORDER_WRITE);
    assert_int_equal(order.result, ORDER_REFUSED);
    assert_int_equal(atomic_load(&slave.kept[1]), 0);
    assert_int_equal(atomic_load(&slave.written), 1);
}

static void
test_orders_to_scan(void **state)
{
    static struct order_value values[4];

    (void)state;
    add_point(&park, 0, 7, 50);
    add_point(&park, 0, 30, 3600000);
    add_point(&park, 0, 31, 50);
    park.points[0][0].name = "often";
    park.points[0][1].name = "seldom";
    park.points[0][2].name = "changing";
    park.points[0][2].on_change = true;
    start(&park);
    give_back(take_scan(&park, 0)); /* the first of the grid has all of them */
    for (int i = 0; i < 3; i++) {
        order = (struct order){.device = "good", .values = values, .value_capacity = 4};
        place(ORDER_SCAN);
        assert_int_equal(order.result, ORDER_DONE);
        assert_true(order.stored);
        assert_int_equal(order.value_count, 3);
        assert_string_equal(values[1].name, "seldom");
        assert_true(values[1].kind == VALUE_NUMBER && values[1].as.number == 30);
        assert_true(values[2].as.number == 31);
    }
    struct scan *scan = take_scan(&park, 0);
    for (int i = 0; i < 3 && scan->values[1].kind != VALUE_ABSENT; i++) { /* those just ordered */
        give_back(scan);
        scan = take_scan(&park, 0);
    }
    assert_int_equal(scan->values[1].kind, VALUE_ABSENT); /* the grid goes on as it was */
    assert_int_equal(scan->values[2].kind, VALUE_ABSENT);
    give_back(scan);
    order = (struct order){.device = "nobody", .values = values, .value_capacity = 4};
    place(ORDER_SCAN);
    assert_int_equal(order.result, ORDER_REFUSED);
    assert_non_null(strstr(order.reason, "'nobody'; there "));
    acquire_stop(park.acquire);
    order = (struct order){.device = "good", .values = values, .value_capacity = 4};
    place(ORDER_SCAN);
    assert_int_equal(order.result, ORDER_FAILED);
}

static void
test_watching_shows_every_frame_and_ends(void **state)
{
    struct order_frame frame;

    (void)state;
    add_point(&park, 0, 7, 50);
    start(&park);
    watch = (struct order){.kind = ORDER_WATCH, .bus = "line", .done = done};
    assert_int_equal(queue_new(sizeof frame, 8, 0, &watch.frames), 0);
    acquire_order(park.acquire, &watch);
    give_back(take_scan(&park, 0));
    give_back(take_scan(&park, 0));
    do {
        assert_true(queue_take(watch.frames, clock_mono_ms() + PATIENCE_MS, &frame));
    } while (!frame.sent);
    assert_int_equal(frame.length, 12);
    assert_int_equal(frame.bytes[9], 7);
    assert_true(queue_take(watch.frames, clock_mono_ms() + PATIENCE_MS, &frame));
    assert_false(frame.sent);
    assert_int_equal(frame.bytes[10], 7);
    order = (struct order){.bus = "line", .watch = &watch};
    place(ORDER_UNWATCH);
    assert_int_equal(watch.result, ORDER_DONE);
    queue_free(watch.frames);
}

/* Nobody waits for an order that will never be done. */
static void
test_a_bus_that_stops_gives_orders_back(void **state)
{
    struct order *back = NULL;

    (void)state;
    add_point(&park, 0, 7, 50);
    start(&park);
    watch = (struct order){.kind = ORDER_WATCH, .bus = "line", .done = done};
    assert_int_equal(queue_new(sizeof(struct order_frame), 8, 0, &watch.frames), 0);
    acquire_order(park.acquire, &watch);
    acquire_stop(park.acquire);
    assert_true(queue_take(done, 0, &back));
    assert_ptr_equal(back, &watch);
    order = (struct order){.bus = "line", .unit = 1, .table = TABLE_HOLDING, .count = 1};
    place(ORDER_READ);
    assert_int_equal(order.result, ORDER_FAILED);
    queue_free(watch.frames);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_block_that_is_refused_is_divided_in_the_same_scan),
        CASE(test_a_gateway_s_exception_is_no_answer),
        CASE(test_a_busy_device_is_left_alone_until_the_next_scan),
        CASE(test_what_is_read_once_is_absent_afterwards),
        CASE(test_what_is_kept_on_change_is_absent_while_it_stays),
        CASE(test_set_up_writes_what_the_site_allows),
        CASE(test_orders_to_read),
        CASE(test_orders_to_write),
        CASE(test_orders_to_scan),
        CASE(test_watching_shows_every_frame_and_ends),
        CASE(test_a_bus_that_stops_gives_orders_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

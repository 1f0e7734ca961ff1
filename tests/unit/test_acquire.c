/* Buses, their threads and whole scans against a slave thread: unit 1 answers, unit 9 never does,
 * registers 500 to 599 are exception 2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/acquire/acquire.c"

#include "base/clock.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 20000 /* longer than any of this takes, sanitizers included */

struct slave {
    int listener;
    uint16_t port;
    atomic_uint good, dead; /* requests to unit 1, to unit 9 */
    pthread_t thread;
};

static bool
serve_one(struct slave *slave, int fd)
{
    uint8_t asked[12];
    uint8_t frame[260] = {0};

    if (recv(fd, asked, sizeof asked, MSG_WAITALL) != sizeof asked)
        return false;
    if (asked[6] == 9) {
        atomic_fetch_add(&slave->dead, 1);
        return true;
    }
    atomic_fetch_add(&slave->good, 1);
    unsigned address = (unsigned)(asked[8] << 8 | asked[9]);
    unsigned count = asked[11];
    memcpy(frame, asked, 8);
    frame[5] = 3;
    if (address >= 500 && address < 600) {
        frame[7] |= 0x80;
        frame[8] = 2;
        return send(fd, frame, 9, MSG_NOSIGNAL) == 9;
    }
    frame[5] = (uint8_t)(3 + 2 * count);
    frame[8] = (uint8_t)(2 * count);
    for (unsigned i = 0; i < count; i++)
        frame[10 + 2 * i] = (uint8_t)(address + i);
    size_t length = 9 + 2 * count;
    return send(fd, frame, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static void *
serve(void *context)
{
    struct slave *slave = context;
    int fd;

    while ((fd = accept(slave->listener, NULL, NULL)) >= 0) {
        while (serve_one(slave, fd))
            continue;
        close(fd);
    }
    return NULL;
}

/* A port that nobody listens at yet. */
static void
bind_slave(struct slave *slave)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    slave->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(slave->listener, (struct sockaddr *)&address, length), 0);
    getsockname(slave->listener, (struct sockaddr *)&address, &length);
    slave->port = ntohs(address.sin_port);
}

static void
start_slave(struct slave *slave)
{
    assert_int_equal(listen(slave->listener, 8), 0);
    assert_int_equal(pthread_create(&slave->thread, NULL, serve, slave), 0);
}

static void
stop_slave(struct slave *slave)
{
    shutdown(slave->listener, SHUT_RDWR);
    pthread_join(slave->thread, NULL);
    close(slave->listener);
}

/* ---- a park of one bus and at most two devices ---- */

struct park {
    struct site site;
    struct bus bus;
    struct device devices[2];
    struct device *order[2];
    struct point points[2][3];
    struct device_counters counters[2];
    struct acquire_outlet outlet;
    struct acquire *acquire;
};

static void
stamp(void *context, int64_t mono_ms, struct stamp *ret_stamp)
{
    (void)context;
    *ret_stamp = (struct stamp){.mono_ms = mono_ms};
}

static void
make_park(struct park *park, uint16_t port)
{
    static const uint8_t UNITS[] = {1, 9};
    static const char *const NAMES[] = {"good", "dead"};

    memset(park, 0, sizeof *park);
    park->bus = (struct bus){.name = "line",
                             .kind = BUS_TCP,
                             .host = "127.0.0.1",
                             .port = port,
                             .connect_timeout_ms = 500,
                             .devices = park->order};
    park->site = (struct site){.buses = &park->bus, .bus_count = 1, .devices = park->devices};
    for (uint16_t i = 0; i < 2; i++) {
        park->order[i] = &park->devices[i];
        park->devices[i] = (struct device){.name = NAMES[i],
                                           .index = i,
                                           .bus = &park->bus,
                                           .gaps = true,
                                           .unit = UNITS[i],
                                           .every_ms = 50,
                                           .timeout_ms = 50,
                                           .guard_ms = 10,
                                           .backoff_max_ms = 1000,
                                           .max_registers = 125,
                                           .max_bits = 2000,
                                           .points = park->points[i]};
    }
    park->outlet = (struct acquire_outlet){.counters = park->counters, .stamp = stamp};
    assert_int_equal(queue_new(sizeof(struct message), 256, 32, &park->outlet.inbox), 0);
    log_set_level(LOG_LEVEL_ERROR);
}

static void
add_point(struct park *park, uint16_t device, uint16_t address, uint32_t every_ms)
{
    struct device *of = &park->devices[device];

    of->points[of->point_count++] = (struct point){.table = TABLE_HOLDING,
                                                   .address = address,
                                                   .registers = 1,
                                                   .type = TYPE_U16,
                                                   .scale = 1,
                                                   .every_ms = every_ms};
    if (park->bus.device_count <= device)
        park->bus.device_count = park->site.device_count = (uint16_t)(device + 1);
}

static void
start(struct park *park)
{
    assert_int_equal(acquire_start(&park->site, &park->outlet, &park->acquire), 0);
}

static void
end(struct park *park)
{
    acquire_stop(park->acquire);
    acquire_free(park->acquire);
    queue_free(park->outlet.inbox);
}

static struct message
take(struct park *park)
{
    struct message message;

    assert_true(queue_take(park->outlet.inbox, clock_mono_ms() + PATIENCE_MS, &message));
    return message;
}

static struct scan *
take_scan(struct park *park, uint16_t device)
{
    for (;;) {
        struct message message = take(park);
        if (message.kind != MESSAGE_SCAN)
            continue;
        if (message.as.scan->device == &park->devices[device])
            return message.as.scan;
        atomic_store(&message.as.scan->busy, false);
    }
}

static void
give_back(struct scan *scan)
{
    atomic_store(&scan->busy, false);
}

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
    do {
        scan = take_scan(&park, 0);
        give_back(scan);
    } while (scan->values[0].kind != VALUE_NUMBER);
    assert_true(scan->values[0].as.number == 7);
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

/* A park of one TCP bus and at most two devices for tests of acquire/, with a slave thread. Unit 1
 * answers: registers 500 to 599 are exception 2, those from 800 on can be written, the others hold
 * their addresses (the low bytes). Unit 9 does not, or with the exception it is told. Included by
 * the tests. */
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
    atomic_uint good, dead, written; /* requests to unit 1, to unit 9, writes */
    atomic_uint dead_exception;
    atomic_uint kept[64]; /* registers from 800 on */
    pthread_t thread;
};

/* 0: silence */
static bool
answer_exception(int fd, uint8_t *frame, unsigned exception)
{
    frame[7] |= 0x80;
    frame[8] = (uint8_t)exception;
    return exception == 0 || send(fd, frame, 9, MSG_NOSIGNAL) == 9;
}

static void
put_register(struct slave *slave, unsigned address, uint8_t *at)
{
    unsigned word = address >= 800 ? atomic_load(&slave->kept[address - 800]) : address & 0xFF;

    at[0] = (uint8_t)(word >> 8);
    at[1] = (uint8_t)word;
}

static bool
serve_one(struct slave *slave, int fd)
{
    uint8_t asked[12];
    uint8_t frame[260] = {0};

    if (recv(fd, asked, sizeof asked, MSG_WAITALL) != sizeof asked)
        return false;
    unsigned address = (unsigned)(asked[8] << 8 | asked[9]);
    unsigned count = asked[11];
    memcpy(frame, asked, 8);
    frame[5] = 3;
    if (asked[6] == 9) {
        atomic_fetch_add(&slave->dead, 1);
        return answer_exception(fd, frame, atomic_load(&slave->dead_exception));
    }
    if (asked[7] == 6) {
        atomic_store(&slave->kept[address - 800], (unsigned)(asked[10] << 8 | asked[11]));
        atomic_fetch_add(&slave->written, 1);
        return send(fd, asked, sizeof asked, MSG_NOSIGNAL) == sizeof asked;
    }
    atomic_fetch_add(&slave->good, 1);
    if (address + count > 500 && address < 600)
        return answer_exception(fd, frame, 2);
    frame[5] = (uint8_t)(3 + 2 * count);
    frame[8] = (uint8_t)(2 * count);
    for (unsigned i = 0; i < count; i++)
        put_register(slave, address + i, frame + 9 + 2 * i);
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

    of->points[of->point_count++] = (struct point){.name = "point",
                                                   .device = of,
                                                   .table = TABLE_HOLDING,
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

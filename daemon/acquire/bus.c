#include "daemon/acquire/bus.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS           1000000LL
#define CONNECT_WAIT_MS     1000
#define CONNECT_WAIT_MAX_MS 60000
#define FOLLOW_MS           500 /* until a changed interval is noticed */

void
bus_explain(const struct bus_reader *reader, uint8_t unit, enum line_result result,
            uint8_t exception, char *ret_reason, size_t size)
{
    static const char *const WORDS[] = {
        [LINE_OK] = "",
        [LINE_TIMEOUT] = "no answer in time",
        [LINE_CRC] = "answers with CRC errors",
        [LINE_EXCEPTION] = "Modbus exception",
        [LINE_REFUSED] = "connection refused or lost",
        [LINE_WRONG_ANSWER] = "answers that do not fit the request",
        [LINE_UNRESOLVED] = "the host name does not resolve",
        [LINE_NO_PORT] = "the serial port cannot be opened",
    };
    char number[8] = "";

    if (result == LINE_EXCEPTION)
        snprintf(number, sizeof number, " %u", exception);
    snprintf(ret_reason, size, "%s%s (%s, unit %u)", WORDS[result], number, reader->place, unit);
}

/* ---- the line ---- */

enum line_result
bus_connect(struct bus_reader *reader)
{
    int64_t now_ns = clock_mono_ns();

    if (line_is_open(reader->line))
        return LINE_OK;
    if (now_ns < reader->connect_after_ns)
        return reader->refused;
    enum line_result before = reader->refused;
    reader->refused = line_connect(reader->line);
    if (reader->refused == LINE_OK) {
        if (before != LINE_OK)
            log_notice("bus %s: %s is connected again", reader->bus->name, reader->place);
        reader->connect_wait_ms = 0;
        reader->connects++;
        return LINE_OK;
    }
    if (before == LINE_OK)
        log_warning("bus %s: %s", reader->bus->name, line_error(reader->line));
    reader->connect_wait_ms = reader->connect_wait_ms == 0 ? CONNECT_WAIT_MS
                                                           : reader->connect_wait_ms * 2;
    if (reader->connect_wait_ms > CONNECT_WAIT_MAX_MS)
        reader->connect_wait_ms = CONNECT_WAIT_MAX_MS;
    reader->connect_after_ns = clock_mono_ns() + reader->connect_wait_ms * NS_PER_MS;
    return reader->refused;
}

/* ---- the loop ---- */

/* When the first of the devices that answer is due. */
static int64_t
live_due_ns(const struct bus_reader *reader)
{
    int64_t due_ns = INT64_MAX;

    for (uint16_t i = 0; i < reader->station_count; i++)
        if (!station_is_probing(&reader->stations[i]) && reader->stations[i].due_ns < due_ns)
            due_ns = reader->stations[i].due_ns;
    return due_ns;
}

/* NULL on a bus without devices. */
static struct station *
next_due(const struct bus_reader *reader, int64_t *ret_due_ns)
{
    int64_t live_ns = live_due_ns(reader);
    int64_t now_ns = clock_mono_ns();
    struct station *next = NULL;

    *ret_due_ns = INT64_MAX;
    for (uint16_t i = 0; i < reader->station_count; i++) {
        int64_t due_ns = station_due_ns(&reader->stations[i], live_ns, now_ns);
        if (next != NULL && due_ns >= *ret_due_ns)
            continue;
        next = &reader->stations[i];
        *ret_due_ns = due_ns;
    }
    return next;
}

/* Until then, or until an order came, an interval may have changed or the bus is to end (false). */
static bool
wait_until(struct bus_reader *reader, int64_t due_ns)
{
    int64_t due_ms = due_ns / NS_PER_MS;
    int64_t look_ms = reader->follows ? clock_mono_ms() + FOLLOW_MS : INT64_MAX;

    while (!atomic_load(&reader->stopping) && clock_mono_ns() < due_ns) {
        int64_t now_ms = clock_mono_ms();
        struct order *order;
        if (reader->scan_count > 0)
            return false;
        atomic_store_explicit(&reader->alive_mono_ms, now_ms, memory_order_relaxed);
        if (due_ms - now_ms < 2) {
            clock_sleep_until_ns(due_ns);
            break;
        }
        if (now_ms >= look_ms)
            return false;
        int64_t until_ms = due_ms - 1 < now_ms + 10000 ? due_ms - 1 : now_ms + 10000;
        if (until_ms > look_ms)
            until_ms = look_ms;
        if (queue_take(reader->orders, until_ms, &order)) {
            bus_do_order(reader, order);
            return false; /* it may have taken long */
        }
    }
    return !atomic_load(&reader->stopping);
}

static void
follow(struct bus_reader *reader)
{
    int64_t now_ns = clock_mono_ns();

    for (uint16_t i = 0; i < reader->station_count && reader->follows; i++)
        station_follow(&reader->stations[i], now_ns);
}

static void *
run(void *context)
{
    struct bus_reader *reader = context;
    int64_t now_ns = clock_mono_ns();
    int64_t due_ns;

    thread_set_precise();
    for (uint16_t i = 0; i < reader->station_count; i++) {
        reader->stations[i].start_ns = now_ns;
        reader->stations[i].due_ns = now_ns;
    }
    while (!atomic_load(&reader->stopping)) {
        follow(reader);
        struct station *station = next_due(reader, &due_ns);
        if (wait_until(reader, due_ns) && station != NULL)
            bus_read_station(reader, station, NULL);
        bus_take_orders(reader);
        bus_do_scan(reader);
    }
    bus_end_watches(reader);
    line_close(reader->line);
    atomic_store(&reader->closed, true);
    bus_return_orders(reader);
    return NULL;
}

/* ---- life ---- */

static struct line_options
options_of(const struct bus *bus, const atomic_bool *cancel)
{
    static const enum line_kind KINDS[] = {
        [BUS_TCP] = LINE_TCP, [BUS_RTU] = LINE_RTU, [BUS_RTU_OVER_TCP] = LINE_RTU_OVER_TCP};

    return (struct line_options){.kind = KINDS[bus->kind],
                                 .host = bus->host,
                                 .port = bus->port,
                                 .path = bus->path,
                                 .baud = bus->baud,
                                 .parity = bus->parity,
                                 .data_bits = bus->data_bits,
                                 .stop_bits = bus->stop_bits,
                                 .connect_timeout_ms = bus->connect_timeout_ms,
                                 .cancel = cancel};
}

int
bus_init(struct bus_reader *reader, const struct site *site, const struct bus *bus,
         const struct acquire_outlet *outlet)
{
    struct line_options options = options_of(bus, &reader->stopping);

    reader->bus = bus;
    reader->outlet = outlet;
    if (bus->kind == BUS_RTU)
        snprintf(reader->place, sizeof reader->place, "%s", bus->path);
    else
        snprintf(reader->place, sizeof reader->place, "%s:%u", bus->host, bus->port);
    int error = queue_new(sizeof(struct order *), BUS_ORDERS, 0, &reader->orders);
    if (error == 0)
        error = line_new(&options, &reader->line);
    reader->stations = calloc(bus->device_count + 1U, sizeof *reader->stations);
    if (error == 0 && reader->stations == NULL)
        error = -ENOMEM;
    for (uint16_t i = 0; i < bus->device_count && error == 0; i++) {
        const struct device *device = bus->devices[i];
        reader->station_count++;
        reader->follows |= device->faster_ms != 0;
        error = station_init(&reader->stations[i], device, site->generation,
                             &outlet->counters[device->index]);
    }
    atomic_store(&reader->alive_mono_ms, clock_mono_ms());
    return error;
}

void
bus_done(struct bus_reader *reader)
{
    for (uint16_t i = 0; i < reader->station_count; i++)
        station_done(&reader->stations[i]);
    free(reader->stations);
    line_free(reader->line);
    if (reader->orders != NULL)
        bus_return_orders(reader);
    queue_free(reader->orders);
}

int
bus_start(struct bus_reader *reader)
{
    char name[16];

    snprintf(name, sizeof name, "bus %.11s", reader->bus->name);
    return thread_start(&reader->thread, name, run, reader);
}

void
bus_ask_to_stop(struct bus_reader *reader)
{
    atomic_store(&reader->stopping, true);
    if (reader->orders != NULL)
        queue_wake(reader->orders);
}

void
bus_join(struct bus_reader *reader)
{
    thread_join(&reader->thread);
}

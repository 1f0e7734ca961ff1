#include "daemon/acquire/bus.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/acquire/decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS           1000000LL
#define CONNECT_WAIT_MS     1000
#define CONNECT_WAIT_MAX_MS 60000

static void
count(atomic_ullong *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static enum quality
quality_of(enum line_result result)
{
    static const enum quality QUALITIES[] = {
        [LINE_OK] = QUALITY_GOOD,
        [LINE_TIMEOUT] = QUALITY_TIMEOUT,
        [LINE_CRC] = QUALITY_CRC,
        [LINE_EXCEPTION] = QUALITY_EXCEPTION,
        [LINE_REFUSED] = QUALITY_REFUSED,
        [LINE_WRONG_ANSWER] = QUALITY_WRONG_ANSWER,
        [LINE_UNRESOLVED] = QUALITY_UNRESOLVED,
        [LINE_NO_PORT] = QUALITY_NO_PORT,
    };

    return QUALITIES[result];
}

/* What an engineer reads at night: what happened, where. */
static void
explain(const struct bus_reader *reader, const struct device *device, enum line_result result,
        char ret_reason[EVENT_TEXT])
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

    snprintf(ret_reason, EVENT_TEXT, "%s (%s, unit %u)", WORDS[result], reader->place,
             device->unit);
}

/* ---- the line ---- */

/* One log line when a bus goes down or comes up, none for the attempts in between. */
static enum line_result
connect_line(struct bus_reader *reader)
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

static void
count_result(struct device_counters *counters, enum line_result result, int64_t took_ns)
{
    switch (result) {
    case LINE_OK: count(&counters->answers); break;
    case LINE_TIMEOUT: count(&counters->timeouts); break;
    case LINE_CRC: count(&counters->crc_errors); break;
    case LINE_EXCEPTION: count(&counters->exceptions); break;
    case LINE_WRONG_ANSWER: count(&counters->wrong_answers); break;
    case LINE_REFUSED:
    case LINE_UNRESOLVED:
    case LINE_NO_PORT: count(&counters->refused); break;
    }
    if (result != LINE_OK)
        return;
    uint32_t mean_us = atomic_load_explicit(&counters->response_us_mean, memory_order_relaxed);
    uint32_t took_us = (uint32_t)(took_ns / 1000);
    mean_us = mean_us == 0 ? took_us : (uint32_t)((mean_us * 15ULL + took_us) / 16);
    atomic_store_explicit(&counters->response_us_mean, mean_us, memory_order_relaxed);
}

static enum line_result
request_block(struct bus_reader *reader, struct station *station, const struct block *block,
              uint8_t *ret_exception)
{
    const struct device *device = station->device;
    struct line_request request = {.unit = device->unit,
                                   .function = (uint8_t)block->table,
                                   .address = block->address,
                                   .count = block->count,
                                   .timeout_ms = device->timeout_ms,
                                   .guard_ms = device->guard_ms};

    enum line_result result = connect_line(reader);
    if (result == LINE_OK) {
        int64_t begun_ns = clock_mono_ns();
        count(&station->counters->requests);
        result = line_ask(reader->line, &request, reader->words, ret_exception);
        count_result(station->counters, result, clock_mono_ns() - begun_ns);
    } else {
        count(&station->counters->refused);
    }
    atomic_store_explicit(&reader->alive_mono_ms, clock_mono_ms(), memory_order_relaxed);
    return result;
}

/* ---- a scan ---- */

static void
decode_block(struct bus_reader *reader, struct scan *scan, const struct block *block)
{
    for (uint16_t i = 0; i < block->point_count; i++) {
        uint16_t index = block->points[i];
        decode_point(scan, index,
                     reader->words + scan->device->points[index].address - block->address);
    }
}

/* No answer at all to one request: the device's other requests would only wait as long again. */
static bool
ends_scan(enum line_result result)
{
    return result != LINE_OK && result != LINE_EXCEPTION;
}

struct outcome {
    enum line_result result; /* the last that was not fine */
    uint8_t exception;
    bool answered, given_up;
};

static void
read_block(struct bus_reader *reader, struct station *station, struct scan *scan,
           const struct block *block, struct outcome *outcome)
{
    if (!outcome->given_up) {
        enum line_result result = request_block(reader, station, block, &outcome->exception);
        if (result == LINE_OK) {
            decode_block(reader, scan, block);
            outcome->answered = true;
            return;
        }
        outcome->result = result;
        outcome->answered |= result == LINE_EXCEPTION;
        outcome->given_up = ends_scan(result);
    }
    uint8_t detail = outcome->result == LINE_EXCEPTION ? outcome->exception : 0;
    decode_fail(scan, block->points, block->point_count, quality_of(outcome->result), detail);
}

static void
pause_between(struct bus_reader *reader, const struct device *device)
{
    if (device->delay_ms != 0 && line_is_open(reader->line))
        clock_sleep_until_ns(line_timing(reader->line)->answered_ns + device->delay_ms * NS_PER_MS);
}

static void
read_station(struct bus_reader *reader, struct station *station)
{
    struct outcome outcome = {.result = LINE_OK};
    char reason[EVENT_TEXT];
    struct scan *scan = station_take_scan(station);

    if (scan == NULL) {
        station_skip(station);
        return;
    }
    for (uint16_t i = 0; i < station->plan.block_count; i++) {
        const struct block *block = &station->plan.blocks[i];
        if (!station_is_block_due(station, block) && !station_is_probing(station))
            continue;
        read_block(reader, station, scan, block, &outcome);
        if (atomic_load_explicit(&reader->stopping, memory_order_relaxed))
            break;
        pause_between(reader, station->device);
    }
    bool open = line_is_open(reader->line);
    int64_t at_ns = open && outcome.answered ? line_timing(reader->line)->answered_ns
                                             : clock_mono_ns();
    station_hand_on(station, scan, at_ns / NS_PER_MS, reader->outlet);
    explain(reader, station->device, outcome.result, reason);
    station_conclude(station, outcome.answered, quality_of(outcome.result), reader->outlet, reason);
}

/* ---- the loop ---- */

static struct station *
next_due(struct bus_reader *reader)
{
    struct station *next = &reader->stations[0];

    for (uint16_t i = 1; i < reader->station_count; i++)
        if (reader->stations[i].due_ns < next->due_ns)
            next = &reader->stations[i];
    return next;
}

static bool
wait_until(struct bus_reader *reader, int64_t due_ns)
{
    uint8_t nothing;
    int64_t due_ms = due_ns / NS_PER_MS;

    while (!atomic_load(&reader->stopping) && clock_mono_ns() < due_ns) {
        int64_t now_ms = clock_mono_ms();
        atomic_store_explicit(&reader->alive_mono_ms, now_ms, memory_order_relaxed);
        if (due_ms - now_ms < 2) {
            clock_sleep_until_ns(due_ns);
            break;
        }
        int64_t until_ms = due_ms - 1 < now_ms + 10000 ? due_ms - 1 : now_ms + 10000;
        queue_take(reader->wake, until_ms, &nothing);
    }
    return !atomic_load(&reader->stopping);
}

static void *
run(void *context)
{
    struct bus_reader *reader = context;
    int64_t now_ns = clock_mono_ns();

    for (uint16_t i = 0; i < reader->station_count; i++) {
        reader->stations[i].start_ns = now_ns;
        reader->stations[i].due_ns = now_ns;
    }
    while (reader->station_count > 0) {
        struct station *station = next_due(reader);
        if (!wait_until(reader, station->due_ns))
            break;
        read_station(reader, station);
    }
    line_close(reader->line);
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
    int error = queue_new(1, 1, 0, &reader->wake);
    if (error == 0)
        error = line_new(&options, &reader->line);
    reader->stations = calloc(bus->device_count + 1U, sizeof *reader->stations);
    if (error == 0 && reader->stations == NULL)
        error = -ENOMEM;
    for (uint16_t i = 0; i < bus->device_count && error == 0; i++) {
        const struct device *device = bus->devices[i];
        reader->station_count++;
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
    queue_free(reader->wake);
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
    if (reader->wake != NULL)
        queue_wake(reader->wake);
}

void
bus_join(struct bus_reader *reader)
{
    thread_join(&reader->thread);
}

/* What is ordered from outside, between the bus's own requests: at most one order behind each. */
#include "base/clock.h"
#include "base/log.h"
#include "daemon/acquire/bus.h"
#include "daemon/acquire/decode.h"
#include "daemon/acquire/encode.h"
#include "daemon/acquire/history.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ORDER_GUARD_MS 100

static void
give_back(struct order *order, enum order_result result, const char *reason)
{
    order->result = result;
    snprintf(order->reason, sizeof order->reason, "%s", reason);
    queue_post(order->done, &order);
}

/* ---- reading ---- */

static void
do_read(struct bus_reader *reader, struct order *order)
{
    struct line_request request = {.unit = order->unit,
                                   .function = (uint8_t)order->table,
                                   .address = order->address,
                                   .count = order->count,
                                   .timeout_ms = order->timeout_ms,
                                   .guard_ms = ORDER_GUARD_MS};
    char reason[ORDER_TEXT] = "";

    order->exception = 0;
    enum line_result result = bus_connect(reader);
    if (result == LINE_OK) {
        result = line_ask(reader->line, &request, order->words, &order->exception);
        const struct line_timing *timing = line_timing(reader->line);
        order->response_us = (uint32_t)((timing->answered_ns - timing->sent_ns) / 1000);
        order->turnaround_us = (uint32_t)(timing->turnaround_ns / 1000);
    }
    order->quality = quality_of_line(result);
    if (result != LINE_OK)
        bus_explain(reader, order->unit, result, order->exception, reason, sizeof reason);
    give_back(order, result == LINE_OK ? ORDER_DONE : ORDER_FAILED, reason);
}

/* ---- writing ---- */

static double
read_point(struct bus_reader *reader, struct station *station, const struct point *point)
{
    const struct device *device = station->device;
    struct line_request request = {.unit = device->unit,
                                   .function = (uint8_t)point->table,
                                   .address = point->address,
                                   .count = point->table == TABLE_COIL ? 1 : point->registers,
                                   .timeout_ms = device->timeout_ms,
                                   .guard_ms = device->guard_ms,
                                   .pause_ms = device->delay_ms};
    struct point copy = *point;
    struct device alone = {.points = &copy, .point_count = 1};
    struct value value = {0};
    uint16_t words[ENCODE_WORDS], kept[ENCODE_WORDS];
    struct scan scan = {
        .device = &alone, .values = &value, .words = kept, .word_capacity = ENCODE_WORDS};
    uint8_t exception = 0;

    if (bus_ask(reader, station, &request, words, &exception) != LINE_OK)
        return (double)NAN;
    decode_point(&scan, 0, words);
    if (value.kind == VALUE_INTEGER)
        return (double)value.as.integer;
    if (value.kind == VALUE_NATURAL)
        return (double)value.as.natural;
    return value.kind == VALUE_NUMBER ? value.as.number : (double)NAN;
}

static void
note_write(const struct bus_reader *reader, const struct bus_write *write, bool taken)
{
    struct message message = {.kind = MESSAGE_NOTE};
    struct note *note = &message.as.note;

    note->kind = "register.written";
    note->phase = PHASE_NOTED;
    note->severity = taken ? SEVERITY_INFO : SEVERITY_WARNING;
    snprintf(note->subject, sizeof note->subject, "%.31s.%.31s", write->point->device->name,
             write->point->name);
    snprintf(note->text, sizeof note->text,
             "written %.10g by %.60s; before %.10g, reads back %.10g", write->value, write->who,
             write->before, write->after);
    log_notice("%s: %s", note->subject, note->text);
    queue_post_reserved(reader->outlet->inbox, &message);
}

static enum line_result
send_write(struct bus_reader *reader, struct station *station, const struct point *point,
           const uint16_t *words, uint8_t *ret_exception)
{
    const struct device *device = station->device;
    bool coil = point->table == TABLE_COIL;
    bool multiple = point->write_multiple || (!coil && point->registers > 1);
    struct line_request request = {
        .unit = device->unit,
        .function = (uint8_t)(coil ? (multiple ? 15 : 5) : (multiple ? 16 : 6)),
        .address = point->has_write_address ? point->write_address : point->address,
        .count = coil ? 1 : point->registers,
        .values = words,
        .timeout_ms = device->timeout_ms,
        .guard_ms = device->guard_ms,
        .pause_ms = device->delay_ms};

    return bus_ask(reader, station, &request, NULL, ret_exception);
}

/* Within half a step of its scale, or what a float32 rounds away. */
static bool
is_equal(const struct bus_write *write, double read)
{
    double apart = fabs(read - write->value);

    return apart <= fabs(write->point->scale) / 2 || apart <= fabs(write->value) * 1e-6;
}

const char *
bus_write_point(struct bus_reader *reader, struct station *station, struct bus_write *write)
{
    static _Thread_local char reason[ORDER_TEXT];
    uint16_t words[ENCODE_WORDS] = {0};
    uint8_t exception = 0;

    write->before = write->after = (double)NAN;
    const char *wrong = encode_point(write->point, write->value, words);
    if (wrong != NULL)
        return wrong;
    write->before = read_point(reader, station, write->point);
    if (write->only_if_different && is_equal(write, write->before))
        return NULL;
    enum line_result result = send_write(reader, station, write->point, words, &exception);
    write->after = read_point(reader, station, write->point);
    bool taken = is_equal(write, write->after);
    note_write(reader, write, taken);
    if (result != LINE_OK) {
        bus_explain(reader, station->device->unit, result, exception, reason, sizeof reason);
        return reason;
    }
    if (taken || isnan(write->after))
        return NULL; /* it was confirmed; some registers cannot be read */
    snprintf(reason, sizeof reason, "confirmed, but it reads back %.10g", write->after);
    return reason;
}

static struct station *
find_station(const struct bus_reader *reader, const char *name)
{
    for (uint16_t i = 0; i < reader->station_count; i++)
        if (strcmp(reader->stations[i].device->name, name) == 0)
            return &reader->stations[i];
    return NULL;
}

static const struct point *
find_point(const struct device *device, const char *name)
{
    for (uint16_t i = 0; i < device->point_count; i++)
        if (strcmp(device->points[i].name, name) == 0)
            return &device->points[i];
    return NULL;
}

static void
do_write(struct bus_reader *reader, struct order *order)
{
    struct station *station = find_station(reader, order->device);
    const struct point *point = station != NULL ? find_point(station->device, order->point) : NULL;

    if (point == NULL || !point->writable) {
        give_back(order, ORDER_REFUSED,
                  point == NULL ? "there is no such point"
                                : "the site file does not list this point as writable");
        return;
    }
    struct bus_write write = {.point = point, .value = order->value, .who = order->who};
    const char *wrong = bus_write_point(reader, station, &write);
    order->before = write.before;
    order->after = write.after;
    give_back(order, wrong == NULL ? ORDER_DONE : ORDER_FAILED, wrong != NULL ? wrong : "");
}

/* ---- watching ---- */

static void
show(void *context, const struct line_trace *trace)
{
    struct bus_reader *reader = context;
    struct order_frame frame = {.mono_ns = trace->mono_ns,
                                .sent = trace->sent,
                                .quality = (uint8_t)quality_of_line(trace->result)};

    frame.length = (uint16_t)(trace->length < sizeof frame.bytes ? trace->length
                                                                 : sizeof frame.bytes);
    memcpy(frame.bytes, trace->bytes, frame.length);
    for (int i = 0; i < BUS_WATCHERS; i++) {
        struct order *order = reader->watchers[i];
        if (order != NULL && !queue_post(order->frames, &frame))
            atomic_fetch_add_explicit(&order->lost, 1, memory_order_relaxed);
    }
}

static void
choose_watch(struct bus_reader *reader)
{
    bool any = false;

    for (int i = 0; i < BUS_WATCHERS; i++)
        any |= reader->watchers[i] != NULL;
    line_watch(reader->line, any ? show : NULL, reader);
}

static void
do_watch(struct bus_reader *reader, struct order *order)
{
    for (int i = 0; i < BUS_WATCHERS; i++)
        if (reader->watchers[i] == NULL) {
            reader->watchers[i] = order;
            choose_watch(reader);
            return;
        }
    give_back(order, ORDER_REFUSED, "this bus is watched by four others already");
}

static void
do_unwatch(struct bus_reader *reader, struct order *order)
{
    for (int i = 0; i < BUS_WATCHERS; i++)
        if (reader->watchers[i] == order->watch) {
            reader->watchers[i] = NULL;
            choose_watch(reader);
            give_back(order->watch, ORDER_DONE, "");
        }
    give_back(order, ORDER_DONE, "");
}

/* ---- scanning ---- */

/* Other orders are done in the midst of a scan, which has the bus's memory. */
static void
set_scan_aside(struct bus_reader *reader, struct order *order)
{
    if (reader->scan_count == BUS_ORDERS)
        give_back(order, ORDER_REFUSED, "the bus has too many orders already");
    else
        reader->scans[reader->scan_count++] = order;
}

void
bus_do_scan(struct bus_reader *reader)
{
    struct order *order = reader->scans[0];

    if (reader->scan_count == 0)
        return;
    reader->scan_count--;
    memmove(reader->scans, reader->scans + 1, reader->scan_count * sizeof(struct order *));
    struct station *station = find_station(reader, order->device);
    if (station == NULL) {
        give_back(order, ORDER_REFUSED, "there is no such device");
        return;
    }
    const char *wrong = bus_read_station(reader, station, order);
    give_back(order, wrong == NULL ? ORDER_DONE : ORDER_FAILED, wrong != NULL ? wrong : "");
}

/* ---- */

void
bus_do_order(struct bus_reader *reader, struct order *order)
{
    switch (order->kind) {
    case ORDER_READ: do_read(reader, order); break;
    case ORDER_WRITE: do_write(reader, order); break;
    case ORDER_WATCH: do_watch(reader, order); break;
    case ORDER_UNWATCH: do_unwatch(reader, order); break;
    case ORDER_SCAN: set_scan_aside(reader, order); break;
    }
}

void
bus_take_orders(struct bus_reader *reader)
{
    struct order *order;

    if (queue_depth(reader->orders) > 0 && queue_take(reader->orders, 0, &order))
        bus_do_order(reader, order);
}

void
bus_end_watches(struct bus_reader *reader)
{
    for (int i = 0; i < BUS_WATCHERS; i++)
        if (reader->watchers[i] != NULL) {
            give_back(reader->watchers[i], ORDER_FAILED, "the bus was stopped");
            reader->watchers[i] = NULL;
        }
    line_watch(reader->line, NULL, NULL);
    for (uint16_t i = 0; i < reader->scan_count; i++)
        give_back(reader->scans[i], ORDER_FAILED, "the bus was stopped");
    reader->scan_count = 0;
}

void
bus_return_orders(struct bus_reader *reader)
{
    struct order *order;

    while (queue_depth(reader->orders) > 0) /* a wake may end a take early */
        if (queue_take(reader->orders, 0, &order))
            give_back(order, ORDER_FAILED, "the bus was stopped");
}

/* Reading one device: the blocks of its plan that are due, one request each. What fails is a value
 * with its reason. A block the device refuses as a whole is divided and its parts are read at once,
 * so that nothing is missing while the plan learns. */
#include "base/clock.h"
#include "base/log.h"
#include "daemon/acquire/bus.h"
#include "daemon/acquire/decode.h"
#include "daemon/acquire/history.h"

#include <stdio.h>
#include <string.h>

#define NS_PER_MS    1000000LL
#define AGAIN_MS     60000
#define QUALIFIED_MS 50
#define FAULTS_MOST  2 /* answers that cannot be believed, before the rest of a scan is given up */

enum {
    EXCEPTION_ADDRESS = 2,
    EXCEPTION_VALUE = 3,
    EXCEPTION_ACKNOWLEDGE = 5,
    EXCEPTION_BUSY = 6,
    EXCEPTION_PATH = 10,
    EXCEPTION_TARGET = 11
};

struct outcome {
    enum line_result result; /* the last that was not fine */
    uint8_t exception, faults;
    bool answered, given_up, once_failed;
    int64_t answered_ns; /* the last one that was an answer */
};

enum line_result
bus_ask(struct bus_reader *reader, struct station *station, const struct line_request *request,
        uint16_t *ret_words, uint8_t *ret_exception)
{
    enum line_result result = bus_connect(reader);

    if (result == LINE_OK) {
        clock_sleep_until_ns(station->not_before_ns);
        atomic_fetch_add_explicit(&station->counters->requests, 1, memory_order_relaxed);
        result = line_ask(reader->line, request, ret_words, ret_exception);
        const struct line_timing *timing = line_timing(reader->line);
        station->not_before_ns = timing->answered_ns + station->device->delay_ms * NS_PER_MS;
        history_count(station->counters, result, *ret_exception, timing, clock_mono_ms());
        if (result == LINE_OK)
            station_measure(station, timing->turnaround_ns);
    } else {
        atomic_fetch_add_explicit(&station->counters->refused, 1, memory_order_relaxed);
    }
    atomic_store_explicit(&reader->alive_mono_ms, clock_mono_ms(), memory_order_relaxed);
    return result;
}

/* ---- one block ---- */

static uint64_t
fingerprint(const struct value *value, const uint16_t *words, uint16_t count)
{
    uint64_t sum = 14695981039346656037ULL ^ value->quality;

    for (uint16_t i = 0; i < count; i++)
        sum = (sum ^ words[i]) * 1099511628211ULL;
    return sum | 1; /* 0 is what nothing has been kept of */
}

/* Of a point that is kept on change: a value like the last is as if it had not been read. */
static void
forget_unchanged(struct station *station, struct scan *scan, uint16_t index, const uint16_t *words)
{
    const struct point *point = &station->device->points[index];
    uint64_t now = fingerprint(&scan->values[index], words, words != NULL ? point->registers : 0);

    if (!point->on_change)
        return;
    if (station->seen[index] == now && !station->is_extra)
        scan->values[index] = (struct value){.kind = VALUE_ABSENT};
    station->seen[index] = now;
}

static void
take_block(struct bus_reader *reader, struct station *station, struct scan *scan,
           const struct block *block)
{
    for (uint16_t i = 0; i < block->point_count; i++) {
        uint16_t index = block->points[i];
        const struct point *point = &station->device->points[index];
        const uint16_t *words = reader->words + (point->address - block->address);
        if (!station_is_point_due(station, point) && !station_is_probing(station))
            continue;
        decode_point(scan, index, words);
        forget_unchanged(station, scan, index, words);
        station->taken[index] = true;
    }
}

static void
fail_block(struct station *station, struct scan *scan, const struct block *block,
           const struct outcome *outcome)
{
    uint8_t detail = outcome->result == LINE_EXCEPTION ? outcome->exception : 0;

    for (uint16_t i = 0; i < block->point_count; i++) {
        uint16_t index = block->points[i];
        if (station->taken[index] ||
            (!station_is_point_due(station, &station->device->points[index]) &&
             !station_is_probing(station)))
            continue;
        decode_fail(scan, &index, 1, quality_of_line(outcome->result), detail);
        forget_unchanged(station, scan, index, NULL);
        station->taken[index] = true;
    }
}

/* No answer at all to one request: the device's other requests would only wait as long again. A
 * busy one is left alone until the next scan. Behind a gateway, "no answer" is an exception. */
static void
judge(struct outcome *outcome, enum line_result result, uint8_t exception)
{
    bool dead = result == LINE_EXCEPTION &&
                (exception == EXCEPTION_PATH || exception == EXCEPTION_TARGET);
    bool busy = result == LINE_EXCEPTION &&
                (exception == EXCEPTION_ACKNOWLEDGE || exception == EXCEPTION_BUSY);
    bool fault = result == LINE_CRC || result == LINE_WRONG_ANSWER;

    outcome->result = result;
    outcome->exception = exception;
    outcome->answered |= result == LINE_EXCEPTION && !dead;
    outcome->faults = (uint8_t)(outcome->faults + fault);
    outcome->given_up = fault ? outcome->faults >= FAULTS_MOST
                              : result != LINE_EXCEPTION || dead || busy;
}

static bool
is_divided(struct station *station, const struct block *block, const struct outcome *outcome)
{
    const char *name = station->device->name;
    struct block kept = *block;

    if (outcome->result != LINE_EXCEPTION ||
        (outcome->exception != EXCEPTION_ADDRESS && outcome->exception != EXCEPTION_VALUE))
        return false;
    if (!plan_divide(&station->plan, block))
        return false;
    if (station->plan.divisions == 1)
        log_notice("%s: registers %u to %u cannot be read at once (exception %u); they are read "
                   "apart from now on. `gaps` or `forbidden` in its map spares the attempt",
                   name, kept.address, kept.address + kept.count - 1U, outcome->exception);
    atomic_store_explicit(&station->counters->divisions, station->plan.divisions,
                          memory_order_relaxed);
    return true;
}

/* False when the plan is another one now: begin at its first block again. */
static bool
read_block(struct bus_reader *reader, struct station *station, struct scan *scan,
           const struct block *block, struct outcome *outcome)
{
    const struct device *device = station->device;
    struct line_request request = {.unit = device->unit,
                                   .function = (uint8_t)block->table,
                                   .address = block->address,
                                   .count = block->count,
                                   .timeout_ms = device->timeout_ms,
                                   .frame_timeout_ms = device->frame_timeout_ms,
                                   .guard_ms = device->guard_ms,
                                   .pause_ms = device->delay_ms};
    uint8_t exception = 0;
    enum line_result result = LINE_OK;

    if (!outcome->given_up) {
        result = bus_ask(reader, station, &request, reader->words, &exception);
        if (result == LINE_OK) {
            outcome->answered = true;
            outcome->answered_ns = line_timing(reader->line)->answered_ns;
            take_block(reader, station, scan, block);
            return true;
        }
        judge(outcome, result, exception);
        if (is_divided(station, block, outcome))
            return false;
    }
    outcome->once_failed |= block->once;
    fail_block(station, scan, block, outcome);
    return true;
}

/* ---- a scan ---- */

static bool
is_taken(const struct station *station, const struct block *block)
{
    for (uint16_t i = 0; i < block->point_count; i++)
        if (!station->taken[block->points[i]] &&
            (station_is_point_due(station, &station->device->points[block->points[i]]) ||
             station_is_probing(station)))
            return false;
    return true;
}

static bool
is_wanted(const struct station *station, const struct block *block)
{
    bool due = station_is_block_due(station, block) ||
               (station_is_probing(station) && !block->once);

    return due && !is_taken(station, block);
}

static void
read_blocks(struct bus_reader *reader, struct station *station, struct scan *scan,
            struct outcome *outcome)
{
    for (uint16_t i = 0; i < station->plan.block_count;) {
        const struct block *block = &station->plan.blocks[i];
        bool same = !is_wanted(station, block) || read_block(reader, station, scan, block, outcome);
        if (atomic_load_explicit(&reader->stopping, memory_order_relaxed))
            break;
        bus_take_orders(reader);
        i = same ? (uint16_t)(i + 1) : 0;
    }
}

/* The set-up of its map, as far as the site allows it, before the first scan after a connect. */
static void
set_up(struct bus_reader *reader, struct station *station)
{
    const struct device *device = station->device;

    for (uint16_t i = 0; i < device->set_up_count; i++) {
        struct bus_write write = {.point = &device->points[device->set_up[i].point],
                                  .value = device->set_up[i].value,
                                  .only_if_different = true,
                                  .who = "the set-up of its map"};
        const char *wrong = NULL;
        if (write.point->writable)
            wrong = bus_write_point(reader, station, &write);
        if (wrong != NULL)
            log_warning("%s: its set-up of %s: %s", device->name, write.point->name, wrong);
    }
}

/* What is done once after each connect; again after a while when it failed. */
static void
introduce(struct bus_reader *reader, struct station *station)
{
    if (station->connects != reader->connects && line_is_open(reader->line)) {
        station->connects = reader->connects;
        station->introduced = false;
        station->again_ns = 0;
        memset(station->seen, 0, station->device->point_count * sizeof *station->seen);
    }
    if (station->introduced && station->again_ns != 0 && clock_mono_ns() >= station->again_ns)
        station->introduced = false;
    if (!station->introduced && !station_is_probing(station) && station->device->set_up_count > 0)
        set_up(reader, station);
}

static unsigned
count_probing(const struct bus_reader *reader)
{
    unsigned probing = 0;

    for (uint16_t i = 0; i < reader->station_count; i++)
        probing += station_is_probing(&reader->stations[i]);
    return probing;
}

/* ---- an ordered scan ---- */

static void
show_value(const struct scan *scan, uint16_t index, struct order_value *shown)
{
    const struct value *value = &scan->values[index];

    *shown = (struct order_value){.kind = (enum value_kind)value->kind,
                                  .quality = (enum quality)value->quality,
                                  .detail = value->detail};
    snprintf(shown->name, sizeof shown->name, "%s", scan->device->points[index].name);
    if (value->kind == VALUE_TEXT)
        snprintf(shown->text, sizeof shown->text, "%.*s", value->text_length,
                 scan->text + value->as.text_at);
    else if (value->kind == VALUE_INTEGER)
        shown->as.integer = value->as.integer;
    else if (value->kind == VALUE_NATURAL)
        shown->as.natural = value->as.natural;
    else
        shown->as.number = value->as.number;
}

static void
show_values(const struct scan *scan, struct order *order)
{
    order->value_count = 0;
    for (uint16_t i = 0; i < scan->count && order->value_count < order->value_capacity; i++)
        if (scan->values[i].kind != VALUE_ABSENT)
            show_value(scan, i, &order->values[order->value_count++]);
}

/* The engine gives the values the qualities that need the site and hands the scan back: usually
 * within a millisecond. If it is busy, the order has those of the reading itself. */
static void
wait_qualified(const struct scan *scan, struct order *order)
{
    int64_t until_ms = clock_mono_ms() + QUALIFIED_MS;

    while (atomic_load_explicit(&scan->busy, memory_order_acquire) && clock_mono_ms() < until_ms)
        clock_sleep_until_ns(clock_mono_ns() + NS_PER_MS);
    if (!atomic_load_explicit(&scan->busy, memory_order_acquire))
        show_values(scan, order);
}

/* ---- */

static const char *
skip_scan(struct station *station, const struct order *order)
{
    if (order != NULL)
        return "the gateway is busy with the last scans of this device: ask again";
    station_skip(station);
    return NULL;
}

static void
hand_on(struct bus_reader *reader, struct station *station, struct scan *scan, int64_t at_ns,
        struct order *order)
{
    if (order != NULL)
        show_values(scan, order);
    bool taken = station_hand_on(station, scan, at_ns / NS_PER_MS, reader->outlet);
    if (order == NULL)
        return;
    order->at = scan->at;
    order->stored = taken;
    if (taken)
        wait_qualified(scan, order);
}

const char *
bus_read_station(struct bus_reader *reader, struct station *station, struct order *order)
{
    static _Thread_local char reason[EVENT_TEXT];
    struct outcome outcome = {.result = LINE_OK};
    struct scan *scan = station_take_scan(station);

    station_plan_anew(station);
    if (scan == NULL)
        return skip_scan(station, order);
    station->is_extra = order != NULL;
    bus_connect(reader);
    introduce(reader, station);
    read_blocks(reader, station, scan, &outcome);
    if (outcome.answered && !station_is_probing(station)) {
        station->introduced = true;
        station->again_ns = outcome.once_failed ? clock_mono_ns() + AGAIN_MS * NS_PER_MS : 0;
    }
    int64_t at_ns = outcome.answered_ns != 0 ? outcome.answered_ns : clock_mono_ns();
    hand_on(reader, station, scan, at_ns, order);
    bus_explain(reader, station->device->unit, outcome.result, outcome.exception, reason,
                sizeof reason);
    station_conclude(station, outcome.answered, quality_of_line(outcome.result),
                     count_probing(reader), reader->outlet, reason);
    station->is_extra = false;
    return outcome.answered ? NULL : reason;
}

/* The fields of what assess keeps, in their order in the state. Reading checks every number against
 * what the program could have written, so that a damaged state is refused and can never lead an
 * index astray. Format: state.c. */
#include "daemon/assess/exchange.h"

#include <stdio.h>
#include <string.h>

void
exchange_array(struct exchange *exchange, size_t count)
{
    if (exchange_count(exchange, count) != count)
        exchange->in->failed = true;
}

size_t
exchange_count(struct exchange *exchange, size_t count)
{
    if (exchange->in)
        return cbor_take_array(exchange->in);
    cbor_put_array(exchange->out, count);
    return count;
}

uint64_t
exchange_natural(struct exchange *exchange, uint64_t value, uint64_t max)
{
    if (exchange->out) {
        cbor_put_natural(exchange->out, value);
        return value;
    }
    value = cbor_take_natural(exchange->in);
    if (value <= max)
        return value;
    exchange->in->failed = true;
    return 0;
}

int64_t
exchange_integer(struct exchange *exchange, int64_t value)
{
    if (exchange->in)
        return cbor_take_integer(exchange->in);
    cbor_put_integer(exchange->out, value);
    return value;
}

double
exchange_number(struct exchange *exchange, double value)
{
    if (exchange->in)
        return cbor_take_double(exchange->in);
    cbor_put_double(exchange->out, value);
    return value;
}

bool
exchange_flag(struct exchange *exchange, bool value)
{
    if (exchange->in)
        return cbor_take_bool(exchange->in);
    cbor_put_bool(exchange->out, value);
    return value;
}

void
exchange_text(struct exchange *exchange, char *text, size_t size)
{
    if (exchange->out) {
        cbor_put_text(exchange->out, text, strlen(text));
        return;
    }
    size_t length = 0;
    const char *read = cbor_take_text(exchange->in, &length);
    if (!read || length >= size) {
        exchange->in->failed = true;
        length = 0;
    }
    snprintf(text, size, "%.*s", (int)length, read ? read : "");
}

void
exchange_stamp(struct exchange *exchange, struct stamp *stamp)
{
    exchange_array(exchange, 4);
    stamp->utc_ms = exchange_integer(exchange, stamp->utc_ms);
    stamp->mono_ms = exchange_integer(exchange, stamp->mono_ms);
    stamp->boot = (uint32_t)exchange_natural(exchange, stamp->boot, UINT32_MAX);
    stamp->clock = (enum clock_state)exchange_natural(exchange, stamp->clock, CLOCK_SET);
}

void
exchange_span(struct exchange *exchange, struct aggregate_span *span)
{
    exchange_array(exchange, 2);
    span->start_utc_ms = exchange_integer(exchange, span->start_utc_ms);
    span->end_utc_ms = exchange_integer(exchange, span->end_utc_ms);
}

void
exchange_tally(struct exchange *exchange, struct tally *tally)
{
    exchange_array(exchange, 5);
    tally->sum = exchange_number(exchange, tally->sum);
    tally->min = exchange_number(exchange, tally->min);
    tally->max = exchange_number(exchange, tally->max);
    tally->count = (uint32_t)exchange_natural(exchange, tally->count, UINT32_MAX);
    tally->valid = (uint32_t)exchange_natural(exchange, tally->valid, UINT32_MAX);
}

void
exchange_series(struct exchange *exchange, struct series *series)
{
    struct evidence_value values[SERIES_LENGTH];
    size_t count = exchange->out ? series_copy(series, values) : 0;
    count = exchange_count(exchange, count);
    if (count > SERIES_LENGTH) {
        exchange->in->failed = true;
        return;
    }
    struct series read = {0};
    for (size_t i = 0; i < count; i++) {
        struct evidence_value value = exchange->out ? values[i] : (struct evidence_value){0};
        exchange_array(exchange, 3);
        exchange_stamp(exchange, &value.at);
        value.number = exchange_number(exchange, value.number);
        value.quality = (uint8_t)exchange_natural(exchange, value.quality, UINT8_MAX);
        series_push(&read, &value);
    }
    if (exchange->in)
        *series = read;
}

void
exchange_hold(struct exchange *exchange, struct hold *hold)
{
    exchange_array(exchange, 5);
    hold->running = exchange_flag(exchange, hold->running);
    hold->paused = exchange_flag(exchange, hold->paused);
    hold->held_ms = exchange_integer(exchange, hold->held_ms);
    exchange_stamp(exchange, &hold->since);
    exchange_stamp(exchange, &hold->last);
}

void
exchange_event(struct exchange *exchange, struct event_state *event)
{
    exchange_array(exchange, 14);
    event->stage = (enum event_stage)exchange_natural(exchange, event->stage, EVENT_TRAILING);
    event->awaited = (uint8_t)exchange_natural(exchange, event->awaited, EVENTS_TRAILING);
    event->peak_is_new = exchange_flag(exchange, event->peak_is_new);
    event->sequence = exchange_natural(exchange, event->sequence, UINT64_MAX);
    exchange_text(exchange, event->store, sizeof event->store);
    event->order = exchange_natural(exchange, event->order, UINT64_MAX);
    exchange_stamp(exchange, &event->since);
    exchange_stamp(exchange, &event->recorded);
    event->value = exchange_number(exchange, event->value);
    event->peak = exchange_number(exchange, event->peak);
    event->escalated = exchange_flag(exchange, event->escalated);
    exchange_text(exchange, event->acknowledged_by, sizeof event->acknowledged_by);
    exchange_text(exchange, event->reason_code, sizeof event->reason_code);
    event->acknowledged_utc_ms = exchange_integer(exchange, event->acknowledged_utc_ms);
}

void
exchange_condition(struct exchange *exchange, struct condition_state *condition)
{
    exchange_array(exchange, 7);
    condition->verdict = (enum truth)exchange_natural(exchange, condition->verdict, TRUTH_TRUE);
    condition->pending = (enum truth)exchange_natural(exchange, condition->pending, TRUTH_TRUE);
    condition->bad = exchange_flag(exchange, condition->bad);
    condition->value = exchange_number(exchange, condition->value);
    exchange_stamp(exchange, &condition->since);
    exchange_stamp(exchange, &condition->read);
    exchange_hold(exchange, &condition->hold);
}

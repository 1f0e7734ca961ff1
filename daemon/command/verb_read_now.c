/* Verb read-now: a scan of a device outside its schedule, stored and judged like any other, its
 * values in the answer. How long it takes is bounded by the device's timeouts. */
#include "daemon/assess/assess.h"
#include "daemon/command/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PART         11000 /* bytes of a reply after which another part begins */
#define QUALITY_TEXT 32

static void
write_value(struct json *json, const struct order_value *value)
{
    char text[24];

    switch (value->kind) {
    case VALUE_NUMBER: json_number(json, value->as.number); return;
    case VALUE_INTEGER: /* 64 bits without a scale are text, as in docs/payloads */
        snprintf(text, sizeof text, "%" PRId64, value->as.integer);
        json_text(json, text);
        return;
    case VALUE_NATURAL:
        snprintf(text, sizeof text, "%" PRIu64, value->as.natural);
        json_text(json, text);
        return;
    case VALUE_TEXT: json_text(json, value->text); return;
    case VALUE_ABSENT:
    case VALUE_NONE: break;
    }
    json_none(json);
}

static void
write_quality(struct json *json, const struct order_value *value)
{
    char text[QUALITY_TEXT];

    if (value->quality == QUALITY_GOOD)
        return;
    json_key(json, value->name);
    if (value->quality == QUALITY_EXCEPTION)
        snprintf(text, sizeof text, "exception-%u", value->detail);
    else
        snprintf(text, sizeof text, "%s", quality_name(value->quality));
    json_text(json, text);
}

/* So many values from `at` on as a part has room for; returns the next one's place. */
static size_t
write_values(struct request *request, struct json *json, const struct order *order, size_t at)
{
    size_t room = request->reply.capacity < PART ? request->reply.capacity / 2 : PART;
    size_t end = at, qualities = 0;

    json_key(json, "values");
    json_begin_object(json);
    for (; end < order->value_count && request->reply.length + qualities < room; end++) {
        json_key(json, order->values[end].name);
        write_value(json, &order->values[end]);
        qualities += order->values[end].quality == QUALITY_GOOD ? 0 : ORDER_NAME + QUALITY_TEXT;
    }
    json_end_object(json);
    json_key(json, "quality");
    json_begin_object(json);
    for (size_t i = at; i < end; i++)
        write_quality(json, &order->values[i]);
    json_end_object(json);
    return end;
}

static void
answer(struct request *request, const struct order *order)
{
    bool failed = order->result == ORDER_FAILED, alive = true;
    struct json json;
    size_t at = 0, end;

    do {
        request_begin(request, &json, failed ? "failed" : "done");
        if (failed)
            request_put_reason(request, &json, order->reason);
        json_key(&json, "answer");
        json_begin_object(&json);
        json_key(&json, "t");
        if (order->at.utc_ms != 0 && order->at.clock != CLOCK_UNKNOWN)
            json_signed(&json, order->at.utc_ms);
        else
            json_none(&json);
        json_put_bool(&json, "stored", order->stored);
        end = write_values(request, &json, order, at);
        json_end_object(&json);
        at = end;
        alive = request_answer(request, &json, at == order->value_count);
    } while (alive && at < order->value_count);
}

const char *
verb_read_now(struct request *request)
{
    struct order *order = &request->order;

    *order = (struct order){.kind = ORDER_SCAN};
    order->values = (struct order_value *)(void *)request->page;
    order->value_capacity = request->scope->page_size / sizeof *order->values;
    snprintf(order->device, sizeof order->device, "%s", request_text(request, "device"));
    snprintf(order->who, sizeof order->who, "%s", request->who);
    const char *busy = request_place_order(request, order);
    if (busy != NULL)
        return busy;
    if (order->result == ORDER_REFUSED || order->value_count == 0)
        return order->reason;
    answer(request, order);
    return NULL;
}

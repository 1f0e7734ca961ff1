/* Verbs that become orders to a bus (daemon/order.h). */
#include "base/clock.h"
#include "daemon/assess/assess.h"
#include "daemon/command/verbs.h"
#include "daemon/command/watching.h"

#include <stdio.h>
#include <string.h>

#define TIMEOUT_MS 1000
#define REGISTERS  125 /* one Modbus answer (Modbus Application Protocol V1.1b3, 6.3) */

static void
begin(struct request *request, struct json *json, const struct order *order)
{
    static const char *const NAMES[] = {"done", "failed", "refused"};

    request_begin(request, json, NAMES[order->result]);
    if (order->result != ORDER_DONE)
        request_put_reason(request, json, order->reason);
}

static enum table
table_of(const char *name)
{
    static const char *const TABLES[] = {"", "coil", "discrete", "holding", "input"};

    for (int i = TABLE_COIL; i <= TABLE_INPUT; i++)
        if (strcmp(name, TABLES[i]) == 0)
            return (enum table)i;
    return TABLE_HOLDING;
}

static void
answer_read(struct request *request, const struct order *order)
{
    struct json json;

    begin(request, &json, order);
    if (order->result == ORDER_FAILED) {
        json_put_text(&json, "quality", quality_name(order->quality));
        json_put_natural(&json, "exception", order->exception);
    }
    json_key(&json, "answer");
    json_begin_object(&json);
    json_key(&json, "words");
    json_begin_array(&json);
    for (uint16_t i = 0; order->result == ORDER_DONE && i < order->count; i++)
        json_natural(&json, order->words[i]);
    json_end_array(&json);
    json_put_natural(&json, "response_us", order->response_us);
    json_put_natural(&json, "turnaround_us", order->turnaround_us);
    json_end_object(&json);
    request_answer(request, &json, true);
}

const char *
verb_read(struct request *request)
{
    struct order *order = &request->order;
    int64_t address = request_integer(request, "address", 0);
    int64_t count = request_integer(request, "count", 1);

    *order = (struct order){.kind = ORDER_READ, .table = table_of(request_text(request, "table"))};
    bool bits = order->table == TABLE_COIL || order->table == TABLE_DISCRETE;
    if (count > (bits ? ORDER_WORDS : REGISTERS) || address + count > 65536)
        return "'count' is 1 to 125 registers or 2000 bits, none behind 65535";
    snprintf(order->bus, sizeof order->bus, "%s", request_text(request, "bus"));
    order->unit = (uint8_t)request_integer(request, "unit", 0);
    order->address = (uint16_t)address;
    order->count = (uint16_t)count;
    order->timeout_ms = (uint32_t)request_integer(request, "timeout_ms", TIMEOUT_MS);
    const char *busy = request_place_order(request, order);
    if (busy == NULL)
        answer_read(request, order);
    return busy;
}

const char *
verb_write(struct request *request)
{
    struct order *order = &request->order;
    const char *name = request_text(request, "point"), *dot = strchr(name, '.');
    struct json json;

    if (dot == NULL || dot - name >= ORDER_NAME || strlen(dot + 1) >= ORDER_NAME)
        return "'point' must be DEVICE.POINT";
    *order = (struct order){.kind = ORDER_WRITE, .value = request_number(request, "value", 0)};
    snprintf(order->device, sizeof order->device, "%.*s", (int)(dot - name), name);
    snprintf(order->point, sizeof order->point, "%s", dot + 1);
    snprintf(order->who, sizeof order->who, "%s", request->who);
    const char *busy = request_place_order(request, order);
    if (busy != NULL)
        return busy;
    begin(request, &json, order);
    if (order->result != ORDER_REFUSED) { /* else no register was looked at */
        json_key(&json, "answer");
        json_begin_object(&json);
        json_put_number(&json, "before", order->before);
        json_put_number(&json, "after", order->after);
        json_end_object(&json);
    }
    request_answer(request, &json, true);
    return NULL;
}

/* ---- watching ---- */

/* watching's: a frame goes out as it came. */
static bool
pass_frame(void *context, const struct order_frame *frame, unsigned long long lost)
{
    struct request *request = context;
    bool alive = !request->is_gone(request);
    struct json json;

    if (request->parts == 0) {
        request_begin(request, &json, "accepted");
        alive = request_answer(request, &json, false);
    }
    if (alive && frame != NULL) {
        buf_clear(&request->reply);
        json_init(&json, &request->reply);
        watching_put_frame(&json, frame);
        alive = request->send(request, false);
    }
    if (alive && lost > 0) {
        buf_clear(&request->reply);
        json_init(&json, &request->reply);
        json_begin_object(&json);
        json_put_natural(&json, "lost", lost);
        json_end_object(&json);
        alive = request->send(request, false);
    }
    return alive;
}

const char *
verb_monitor(struct request *request)
{
    return watching_run(request, request_text(request, "bus"), pass_frame, request);
}

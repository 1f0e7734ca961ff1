/* Verbs of the socket that become orders to a bus. */
#include "base/clock.h"
#include "daemon/assess/assess.h"
#include "daemon/supervise/control_parts.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES     512 /* that wait for a slow client */
#define LOOK_MS    200
#define TIMEOUT_MS 1000

/* ---- members of a request ---- */

static const char *
take_text(const json_t *request, const char *key, char *ret_text, size_t size)
{
    const char *text = json_string_value(json_object_get(request, key));

    if (text == NULL || strlen(text) >= size)
        return NULL;
    memcpy(ret_text, text, strlen(text) + 1);
    return ret_text;
}

static bool
take_number(const json_t *request, const char *key, json_int_t most, json_int_t *ret_number)
{
    const json_t *member = json_object_get(request, key);

    if (member == NULL)
        return true; /* what it was stays */
    if (!json_is_integer(member) || json_integer_value(member) < 0 ||
        json_integer_value(member) > most)
        return false;
    *ret_number = json_integer_value(member);
    return true;
}

/* ---- orders ---- */

/* Posts it and waits until it is back: a bus gives every order back, also one that is stopped. */
static const char *
place(struct control_client *client, struct order *order)
{
    struct message message = {.kind = MESSAGE_ORDER, .as.order = order};
    struct order *back = NULL;

    order->done = client->done;
    if (!queue_post_reserved(client->control->outlet.inbox, &message))
        return "busy: ask again";
    while (back != order)
        queue_take(client->done, clock_mono_ms() + 10000, &back);
    return NULL;
}

static const char *
result_name(enum order_result result)
{
    static const char *const NAMES[] = {"done", "failed", "refused"};

    return NAMES[result];
}

static void
put_reason(struct json *json, const struct order *order)
{
    if (order->result != ORDER_DONE)
        json_put_text(json, "reason", order->reason);
}

const char *
control_read(struct control_client *client, const json_t *request)
{
    static const char *const TABLES[] = {"", "coil", "discrete", "holding", "input"};
    struct order *order = &client->order;
    json_int_t unit = 0, address = 0, count = 1, timeout_ms = TIMEOUT_MS;
    char table[16] = "holding";
    struct json json;

    *order = (struct order){.kind = ORDER_READ};
    if (take_text(request, "bus", order->bus, sizeof order->bus) == NULL)
        return "'bus' must be the name of a bus";
    if (!take_number(request, "unit", 255, &unit) ||
        !take_number(request, "address", 65535, &address) ||
        !take_number(request, "timeout_ms", ORDER_TIMEOUT_MAX_MS, &timeout_ms))
        return "'unit' is 0 to 255, 'address' 0 to 65535, 'timeout_ms' 0 to 3000";
    take_text(request, "table", table, sizeof table);
    for (int i = TABLE_COIL; i <= TABLE_INPUT; i++)
        if (strcmp(table, TABLES[i]) == 0)
            order->table = (enum table)i;
    if (order->table == 0)
        return "'table' must be holding, input, coil or discrete";
    bool bits = order->table <= TABLE_DISCRETE;
    if (!take_number(request, "count", bits ? ORDER_WORDS : 125, &count) || count == 0 ||
        address + count > 65536)
        return "'count' is 1 to 125 registers or 2000 bits, none behind 65535";
    order->unit = (uint8_t)unit;
    order->address = (uint16_t)address;
    order->count = (uint16_t)count;
    order->timeout_ms = (uint32_t)timeout_ms;
    const char *busy = place(client, order);
    if (busy != NULL)
        return busy;
    control_begin(client, &json, "read", result_name(order->result));
    put_reason(&json, order);
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
    json_end_object(&json);
    control_send(client);
    return NULL;
}

const char *
control_write(struct control_client *client, const json_t *request)
{
    struct order *order = &client->order;
    const json_t *value = json_object_get(request, "value");
    char name[2 * ORDER_NAME];
    struct json json;
    char *end = NULL;

    *order = (struct order){.kind = ORDER_WRITE};
    char *dot = take_text(request, "point", name, sizeof name) != NULL ? strchr(name, '.') : NULL;
    if (dot == NULL || dot - name >= ORDER_NAME || strlen(dot + 1) >= ORDER_NAME)
        return "'point' must be DEVICE.POINT";
    snprintf(order->device, sizeof order->device, "%.*s", (int)(dot - name), name);
    snprintf(order->point, sizeof order->point, "%s", dot + 1);
    snprintf(order->who, sizeof order->who, "%s", client->who);
    order->value = json_is_number(value) ? json_number_value(value) : (double)NAN;
    if (json_is_string(value))
        order->value = strtod(json_string_value(value), &end);
    if (!isfinite(order->value) ||
        (end != NULL && (*end != '\0' || end == json_string_value(value))))
        return "'value' must be a number";
    const char *busy = place(client, order);
    if (busy != NULL)
        return busy;
    control_begin(client, &json, "write", result_name(order->result));
    put_reason(&json, order);
    json_key(&json, "answer");
    json_begin_object(&json);
    json_put_number(&json, "before", order->before);
    json_put_number(&json, "after", order->after);
    json_end_object(&json);
    json_end_object(&json);
    control_send(client);
    return NULL;
}

/* ---- watching ---- */

static bool
send_frame(struct control_client *client, const struct order_frame *frame)
{
    /* the clock is asked when the frame is sent on: right to the millisecond, as far as a person
     * needs it; mono_ns is exact */
    int64_t utc_ms = clock_utc_ms() - (clock_mono_ns() - frame->mono_ns) / 1000000;
    struct json json;

    buf_clear(&client->reply);
    json_init(&json, &client->reply);
    json_begin_object(&json);
    json_put_integer(&json, "t", utc_ms);
    json_put_integer(&json, "mono_ns", frame->mono_ns);
    json_put_bool(&json, "sent", frame->sent);
    json_key(&json, "hex");
    json_hex(&json, frame->bytes, frame->length);
    json_put_text(&json, "result",
                  frame->quality == QUALITY_GOOD ? "ok" : quality_name(frame->quality));
    json_end_object(&json);
    return control_send(client);
}

static bool
is_gone(const struct control_client *client)
{
    struct pollfd waiting = {.fd = atomic_load(&client->fd), .events = POLLIN | POLLRDHUP};

    return atomic_load(&client->control->stopping) || poll(&waiting, 1, 0) > 0;
}

static bool
send_lost(struct control_client *client, unsigned long long lost)
{
    struct json json;

    buf_clear(&client->reply);
    json_init(&json, &client->reply);
    json_begin_object(&json);
    json_put_natural(&json, "lost", lost);
    json_end_object(&json);
    return control_send(client);
}

/* Until the client goes or the bus gives the order back (true). */
static bool
pass_frames(struct control_client *client, struct order *watch)
{
    struct order *back = NULL;
    struct order_frame frame;

    for (;;) {
        bool alive = true;
        if (queue_take(watch->frames, clock_mono_ms() + LOOK_MS, &frame))
            alive = send_frame(client, &frame);
        unsigned long long lost = atomic_exchange(&watch->lost, 0);
        if (alive && lost > 0)
            alive = send_lost(client, lost);
        if (queue_depth(client->done) > 0 && queue_take(client->done, 0, &back))
            return true;
        if (!alive || is_gone(client))
            return false;
    }
}

static void
end_watch(struct control_client *client, struct order *watch)
{
    struct order *order = &client->order;
    struct message message = {.kind = MESSAGE_ORDER, .as.order = order};
    struct order *back = NULL;
    bool watch_back = false, order_back = false;

    *order = (struct order){.kind = ORDER_UNWATCH, .watch = watch, .done = client->done};
    memcpy(order->bus, watch->bus, sizeof order->bus);
    while (!queue_post_reserved(client->control->outlet.inbox, &message))
        clock_sleep_until_ns(clock_mono_ns() + LOOK_MS * 1000000LL);
    while (!watch_back || !order_back) {
        if (!queue_take(client->done, clock_mono_ms() + 10000, &back))
            continue;
        watch_back |= back == watch;
        order_back |= back == order;
    }
}

const char *
control_monitor(struct control_client *client, const json_t *request)
{
    struct order *watch = &client->watch;
    struct message message = {.kind = MESSAGE_ORDER, .as.order = watch};
    struct order *back = NULL;
    struct json json;

    *watch = (struct order){.kind = ORDER_WATCH, .done = client->done};
    if (take_text(request, "bus", watch->bus, sizeof watch->bus) == NULL)
        return "'bus' must be the name of a bus";
    if (queue_new(sizeof(struct order_frame), FRAMES, 0, &watch->frames) != 0)
        return "no memory for it";
    bool posted = queue_post_reserved(client->control->outlet.inbox, &message);
    bool ended = posted && queue_take(client->done, clock_mono_ms() + LOOK_MS, &back);
    if (posted && !ended) {
        control_begin(client, &json, "monitor", "accepted");
        json_end_object(&json);
        ended = control_send(client) && pass_frames(client, watch);
        if (!ended)
            end_watch(client, watch);
    }
    queue_free(watch->frames);
    if (!posted)
        return "busy: ask again";
    return ended ? watch->reason : NULL;
}

#include "daemon/command/watching.h"

#include "base/clock.h"
#include "daemon/assess/assess.h"

#include <stdio.h>
#include <string.h>

#define FRAMES  512 /* that wait for a slow taker */
#define LOOK_MS 200

void
watching_put_frame(struct json *json, const struct order_frame *frame)
{
    /* the clock is asked when the frame is sent on: right to the millisecond, as far as a person
     * needs it; mono_ns is exact */
    int64_t utc_ms = clock_utc_ms() - (clock_mono_ns() - frame->mono_ns) / 1000000;

    json_begin_object(json);
    json_put_integer(json, "t", utc_ms);
    json_put_integer(json, "mono_ns", frame->mono_ns);
    json_put_bool(json, "sent", frame->sent);
    json_key(json, "hex");
    json_hex(json, frame->bytes, frame->length);
    json_put_text(json, "result",
                  frame->quality == QUALITY_GOOD ? "ok" : quality_name(frame->quality));
    json_end_object(json);
}

/* Until the taker has enough or the bus gives the order back (true). */
static bool
pass_frames(struct request *request, watching_take *take, void *context)
{
    struct order *watch = &request->watch, *back = NULL;
    struct order_frame frame;

    for (;;) {
        bool came = queue_take(watch->frames, clock_mono_ms() + LOOK_MS, &frame);
        bool on = take(context, came ? &frame : NULL, atomic_exchange(&watch->lost, 0));
        if (queue_depth(request->orders) > 0 && queue_take(request->orders, 0, &back))
            return true;
        if (!on || atomic_load(request->scope->stopping))
            return false;
    }
}

static void
end_watch(struct request *request)
{
    struct order *order = &request->order, *watch = &request->watch, *back = NULL;
    struct message message = {.kind = MESSAGE_ORDER, .as.order = order};
    bool watch_back = false, order_back = false;

    *order = (struct order){.kind = ORDER_UNWATCH, .watch = watch, .done = request->orders};
    memcpy(order->bus, watch->bus, sizeof order->bus);
    while (!queue_post_reserved(request->scope->inbox, &message))
        clock_sleep_until_ns(clock_mono_ns() + LOOK_MS * 1000000LL);
    while (!watch_back || !order_back) {
        if (!queue_take(request->orders, clock_mono_ms() + 10000, &back))
            continue;
        watch_back |= back == watch;
        order_back |= back == order;
    }
}

const char *
watching_run(struct request *request, const char *bus, watching_take *take, void *context)
{
    struct order *watch = &request->watch, *back = NULL;
    struct message message = {.kind = MESSAGE_ORDER, .as.order = watch};

    *watch = (struct order){.kind = ORDER_WATCH, .done = request->orders};
    snprintf(watch->bus, sizeof watch->bus, "%s", bus);
    if (queue_new(sizeof(struct order_frame), FRAMES, 0, &watch->frames) != 0)
        return "no memory for it";
    bool posted = queue_post_reserved(request->scope->inbox, &message);
    bool ended = posted && queue_take(request->orders, clock_mono_ms() + LOOK_MS, &back);
    if (posted && !ended) {
        ended = pass_frames(request, take, context);
        if (!ended)
            end_watch(request);
    }
    queue_free(watch->frames);
    if (!posted)
        return "busy: ask again";
    return ended ? watch->reason : NULL;
}

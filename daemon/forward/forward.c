/* A row of senders, one a destination; all that happens, happens in their threads. */
#include "daemon/forward/forward.h"

#include "base/clock.h"
#include "daemon/forward/sender.h"

#include <errno.h>
#include <stdlib.h>

struct forward {
    struct forward_outlet outlet;
    uint16_t count;
    struct sender senders[];
};

int
forward_start(const struct site *site, const struct forward_outlet *outlet,
              struct forward **ret_forward)
{
    struct forward *forward = calloc(1, sizeof *forward +
                                            site->destination_count * sizeof forward->senders[0]);
    if (!forward)
        return -ENOMEM;
    forward->outlet = *outlet;
    for (uint16_t i = 0; i < site->destination_count; i++) {
        forward->count++;
        int rc = sender_start(&forward->senders[i], site, &site->destinations[i], &forward->outlet);
        if (rc < 0) {
            forward_stop(forward, 0);
            forward_free(forward);
            return rc;
        }
    }
    *ret_forward = forward;
    return 0;
}

static void
wake(struct sender *sender)
{
    if (sender->queue)
        queue_wake(sender->queue);
}

void
forward_wake(struct forward *forward)
{
    for (uint16_t i = 0; i < forward->count; i++)
        wake(&forward->senders[i]);
}

void
forward_reply(struct forward *forward, struct command *command)
{
    struct link_event event = {.kind = LINK_EVENT_REPLY, .command = command};
    if (command->destination >= forward->count ||
        !queue_post(forward->senders[command->destination].queue, &event))
        atomic_store(&command->busy, false);
}

void
forward_stop(struct forward *forward, uint32_t grace_ms)
{
    int64_t stop = clock_mono_ms() + grace_ms;
    if (!forward)
        return;
    for (uint16_t i = 0; i < forward->count; i++) {
        atomic_store(&forward->senders[i].stop_mono_ms, stop);
        wake(&forward->senders[i]);
    }
    for (uint16_t i = 0; i < forward->count; i++)
        thread_join(&forward->senders[i].thread);
}

void
forward_free(struct forward *forward)
{
    if (!forward)
        return;
    for (uint16_t i = 0; i < forward->count; i++)
        sender_done(&forward->senders[i]);
    free(forward);
}

int64_t
forward_last_alive_mono_ms(const struct forward *forward, uint16_t destination)
{
    return atomic_load_explicit(&forward->senders[destination].alive_mono_ms, memory_order_relaxed);
}

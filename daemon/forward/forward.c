/* A row of senders, one a destination; all that happens, happens in their threads. */
#include "daemon/forward/forward.h"

#include "base/clock.h"
#include "daemon/forward/sender_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    for (uint16_t i = 0; i < forward->count; i++)
        if (strcmp(forward->senders[i].destination->name, command->destination) == 0 &&
            queue_post_reserved(forward->senders[i].queue, &event))
            return;
    command->lost = true;
    queue_post_reserved(command->answered, &command);
}

bool
forward_reconnect(struct forward *forward, const char *destination)
{
    for (uint16_t i = 0; i < forward->count; i++) {
        struct sender *sender = &forward->senders[i];
        if (strcmp(sender->destination->name, destination) != 0)
            continue;
        atomic_store(&sender->reconnect, true);
        wake(sender);
        return true;
    }
    return false;
}

static struct sender *
find(struct forward *forward, const char *destination)
{
    for (uint16_t i = 0; i < forward->count; i++)
        if (strcmp(forward->senders[i].destination->name, destination) == 0)
            return &forward->senders[i];
    return NULL;
}

int
forward_resend(struct forward *forward, const char *destination,
               const struct forward_resend *resend, char ret_why[200])
{
    struct sender *sender = find(forward, destination);
    if (!sender) {
        snprintf(ret_why, 200, "there is no destination '%.60s'", destination);
        return -ENOENT;
    }
    if ((sender->destination->streams & 1U << resend->stream) == 0) {
        snprintf(ret_why, 200,
                 "%.60s does not receive stream %s: see its `streams` in the site file",
                 destination, payload_stream_name(resend->stream));
        return -EINVAL;
    }
    if (atomic_fetch_add(&sender->asked_open, 1) >= RESEND_JOBS ||
        !queue_post(sender->asked, resend)) {
        atomic_fetch_sub(&sender->asked_open, 1);
        snprintf(ret_why, 200, "%.60s has %d of these to do already: wait for one to end",
                 destination, RESEND_JOBS);
        return -EBUSY;
    }
    wake(sender);
    return 0;
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

/* Commands on their way to the desk and answers on their way back. An answer outlives a short loss
 * of the connection; one that cannot be sent for a minute goes back to the desk as lost, so that no
 * command stays busy for ever. */
#include "base/clock.h"
#include "daemon/forward/sender_parts.h"

#include <string.h>

#define KEEP_MS 60000

/* Back to who waits for it; the spare command has nobody. */
static void
give_back(struct command *command, bool lost)
{
    command->lost = lost;
    if (command->answered)
        queue_post_reserved(command->answered, &command);
    else
        atomic_store(&command->busy, false);
}

void
replies_add(struct sender *sender, struct command *command, int64_t mono_ms)
{
    if (sender->reply_count == SENDER_REPLIES) {
        give_back(command, true);
        return;
    }
    sender->replies[sender->reply_count++] = (struct sender_reply){
        .command = command, .until_mono_ms = mono_ms + KEEP_MS};
}

static void
remove_at(struct sender *sender, size_t i)
{
    sender->reply_count--;
    memmove(&sender->replies[i], &sender->replies[i + 1],
            (sender->reply_count - i) * sizeof sender->replies[0]);
}

void
replies_feed(struct sender *sender, int64_t mono_ms)
{
    while (sender->reply_count) {
        struct command *command = sender->replies[0].command;
        struct mqtt_message message = {
            .topic = command->reply_topic,
            .payload = command->reply,
            .length = command->reply_length,
            .qos = 1,
            .content_type = "application/json",
            .correlation = command->correlation_length ? command->correlation : NULL,
            .correlation_length = command->correlation_length,
        };
        struct flight flight = {.cargo = CARGO_REPLY};
        if (!sender_publish(sender, &message, &flight, mono_ms))
            return;
        remove_at(sender, 0);
        give_back(command, false);
    }
}

void
replies_give_up(struct sender *sender, int64_t mono_ms, bool all)
{
    size_t i = 0;
    while (i < sender->reply_count) {
        struct command *command = sender->replies[i].command;
        if (!all && mono_ms < sender->replies[i].until_mono_ms) {
            i++;
            continue;
        }
        remove_at(sender, i);
        give_back(command, true);
    }
}

static void
mark_confirmed(void *context, enum stream stream, uint64_t first, uint64_t last)
{
    feed_confirmed(context, stream, first, last);
}

void
replies_take_slot(struct sender *sender, struct inbound_slot *slot)
{
    char error[200];
    if (inbound_is_acknowledge(sender->inbound, slot)) {
        if (inbound_acknowledge(slot, reader_store_id(sender->reader), mark_confirmed, sender,
                                error) < 0)
            sender_complain(sender, "acknowledge from the centre", error);
    } else {
        struct command *busy = inbound_command(sender->inbound, slot, &sender->spare);
        if (busy)
            replies_add(sender, busy, clock_mono_ms());
    }
    inbound_give_back(sender->inbound, slot);
}

void
replies_drain(struct sender *sender)
{
    struct link_event event;
    while (queue_depth(sender->queue)) {
        if (!queue_take(sender->queue, 0, &event)) /* somebody woke it: what is there stays */
            continue;
        if (event.kind == LINK_EVENT_REPLY)
            give_back(event.command, true);
        else if (event.kind == LINK_EVENT_INBOUND)
            inbound_give_back(sender->inbound, event.slot);
    }
    for (size_t i = 0; i < sender->waiting_count; i++)
        inbound_give_back(sender->inbound, sender->waiting[i]);
    sender->waiting_count = 0;
}

/* Sending what resend.h keeps: at most one payload a round, only while nothing live and no backlog
 * wants the room, within the backlog's rate and its part of the window. */
#include "base/log.h"
#include "daemon/forward/sender_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HOLD_REFUSED_MS    5000
#define HOLD_UNREADABLE_MS 10000

int
resend_begin(struct sender *sender)
{
    return queue_new(sizeof(struct forward_resend), RESEND_JOBS, 0, &sender->asked);
}

/* ---- telling ---- */

static unsigned long long
big(uint64_t number)
{
    return (unsigned long long)number;
}

static void
tell(struct sender *sender, const struct resend_job *job)
{
    struct message message = {.kind = MESSAGE_NOTE};
    struct note *note = &message.as.note;
    uint64_t missing = job->done.evicted + job->done.rejected;
    int used = snprintf(note->text, sizeof note->text, "%s %llu to %llu: %llu records sent again",
                        payload_stream_name(job->stream), big(job->first), big(job->last),
                        big(job->done.acknowledged));
    if (missing)
        snprintf(note->text + used, sizeof note->text - (size_t)used, "; %llu of %llu to %llu %s",
                 big(missing), big(job->missing_first), big(job->missing_last),
                 job->done.rejected ? "cannot be read or sent" : "are no longer in the store");
    note->kind = missing ? "resend.failed" : "resend.done";
    note->phase = PHASE_NOTED;
    note->severity = missing ? SEVERITY_WARNING : SEVERITY_INFO;
    note->count = job->done.acknowledged;
    snprintf(note->subject, sizeof note->subject, "%s", sender->destination->name);
    snprintf(note->who, sizeof note->who, "%s", job->who);
    log_notice("destination %s: %s", sender->destination->name, note->text);
    queue_post_reserved(sender->outlet->inbox, &message);
}

void
resend_follow(struct sender *sender)
{
    struct forward_resend asked;
    struct resend_job job;
    while (queue_depth(sender->asked) > 0 && queue_take(sender->asked, 0, &asked))
        if (!resend_add(&sender->resend, &asked))
            atomic_fetch_sub(&sender->asked_open, 1);
    while (resend_take_finished(&sender->resend, &job)) {
        atomic_fetch_sub(&sender->asked_open, 1);
        tell(sender, &job);
    }
}

void
resend_end(struct sender *sender)
{
    resend_follow(sender);
    for (size_t i = 0; i < sender->resend.count; i++) {
        const struct resend_job *job = &sender->resend.jobs[i];
        log_warning("destination %s: %s %llu to %llu were to be sent again: given up at %llu",
                    sender->destination->name, payload_stream_name(job->stream), big(job->first),
                    big(job->last), big(job->done.low + 1));
    }
}

/* ---- sending ---- */

/* Puts the source before the choice. False: nothing can be sent of it now. */
static bool
seek(struct sender *sender, struct resend_choice *choice, int64_t mono_ms)
{
    struct chunk chunk;
    int rc = reader_read(sender->reader, choice->stream, choice->first, choice->last, &chunk);
    if (rc < 0) {
        sender_complain(sender, payload_stream_name(choice->stream), strerror(-rc));
        sender->resend.hold_mono_ms = mono_ms + HOLD_UNREADABLE_MS;
        return false;
    }
    bool none = rc == 0 || chunk.first > chunk.last || chunk.first > choice->last;
    uint64_t there = none ? choice->last + 1 : chunk.first;
    if (there > choice->first)
        resend_missing(&sender->resend, choice->job, choice->first, there - 1, CURSOR_EVICTED);
    if (none)
        return false;
    choice->first = there;
    payload_begin(&sender->source, sender->reader, &chunk);
    sender->source.is_resend = true;
    return true;
}

static bool
publish(struct sender *sender, const struct resend_choice *choice, const char *topic,
        const struct payload_sent *sent, int64_t mono_ms)
{
    struct flight flight = {
        .cargo = CARGO_RESEND,
        .stream = choice->stream,
        .first = sent->first,
        .last = sent->last,
        .backlog = true,
        .job = choice->job,
    };
    if (!feed_publish(sender, topic, &flight, mono_ms))
        return false;
    pace_spend(&sender->pace, flight.bytes);
    resend_sent(&sender->resend, choice->job, sent->first, sent->last);
    return true;
}

/* False: not now. */
static bool
send_choice(struct sender *sender, struct resend_choice *choice, int64_t mono_ms)
{
    char topic[INBOUND_TOPIC];
    struct payload_sent sent;
    if (!seek(sender, choice, mono_ms))
        return true;
    const struct chunk *at = &sender->source.chunk;
    uint64_t end = at->last < choice->last ? at->last : choice->last;
    int rc = feed_build(sender, choice->stream, choice->last, topic, &sent);
    if (rc == -ENODATA)
        resend_missing(&sender->resend, choice->job, choice->first, end, CURSOR_REJECTED);
    else if (rc < 0)
        resend_missing(&sender->resend, choice->job, sent.first, sent.last, CURSOR_REJECTED);
    else
        return publish(sender, choice, topic, &sent, mono_ms);
    return true;
}

static bool
is_under_way(const struct sender *sender)
{
    for (size_t i = 0; i < sender->window.count; i++)
        if (sender->window.flights[i].cargo == CARGO_RESEND)
            return true;
    return false;
}

void
resend_feed(struct sender *sender, int64_t mono_ms)
{
    struct resend_choice choice;
    if (sender->resend.count == 0 || mono_ms < sender->resend.hold_mono_ms)
        return;
    if (!resend_choose(&sender->resend, &choice) && !is_under_way(sender))
        resend_rewind(&sender->resend, &sender->window);
    while (mono_ms >= sender->resend.hold_mono_ms &&
           pace_has_room(&sender->pace, &sender->window) &&
           resend_choose(&sender->resend, &choice)) {
        sender->has_source = false;
        if (!send_choice(sender, &choice, mono_ms))
            break;
    }
    resend_follow(sender);
}

void
resend_failed(struct sender *sender, int64_t mono_ms)
{
    resend_rewind(&sender->resend, &sender->window);
    sender->resend.hold_mono_ms = mono_ms + HOLD_REFUSED_MS;
}

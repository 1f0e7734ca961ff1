/* From the store to the wire: pace says what, the reader gives the bytes, payload writes them. One
 * chunk is kept and walked on, so that a backlog reads each segment once. Nothing here is counted
 * as done: that comes with the acknowledgement. */
#include "base/log.h"
#include "daemon/forward/sender_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HOLD_EMPTY_MS      1000
#define HOLD_UNREADABLE_MS 10000
#define HOLD_REFUSED_MS    5000
#define EMPTY_READS        5   /* then the stretch is taken as lost */
#define PACKET_OVERHEAD    256 /* of a PUBLISH beside topic and payload: user properties, alias */

/* The centre confirms in batches: so many messages of backlog may wait for its word, and after so
 * long a silence they are sent again. */
#define UNCONFIRMED_MESSAGES 256
#define UNCONFIRMED_MS       60000

void
feed_restart(struct sender *sender)
{
    const struct destination *destination = sender->destination;
    pace_init(&sender->pace, destination->backlog, destination->backlog_rate);
    for (enum stream i = STREAM_EVENT; i < STREAM_END; i++)
        if (book_wants(&sender->book, i))
            pace_begin(&sender->pace, i, book_cursor(&sender->book, i),
                       reader_durable(sender->reader, i));
    parcel_restart(&sender->parcel);
    resend_rewind(&sender->resend, &sender->window);
    sender->has_source = false;
    sender->empty_reads = 0;
    sender->unconfirmed = 0;
}

static void
hold(struct sender *sender, enum stream stream, int64_t until_mono_ms)
{
    sender->pace.streams[stream].hold_mono_ms = until_mono_ms;
}

/* [first, last] of the choice will never go out. */
static void
give_up(struct sender *sender, const struct pace_choice *choice, uint64_t first, uint64_t last,
        enum cursor_fate fate)
{
    log_warning("destination %s: %s %llu to %llu %s", sender->destination->name,
                payload_stream_name(choice->stream), (unsigned long long)first,
                (unsigned long long)last,
                fate == CURSOR_REJECTED ? "cannot be sent: too large or unreadable"
                                        : "is gone from the store");
    book_mark(&sender->book, choice->stream, first, last, fate);
    pace_sent(&sender->pace, choice, first, last, 0);
}

/* The store says it is there and does not give it: perhaps it comes, else it is gone. */
static void
read_nothing(struct sender *sender, const struct pace_choice *choice, int64_t mono_ms)
{
    if (++sender->empty_reads < EMPTY_READS) {
        hold(sender, choice->stream, mono_ms + HOLD_EMPTY_MS);
        return;
    }
    sender->empty_reads = 0;
    give_up(sender, choice, choice->first, choice->last, CURSOR_EVICTED);
}

/* A segment was read and gives no record: what is left of it cannot be read, now or ever. */
static void
lose_segment(struct sender *sender, const struct pace_choice *choice, int64_t mono_ms)
{
    const struct chunk *at = &sender->source.chunk;
    sender->has_source = false;
    if (at->next > at->last)
        read_nothing(sender, choice, mono_ms);
    else
        give_up(sender, choice, choice->first, at->last < choice->last ? at->last : choice->last,
                CURSOR_REJECTED);
}

/* Makes the source stand at the choice. False: try again later. */
static bool
seek(struct sender *sender, struct pace_choice *choice, int64_t mono_ms)
{
    const struct chunk *at = &sender->source.chunk;
    struct chunk chunk;
    if (sender->has_source && at->stream == choice->stream && at->next == choice->first &&
        at->next <= at->last)
        return true;
    sender->has_source = false;
    int rc = reader_read(sender->reader, choice->stream, choice->first, choice->last, &chunk);
    if (rc < 0) {
        sender_complain(sender, payload_stream_name(choice->stream), strerror(-rc));
        hold(sender, choice->stream, mono_ms + HOLD_UNREADABLE_MS);
        return false;
    }
    if (rc == 0 || chunk.first > chunk.last || chunk.first > choice->last) {
        read_nothing(sender, choice, mono_ms);
        return false;
    }
    sender->empty_reads = 0;
    if (chunk.first > choice->first) {
        give_up(sender, choice, choice->first, chunk.first - 1, CURSOR_EVICTED);
        choice->first = chunk.first;
    }
    payload_begin(&sender->source, sender->reader, &chunk);
    sender->has_source = true;
    return true;
}

static size_t
most_for(const struct sender *sender, size_t topic_length)
{
    size_t most = sender->link.max_packet, beside = PACKET_OVERHEAD + topic_length;
    if (most == 0)
        return SIZE_MAX;
    return most > beside ? most - beside : 1;
}

int
feed_build(struct sender *sender, enum stream stream, uint64_t last, char ret_topic[INBOUND_TOPIC],
           struct payload_sent *ret_sent)
{
    int length = snprintf(ret_topic, INBOUND_TOPIC, "%.220s%s", sender->base, parcel_topic(stream));
    size_t most = most_for(sender, (size_t)length);
    size_t limit = sender->destination->max_payload < most ? sender->destination->max_payload
                                                           : most;
    int rc = payload_build(&sender->source, last, atomic_load(sender->outlet->catalog_version),
                           limit, &sender->buf, ret_sent);
    return rc == 0 && sender->buf.length > most ? -E2BIG : rc;
}

bool
feed_publish(struct sender *sender, const char *topic, struct flight *flight, int64_t mono_ms)
{
    struct mqtt_message message = {
        .topic = topic,
        .payload = sender->buf.data,
        .length = sender->buf.length,
        .qos = 1,
    };
    parcel_wrap(&sender->parcel, flight->stream, sender->reader, sender->link.alias_maximum,
                &message);
    flight->bytes = message.length;
    return sender_publish(sender, &message, flight, mono_ms);
}

static bool
publish_records(struct sender *sender, const struct pace_choice *choice, const char *topic,
                const struct payload_sent *sent, int64_t mono_ms)
{
    struct flight flight = {
        .cargo = CARGO_RECORDS,
        .stream = choice->stream,
        .first = sent->first,
        .last = sent->last,
        .backlog = choice->backlog,
    };
    if (!feed_publish(sender, topic, &flight, mono_ms)) {
        sender->has_source = false;
        return false;
    }
    pace_sent(&sender->pace, choice, sent->first, sent->last, flight.bytes);
    if (sender->unconfirmed++ == 0)
        sender->confirmed_mono_ms = mono_ms;
    return true;
}

static bool
send_choice(struct sender *sender, struct pace_choice *choice, int64_t mono_ms)
{
    char topic[INBOUND_TOPIC];
    struct payload_sent sent;
    if (!seek(sender, choice, mono_ms))
        return true;
    int rc = feed_build(sender, choice->stream, choice->last, topic, &sent);
    if (rc == -ENODATA) {
        lose_segment(sender, choice, mono_ms);
        return true;
    }
    if (rc < 0) {
        give_up(sender, choice, sent.first, sent.last, CURSOR_REJECTED);
        return true;
    }
    return publish_records(sender, choice, topic, &sent, mono_ms);
}

/* The centre has not said a word for long: what it has not confirmed is sent again. */
static void
send_again(struct sender *sender)
{
    for (enum stream i = STREAM_EVENT; i < STREAM_END; i++)
        if (book_wants(&sender->book, i))
            pace_rewind(&sender->pace, i, book_cursor(&sender->book, i), &sender->window);
    sender->has_source = false;
    sender->unconfirmed = 0;
}

void
feed_records(struct sender *sender, int64_t mono_ms)
{
    struct pace_choice choice;
    bool centre = sender->destination->acknowledge_centre && sender->unconfirmed > 0;
    if (centre && mono_ms - sender->confirmed_mono_ms >= UNCONFIRMED_MS)
        send_again(sender);
    sender->pace.backlog_closed = atomic_load(&sender->stop_mono_ms) != 0 ||
                                  (centre && sender->unconfirmed >= UNCONFIRMED_MESSAGES);
    while (pace_choose(&sender->pace, &sender->window, mono_ms, &choice))
        if (!send_choice(sender, &choice, mono_ms))
            return;
    resend_feed(sender, mono_ms);
}

void
feed_acknowledged(struct sender *sender, const struct flight *flight)
{
    parcel_acknowledged(&sender->parcel, flight->stream);
    if (!sender->destination->acknowledge_centre)
        book_mark(&sender->book, flight->stream, flight->first, flight->last, CURSOR_ACKNOWLEDGED);
}

void
feed_failed(struct sender *sender, const struct flight *flight, int64_t mono_ms)
{
    pace_rewind(&sender->pace, flight->stream, book_cursor(&sender->book, flight->stream),
                &sender->window);
    sender->has_source = false;
    hold(sender, flight->stream, mono_ms + HOLD_REFUSED_MS);
}

void
feed_confirmed(struct sender *sender, enum stream stream, uint64_t first, uint64_t last)
{
    uint64_t durable = reader_durable(sender->reader, stream);
    if (last > durable)
        last = durable;
    if (first > last || !book_wants(&sender->book, stream))
        return;
    book_mark(&sender->book, stream, first, last, CURSOR_ACKNOWLEDGED);
    cursor_mark(&sender->pace.streams[stream].sent, first, last, CURSOR_ACKNOWLEDGED);
    sender->unconfirmed = 0;
}

bool
feed_is_idle(const struct sender *sender)
{
    for (enum stream i = STREAM_EVENT; i < STREAM_END; i++) {
        const struct pace_stream *one = &sender->pace.streams[i];
        if (one->head && one->head <= reader_durable(sender->reader, i))
            return false;
    }
    return true;
}

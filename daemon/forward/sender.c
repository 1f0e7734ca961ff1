/* The loop of one destination: take what happened (connection, acknowledgements, commands,
 * replies), then do what is due: connect, follow the store, publish status and pages, answer, send
 * records, save cursors. Everything that can wait long (names, the broker) costs this thread alone.
 */
#include "daemon/forward/sender_parts.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_MS         1000         /* between two looks at least */
#define SILENCE_MS      30000        /* messages under way and no PUBACK */
#define LEAVING_MS      5000         /* for what is under way before the link moves */
#define BUFFER_SPARE    (256 * 1024) /* above max_payload, for one large record alone */
#define PAGE_SIZE_USUAL ((size_t)4096 * 1024)

/* ---- sending ---- */

bool
sender_publish(struct sender *sender, const struct mqtt_message *message,
               const struct flight *flight, int64_t mono_ms)
{
    struct flight added = *flight;
    struct mqtt_message sent = *message;
    if (sender->link.state != LINK_UP || sender->window.count >= sender->window.limit)
        return false;
    added.sent_mono_ms = mono_ms;
    sent.token = window_add(&sender->window, &added);
    int rc = mqtt_publish(sender->link.mqtt, &sent);
    if (rc < 0) {
        window_take(&sender->window, sent.token, &added);
        return false;
    }
    atomic_fetch_add_explicit(&sender->counters->published, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&sender->counters->bytes, message->length, memory_order_relaxed);
    return true;
}

/* FNV-1a; never 0. */
static uint32_t
mark_of(const char *text)
{
    uint32_t mark = 2166136261U;
    for (; *text; text++)
        mark = (mark ^ (unsigned char)*text) * 16777619U;
    return mark | 1;
}

void
sender_complain(struct sender *sender, const char *what, const char *reason)
{
    char complaint[LINK_TEXT];
    snprintf(complaint, sizeof complaint, "%.90s: %.100s", what, reason);
    uint32_t mark = mark_of(complaint);
    for (size_t i = 0; i < SENDER_COMPLAINTS; i++)
        if (sender->complaints[i] == mark)
            return;
    sender->complaints[sender->complaint_count++ % SENDER_COMPLAINTS] = mark;
    log_warning("destination %s: %s", sender->destination->name, complaint);
}

/* ---- messages from the centre ---- */

/* A refusal needs the spare command: while that is on its way, the next message waits. */
static void
take_waiting(struct sender *sender)
{
    size_t taken = 0;
    while (taken < sender->waiting_count && !atomic_load(&sender->spare.busy))
        replies_take_slot(sender, sender->waiting[taken++]);
    sender->waiting_count -= taken;
    memmove(sender->waiting, sender->waiting + taken,
            sender->waiting_count * sizeof sender->waiting[0]);
}

/* ---- what happened ---- */

static void
came_up(struct sender *sender, int64_t mono_ms)
{
    char filter[INBOUND_TOPIC];
    size_t most = sender->link.receive_maximum > 1 ? sender->link.receive_maximum - 1U : 1;
    size_t asked = sender->destination->window;
    window_reset(&sender->window, asked < most ? asked : most);
    sender->acknowledged_mono_ms = mono_ms;
    memset(sender->complaints, 0, sizeof sender->complaints);
    atomic_fetch_add_explicit(&sender->counters->connects, 1, memory_order_relaxed);
    snprintf(filter, sizeof filter, "%.220scommand/+", sender->base);
    mqtt_subscribe(sender->link.mqtt, filter, 1);
    if (sender->destination->acknowledge_centre) {
        snprintf(filter, sizeof filter, "%.220sacknowledge", sender->base);
        mqtt_subscribe(sender->link.mqtt, filter, 1);
    }
    retained_restart(sender);
    feed_restart(sender);
}

static void
went_down(struct sender *sender)
{
    window_reset(&sender->window, 1);
    sender->status = NULL;
    for (size_t i = 0; i < sender->waiting_count; i++)
        inbound_give_back(sender->inbound, sender->waiting[i]);
    sender->waiting_count = 0;
}

static void
take_acknowledged(struct sender *sender, uint64_t token, int64_t mono_ms)
{
    struct flight flight;
    if (!window_take(&sender->window, token, &flight))
        return;
    sender->acknowledged_mono_ms = mono_ms;
    atomic_fetch_add_explicit(&sender->counters->acknowledged_messages, 1, memory_order_relaxed);
    atomic_store_explicit(&sender->counters->last_acknowledge_mono_ms, mono_ms,
                          memory_order_relaxed);
    if (flight.cargo == CARGO_RECORDS)
        feed_acknowledged(sender, &flight);
    else if (flight.cargo == CARGO_RESEND)
        resend_acknowledged(&sender->resend, flight.job, flight.first, flight.last);
}

static void
take_failed(struct sender *sender, const struct link_event *event, int64_t mono_ms)
{
    struct flight flight;
    if (!window_take(&sender->window, event->token, &flight))
        return;
    if (flight.cargo == CARGO_RECORDS) {
        sender_complain(sender, payload_stream_name(flight.stream), event->text);
        feed_failed(sender, &flight, mono_ms);
    } else if (flight.cargo == CARGO_RESEND) {
        sender_complain(sender, "records sent again", event->text);
        resend_failed(sender, mono_ms);
    } else {
        sender_complain(sender, "status, pages and replies", event->text);
        retained_failed(sender, &flight, mono_ms);
    }
}

static void
take_mqtt(struct sender *sender, const struct link_event *event, int64_t mono_ms)
{
    enum link_change change = link_take(&sender->link, event, mono_ms);
    if (change == LINK_CAME_UP)
        came_up(sender, mono_ms);
    else if (change == LINK_WENT_DOWN)
        went_down(sender);
    else if (event->what == MQTT_ACKNOWLEDGED)
        take_acknowledged(sender, event->token, mono_ms);
    else if (event->what == MQTT_NOT_PUBLISHED)
        take_failed(sender, event, mono_ms);
    else if (event->what == MQTT_NOT_SUBSCRIBED)
        sender_complain(sender, "commands cannot be subscribed to", event->text);
}

static void
take(struct sender *sender, const struct link_event *event, int64_t mono_ms)
{
    bool current = event->epoch == atomic_load(&sender->link.epoch);
    switch (event->kind) {
    case LINK_EVENT_MQTT:
        if (current)
            take_mqtt(sender, event, mono_ms);
        break;
    case LINK_EVENT_INBOUND:
        if (current && sender->link.state == LINK_UP)
            sender->waiting[sender->waiting_count++] = event->slot;
        else
            inbound_give_back(sender->inbound, event->slot);
        break;
    case LINK_EVENT_REPLY: replies_add(sender, event->command, mono_ms); break;
    }
}

/* ---- what is due ---- */

static void
follow_store(struct sender *sender, int64_t mono_ms)
{
    if (reader_store_changed(sender->reader)) {
        book_open(&sender->book);
        window_reset(&sender->window, sender->window.limit);
        resend_lose_all(&sender->resend);
        feed_restart(sender);
        if (sender->link.state == LINK_UP)
            sender->status = "online";
    }
    book_follow(&sender->book, &sender->pace, mono_ms);
}

static void
watch_silence(struct sender *sender, int64_t mono_ms)
{
    if (sender->link.state != LINK_UP || sender->window.count == 0 ||
        mono_ms - sender->acknowledged_mono_ms < SILENCE_MS ||
        mono_ms - window_oldest_mono_ms(&sender->window) < SILENCE_MS)
        return;
    link_desert(&sender->link, "no acknowledgement for 30 s", mono_ms);
    went_down(sender);
}

/* The first broker answers again: what is under way is acknowledged here, status says that we are
 * not here any more (the will is not published at a goodbye), then the link moves. */
static void
move_back(struct sender *sender, int64_t mono_ms)
{
    if (!sender->link.wants_return || sender->link.state != LINK_UP || sender->said_stopping) {
        sender->leaving_mono_ms = 0;
        return;
    }
    if (sender->leaving_mono_ms == 0) {
        sender->leaving_mono_ms = mono_ms;
        sender->status = "offline";
        sender->up_utc_ms = clock_utc_ms();
        return;
    }
    bool is_done = !sender->status && sender->window.count == 0 && sender->reply_count == 0;
    if (!is_done && mono_ms - sender->leaving_mono_ms < LEAVING_MS)
        return;
    sender->leaving_mono_ms = 0;
    link_return(&sender->link, mono_ms);
    went_down(sender);
}

/* True when the destination has said and heard all it will. */
static bool
wind_up(struct sender *sender, int64_t mono_ms)
{
    int64_t stop = atomic_load(&sender->stop_mono_ms);
    if (stop == 0)
        return false;
    if (sender->link.state != LINK_UP || mono_ms >= stop)
        return true;
    if (!sender->said_stopping && feed_is_idle(sender)) {
        sender->said_stopping = true;
        sender->status = "stopping";
        sender->up_utc_ms = clock_utc_ms();
    }
    return sender->said_stopping && !sender->status && sender->window.count == 0 &&
           sender->reply_count == 0 && sender->waiting_count == 0;
}

static void
publish_counters(struct sender *sender)
{
    struct destination_counters *counters = sender->counters;
    unsigned version = sender->link.state == LINK_UP ? sender->link.version : 0;
    atomic_store_explicit(&counters->broker, sender->link.brokers.at, memory_order_relaxed);
    atomic_store_explicit(&counters->state, (unsigned)sender->link.state, memory_order_relaxed);
    atomic_store_explicit(&counters->mqtt_version, version, memory_order_relaxed);
}

static void
heed_reconnect(struct sender *sender, int64_t mono_ms)
{
    if (!atomic_exchange(&sender->reconnect, false))
        return;
    if (sender->link.state == LINK_UP) {
        link_drop(&sender->link, "its credentials changed", mono_ms);
        went_down(sender);
    }
    sender->link.retry_mono_ms = mono_ms;
}

static void
work(struct sender *sender)
{
    int64_t now = clock_mono_ms();
    follow_store(sender, now);
    if (atomic_exchange(&sender->inbound->dropped, 0))
        sender_complain(sender, "messages of the broker were dropped",
                        "more came at once than a gateway keeps; who sends so many?");
    resend_follow(sender);
    heed_reconnect(sender, now);
    if (atomic_load(&sender->stop_mono_ms) == 0)
        link_step(&sender->link, now);
    watch_silence(sender, now);
    move_back(sender, now);
    if (sender->link.state == LINK_UP) {
        take_waiting(sender);
        retained_feed(sender, now);
        replies_feed(sender, now);
        if (!sender->said_stopping && sender->leaving_mono_ms == 0)
            feed_records(sender, now);
    }
    replies_give_up(sender, now, false);
    book_save(&sender->book, now, sender->window.count == 0);
    publish_counters(sender);
}

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t
next_mono_ms(const struct sender *sender)
{
    int64_t now = clock_mono_ms();
    int64_t next = earlier(now + IDLE_MS, book_next_mono_ms(&sender->book));
    int64_t stop = atomic_load(&sender->stop_mono_ms);
    if (stop)
        return earlier(next, stop);
    if (sender->link.state != LINK_UP)
        return earlier(next, link_next_mono_ms(&sender->link));
    return earlier(next, pace_next_mono_ms(&sender->pace, now));
}

static void *
run(void *context)
{
    struct sender *sender = context;
    struct link_event event;
    while (!wind_up(sender, clock_mono_ms())) {
        atomic_store_explicit(&sender->alive_mono_ms, clock_mono_ms(), memory_order_relaxed);
        work(sender);
        int64_t deadline = next_mono_ms(sender);
        while (queue_take(sender->queue, deadline, &event)) {
            take(sender, &event, clock_mono_ms());
            deadline = 0;
        }
    }
    book_save(&sender->book, clock_mono_ms(), true);
    replies_give_up(sender, clock_mono_ms(), true);
    resend_end(sender);
    link_close(&sender->link);
    publish_counters(sender);
    reader_close(sender->reader); /* before the store is closed; the rest waits for sender_done */
    sender->reader = NULL;
    return NULL;
}

/* ---- start and end ---- */

static int
take_memory(struct sender *sender)
{
    size_t page = sender->outlet->page_size ? sender->outlet->page_size : PAGE_SIZE_USUAL;
    size_t payload = sender->destination->max_payload + BUFFER_SPARE;
    sender->inbound = calloc(1, sizeof *sender->inbound);
    if (!sender->inbound)
        return -ENOMEM;
    size_t window = sender->destination->window < WINDOW_MAX ? sender->destination->window
                                                             : WINDOW_MAX;
    /* What can be under way twice, for the old connection's events and the new one's; and the rest.
     */
    int rc = queue_new(sizeof(struct link_event), 2 * window + 64 + INBOUND_SLOTS, 0,
                       &sender->queue);
    if (rc == 0)
        rc = buf_new(&sender->buf, payload > page ? payload : page);
    if (rc == 0)
        rc = parcel_open(&sender->parcel, sender->destination, sender->buf.capacity);
    if (rc == 0)
        rc = resend_begin(sender);
    if (rc == 0)
        rc = reader_open(sender->outlet->store, &sender->reader);
    return rc;
}

static void
set_names(struct sender *sender)
{
    const struct destination *destination = sender->destination;
    snprintf(sender->base, sizeof sender->base, "%.64s/v1/%.60s/%.60s/", destination->prefix,
             sender->site->park, sender->site->gateway);
    if (destination->client_id)
        snprintf(sender->client_id, sizeof sender->client_id, "%s", destination->client_id);
    else
        snprintf(sender->client_id, sizeof sender->client_id, "parkgate-%s",
                 reader_gateway_id(sender->reader));
    memcpy(sender->inbound->base, sender->base, sizeof sender->base);
    sender->inbound->destination = destination->name;
    sender->inbound->claim = sender->outlet->claim;
    sender->inbound->submit = sender->outlet->submit;
    sender->inbound->context = sender->outlet->context;
}

static void
set_link(struct sender *sender)
{
    struct link *link = &sender->link;
    link->destination = sender->destination;
    link->queue = sender->queue;
    link->notes = sender->outlet->inbox;
    link->inbound = sender->inbound;
    link->credentials = sender->outlet->credentials;
    link->client_id = sender->client_id;
    link->guard.state = sender->outlet->state;
    link->guard.counters = sender->counters;
    link->guard.stamp = sender->outlet->stamp;
    link->guard.timekeeper = sender->outlet->timekeeper;
    retained_init(sender);
    link_init(link, clock_mono_ms());
}

int
sender_start(struct sender *sender, const struct site *site, const struct destination *destination,
             const struct forward_outlet *outlet)
{
    char name[32];
    sender->site = site;
    sender->destination = destination;
    sender->outlet = outlet;
    sender->counters = &outlet->counters[destination->index];
    int rc = take_memory(sender);
    if (rc < 0)
        return rc;
    set_names(sender);
    set_link(sender);
    window_reset(&sender->window, 1);
    book_init(&sender->book, destination, sender->reader, outlet->cursors, sender->counters);
    book_open(&sender->book); /* here, so that "start: now" is now */
    atomic_store(&sender->alive_mono_ms, clock_mono_ms());
    snprintf(name, sizeof name, "to-%.20s", destination->name);
    return thread_start(&sender->thread, name, run, sender);
}

void
sender_done(struct sender *sender)
{
    if (sender->queue)
        replies_drain(sender);
    reader_close(sender->reader);
    buf_free(&sender->buf);
    parcel_close(&sender->parcel);
    queue_free(sender->queue);
    queue_free(sender->asked);
    free(sender->inbound);
}

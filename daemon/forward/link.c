/* A connection is one struct mqtt; each attempt makes a new one and has a new epoch, so that events
 * of an earlier one, still in the queue, are known as stale. One log line a change: connected, lost
 * with its reason, not connected with its reason (again only when the reason is another). Not here:
 * what is sent, and the window. */
#include "daemon/forward/link.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define BACKOFF_MOST_MS    60000
#define ATTEMPT_MOST_MS    90000 /* paho answers long before */
#define SETTLED_MS         30000 /* a connection that lasted so long was a good one */
#define DOWN_NOTE_AFTER_MS 60000

#define VERSION_5          5
#define VERSION_3_1_1      4

const struct broker *
link_broker(const struct link *link)
{
    return &link->destination->brokers[link->brokers.at];
}

static uint8_t
first_version(const struct destination *destination)
{
    return destination->mqtt_version == VERSION_3_1_1 ? VERSION_3_1_1 : VERSION_5;
}

void
link_init(struct link *link, int64_t mono_ms)
{
    brokers_init(&link->brokers, link->destination->broker_count);
    link->version = first_version(link->destination);
    link->state = LINK_DOWN;
    link->retry_mono_ms = link->changed_mono_ms = link->down_mono_ms = mono_ms;
    link->noted = NOTE_UNKNOWN; /* an earlier run may have left it open */
    snprintf(link->reason, sizeof link->reason, "not yet connected");
    link->guard.destination = link->destination;
    link->guard.notes = link->notes;
    link->guard.ca = link->ca;
    link->guard.certificate = link->certificate;
    link->guard.key = link->key;
    guard_init(&link->guard);
}

static uint32_t
chance(void)
{
    uint32_t number = 0;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) < 0)
        number = (uint32_t)getpid() * 2654435761U; /* Knuth, TAOCP 6.4: spreads small numbers */
    return number;
}

/* Between half of the back-off and all of it: gateways that lost one broker do not return as one.
 */
static int64_t
backoff_ms(unsigned failures)
{
    uint32_t most = failures < 5 ? 2000U << failures : BACKOFF_MOST_MS;
    return most / 2 + chance() % (most / 2 + 1);
}

static void
retry_later(struct link *link, int64_t mono_ms)
{
    link->retry_mono_ms = mono_ms + backoff_ms(link->failures++);
}

/* The next broker at once; after the last of them wait. */
static void
try_next(struct link *link, int64_t mono_ms)
{
    link->retry_mono_ms = mono_ms;
    if (brokers_fail(&link->brokers))
        retry_later(link, mono_ms);
}

/* ---- paho's threads ---- */

static bool
post_event(void *context, const struct mqtt_event *event)
{
    struct link *link = context;
    struct link_event posted = {
        .kind = LINK_EVENT_MQTT,
        .what = event->kind,
        .epoch = atomic_load(&link->epoch),
        .token = event->token,
        .reason = event->reason,
        .wrong_version = event->wrong_version,
        .receive_maximum = event->receive_maximum,
        .max_packet = event->max_packet,
        .alias_maximum = event->alias_maximum,
    };
    if (event->text)
        snprintf(posted.text, sizeof posted.text, "%s", event->text);
    if (event->kind == MQTT_MESSAGE) {
        posted.kind = LINK_EVENT_INBOUND;
        posted.slot = inbound_put(link->inbound, event);
        if (!posted.slot)
            return inbound_drop(link->inbound);
    }
    bool is_posted = queue_post(link->queue, &posted);
    if (is_posted || !posted.slot)
        return is_posted;
    inbound_give_back(link->inbound, posted.slot);
    return inbound_drop(link->inbound);
}

/* ---- connecting ---- */

static int
find_file(const struct link *link, const char *name, const char *what, bool secret,
          char ret_path[CREDENTIALS_PATH], char ret_error[LINK_TEXT])
{
    ret_path[0] = '\0';
    if (!name)
        return 0;
    return credentials_find(link->credentials, name, what, secret, ret_path, ret_error);
}

static int
find_secrets(struct link *link, char ret_error[LINK_TEXT])
{
    const struct destination *destination = link->destination;
    int rc = find_file(link, destination->ca, "CA file", false, link->ca, ret_error);
    if (rc == 0)
        rc = find_file(link, destination->certificate, "certificate", false, link->certificate,
                       ret_error);
    if (rc == 0)
        rc = find_file(link, destination->key, "key", true, link->key, ret_error);
    if (rc == 0)
        rc = guard_choose(&link->guard, link->certificate, link->key, ret_error);
    link->password[0] = '\0';
    if (rc == 0 && destination->password)
        rc = credentials_read(link->credentials, destination->password, "password", link->password,
                              ret_error);
    return rc;
}

static int
open_mqtt(struct link *link, char ret_error[LINK_TEXT])
{
    const struct destination *destination = link->destination;
    const struct broker *broker = link_broker(link);
    struct mqtt_options options = {
        .host = broker->host,
        .port = broker->port,
        .tls = broker->tls,
        .only_tls_1_3 = destination->tls_1_3,
        .client_id = link->client_id,
        .user = destination->user,
        .password = destination->password ? link->password : NULL,
        .ca = link->ca[0] ? link->ca : NULL,
        .certificate = link->certificate[0] ? link->certificate : NULL,
        .key = link->key[0] ? link->key : NULL,
        .version = link->version,
        .keepalive_s = destination->keepalive_s,
        .will_topic = link->will_topic,
        .will_payload = link->will,
        .will_length = link->will_length,
    };
    int rc = mqtt_new(&options, post_event, link, &link->mqtt, ret_error);
    return rc < 0 ? rc : mqtt_connect(link->mqtt, ret_error);
}

static void
forget(struct link *link)
{
    mqtt_free(link->mqtt);
    link->mqtt = NULL;
    atomic_fetch_add(&link->epoch, 1);
}

static void
go_down(struct link *link, const char *reason, int64_t mono_ms)
{
    forget(link);
    if (link->state == LINK_UP)
        link->down_mono_ms = mono_ms;
    link->state = LINK_DOWN;
    link->changed_mono_ms = mono_ms;
    link->wants_return = false;
    link->reason_of = link->brokers.at;
    if (reason != link->reason)
        snprintf(link->reason, sizeof link->reason, "%s", reason);
}

static void
fail(struct link *link, const char *reason, int64_t mono_ms)
{
    const struct broker *broker = link_broker(link);
    char *logged = link->logged[link->brokers.at];
    go_down(link, reason, mono_ms);
    link->version = first_version(link->destination);
    try_next(link, mono_ms);
    if (strcmp(link->reason, logged) == 0)
        return;
    memcpy(logged, link->reason, sizeof link->reason);
    log_warning("destination %s: not connected to %s:%u: %s; trying again at least once a minute",
                link->destination->name, broker->host, broker->port, link->reason);
}

static void
try_connecting(struct link *link, int64_t mono_ms)
{
    char error[LINK_TEXT] = "";
    link->state = LINK_CONNECTING;
    link->changed_mono_ms = mono_ms;
    int rc = find_secrets(link, error);
    if (rc == 0)
        rc = open_mqtt(link, error);
    if (rc < 0)
        fail(link, error, mono_ms);
}

/* ---- a long outage is an event ---- */

static void
write_outage(const struct link *link, enum event_phase phase, char *ret_text, size_t size)
{
    const struct destination *destination = link->destination;
    const struct broker *last = &destination->brokers[link->reason_of], *now = link_broker(link);
    bool several = destination->broker_count > 1;
    if (phase == PHASE_OPENED && several)
        snprintf(ret_text, size, "none of %u brokers; last %.60s:%u: %.100s",
                 destination->broker_count, last->host, last->port, link->reason);
    else if (phase == PHASE_OPENED)
        snprintf(ret_text, size, "%.190s", link->reason);
    else if (several)
        snprintf(ret_text, size, "connected to %.100s:%u", now->host, now->port);
}

static bool
post_note(const struct link *link, enum event_phase phase)
{
    struct message message = {.kind = MESSAGE_NOTE};
    struct note *note = &message.as.note;
    note->kind = "destination.down";
    note->phase = phase;
    note->severity = SEVERITY_WARNING;
    snprintf(note->subject, sizeof note->subject, "%s", link->destination->name);
    write_outage(link, phase, note->text, sizeof note->text);
    return queue_post_reserved(link->notes, &message);
}

static void
note_outage(struct link *link, int64_t mono_ms)
{
    bool is_up = link->state == LINK_UP;
    if (is_up && link->noted != NOTE_CLOSED && post_note(link, PHASE_CLOSED))
        link->noted = NOTE_CLOSED;
    else if (!is_up && link->noted != NOTE_OPENED &&
             mono_ms - link->down_mono_ms >= DOWN_NOTE_AFTER_MS && post_note(link, PHASE_OPENED))
        link->noted = NOTE_OPENED;
}

/* ---- the way back to the first broker ---- */

static void
look_for_first(struct link *link, int64_t mono_ms)
{
    const struct broker *first = &link->destination->brokers[0];
    bool answers;
    if (scout_returned(&link->scout, &answers))
        link->wants_return |= brokers_looked(&link->brokers, answers, chance(), mono_ms) &&
                              link->brokers.at != 0;
    else if (!link->scout.is_out && brokers_should_look(&link->brokers, mono_ms))
        scout_send(&link->scout, first->host, first->port);
}

void
link_return(struct link *link, int64_t mono_ms)
{
    const struct broker *first = &link->destination->brokers[0];
    log_notice("destination %s: leaving %s:%u: %s:%u answers again", link->destination->name,
               link_broker(link)->host, link_broker(link)->port, first->host, first->port);
    go_down(link, "going back to the first broker", mono_ms);
    brokers_return(&link->brokers);
    link->version = first_version(link->destination);
    link->retry_mono_ms = mono_ms;
}

/* ---- the destination's thread ---- */

void
link_step(struct link *link, int64_t mono_ms)
{
    if (link->state == LINK_CONNECTING && mono_ms - link->changed_mono_ms >= ATTEMPT_MOST_MS)
        fail(link, "the attempt to connect came to no end", mono_ms);
    if (link->state == LINK_DOWN && mono_ms >= link->retry_mono_ms)
        try_connecting(link, mono_ms);
    if (link->state == LINK_UP)
        look_for_first(link, mono_ms);
    guard_step(&link->guard, link_broker(link), link->state == LINK_UP, mono_ms);
    note_outage(link, mono_ms);
}

static enum link_change
take_connected(struct link *link, const struct link_event *event, int64_t mono_ms)
{
    const struct broker *broker = link_broker(link);
    link->state = LINK_UP;
    link->changed_mono_ms = mono_ms;
    link->receive_maximum = event->receive_maximum;
    link->max_packet = event->max_packet;
    link->alias_maximum = event->alias_maximum;
    memset(link->logged, 0, sizeof link->logged);
    brokers_connected(&link->brokers, chance(), mono_ms);
    guard_came_up(&link->guard, mono_ms);
    log_info("destination %s: connected to %s:%u (MQTT %s%s)", link->destination->name,
             broker->host, broker->port, link->version == VERSION_5 ? "5" : "3.1.1",
             broker->tls ? ", TLS" : "");
    return LINK_CAME_UP;
}

static void
take_refusal(struct link *link, const struct link_event *event, int64_t mono_ms)
{
    bool fall_back = event->wrong_version && link->version == VERSION_5 &&
                     link->destination->mqtt_version == 0;
    if (!fall_back) {
        char reason[LINK_TEXT];
        snprintf(reason, sizeof reason, "%s", event->text);
        if (event->reason <= 0) /* not the broker's word */
            guard_explain(&link->guard, link_broker(link), mono_ms, reason);
        fail(link, reason, mono_ms);
        return;
    }
    go_down(link, event->text, mono_ms);
    link->version = VERSION_3_1_1;
    link->retry_mono_ms = mono_ms;
}

enum link_change
link_take(struct link *link, const struct link_event *event, int64_t mono_ms)
{
    if (event->epoch != atomic_load(&link->epoch))
        return LINK_NOTHING;
    if (event->what == MQTT_CONNECTED && link->state == LINK_CONNECTING)
        return take_connected(link, event, mono_ms);
    if (event->what == MQTT_NOT_CONNECTED && link->state == LINK_CONNECTING)
        take_refusal(link, event, mono_ms);
    if (event->what != MQTT_LOST || link->state != LINK_UP)
        return LINK_NOTHING;
    link_drop(link, event->text, mono_ms);
    return LINK_WENT_DOWN;
}

static void
lose(struct link *link, const char *reason, bool was_good, int64_t mono_ms)
{
    log_warning("destination %s: lost %s:%u: %s", link->destination->name, link_broker(link)->host,
                link_broker(link)->port, reason);
    go_down(link, reason, mono_ms);
    if (was_good) {
        link->failures = 0;
        brokers_lost(&link->brokers);
        retry_later(link, mono_ms);
    } else {
        try_next(link, mono_ms);
    }
}

void
link_drop(struct link *link, const char *reason, int64_t mono_ms)
{
    lose(link, reason, mono_ms - link->changed_mono_ms >= SETTLED_MS, mono_ms);
}

void
link_desert(struct link *link, const char *reason, int64_t mono_ms)
{
    lose(link, reason, false, mono_ms);
}

void
link_close(struct link *link)
{
    scout_call_back(&link->scout);
    forget(link);
    link->state = LINK_DOWN;
}

int64_t
link_next_mono_ms(const struct link *link)
{
    return link->state == LINK_DOWN ? link->retry_mono_ms : link->changed_mono_ms + ATTEMPT_MOST_MS;
}

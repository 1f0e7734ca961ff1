/* A connection is one struct mqtt; each attempt makes a new one and has a new epoch, so that events
 * of an earlier one, still in the queue, are known as stale. One log line a change: connected, lost
 * with its reason, not connected with its reason (again only when the reason is another). Not here:
 * what is sent, and the window. */
#include "daemon/forward/link.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define BACKOFF_MOST_MS    60000
#define ATTEMPT_MOST_MS    90000 /* paho answers long before */
#define SETTLED_MS         30000 /* a connection that lasted so long was a good one */
#define DOWN_NOTE_AFTER_MS 60000

#define VERSION_5          5
#define VERSION_3_1_1      4

static uint8_t
first_version(const struct destination *destination)
{
    return destination->mqtt_version == VERSION_3_1_1 ? VERSION_3_1_1 : VERSION_5;
}

void
link_init(struct link *link, int64_t mono_ms)
{
    link->version = first_version(link->destination);
    link->state = LINK_DOWN;
    link->retry_mono_ms = link->changed_mono_ms = link->down_mono_ms = mono_ms;
    link->noted = NOTE_UNKNOWN; /* an earlier run may have left it open */
    snprintf(link->reason, sizeof link->reason, "not yet connected");
}

/* Between half of the back-off and all of it: gateways that lost one broker do not return as one.
 */
static int64_t
backoff_ms(unsigned failures)
{
    uint32_t most = failures < 5 ? 2000U << failures : BACKOFF_MOST_MS;
    uint32_t chance = 0;
    if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) < 0)
        chance = most / 3;
    return most / 2 + chance % (most / 2 + 1);
}

static void
retry_later(struct link *link, int64_t mono_ms)
{
    link->retry_mono_ms = mono_ms + backoff_ms(link->failures++);
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
    };
    if (event->text)
        snprintf(posted.text, sizeof posted.text, "%s", event->text);
    if (event->kind == MQTT_MESSAGE) {
        posted.kind = LINK_EVENT_INBOUND;
        posted.slot = inbound_put(link->inbound, event);
        if (!posted.slot)
            return false;
    }
    return queue_post(link->queue, &posted);
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
    struct mqtt_options options = {
        .host = destination->host,
        .port = destination->port,
        .tls = destination->tls,
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
    if (reason != link->reason)
        snprintf(link->reason, sizeof link->reason, "%s", reason);
}

static void
fail(struct link *link, const char *reason, int64_t mono_ms)
{
    go_down(link, reason, mono_ms);
    link->version = first_version(link->destination);
    retry_later(link, mono_ms);
    if (strcmp(link->reason, link->logged) == 0)
        return;
    memcpy(link->logged, link->reason, sizeof link->logged);
    log_warning("destination %s: not connected to %s:%u: %s; trying again at least once a minute",
                link->destination->name, link->destination->host, link->destination->port,
                link->reason);
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

static bool
post_note(const struct link *link, enum event_phase phase)
{
    struct message message = {.kind = MESSAGE_NOTE};
    struct note *note = &message.as.note;
    note->kind = "destination.down";
    note->phase = phase;
    note->severity = SEVERITY_WARNING;
    snprintf(note->subject, sizeof note->subject, "%s", link->destination->name);
    if (phase == PHASE_OPENED)
        snprintf(note->text, sizeof note->text, "%.190s", link->reason);
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

/* ---- the destination's thread ---- */

void
link_step(struct link *link, int64_t mono_ms)
{
    if (link->state == LINK_CONNECTING && mono_ms - link->changed_mono_ms >= ATTEMPT_MOST_MS)
        fail(link, "the attempt to connect came to no end", mono_ms);
    if (link->state == LINK_DOWN && mono_ms >= link->retry_mono_ms)
        try_connecting(link, mono_ms);
    note_outage(link, mono_ms);
}

static enum link_change
take_connected(struct link *link, const struct link_event *event, int64_t mono_ms)
{
    link->state = LINK_UP;
    link->changed_mono_ms = mono_ms;
    link->receive_maximum = event->receive_maximum;
    link->max_packet = event->max_packet;
    link->logged[0] = '\0';
    log_info("destination %s: connected to %s:%u (MQTT %s%s)", link->destination->name,
             link->destination->host, link->destination->port,
             link->version == VERSION_5 ? "5" : "3.1.1", link->destination->tls ? ", TLS" : "");
    return LINK_CAME_UP;
}

static void
take_refusal(struct link *link, const struct link_event *event, int64_t mono_ms)
{
    bool fall_back = event->wrong_version && link->version == VERSION_5 &&
                     link->destination->mqtt_version == 0;
    if (!fall_back) {
        fail(link, event->text, mono_ms);
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

void
link_drop(struct link *link, const char *reason, int64_t mono_ms)
{
    if (mono_ms - link->changed_mono_ms >= SETTLED_MS)
        link->failures = 0;
    log_warning("destination %s: lost %s:%u: %s", link->destination->name, link->destination->host,
                link->destination->port, reason);
    go_down(link, reason, mono_ms);
    retry_later(link, mono_ms);
}

void
link_close(struct link *link)
{
    forget(link);
    link->state = LINK_DOWN;
}

int64_t
link_next_mono_ms(const struct link *link)
{
    return link->state == LINK_DOWN ? link->retry_mono_ms : link->changed_mono_ms + ATTEMPT_MOST_MS;
}

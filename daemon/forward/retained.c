/* What the broker keeps for those who come later: status (with the will as its last word), and the
 * pages that others put on the board: each is published when its version is another than the one
 * this connection has published. An emptied page clears its topic. */
#include "base/clock.h"
#include "base/json.h"
#include "daemon/forward/sender_parts.h"

#include <stdio.h>
#include <string.h>

#define PAGE_RETRY_MS   10000
#define HEALTH_EXPIRY_S 3600 /* 120 times the interval of health: older says nothing of now */

/* 2026-01-01: before that no clock of ours can be right. */
#define EARLIEST_UTC_MS 1767225600000LL

static const char *const page_topics[PAGE_COUNT] = {
    [PAGE_HEALTH] = "health",
    [PAGE_ALARMS] = "alarms",
    [PAGE_HEADROOM] = "headroom",
    [PAGE_CATALOG_POINTS] = "catalog/points",
    [PAGE_CATALOG_UNITS] = "catalog/units",
    [PAGE_CATALOG_ASSETS] = "catalog/assets",
    [PAGE_CATALOG_LIMITS] = "catalog/limits",
    [PAGE_CATALOG_DESTINATIONS] = "catalog/destinations",
    [PAGE_CATALOG_KEY] = "catalog/key",
    [PAGE_CATALOG_BUSES] = "catalog/buses",
    [PAGE_CATALOG_WORDS] = "catalog/words",
};

static const char *const clock_names[] = {
    [CLOCK_UNKNOWN] = "unknown",
    [CLOCK_RESTORED] = "restored",
    [CLOCK_SYNCHRONISED] = "synchronised",
    [CLOCK_SET] = "set",
};

/* For who signs a command: by the time, or by the challenge while the clock is not known
 * (docs/commands.md). Not in the will: nobody can be commanded then. */
static void
write_clock(const struct sender *sender, struct json *json)
{
    json_put_text(json, "clock", clock_names[sender->clock]);
    if (sender->challenge[0])
        json_put_text(json, "challenge", sender->challenge);
}

/* True when status has to say it anew. */
static bool
look_at_clock(struct sender *sender, int64_t mono_ms)
{
    const struct forward_outlet *outlet = sender->outlet;
    struct stamp now = {.clock = CLOCK_UNKNOWN};
    char challenge[33] = "";
    if (outlet->stamp)
        outlet->stamp(outlet->timekeeper, mono_ms, &now);
    if (outlet->challenge)
        outlet->challenge(outlet->context, challenge);
    bool changed = now.clock != sender->clock || strcmp(challenge, sender->challenge) != 0;
    sender->clock = now.clock;
    memcpy(sender->challenge, challenge, sizeof challenge);
    return changed;
}

static void
write_status(const struct sender *sender, struct buf *buf, const char *status, int64_t since_utc_ms)
{
    struct json json;
    json_init(&json, buf);
    json_begin_object(&json);
    json_put_natural(&json, "v", 1);
    json_put_text(&json, "gateway", reader_gateway_id(sender->reader));
    json_put_text(&json, "park", sender->site->park);
    json_put_text(&json, "name", sender->site->gateway);
    json_put_text(&json, "status", status);
    json_put_text(&json, "version", sender->outlet->version);
    json_put_natural(&json, "boot", sender->outlet->boot);
    json_put_text(&json, "store", reader_store_id(sender->reader));
    json_key(&json, "since");
    if (since_utc_ms >= EARLIEST_UTC_MS)
        json_signed(&json, since_utc_ms);
    else
        json_none(&json);
    if (buf == &sender->buf)
        write_clock(sender, &json);
    json_end_object(&json);
}

/* Nobody knows beforehand when the will is published: it says no time. */
void
retained_init(struct sender *sender)
{
    struct buf buf;
    buf_init(&buf, sender->will, sizeof sender->will);
    write_status(sender, &buf, "offline", 0);
    sender->link.will = sender->will;
    sender->link.will_length = buf.overflow ? 0 : buf.length;
    snprintf(sender->will_topic, sizeof sender->will_topic, "%.240sstatus", sender->base);
    sender->link.will_topic = sender->will_topic;
}

void
retained_restart(struct sender *sender)
{
    memset(sender->page_version, 0, sizeof sender->page_version);
    sender->page_hold_mono_ms = 0;
    sender->pages_refused = 0;
    sender->status = "online";
    sender->up_utc_ms = clock_utc_ms();
}

static bool
publish_retained(struct sender *sender, const char *topic, const struct flight *flight,
                 int64_t mono_ms)
{
    bool is_health = flight->cargo == CARGO_PAGE && flight->page == PAGE_HEALTH;
    struct mqtt_message message = {
        .topic = topic,
        .payload = sender->buf.data,
        .length = sender->buf.length,
        .qos = 1,
        .retain = true,
        .content_type = "application/json",
        .expiry_s = is_health ? HEALTH_EXPIRY_S : 0,
    };
    return sender_publish(sender, &message, flight, mono_ms);
}

static bool
publish_status(struct sender *sender, int64_t mono_ms)
{
    buf_clear(&sender->buf);
    write_status(sender, &sender->buf, sender->status, sender->up_utc_ms);
    struct flight flight = {.cargo = CARGO_STATUS};
    if (!publish_retained(sender, sender->will_topic, &flight, mono_ms))
        return false;
    sender->status = NULL;
    return true;
}

/* Once in a connection: the page's size differs each time, its fate does not. */
static void
tell_too_large(struct sender *sender, unsigned page, const char *topic)
{
    char reason[100];
    if (sender->pages_refused >> page & 1)
        return;
    sender->pages_refused |= 1U << page;
    snprintf(reason, sizeof reason, "%zu bytes, and the broker takes packets of %u at most",
             sender->buf.length, (unsigned)sender->link.max_packet);
    sender_complain(sender, topic, reason);
}

static bool
publish_page(struct sender *sender, unsigned page, uint64_t version, int64_t mono_ms)
{
    char topic[INBOUND_TOPIC];
    struct buf *buf = &sender->buf;
    buf_clear(buf);
    uint64_t copied = version;
    buf->length = board_copy(sender->outlet->pages, page, buf->data, buf->capacity, &copied);
    snprintf(topic, sizeof topic, "%.220s%s", sender->base, page_topics[page]);
    size_t most = sender->link.max_packet;
    if (most && buf->length + strlen(topic) + 64 > most) {
        tell_too_large(sender, page, topic);
        sender->page_version[page] = copied;
        return true;
    }
    struct flight flight = {.cargo = CARGO_PAGE, .page = page};
    if (!publish_retained(sender, topic, &flight, mono_ms))
        return false;
    sender->page_version[page] = copied;
    return true;
}

void
retained_feed(struct sender *sender, int64_t mono_ms)
{
    if (look_at_clock(sender, mono_ms) && !sender->status && !sender->said_stopping &&
        sender->leaving_mono_ms == 0)
        sender->status = "online";
    if (sender->status && !publish_status(sender, mono_ms))
        return;
    if (mono_ms < sender->page_hold_mono_ms)
        return;
    for (unsigned i = 0; i < PAGE_COUNT; i++) {
        uint64_t version = board_version(sender->outlet->pages, i);
        if (version != sender->page_version[i] && !publish_page(sender, i, version, mono_ms))
            return;
    }
}

void
retained_failed(struct sender *sender, const struct flight *flight, int64_t mono_ms)
{
    sender->page_hold_mono_ms = mono_ms + PAGE_RETRY_MS;
    if (flight->cargo == CARGO_PAGE)
        sender->page_version[flight->page] = 0;
}

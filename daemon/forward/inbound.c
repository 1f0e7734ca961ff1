/* Input from outside: everything here is bounded, and what does not fit gets an answer that says
 * so. Slots pass between two threads by one atomic flag. A response topic is taken only under our
 * own reply/ (design.md section 5), or a stranger could make the gateway write anywhere. */
#include "daemon/forward/inbound.h"

#include "base/json.h"
#include "daemon/forward/payload.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MOST  8
#define LEVELS_MOST 32 /* of a response topic; who publishes to 200 is cut off by mosquitto */

/* What stands behind the base topic; NULL when it is not ours. */
static const char *
tail_of(const struct inbound *inbound, const char *topic)
{
    size_t length = strlen(inbound->base);
    return strncmp(topic, inbound->base, length) == 0 ? topic + length : NULL;
}

/* ---- paho's thread ---- */

static struct inbound_slot *
claim(struct inbound *inbound)
{
    for (size_t i = 0; i < INBOUND_SLOTS; i++) {
        bool expected = false;
        if (atomic_compare_exchange_strong(&inbound->slots[i].busy, &expected, true))
            return &inbound->slots[i];
    }
    return NULL;
}

/* False when two proposals are there already. */
static bool
claim_large(struct inbound *inbound)
{
    if (atomic_fetch_add(&inbound->large, 1) < INBOUND_LARGE)
        return true;
    atomic_fetch_sub(&inbound->large, 1);
    return false;
}

static bool
is_proposal(const char *topic)
{
    static const char END[] = "/command/propose";
    size_t length = strlen(topic);
    return length >= sizeof END && strcmp(topic + length - (sizeof END - 1), END) == 0;
}

/* True when the slot holds the payload now, or nothing of one that is too large. */
static bool
copy_payload(struct inbound *inbound, struct inbound_slot *slot, const struct mqtt_event *event)
{
    bool wants_room = event->payload_length > INBOUND_PAYLOAD;
    bool fits = !wants_room ||
                (is_proposal(event->topic) && event->payload_length <= COMMAND_PAYLOAD_MOST);
    if (fits && wants_room && !claim_large(inbound))
        return false;
    slot->is_large = fits && wants_room;
    slot->too_large = !fits || event->correlation_length > sizeof slot->correlation;
    slot->length = slot->too_large ? 0 : event->payload_length;
    slot->payload = malloc(slot->length + 1);
    if (!slot->payload)
        return false;
    if (slot->length)
        memcpy(slot->payload, event->payload, slot->length);
    slot->payload[slot->length] = '\0';
    return true;
}

void
inbound_give_back(struct inbound *inbound, struct inbound_slot *slot)
{
    free(slot->payload);
    slot->payload = NULL;
    if (slot->is_large)
        atomic_fetch_sub(&inbound->large, 1);
    slot->is_large = false;
    atomic_store(&slot->busy, false);
}

/* One that our client library or the broker refuses would hold up every answer behind it, and one
 * that is cut short goes to somebody else. The base is the site's. */
static bool
is_odd(const struct inbound *inbound, const char *topic)
{
    size_t levels = 1;
    const char *tail = tail_of(inbound, topic), *at = tail ? tail : topic;
    for (; *at >= 0x20 && *at < 0x7f; at++)
        levels += *at == '/';
    return *at != '\0' || at - topic >= INBOUND_TOPIC || levels > LEVELS_MOST;
}

bool
inbound_drop(struct inbound *inbound)
{
    atomic_fetch_add(&inbound->dropped, 1);
    return false;
}

struct inbound_slot *
inbound_put(struct inbound *inbound, const struct mqtt_event *event)
{
    struct inbound_slot *slot = claim(inbound);
    if (!slot)
        return NULL;
    if (!copy_payload(inbound, slot, event)) {
        inbound_give_back(inbound, slot);
        return NULL;
    }
    snprintf(slot->topic, sizeof slot->topic, "%s", event->topic);
    slot->odd_response = event->response_topic && is_odd(inbound, event->response_topic);
    snprintf(slot->response_topic, sizeof slot->response_topic, "%s",
             event->response_topic && !slot->odd_response ? event->response_topic : "");
    slot->retained = event->retained;
    slot->correlation_length = event->correlation_length; /* the refusal is told apart by it, too */
    if (slot->correlation_length > sizeof slot->correlation)
        slot->correlation_length = 0;
    if (slot->correlation_length)
        memcpy(slot->correlation, event->correlation, slot->correlation_length);
    return slot;
}

/* ---- the destination's thread: commands ---- */

bool
inbound_is_acknowledge(const struct inbound *inbound, const struct inbound_slot *slot)
{
    const char *tail = tail_of(inbound, slot->topic);
    return tail && strcmp(tail, "acknowledge") == 0;
}

static bool
is_name(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return length > 0 && text[length] == '\0' && text[0] >= 'a' && text[0] <= 'z';
}

/* NULL with a sentence when the text is not JSON; an empty text is an empty object. */
static json_t *
parse(const char *text, size_t length, char ret_error[200])
{
    json_error_t error;
    if (length == 0)
        return json_object();
    if (json_is_deep(text, length, DEPTH_MOST)) {
        snprintf(ret_error, 200, "the JSON is nested deeper than %d", DEPTH_MOST);
        return NULL;
    }
    json_t *parsed = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (!parsed)
        snprintf(ret_error, 200, "not JSON: line %d column %d: %.120s", error.line, error.column,
                 error.text);
    return parsed;
}

/* Where the answer goes; false when the response topic asked for is not under our reply/. */
static bool
set_topics(const struct inbound *inbound, const struct inbound_slot *slot, struct command *command)
{
    const char *asked = tail_of(inbound, slot->response_topic);
    bool ours = asked && strncmp(asked, "reply/", 6) == 0 && asked[6] != '\0' &&
                !strpbrk(asked, "+#");
    snprintf(command->response_topic, sizeof command->response_topic, "%s", slot->response_topic);
    if (ours)
        snprintf(command->reply_topic, sizeof command->reply_topic, "%s", slot->response_topic);
    else
        snprintf(command->reply_topic, sizeof command->reply_topic, "%.210sreply/%s", inbound->base,
                 command->verb);
    return ours || slot->response_topic[0] == '\0';
}

static void
fill(const struct inbound *inbound, const struct inbound_slot *slot, const char *verb,
     struct command *command)
{
    bool verb_fits = is_name(verb) && strlen(verb) < sizeof command->verb;
    const char *why = "";
    snprintf(command->destination, sizeof command->destination, "%s", inbound->destination);
    snprintf(command->verb, sizeof command->verb, "%s", verb_fits ? verb : "unknown");
    command->retained = slot->retained;
    command->correlation_length = slot->correlation_length;
    memcpy(command->correlation, slot->correlation, slot->correlation_length);
    bool reply_fits = set_topics(inbound, slot, command);
    if (slot->too_large)
        why = "too large: a command has at most 16384 bytes (propose: 262144) and 64 bytes of "
              "correlation data";
    else if (!verb_fits)
        why = "unknown verb: send help for the list";
    else if (slot->odd_response)
        why = "the response topic must be at most 255 letters of ASCII in at most 32 levels";
    else if (!reply_fits)
        why = "the response topic must lie under reply/ of this gateway";
    snprintf(command->why, sizeof command->why, "%s", why);
    command->reply_length = 0;
    command->lost = false;
    command->last = false;
    command->answered = NULL;
}

/* Correlation data as hexadecimal, else "id" of the body. */
static void
set_id(const struct inbound_slot *slot, char ret_id[2 * sizeof slot->correlation + 1])
{
    char error[200];
    ret_id[0] = '\0';
    for (size_t i = 0; i < slot->correlation_length; i++)
        snprintf(ret_id + 2 * i, 3, "%02x", slot->correlation[i]);
    if (slot->correlation_length)
        return;
    json_t *body = parse(slot->payload, slot->length, error);
    const json_t *id = json_object_get(body, "id");
    if (json_is_string(id))
        snprintf(ret_id, 2 * sizeof slot->correlation + 1, "%s", json_string_value(id));
    else if (json_is_integer(id))
        snprintf(ret_id, 2 * sizeof slot->correlation + 1, "%" JSON_INTEGER_FORMAT,
                 json_integer_value(id));
    json_decref(body);
}

/* Without a desk's struct there is no look at who asks: the answer says the same to everyone. */
static void
say_busy(struct command *command, const struct inbound_slot *slot)
{
    char id[2 * sizeof slot->correlation + 1];
    struct buf buf;
    struct json json;
    set_id(slot, id);
    buf_init(&buf, command->reply, sizeof command->reply);
    json_init(&json, &buf);
    json_begin_object(&json);
    json_put_natural(&json, "v", 1);
    json_put_text(&json, "id", id);
    json_put_text(&json, "verb", command->verb);
    json_put_text(&json, "result", "refused");
    json_put_text(&json, "reason", "busy: ask again in a moment");
    json_end_object(&json);
    command->reply_length = buf.length;
    command->last = true;
}

struct command *
inbound_command(struct inbound *inbound, struct inbound_slot *slot, struct command *spare)
{
    const char *tail = tail_of(inbound, slot->topic);
    if (!tail || strncmp(tail, "command/", 8) != 0)
        return NULL;
    struct command *command = inbound->claim(inbound->context);
    if (!command) {
        atomic_store(&spare->busy, true);
        fill(inbound, slot, tail + 8, spare);
        say_busy(spare, slot);
        return spare;
    }
    fill(inbound, slot, tail + 8, command);
    command->payload = slot->payload;
    command->length = slot->length;
    slot->payload = NULL;
    inbound->submit(inbound->context, command);
    return NULL;
}

/* ---- the destination's thread: the centre's acknowledgements ---- */

static enum stream
stream_of(const json_t *name)
{
    for (enum stream i = STREAM_EVENT; i < STREAM_END; i++)
        if (json_is_string(name) && strcmp(json_string_value(name), payload_stream_name(i)) == 0)
            return i;
    return STREAM_END;
}

static bool
is_range(const json_t *range)
{
    const json_t *first = json_array_get(range, 0), *last = json_array_get(range, 1);
    return json_array_size(range) == 2 && json_is_integer(first) && json_is_integer(last) &&
           json_integer_value(first) > 0 && json_integer_value(first) <= json_integer_value(last);
}

static const char *
check_entry(const json_t *entry)
{
    const json_t *ranges = json_object_get(entry, "ranges");
    if (!json_is_string(json_object_get(entry, "store")))
        return "\"store\" must be a store's id";
    if (stream_of(json_object_get(entry, "stream")) == STREAM_END)
        return "\"stream\" must be event, evidence, period, minute, sample or trend";
    if (!json_is_array(ranges))
        return "\"ranges\" must be a list of [first, last]";
    for (size_t i = 0; i < json_array_size(ranges); i++)
        if (!is_range(json_array_get(ranges, i)))
            return "a range must be [first, last], from 1 on, ascending";
    return NULL;
}

static void
mark_entry(const json_t *entry, const char *store, inbound_mark *mark, void *context)
{
    const json_t *ranges = json_object_get(entry, "ranges");
    enum stream stream = stream_of(json_object_get(entry, "stream"));
    if (strcmp(json_string_value(json_object_get(entry, "store")), store) != 0)
        return;
    for (size_t i = 0; i < json_array_size(ranges); i++) {
        const json_t *range = json_array_get(ranges, i);
        mark(context, stream, (uint64_t)json_integer_value(json_array_get(range, 0)),
             (uint64_t)json_integer_value(json_array_get(range, 1)));
    }
}

int
inbound_acknowledge(const struct inbound_slot *slot, const char *store, inbound_mark *mark,
                    void *context, char ret_error[200])
{
    if (slot->too_large) {
        snprintf(ret_error, 200, "larger than %d bytes", INBOUND_PAYLOAD);
        return -EINVAL;
    }
    json_t *parsed = parse(slot->payload, slot->length, ret_error);
    if (!parsed)
        return -EINVAL;
    bool is_list = json_is_array(parsed);
    size_t count = is_list ? json_array_size(parsed) : slot->length > 0;
    const char *wrong = NULL;
    for (size_t i = 0; i < count && !wrong; i++)
        wrong = check_entry(is_list ? json_array_get(parsed, i) : parsed);
    for (size_t i = 0; i < count && !wrong; i++)
        mark_entry(is_list ? json_array_get(parsed, i) : parsed, store, mark, context);
    json_decref(parsed);
    if (wrong)
        snprintf(ret_error, 200, "%s", wrong);
    return wrong ? -EINVAL : 0;
}

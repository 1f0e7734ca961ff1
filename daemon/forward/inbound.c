/* Input from outside: everything here is bounded, and what does not fit gets an answer that says
 * so. Slots pass between two threads by one atomic flag. A response topic is taken only under our
 * own reply/ (design.md section 5), or a stranger could make the gateway write anywhere. */
#include "daemon/forward/inbound.h"

#include "base/json.h"
#include "daemon/forward/payload.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MOST 8

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

struct inbound_slot *
inbound_put(struct inbound *inbound, const struct mqtt_event *event)
{
    struct inbound_slot *slot = claim(inbound);
    if (!slot)
        return NULL;
    snprintf(slot->topic, sizeof slot->topic, "%s", event->topic);
    snprintf(slot->response_topic, sizeof slot->response_topic, "%s",
             event->response_topic ? event->response_topic : "");
    slot->too_large = event->payload_length > sizeof slot->payload ||
                      event->correlation_length > sizeof slot->correlation;
    slot->length = slot->too_large ? 0 : event->payload_length;
    slot->correlation_length = slot->too_large ? 0 : event->correlation_length;
    if (slot->length)
        memcpy(slot->payload, event->payload, slot->length);
    if (slot->correlation_length)
        memcpy(slot->correlation, event->correlation, slot->correlation_length);
    return slot;
}

/* ---- the destination's thread: commands ---- */

/* What stands behind the base topic; NULL when it is not ours. */
static const char *
tail_of(const struct inbound *inbound, const char *topic)
{
    size_t length = strlen(inbound->base);
    return strncmp(topic, inbound->base, length) == 0 ? topic + length : NULL;
}

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

/* The request's name: MQTT 5 correlation data as hexadecimal, else "id" of the body. */
static void
set_id(struct command *command, const json_t *body)
{
    const json_t *id = json_object_get(body, "id");
    if (command->correlation_length) {
        for (size_t i = 0; i < command->correlation_length && i < sizeof command->id / 2 - 1; i++)
            snprintf(command->id + 2 * i, 3, "%02x", command->correlation[i]);
    } else if (json_is_string(id)) {
        snprintf(command->id, sizeof command->id, "%s", json_string_value(id));
    } else if (json_is_integer(id)) {
        snprintf(command->id, sizeof command->id, "%lld", (long long)json_integer_value(id));
    }
}

static bool
is_deep(const char *text, size_t length)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        if (quoted && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && (text[i] == '{' || text[i] == '[') && ++depth > DEPTH_MOST)
            return true;
        else if (!quoted && (text[i] == '}' || text[i] == ']'))
            depth--;
    }
    return false;
}

/* NULL with a sentence when the text is not JSON; an empty text is an empty object. */
static json_t *
parse(const char *text, size_t length, char ret_error[200])
{
    json_error_t error;
    if (length == 0)
        return json_object();
    if (is_deep(text, length)) {
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
set_reply_topic(const struct inbound *inbound, const struct inbound_slot *slot,
                struct command *command)
{
    const char *asked = tail_of(inbound, slot->response_topic);
    size_t length = strlen(slot->response_topic);
    bool ours = asked && strncmp(asked, "reply/", 6) == 0 && asked[6] != '\0' &&
                !strpbrk(asked, "+#") && length < sizeof command->reply_topic;
    if (ours)
        memcpy(command->reply_topic, slot->response_topic, length + 1);
    else
        snprintf(command->reply_topic, sizeof command->reply_topic, "%.150sreply/%s", inbound->base,
                 command->verb);
    return ours || slot->response_topic[0] == '\0';
}

/* Fills the command. NULL, or why it is refused. */
static const char *
fill(const struct inbound *inbound, const struct inbound_slot *slot, const char *verb,
     struct command *command, char text[200])
{
    bool verb_fits = is_name(verb) && strlen(verb) < sizeof command->verb;
    command->destination = inbound->destination;
    command->id[0] = command->reply_topic[0] = '\0';
    command->reply_length = command->body_length = 0;
    snprintf(command->verb, sizeof command->verb, "%s", verb_fits ? verb : "unknown");
    command->correlation_length = slot->correlation_length;
    memcpy(command->correlation, slot->correlation, slot->correlation_length);
    bool reply_fits = set_reply_topic(inbound, slot, command);
    json_t *body = parse(slot->payload, slot->length, text);
    set_id(command, body);
    bool is_object = json_is_object(body);
    json_decref(body);
    if (slot->too_large || slot->length > sizeof command->body)
        return "too large: a command has at most 2048 bytes and 64 bytes of correlation data";
    if (!verb_fits)
        return "unknown verb: send help for the list";
    if (!reply_fits)
        return "the response topic must lie under reply/ of this gateway";
    if (!body)
        return text;
    if (!is_object)
        return "the body must be a JSON object";
    memcpy(command->body, slot->payload, slot->length);
    command->body_length = slot->length;
    return NULL;
}

static void
refuse(struct command *command, const char *reason)
{
    struct buf buf;
    struct json json;
    buf_init(&buf, command->reply, sizeof command->reply);
    json_init(&json, &buf);
    json_begin_object(&json);
    json_put_natural(&json, "v", 1);
    json_put_text(&json, "id", command->id);
    json_put_text(&json, "verb", command->verb);
    json_put_text(&json, "result", "refused");
    json_put_text(&json, "reason", reason);
    json_end_object(&json);
    command->reply_length = buf.length;
}

struct command *
inbound_command(struct inbound *inbound, const struct inbound_slot *slot, struct command *spare)
{
    const char *tail = tail_of(inbound, slot->topic);
    struct command *command = NULL;
    char text[200];
    if (!tail || strncmp(tail, "command/", 8) != 0)
        return NULL;
    for (size_t i = 0; i < INBOUND_COMMANDS && !command; i++)
        if (!atomic_load(&inbound->commands[i].busy))
            command = &inbound->commands[i];
    bool busy = !command;
    if (busy)
        command = spare;
    atomic_store(&command->busy, true);
    const char *reason = fill(inbound, slot, tail + 8, command, text);
    struct message message = {.kind = MESSAGE_COMMAND, .as.command = command};
    if (!reason && !busy && queue_post_reserved(inbound->engine, &message))
        return NULL;
    refuse(command, reason ? reason : "busy: ask again in a moment");
    return command;
}

bool
inbound_has_commands(const struct inbound *inbound)
{
    for (size_t i = 0; i < INBOUND_COMMANDS; i++)
        if (atomic_load(&inbound->commands[i].busy))
            return true;
    return false;
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

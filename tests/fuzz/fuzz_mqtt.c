/* Any bytes as a message of the broker: it becomes a command for the desk, an answer that says
 * why not, or marks of the centre; an answer goes nowhere but under our own reply/, and whatever a
 * message holds is given back. The first four bytes: flags, length of topic, of response topic, of
 * correlation data; then those, then the payload. */
#include "daemon/forward/inbound.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define FRONT 4
#define BASE  "park/v1/xihu/gw-1/"
#define STORE "0123456789abcdef0123456789abcdef"

enum flag {
    FLAG_OURS = 1,     /* the topic stands behind our base */
    FLAG_RESPONSE = 2, /* there is a response topic */
    FLAG_REPLY = 4,    /* it stands behind our base */
    FLAG_RETAINED = 8,
    FLAG_BUSY = 16, /* the desk has no command free */
    FLAG_COMMAND = 32,
    FLAG_ACKNOWLEDGE = 64,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    const uint8_t *at, *end;
} input;

static struct {
    bool busy;
    unsigned submitted, marks;
    struct command command, spare;
} desk;

static void
require(bool true_thing)
{
    if (!true_thing)
        abort();
}

/* ---- the message ---- */

/* So many bytes, fewer when there are not so many, in memory of just their size. */
static void *
take(size_t length, const char *front, size_t *ret_length)
{
    size_t left = (size_t)(input.end - input.at), before = strlen(front);
    length = length < left ? length : left;
    char *copy = malloc(before + length + 1);
    require(copy != NULL);
    memcpy(copy, front, before);
    if (length)
        memcpy(copy + before, input.at, length);
    copy[before + length] = '\0';
    input.at += length;
    *ret_length = length;
    return copy;
}

static const char *
front_of(uint8_t flags)
{
    if ((flags & FLAG_OURS) == 0)
        return "";
    if ((flags & FLAG_COMMAND) != 0)
        return BASE "command/";
    return (flags & FLAG_ACKNOWLEDGE) != 0 ? BASE "acknowledge" : BASE;
}

/* ---- what it becomes ---- */

static struct command *
claim(void *context)
{
    (void)context;
    return desk.busy ? NULL : &desk.command;
}

static void
submit(void *context, struct command *command)
{
    (void)context;
    require(command == &desk.command);
    require(command->payload != NULL && command->payload[command->length] == '\0');
    desk.submitted++;
}

static void
mark(void *context, enum stream stream, uint64_t first, uint64_t last)
{
    (void)context;
    require(stream < STREAM_END && first > 0 && first <= last);
    desk.marks++;
}

static void
check_command(const struct command *command, uint8_t flags)
{
    static const char REPLY[] = BASE "reply/";
    require(strncmp(command->reply_topic, REPLY, sizeof REPLY - 1) == 0);
    require(command->reply_topic[sizeof REPLY - 1] != '\0');
    require(!strpbrk(command->reply_topic, "+#"));
    require(command->verb[0] >= 'a' && command->verb[0] <= 'z');
    require(command->retained == ((flags & FLAG_RETAINED) != 0));
    require(command->correlation_length <= sizeof command->correlation);
    require(strcmp(command->destination, "centre") == 0);
}

static void
check_refusal(const struct command *command)
{
    require(command == &desk.spare && command->last && command->reply_length > 0);
    json_t *reply = json_loadb(command->reply, command->reply_length, JSON_REJECT_DUPLICATES, NULL);
    require(json_is_object(reply));
    const json_t *result = json_object_get(reply, "result");
    require(json_is_string(result) && strcmp(json_string_value(result), "refused") == 0);
    json_decref(reply);
}

static void
check_acknowledge(const struct inbound_slot *slot)
{
    char error[200] = "";
    int result = inbound_acknowledge(slot, STORE, mark, NULL, error);
    require(result == 0 || (error[0] != '\0' && desk.marks == 0));
    require(strlen(error) < sizeof error);
}

static void
look(struct inbound *inbound, struct inbound_slot *slot, uint8_t flags)
{
    if (inbound_is_acknowledge(inbound, slot)) {
        check_acknowledge(slot);
        return;
    }
    struct command *refused = inbound_command(inbound, slot, &desk.spare);
    if (refused) {
        check_command(refused, flags);
        check_refusal(refused);
        require(desk.submitted == 0);
    } else if (desk.submitted) {
        check_command(&desk.command, flags);
        free(desk.command.payload);
        desk.command.payload = NULL;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct inbound inbound = {
        .base = BASE, .destination = "centre", .claim = claim, .submit = submit};
    struct mqtt_event event = {.kind = MQTT_MESSAGE};
    size_t length;

    if (size < FRONT)
        return 0;
    uint8_t flags = data[0];
    input.at = data + FRONT;
    input.end = data + size;
    desk.busy = (flags & FLAG_BUSY) != 0;
    desk.submitted = desk.marks = 0;
    char *topic = take(data[1], front_of(flags), &length);
    char *response = take(data[2], (flags & FLAG_REPLY) != 0 ? BASE "reply/" : "", &length);
    void *correlation = take(data[3], "", &event.correlation_length);
    void *payload = take(size, "", &event.payload_length);
    event.topic = topic;
    event.response_topic = (flags & FLAG_RESPONSE) != 0 ? response : NULL;
    event.correlation = correlation;
    event.payload = payload;
    event.retained = (flags & FLAG_RETAINED) != 0;
    struct inbound_slot *slot = inbound_put(&inbound, &event);
    require(slot != NULL); /* none is busy */
    free(topic);
    free(response);
    free(correlation);
    free(payload);
    look(&inbound, slot, flags);
    inbound_give_back(&inbound, slot);
    require(!atomic_load(&slot->busy) && atomic_load(&inbound.large) == 0);
    return 0;
}

#include "daemon/supervise/command.h"

#include "base/json.h"
#include "daemon/forward/forward.h"

#include <stdlib.h>
#include <string.h>

struct verb {
    const char *name;
    const char *help;
    /* Writes the members of the answer behind "result"; NULL or a reason for refusal. */
    const char *(*handle)(struct json *json, const struct command_context *context);
};

/* A page that is on the board anyway, as the answer. */
static const char *
put_page(struct json *json, const struct command_context *context, enum page page)
{
    size_t room = json->buf->capacity - json->buf->length;
    uint64_t version = 0;

    json_put_text(json, "result", "done");
    json_key(json, "answer");
    size_t length = board_copy(context->pages, page, json->buf->data + json->buf->length,
                               room > 64 ? room - 64 : 0, &version);
    json->buf->length += length;
    json->comma = true;
    if (length == 0) {
        json->comma = false;
        json_none(json);
        json_put_text(json, "reason",
                      "not there yet, or longer than a reply: read its retained topic");
    }
    return NULL;
}

static const char *
handle_status(struct json *json, const struct command_context *context)
{
    return put_page(json, context, PAGE_HEALTH);
}

static const char *
handle_alarms(struct json *json, const struct command_context *context)
{
    return put_page(json, context, PAGE_ALARMS);
}

static const char *handle_help(struct json *json, const struct command_context *context);

static const struct verb VERBS[] = {
    {"help", "the verbs and what they do", handle_help},
    {"status", "the health page", handle_status},
    {"alarms", "the events open now", handle_alarms},
};

#define VERB_COUNT (sizeof VERBS / sizeof VERBS[0])

static const char *
handle_help(struct json *json, const struct command_context *context)
{
    (void)context;
    json_put_text(json, "result", "done");
    json_key(json, "answer");
    json_begin_object(json);
    for (size_t i = 0; i < VERB_COUNT; i++)
        json_put_text(json, VERBS[i].name, VERBS[i].help);
    json_end_object(json);
    return NULL;
}

static const char *
run(struct json *json, const struct command *command, const struct command_context *context)
{
    if (!context->site->unsigned_commands)
        return "unsigned commands are refused: the site file does not say `commands: unsigned`";
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(VERBS[i].name, command->verb) == 0)
            return VERBS[i].handle(json, context);
    return "unknown verb: send help for the list";
}

void
command_run(struct command *command, const struct command_context *context)
{
    struct buf buf;
    struct json json;

    buf_init(&buf, command->reply, sizeof command->reply);
    json_init(&json, &buf);
    json_begin_object(&json);
    json_put_natural(&json, "v", 1);
    json_put_text(&json, "id", command->id);
    json_put_text(&json, "verb", command->verb);
    const char *reason = run(&json, command, context);
    if (reason != NULL) {
        json_put_text(&json, "result", "refused");
        json_put_text(&json, "reason", reason);
    }
    json_end_object(&json);
    command->reply_length = buf.overflow ? 0 : buf.length;
}

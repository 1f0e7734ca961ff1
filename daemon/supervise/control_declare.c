/* Verbs of the socket by which a named person declares something. They travel through the engine,
 * which alone knows the judgement in force. Whom the kernel knows as the asker stands beside the
 * name that was given. */
#include "base/clock.h"
#include "daemon/supervise/control_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MOST 36 /* bytes; who is asking must fit behind it */

static const char TOO_LONG[] = "a text is too long, or none: 'subject' and 'by' must be there";

static bool
take_text(const json_t *request, const char *key, bool needed, char *ret_text, size_t size)
{
    const json_t *member = json_object_get(request, key);
    const char *text = json_string_value(member);

    *ret_text = '\0';
    if (text == NULL || *text == '\0')
        return !needed && (member == NULL || text != NULL);
    if (strlen(text) >= size)
        return false;
    memcpy(ret_text, text, strlen(text) + 1);
    return true;
}

static bool
take_time(const json_t *request, const char *key, int64_t *ret_utc_ms)
{
    const json_t *member = json_object_get(request, key);

    *ret_utc_ms = 0;
    if (member == NULL)
        return true;
    *ret_utc_ms = (int64_t)json_integer_value(member);
    return json_is_integer(member) && *ret_utc_ms > 0;
}

/* What all of them have. NULL, or why not. */
static const char *
take_common(struct control_client *client, const json_t *request, struct declaration *said)
{
    char by[NAME_MOST + 1];

    if (!take_text(request, "by", true, by, sizeof by))
        return "'by' must name who says so, in at most 36 bytes";
    /* "root on this machine" -> "root": the name before it is what counts */
    snprintf(said->by, sizeof said->by, "%s (%.*s)", by, (int)strcspn(client->who, " "),
             client->who);
    if (strncmp(client->who, "uid ", 4) == 0)
        snprintf(said->by, sizeof said->by, "%s (%.*s)", by, 4 + (int)strcspn(client->who + 4, " "),
                 client->who);
    if (!take_text(request, "reason", false, said->reason, sizeof said->reason))
        return "'reason' is a text of at most 159 bytes";
    if (!take_time(request, "until", &said->until_utc_ms))
        return "'until' is a time in UTC milliseconds";
    return NULL;
}

/* Posts it, waits for it, answers. */
static const char *
declare(struct control_client *client, const char *verb, const struct declaration *said)
{
    struct declaring *declaring = &client->declaring, *back = NULL;
    struct message message = {.kind = MESSAGE_DECLARATION, .as.declaring = declaring};
    struct json json;

    *declaring = (struct declaring){.said = *said, .done = client->declared};
    if (!queue_post_reserved(client->control->outlet.inbox, &message))
        return "busy: ask again";
    while (back != declaring)
        queue_take(client->declared, clock_mono_ms() + 10000, &back);
    if (declaring->refused)
        return declaring->why;
    control_begin(client, &json, verb, "done");
    json_key(&json, "answer");
    json_begin_object(&json);
    json_put_natural(&json, "event", declaring->recorded);
    json_put_text(&json, "by", said->by);
    json_end_object(&json);
    json_end_object(&json);
    control_send(client);
    return NULL;
}

const char *
control_acknowledge(struct control_client *client, const json_t *request)
{
    struct declaration said = {.kind = DECLARE_ACKNOWLEDGE};
    char event[64], *end = NULL;

    const char *wrong = take_common(client, request, &said);
    if (wrong != NULL)
        return wrong;
    if (!take_text(request, "code", true, said.word, sizeof said.word))
        return "'code' must be a reason code";
    bool there = take_text(request, "event", true, event, sizeof event);
    const char *dash = strchr(event, '-');
    if (there && dash != NULL && dash != event && (size_t)(dash - event) < sizeof said.store) {
        snprintf(said.store, sizeof said.store, "%.*s", (int)(dash - event), event);
        said.sequence = strtoull(dash + 1, &end, 10);
    }
    if (end == NULL || *end != '\0' || said.sequence == 0)
        return "'event' must be the id of an event, STORE-NUMBER as the alarms page has it";
    return declare(client, "acknowledge", &said);
}

const char *
control_mode(struct control_client *client, const json_t *request)
{
    struct declaration said = {.kind = DECLARE_MODE};

    const char *wrong = take_common(client, request, &said);
    if (wrong != NULL)
        return wrong;
    if (!take_text(request, "subject", true, said.subject, sizeof said.subject) ||
        !take_text(request, "mode", true, said.word, sizeof said.word))
        return "'subject' must be an asset or gateway, 'mode' a mode";
    return declare(client, "mode", &said);
}

const char *
control_mark(struct control_client *client, const json_t *request)
{
    struct declaration said = {.kind = DECLARE_MARK};

    const char *wrong = take_common(client, request, &said);
    if (wrong != NULL)
        return wrong;
    if (!take_text(request, "subject", true, said.subject, sizeof said.subject) ||
        !take_text(request, "condition", true, said.word, sizeof said.word) ||
        !take_text(request, "pollutant", false, said.pollutant, sizeof said.pollutant))
        return "'subject' must be an asset, 'condition' what was so, 'pollutant' a point or absent";
    if (!take_time(request, "from", &said.from_utc_ms) || said.from_utc_ms == 0)
        return "'from' is a time in UTC milliseconds";
    return declare(client, "mark", &said);
}

const char *
control_maintenance(struct control_client *client, const json_t *request)
{
    struct declaration said = {.kind = DECLARE_MAINTENANCE};
    const json_t *on = json_object_get(request, "on");

    const char *wrong = take_common(client, request, &said);
    if (wrong != NULL)
        return wrong;
    if (!take_text(request, "subject", true, said.subject, sizeof said.subject))
        return TOO_LONG;
    if (!json_is_boolean(on))
        return "'on' must be true or false";
    snprintf(said.word, sizeof said.word, "%s", json_is_true(on) ? "on" : "off");
    return declare(client, "maintenance", &said);
}

const char *
control_calibrated(struct control_client *client, const json_t *request)
{
    struct declaration said = {.kind = DECLARE_CALIBRATED};

    const char *wrong = take_common(client, request, &said);
    if (wrong != NULL)
        return wrong;
    if (!take_text(request, "subject", true, said.subject, sizeof said.subject))
        return TOO_LONG;
    if (!take_time(request, "at", &said.from_utc_ms))
        return "'at' is a time in UTC milliseconds";
    return declare(client, "calibrated", &said);
}

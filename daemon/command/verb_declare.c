/* Verbs by which a named person declares something. They travel through the engine, which alone
 * knows the judgement in force. Whoever the kernel or the signature names as the asker stands
 * beside the name that was given. */
#include "daemon/command/verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "root on this machine" -> "root": the name before it is what counts */
static int
asker_length(const char *who)
{
    size_t skipped = strncmp(who, "uid ", 4) == 0 ? 4 : 0;

    return (int)(skipped + strcspn(who + skipped, " "));
}

/* What all of them have. NULL, or why not. */
static const char *
take_common(struct request *request, struct declaration *said)
{
    const char *by = request_text(request, "by"), *who = request->who;
    bool is_signed = !request->is_local && strncmp(who, "unsigned ", 9) != 0;

    if (*by == '\0' && !is_signed)
        return "'by' must name who says so, in at most 36 bytes";
    if (*by == '\0' || (is_signed && strcmp(by, who) == 0))
        snprintf(said->by, sizeof said->by, "%s", who);
    else
        snprintf(said->by, sizeof said->by, "%s (%.*s)", by,
                 is_signed ? (int)strlen(who) : asker_length(who), who);
    snprintf(said->reason, sizeof said->reason, "%s", request_text(request, "reason"));
    said->until_utc_ms = request_integer(request, "until", 0);
    return NULL;
}

static void
take_subject(const struct request *request, const char *word, struct declaration *said)
{
    snprintf(said->subject, sizeof said->subject, "%s", request_text(request, "subject"));
    snprintf(said->word, sizeof said->word, "%s", word);
}

/* Declares it and answers. */
static const char *
declare(struct request *request, const struct declaration *said)
{
    struct json json;

    const char *wrong = request_declare(request, said);
    if (wrong != NULL)
        return wrong;
    request_begin(request, &json, "done");
    json_key(&json, "answer");
    json_begin_object(&json);
    json_put_natural(&json, "event", request->declaring.recorded);
    json_put_text(&json, "by", said->by);
    json_end_object(&json);
    request_answer(request, &json, true);
    return NULL;
}

const char *
verb_acknowledge(struct request *request)
{
    struct declaration said = {.kind = DECLARE_ACKNOWLEDGE};
    const char *event = request_text(request, "event"), *dash = strchr(event, '-');
    char *end = NULL;

    const char *wrong = take_common(request, &said);
    if (wrong != NULL)
        return wrong;
    snprintf(said.word, sizeof said.word, "%s", request_text(request, "code"));
    if (dash != NULL && dash != event && (size_t)(dash - event) < sizeof said.store) {
        snprintf(said.store, sizeof said.store, "%.*s", (int)(dash - event), event);
        said.sequence = strtoull(dash + 1, &end, 10);
    }
    if (end == NULL || *end != '\0' || said.sequence == 0)
        return "'event' must be the id of an event, STORE-NUMBER as the alarms page has it";
    return declare(request, &said);
}

const char *
verb_mode(struct request *request)
{
    struct declaration said = {.kind = DECLARE_MODE};

    const char *wrong = take_common(request, &said);
    take_subject(request, request_text(request, "mode"), &said);
    return wrong != NULL ? wrong : declare(request, &said);
}

const char *
verb_mark(struct request *request)
{
    struct declaration said = {.kind = DECLARE_MARK};

    const char *wrong = take_common(request, &said);
    take_subject(request, request_text(request, "condition"), &said);
    snprintf(said.pollutant, sizeof said.pollutant, "%s", request_text(request, "pollutant"));
    said.from_utc_ms = request_integer(request, "from", 0);
    return wrong != NULL ? wrong : declare(request, &said);
}

const char *
verb_maintenance(struct request *request)
{
    struct declaration said = {.kind = DECLARE_MAINTENANCE};

    const char *wrong = take_common(request, &said);
    take_subject(request, request_bool(request, "on", false) ? "on" : "off", &said);
    return wrong != NULL ? wrong : declare(request, &said);
}

const char *
verb_calibrated(struct request *request)
{
    struct declaration said = {.kind = DECLARE_CALIBRATED};

    const char *wrong = take_common(request, &said);
    take_subject(request, "", &said);
    said.from_utc_ms = request_integer(request, "at", 0);
    return wrong != NULL ? wrong : declare(request, &said);
}

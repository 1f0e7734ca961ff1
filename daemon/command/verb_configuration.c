/* The site file from afar: read it, propose another, put it on trial, go back. Proposing checks and
 * keeps; only apply and roll-back touch what runs, as errands of main (docs/configuration.md). */
#include "base/clock.h"
#include "daemon/command/verbs.h"
#include "daemon/configuration/proposal.h"
#include "daemon/configuration/trial.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES     12288 /* of text in one answer, as JSON */
#define AROUND_BYTES    2048  /* what stands around it */
#define VERSION_BYTES   2048  /* one version, as JSON */
#define DIFFERENCE_ROOM 9000
#define MISTAKE_BYTES   1024

static const char NO_VERSIONS[] = "this gateway keeps no versions: see its log";

static void
write_version(struct json *json, const struct version *version)
{
    json_put_natural(json, "version", version->number);
    json_put_text(json, "state", version_state_name(version->state));
    json_put_text(json, "digest", version->digest);
    json_put_natural(json, "base", version->base);
    json_put_text(json, "who", version->who);
    json_put_integer(json, "when", version->when_utc_ms);
    json_put_text(json, "origin", version->origin);
    json_put_text(json, "why", version->why);
    if (version->outcome[0] != '\0')
        json_put_text(json, "outcome", version->outcome);
}

/* ---- configuration ---- */

/* How many bytes of the text fit into `room` bytes of JSON, ending before a character begins. */
static size_t
measure(const char *text, size_t length, size_t room)
{
    size_t at = 0, start = 0, used = 0;

    for (; at < length; at++) {
        unsigned char byte = (unsigned char)text[at];
        if ((byte & 0xC0) != 0x80)
            start = at;
        used += byte < 0x20 ? 6 : byte >= 0x80 ? 3 : byte == '"' || byte == '\\' ? 2 : 1;
        if (used > room)
            return start > 0 ? start : at;
    }
    return length;
}

static size_t
piece_room(const struct request *request)
{
    size_t capacity = request->reply.capacity;
    size_t room = capacity > 2 * AROUND_BYTES ? capacity - AROUND_BYTES : capacity / 2;

    return room < PIECE_BYTES ? room : PIECE_BYTES;
}

static void
answer_text(struct request *request, const struct version *version, const char *text, size_t length)
{
    struct configuration *configuration = request->scope->configuration;
    struct json json;
    size_t at = 0;
    bool more = true, alive = true;

    while (more && alive) {
        size_t piece = measure(text + at, length - at, piece_room(request));
        more = at + piece < length;
        request_begin(request, &json, more ? "accepted" : "done");
        json_key(&json, "answer");
        json_begin_object(&json);
        if (at == 0 && version->number != 0)
            write_version(&json, version);
        else
            json_put_natural(&json, "version", version->number);
        json_put_natural(&json, "in_force", configuration_in_force(configuration));
        json_put_natural(&json, "bytes", length);
        json_key(&json, "text");
        json_text_n(&json, text + at, piece);
        json_end_object(&json);
        alive = request_answer(request, &json, !more);
        at += piece;
    }
}

const char *
verb_configuration(struct request *request)
{
    struct configuration *configuration = request->scope->configuration;
    struct version version = {0};
    char *text = NULL;
    size_t length = 0;

    if (configuration == NULL)
        return NO_VERSIONS;
    uint64_t number = request_has(request, "version")
                          ? (uint64_t)request_integer(request, "version", 0)
                          : configuration_in_force(configuration);
    if (number != 0 && !configuration_find(configuration, number, &version))
        return "there is no such version: 'versions' lists them";
    int error = configuration_read(configuration, number, &text, &length);
    if (error != 0) {
        snprintf(request->why, sizeof request->why, "version %" PRIu64 " cannot be read: %s",
                 number, strerror(-error));
        return request->why;
    }
    answer_text(request, &version, text, length);
    free(text);
    return NULL;
}

/* ---- versions ---- */

/* As many as fit, from `first` on; returns the one it ended at. */
static size_t
write_versions(struct request *request, struct json *json, const char *result,
               const struct version *list, size_t first, size_t end)
{
    struct configuration *configuration = request->scope->configuration;
    size_t i = first;

    request_begin(request, json, result);
    json_key(json, "answer");
    json_begin_object(json);
    json_put_natural(json, "in_force", configuration_in_force(configuration));
    json_put_natural(json, "on_trial", configuration_on_trial(configuration));
    json_key(json, "versions");
    json_begin_array(json);
    while (i < end) {
        json_begin_object(json);
        write_version(json, &list[i++]);
        json_end_object(json);
        if (request->reply.length + VERSION_BYTES >= request->reply.capacity)
            break;
    }
    json_end_array(json);
    json_end_object(json);
    return i;
}

const char *
verb_versions(struct request *request)
{
    struct configuration *configuration = request->scope->configuration;
    struct version list[CONFIGURATION_KEPT];
    struct json json;
    size_t i = 0;
    bool more = true, alive = true;

    if (configuration == NULL)
        return NO_VERSIONS;
    size_t count = configuration_list(configuration, list, CONFIGURATION_KEPT);
    while (more && alive) {
        size_t end = write_versions(request, &json, "done", list, i, count);
        more = end < count;
        if (more) /* the same once more, as what it is */
            end = write_versions(request, &json, "accepted", list, i, end);
        i = end;
        alive = request_answer(request, &json, !more);
    }
    return NULL;
}

/* ---- propose ---- */

static void
write_mistakes(struct json *json, const struct proposal *proposal, bool warnings)
{
    size_t capacity = json->buf->capacity;
    unsigned untold = warnings ? 0 : proposal->untold;

    json_key(json, warnings ? "warnings" : "mistakes");
    json_begin_array(json);
    for (unsigned i = 0; i < proposal->count; i++) {
        const struct proposal_mistake *mistake = &proposal->mistakes[i];
        if (mistake->is_warning != warnings)
            continue;
        if (json->buf->length + MISTAKE_BYTES > capacity) {
            untold++;
            continue;
        }
        json_begin_object(json);
        if (mistake->line != 0) {
            json_put_natural(json, "line", mistake->line);
            json_put_natural(json, "column", mistake->column);
        }
        json_put_text(json, "text", mistake->text);
        json_end_object(json);
    }
    json_end_array(json);
    if (untold > 0)
        json_put_natural(json, "untold", untold);
}

static void
answer_mistakes(struct request *request, const struct proposal *proposal)
{
    char reason[200] = "";
    struct json json;

    for (unsigned i = 0; i < proposal->count && reason[0] == '\0'; i++)
        if (!proposal->mistakes[i].is_warning)
            snprintf(reason, sizeof reason, "line %u, column %u: %.150s",
                     proposal->mistakes[i].line, proposal->mistakes[i].column,
                     proposal->mistakes[i].text);
    request_begin(request, &json, "refused");
    request_put_reason(request, &json, reason[0] != '\0' ? reason : "the site file is wrong");
    json_key(&json, "answer");
    json_begin_object(&json);
    write_mistakes(&json, proposal, false);
    json_end_object(&json);
    request_answer(request, &json, true);
}

static const char *
keep(struct request *request, const struct proposal *proposal)
{
    struct configuration *configuration = request->scope->configuration;
    struct version version = {.when_utc_ms = clock_utc_ms()};
    struct json json;

    snprintf(version.who, sizeof version.who, "%s", request->who);
    snprintf(version.why, sizeof version.why, "%s", request_text(request, "why"));
    snprintf(version.origin, sizeof version.origin, "%s", request->origin);
    snprintf(version.digest, sizeof version.digest, "%s", proposal->digest);
    int error = configuration_propose(configuration, &version, proposal->text, proposal->length);
    if (error != 0) {
        snprintf(request->why, sizeof request->why, "it cannot be kept: %s", strerror(-error));
        return request->why;
    }
    request_begin(request, &json, "done");
    json_key(&json, "answer");
    json_begin_object(&json);
    json_put_natural(&json, "version", version.number);
    json_put_natural(&json, "base", version.base);
    json_put_text(&json, "digest", version.digest);
    json_put_natural(&json, "bytes", proposal->length);
    size_t room = request->reply.capacity / 2;
    difference_write(&json, &proposal->difference, room < DIFFERENCE_ROOM ? room : DIFFERENCE_ROOM);
    write_mistakes(&json, proposal, true);
    json_end_object(&json);
    request_answer(request, &json, true);
    return NULL;
}

const char *
verb_propose(struct request *request)
{
    struct configuration *configuration = request->scope->configuration;
    const json_t *patch = json_object_get(request->body, "patch");
    const json_t *text = json_object_get(request->body, "text");
    const char *wrong = NULL;

    if (configuration == NULL)
        return NO_VERSIONS;
    if ((patch == NULL) == (text == NULL))
        return "give either 'text' (the whole site file) or 'patch' (a JSON merge patch)";
    if (patch != NULL && !json_is_object(patch))
        return "'patch' must be an object (RFC 7396)";
    struct proposal *proposal = proposal_make(configuration,
                                              text != NULL ? json_string_value(text) : NULL,
                                              text != NULL ? json_string_length(text) : 0, patch);
    if (proposal == NULL)
        return "no memory: ask again";
    if (proposal->why[0] != '\0') {
        snprintf(request->why, sizeof request->why, "%s", proposal->why);
        wrong = request->why;
    } else if (proposal->digest[0] == '\0') {
        answer_mistakes(request, proposal);
    } else {
        wrong = keep(request, proposal);
    }
    proposal_free(proposal);
    return wrong;
}

/* ---- apply, roll-back ---- */

static void
answer_outcome(struct request *request, const char *wrong)
{
    struct json json;

    request_begin(request, &json, wrong == NULL ? "done" : "failed");
    if (wrong != NULL)
        request_put_reason(request, &json, wrong);
    json_key(&json, "answer");
    json_begin_object(&json);
    json_put_natural(&json, "in_force", request->errand.ret_number);
    if (wrong == NULL)
        json_put_text(&json, "text", request->errand.why);
    json_end_object(&json);
    request_answer(request, &json, true);
}

/* What can be told before anything begins. */
static const char *
look_at(struct configuration *configuration, uint64_t number)
{
    struct version version;

    if (configuration_on_trial(configuration) != 0)
        return "a version is on trial: 'versions' says which; ask again when it is decided";
    if (number != 0 && !configuration_find(configuration, number, &version))
        return "there is no such version: 'versions' lists them";
    if (number == configuration_in_force(configuration))
        return "that version is in force already";
    return NULL;
}

const char *
verb_apply(struct request *request)
{
    struct errand errand = {.kind = ERRAND_APPLY};
    struct configuration *configuration = request->scope->configuration;
    struct json json;

    if (configuration == NULL)
        return NO_VERSIONS;
    errand.number = (uint64_t)request_integer(request, "version", 0);
    errand.within_s = (uint32_t)request_integer(request, "within_s", TRIAL_WITHIN_S);
    snprintf(errand.allow, sizeof errand.allow, "%s", request_text(request, "allow"));
    snprintf(errand.reason, sizeof errand.reason, "%s", request_text(request, "why"));
    const char *wrong = look_at(configuration, errand.number);
    if (wrong != NULL)
        return wrong;
    request_begin(request, &json, "accepted");
    json_key(&json, "answer");
    json_begin_object(&json);
    json_put_natural(&json, "version", errand.number);
    json_put_natural(&json, "within_s", errand.within_s);
    json_end_object(&json);
    request_answer(request, &json, false); /* it goes on also when nobody waits */
    answer_outcome(request, request_run_errand(request, &errand));
    return NULL;
}

/* What the version in force was made from, where that can be gone back to. */
static uint64_t
find_before(struct configuration *configuration)
{
    struct version version, before;

    if (!configuration_find(configuration, configuration_in_force(configuration), &version) ||
        !configuration_find(configuration, version.base, &before))
        return 0;
    return before.state == VERSION_PROVEN || before.state == VERSION_RETIRED ? before.number : 0;
}

const char *
verb_roll_back(struct request *request)
{
    struct errand errand = {.kind = ERRAND_ROLL_BACK};
    struct configuration *configuration = request->scope->configuration;

    if (configuration == NULL)
        return NO_VERSIONS;
    errand.number = request_has(request, "version")
                        ? (uint64_t)request_integer(request, "version", 0)
                        : find_before(configuration);
    snprintf(errand.reason, sizeof errand.reason, "%s", request_text(request, "why"));
    const char *wrong = look_at(configuration, errand.number);
    if (wrong == NULL)
        wrong = request_run_errand(request, &errand);
    if (wrong != NULL)
        return wrong;
    answer_outcome(request, NULL);
    return NULL;
}

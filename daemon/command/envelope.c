/* A signature is looked for first: whatever has a "signature" is an envelope, and must have all of
 * its members in the form that docs/commands.md gives, and no other. Everything is bounded before
 * jansson sees it: depth by our own look, length by the caller. */
#include "daemon/command/envelope.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

static bool
refuse(char ret_why[200], const char *sentence)
{
    snprintf(ret_why, 200, "%s", sentence);
    return false;
}

/* NULL with a sentence; `what` is the text's name in it. An empty text is an empty object. */
static json_t *
parse(const char *text, size_t length, const char *what, char ret_why[200])
{
    json_error_t error;

    if (length == 0)
        return json_object();
    if (json_is_deep(text, length, ENVELOPE_DEPTH)) {
        snprintf(ret_why, 200, "%s is nested deeper than %d", what, ENVELOPE_DEPTH);
        return NULL;
    }
    json_t *parsed = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (parsed == NULL) {
        snprintf(ret_why, 200, "%s is not JSON: line %d column %d: %.100s", what, error.line,
                 error.column, error.text);
        return NULL;
    }
    if (json_is_object(parsed))
        return parsed;
    json_decref(parsed);
    snprintf(ret_why, 200, "%s must be a JSON object", what);
    return NULL;
}

static int
digit_of(char letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* Exactly `count` lower-case digits, so that one number has one text. */
static bool
is_hex(const json_t *value, size_t count)
{
    const char *text = json_string_value(value);

    if (text == NULL || json_string_length(value) != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (digit_of(text[i]) < 0)
            return false;
    return true;
}

/* A text without control characters of at most `most` bytes. */
static bool
copy_text(const json_t *value, char *ret_text, size_t most)
{
    const char *text = json_string_value(value);

    if (text == NULL || json_string_length(value) > most)
        return false;
    for (size_t i = 0; i < json_string_length(value); i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    memcpy(ret_text, text, json_string_length(value) + 1);
    return true;
}

/* The request's name. An integer is taken as its digits. */
static bool
take_id(struct envelope *envelope, const uint8_t *correlation, size_t correlation_length,
        char ret_why[200])
{
    const json_t *id = json_object_get(envelope->outer, "id");

    if (json_is_integer(id))
        snprintf(envelope->said_id, sizeof envelope->said_id, "%" JSON_INTEGER_FORMAT,
                 json_integer_value(id));
    else if (id != NULL && !copy_text(id, envelope->said_id, sizeof envelope->said_id - 1))
        return refuse(ret_why, "\"id\" must be a text of at most 64 bytes, or an integer");
    if (correlation_length == 0)
        snprintf(envelope->id, sizeof envelope->id, "%s", envelope->said_id);
    for (size_t i = 0; i < correlation_length && 2 * i + 3 <= sizeof envelope->id; i++)
        snprintf(envelope->id + 2 * i, 3, "%02x", correlation[i]);
    return true;
}

static bool
take_time(struct envelope *envelope, char ret_why[200])
{
    const json_t *time = json_object_get(envelope->outer, "time");
    const json_t *challenge = json_object_get(envelope->outer, "challenge");

    if ((time == NULL) == (challenge == NULL))
        return refuse(ret_why, "a signed command has either \"time\" or \"challenge\"");
    envelope->has_challenge = challenge != NULL;
    if (time != NULL && (!json_is_integer(time) || json_integer_value(time) < 1))
        return refuse(ret_why, "\"time\" must be UTC in milliseconds");
    if (challenge != NULL && !is_hex(challenge, 32))
        return refuse(ret_why, "\"challenge\" must be 32 lower-case hexadecimal digits");
    envelope->time_utc_ms = time != NULL ? json_integer_value(time) : 0;
    if (challenge != NULL)
        memcpy(envelope->challenge, json_string_value(challenge), 33);
    return true;
}

static bool
is_known_member(const char *key)
{
    static const char *const MEMBERS[] = {"v",         "id",    "by",   "time",
                                          "challenge", "nonce", "body", "signature"};
    for (size_t i = 0; i < sizeof MEMBERS / sizeof MEMBERS[0]; i++)
        if (strcmp(key, MEMBERS[i]) == 0)
            return true;
    return false;
}

static bool
check_members(json_t *outer, char ret_why[200])
{
    const char *key;
    json_t *value;
    const json_t *version = json_object_get(outer, "v");

    json_object_foreach(outer, key, value) if (!is_known_member(key))
    {
        snprintf(ret_why, 200,
                 "a signed command has v, id, by, time or challenge, nonce, body, signature, "
                 "and no \"%.40s\"",
                 key);
        return false;
    }
    if (!json_is_integer(version) || json_integer_value(version) != 1)
        return refuse(ret_why, "\"v\" of a signed command must be 1");
    return true;
}

static bool
take_signed(struct envelope *envelope, char ret_why[200])
{
    json_t *outer = envelope->outer;
    const json_t *nonce = json_object_get(outer, "nonce");
    const json_t *signature = json_object_get(outer, "signature");
    const json_t *body = json_object_get(outer, "body");

    if (!check_members(outer, ret_why) || !take_time(envelope, ret_why))
        return false;
    if (!copy_text(json_object_get(outer, "by"), envelope->by, sizeof envelope->by - 1) ||
        envelope->by[0] == '\0')
        return refuse(ret_why, "\"by\" must be the name of whoever signed");
    if (!is_hex(nonce, 32))
        return refuse(ret_why, "\"nonce\" must be 32 lower-case hexadecimal digits");
    if (!is_hex(signature, 128))
        return refuse(ret_why, "\"signature\" must be 128 lower-case hexadecimal digits");
    if (!json_is_string(body))
        return refuse(ret_why, "\"body\" must be the text of a JSON object");
    memcpy(envelope->nonce, json_string_value(nonce), 33);
    const char *digits = json_string_value(signature);
    for (size_t i = 0; i < 64; i++)
        envelope->signature[i] = (uint8_t)(digit_of(digits[2 * i]) << 4 |
                                           digit_of(digits[2 * i + 1]));
    envelope->is_signed = true;
    envelope->body_text = json_string_value(body);
    envelope->body_length = json_string_length(body);
    envelope->body = parse(envelope->body_text, envelope->body_length, "\"body\"", ret_why);
    return envelope->body != NULL;
}

bool
envelope_parse(const char *payload, size_t length, const uint8_t *correlation,
               size_t correlation_length, struct envelope *ret_envelope, char ret_why[200])
{
    memset(ret_envelope, 0, sizeof *ret_envelope);
    ret_why[0] = '\0';
    ret_envelope->outer = parse(payload, length, "a command", ret_why);
    if (!take_id(ret_envelope, correlation, correlation_length, ret_why) ||
        ret_envelope->outer == NULL)
        return false;
    if (json_object_get(ret_envelope->outer, "signature") != NULL)
        return take_signed(ret_envelope, ret_why);
    ret_envelope->body = json_incref(ret_envelope->outer);
    return true;
}

void
envelope_done(struct envelope *envelope)
{
    json_decref(envelope->body);
    json_decref(envelope->outer);
    envelope->body = envelope->outer = NULL;
}

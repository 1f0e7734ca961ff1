#include "ctl/target.h"

#include "base/clock.h"
#include "ctl/client.h"
#include "daemon/command/signing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static void
make_hex(const uint8_t *bytes, size_t length, char *ret_text)
{
    for (size_t i = 0; i < length; i++)
        snprintf(ret_text + 2 * i, 3, "%02x", bytes[i]);
}

void
target_init(struct target *target, const char *prefix, const char *park, const char *name)
{
    *target = (struct target){.is_known = false};
    snprintf(target->name, sizeof target->name, "%s", name);
    snprintf(target->base, sizeof target->base, "%.64s/v1/%.60s/%.60s/", prefix, park, name);
}

bool
target_learn(struct target *target, const char *status)
{
    json_t *page = json_loads(status, 0, NULL);
    const char *id = client_text(page, "gateway"), *clock = client_text(page, "clock");
    const char *state = client_text(page, "status");

    if (*id != '\0') {
        snprintf(target->gateway_id, sizeof target->gateway_id, "%s", id);
        snprintf(target->challenge, sizeof target->challenge, "%s", client_text(page, "challenge"));
        target->knows_time = strcmp(clock, "synchronised") == 0 || strcmp(clock, "set") == 0;
        target->is_away = strcmp(state, "offline") == 0 || strcmp(state, "stopping") == 0;
        target->is_known = true;
    }
    json_decref(page);
    return target->is_known;
}

/* The signature over what signing.h says, as hexadecimal. */
static bool
sign(const struct target *target, const struct target_signer *signer,
     struct signed_command *command, char ret_signature[129])
{
    size_t room = command->body_length + 2048;
    uint8_t signature[64];
    struct buf text;
    bool done = false;

    command->park = signer->park;
    command->gateway_id = target->gateway_id;
    command->response_topic = signer->is_3_1_1 ? "" : target->response;
    command->correlation = target->correlation;
    command->correlation_length = signer->is_3_1_1 ? 0 : sizeof target->correlation;
    command->id = target->id;
    command->by = signer->by;
    command->challenge = target->knows_time ? NULL : target->challenge;
    if (buf_new(&text, room) != 0)
        return false;
    if (signing_print(command, &text) == 0 &&
        ed25519_sign(signer->key, text.data, text.length, signature)) {
        make_hex(signature, sizeof signature, ret_signature);
        done = true;
    }
    buf_free(&text);
    return done;
}

static json_t *
envelop(const struct target *target, const struct target_signer *signer, const char *verb,
        const char *body)
{
    struct signed_command command = {.verb = verb, .body = body, .body_length = strlen(body)};
    uint8_t chance[16];
    char nonce[33], signature[129];

    command.time_utc_ms = clock_utc_ms();
    command.nonce = nonce;
    if (getrandom(chance, sizeof chance, 0) != (ssize_t)sizeof chance)
        return NULL;
    make_hex(chance, sizeof chance, nonce);
    if (!sign(target, signer, &command, signature))
        return NULL;
    json_t *envelope = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "v", 1, "id", target->id, "by",
                                 signer->by, "nonce", nonce, "body", body, "signature", signature);
    if (target->knows_time)
        json_object_set_new(envelope, "time", json_integer(command.time_utc_ms));
    else
        json_object_set_new(envelope, "challenge", json_string(target->challenge));
    return envelope;
}

char *
target_make(struct target *target, const struct target_signer *signer, const char *verb,
            const json_t *members)
{
    json_t *whole = NULL;

    if (getrandom(target->correlation, sizeof target->correlation, 0) !=
        (ssize_t)sizeof target->correlation)
        return NULL;
    make_hex(target->correlation, sizeof target->correlation, target->id);
    if (signer->is_3_1_1)
        snprintf(target->response, sizeof target->response, "%.190sreply/%.40s", target->base,
                 verb);
    else
        snprintf(target->response, sizeof target->response, "%.190sreply/ctl-%.16s", target->base,
                 target->id);
    if (signer->key != NULL) {
        char *body = json_dumps(members, JSON_COMPACT);
        whole = body != NULL ? envelop(target, signer, verb, body) : NULL;
        free(body);
    } else {
        whole = json_deep_copy(members);
        json_object_set_new(whole, "id", json_string(target->id));
    }
    char *text = whole != NULL ? json_dumps(whole, JSON_COMPACT) : NULL;
    json_decref(whole);
    if (text == NULL)
        fprintf(stderr, "parkgatectl: the command could not be signed\n");
    return text;
}

bool
target_is_asked(const struct target *target, const json_t *reply)
{
    return strcmp(client_text(reply, "id"), target->id) == 0;
}

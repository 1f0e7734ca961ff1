/* Any bytes as a command of the broker: refused with one sentence, or an object that fits a verb's
 * members. And any body, signed by a person of the site: allowed as it was signed, and refused as
 * soon as one thing that the signature is over is another. The first bytes: flags, verb, which
 * thing is another, how far the gateway's clock is off. */
#include "base/ed25519.h"
#include "daemon/command/authority.h"
#include "daemon/command/signing.h"
#include "daemon/command/verbs.h"

#include <stdlib.h>
#include <string.h>

#define FRONT   4
#define NOW     1700000000000
#define NONCE   "00112233445566778899aabbccddeeff"
#define ANOTHER "ffeeddccbbaa99887766554433221100"

enum flag {
    FLAG_SIGNED = 1,    /* the rest is a body; else it is the payload */
    FLAG_UNSIGNED = 2,  /* the site hears unsigned commands */
    FLAG_CHALLENGE = 4, /* the clock is not known */
    FLAG_CORRELATION = 8,
};

enum another { /* than what was signed */
               ANOTHER_NONE,
               ANOTHER_GATEWAY,
               ANOTHER_PARK,
               ANOTHER_VERB,
               ANOTHER_TOPIC,
               ANOTHER_CORRELATION,
               ANOTHER_ID,
               ANOTHER_NAME,
               ANOTHER_TIME,
               ANOTHER_NONCE,
               ANOTHER_BODY,
               ANOTHER_COUNT
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct roll roll;
static struct ed25519 *key;
static struct stamp now = {.utc_ms = NOW, .clock = CLOCK_SYNCHRONISED};
static uint8_t room[2 * COMMAND_PAYLOAD_MOST];

static void
require(bool true_thing)
{
    if (!true_thing)
        abort();
}

static void
make_roll(void)
{
    roll = (struct roll){.park = "xihu",
                         .gateway_id = "0123456789abcdef0123456789abcdef",
                         .challenge = NONCE,
                         .unsigned_role = ROLE_OBSERVER,
                         .count = 2};
    strcpy(roll.people[0].name, "zhang-san");
    strcpy(roll.people[1].name, "li-wei");
    roll.people[0].role = ROLE_ADMINISTRATOR;
    roll.people[1].role = ROLE_OPERATOR;
    struct ed25519 *other = ed25519_make();
    key = ed25519_make();
    require(key && other && ed25519_public(key, roll.people[1].key) &&
            ed25519_public(other, roll.people[0].key));
    ed25519_free(other);
}

/* ---- what comes ---- */

static void
print_hex(const uint8_t *bytes, size_t count, char *ret_text)
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        ret_text[2 * i] = DIGITS[bytes[i] >> 4];
        ret_text[2 * i + 1] = DIGITS[bytes[i] & 15];
    }
    ret_text[2 * count] = '\0';
}

/* The payload that a laptop would send, with one thing another; NULL: such a body is no text. */
static char *
sign(const struct command *command, uint8_t flags, enum another another, const char *body,
     size_t length)
{
    struct signed_command text = {.park = roll.park,
                                  .gateway_id = roll.gateway_id,
                                  .verb = command->verb,
                                  .response_topic = command->response_topic,
                                  .correlation = command->correlation,
                                  .correlation_length = command->correlation_length,
                                  .id = "7",
                                  .by = "li-wei",
                                  .time_utc_ms = (flags & FLAG_CHALLENGE) != 0 ? 0 : NOW,
                                  .challenge = (flags & FLAG_CHALLENGE) != 0 ? NONCE : NULL,
                                  .nonce = NONCE,
                                  .body = body,
                                  .body_length = length};
    uint8_t signature[64];
    char digits[129];
    struct buf buf;

    buf_init(&buf, room, sizeof room);
    require(signing_print(&text, &buf) == 0);
    require(ed25519_sign(key, buf.data, buf.length, signature));
    print_hex(signature, sizeof signature, digits);
    json_t *outer = json_object();
    json_object_set_new(outer, "v", json_integer(1));
    json_object_set_new(outer, "id", json_string(another == ANOTHER_ID ? "8" : "7"));
    json_object_set_new(outer, "by", json_string(another == ANOTHER_NAME ? "zhang-san" : "li-wei"));
    if ((flags & FLAG_CHALLENGE) != 0)
        json_object_set_new(outer, "challenge", json_string(NONCE));
    else
        json_object_set_new(outer, "time", json_integer(NOW + (another == ANOTHER_TIME)));
    json_object_set_new(outer, "nonce", json_string(another == ANOTHER_NONCE ? ANOTHER : NONCE));
    bool is_text = json_object_set_new(outer, "body", json_stringn(body, length)) == 0;
    if (is_text && another == ANOTHER_BODY) {
        char *longer = malloc(length + 1);
        require(longer != NULL);
        if (length)
            memcpy(longer, body, length);
        longer[length] = ' ';
        json_object_set_new(outer, "body", json_stringn(longer, length + 1));
        free(longer);
    }
    json_object_set_new(outer, "signature", json_string(digits));
    char *payload = is_text ? json_dumps(outer, JSON_COMPACT) : NULL;
    json_decref(outer);
    return payload;
}

static void
alter(struct command *command, struct roll *roll_there, enum another another)
{
    if (another == ANOTHER_GATEWAY)
        roll_there->gateway_id[0] = 'f';
    if (another == ANOTHER_PARK)
        strcpy(roll_there->park, "xihv");
    if (another == ANOTHER_VERB)
        strcpy(command->verb, strcmp(command->verb, "help") != 0 ? "help" : "status");
    if (another == ANOTHER_TOPIC)
        strcpy(command->response_topic, "park/v1/xihu/gw-1/reply/elsewhere");
    if (another == ANOTHER_CORRELATION)
        command->correlation[command->correlation_length++] = 0;
}

/* ---- what becomes of it ---- */

/* NULL, or why it is refused; `ret_person` tells whether a signature was right. */
static const char *
judge(const struct roll *there, const struct command *command, const char *payload, size_t length,
      bool *ret_person)
{
    static char why[200];
    static struct decision decision;
    static struct envelope envelope;
    struct buf text;
    *ret_person = false;
    why[0] = '\0';
    buf_init(&text, room, sizeof room);
    if (envelope_parse(payload, length, command->correlation, command->correlation_length,
                       &envelope, why)) {
        require(json_is_object(envelope.body));
        authority_decide(there, command, &envelope, &now, &text, &decision);
        require(decision.allowed == (decision.why[0] == '\0'));
        require(decision.who[0] != '\0');
        *ret_person = decision.person != NULL;
        memcpy(why, decision.why, sizeof why);
        const struct verb *verb = verbs_find(command->verb);
        char sentence[200];
        const char *wrong = verb ? verbs_check(verb, envelope.body, sentence) : NULL;
        require(!wrong || (wrong[0] != '\0' && strlen(wrong) < sizeof sentence));
    } else {
        require(why[0] != '\0');
    }
    envelope_done(&envelope);
    return why[0] != '\0' ? why : NULL;
}

/* Surely: too short to be too deep, and without the NUL that jansson passes over inside a number
 * and no text in JSON can hold. */
static bool
is_object(const uint8_t *body, size_t length)
{
    json_t *parsed = json_loadb((const char *)body, length, JSON_REJECT_DUPLICATES, NULL);
    bool is = length == 0 ||
              (length < 64 && json_is_object(parsed) && memchr(body, '\0', length) == NULL);
    json_decref(parsed);
    return is;
}

static void
try_signed(struct command *command, uint8_t flags, enum another another, const uint8_t *data,
           size_t size)
{
    struct roll there = roll;
    bool is_person;
    char *payload = sign(command, flags, another, (const char *)data, size);
    if (!payload)
        return;
    if ((flags & FLAG_CHALLENGE) != 0 && another == ANOTHER_TIME)
        another = ANOTHER_NONE; /* there is none */
    alter(command, &there, another);
    const char *why = judge(&there, command, payload, strlen(payload), &is_person);
    int64_t apart_ms = now.utc_ms - NOW;
    bool timely = (flags & FLAG_CHALLENGE) != 0 ||
                  (apart_ms <= AUTHORITY_WINDOW_MS && -apart_ms <= AUTHORITY_WINDOW_MS);
    require(another == ANOTHER_NONE || !is_person);
    require(another != ANOTHER_NONE || is_person || !is_object(data, size));
    require(another == ANOTHER_NONE || why != NULL);
    require(!is_person || (why == NULL) == timely);
    free(payload);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct command command;
    bool is_person;

    if (size < FRONT || size > COMMAND_PAYLOAD_MOST)
        return 0;
    if (!key)
        make_roll();
    uint8_t flags = data[0];
    size_t verbs = 0;
    while (verbs_at(verbs))
        verbs++;
    memset(&command, 0, offsetof(struct command, payload));
    strcpy(command.verb, verbs_at(data[1] % verbs)->name);
    strcpy(command.destination, "centre");
    if ((flags & FLAG_CORRELATION) != 0) {
        command.correlation[0] = data[2];
        command.correlation_length = 1;
    }
    roll.hears_unsigned = (flags & FLAG_UNSIGNED) != 0;
    now.clock = (flags & FLAG_CHALLENGE) != 0 ? CLOCK_UNKNOWN : CLOCK_SYNCHRONISED;
    now.utc_ms = NOW + ((int64_t)data[3] - 128) * 1000;
    if ((flags & FLAG_SIGNED) != 0) {
        try_signed(&command, flags, data[2] % ANOTHER_COUNT, data + FRONT, size - FRONT);
        return 0;
    }
    judge(&roll, &command, (const char *)data + FRONT, size - FRONT, &is_person);
    require(!is_person); /* nobody guesses a signature */
    return 0;
}

/* Identity first, then time: what a person signed is recorded under their name also when it came
 * too late; what nobody signed is recorded under the destination. */
#include "daemon/command/authority.h"

#include "base/ed25519.h"
#include "daemon/command/signing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char NOT_VALID[] =
    "the signature does not fit: not by that name, not over this text, or not for this gateway";

void
roll_fill(struct roll *ret_roll, const struct site *site, const char *gateway_id,
          const char *challenge)
{
    memset(ret_roll, 0, sizeof *ret_roll);
    snprintf(ret_roll->park, sizeof ret_roll->park, "%s", site->park);
    snprintf(ret_roll->gateway_id, sizeof ret_roll->gateway_id, "%s", gateway_id);
    snprintf(ret_roll->challenge, sizeof ret_roll->challenge, "%s", challenge);
    ret_roll->hears_unsigned = site->unsigned_commands;
    ret_roll->unsigned_role = site->unsigned_role;
    ret_roll->commands_a_minute = site->commands_a_minute;
    for (uint16_t i = 0; i < site->person_count && i < PEOPLE_MAX; i++) {
        struct roll_entry *entry = &ret_roll->people[ret_roll->count++];
        snprintf(entry->name, sizeof entry->name, "%s", site->people[i].name);
        memcpy(entry->key, site->people[i].key, sizeof entry->key);
        entry->role = site->people[i].role;
    }
}

static const struct roll_entry *
find(const struct roll *roll, const char *name)
{
    for (size_t i = 0; i < roll->count; i++)
        if (strcmp(roll->people[i].name, name) == 0)
            return &roll->people[i];
    return NULL;
}

/* A name that is not there costs the same work, by a key that nobody has. */
static bool
is_signed_by(const struct roll *roll, const struct command *command,
             const struct envelope *envelope, const struct roll_entry *person, struct buf *text)
{
    static const uint8_t NOBODY[32] = {1};
    struct signed_command signed_command = {
        .park = roll->park,
        .gateway_id = roll->gateway_id,
        .verb = command->verb,
        .response_topic = command->response_topic,
        .correlation = command->correlation,
        .correlation_length = command->correlation_length,
        .id = envelope->said_id,
        .by = envelope->by,
        .time_utc_ms = envelope->time_utc_ms,
        .challenge = envelope->has_challenge ? envelope->challenge : NULL,
        .nonce = envelope->nonce,
        .body = envelope->body_text,
        .body_length = envelope->body_length,
    };

    if (signing_print(&signed_command, text) != 0)
        return false;
    bool fits = ed25519_verify(person != NULL ? person->key : NOBODY, text->data, text->length,
                               envelope->signature);
    return fits && person != NULL;
}

/* The rule while the clock is not known (docs/commands.md): the challenge stands for the time. */
static bool
is_timely(const struct roll *roll, const struct envelope *envelope, const struct stamp *now,
          char ret_why[200])
{
    bool knows_time = now->clock == CLOCK_SYNCHRONISED || now->clock == CLOCK_SET;
    int64_t apart_ms = knows_time ? envelope->time_utc_ms - now->utc_ms : 0;

    if (!knows_time && !envelope->has_challenge)
        snprintf(ret_why, 200,
                 "this gateway does not know the time: sign with the \"challenge\" of its status "
                 "page instead of \"time\"");
    else if (knows_time && envelope->has_challenge)
        snprintf(ret_why, 200, "this gateway knows the time: sign with \"time\", no challenge");
    else if (envelope->has_challenge && strcmp(envelope->challenge, roll->challenge) != 0)
        snprintf(ret_why, 200,
                 "the challenge is an old one: take the present one from the status page");
    else if (apart_ms > AUTHORITY_WINDOW_MS || apart_ms < -AUTHORITY_WINDOW_MS)
        snprintf(ret_why, 200,
                 "\"time\" is %" PRId64 " s %s the gateway's clock; at most %d are allowed",
                 (apart_ms < 0 ? -apart_ms : apart_ms) / 1000, apart_ms < 0 ? "behind" : "before",
                 AUTHORITY_WINDOW_MS / 1000);
    return ret_why[0] == '\0';
}

static void
decide_unsigned(const struct roll *roll, struct decision *decision)
{
    decision->allowed = roll->hears_unsigned;
    decision->role = roll->unsigned_role;
    if (!decision->allowed)
        snprintf(decision->why, sizeof decision->why,
                 "this gateway hears signed commands only (docs/commands.md)");
}

void
authority_decide(const struct roll *roll, const struct command *command,
                 const struct envelope *envelope, const struct stamp *now, struct buf *text,
                 struct decision *ret_decision)
{
    memset(ret_decision, 0, sizeof *ret_decision);
    snprintf(ret_decision->who, sizeof ret_decision->who, "unsigned over %.40s",
             command->destination);
    if (!envelope->is_signed) {
        decide_unsigned(roll, ret_decision);
        return;
    }
    const struct roll_entry *person = find(roll, envelope->by);
    if (!is_signed_by(roll, command, envelope, person, text)) {
        snprintf(ret_decision->who, sizeof ret_decision->who, "somebody over %.40s",
                 command->destination);
        snprintf(ret_decision->why, sizeof ret_decision->why, "%s", NOT_VALID);
        return;
    }
    ret_decision->person = person;
    ret_decision->role = person->role;
    snprintf(ret_decision->who, sizeof ret_decision->who, "%s", person->name);
    ret_decision->allowed = is_timely(roll, envelope, now, ret_decision->why);
}

/* What a command's payload says: a signed envelope, or the body itself (docs/commands.md). Checks
 * forms, knows nobody. */
#ifndef DAEMON_COMMAND_ENVELOPE_H
#define DAEMON_COMMAND_ENVELOPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENVELOPE_DEPTH 32 /* as over the socket; verbs_check is stricter */
#define ENVELOPE_ID    132

struct envelope {
    bool is_signed;
    char id[ENVELOPE_ID]; /* correlation data as hexadecimal, else "id"; "" for none */
    char said_id[65];     /* "id" as it stands there: what was signed */
    char by[64];
    bool has_challenge;
    char challenge[33];
    int64_t time_utc_ms;
    char nonce[33];
    uint8_t signature[64];
    const char *body_text; /* of a signed command; lives as long as `outer` */
    size_t body_length;
    json_t *outer; /* owned */
    json_t *body;  /* owned; an object */
};

/* True, or false with one sentence. envelope_done in both cases. */
bool envelope_parse(const char *payload, size_t length, const uint8_t *correlation,
                    size_t correlation_length, struct envelope *ret_envelope, char ret_why[200]);
void envelope_done(struct envelope *envelope);

#endif

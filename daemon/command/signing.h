/* What the signature of a command is over (docs/commands.md, "Signed commands"). A pure text, the
 * same for whoever signs and whoever verifies. */
#ifndef DAEMON_COMMAND_SIGNING_H
#define DAEMON_COMMAND_SIGNING_H

#include "base/buf.h"

#include <stdint.h>

struct signed_command {
    const char *park;
    const char *gateway_id;
    const char *verb;
    const char *response_topic; /* MQTT 5; "" for none */
    const uint8_t *correlation; /* MQTT 5 */
    size_t correlation_length;
    const char *id; /* "id" of the envelope; "" for none */
    const char *by; /* name of the key */
    int64_t time_utc_ms;
    const char *challenge; /* instead of the time; NULL: the time counts */
    const char *nonce;     /* 32 lower-case hexadecimal digits */
    const char *body;      /* the text of the JSON object, byte for byte */
    size_t body_length;
};

/* "parkgate-command-1" and each of them on a line of its own, in this order, the body last without
 * a line end; the time as decimal milliseconds, or "challenge:" and the challenge. -EINVAL: a text
 * before the body holds a control character, which could stand for another line; -ENOSPC. */
int signing_print(const struct signed_command *command, struct buf *ret_text);

#endif

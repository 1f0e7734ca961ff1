/* A gateway that a command goes to: what its status page says of it, and the command made for it
 * (docs/commands.md). */
#ifndef CTL_TARGET_H
#define CTL_TARGET_H

#include "base/ed25519.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define TARGET_NAME  64
#define TARGET_TOPIC 256

struct target {
    char name[TARGET_NAME];
    char base[TARGET_TOPIC]; /* "{prefix}/v1/{park}/{gateway}/" */
    char gateway_id[40], challenge[40];
    bool is_known;   /* its status was seen */
    bool is_away;    /* and says that it is not connected */
    bool knows_time; /* its clock can judge the command's */
    char response[TARGET_TOPIC];
    uint8_t correlation[16];
    char id[33];
    bool answered; /* the last answer came */
    bool absent;   /* it cannot be asked */
    bool refused;
};

struct target_signer {
    const char *park, *by;
    const struct ed25519 *key; /* NULL: unsigned */
    bool is_3_1_1;
};

void target_init(struct target *target, const char *prefix, const char *park, const char *name);

/* Of its status page; false when that is none. */
bool target_learn(struct target *target, const char *status);

/* Makes id, correlation, response topic and the payload, to be freed; NULL after a sentence. */
char *target_make(struct target *target, const struct target_signer *signer, const char *verb,
                  const json_t *members);

/* Is this an answer to what was made last? */
bool target_is_asked(const struct target *target, const json_t *reply);

#endif

/* The commands that came last, so that one that comes again (a QoS 1 duplicate, a sender that did
 * not hear the answer) is answered again and not carried out again. Pure, bounded; forgets at a
 * restart: what is signed is then refused by its nonce (nonces.h). */
#ifndef DAEMON_COMMAND_REPEATS_H
#define DAEMON_COMMAND_REPEATS_H

#include "daemon/command.h"
#include "daemon/command/envelope.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPEATS 64

struct repeat {
    uint64_t number; /* 0: empty */
    char sender[64];
    char id[ENVELOPE_ID];
    uint8_t digest[32];
    bool is_running;
    char result[12];
    char reason[200];
};

struct repeats {
    struct repeat ring[REPEATS];
    uint64_t last;
};

enum repeats_verdict {
    REPEATS_NEW,
    REPEATS_SAME, /* that very command: answer with ret_earlier */
    REPEATS_OTHER /* the id is taken by another command */
};

/* The digest is over verb and payload (repeats_digest). An empty id is always new. */
enum repeats_verdict repeats_look(const struct repeats *repeats, const char *sender, const char *id,
                                  const uint8_t digest[32], const struct repeat **ret_earlier);

/* It is being carried out; the number is for repeats_finish. 0 for an empty id. */
uint64_t repeats_begin(struct repeats *repeats, const char *sender, const char *id,
                       const uint8_t digest[32]);

/* Ignores a number that has left the ring. */
void repeats_finish(struct repeats *repeats, uint64_t number, const char *result,
                    const char *reason);

/* False: no memory. */
bool repeats_digest(const struct command *command, uint8_t ret_digest[32]);

#endif

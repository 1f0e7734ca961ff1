/* Which signed commands were there before, so that none is ever carried out twice, whatever the
 * clock does and however often the daemon starts. For each key: the newest NONCES_KEPT commands,
 * and a floor of time: what is not later than it is refused. What no longer fits raises the floor.
 *
 * Kept by key, not by name: a name may be given to another person, and a person whose floor lies in
 * the future (the clock was wrong for long) gets a new key. Written to disk before the command is
 * carried out. A command with a challenge is kept in memory as long as that challenge holds, at
 * most until the daemon ends. Owned by one thread; time comes from the caller. */
#ifndef DAEMON_COMMAND_NONCES_H
#define DAEMON_COMMAND_NONCES_H

#include "base/buf.h"
#include "config/people.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NONCES_KEPT       64
#define NONCES_CHALLENGES 256 /* of one challenge */

struct nonces;

/* Reads DIRECTORY/nonces. A file that cannot be read is said in the log, and everybody's floor then
 * lies a minute behind `utc_ms`, now (0: nobody knows). 0 or -ENOMEM. */
int nonces_open(const char *directory, int64_t utc_ms, struct nonces **ret_nonces);
void nonces_close(struct nonces *nonces);

/* The keys of the site from now on: others may be forgotten when room is needed, behind a floor. */
void nonces_set_keys(struct nonces *nonces, const uint8_t (*keys)[32], size_t count);

/* NULL: new, and remembered, also on disk; or why it is refused. When the disk does not take it
 * ret_volatile is true: it is remembered only until the daemon ends. */
const char *nonces_take(struct nonces *nonces, const uint8_t key[32], int64_t time_utc_ms,
                        const char nonce[33], bool *ret_volatile);

/* The same of a command with the present challenge. */
const char *nonces_take_challenge(struct nonces *nonces, const uint8_t key[32],
                                  const char nonce[33]);

/* No further command with this challenge; there must be another, then the old ones are forgotten.
 */
bool nonces_is_full(const struct nonces *nonces);
void nonces_forget_challenged(struct nonces *nonces);

#endif

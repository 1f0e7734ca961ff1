/* SHA-256 over records: digest = SHA-256(body), chain = SHA-256(previous, digest). Internal to the
 * store. */
#ifndef DAEMON_STORE_CHAIN_H
#define DAEMON_STORE_CHAIN_H

#include "daemon/store/reader.h"

struct hasher; /* one thread's; kept so that a record costs no set-up */

/* NULL without memory. */
struct hasher *hasher_new(void);
void hasher_free(struct hasher *hasher);

/* In place; ret_digest may be NULL. */
void hasher_chain(struct hasher *hasher, uint8_t chain[STORE_HASH], const void *body, size_t length,
                  uint8_t ret_digest[STORE_HASH]);

/* "89ab..." and a NUL. */
void chain_print(const uint8_t chain[STORE_HASH], char ret_text[2 * STORE_HASH + 1]);

#endif

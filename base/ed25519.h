/* Ed25519 keys (RFC 8032): the gateway's own, which signs records, and those of the people who sign
 * commands. The only file that asks OpenSSL for signatures. Keys in files are PEM, PKCS #8. */
#ifndef BASE_ED25519_H
#define BASE_ED25519_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ED25519_PEM 200 /* bytes of a private key as PEM, with the NUL */

struct ed25519; /* a private key */

/* NULL: no memory, or no randomness. */
struct ed25519 *ed25519_make(void);

/* NULL: the file cannot be read, or holds no private Ed25519 key. */
struct ed25519 *ed25519_read(const char *path);
void ed25519_free(struct ed25519 *key);

/* Length of the PEM text, 0 when it could not be made. Wipe it after use. */
size_t ed25519_print(const struct ed25519 *key, char ret_pem[ED25519_PEM]);

bool ed25519_public(const struct ed25519 *key, uint8_t ret_key[32]);

/* Thread-safe: a context of its own a call. */
bool ed25519_sign(const struct ed25519 *key, const void *bytes, size_t length,
                  uint8_t ret_signature[64]);

/* True for the public keys of small order, all zeros among them: whatever is signed, anybody can
 * make a signature that fits them (RFC 8032 section 5.1.7 leaves it to whoever takes keys). */
bool ed25519_is_weak(const uint8_t public_key[32]);

/* False for a weak key as well. */
bool ed25519_verify(const uint8_t public_key[32], const void *bytes, size_t length,
                    const uint8_t signature[64]);

#endif

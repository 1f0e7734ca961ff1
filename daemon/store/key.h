/* The gateway's Ed25519 key: systemd's credential gateway.key (PEM), or made at first start in a
 * file that only the service reads. */
#ifndef DAEMON_STORE_KEY_H
#define DAEMON_STORE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key;

/* Loads the credential, or DIRECTORY/key.pem, which is made (mode 0600) when it is not there. 0 or
 * negative errno with a sentence. */
int key_open(const char *directory, struct key **ret_key, char ret_error[200]);
void key_close(struct key *key);

bool key_public(const struct key *key, uint8_t ret_key[32]);

/* Thread-safe: a context of its own a call. */
bool key_sign(const struct key *key, const void *bytes, size_t length, uint8_t ret_signature[64]);

bool key_verify(const uint8_t public_key[32], const void *bytes, size_t length,
                const uint8_t signature[64]);

/* ---- another key instead ---- */

/* Makes the next key, in DIRECTORY/key.next.pem, or takes the one an earlier run left there. 0 or
 * negative errno with a sentence: -EPERM the key is a credential, -ENOENT there is none. */
int key_make_next(struct key *key, const char *directory, char ret_error[200]);
int key_find_next(struct key *key, const char *directory, char ret_error[200]);

bool key_next_public(const struct key *key, uint8_t ret_key[32]);
bool key_next_sign(const struct key *key, const void *bytes, size_t length,
                   uint8_t ret_signature[64]);

/* The next key takes the place of the old, in the file and for who signs from now on; or it is
 * gone. */
int key_adopt_next(struct key *key, const char *directory);
void key_drop_next(struct key *key, const char *directory);

/* The public half of a PEM file: DIRECTORY/key.pem. */
bool key_read_public(const char *directory, uint8_t ret_key[32]);

#endif

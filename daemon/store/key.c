#include "daemon/store/key.h"

#include "base/ed25519.h"
#include "base/whole_file.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMER 16 /* keys that were replaced while somebody may still sign with them */

struct key {
    _Atomic(struct ed25519 *) private;
    struct ed25519 *next;
    struct ed25519 *former[FORMER];
    unsigned former_count;
    bool is_credential;
};

static struct ed25519 *
make(const char *path)
{
    char text[ED25519_PEM];
    struct ed25519 *private = ed25519_make();
    size_t length = private != NULL ? ed25519_print(private, text) : 0;

    bool made = length != 0 && whole_file_write(path, text, length) == 0;
    OPENSSL_cleanse(text, sizeof text);
    if (made)
        return private;
    ed25519_free(private);
    return NULL;
}

/* The credential gateway.key of systemd where there is one, else a file of our own, made when it is
 * not there. */
static bool
find_file(const char *directory, char path[4096], struct stat *ret_file, bool *ret_is_credential)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");

    if (credentials != NULL) {
        snprintf(path, 4096, "%.4000s/gateway.key", credentials);
        *ret_is_credential = stat(path, ret_file) == 0;
        if (*ret_is_credential)
            return true;
    }
    snprintf(path, 4096, "%.4000s/key.pem", directory);
    return stat(path, ret_file) == 0;
}

int
key_open(const char *directory, struct key **ret_key, char ret_error[200])
{
    char path[4096];
    struct stat file;
    bool is_credential = false;

    bool there = find_file(directory, path, &file, &is_credential);
    if (there && (file.st_mode & 077) != 0) {
        snprintf(ret_error, 200, "%.120s can be read by others: chmod 600 it", path);
        return -EACCES;
    }
    struct key *key = calloc(1, sizeof *key);
    if (key == NULL)
        return -ENOMEM;
    key->is_credential = is_credential;
    key->private = there ? ed25519_read(path) : make(path);
    if (key->private == NULL) {
        snprintf(ret_error, 200, "the signing key %.100s cannot be %s", path,
                 there ? "read as a PEM private key" : "made");
        free(key);
        return -EIO;
    }
    *ret_key = key;
    return 0;
}

void
key_close(struct key *key)
{
    if (key == NULL)
        return;
    ed25519_free(key->private);
    ed25519_free(key->next);
    for (unsigned i = 0; i < key->former_count; i++)
        ed25519_free(key->former[i]);
    free(key);
}

bool
key_public(const struct key *key, uint8_t ret_key[32])
{
    return ed25519_public(key->private, ret_key);
}

bool
key_sign(const struct key *key, const void *bytes, size_t length, uint8_t ret_signature[64])
{
    return ed25519_sign(key->private, bytes, length, ret_signature);
}

bool
key_verify(const uint8_t public_key[32], const void *bytes, size_t length,
           const uint8_t signature[64])
{
    return ed25519_verify(public_key, bytes, length, signature);
}

/* ---- another key instead ---- */

static void
print_next(const char *directory, char path[4096])
{
    snprintf(path, 4096, "%.4000s/key.next.pem", directory);
}

int
key_make_next(struct key *key, const char *directory, char ret_error[200])
{
    char path[4096];

    if (key->is_credential) {
        snprintf(ret_error, 200,
                 "the signing key is systemd's credential gateway.key: only who gave it can change"
                 " it");
        return -EPERM;
    }
    if (key->former_count == FORMER) {
        snprintf(ret_error, 200,
                 "the key was changed %d times since the daemon started: restart it"
                 " first",
                 FORMER);
        return -EBUSY;
    }
    print_next(directory, path);
    ed25519_free(key->next);
    key->next = make(path);
    if (key->next != NULL)
        return 0;
    snprintf(ret_error, 200, "the new key cannot be written to %.120s", path);
    return -EIO;
}

int
key_find_next(struct key *key, const char *directory, char ret_error[200])
{
    char path[4096];

    print_next(directory, path);
    if (access(path, F_OK) != 0)
        return -ENOENT;
    ed25519_free(key->next);
    key->next = ed25519_read(path);
    if (key->next != NULL)
        return 0;
    snprintf(ret_error, 200, "%.120s cannot be read as a PEM private key", path);
    return -EIO;
}

bool
key_next_public(const struct key *key, uint8_t ret_key[32])
{
    return key->next != NULL && ed25519_public(key->next, ret_key);
}

bool
key_next_sign(const struct key *key, const void *bytes, size_t length, uint8_t ret_signature[64])
{
    return key->next != NULL && ed25519_sign(key->next, bytes, length, ret_signature);
}

int
key_adopt_next(struct key *key, const char *directory)
{
    char path[4096];
    char next[4096];

    snprintf(path, sizeof path, "%.4000s/key.pem", directory);
    print_next(directory, next);
    if (rename(next, path) != 0)
        return -errno;
    key->former[key->former_count++] = key->private;
    atomic_store(&key->private, key->next);
    key->next = NULL;
    return 0;
}

void
key_drop_next(struct key *key, const char *directory)
{
    char path[4096];

    print_next(directory, path);
    unlink(path);
    ed25519_free(key->next);
    key->next = NULL;
}

bool
key_read_public(const char *directory, uint8_t ret_key[32])
{
    char path[4096];

    snprintf(path, sizeof path, "%.4000s/key.pem", directory);
    struct ed25519 *private = ed25519_read(path);
    bool read = private != NULL && ed25519_public(private, ret_key);
    ed25519_free(private);
    return read;
}

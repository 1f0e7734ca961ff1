#include "daemon/store/key.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct key {
    EVP_PKEY *pkey;
};

static EVP_PKEY *
load(const char *path)
{
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return NULL;
    EVP_PKEY *pkey = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    return pkey;
}

static int
sync_directory(const char *path)
{
    char directory[4096];

    snprintf(directory, sizeof directory, "%s", path);
    int fd = open(dirname(directory), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = fsync(fd) != 0 ? -errno : 0;
    close(fd);
    return error;
}

int
key_write_file(const char *path, const void *bytes, size_t length)
{
    char half[4096];

    if ((size_t)snprintf(half, sizeof half, "%s.new", path) >= sizeof half)
        return -ENAMETOOLONG;
    int fd = open(half, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    ssize_t written = write(fd, bytes, length);
    int error = written < 0 ? -errno : (size_t)written != length ? -ENOSPC : 0;
    if (error == 0 && fsync(fd) != 0)
        error = -errno;
    close(fd);
    if (error == 0 && rename(half, path) != 0)
        error = -errno;
    if (error != 0) {
        unlink(half);
        return error;
    }
    return sync_directory(path);
}

static EVP_PKEY *
make(const char *path)
{
    char *text = NULL;
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    BIO *bio = BIO_new(BIO_s_secmem());
    bool made = pkey != NULL && bio != NULL &&
                PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1;
    long length = made ? BIO_get_mem_data(bio, &text) : 0;

    made = made && key_write_file(path, text, (size_t)length) == 0;
    BIO_free(bio);
    if (made)
        return pkey;
    EVP_PKEY_free(pkey);
    return NULL;
}

/* The credential gateway.key of systemd where there is one, else a file of our own, made when it is
 * not there. */
static bool
find_file(const char *directory, char path[4096], struct stat *ret_file)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");

    if (credentials != NULL) {
        snprintf(path, 4096, "%.4000s/gateway.key", credentials);
        if (stat(path, ret_file) == 0)
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

    bool there = find_file(directory, path, &file);
    if (there && (file.st_mode & 077) != 0) {
        snprintf(ret_error, 200, "%.120s can be read by others: chmod 600 it", path);
        return -EACCES;
    }
    struct key *key = calloc(1, sizeof *key);
    if (key == NULL)
        return -ENOMEM;
    key->pkey = there ? load(path) : make(path);
    if (key->pkey == NULL) {
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
    EVP_PKEY_free(key->pkey);
    free(key);
}

bool
key_public(const struct key *key, uint8_t ret_key[32])
{
    size_t length = 32;

    return EVP_PKEY_get_raw_public_key(key->pkey, ret_key, &length) == 1 && length == 32;
}

bool
key_sign(const struct key *key, const void *bytes, size_t length, uint8_t ret_signature[64])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t signature_length = 64;

    bool made = context != NULL && EVP_DigestSignInit(context, NULL, NULL, NULL, key->pkey) == 1 &&
                EVP_DigestSign(context, ret_signature, &signature_length, bytes, length) == 1;
    EVP_MD_CTX_free(context);
    return made;
}

bool
key_verify(const uint8_t public_key[32], const void *bytes, size_t length,
           const uint8_t signature[64])
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    bool fits = pkey != NULL && context != NULL &&
                EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1 &&
                EVP_DigestVerify(context, signature, 64, bytes, length) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return fits;
}

bool
key_read_public(const char *directory, uint8_t ret_key[32])
{
    char path[4096];
    struct key key;

    snprintf(path, sizeof path, "%.4000s/key.pem", directory);
    key.pkey = load(path);
    if (key.pkey == NULL)
        return false;
    bool read = key_public(&key, ret_key);
    EVP_PKEY_free(key.pkey);
    return read;
}

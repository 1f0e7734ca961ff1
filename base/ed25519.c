/* Signatures by OpenSSL. Private keys live in memory that OpenSSL wipes when it frees them. */
#include "base/ed25519.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ed25519 {
    EVP_PKEY *pkey;
};

/* Takes the key over; NULL when it is none, or of another kind. */
static struct ed25519 *
wrap(EVP_PKEY *pkey)
{
    struct ed25519 *key = NULL;

    if (pkey != NULL && EVP_PKEY_get_base_id(pkey) == EVP_PKEY_ED25519)
        key = calloc(1, sizeof *key);
    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    key->pkey = pkey;
    return key;
}

struct ed25519 *
ed25519_make(void)
{
    return wrap(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
}

/* Nobody is asked for a passphrase: a daemon has no terminal. */
static int
no_passphrase(char *text, int size, int writing, void *context)
{
    (void)text;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

struct ed25519 *
ed25519_read(const char *path)
{
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return NULL;
    EVP_PKEY *pkey = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
    fclose(file);
    return wrap(pkey);
}

void
ed25519_free(struct ed25519 *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pkey);
    free(key);
}

size_t
ed25519_print(const struct ed25519 *key, char ret_pem[ED25519_PEM])
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_secmem());
    bool made = bio != NULL &&
                PEM_write_bio_PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) == 1;
    size_t length = made ? (size_t)BIO_get_mem_data(bio, &text) : 0;

    if (length >= ED25519_PEM)
        length = 0;
    if (length != 0)
        memcpy(ret_pem, text, length);
    ret_pem[length] = '\0';
    BIO_free(bio);
    return length;
}

bool
ed25519_public(const struct ed25519 *key, uint8_t ret_key[32])
{
    size_t length = 32;

    return EVP_PKEY_get_raw_public_key(key->pkey, ret_key, &length) == 1 && length == 32;
}

bool
ed25519_sign(const struct ed25519 *key, const void *bytes, size_t length, uint8_t ret_signature[64])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t signature_length = 64;

    bool made = context != NULL && EVP_DigestSignInit(context, NULL, NULL, NULL, key->pkey) == 1 &&
                EVP_DigestSign(context, ret_signature, &signature_length, bytes, length) == 1;
    EVP_MD_CTX_free(context);
    return made;
}

/* The y coordinates of the points of order 1, 2, 4 and 8, little-endian, and those of p and p + 1,
 * which are 0 and 1 again (computed from the curve of RFC 8032 section 5.1). */
bool
ed25519_is_weak(const uint8_t public_key[32])
{
    static const uint8_t ORDER_8[2][32] = {
        {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
         0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
         0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
        {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
         0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
         0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}};
    uint8_t y[32], low[32] = {0}, high[32];

    memcpy(y, public_key, sizeof y);
    y[31] &= 0x7f; /* the sign of x */
    if (memcmp(y, ORDER_8[0], sizeof y) == 0 || memcmp(y, ORDER_8[1], sizeof y) == 0)
        return true;
    low[0] = y[0]; /* 0 and 1 */
    if (y[0] <= 1)
        return memcmp(y, low, sizeof y) == 0;
    memset(high, 0xff, sizeof high); /* p - 1, p, p + 1 */
    high[0] = y[0];
    high[31] = 0x7f;
    return y[0] >= 0xec && y[0] <= 0xee && memcmp(y, high, sizeof y) == 0;
}

bool
ed25519_verify(const uint8_t public_key[32], const void *bytes, size_t length,
               const uint8_t signature[64])
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    bool fits = pkey != NULL && context != NULL && !ed25519_is_weak(public_key) &&
                EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1 &&
                EVP_DigestVerify(context, signature, 64, bytes, length) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return fits;
}

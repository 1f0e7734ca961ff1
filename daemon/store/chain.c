/* One context a thread, used again for every record. OpenSSL's SHA-256 with a context that exists
 * does not fail; if it did, a wrong chain must not be written, so that is the program's end. */
#include "daemon/store/chain.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hasher {
    EVP_MD *algorithm;
    EVP_MD_CTX *context;
};

struct hasher *
hasher_new(void)
{
    struct hasher *hasher = calloc(1, sizeof *hasher);
    if (!hasher)
        return NULL;
    hasher->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    hasher->context = EVP_MD_CTX_new();
    if (!hasher->algorithm || !hasher->context) {
        hasher_free(hasher);
        return NULL;
    }
    return hasher;
}

void
hasher_free(struct hasher *hasher)
{
    if (!hasher)
        return;
    EVP_MD_CTX_free(hasher->context);
    EVP_MD_free(hasher->algorithm);
    free(hasher);
}

static void
digest(struct hasher *hasher, const void *bytes, size_t length, uint8_t ret_digest[STORE_HASH])
{
    if (EVP_DigestInit_ex2(hasher->context, hasher->algorithm, NULL) != 1 ||
        EVP_DigestUpdate(hasher->context, bytes, length) != 1 ||
        EVP_DigestFinal_ex(hasher->context, ret_digest, NULL) != 1)
        abort();
}

void
hasher_chain(struct hasher *hasher, uint8_t chain[STORE_HASH], const void *body, size_t length,
             uint8_t ret_digest[STORE_HASH])
{
    uint8_t both[2 * STORE_HASH];
    memcpy(both, chain, STORE_HASH);
    digest(hasher, body, length, both + STORE_HASH);
    digest(hasher, both, sizeof both, chain);
    if (ret_digest)
        memcpy(ret_digest, both + STORE_HASH, STORE_HASH);
}

/* ---- for callers without a hasher: one a thread, freed when the thread ends ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t of_thread;

static void
free_of_thread(void *hasher)
{
    hasher_free(hasher);
}

static void
make_key(void)
{
    if (pthread_key_create(&of_thread, free_of_thread) != 0)
        abort();
}

void
record_chain(uint8_t chain[STORE_HASH], const struct record *record)
{
    pthread_once(&once, make_key);
    struct hasher *hasher = pthread_getspecific(of_thread);
    if (!hasher) {
        hasher = hasher_new();
        if (!hasher || pthread_setspecific(of_thread, hasher) != 0)
            abort();
    }
    hasher_chain(hasher, chain, record->body, record->length, NULL);
}

void
chain_print(const uint8_t chain[STORE_HASH], char ret_text[2 * STORE_HASH + 1])
{
    for (size_t i = 0; i < STORE_HASH; i++)
        snprintf(ret_text + 2 * i, 3, "%02x", chain[i]);
}

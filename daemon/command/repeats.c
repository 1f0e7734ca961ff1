/* One that still runs is not pushed out: there are fewer commands at the desk than places here. */
#include "daemon/command/repeats.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum repeats_verdict
repeats_look(const struct repeats *repeats, const char *sender, const char *id,
             const uint8_t digest[32], const struct repeat **ret_earlier)
{
    const struct repeat *found = NULL;

    for (size_t i = 0; i < REPEATS && id[0] != '\0'; i++) {
        const struct repeat *repeat = &repeats->ring[i];
        bool is_it = repeat->number != 0 && strcmp(repeat->sender, sender) == 0 &&
                     strcmp(repeat->id, id) == 0;
        if (is_it && (found == NULL || repeat->number > found->number))
            found = repeat;
    }
    if (found == NULL)
        return REPEATS_NEW;
    if (memcmp(found->digest, digest, sizeof found->digest) != 0)
        return REPEATS_OTHER;
    *ret_earlier = found;
    return REPEATS_SAME;
}

static struct repeat *
oldest_of(struct repeats *repeats)
{
    struct repeat *oldest = NULL;

    for (size_t i = 0; i < REPEATS; i++) {
        struct repeat *repeat = &repeats->ring[i];
        if (!repeat->is_running && (oldest == NULL || repeat->number < oldest->number))
            oldest = repeat;
    }
    return oldest;
}

uint64_t
repeats_begin(struct repeats *repeats, const char *sender, const char *id, const uint8_t digest[32])
{
    struct repeat *repeat = id[0] != '\0' ? oldest_of(repeats) : NULL;

    if (repeat == NULL)
        return 0;
    memset(repeat, 0, sizeof *repeat);
    repeat->number = ++repeats->last;
    repeat->is_running = true;
    snprintf(repeat->sender, sizeof repeat->sender, "%s", sender);
    snprintf(repeat->id, sizeof repeat->id, "%s", id);
    memcpy(repeat->digest, digest, sizeof repeat->digest);
    return repeat->number;
}

void
repeats_finish(struct repeats *repeats, uint64_t number, const char *result, const char *reason)
{
    for (size_t i = 0; i < REPEATS && number != 0; i++) {
        struct repeat *repeat = &repeats->ring[i];
        if (repeat->number != number)
            continue;
        repeat->is_running = false;
        snprintf(repeat->result, sizeof repeat->result, "%s", result);
        snprintf(repeat->reason, sizeof repeat->reason, "%s", reason);
    }
}

bool
repeats_digest(const struct command *command, uint8_t ret_digest[32])
{
    unsigned size = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    bool made = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(context, command->verb, strlen(command->verb) + 1) == 1 &&
                EVP_DigestUpdate(context, command->payload, command->length) == 1 &&
                EVP_DigestFinal_ex(context, ret_digest, &size) == 1;
    EVP_MD_CTX_free(context);
    return made;
}

#include "daemon/store/seal.h"

#include "daemon/store/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const NAMES[] = {"", "event", "evidence", "period", "minute", "sample", "trend"};

static size_t
print_place(char *text, size_t at, enum stream stream, const struct seal_place *place)
{
    at += (size_t)snprintf(text + at, SEAL_TEXT - at, "|%s:%llu:", NAMES[stream],
                           (unsigned long long)place->last);
    for (size_t i = 0; i < STORE_HASH && at + 2 < SEAL_TEXT; i++)
        at += (size_t)snprintf(text + at, SEAL_TEXT - at, "%02x", place->chain[i]);
    return at;
}

static size_t
print_front(const char *kind, const char *gateway_id, const char *store_id, int64_t utc_ms,
            char *text)
{
    return (size_t)snprintf(text, SEAL_TEXT, "%s|%.32s|%.32s|%lld", kind, gateway_id, store_id,
                            (long long)utc_ms);
}

void
seal_print_heads(const char *gateway_id, const char *store_id, int64_t utc_ms,
                 const struct seal_place heads[STREAM_END], char ret_text[SEAL_TEXT])
{
    size_t at = print_front("parkgate-heads1", gateway_id, store_id, utc_ms, ret_text);

    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
        if (heads[stream].last != 0)
            at = print_place(ret_text, at, (enum stream)stream, &heads[stream]);
}

void
seal_print_anchor(const char *gateway_id, const char *store_id, int64_t utc_ms, enum stream stream,
                  const struct seal_place *cut, char ret_text[SEAL_TEXT])
{
    size_t at = print_front("parkgate-anchor1", gateway_id, store_id, utc_ms, ret_text);

    print_place(ret_text, at, stream, cut);
}

void
seal_print_rotation(const char *gateway_id, const uint8_t old_key[32], const uint8_t new_key[32],
                    char ret_text[SEAL_TEXT])
{
    size_t at = (size_t)snprintf(ret_text, SEAL_TEXT, SEAL_ROTATION "%.32s|", gateway_id);

    for (size_t i = 0; i < 32; i++)
        at += (size_t)snprintf(ret_text + at, SEAL_TEXT - at, "%02x", old_key[i]);
    at += (size_t)snprintf(ret_text + at, SEAL_TEXT - at, "|");
    for (size_t i = 0; i < 32; i++)
        at += (size_t)snprintf(ret_text + at, SEAL_TEXT - at, "%02x", new_key[i]);
}

static bool
take_hash(const char *text, uint8_t ret_hash[STORE_HASH])
{
    for (size_t i = 0; i < STORE_HASH; i++) {
        unsigned byte;
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            return false;
        ret_hash[i] = (uint8_t)byte;
    }
    return true;
}

bool
seal_take_rotation(const char *text, uint8_t ret_old[32], uint8_t ret_new[32])
{
    size_t front = strlen(SEAL_ROTATION) + 32;

    if (strncmp(text, SEAL_ROTATION, strlen(SEAL_ROTATION)) != 0 ||
        strlen(text) != front + 2 * (1 + 64) || text[front] != '|' || text[front + 65] != '|')
        return false;
    return take_hash(text + front + 1, ret_old) && take_hash(text + front + 66, ret_new);
}

bool
seal_find(const char *text, const char *store_id, enum stream stream, struct seal_place *ret_place)
{
    char wanted[64];
    char *end;

    snprintf(wanted, sizeof wanted, "|%.32s|", store_id);
    const char *store = strstr(text, wanted);
    snprintf(wanted, sizeof wanted, "|%s:", NAMES[stream]);
    const char *place = store != NULL ? strstr(store, wanted) : NULL;
    if (place == NULL)
        return false;
    ret_place->last = strtoull(place + strlen(wanted), &end, 10);
    return *end == ':' && take_hash(end + 1, ret_place->chain);
}

bool
seal_fits(const char *text, const uint8_t public_key[32], const uint8_t signature[SEAL_SIGNATURE])
{
    return key_verify(public_key, text, strlen(text), signature);
}

bool
seal_read_key(const char *directory, uint8_t ret_key[32])
{
    return key_read_public(directory, ret_key);
}

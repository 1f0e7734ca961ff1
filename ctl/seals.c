#include "ctl/seals.h"

#include "ctl/key_chain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 5 /* of signatures that do not fit; with the wrong key it is all of them */

static int
add(struct seals *seals, enum stream stream, const struct seal_place *place)
{
    if (seals->counts[stream] == seals->capacities[stream]) {
        size_t capacity = seals->capacities[stream] * 2 + 64;
        void *memory = realloc(seals->places[stream], capacity * sizeof *place);
        if (memory == NULL)
            return -ENOMEM;
        seals->places[stream] = memory;
        seals->capacities[stream] = capacity;
    }
    seals->places[stream][seals->counts[stream]++] = *place;
    return 0;
}

static int
take(struct seals *seals, const char *text, const char *store_id)
{
    bool is_anchor = strncmp(text, "parkgate-anchor1|", 17) == 0;
    struct seal_place place;
    int error = 0;

    for (int stream = STREAM_EVENT; stream < STREAM_END && error == 0; stream++) {
        if (!seal_find(text, store_id, (enum stream)stream, &place))
            continue;
        if (is_anchor) {
            seals->anchors[stream] = place;
            seals->anchored[stream] = true;
        } else {
            error = add(seals, (enum stream)stream, &place);
        }
    }
    return error;
}

/* First all that is said of keys, so that it does not matter which of them was given. */
static void
load_keys(struct reader *reader, struct key_chain *keys)
{
    uint8_t signature[SEAL_SIGNATURE];
    const char *text;

    for (uint64_t at = 0; reader_seal(reader, at, &text, signature); at++)
        key_chain_add(keys, text, signature);
    key_chain_close(keys);
}

int
seals_load(struct reader *reader, const uint8_t key[32], struct seals *ret_seals)
{
    struct seals seals = {0};
    struct key_chain keys;
    uint8_t signature[SEAL_SIGNATURE];
    const char *text;
    int error = 0;

    key_chain_begin(&keys, key);
    load_keys(reader, &keys);
    for (uint64_t at = 0; error == 0 && reader_seal(reader, at, &text, signature); at++) {
        bool is_anchor = strncmp(text, "parkgate-anchor1|", 17) == 0; /* behind all others */
        if (!key_chain_fits(&keys, text, signature, is_anchor)) {
            if (seals.bad++ < SHOWN)
                printf("a signature does not fit the key: %.80s...\n", text);
            continue;
        }
        seals.good++;
        error = take(&seals, text, reader_store_id(reader));
    }
    *ret_seals = seals;
    return error;
}

void
seals_free(struct seals *seals)
{
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
        free(seals->places[stream]);
}

bool
seals_fit(struct seals *seals, enum stream stream, uint64_t sequence,
          const uint8_t chain[STORE_HASH])
{
    size_t *next = &seals->next[stream];
    bool fit = true;

    while (*next < seals->counts[stream] && seals->places[stream][*next].last < sequence)
        ++*next;
    for (; *next < seals->counts[stream] && seals->places[stream][*next].last == sequence; ++*next)
        fit = fit && memcmp(seals->places[stream][*next].chain, chain, STORE_HASH) == 0;
    return fit;
}

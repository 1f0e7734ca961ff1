/* The signed places of a store, for parkgatectl verify. */
#ifndef CTL_SEALS_H
#define CTL_SEALS_H

#include "daemon/store/seal.h"

struct seals {
    struct seal_place *places[STREAM_END]; /* of signed heads, as stored: ascending */
    size_t counts[STREAM_END], capacities[STREAM_END];
    size_t next[STREAM_END]; /* the one to be met */
    struct seal_place anchors[STREAM_END];
    bool anchored[STREAM_END];
    uint64_t good, bad; /* signatures */
};

/* Takes the texts whose signature fits the key, or one that vouches for it or that it vouches for
 * (seal_print_rotation), while that was in use; says what does not. 0 or -ENOMEM. */
int seals_load(struct reader *reader, const uint8_t key[32], struct seals *ret_seals);
void seals_free(struct seals *seals);

/* The chain is `chain` after record `sequence`: false where a signed text says another. */
bool seals_fit(struct seals *seals, enum stream stream, uint64_t sequence,
               const uint8_t chain[STORE_HASH]);

#endif

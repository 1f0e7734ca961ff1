/* The keys that signed one gateway's records, one behind the other. A change of key is a text
 * signed by the old and by the new one (seal_print_rotation): so whoever trusts one trusts its
 * neighbours. A key that was replaced signs nothing any more, but for what was signed before. */
#ifndef CTL_KEY_CHAIN_H
#define CTL_KEY_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_CHAIN_MOST 64

struct key_change_seen {
    uint8_t old_key[32], new_key[32];
    bool by_old, by_new;
};

struct key_chain {
    uint8_t trusted[KEY_CHAIN_MOST + 1][32];
    bool replaced[KEY_CHAIN_MOST + 1]; /* as far as the texts were gone through */
    size_t trusted_count;
    struct key_change_seen changes[KEY_CHAIN_MOST];
    size_t change_count;
};

void key_chain_begin(struct key_chain *chain, const uint8_t given[32]);

/* One signed text; those that are no change of key are left alone. */
void key_chain_add(struct key_chain *chain, const char *text, const uint8_t signature[64]);

/* All changes are known: who is trusted is settled. */
void key_chain_close(struct key_chain *chain);

/* Texts in the order they were signed. `ever`: also by a key that was replaced since. */
bool key_chain_fits(struct key_chain *chain, const char *text, const uint8_t signature[64],
                    bool ever);

#endif

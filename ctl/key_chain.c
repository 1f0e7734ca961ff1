#include "ctl/key_chain.h"

#include "daemon/store/seal.h"

#include <string.h>

void
key_chain_begin(struct key_chain *chain, const uint8_t given[32])
{
    memset(chain, 0, sizeof *chain);
    memcpy(chain->trusted[0], given, 32);
    chain->trusted_count = 1;
}

void
key_chain_add(struct key_chain *chain, const char *text, const uint8_t signature[64])
{
    struct key_change_seen seen = {0};
    size_t i = 0;

    if (!seal_take_rotation(text, seen.old_key, seen.new_key))
        return;
    while (i < chain->change_count && (memcmp(chain->changes[i].old_key, seen.old_key, 32) != 0 ||
                                       memcmp(chain->changes[i].new_key, seen.new_key, 32) != 0))
        i++;
    if (i == KEY_CHAIN_MOST)
        return;
    if (i == chain->change_count)
        chain->changes[chain->change_count++] = seen;
    chain->changes[i].by_old |= seal_fits(text, seen.old_key, signature);
    chain->changes[i].by_new |= seal_fits(text, seen.new_key, signature);
}

static size_t
find(const struct key_chain *chain, const uint8_t key[32])
{
    size_t i = 0;

    while (i < chain->trusted_count && memcmp(chain->trusted[i], key, 32) != 0)
        i++;
    return i;
}

/* True: one more is trusted because of the other. */
static bool
trust(struct key_chain *chain, const uint8_t because[32], const uint8_t key[32])
{
    if (find(chain, because) == chain->trusted_count || find(chain, key) < chain->trusted_count ||
        chain->trusted_count > KEY_CHAIN_MOST)
        return false;
    memcpy(chain->trusted[chain->trusted_count++], key, 32);
    return true;
}

void
key_chain_close(struct key_chain *chain)
{
    bool more = true;

    while (more) {
        more = false;
        for (size_t i = 0; i < chain->change_count; i++) {
            const struct key_change_seen *change = &chain->changes[i];
            if (!change->by_old || !change->by_new)
                continue;
            more |= trust(chain, change->old_key, change->new_key);
            more |= trust(chain, change->new_key, change->old_key);
        }
    }
}

bool
key_chain_fits(struct key_chain *chain, const char *text, const uint8_t signature[64], bool ever)
{
    uint8_t old_key[32], new_key[32];
    bool is_change = seal_take_rotation(text, old_key, new_key);
    size_t old_place = is_change ? find(chain, old_key) : chain->trusted_count;
    bool fits = false;

    for (size_t i = 0; i < chain->trusted_count && !fits; i++)
        fits = (ever || is_change || !chain->replaced[i]) &&
               seal_fits(text, chain->trusted[i], signature);
    if (fits && old_place < chain->trusted_count)
        chain->replaced[old_place] = true;
    return fits;
}

/* Chance that comes from a seed (splitmix64). */
#ifndef SIM_CHANCE_H
#define SIM_CHANCE_H

#include <stdint.h>

static inline uint64_t
chance_bits(uint64_t *state)
{
    uint64_t bits;

    *state += 0x9e3779b97f4a7c15ULL;
    bits = *state;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
    return bits ^ (bits >> 31);
}

/* Uniform in [0, 1). */
static inline double
chance_share(uint64_t *state)
{
    return (double)(chance_bits(state) >> 11) * 0x1p-53;
}

#endif

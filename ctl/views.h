/* Registers in every type and byte order, so that the right one is seen at a glance. Pure but for
 * the printing. */
#ifndef CTL_VIEWS_H
#define CTL_VIEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { VIEW_ABCD, VIEW_CDAB, VIEW_BADC, VIEW_DCBA, VIEW_ORDERS };

/* `count` (1, 2 or 4) registers as one pattern, big-endian, after the order they came in. */
uint64_t views_pattern(const uint16_t *words, size_t count, int order);

/* A number an instrument could mean: 0, or neither tiny nor huge; not NaN or infinite. */
bool views_is_plausible(double number);

/* A line a register, then the pairs and the fours that begin at each. */
void views_print(FILE *out, uint16_t address, const uint16_t *words, size_t count);

/* Coils and discrete inputs, ten a line. */
void views_print_bits(FILE *out, uint16_t address, const uint16_t *bits, size_t count);

#endif

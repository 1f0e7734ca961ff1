/* Words and numbers as people write them in a site file: strict (`300x` is no number), bounded, no
 * locale. Pure functions. */
#ifndef CONFIG_TEXT_H
#define CONFIG_TEXT_H

#include "config/units.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_NAME_MAX 31 /* two of them and a dot fit into an event's subject */

/* [a-z][a-z0-9-]*, at most TEXT_NAME_MAX long. */
bool text_is_name(const char *text);

/* Decimal digits, or 0x and hexadecimal ones, nothing else. */
bool text_read_natural(const char *text, uint64_t *ret_value);

/* A decimal number as JSON knows it, a plus in front allowed; finite. */
bool text_read_number(const char *text, double *ret_value);

/* A number and what stands behind it (spaces skipped; "" when nothing does). */
bool text_read_quantity(const char *text, double *ret_value, const char **ret_unit);

/* "1500 ms", "2 GiB": the value (of `unit`) in the largest unit of its kind that keeps it whole. */
void text_print_quantity(double value, const struct unit *unit, char *ret_text, size_t size);

/* How many letters lie between two words; more than 3 is reported as 4. */
unsigned text_distance(const char *a, const char *b);

/* True when `candidate` is a likelier spelling of `word` than the best so far (start with 4). */
bool text_is_nearer(const char *word, const char *candidate, unsigned *best);

/* Bytes that would spoil a line of output become '?'. */
void text_clean(char *text);

#endif

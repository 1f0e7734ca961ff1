/* A value to register words, after the point's type, byte order, scale and offset: the way back of
 * decode.h, for writing. Pure. */
#ifndef DAEMON_ACQUIRE_ENCODE_H
#define DAEMON_ACQUIRE_ENCODE_H

#include "config/field.h"

#define ENCODE_WORDS 4

/* NULL, or why this value cannot be written to that point; ret_words gets point->registers words
 * (a coil: one, 0 or 1). A whole number's value is rounded to what its scale can say. */
const char *encode_point(const struct point *point, double value, uint16_t ret_words[ENCODE_WORDS]);

#endif

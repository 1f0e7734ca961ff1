/* A value as the registers of a point: the way back of what the gateway decodes. Only a simulator
 * needs it. Pure. */
#ifndef SIM_ENCODE_H
#define SIM_ENCODE_H

#include "config/field.h"

#define ENCODE_WORDS 125

/* Fills point->registers words (bits and bools in a register: only their own bits, the rest 0; a
 * coil or discrete input: one word, 0 or 1). An integer that does not fit stops at the type's end;
 * a string point shows the text "parksim". */
void encode_value(const struct point *point, double value, uint16_t ret_words[ENCODE_WORDS]);

#endif

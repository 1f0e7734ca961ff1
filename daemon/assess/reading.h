/* What a decoded value says to assess: a number or none. Inline because every value passes here
 * twice. */
#ifndef DAEMON_ASSESS_READING_H
#define DAEMON_ASSESS_READING_H

#include "daemon/assess/assess.h"

/* Number of a value; false where there is none: text, not read, read without a result. 64-bit
 * integers are rounded to a double here, for statistics and verdicts; the stored value is not. */
static inline bool
reading_number(const struct value *value, double *ret_number)
{
    switch (value->kind) {
    case VALUE_NUMBER: *ret_number = value->as.number; return true;
    case VALUE_INTEGER: *ret_number = (double)value->as.integer; return true;
    case VALUE_NATURAL: *ret_number = (double)value->as.natural; return true;
    default: return false;
    }
}

/* True when the value counts in means and verdicts; then its number is given as well. */
static inline bool
reading_is_valid(const struct value *value, double *ret_number)
{
    return (value->quality == QUALITY_GOOD || quality_is_valid(value->quality)) &&
           reading_number(value, ret_number);
}

/* The reading came from the instrument, whatever it said; not so from QUALITY_TIMEOUT on. */
static inline bool
reading_has_arrived(const struct value *value)
{
    return value->quality < QUALITY_TIMEOUT;
}

#endif

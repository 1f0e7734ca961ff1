/* Rounding and comparison of decimals, as GB/T 8170-2008 has them (clause 3.2: half to even; clause
 * 4.3: the two ways to compare with a limit).
 *
 * The rule is about decimals, a double is none: the double 0.15 lies below fifteen hundredths, the
 * float 0.1 above a tenth. So a double here STANDS FOR the decimal nearest to it that has as many
 * significant digits as its origin can carry; that decimal is rounded or compared, exactly. Thus
 * 0.15 is fifteen hundredths and becomes 0.2, and 0.25 becomes 0.2. Where a value has several
 * origins the coarsest counts: the mean of float registers is ROUND_AS_FLOAT. */
#ifndef DAEMON_ASSESS_ROUND_H
#define DAEMON_ASSESS_ROUND_H

#include <stdbool.h>

/* Significant digits of what a double stands for. */
enum round_origin {
    ROUND_AS_FLOAT = 7,     /* from float32: decimals of 7 digits come back from 0.001 to 8388607 */
    ROUND_AS_COMPUTED = 10, /* mean, sum, formula: the noise of a day's sum lies behind them */
    ROUND_AS_WRITTEN = 15,  /* typed, or an integer with a scale: 15 digits always come back */
};

enum round_comparison {
    ROUND_FULL_VALUE,    /* 4.3.2, the default of GB/T 8170: the value as it is */
    ROUND_ROUNDED_VALUE, /* 4.3.3: the value rounded to the decimals the limit is written with */
};

/* Rounded half to even at `decimals` behind the point (negative: before it), as the double nearest
 * to the rounded decimal. At once from the value's decimal, never in two steps (clause 3.3). A zero
 * is positive; what is not finite comes back as it is. */
double round_half_even(double value, enum round_origin origin, int decimals);

/* ret_order: below zero, zero or above zero as the value is less than the limit, equal to it or
 * greater. `decimals` are those the limit is written with, for ROUND_ROUNDED_VALUE; the limit
 * itself is never rounded. False when either is not finite. */
bool round_compare(double value, enum round_origin origin, double limit,
                   enum round_comparison comparison, int decimals, int *ret_order);

#endif

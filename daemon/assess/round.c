#include "daemon/assess/round.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DIGITS_MAX   15
#define DECIMALS_MAX 400  /* more than any double has before or behind the point */
#define FAR          1e-6 /* of both: farther apart than standing for a decimal can move them */

/* mantissa * 10^exponent, without sign */
struct decimal {
    uint64_t mantissa;
    int exponent;
};

/* The decimal of `digits` significant digits nearest to a finite value's magnitude. */
static struct decimal
decimal_of(double value, int digits)
{
    char text[48];
    struct decimal decimal = {0, 0};
    const char *at = text;
    snprintf(text, sizeof text, "%.*e", digits - 1, fabs(value));
    for (; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9') /* not the point, whatever the locale writes for it */
            decimal.mantissa = decimal.mantissa * 10 + (uint64_t)(*at - '0');
    decimal.exponent = (int)strtol(at + 1, NULL, 10) - (digits - 1);
    return decimal;
}

static uint64_t
power_of_ten(int exponent)
{
    uint64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* Drops the digits behind the last one wanted. */
static struct decimal
decimal_round(struct decimal decimal, int decimals)
{
    int dropped = -decimals - decimal.exponent;
    if (dropped <= 0)
        return decimal;
    decimal.exponent = -decimals;
    if (dropped > DIGITS_MAX) { /* all of it is less than half a unit */
        decimal.mantissa = 0;
        return decimal;
    }
    uint64_t unit = power_of_ten(dropped);
    uint64_t rest = decimal.mantissa % unit;
    decimal.mantissa /= unit;
    if (rest > unit / 2 || (rest == unit / 2 && decimal.mantissa % 2 == 1))
        decimal.mantissa++;
    return decimal;
}

/* The nearest double, with the sign of `value`. */
static double
decimal_double(struct decimal decimal, double value)
{
    char text[48];
    if (decimal.mantissa == 0)
        return 0;
    snprintf(text, sizeof text, "%" PRIu64 "e%d", decimal.mantissa, decimal.exponent);
    double magnitude = strtod(text, NULL);
    /* digits of the largest doubles may round to more than there is */
    return isfinite(magnitude) ? copysign(magnitude, value) : value;
}

double
round_half_even(double value, enum round_origin origin, int decimals)
{
    if (!isfinite(value))
        return value;
    if (decimals > DECIMALS_MAX)
        decimals = DECIMALS_MAX;
    if (decimals < -DECIMALS_MAX)
        decimals = -DECIMALS_MAX;
    return decimal_double(decimal_round(decimal_of(value, (int)origin), decimals), value);
}

/* Two doubles nearest to decimals of at most 15 digits are in the order of those decimals. */
bool
round_compare(double value, enum round_origin origin, double limit,
              enum round_comparison comparison, int decimals, int *ret_order)
{
    if (!isfinite(value) || !isfinite(limit))
        return false;
    double left = value, right = limit;
    if (comparison == ROUND_FULL_VALUE)
        decimals = DECIMALS_MAX;
    if (comparison != ROUND_FULL_VALUE ||
        fabs(value - limit) <= FAR * (fabs(value) + fabs(limit))) {
        left = round_half_even(value, origin, decimals);
        right = round_half_even(limit, ROUND_AS_WRITTEN, DECIMALS_MAX);
    }
    *ret_order = (left > right) - (left < right);
    return true;
}

/* Gives each value of a scan the reason why it should not be believed: outside its plausible range,
 * not a finite number, taken while the clock was unknown. The higher quality number wins over what
 * acquire found. Invariant: nothing but `quality` changes; a value out of range stays what it was
 * (promise 8). Instrument status words and maintenance keys are not looked at here. */
#include "daemon/assess/qualify.h"

#include "daemon/assess/reading.h"

#include <float.h>
#include <math.h>

void
qualify_init(struct qualify_rule *rule, const struct point *point)
{
    rule->low = point->has_range ? point->low : -DBL_MAX;
    rule->high = point->has_range ? point->high : DBL_MAX;
}

static uint8_t
quality_outside(const struct qualify_rule *rule, double number)
{
    if (!isfinite(number))
        return QUALITY_NOT_A_NUMBER;
    return number < rule->low ? QUALITY_UNDER_RANGE : QUALITY_OVER_RANGE;
}

void
qualify_scan(const struct qualify_rule *rules, struct scan *scan)
{
    const uint8_t least = scan->at.clock == CLOCK_UNKNOWN ? QUALITY_CLOCK_UNKNOWN : QUALITY_GOOD;
    for (unsigned i = 0; i < scan->count; i++) {
        struct value *value = &scan->values[i];
        double number;
        uint8_t quality = least;
        if (value->kind == VALUE_ABSENT)
            continue;
        if (reading_number(value, &number) && !(number >= rules[i].low && number <= rules[i].high))
            quality = quality_outside(&rules[i], number);
        if (quality > value->quality)
            value->quality = quality;
    }
}

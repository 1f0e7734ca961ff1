#include "daemon/assess/tally.h"

#include "daemon/assess/reading.h"
#include "daemon/assess/validity.h"

#include <math.h>

/* sum + number = the new sum + the error, exactly (Knuth, TAOCP 2, 4.2.2 theorem B). */
static void
add_exactly(double *sum, double *low, double number)
{
    double before = *sum, after = before + number;
    double part = after - before;
    double error = (before - (after - part)) + (number - part);
    *sum = after;
    *low = isfinite(error) ? *low + error : 0;
}

static void
mark_letter(struct tally_extra *extra, const struct value *value)
{
    uint8_t rank = validity_rank(quality_letter(value->quality));
    extra->worst = rank > extra->worst ? rank : extra->worst;
}

/* False when the reading cannot take part in a weighted mean: nobody knows how much it stands for.
 * A weight of zero is known. */
static bool
weigh(struct tally_extra *extra, double number, double weight)
{
    if (!isfinite(weight) || weight < 0)
        return false;
    add_exactly(&extra->weight, &extra->weight_low, weight);
    add_exactly(&extra->weighted, &extra->weighted_low, number * weight);
    return true;
}

void
tally_read(const struct tally_place *place, const struct point *point, const struct value *value,
           double weight)
{
    struct tally *tally = place->tally;
    double number;
    if (value->kind == VALUE_ABSENT)
        return;
    if (place->extra) {
        mark_letter(place->extra, value);
        place->extra->excused += point->due_unless_stopped && value->quality == QUALITY_STOPPED;
    }
    if (!reading_has_arrived(value))
        return;
    tally->count++;
    if (!reading_is_valid(value, &number))
        return;
    if (point->weighted && !(place->extra && weigh(place->extra, number, weight)))
        return;
    tally->valid++;
    if (place->low)
        add_exactly(&tally->sum, place->low, number);
    else
        tally->sum += number;
    tally->min = number < tally->min ? number : tally->min;
    tally->max = number > tally->max ? number : tally->max;
}

void
tally_read_between(const struct tally_place *place, const struct value *value, double weight,
                   bool weighted)
{
    double number;
    if (value->kind == VALUE_ABSENT || !reading_is_valid(value, &number))
        return;
    if (!weighted && place->low)
        add_exactly(&place->tally->sum, place->low, number);
    else if (!weighted)
        place->tally->sum += number;
    else if (place->extra)
        weigh(place->extra, number, weight);
}

void
tally_fold_extra(struct tally_extra *whole, const struct tally_extra *part)
{
    add_exactly(&whole->weight, &whole->weight_low, part->weight);
    add_exactly(&whole->weight, &whole->weight_low, part->weight_low);
    add_exactly(&whole->weighted, &whole->weighted_low, part->weighted);
    add_exactly(&whole->weighted, &whole->weighted_low, part->weighted_low);
    whole->worst = part->worst > whole->worst ? part->worst : whole->worst;
    whole->excused += part->excused;
}

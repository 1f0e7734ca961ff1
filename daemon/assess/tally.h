/* What one period knows of one point: sums that are folded into coarser ones, in order.
 *
 * A reading in time is summed plainly, which is fast. Late readings and weighted sums carry beside
 * the double what fell below its last bit, so that their order leaves no trace in the result. */
#ifndef DAEMON_ASSESS_TALLY_H
#define DAEMON_ASSESS_TALLY_H

#include "daemon/model.h"

/* min is +infinity and max -infinity while nothing valid came. */
struct tally {
    double sum, min, max;
    uint32_t count; /* readings that arrived, whatever their quality */
    uint32_t valid;
};

#define TALLY_EMPTY                                                                                \
    {                                                                                              \
        .min = INFINITY, .max = -INFINITY                                                          \
    }

/* Beside it, for points that are weighted or judged by parts and letters. */
struct tally_extra {
    double weight, weight_low;     /* sum of w */
    double weighted, weighted_low; /* sum of v * w */
    uint8_t valid_parts;           /* minutes of an hour, hours of a day, days of a month */
    uint8_t worst;                 /* rank of the worst letter, validity.h; also not arrived */
    uint32_t excused;              /* results that were not due: point->due_unless_stopped */
};

struct tally_sum {
    struct tally tally;
    struct tally_extra extra;
};

/* A late reading, or one of a point with an extra. `low` (or NULL: summed plainly) is what fell
 * below tally->sum; `extra` may be NULL. `weight` matters when `point` is weighted. */
struct tally_place {
    struct tally *tally;
    struct tally_extra *extra;
    double *low;
};

void tally_read(const struct tally_place *place, const struct point *point,
                const struct value *value, double weight);

/* A reading between two that count (pacing.h): in the sum, or weighted in the mean; no count. */
void tally_read_between(const struct tally_place *place, const struct value *value, double weight,
                        bool weighted);

/* Adds a part to its whole. Inline because each minute of each point passes here for each level. */
static inline void
tally_fold(struct tally *whole, const struct tally *part)
{
    whole->count += part->count;
    if (!part->valid && part->sum == 0)
        return;
    whole->valid += part->valid;
    whole->sum += part->sum;
    whole->min = part->min < whole->min ? part->min : whole->min;
    whole->max = part->max > whole->max ? part->max : whole->max;
}

/* All but the valid parts, which are not of the same kind. */
void tally_fold_extra(struct tally_extra *whole, const struct tally_extra *part);

/* Sum and what fell below it, as one number. */
static inline double
tally_whole(double sum, double low)
{
    return low == 0 ? sum : sum + low;
}

#endif

/* From the open tallies alone; nothing is remembered. Results still due are counted by the clock:
 * the time left divided by the point's interval, so that what was lost before does not make room.
 */
#include "daemon/assess/headroom.h"

#include "daemon/assess/limit_force.h"
#include "daemon/assess/state.h"
#include "daemon/assess/validity.h"

#include <math.h>

static bool
level_of(enum averaging averaging, enum aggregate_level *ret_level)
{
    switch (averaging) {
    case AVERAGING_MINUTE: *ret_level = LEVEL_MINUTE; return true;
    case AVERAGING_FIVE_MINUTES: *ret_level = LEVEL_FIVE_MINUTES; return true;
    case AVERAGING_TEN_MINUTES: *ret_level = LEVEL_TEN_MINUTES; return true;
    case AVERAGING_HOUR: *ret_level = LEVEL_HOUR; return true;
    case AVERAGING_DAY: *ret_level = LEVEL_DAY; return true;
    default: return false;
    }
}

static double
mean_of(const struct point *point, const struct tally_sum *sum)
{
    if (!sum->tally.valid)
        return NAN;
    if (!point->weighted)
        return sum->tally.sum / sum->tally.valid;
    double weight = tally_whole(sum->extra.weight, sum->extra.weight_low);
    return weight > 0 ? tally_whole(sum->extra.weighted, sum->extra.weighted_low) / weight : NAN;
}

static void
look_ahead(struct headroom *headroom, const struct tally_sum *sum, int64_t now_utc_ms)
{
    const struct point *point = headroom->limit->point;
    double limit = headroom->limit->value;
    int64_t left_ms = headroom->end_utc_ms - now_utc_ms;
    headroom->rest = NAN;
    if (point->weighted || !headroom->expected || left_ms < (int64_t)point->every_ms)
        return;
    int64_t results = left_ms / point->every_ms;
    double due = (double)results;
    headroom->rest = (limit * (sum->tally.valid + due) - sum->tally.sum) / due;
    headroom->lost = headroom->limit->side == SIDE_ABOVE && headroom->rest < 0;
}

static bool
look(const struct assess *assess, const struct judged_limit *judged, struct headroom *ret_headroom)
{
    const struct limit *limit = judged->limit;
    const struct point *point = limit->point;
    const struct aggregate *aggregate = &assess->aggregates[point->device->index];
    enum aggregate_level level;
    int64_t now_utc_ms = assess->last.utc_ms;
    if (!level_of(limit->averaging, &level) || limit_force_now(judged, &assess->last))
        return false;
    const struct aggregate_span *span = &aggregate->open[level];
    if (now_utc_ms < span->start_utc_ms || now_utc_ms >= span->end_utc_ms)
        return false;
    unsigned at = (unsigned)(point - point->device->points);
    struct tally_sum sum = aggregate_open_sum(aggregate, level, at);
    struct headroom headroom = {
        .limit = limit,
        .subject = judged->finding.subject,
        .start_utc_ms = span->start_utc_ms,
        .end_utc_ms = span->end_utc_ms,
        .valid = sum.tally.valid,
        .expected = validity_expected(point, span->end_utc_ms - span->start_utc_ms),
        .mean = mean_of(point, &sum),
    };
    headroom.share = limit->value > 0 ? headroom.mean / limit->value : (double)NAN;
    look_ahead(&headroom, &sum, now_utc_ms);
    *ret_headroom = headroom;
    return true;
}

size_t
assess_headroom(const struct assess *assess, struct headroom *ret_list, size_t capacity)
{
    size_t count = 0;
    if (assess->last.clock == CLOCK_UNKNOWN)
        return 0;
    for (uint32_t i = 0; i < assess->list.limit_count && count < capacity; i++)
        count += look(assess, &assess->list.limits[i], &ret_list[count]);
    return count;
}

/* The periods of a device in the state:
 *
 *   [open spans by level, closed stretches by level, spans that closed with the held minute,
 *    revision, offset, boot, late readings, pacing,
 *    points: [number, tallies by level, held tally, low, extras by level and held]]
 *
 * Points of which nothing is known are left out, and so are the extras of points without any. The
 * held minute is kept apart from the periods it belongs to, as in memory: a late reading after the
 * restart changes what it would have changed. */
#include "daemon/assess/exchange_periods.h"

#include <string.h>

#define SUMS       (LEVEL_COUNT + 1)
#define HELD       LEVEL_COUNT /* index of the held minute among the sums */
#define WORST_RANK 7           /* of letters, validity.h */
#define PARTS_MAX  60

struct point_periods {
    uint64_t number;
    struct tally tallies[SUMS];
    struct tally_extra extras[SUMS];
    double low;
    bool has_extras;
};

/* Heads and 64-bit numbers at 9 bytes, small numbers at 1. */
size_t
exchange_periods_size(const struct device *device)
{
    enum { SPAN = 19, TALLY = 38, EXTRA = 45 };
    size_t spans = (size_t)LEVEL_COUNT * (AGGREGATE_CLOSED + 2) * SPAN;
    return 96 + spans + (32 + SUMS * (size_t)(TALLY + EXTRA)) * device->point_count;
}

static void
exchange_spans(struct exchange *exchange, struct aggregate *aggregate)
{
    exchange_array(exchange, LEVEL_COUNT);
    for (enum aggregate_level level = 0; level < LEVEL_COUNT; level++)
        exchange_span(exchange, &aggregate->open[level]);
    exchange_array(exchange, LEVEL_COUNT);
    for (enum aggregate_level level = 0; level < LEVEL_COUNT; level++) {
        exchange_array(exchange, AGGREGATE_CLOSED);
        for (int i = 0; i < AGGREGATE_CLOSED; i++)
            exchange_span(exchange, &aggregate->closed[level][i]);
    }
    exchange_array(exchange, LEVEL_COUNT);
    for (enum aggregate_level level = 0; level < LEVEL_COUNT; level++)
        exchange_span(exchange, &aggregate->held.last[level]);
}

static void
exchange_pacing(struct exchange *exchange, struct pacing *pacing)
{
    exchange_array(exchange, 4);
    pacing->begun = exchange_flag(exchange, pacing->begun);
    pacing->boot = (uint32_t)exchange_natural(exchange, pacing->boot, UINT32_MAX);
    pacing->due_ms = exchange_integer(exchange, pacing->due_ms);
    pacing->seen_ms = exchange_integer(exchange, pacing->seen_ms);
}

static void
exchange_head(struct exchange *exchange, struct aggregate *aggregate)
{
    struct aggregate_held *held = &aggregate->held;
    exchange_spans(exchange, aggregate);
    held->revision = (uint32_t)exchange_natural(exchange, held->revision, UINT32_MAX);
    aggregate->offset_ms = exchange_integer(exchange, aggregate->offset_ms);
    aggregate->boot = (uint32_t)exchange_natural(exchange, aggregate->boot, UINT32_MAX);
    aggregate->late = exchange_natural(exchange, aggregate->late, UINT64_MAX);
    exchange_pacing(exchange, &aggregate->pacing);
}

static void
exchange_extra(struct exchange *exchange, struct tally_extra *extra)
{
    exchange_array(exchange, 7);
    extra->weight = exchange_number(exchange, extra->weight);
    extra->weight_low = exchange_number(exchange, extra->weight_low);
    extra->weighted = exchange_number(exchange, extra->weighted);
    extra->weighted_low = exchange_number(exchange, extra->weighted_low);
    extra->valid_parts = (uint8_t)exchange_natural(exchange, extra->valid_parts, PARTS_MAX);
    extra->worst = (uint8_t)exchange_natural(exchange, extra->worst, WORST_RANK);
    extra->excused = (uint32_t)exchange_natural(exchange, extra->excused, UINT32_MAX);
}

static void
exchange_point(struct exchange *exchange, struct point_periods *point)
{
    exchange_array(exchange, 3 + SUMS);
    point->number = exchange_natural(exchange, point->number, UINT32_MAX);
    for (int i = 0; i < SUMS; i++)
        exchange_tally(exchange, &point->tallies[i]);
    point->low = exchange_number(exchange, point->low);
    size_t count = exchange_count(exchange, point->has_extras ? SUMS : 0);
    point->has_extras = count == SUMS;
    if (count != 0 && count != SUMS) {
        exchange->in->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++)
        exchange_extra(exchange, &point->extras[i]);
}

static struct point_periods
gather(const struct aggregate *aggregate, unsigned at)
{
    struct point_periods point = {.number = aggregate->device->points[at].number,
                                  .low = aggregate->held.lows[at],
                                  .has_extras = aggregate->held.extras != NULL};
    for (enum aggregate_level level = 0; level < LEVEL_COUNT; level++) {
        point.tallies[level] = aggregate->tallies[level][at];
        if (point.has_extras)
            point.extras[level] = aggregate->extras[level][at];
    }
    point.tallies[HELD] = aggregate->held.tallies[at];
    if (point.has_extras)
        point.extras[HELD] = aggregate->held.extras[at];
    return point;
}

static void
scatter(struct aggregate *aggregate, unsigned at, const struct point_periods *point)
{
    bool extras = point->has_extras && aggregate->held.extras;
    for (enum aggregate_level level = 0; level < LEVEL_COUNT; level++) {
        aggregate->tallies[level][at] = point->tallies[level];
        if (extras)
            aggregate->extras[level][at] = point->extras[level];
    }
    aggregate->held.tallies[at] = point->tallies[HELD];
    aggregate->held.lows[at] = point->low;
    if (extras)
        aggregate->held.extras[at] = point->extras[HELD];
}

/* A reading that did not arrive leaves a letter and no count. */
static bool
is_blank(const struct point_periods *point)
{
    for (int i = 0; i < SUMS; i++)
        if (point->tallies[i].count || point->tallies[i].sum != 0 || point->extras[i].worst ||
            point->extras[i].valid_parts || point->extras[i].weight != 0)
            return false;
    return true;
}

void
exchange_periods_save(struct exchange *exchange, const struct aggregate *aggregate)
{
    struct aggregate copy = *aggregate;
    size_t count = 0;
    exchange_array(exchange, 9);
    exchange_head(exchange, &copy);
    for (unsigned i = 0; i < aggregate->device->point_count; i++) {
        struct point_periods point = gather(aggregate, i);
        count += !is_blank(&point);
    }
    exchange_count(exchange, count);
    for (unsigned i = 0; i < aggregate->device->point_count; i++) {
        struct point_periods point = gather(aggregate, i);
        if (!is_blank(&point))
            exchange_point(exchange, &point);
    }
}

/* ---- reading ---- */

/* Saved in the order of the site: the search goes on where the last one ended. */
static int
find_point_from(const struct device *device, unsigned from, uint64_t number)
{
    for (unsigned i = 0; i < device->point_count; i++) {
        unsigned at = (from + i) % device->point_count;
        if (device->points[at].number == number)
            return (int)at;
    }
    return -1;
}

static void
load_points(struct exchange *exchange, struct aggregate *aggregate)
{
    size_t count = exchange_count(exchange, 0);
    unsigned from = 0;
    for (size_t i = 0; i < count && !exchange->in->failed; i++) {
        struct point_periods point = {0};
        exchange_point(exchange, &point);
        int at = aggregate ? find_point_from(aggregate->device, from, point.number) : -1;
        if (at < 0)
            continue;
        scatter(aggregate, (unsigned)at, &point);
        from = (unsigned)at + 1;
    }
}

void
exchange_periods_load(struct exchange *exchange, struct aggregate *aggregate)
{
    struct aggregate read = {0};
    exchange_array(exchange, 9);
    exchange_head(exchange, &read);
    if (aggregate) {
        memcpy(aggregate->open, read.open, sizeof read.open);
        memcpy(aggregate->closed, read.closed, sizeof read.closed);
        memcpy(aggregate->held.last, read.held.last, sizeof read.held.last);
        aggregate->held.revision = read.held.revision;
        aggregate->offset_ms = read.offset_ms;
        aggregate->boot = read.boot;
        aggregate->late = read.late;
        aggregate->pacing = read.pacing;
    }
    load_points(exchange, aggregate);
}

/* A limit holds from its first day to before its last one, and while all of its `when` holds. Of
 * the limits of one asset, name, kind, side and averaging, those with a `when` that holds displace
 * the one without. What is not known does not hold: then the one without stands.
 *
 * For a mean the conditions are on the mean of the same period, and a mode must have been set for
 * all of it. Points close their periods one after the other, so a mean waits for the means of its
 * conditions; when the grace of the periods is over, nothing more will come. */
#include "daemon/assess/limit_force.h"

#include "daemon/assess/aggregate.h"

#include <math.h>
#include <string.h>

#define WAIT_MS (2 * AGGREGATE_GRACE_MS)

static bool
compares(const struct limit_when *when, double number)
{
    if (isnan(number))
        return false;
    if (when->or_equal && number == when->value)
        return true;
    return when->comparison == COMPARE_ABOVE ? number > when->value : number < when->value;
}

static bool
is_dated(const struct limit *limit, int64_t utc_ms)
{
    return utc_ms >= limit->valid_from_utc_ms &&
           (!limit->valid_until_utc_ms || utc_ms < limit->valid_until_utc_ms);
}

/* ---- readings ---- */

static bool
holds_now(const struct judged_limit *judged)
{
    const struct limit *limit = judged->limit;
    for (uint8_t i = 0; i < limit->when_count; i++) {
        const struct limit_when *when = &limit->whens[i];
        if (when->point ? !compares(when, judged->seen[i].reading) : !judged->mode.on)
            return false;
    }
    return true;
}

const char *
limit_force_now(const struct judged_limit *judged, const struct stamp *at)
{
    bool known = at->clock != CLOCK_UNKNOWN;
    if (known && !is_dated(judged->limit, at->utc_ms))
        return "dates";
    if (!holds_now(judged))
        return "condition";
    if (judged->limit->when_count)
        return NULL;
    for (const struct judged_limit *other = judged->alike; other != judged; other = other->alike)
        if (other->limit->when_count && holds_now(other) &&
            (!known || is_dated(other->limit, at->utc_ms)))
            return "displaced";
    return NULL;
}

/* ---- means ---- */

static bool
was_in_mode(const struct limit_mode *mode, const struct statistic *statistic)
{
    bool began = mode->since_utc_ms <= statistic->start_utc_ms;
    return began && (mode->on || mode->until_utc_ms >= statistic->end_utc_ms);
}

static bool
held(const struct judged_limit *judged, const struct statistic *statistic)
{
    const struct limit *limit = judged->limit;
    if (!is_dated(limit, statistic->start_utc_ms))
        return false;
    for (uint8_t i = 0; i < limit->when_count; i++) {
        const struct limit_seen *seen = &judged->seen[i];
        bool same = seen->start_utc_ms == statistic->start_utc_ms;
        if (!limit->whens[i].point ? !was_in_mode(&judged->mode, statistic)
                                   : !same || !compares(&limit->whens[i], seen->mean))
            return false;
    }
    return true;
}

static const char *
force_of(const struct judged_limit *judged, const struct statistic *statistic)
{
    if (!is_dated(judged->limit, statistic->start_utc_ms))
        return "dates";
    if (!held(judged, statistic))
        return "condition";
    if (judged->limit->when_count)
        return NULL;
    for (const struct judged_limit *other = judged->alike; other != judged; other = other->alike)
        if (other->limit->when_count && held(other, statistic))
            return "displaced";
    return NULL;
}

static bool
knows(const struct judged_limit *judged, int64_t start_utc_ms)
{
    for (uint8_t i = 0; i < judged->limit->when_count; i++)
        if (judged->limit->whens[i].point && judged->seen[i].start_utc_ms < start_utc_ms)
            return false;
    return true;
}

static bool
all_know(const struct judged_limit *judged, int64_t start_utc_ms)
{
    const struct judged_limit *other = judged;
    do {
        if (!knows(other, start_utc_ms))
            return false;
        other = other->alike;
    } while (other != judged);
    return true;
}

static void
settle(struct judged_limit *judged, const struct turn *turn)
{
    const struct statistic statistic = judged->pending;
    const char *reason = force_of(judged, &statistic);
    judged->waiting = false;
    if (reason)
        judge_limit_lapse(judged, reason, turn);
    else
        judge_limit_verdict(judged, &statistic, turn);
}

static void
settle_ring(struct judged_limit *judged, const struct turn *turn)
{
    struct judged_limit *other = judged;
    do {
        if (other->waiting && all_know(other, other->pending.start_utc_ms))
            settle(other, turn);
        other = other->alike;
    } while (other != judged);
}

void
limit_force_mean(struct judged_limit *judged, const struct statistic *statistic,
                 const struct turn *turn)
{
    if (judged->waiting) /* the one before: its conditions never came */
        settle(judged, turn);
    judged->pending = *statistic;
    judged->waiting = true;
    settle_ring(judged, turn);
}

void
limit_force_when(struct judged_limit *judged, uint8_t i, const struct statistic *statistic,
                 const struct turn *turn)
{
    struct limit_seen *seen = &judged->seen[i];
    if (!judge_limit_is_of(judged->limit, statistic->period))
        return;
    seen->mean = statistic->is_valid ? statistic->mean : (double)NAN;
    seen->start_utc_ms = statistic->start_utc_ms;
    settle_ring(judged, turn);
}

void
limit_force_tick(struct judged_limit *judged, const struct turn *turn)
{
    if (judged->waiting && turn->at->clock != CLOCK_UNKNOWN &&
        turn->at->utc_ms >= judged->pending.end_utc_ms + WAIT_MS)
        settle(judged, turn);
}

void
limit_force_mode(struct judged_limit *judged, unsigned mode, int64_t utc_ms)
{
    const struct limit *limit = judged->limit;
    bool on = true, any = false;
    for (uint8_t i = 0; i < limit->when_count; i++)
        if (!limit->whens[i].point) {
            any = true;
            on = on && limit->whens[i].modes >> mode & 1;
        }
    if (!any || on == judged->mode.on)
        return;
    judged->mode.on = on;
    if (on)
        judged->mode.since_utc_ms = utc_ms;
    else
        judged->mode.until_utc_ms = utc_ms;
}

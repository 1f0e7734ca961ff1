/* Age is by the monotonic clock; a reading of another boot is old. */
#include "daemon/assess/latest.h"

#define STALE_INTERVALS 3
#define STALE_MS        2000

static bool
is_stale(const struct latest *reading, const struct point *point, const struct stamp *now)
{
    int64_t most_ms = (int64_t)point->every_ms * STALE_INTERVALS + STALE_MS;
    return reading->at.boot != now->boot || now->mono_ms - reading->at.mono_ms > most_ms;
}

struct latest
latest_of(const struct latest *latest, const struct point *point, const struct stamp *now)
{
    struct latest reading = latest[point->index];
    if (!reading.seen || is_stale(&reading, point, now)) {
        reading.number = NAN;
        reading.quality = QUALITY_INVALID_INPUT;
    }
    return reading;
}

static bool
is_same(const struct stamp *a, const struct stamp *b)
{
    return a->boot == b->boot && a->mono_ms == b->mono_ms && a->utc_ms == b->utc_ms;
}

void
latest_feed(const struct latest *latest, const struct condition *condition,
            struct condition_state *state, const struct stamp *now)
{
    if (!condition->point)
        return;
    struct latest newest = latest[condition->point->index];
    if (!newest.seen || is_same(&newest.at, &state->read)) {
        if (newest.seen && is_stale(&newest, condition->point, now))
            condition_lose(state);
        return;
    }
    struct evidence_value reading = {newest.at, newest.number, newest.quality};
    state->read = newest.at;
    condition_read(condition, state, &reading,
                   quality_is_valid(newest.quality) && !isnan(newest.number));
}

/* When more senders come than there is room for (people changed often by reload), the one that was
 * silent longest makes room: its bucket is full again by then. */
#include "daemon/command/rates.h"

#include <stdio.h>
#include <string.h>

#define ONE 1000 /* command, in the bucket's thousandths */

static struct rate *
find(struct rates *rates, const char *name, int64_t mono_ms)
{
    struct rate *oldest = &rates->senders[0];

    for (size_t i = 0; i < rates->count; i++) {
        struct rate *rate = &rates->senders[i];
        if (strcmp(rate->name, name) == 0)
            return rate;
        if (rate->filled_mono_ms < oldest->filled_mono_ms)
            oldest = rate;
    }
    struct rate *fresh = rates->count < RATES_SENDERS ? &rates->senders[rates->count++] : oldest;
    memset(fresh, 0, sizeof *fresh);
    snprintf(fresh->name, sizeof fresh->name, "%s", name);
    fresh->filled_mono_ms = mono_ms;
    fresh->tokens = -1; /* not filled yet */
    return fresh;
}

bool
rates_take(struct rates *rates, const char *name, uint32_t a_minute, uint32_t burst,
           int64_t mono_ms)
{
    struct rate *rate = find(rates, name, mono_ms);
    int64_t most = (int64_t)burst * ONE;
    int64_t passed_ms = mono_ms - rate->filled_mono_ms;

    if (rate->tokens < 0 || passed_ms > 3600000)
        rate->tokens = most;
    else
        rate->tokens += passed_ms * a_minute / 60; /* ONE is as many as ms in a second */
    if (rate->tokens > most)
        rate->tokens = most;
    rate->filled_mono_ms = mono_ms;
    if (rate->tokens < ONE)
        return false;
    rate->tokens -= ONE;
    return true;
}

bool
rates_refusal(struct rates *rates, const char *name, int64_t mono_ms)
{
    struct rate *rate = find(rates, name, mono_ms);

    if (rate->refusals == 0)
        rate->minute_mono_ms = mono_ms;
    return ++rate->refusals <= RATES_REFUSALS;
}

uint32_t
rates_flood(struct rates *rates, int64_t mono_ms, const char **ret_name)
{
    for (size_t i = 0; i < rates->count; i++) {
        struct rate *rate = &rates->senders[i];
        uint32_t refusals = rate->refusals;
        if (refusals == 0 || mono_ms - rate->minute_mono_ms < RATES_REFUSALS_IN_MS)
            continue;
        rate->refusals = 0;
        if (refusals <= RATES_REFUSALS)
            continue;
        *ret_name = rate->name;
        return refusals - RATES_REFUSALS;
    }
    return 0;
}

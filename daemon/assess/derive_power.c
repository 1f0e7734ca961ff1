/* Points of production against treatment: whether they run, for how long, and at which level of
 * their electricity. Synchronous operation rate = sum t(production and treatment) / sum
 * t(production) (standards.md 6.4): the mean of DERIVE_SYNCHRONOUS weighted by the minutes of
 * production.
 *
 * The time since the scan before counts as what is now (a value holds back to its predecessor, as
 * with masses); a hole of more than a few intervals counts as nothing. */
#include "daemon/assess/derive_parts.h"

#include <math.h>

static struct derive_result
unknown(void)
{
    return (struct derive_result){.number = NAN, .quality = QUALITY_INVALID_INPUT};
}

struct derive_result
derive_synchronous(const struct derive_call *call)
{
    const struct derive_view *view = call->view;
    if (view->production == TRUTH_UNKNOWN || view->treatment == TRUTH_UNKNOWN)
        return unknown();
    bool both = view->production == TRUTH_TRUE && view->treatment == TRUTH_TRUE;
    return (struct derive_result){.number = both};
}

static enum truth
counts(const struct derive_view *view, enum derive_minutes which)
{
    if (which == MINUTES_PRODUCTION || view->production == TRUTH_FALSE)
        return view->production;
    if (view->production == TRUTH_UNKNOWN || view->treatment == TRUTH_UNKNOWN)
        return TRUTH_UNKNOWN;
    bool on = view->treatment == TRUTH_TRUE;
    return on == (which == MINUTES_TOGETHER) ? TRUTH_TRUE : TRUTH_FALSE;
}

struct derive_result
derive_minutes(const struct derive_call *call)
{
    struct derive_memory *memory = call->memory;
    enum truth truth = counts(call->view, (enum derive_minutes)call->how->numbers[0]);
    int64_t ms = memory->has ? hold_elapsed_ms(&memory->at, call->view->at) : -1;
    memory->has = true;
    memory->at = *call->view->at;
    if (truth == TRUTH_UNKNOWN)
        return unknown();
    if (ms < 0 || (double)ms > call->how->numbers[1])
        return (struct derive_result){.absent = true};
    return (struct derive_result){.number = truth == TRUTH_TRUE ? (double)ms / 60000 : 0};
}

/* 2 running, 1 idle, 0 stopped: another level shows once it has held for the delay. The level that
 * waits stands in `since`. */
struct derive_result
derive_level(const struct derive_call *call)
{
    const double *numbers = call->how->numbers;
    struct derive_memory *memory = call->memory;
    double power = call->inputs[0].number;
    double level = power > numbers[0] ? 2 : power > numbers[1] ? 1 : 0;
    if (!memory->has)
        memory->last = level;
    if (!memory->has || memory->since != level) {
        memory->since = level;
        memory->at = *call->view->at;
    }
    memory->has = true;
    if ((double)hold_elapsed_ms(&memory->at, call->view->at) >= numbers[2])
        memory->last = level;
    return (struct derive_result){.number = memory->last};
}

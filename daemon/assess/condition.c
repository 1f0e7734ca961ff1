/* A condition changes its verdict when readings have said otherwise for its delay, in both
 * directions, so that one odd reading neither starts production nor stops it. It becomes true
 * strictly beyond its value and ends at its value less the hysteresis. A bad reading makes it
 * unknown, and the last verdict stands again as soon as a good one comes. */
#include "daemon/assess/condition.h"

#include <math.h>

void
condition_init(struct condition_state *state)
{
    *state = (struct condition_state){.value = NAN};
}

static bool
is_true(const struct condition *condition, bool was_true, double number)
{
    double back = was_true ? condition->hysteresis : 0;
    switch (condition->comparison) {
    case COMPARE_TRUE: return number != 0;
    case COMPARE_FALSE: return number == 0;
    case COMPARE_ABOVE: return number > condition->value - back;
    case COMPARE_BELOW: return number < condition->value + back;
    }
    return false;
}

void
condition_read(const struct condition *condition, struct condition_state *state,
               const struct evidence_value *reading, bool valid)
{
    state->bad = !valid;
    if (!valid) {
        hold_pause(&state->hold);
        return;
    }
    state->value = reading->number;
    bool was_true = state->verdict == TRUTH_TRUE;
    enum truth truth = is_true(condition, was_true, reading->number) ? TRUTH_TRUE : TRUTH_FALSE;
    if (truth != state->pending)
        hold_clear(&state->hold);
    if (truth == state->verdict)
        return;
    state->pending = truth;
    if (!hold_feed(&state->hold, &reading->at, condition->delay_ms))
        return;
    state->verdict = truth;
    state->since = state->hold.since;
    hold_clear(&state->hold);
}

void
condition_lose(struct condition_state *state)
{
    state->bad = true;
    hold_pause(&state->hold);
}

enum truth
condition_truth(const struct condition *condition, const struct condition_state *state)
{
    return condition->point && !state->bad ? state->verdict : TRUTH_UNKNOWN;
}

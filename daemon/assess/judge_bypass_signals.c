/* What the signals of a bypass say together (standards.md 6.3 [I]; no standard has numbers).
 *
 * Position: open as soon as one position signal says so, since a stuck switch must not hide an open
 * valve; shut only when all that are there say so. A valve that has left its closed end and not
 * reached the other is between; between, or contradicted, for longer than it travels is a fault of
 * the monitoring, and between is a suspicion besides.
 *
 * Flow says open where no position signal says shut; while one does, flow is a suspicion, as
 * pressure and temperature always are. A duct stays warm behind an opening: temperature is no
 * suspicion then until it has fallen once or the cooling time is over. */
#include "daemon/assess/judge_bypass.h"

static enum truth
truth_of(const struct bypass_state *state, enum bypass_witness witness)
{
    return condition_truth(&state->bypass->witnesses[witness], &state->witnesses[witness]);
}

static bool
has(const struct bypass_state *state, enum bypass_witness witness)
{
    return state->bypass->witnesses[witness].point;
}

bool
bypass_is_lost(const struct bypass *bypass, const struct bypass_state *state, unsigned witness)
{
    const struct condition_state *condition = &state->witnesses[witness];
    return bypass->witnesses[witness].point &&
           (condition->bad || condition->pending == TRUTH_UNKNOWN);
}

/* The closed end's signal says the contrary of the others. */
static bool
is_raised(const struct bypass_state *state, unsigned witness)
{
    const struct condition_state *condition = &state->witnesses[witness];
    enum truth raised = witness == WITNESS_CLOSED ? TRUTH_FALSE : TRUTH_TRUE;
    return state->bypass->witnesses[witness].point &&
           (condition->verdict == raised ||
            (condition->pending == raised && condition->hold.running));
}

bool
bypass_is_raised(const struct bypass_state *state, unsigned witnesses)
{
    for (unsigned i = 0; i < WITNESS_COUNT; i++)
        if (witnesses & 1U << i && is_raised(state, i))
            return true;
    return false;
}

void
bypass_read_signals(struct bypass_state *state, const struct judging *in)
{
    const struct bypass *bypass = state->bypass;
    for (unsigned i = 0; i < WITNESS_COUNT; i++)
        latest_feed(in->latest, &bypass->witnesses[i], &state->witnesses[i], in->turn->at);
    latest_feed(in->latest, &bypass->safety, &state->safety, in->turn->at);
}

/* ---- position ---- */

static void
judge_position(const struct bypass_state *state, struct bypass_signals *signals)
{
    enum truth open = truth_of(state, WITNESS_OPEN), closed = truth_of(state, WITNESS_CLOSED);
    enum truth beyond = truth_of(state, WITNESS_OPENING);
    bool there = has(state, WITNESS_OPEN) || has(state, WITNESS_CLOSED) ||
                 has(state, WITNESS_OPENING);
    bool says_open = open == TRUTH_TRUE || beyond == TRUTH_TRUE;
    bool says_not_open = open == TRUTH_FALSE || beyond == TRUTH_FALSE;
    bool lost = (has(state, WITNESS_OPEN) && open == TRUTH_UNKNOWN) ||
                (has(state, WITNESS_CLOSED) && closed == TRUTH_UNKNOWN) ||
                (has(state, WITNESS_OPENING) && beyond == TRUTH_UNKNOWN);
    signals->position = there ? POSITION_UNKNOWN : POSITION_NONE;
    if (says_open || (closed == TRUTH_FALSE && !says_not_open))
        signals->position = POSITION_OPEN;
    else if (closed == TRUTH_FALSE)
        signals->position = POSITION_BETWEEN;
    else if (there && !lost)
        signals->position = POSITION_SHUT;
    signals->shut_side = signals->position == POSITION_SHUT ||
                         (signals->position == POSITION_UNKNOWN &&
                          (closed == TRUTH_TRUE || says_not_open));
    signals->conflict = signals->position == POSITION_BETWEEN ||
                        (says_open && (closed == TRUTH_TRUE || says_not_open));
    signals->open_by = 0;
    if (open == TRUTH_TRUE)
        signals->open_by |= 1U << WITNESS_OPEN;
    if (beyond == TRUTH_TRUE)
        signals->open_by |= 1U << WITNESS_OPENING;
    if (closed == TRUTH_FALSE)
        signals->open_by |= 1U << WITNESS_CLOSED;
}

/* ---- what needs time ---- */

static bool
held(struct hold *hold, enum truth wrong, uint32_t delay_ms, const struct stamp *at)
{
    if (wrong == TRUTH_TRUE)
        return hold_feed(hold, at, delay_ms);
    if (wrong == TRUTH_FALSE)
        hold_clear(hold);
    else
        hold_pause(hold);
    return false;
}

static void
judge_fault(struct bypass_state *state, const struct bypass_signals *signals,
            const struct judging *in, enum truth runs)
{
    const struct bypass *bypass = state->bypass;
    enum truth lost = TRUTH_FALSE, conflict = signals->conflict ? runs : TRUTH_FALSE;
    for (unsigned i = 0; bypass->lost_ms && i < WITNESS_COUNT; i++)
        if (bypass_is_lost(bypass, state, i)) {
            lost = runs;
            state->lost_witness = (uint8_t)i;
            break;
        }
    state->fault = FAULT_NONE;
    if (held(&state->conflict, conflict, bypass->travel_ms, in->turn->at))
        state->fault = FAULT_CONTRADICTION;
    if (held(&state->lost, lost, bypass->lost_ms, in->turn->at))
        state->fault = FAULT_LOST;
}

static void
judge_cooling(struct bypass_state *state, const struct bypass_signals *signals,
              const struct stamp *at)
{
    bool is_open = signals->open == TRUTH_TRUE;
    if (is_open || state->was_open)
        state->open_at = *at;
    state->was_open = is_open;
    state->cooling |= is_open;
    int64_t elapsed_ms = hold_elapsed_ms(&state->open_at, at);
    if (elapsed_ms < 0 || elapsed_ms >= state->bypass->cool_ms ||
        truth_of(state, WITNESS_TEMPERATURE) == TRUTH_FALSE)
        state->cooling = is_open;
}

/* ---- both together ---- */

static void
judge_open(const struct bypass_state *state, struct bypass_signals *signals)
{
    enum truth flow = truth_of(state, WITNESS_FLOW);
    bool flows = flow == TRUTH_TRUE && !signals->shut_side;
    bool still = flow == TRUTH_FALSE || !has(state, WITNESS_FLOW);
    if (flow == TRUTH_TRUE)
        signals->open_by |= 1U << WITNESS_FLOW;
    signals->open = TRUTH_UNKNOWN;
    if (signals->position == POSITION_OPEN || flows)
        signals->open = TRUTH_TRUE;
    else if (still && (signals->position == POSITION_SHUT || signals->position == POSITION_NONE))
        signals->open = TRUTH_FALSE;
}

static void
judge_suspicion(const struct bypass_state *state, struct bypass_signals *signals, bool stuck)
{
    bool unknown = signals->position == POSITION_BETWEEN;
    signals->suspect_by = 0;
    for (unsigned i = WITNESS_FLOW; i < WITNESS_COUNT; i++) {
        enum truth truth = truth_of(state, i);
        bool warm = i == WITNESS_TEMPERATURE && state->cooling;
        if (truth == TRUTH_TRUE && !warm)
            signals->suspect_by |= (uint8_t)(1U << i);
        unknown |= has(state, i) && truth == TRUTH_UNKNOWN;
    }
    if (stuck)
        signals->suspect_by |= BY_BETWEEN;
    if (signals->open == TRUTH_TRUE)
        signals->suspect = TRUTH_FALSE;
    else if (signals->suspect_by)
        signals->suspect = TRUTH_TRUE;
    else
        signals->suspect = unknown ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

void
bypass_judge_signals(struct bypass_state *state, const struct judging *in, enum truth runs,
                     struct bypass_signals *ret_signals)
{
    judge_position(state, ret_signals);
    judge_open(state, ret_signals);
    judge_fault(state, ret_signals, in, runs);
    judge_cooling(state, ret_signals, in->turn->at);
    if (ret_signals->shut_side)
        state->shut_at = *in->turn->at;
    bool stuck = ret_signals->position == POSITION_BETWEEN && state->conflict.running &&
                 state->conflict.held_ms >= (int64_t)state->bypass->travel_ms;
    judge_suspicion(state, ret_signals, stuck);
}

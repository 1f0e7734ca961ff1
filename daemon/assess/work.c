/* Fuel (the production condition) leads, the rest tells apart:
 *
 *   fuel on after the plant was out, banked or shut down    start-up, until oxygen is below and the
 *                                                            load above their settings for a while,
 *                                                            at most as long as the setting
 *   fuel off                                                 shutdown; from its longest time on,
 * and while the gas is warm, banked fire fuel off, gas cold, oxygen that of air out of service
 *
 * A point that is there and does not tell leaves all as it is; one that is not there is not asked:
 * without a temperature nothing is banked, without oxygen and load nothing starts up. What was on
 * when the first reading came is running: its start was not seen. Only readings change anything. */
#include "daemon/assess/work.h"

#include <math.h>
#include <string.h>

static const char *const WORDS[] = {"",       "running", "startup",     "shutdown",    "stopped",
                                    "banked", "fault",   "maintenance", "calibration", "invalid"};

const char *
work_word(enum work_condition condition)
{
    return WORDS[condition];
}

enum work_condition
work_find(const char *word)
{
    if (!strcmp(word, "start-up"))
        return WORK_STARTUP;
    for (enum work_condition i = WORK_RUNNING; i < WORK_END; i++)
        if (!strcmp(WORDS[i], word))
            return i;
    return WORK_END;
}

/* ---- what the points say ---- */

enum side { STRICTLY_ABOVE, STRICTLY_BELOW, FROM };

/* TRUE where there is no such point. */
static enum truth
compare(const struct judging *in, const struct point *point, enum side side, double value)
{
    if (!point)
        return TRUTH_TRUE;
    struct latest latest = latest_of(in->latest, point, in->turn->at);
    if (!quality_is_valid(latest.quality) || isnan(latest.number))
        return TRUTH_UNKNOWN;
    bool so = side == STRICTLY_ABOVE   ? latest.number > value
              : side == STRICTLY_BELOW ? latest.number < value
                                       : latest.number >= value;
    return so ? TRUTH_TRUE : TRUTH_FALSE;
}

static enum truth
both(enum truth a, enum truth b)
{
    if (a == TRUTH_FALSE || b == TRUTH_FALSE)
        return TRUTH_FALSE;
    return a == TRUTH_TRUE && b == TRUTH_TRUE ? TRUTH_TRUE : TRUTH_UNKNOWN;
}

static enum truth
is_steady(const struct work *work, const struct judging *in)
{
    return both(compare(in, work->o2, STRICTLY_BELOW, work->o2_below),
                compare(in, work->load, STRICTLY_ABOVE, work->load_above));
}

static enum truth
is_warm(const struct work *work, const struct judging *in)
{
    return work->temperature ? compare(in, work->temperature, STRICTLY_ABOVE, work->warm)
                             : TRUTH_FALSE;
}

static enum truth
is_out(const struct work *work, const struct judging *in)
{
    enum truth warm = is_warm(work, in);
    enum truth cold = warm == TRUTH_UNKNOWN ? warm : warm == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
    return both(cold, compare(in, work->o2, FROM, work->o2_air));
}

/* ---- what follows ---- */

static bool
become(struct work_state *state, enum work_condition condition, const struct stamp *since)
{
    hold_clear(&state->off);
    hold_clear(&state->steady);
    state->now = condition;
    state->since = *since;
    return true;
}

static bool
start(struct work_state *state, const struct work *work, const struct judging *in)
{
    bool cannot_tell = !work->o2 && !work->load;
    bool back = state->now == WORK_SHUTDOWN && is_steady(work, in) == TRUTH_TRUE;
    if (state->now == WORK_UNKNOWN || cannot_tell || back)
        return become(state, WORK_RUNNING, in->turn->at);
    return become(state, WORK_STARTUP, &in->production_since);
}

static bool
go_on_starting(struct work_state *state, const struct work *work, const struct judging *in)
{
    enum truth steady = is_steady(work, in);
    if (steady == TRUTH_TRUE && hold_feed(&state->steady, in->turn->at, work->steady_ms))
        return become(state, WORK_RUNNING, in->turn->at);
    if (steady == TRUTH_FALSE)
        hold_clear(&state->steady);
    else if (steady == TRUTH_UNKNOWN)
        hold_pause(&state->steady);
    if (hold_elapsed_ms(&state->since, in->turn->at) < (int64_t)work->startup_max_ms)
        return false;
    return become(state, WORK_RUNNING, in->turn->at);
}

static bool
read_on(struct work_state *state, const struct work *work, const struct judging *in)
{
    hold_clear(&state->off);
    if (state->now == WORK_RUNNING)
        return false;
    return state->now == WORK_STARTUP ? go_on_starting(state, work, in) : start(state, work, in);
}

/* The fuel went off. */
static bool
stop(struct work_state *state, const struct work *work, const struct judging *in)
{
    hold_clear(&state->steady);
    if (!hold_feed(&state->off, in->turn->at, work->off_ms))
        return false;
    state->off_since = in->production_since;
    return become(state, is_out(work, in) == TRUTH_TRUE ? WORK_STOPPED : WORK_SHUTDOWN,
                  &state->off_since);
}

static bool
read_off(struct work_state *state, const struct work *work, const struct judging *in)
{
    if (state->now == WORK_UNKNOWN || state->now == WORK_RUNNING || state->now == WORK_STARTUP)
        return stop(state, work, in);
    if (state->now == WORK_STOPPED)
        return false;
    if (is_out(work, in) == TRUTH_TRUE)
        return become(state, WORK_STOPPED, in->turn->at);
    if (state->now == WORK_SHUTDOWN && is_warm(work, in) == TRUTH_TRUE &&
        hold_elapsed_ms(&state->off_since, in->turn->at) >= (int64_t)work->shutdown_max_ms)
        return become(state, WORK_BANKED, in->turn->at);
    return false;
}

bool
work_read(struct work_state *state, const struct work *work, const struct judging *in)
{
    if (in->production == TRUTH_TRUE)
        return read_on(state, work, in);
    if (in->production == TRUTH_FALSE)
        return read_off(state, work, in);
    hold_pause(&state->off);
    hold_pause(&state->steady);
    return false;
}

void
work_exchange(struct work_state *state, struct exchange *exchange)
{
    exchange_array(exchange, 5);
    state->now = (enum work_condition)exchange_natural(exchange, state->now, WORK_BANKED);
    exchange_stamp(exchange, &state->since);
    exchange_stamp(exchange, &state->off_since);
    exchange_hold(exchange, &state->off);
    exchange_hold(exchange, &state->steady);
}

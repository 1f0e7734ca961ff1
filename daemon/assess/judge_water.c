/* What waste water says besides its limits:
 *
 *   water.zero-flow      nothing flows out while pumps, production or treatment run
 *   water.aeration-off   aeration stands while water comes in
 *   water.overflow       a level or switch says that water goes over
 *   influent.anomaly     inlet BOD or COD below a floor, a shock load, pH or conductivity that jump
 *   water.implausible    what cannot be together: NH3-N > TN, BOD > COD, COD removal above 95 %,
 *                        blower at rest while water flows out, outlet pH that jumps by more than 2
 *                        an hour (standards.md 7.4: practice, not official; a suspicion, info)
 *
 * Each is a finding about one point ("outfall.cod-inlet"), with its cause in the details. All
 * thresholds and delays are settings (config/schema_water.c). A shock is judged by the declared
 * design load, else by the usual one: the mean of the hours that were none, from a week of them
 * [I]. Exceedances are the limits' and the bypass is its own judge's. Not here: a pH that does not
 * move (that is quality: frozen), flow against pump current as a curve (7.4 names no number). */
#include "daemon/assess/judge.h"
#include "daemon/assess/round.h"
#include "daemon/assess/water_jobs.h"
#include "daemon/assess/water_swing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LEARNED_HOURS  168
#define BOUND_DECIMALS 9

enum { SWING_PH_INLET, SWING_CONDUCTIVITY, SWING_PH_OUTLET, SWING_COUNT };

static const struct {
    const char *kind, *cause;
    enum severity severity;
    enum limit_side side;
} CHECKS[WATER_COUNT] = {
    [WATER_ZERO_FLOW] = {"water.zero-flow", "no-flow", SEVERITY_WARNING, SIDE_BELOW},
    [WATER_AERATION] = {"water.aeration-off", "no-air", SEVERITY_WARNING, SIDE_BELOW},
    [WATER_OVERFLOW] = {"water.overflow", "overflow", SEVERITY_ALARM, SIDE_ABOVE},
    [WATER_FLOOR] = {"influent.anomaly", "floor", SEVERITY_WARNING, SIDE_BELOW},
    [WATER_SHOCK] = {"influent.anomaly", "shock-load", SEVERITY_WARNING, SIDE_ABOVE},
    [WATER_PH_INLET] = {"influent.anomaly", "ph-swing", SEVERITY_WARNING, SIDE_ABOVE},
    [WATER_CONDUCTIVITY] = {"influent.anomaly", "conductivity", SEVERITY_WARNING, SIDE_ABOVE},
    [WATER_PH_OUTLET] = {"water.implausible", "ph-swing", SEVERITY_INFO, SIDE_ABOVE},
    [WATER_NITROGEN] = {"water.implausible", "nh3-n-above-tn", SEVERITY_INFO, SIDE_ABOVE},
    [WATER_OXYGEN] = {"water.implausible", "bod-above-cod", SEVERITY_INFO, SIDE_ABOVE},
    [WATER_BLOWER] = {"water.implausible", "no-air-while-flow", SEVERITY_INFO, SIDE_BELOW},
    [WATER_REMOVAL] = {"water.implausible", "cod-removal", SEVERITY_INFO, SIDE_ABOVE},
};

struct water_state {
    struct condition_state overflow, aeration;
    struct water_swing swings[SWING_COUNT];
    uint16_t job_count;
    struct water_job jobs[]; /* as the seat's findings */
};

static void
measure(const struct asset *asset, uint16_t *ret_findings, size_t *ret_state_size)
{
    *ret_findings = asset->water ? water_jobs_list(asset, NULL) : 0;
    *ret_state_size = sizeof(struct water_state) + *ret_findings * sizeof(struct water_job);
}

static void
describe(const struct finding *finding, struct event *draft)
{
    const struct water_job *job = finding->owner;
    events_detail_text(draft, "cause", CHECKS[job->check].cause);
    if (job->check != WATER_SHOCK)
        return;
    events_detail_text(draft, "usual", job->of->design > 0 ? "declared" : "learned");
}

static void
init(struct judge_seat *seat, struct arena *arena)
{
    struct water_state *state = seat->state;
    (void)arena;
    memset(state, 0, seat->state_size);
    condition_init(&state->overflow);
    condition_init(&state->aeration);
    state->job_count = water_jobs_list(seat->asset, state->jobs);
    for (uint16_t i = 0; i < state->job_count; i++) {
        struct water_job *job = &state->jobs[i];
        struct finding *finding = &seat->findings[i];
        snprintf(job->subject, sizeof job->subject, "%s.%s", seat->asset->name, job->point->name);
        finding_init(finding, CHECKS[job->check].kind, seat->asset);
        finding->subject = job->subject;
        finding->point = job->point;
        finding->severity = CHECKS[job->check].severity;
        finding->side = CHECKS[job->check].side;
        finding->describe = describe;
        finding->owner = job;
        if (job->check == WATER_REMOVAL)
            finding->averaging = "1 d";
    }
}

/* ---- what is seen ---- */

struct sight {
    enum truth wrong;
    double value, limit; /* in the unit of the finding's point; NaN: none */
};

static bool
read_good(const struct judging *in, const struct point *point, double *ret_number)
{
    struct latest reading = latest_of(in->latest, point, in->turn->at);
    *ret_number = reading.number;
    return quality_is_valid(reading.quality) && !isnan(reading.number);
}

static enum truth
truth_of(bool known, bool is)
{
    if (!known)
        return TRUTH_UNKNOWN;
    return is ? TRUTH_TRUE : TRUTH_FALSE;
}

/* Strictly, but for the noise behind the digits of float registers: pH 9.1 is not more than 2 above
 * 7.1. */
static bool
is_above(double number, double bound)
{
    int order = 0;
    if (!isfinite(number) || !isfinite(bound))
        return false;
    bound = round_half_even(bound, ROUND_AS_FLOAT, BOUND_DECIMALS);
    round_compare(number, ROUND_AS_FLOAT, bound, ROUND_FULL_VALUE, 0, &order);
    return order > 0;
}

static enum truth
both(enum truth a, enum truth b)
{
    if (a == TRUTH_FALSE || b == TRUTH_FALSE)
        return TRUTH_FALSE;
    return a == TRUTH_TRUE && b == TRUTH_TRUE ? TRUTH_TRUE : TRUTH_UNKNOWN;
}

static enum truth
opposite(enum truth truth)
{
    if (truth == TRUTH_UNKNOWN)
        return truth;
    return truth == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
}

static enum truth
flows(const struct judging *in, const struct water_end *end, double *ret_number)
{
    bool known = read_good(in, end->flow, ret_number);
    return truth_of(known, *ret_number * end->flow_factor > in->asset->water->zero_flow);
}

static enum truth
turns(const struct judging *in, const struct point *motor, double *ret_number)
{
    bool known = read_good(in, motor, ret_number);
    return truth_of(known, *ret_number > in->asset->water->motor_off);
}

/* Any that runs is enough; none is known only when all are. */
static enum truth
plant_runs(const struct judging *in)
{
    const struct asset *asset = in->asset;
    const struct water *water = asset->water;
    enum truth runs[3] = {TRUTH_FALSE, TRUTH_FALSE, TRUTH_FALSE};
    double current;
    if (water->pump)
        runs[0] = turns(in, water->pump, &current);
    if (asset->production.point && !water->intermittent)
        runs[1] = in->production;
    if (asset->treatment.point && !water->intermittent)
        runs[2] = in->treatment;
    enum truth all = TRUTH_FALSE;
    for (int i = 0; i < 3; i++) {
        if (runs[i] == TRUTH_TRUE)
            return TRUTH_TRUE;
        if (runs[i] == TRUTH_UNKNOWN)
            all = TRUTH_UNKNOWN;
    }
    return all;
}

static struct sight
see_zero_flow(const struct judging *in)
{
    struct sight sight = {.limit = NAN};
    enum truth flow = flows(in, &in->asset->water->outlet, &sight.value);
    sight.wrong = both(opposite(flow), plant_runs(in));
    return sight;
}

static struct sight
see_aeration(const struct water_state *state, const struct judging *in)
{
    const struct water *water = in->asset->water;
    struct sight sight = {.limit = NAN};
    enum truth air;
    double flow;
    if (water->aeration.point) {
        air = condition_truth(&water->aeration, &state->aeration);
        sight.value = state->aeration.value;
    } else {
        air = turns(in, water->blower, &sight.value);
    }
    sight.wrong = both(opposite(air), flows(in, &water->inlet, &flow));
    return sight;
}

static struct sight
see_blower(const struct judging *in)
{
    const struct water *water = in->asset->water;
    struct sight sight = {.limit = water->motor_off};
    double flow;
    enum truth air = turns(in, water->blower, &sight.value);
    sight.wrong = both(opposite(air), flows(in, &water->outlet, &flow));
    return sight;
}

static struct sight
see_overflow(const struct water_state *state, const struct judging *in)
{
    const struct condition *condition = &in->asset->water->overflow;
    bool compares = condition->comparison == COMPARE_ABOVE ||
                    condition->comparison == COMPARE_BELOW;
    return (struct sight){.wrong = condition_truth(condition, &state->overflow),
                          .value = state->overflow.value,
                          .limit = compares ? condition->value : NAN};
}

static struct sight
see_floor(const struct water_job *job, const struct judging *in)
{
    struct sight sight = {.limit = job->limit / job->of->factor};
    bool known = read_good(in, job->of->result, &sight.value);
    sight.wrong = truth_of(known, is_above(job->limit, sight.value * job->of->factor));
    return sight;
}

static double
usual_load(const struct water_job *job)
{
    if (job->of->design > 0)
        return job->of->design;
    return job->hours >= LEARNED_HOURS ? job->usual : NAN;
}

static struct sight
see_shock(const struct water_job *job, const struct judging *in)
{
    struct sight sight = {.limit = in->asset->water->shock * usual_load(job)};
    bool known = read_good(in, job->point, &sight.value) && !isnan(sight.limit);
    sight.wrong = truth_of(known, is_above(sight.value, sight.limit));
    return sight;
}

/* The greater of two results, against the one that must hold it. */
static struct sight
see_pair(const struct water_job *job, const struct judging *in)
{
    struct sight sight = {.value = NAN};
    double against;
    bool known = read_good(in, job->of->result, &sight.value);
    known = read_good(in, job->against->result, &against) && known;
    sight.limit = against * job->against->factor / job->of->factor;
    sight.wrong = truth_of(known, is_above(sight.value, sight.limit));
    return sight;
}

static struct sight
see_swing(struct water_swing *swing, const struct water_job *job, const struct judging *in)
{
    const struct water *water = in->asset->water;
    struct sight sight = {.wrong = TRUTH_UNKNOWN, .limit = water->ph_swing};
    double number, low, high;
    bool known = read_good(in, job->point, &number);
    if (known && in->device == job->point->device)
        water_swing_add(swing, in->turn->at, number);
    if (!known || !water_swing_range(swing, &low, &high))
        return sight;
    sight.value = high - low;
    if (job->check == WATER_CONDUCTIVITY) {
        sight.limit = low * (1 + water->conductivity_jump / 100);
        sight.value = high;
    }
    sight.wrong = truth_of(true, is_above(sight.value, sight.limit));
    return sight;
}

static struct sight
see(struct water_state *state, const struct water_job *job, const struct judging *in)
{
    switch (job->check) {
    case WATER_ZERO_FLOW: return see_zero_flow(in);
    case WATER_AERATION: return see_aeration(state, in);
    case WATER_OVERFLOW: return see_overflow(state, in);
    case WATER_FLOOR: return see_floor(job, in);
    case WATER_SHOCK: return see_shock(job, in);
    case WATER_PH_INLET: return see_swing(&state->swings[SWING_PH_INLET], job, in);
    case WATER_CONDUCTIVITY: return see_swing(&state->swings[SWING_CONDUCTIVITY], job, in);
    case WATER_PH_OUTLET: return see_swing(&state->swings[SWING_PH_OUTLET], job, in);
    case WATER_BLOWER: return see_blower(in);
    default: return see_pair(job, in);
    }
}

static uint32_t
delay_of(const struct water *water, enum water_check check)
{
    switch (check) {
    case WATER_ZERO_FLOW: return water->zero_flow_delay_ms;
    case WATER_AERATION: return water->aeration_delay_ms;
    case WATER_OVERFLOW: return water->overflow_delay_ms;
    case WATER_FLOOR:
    case WATER_SHOCK: return water->influent_delay_ms;
    case WATER_PH_INLET:
    case WATER_CONDUCTIVITY:
    case WATER_PH_OUTLET: return 0; /* they look back an hour */
    default: return water->implausible_delay_ms;
    }
}

static void
step(struct judge_seat *seat, const struct judging *in)
{
    struct water_state *state = seat->state;
    const struct water *water = seat->asset->water;
    if (!in->device)
        return; /* a delay runs out with a reading */
    latest_feed(in->latest, &water->overflow, &state->overflow, in->turn->at);
    latest_feed(in->latest, &water->aeration, &state->aeration, in->turn->at);
    for (uint16_t i = 0; i < state->job_count; i++) {
        const struct water_job *job = &state->jobs[i];
        if (job->check == WATER_REMOVAL)
            continue;
        struct sight sight = see(state, job, in);
        if (!finding_is_open(&seat->findings[i]))
            seat->findings[i].limit = sight.limit;
        finding_judge(&seat->findings[i], sight.wrong, delay_of(water, job->check), sight.value,
                      in->turn);
    }
}

/* ---- periods ---- */

static void
learn(struct water_job *job, const struct finding *finding, double load, double shock)
{
    bool usual = job->hours < LEARNED_HOURS || load <= shock * job->usual;
    if (job->of->design > 0 || finding_is_open(finding) || !usual)
        return;
    if (job->hours < LEARNED_HOURS)
        job->hours++;
    job->usual += (load - job->usual) / job->hours;
}

static void
judge_removal(struct finding *finding, double percent, const struct judging *in)
{
    finding->limit = in->asset->water->removal_most;
    finding_judge(finding, truth_of(true, is_above(percent, finding->limit)), 0, percent, in->turn);
}

static void
period(struct judge_seat *seat, const struct statistic *statistic, const struct judging *in)
{
    struct water_state *state = seat->state;
    for (uint16_t i = 0; i < state->job_count && statistic->is_valid; i++) {
        struct water_job *job = &state->jobs[i];
        if (job->point != statistic->point)
            continue;
        if (job->check == WATER_SHOCK && statistic->period == PERIOD_HOUR)
            learn(job, &seat->findings[i], statistic->mean, seat->asset->water->shock);
        if (job->check == WATER_REMOVAL && statistic->period == PERIOD_DAY)
            judge_removal(&seat->findings[i], statistic->mean, in);
    }
}

static void
exchange_state(struct judge_seat *seat, struct exchange *exchange)
{
    struct water_state *state = seat->state;
    exchange_array(exchange, 2U + SWING_COUNT + 3U * state->job_count);
    exchange_condition(exchange, &state->overflow);
    exchange_condition(exchange, &state->aeration);
    for (int i = 0; i < SWING_COUNT; i++)
        water_swing_exchange(&state->swings[i], exchange);
    for (uint16_t i = 0; i < state->job_count; i++) {
        struct water_job *job = &state->jobs[i];
        double *limit = &seat->findings[i].limit;
        *limit = exchange_number(exchange, *limit);
        job->usual = exchange_number(exchange, job->usual);
        job->hours = (uint32_t)exchange_natural(exchange, job->hours, LEARNED_HOURS);
    }
}

const struct judge JUDGE_WATER = {
    .name = "water",
    .measure = measure,
    .init = init,
    .step = step,
    .period = period,
    .exchange = exchange_state,
};

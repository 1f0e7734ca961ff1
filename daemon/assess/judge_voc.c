/* What of a VOC treatment needs more than a rule on one point:
 *
 *   removal.low          the removal of NMHC of an hour is below its least value, where the initial
 *                        rate of the hour reaches the trigger (GB 37822-2019, standards.md 6.1)
 *   dilution.suspected   an oxidiser judged by measured values has more oxygen at its outlet than
 * at its inlet: then the measured value does not hold (there, and 12 #8)
 *
 * The removal is 1 - mass out / mass in over the scans of the hour at which both ends were valid
 * (the mean of the point removal-efficiency is weighted by the mass that came in); the hour counts
 * when removal and initial rate are both valid means. A hour below the trigger asks for nothing and
 * ends the event. Consecutive hours are one event. Not here: temperatures, LEL and the like, which
 * are rules (config/voc_rules.c), and oxygen above the guard of a correction (judge_flue.c). */
#include "config/flue.h"
#include "config/voc.h"
#include "daemon/assess/judge.h"
#include "daemon/assess/round.h"

#include "base/calendar.h"

#include <math.h>

#define O2_DECIMALS 4 /* that an inlet's reading is good for at most */

enum { FIND_REMOVAL, FIND_DILUTION, FIND_COUNT };

struct voc_state {
    int64_t hour_utc_ms; /* of the initial rate; 0: none yet */
    double inlet_rate;   /* of that hour; NaN: no valid mean */
    int64_t first_utc_ms, last_utc_ms;
    uint32_t periods;
    double o2_inlet;
};

static bool
judges_removal(const struct voc *voc)
{
    return voc->removal && voc->inlet_rate && !voc->low_voc;
}

static void
measure(const struct asset *asset, uint16_t *ret_findings, size_t *ret_state_size)
{
    const struct voc *voc = asset->voc;
    *ret_findings = voc && (judges_removal(voc) || voc->o2) ? FIND_COUNT : 0;
    *ret_state_size = sizeof(struct voc_state);
}

static void
describe_removal(const struct finding *finding, struct event *draft)
{
    const struct voc_state *state = finding->owner;
    draft->duration_ms = state->periods * (int64_t)CALENDAR_HOUR_MS;
    events_detail_integer(draft, "first_period_ms", state->first_utc_ms);
    events_detail_number(draft, "inlet_rate", state->inlet_rate);
    events_detail_integer(draft, "last_period_ms", state->last_utc_ms);
    events_detail_integer(draft, "periods", state->periods);
    events_detail_text(draft, "source", "GB 37822-2019");
    events_detail_number(draft, "trigger", finding->asset->voc->trigger);
}

static void
describe_dilution(const struct finding *finding, struct event *draft)
{
    const struct voc_state *state = finding->owner;
    events_detail_number(draft, "o2_inlet", state->o2_inlet);
    events_detail_text(draft, "source", "GB 37822-2019");
}

static void
init(struct judge_seat *seat, struct arena *arena)
{
    struct voc_state *state = seat->state;
    const struct voc *voc = seat->asset->voc;
    struct finding *removal = &seat->findings[FIND_REMOVAL];
    struct finding *dilution = &seat->findings[FIND_DILUTION];
    (void)arena;
    *state = (struct voc_state){.inlet_rate = NAN, .o2_inlet = NAN};
    finding_init(removal, "removal.low", seat->asset);
    removal->severity = SEVERITY_ALARM;
    removal->point = voc->removal;
    removal->side = SIDE_BELOW;
    removal->limit = voc->removal_least;
    removal->averaging = "1 h";
    removal->describe = describe_removal;
    removal->owner = state;
    finding_init(dilution, "dilution.suspected", seat->asset);
    dilution->severity = SEVERITY_ALARM;
    dilution->point = voc->o2;
    dilution->describe = describe_dilution;
    dilution->owner = state;
}

/* Strictly, but for the noise behind the digits of float registers: 80 % removal is not below 80.
 */
static bool
is_above(double number, double bound)
{
    int order = 0;
    round_compare(number, ROUND_AS_FLOAT, bound, ROUND_FULL_VALUE, 0, &order);
    return order > 0;
}

static bool
is_below(double number, double bound)
{
    int order = 0;
    round_compare(number, ROUND_AS_FLOAT, bound, ROUND_FULL_VALUE, 0, &order);
    return order < 0;
}

/* ---- oxygen ---- */

static enum truth
is_diluted(const struct voc *voc, double o2, double o2_inlet, const struct judging *in)
{
    if (in->production == TRUTH_FALSE)
        return TRUTH_FALSE;
    if (in->production == TRUTH_UNKNOWN && in->asset->production.point)
        return TRUTH_UNKNOWN;
    if (isnan(o2) || isnan(o2_inlet))
        return TRUTH_UNKNOWN;
    double bound = round_half_even(o2_inlet + voc->o2_tolerance, ROUND_AS_FLOAT, O2_DECIMALS);
    return is_above(o2, bound) ? TRUTH_TRUE : TRUTH_FALSE;
}

static double
read_o2(const struct judging *in, const struct point *point)
{
    struct latest reading = latest_of(in->latest, point, in->turn->at);
    return quality_is_valid(reading.quality) ? reading.number : NAN;
}

static void
step(struct judge_seat *seat, const struct judging *in)
{
    const struct voc *voc = seat->asset->voc;
    struct voc_state *state = seat->state;
    struct finding *dilution = &seat->findings[FIND_DILUTION];
    if (!in->device || !voc->o2)
        return; /* a delay runs out with a reading */
    double o2 = read_o2(in, voc->o2);
    double o2_inlet = voc->o2_inlet ? read_o2(in, voc->o2_inlet) : voc->o2_inlet_number;
    enum truth wrong = is_diluted(voc, o2, o2_inlet, in);
    if (wrong == TRUTH_TRUE) {
        state->o2_inlet = o2_inlet;
        dilution->limit = o2_inlet + voc->o2_tolerance;
    }
    finding_judge(dilution, wrong, voc->dilution_delay_ms, o2, in->turn);
}

/* ---- removal ---- */

static enum truth
is_low(const struct voc *voc, const struct voc_state *state, const struct statistic *removal)
{
    bool same = state->hour_utc_ms == removal->start_utc_ms;
    if (!same || isnan(state->inlet_rate))
        return TRUTH_UNKNOWN;
    if (is_below(state->inlet_rate, voc->trigger))
        return TRUTH_FALSE;
    if (!removal->is_valid || isnan(removal->mean))
        return TRUTH_UNKNOWN;
    return is_below(removal->mean, voc->removal_least) ? TRUTH_TRUE : TRUTH_FALSE;
}

/* The point of the rate was made before that of the removal: its hours come first. */
static void
period(struct judge_seat *seat, const struct statistic *statistic, const struct judging *in)
{
    const struct voc *voc = seat->asset->voc;
    struct voc_state *state = seat->state;
    struct finding *removal = &seat->findings[FIND_REMOVAL];
    if (statistic->period != PERIOD_HOUR || !judges_removal(voc))
        return;
    if (statistic->point == voc->inlet_rate) {
        state->hour_utc_ms = statistic->start_utc_ms;
        state->inlet_rate = statistic->is_valid ? statistic->mean : NAN;
    }
    if (statistic->point != voc->removal)
        return;
    enum truth wrong = is_low(voc, state, statistic);
    if (wrong == TRUTH_TRUE) {
        if (!finding_is_open(removal)) {
            state->periods = 0;
            state->first_utc_ms = statistic->start_utc_ms;
        }
        state->periods++;
        state->last_utc_ms = statistic->start_utc_ms;
    }
    finding_judge(removal, wrong, 0, statistic->mean, in->turn);
}

static void
exchange(struct judge_seat *seat, struct exchange *exchange)
{
    struct voc_state *state = seat->state;
    struct finding *dilution = &seat->findings[FIND_DILUTION];
    exchange_array(exchange, 7);
    state->hour_utc_ms = exchange_integer(exchange, state->hour_utc_ms);
    state->inlet_rate = exchange_number(exchange, state->inlet_rate);
    state->first_utc_ms = exchange_integer(exchange, state->first_utc_ms);
    state->last_utc_ms = exchange_integer(exchange, state->last_utc_ms);
    state->periods = (uint32_t)exchange_natural(exchange, state->periods, UINT32_MAX);
    state->o2_inlet = exchange_number(exchange, state->o2_inlet);
    dilution->limit = exchange_number(exchange, dilution->limit);
}

const struct judge JUDGE_VOC = {
    .name = "voc",
    .measure = measure,
    .init = init,
    .step = step,
    .period = period,
    .exchange = exchange,
};

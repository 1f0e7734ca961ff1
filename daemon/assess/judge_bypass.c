/* Something goes past the treatment while production runs (standards.md 6.3, 12 #9):
 *
 *   bypass.open      a discharge bypass is open; an alarm. bypass.hot-side and bypass.process are
 *                    the same of bypasses that are no discharge
 *   bypass.suspect   flow, pressure or temperature say so while the position says shut, or the
 *                    valve stands between its ends
 *   bypass.fault     a signal is lost, or position signals contradict each other
 *   bypass.leak      the flow of a shut bypass is more than its share of the inlet's
 *
 * An asset without a production condition always runs, and so does a bypass with `when: always`.
 * Opening and closing need certainty: what is not known changes nothing. An open event ends when
 * all signals of position and flow say so. An event begins when the later of signal and production
 * began to hold. A safety opening is an opening; the details say that it was one. */
#include "daemon/assess/judge_bypass.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIND_OPEN, FIND_SUSPECT, FIND_FAULT, FIND_LEAK, FIND_COUNT };

#define SUSPECT_WITNESSES (1U << WITNESS_FLOW | 1U << WITNESS_PRESSURE | 1U << WITNESS_TEMPERATURE)
#define SAFETY_CODE       "safety-opening"

static bool
is_judged(const struct bypass *bypass)
{
    for (unsigned i = 0; i < WITNESS_COUNT; i++)
        if (bypass->witnesses[i].point)
            return true;
    return false;
}

static void
measure(const struct asset *asset, uint16_t *ret_findings, size_t *ret_state_size)
{
    bool judged = false;
    for (uint8_t i = 0; i < asset->bypass_count; i++)
        judged |= is_judged(&asset->bypasses[i]);
    *ret_findings = judged ? (uint16_t)(asset->bypass_count * FIND_COUNT) : 0;
    *ret_state_size = asset->bypass_count * sizeof(struct bypass_state);
}

/* ---- details ---- */

static void
put_by(struct event *draft, uint8_t by, char text[64])
{
    static const char *const NAMES[] = {"valve",    "valve",       "valve",       "flow",
                                        "pressure", "temperature", "between-ends"};
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 0; i <= WITNESS_COUNT; i++) {
        bool told = i && i <= WITNESS_OPENING && by & ((1U << i) - 1);
        if (by & 1U << i && !told)
            used += (size_t)snprintf(text + used, 64 - used, "%s%s", used ? "+" : "", NAMES[i]);
    }
    events_detail_text(draft, "by", text);
}

static const char *
safety_of(const struct finding *finding, const struct bypass_state *state)
{
    if (!strcmp(finding->event.reason_code, SAFETY_CODE))
        return state->safety_seen ? "signal+declared" : "declared";
    return state->safety_seen ? "signal" : NULL;
}

static void
put_all(const struct finding *finding, struct event *draft, const struct bypass_tally *tally)
{
    static const char *const TREATMENTS[] = {"unknown", "off", "running"};
    const struct bypass_state *state = finding->owner;
    const struct asset *asset = finding->asset;
    bypass_tally_describe_mass(tally, state->bypass, &draft->at, draft);
    if (asset->production.point) {
        events_detail_number(draft, "production", state->production);
        bypass_tally_describe_production(tally, &draft->at, draft, asset->production.point);
    }
    const char *safety = safety_of(finding, state);
    if (safety)
        events_detail_text(draft, "safety", safety);
    if (asset->treatment.point)
        events_detail_text(draft, "treatment", TREATMENTS[state->treatment]);
    bypass_tally_describe_unmeasured(tally, state->bypass, draft);
}

static void
describe_open(const struct finding *finding, struct event *draft)
{
    struct bypass_state *state = (struct bypass_state *)finding->owner;
    put_by(draft, state->open_by, state->open_text);
    put_all(finding, draft, &state->open_tally);
}

static void
describe_suspect(const struct finding *finding, struct event *draft)
{
    struct bypass_state *state = (struct bypass_state *)finding->owner;
    put_by(draft, state->suspect_by, state->suspect_text);
    put_all(finding, draft, &state->suspect_tally);
}

static void
describe_fault(const struct finding *finding, struct event *draft)
{
    const struct bypass_state *state = finding->owner;
    bool lost = state->cause == FAULT_LOST;
    events_detail_text(draft, "cause", lost ? "signal-lost" : "position-contradicts");
    if (finding->asset->production.point)
        events_detail_number(draft, "production", state->production);
}

static void
describe_leak(const struct finding *finding, struct event *draft)
{
    const struct bypass_state *state = finding->owner;
    events_detail_number(draft, "flow", state->leak_flow);
    events_detail_number(draft, "inlet_flow", state->leak_inlet);
    if (finding->asset->production.point)
        events_detail_number(draft, "production", state->production);
}

/* ---- seats ---- */

static void
init_one(const struct asset *asset, const struct bypass *bypass, struct bypass_state *state,
         struct finding *findings)
{
    static const char *const KINDS[] = {"bypass.open", "bypass.hot-side", "bypass.process"};
    static const enum severity SEVERITIES[] = {SEVERITY_ALARM, SEVERITY_WARNING, SEVERITY_INFO};
    finding_init(&findings[FIND_OPEN], KINDS[bypass->kind], asset);
    finding_init(&findings[FIND_SUSPECT], "bypass.suspect", asset);
    finding_init(&findings[FIND_FAULT], "bypass.fault", asset);
    finding_init(&findings[FIND_LEAK], "bypass.leak", asset);
    findings[FIND_OPEN].severity = SEVERITIES[bypass->kind];
    findings[FIND_OPEN].describe = describe_open;
    findings[FIND_SUSPECT].describe = describe_suspect;
    findings[FIND_FAULT].describe = describe_fault;
    findings[FIND_LEAK].describe = describe_leak;
    findings[FIND_LEAK].point = bypass->amount;
    findings[FIND_LEAK].limit = bypass->leak_share;
    for (unsigned i = 0; i < FIND_COUNT; i++) {
        findings[i].owner = state;
        if (bypass->subject)
            findings[i].subject = bypass->subject;
    }
    state->bypass = bypass;
    for (unsigned i = 0; i < WITNESS_COUNT; i++)
        condition_init(&state->witnesses[i]);
    condition_init(&state->safety);
    bypass_tally_reset(&state->open_tally);
    bypass_tally_reset(&state->suspect_tally);
}

static void
init(struct judge_seat *seat, struct arena *arena)
{
    (void)arena;
    struct bypass_state *states = seat->state;
    for (uint8_t i = 0; i < seat->asset->bypass_count; i++)
        init_one(seat->asset, &seat->asset->bypasses[i], &states[i],
                 &seat->findings[i * FIND_COUNT]);
}

/* ---- steps ---- */

struct step {
    struct bypass_state *state;
    const struct bypass *bypass;
    const struct judging *in;
    struct bypass_signals signals;
    enum truth runs; /* production, as far as it matters */
    bool gated;      /* it matters */
};

static struct stamp
later_of(const struct stamp *a, const struct stamp *b)
{
    bool b_later = b->boot != a->boot ? b->boot > a->boot : b->mono_ms > a->mono_ms;
    return b_later ? *b : *a;
}

/* What may open or go on: since when, and with which value; why it is over. */
struct wrong {
    enum truth truth;
    struct stamp since;
    double value;
    const char *over;
};

static void
settle(struct finding *finding, const struct wrong *wrong, const struct step *step)
{
    const struct judging *in = step->in;
    struct stamp begin = wrong->since;
    if (step->gated)
        begin = later_of(&begin, &in->production_since);
    if (!finding_is_open(finding)) {
        if (wrong->truth == TRUTH_TRUE && step->runs == TRUTH_TRUE)
            finding_open(finding, &begin, wrong->value, in->turn);
    } else if (wrong->truth == TRUTH_FALSE) {
        events_observe(&finding->event, wrong->value, finding->side, false);
        finding_close(finding, wrong->over, in->turn);
    } else if (step->runs == TRUTH_FALSE) {
        finding_close(finding, "production-stopped", in->turn);
    } else if (wrong->truth == TRUTH_TRUE && in->device) {
        events_observe(&finding->event, wrong->value, finding->side, false);
    }
}

/* The point and limit of a witness are what the event shows. */
static void
show(struct finding *finding, const struct bypass *bypass, uint8_t witness)
{
    const struct condition *condition = &bypass->witnesses[witness];
    finding->point = condition->point;
    finding->limit = condition->comparison >= COMPARE_ABOVE ? condition->value : NAN;
    finding->side = condition->comparison == COMPARE_BELOW || witness == WITNESS_CLOSED
                        ? SIDE_BELOW
                        : SIDE_ABOVE;
}

/* The first of them that speaks. */
static uint8_t
first_of(uint8_t by, uint8_t otherwise)
{
    for (unsigned i = 0; i < WITNESS_COUNT; i++)
        if (by & 1U << i)
            return (uint8_t)i;
    return otherwise;
}

static void
step_open(struct finding *finding, const struct step *step)
{
    struct bypass_state *state = step->state;
    const struct bypass_signals *signals = &step->signals;
    if (!finding_is_open(finding)) {
        state->open_by = 0;
        state->open_shows = first_of(signals->open_by, state->open_shows);
        state->safety_seen = false;
    }
    state->open_by |= signals->open_by;
    state->safety_seen |= condition_truth(&step->bypass->safety, &state->safety) == TRUTH_TRUE;
    show(finding, step->bypass, state->open_shows);
    const struct condition_state *shown = &state->witnesses[state->open_shows];
    struct wrong wrong = {signals->open, shown->since, shown->value, "shut"};
    if (state->open_shows == WITNESS_FLOW) /* before that it was a suspicion */
        wrong.since = later_of(&wrong.since, &state->shut_at);
    settle(finding, &wrong, step);
}

static void
step_suspect(struct finding *finding, bool is_open, const struct step *step)
{
    struct bypass_state *state = step->state;
    const struct bypass_signals *signals = &step->signals;
    if (!finding_is_open(finding)) {
        state->suspect_by = 0;
        state->suspect_shows = first_of(signals->suspect_by & SUSPECT_WITNESSES, WITNESS_CLOSED);
    }
    state->suspect_by |= signals->suspect_by;
    show(finding, step->bypass, state->suspect_shows);
    const struct condition_state *shown = &state->witnesses[state->suspect_shows];
    struct wrong wrong = {signals->suspect, shown->since, shown->value, "shut"};
    if (state->suspect_shows == WITNESS_CLOSED)
        wrong.since = state->conflict.since;
    wrong.since = later_of(&wrong.since, &state->open_at); /* before that it was an opening */
    if (is_open) {
        wrong.truth = TRUTH_FALSE;
        wrong.over = "open";
    }
    settle(finding, &wrong, step);
}

static void
step_fault(struct finding *finding, const struct step *step)
{
    struct bypass_state *state = step->state;
    const struct turn *turn = step->in->turn;
    finding->point = step->bypass->witnesses[state->fault_shows].point;
    if (finding_is_open(finding)) {
        if (!state->lost.running && !state->conflict.running)
            finding_close(finding, step->runs == TRUTH_FALSE ? "production-stopped" : "restored",
                          turn);
        return;
    }
    if (state->fault == FAULT_NONE)
        return;
    bool lost = state->fault == FAULT_LOST;
    state->cause = state->fault;
    state->fault_shows = lost ? state->lost_witness
                              : first_of(step->signals.open_by, WITNESS_CLOSED);
    finding->point = step->bypass->witnesses[state->fault_shows].point;
    finding_open(finding, lost ? &state->lost.since : &state->conflict.since, NAN, turn);
}

static void
step_leak(struct finding *finding, const struct step *step)
{
    const struct bypass *bypass = step->bypass;
    const struct judging *in = step->in;
    if (!bypass->leak_delay_ms || !bypass->amount || !bypass->inlet || !in->device)
        return;
    struct latest flow = latest_of(in->latest, bypass->amount, in->turn->at);
    struct latest inlet = latest_of(in->latest, bypass->inlet, in->turn->at);
    double share = flow.number / (inlet.number * bypass->inlet_factor) * 100;
    enum truth wrong = TRUTH_UNKNOWN;
    bool valid = quality_is_valid(flow.quality) && quality_is_valid(inlet.quality);
    if (step->runs == TRUTH_FALSE || step->signals.open == TRUTH_TRUE ||
        step->signals.suspect == TRUTH_TRUE)
        wrong = TRUTH_FALSE;
    else if (valid && inlet.number > 0 && step->runs == TRUTH_TRUE &&
             step->signals.open == TRUTH_FALSE)
        wrong = share > bypass->leak_share ? TRUTH_TRUE : TRUTH_FALSE;
    if (wrong == TRUTH_TRUE) {
        step->state->leak_flow = flow.number;
        step->state->leak_inlet = inlet.number;
    }
    finding_judge(finding, wrong, bypass->leak_delay_ms, share, in->turn);
}

static void
step_tallies(const struct finding *findings, const struct step *step)
{
    struct bypass_state *state = step->state;
    const struct bypass *bypass = step->bypass;
    bool may = step->runs != TRUTH_FALSE;
    unsigned witnesses = 1U << WITNESS_OPEN | 1U << WITNESS_OPENING;
    if (!bypass->open.point && !bypass->beyond.point) /* else it may be between its ends */
        witnesses |= 1U << WITNESS_CLOSED;
    if (!step->signals.shut_side)
        witnesses |= 1U << WITNESS_FLOW;
    bool open = finding_is_open(&findings[FIND_OPEN]) ||
                (may && bypass_is_raised(state, witnesses));
    bool suspect = finding_is_open(&findings[FIND_SUSPECT]) ||
                   (may && step->signals.open != TRUTH_TRUE &&
                    (step->signals.conflict || bypass_is_raised(state, SUSPECT_WITNESSES)));
    enum position position = step->signals.position;
    bypass_tally_scan(&state->open_tally, bypass, step->in, position, open);
    bypass_tally_scan(&state->suspect_tally, bypass, step->in, position, suspect);
}

/* What is over is counted no further, also when the very next scan opens it anew. */
static void
settle_tally(struct bypass_tally *tally, const struct finding *finding, bool was_open)
{
    if (was_open && !finding_is_open(finding))
        bypass_tally_reset(tally);
}

static void
step_one(struct finding *findings, struct bypass_state *state, const struct judging *in)
{
    const struct bypass *bypass = state->bypass;
    struct step step = {.state = state, .bypass = bypass, .in = in, .runs = TRUTH_TRUE};
    step.gated = in->asset->production.point && !bypass->always;
    if (step.gated)
        step.runs = in->production;
    state->production = in->production_value;
    state->treatment = in->treatment;
    bypass_read_signals(state, in);
    bypass_judge_signals(state, in, step.runs, &step.signals);
    bool was_open = finding_is_open(&findings[FIND_OPEN]);
    bool was_suspect = finding_is_open(&findings[FIND_SUSPECT]);
    if (in->device)
        step_tallies(findings, &step);
    step_open(&findings[FIND_OPEN], &step);
    if (bypass->kind == BYPASS_DISCHARGE) {
        step_suspect(&findings[FIND_SUSPECT], finding_is_open(&findings[FIND_OPEN]), &step);
        step_leak(&findings[FIND_LEAK], &step);
    }
    step_fault(&findings[FIND_FAULT], &step);
    settle_tally(&state->open_tally, &findings[FIND_OPEN], was_open);
    settle_tally(&state->suspect_tally, &findings[FIND_SUSPECT], was_suspect);
}

static void
step(struct judge_seat *seat, const struct judging *in)
{
    struct bypass_state *states = seat->state;
    for (uint8_t i = 0; i < seat->asset->bypass_count; i++)
        if (is_judged(states[i].bypass))
            step_one(&seat->findings[i * FIND_COUNT], &states[i], in);
}

/* ---- state ---- */

static void
exchange_one(struct exchange *exchange, struct bypass_state *state)
{
    exchange_array(exchange, WITNESS_COUNT + 19);
    for (unsigned i = 0; i < WITNESS_COUNT; i++)
        exchange_condition(exchange, &state->witnesses[i]);
    exchange_condition(exchange, &state->safety);
    exchange_hold(exchange, &state->lost);
    exchange_hold(exchange, &state->conflict);
    exchange_stamp(exchange, &state->open_at);
    exchange_stamp(exchange, &state->shut_at);
    state->was_open = exchange_flag(exchange, state->was_open);
    state->cooling = exchange_flag(exchange, state->cooling);
    state->open_by = (uint8_t)exchange_natural(exchange, state->open_by, UINT8_MAX);
    state->suspect_by = (uint8_t)exchange_natural(exchange, state->suspect_by, UINT8_MAX);
    state->open_shows = (uint8_t)exchange_natural(exchange, state->open_shows, WITNESS_COUNT - 1);
    state->suspect_shows = (uint8_t)exchange_natural(exchange, state->suspect_shows,
                                                     WITNESS_COUNT - 1);
    state->fault_shows = (uint8_t)exchange_natural(exchange, state->fault_shows, WITNESS_COUNT - 1);
    state->cause = (enum bypass_fault)exchange_natural(exchange, state->cause, FAULT_CONTRADICTION);
    state->safety_seen = exchange_flag(exchange, state->safety_seen);
    state->production = exchange_number(exchange, state->production);
    state->leak_flow = exchange_number(exchange, state->leak_flow);
    state->leak_inlet = exchange_number(exchange, state->leak_inlet);
    bypass_tally_exchange(&state->open_tally, exchange);
    bypass_tally_exchange(&state->suspect_tally, exchange);
}

static void
exchange_state(struct judge_seat *seat, struct exchange *exchange)
{
    struct bypass_state *states = seat->state;
    exchange_array(exchange, seat->asset->bypass_count);
    for (uint8_t i = 0; i < seat->asset->bypass_count; i++)
        exchange_one(exchange, &states[i]);
}

const struct judge JUDGE_BYPASS = {
    .name = "bypass",
    .measure = measure,
    .init = init,
    .step = step,
    .exchange = exchange_state,
};

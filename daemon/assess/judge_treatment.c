/* treatment.off: the treatment is known not to run while production runs, first as a warning, later
 * as an alarm (standards.md 6.4 [I] says "alarm after 5 min (10 min warning)"; a warning behind its
 * alarm would tell nobody anything, so the shorter time warns and the longer one alarms; both are
 * settings). An asset without a production condition always runs.
 *
 * Opening and closing need certainty: what is not known changes nothing and does not count in the
 * delays. An event begins when the later of the two conditions began to hold, and its delays count
 * from there. Not here: what the electricity says beside on and off (judge_power_load.c). */
#include "config/power.h"
#include "daemon/assess/judge.h"

#include <math.h>

struct treatment_state {
    double production;
    struct hold off; /* wrong since, pauses taken off */
};

static void
measure(const struct asset *asset, uint16_t *ret_findings, size_t *ret_state_size)
{
    *ret_findings = asset->treatment.point ? 1 : 0;
    *ret_state_size = sizeof(struct treatment_state);
}

static void
describe(const struct finding *finding, struct event *draft)
{
    const struct treatment_state *state = finding->owner;
    if (finding->asset->production.point)
        events_detail_number(draft, "production", state->production);
}

static void
init(struct judge_seat *seat, struct arena *arena)
{
    (void)arena;
    const struct condition *treatment = &seat->asset->treatment;
    struct finding *finding = seat->findings;
    finding_init(finding, "treatment.off", seat->asset);
    finding->severity = SEVERITY_ALARM;
    finding->describe = describe;
    finding->owner = seat->state;
    finding->side = SIDE_BELOW;
    finding->point = treatment->point;
    finding->limit = treatment->comparison >= COMPARE_ABOVE ? treatment->value : NAN;
}

static struct stamp
later_of(const struct stamp *a, const struct stamp *b)
{
    bool b_later = b->boot != a->boot ? b->boot > a->boot : b->mono_ms > a->mono_ms;
    return b_later ? *b : *a;
}

/* The conditions' own delays, over by now, are part of it. */
static bool
has_held(struct hold *off, const struct stamp *begin, const struct stamp *now, uint32_t delay_ms)
{
    if (!off->running) {
        int64_t held_ms = begin->boot == now->boot ? now->mono_ms - begin->mono_ms : 0;
        *off = (struct hold){.running = true, .held_ms = held_ms, .since = *begin, .last = *now};
    }
    return hold_feed(off, now, delay_ms);
}

static void
judge_off(struct judge_seat *seat, const struct stamp *begin, const struct judging *in)
{
    struct treatment_state *state = seat->state;
    struct finding *finding = seat->findings;
    const struct power *power = seat->asset->power;
    uint32_t alarm_ms = power ? power->off_after_ms : 0;
    uint32_t first_ms = power && power->warning_after_ms < alarm_ms ? power->warning_after_ms
                                                                    : alarm_ms;
    if (!has_held(&state->off, begin, in->turn->at, first_ms))
        return;
    bool alarm = state->off.held_ms >= (int64_t)alarm_ms;
    bool grown = alarm && finding->severity == SEVERITY_WARNING;
    if (alarm)
        finding->severity = SEVERITY_ALARM;
    if (!finding_is_open(finding)) {
        finding->severity = alarm ? SEVERITY_ALARM : SEVERITY_WARNING;
        finding_open(finding, &state->off.since, in->treatment_value, in->turn);
        return;
    }
    events_observe(&finding->event, in->treatment_value, finding->side, false);
    if (grown && !finding_update(finding, in->turn))
        finding->severity = SEVERITY_WARNING; /* no room: the next reading tries again */
}

static void
end(struct judge_seat *seat, const char *reason, const struct turn *turn)
{
    struct treatment_state *state = seat->state;
    hold_clear(&state->off);
    if (finding_is_open(seat->findings))
        finding_close(seat->findings, reason, turn);
}

/* A delay runs out with a reading, never with a tick. */
static void
step(struct judge_seat *seat, const struct judging *in)
{
    struct treatment_state *state = seat->state;
    bool gated = in->asset->production.point != NULL;
    enum truth production = gated ? in->production : TRUTH_TRUE;
    struct stamp begin = in->treatment_since;
    if (gated)
        begin = later_of(&begin, &in->production_since);
    state->production = in->production_value;
    if (in->treatment == TRUTH_TRUE)
        end(seat, "running", in->turn);
    else if (production == TRUTH_FALSE)
        end(seat, "production-stopped", in->turn);
    else if (in->treatment == TRUTH_UNKNOWN || production == TRUTH_UNKNOWN)
        hold_pause(&state->off);
    else if (in->device)
        judge_off(seat, &begin, in);
}

static void
exchange_state(struct judge_seat *seat, struct exchange *exchange)
{
    struct treatment_state *state = seat->state;
    bool warns = seat->findings->severity == SEVERITY_WARNING;
    exchange_array(exchange, 3);
    state->production = exchange_number(exchange, state->production);
    warns = exchange_flag(exchange, warns);
    seat->findings->severity = warns ? SEVERITY_WARNING : SEVERITY_ALARM;
    exchange_hold(exchange, &state->off);
}

const struct judge JUDGE_TREATMENT = {
    .name = "treatment",
    .measure = measure,
    .init = init,
    .step = step,
    .exchange = exchange_state,
};

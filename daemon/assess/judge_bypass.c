/* bypass.open: the bypass valve is open, or something flows through the bypass, while production
 * runs. treatment.off: the treatment is known not to run while production runs. An asset without a
 * production condition always runs. Opening and closing need certainty: a condition over a point in
 * calibration, in fault or out of reach is unknown, and what is open stays open, what is not does
 * not open. A valve open while production stands still is not an event here; nor are leakage, a
 * suspected bypass, a lost signal or hot-side and process bypasses (standards.md 6.3, 12 #9).
 *
 * An event begins when the later of the two conditions began to hold. */
#include "daemon/assess/judge_bypass.h"

#include <math.h>

static const char *const kinds[] = {
    [ASSET_EVENT_BYPASS] = "bypass.open",
    [ASSET_EVENT_TREATMENT] = "treatment.off",
};

void
judge_bypass_init(struct judged_asset *judged, const struct asset *asset)
{
    *judged = (struct judged_asset){.asset = asset, .trigger = ROLE_VALVE};
    for (enum asset_role role = 0; role < ROLE_COUNT; role++)
        condition_init(&judged->conditions[role]);
}

const struct condition *
judge_bypass_condition(const struct asset *asset, enum asset_role role)
{
    const struct condition *const conditions[] = {
        [ROLE_PRODUCTION] = &asset->production,
        [ROLE_TREATMENT] = &asset->treatment,
        [ROLE_VALVE] = &asset->bypass_open,
        [ROLE_FLOW] = &asset->bypass_flow,
    };
    return conditions[role];
}

struct event_state *
judge_bypass_event(struct judged_asset *judged, enum asset_event which)
{
    return which == ASSET_EVENT_BYPASS ? &judged->bypass : &judged->treatment;
}

static enum truth
truth_of(const struct judged_asset *judged, enum asset_role role)
{
    return condition_truth(judge_bypass_condition(judged->asset, role), &judged->conditions[role]);
}

static enum truth
production_runs(const struct judged_asset *judged)
{
    return judged->asset->production.point ? truth_of(judged, ROLE_PRODUCTION) : TRUTH_TRUE;
}

/* Open when either says so; shut when all that are there say so. */
static enum truth
bypass_is_open(const struct judged_asset *judged)
{
    const struct asset *asset = judged->asset;
    enum truth valve = truth_of(judged, ROLE_VALVE), flow = truth_of(judged, ROLE_FLOW);
    if (valve == TRUTH_TRUE || flow == TRUTH_TRUE)
        return TRUTH_TRUE;
    bool valve_shut = !asset->bypass_open.point || valve == TRUTH_FALSE;
    bool flow_shut = !asset->bypass_flow.point || flow == TRUTH_FALSE;
    return valve_shut && flow_shut ? TRUTH_FALSE : TRUTH_UNKNOWN;
}

/* Which condition an event shows by its point and value. */
static enum asset_role
shown_role(const struct judged_asset *judged, enum asset_event which)
{
    return which == ASSET_EVENT_BYPASS ? judged->trigger : ROLE_TREATMENT;
}

/* The worst value of an event's condition lies where the event lies: for a bypass where the
 * condition is true, for a treatment where it is not. */
static enum limit_side
peak_side(const struct judged_asset *judged, enum asset_event which)
{
    const struct condition *condition = judge_bypass_condition(judged->asset,
                                                               shown_role(judged, which));
    bool upward = condition->comparison == COMPARE_TRUE || condition->comparison == COMPARE_ABOVE;
    return upward == (which == ASSET_EVENT_BYPASS) ? SIDE_ABOVE : SIDE_BELOW;
}

static const char *
opened_by(const struct judged_asset *judged)
{
    if (judged->by_valve && judged->by_flow)
        return "valve+flow";
    return judged->by_valve ? "valve" : "flow";
}

void
judge_bypass_describe(const struct judged_asset *judged, enum asset_event which,
                      const struct stamp *at, struct event *ret_event)
{
    const struct condition *condition = judge_bypass_condition(judged->asset,
                                                               shown_role(judged, which));
    bool compares = condition->comparison == COMPARE_ABOVE ||
                    condition->comparison == COMPARE_BELOW;
    *ret_event = (struct event){
        .kind = kinds[which],
        .severity = SEVERITY_ALARM,
        .subject = judged->asset->name,
        .point = condition->point,
        .limit = compares ? condition->value : NAN,
        .averaging = "",
    };
    events_describe(which == ASSET_EVENT_BYPASS ? &judged->bypass : &judged->treatment, at,
                    ret_event);
    if (which == ASSET_EVENT_BYPASS)
        events_detail_text(ret_event, "by", opened_by(judged));
    if (judged->asset->production.point)
        events_detail_number(ret_event, "production", judged->conditions[ROLE_PRODUCTION].value);
}

static bool
record(struct judged_asset *judged, enum asset_event which, enum event_phase phase,
       const char *reason, const struct turn *turn)
{
    struct event draft;
    judge_bypass_describe(judged, which, turn->at, &draft);
    if (reason)
        events_detail_text(&draft, "reason", reason);
    return events_record(judge_bypass_event(judged, which), &draft, phase,
                         judged->series[shown_role(judged, which)], turn);
}

void
judge_bypass_reading(struct judged_asset *judged, enum asset_role role,
                     const struct evidence_value *reading, bool valid, const struct turn *turn)
{
    for (enum asset_event which = 0; which < ASSET_EVENT_COUNT; which++) {
        struct event_state *event = judge_bypass_event(judged, which);
        if (event->stage == EVENT_IDLE || role != shown_role(judged, which))
            continue;
        struct event draft;
        judge_bypass_describe(judged, which, turn->at, &draft);
        events_trail(event, &draft, judged->series[role], turn);
        if (event->stage == EVENT_OPEN && valid)
            events_observe(event, reading->number, peak_side(judged, which), false);
    }
    condition_read(judge_bypass_condition(judged->asset, role), &judged->conditions[role], reading,
                   valid);
    judged->touched = true;
}

static struct stamp
later_of(const struct stamp *a, const struct stamp *b)
{
    bool b_later = b->boot != a->boot ? b->boot > a->boot : b->mono_ms > a->mono_ms;
    return b_later ? *b : *a;
}

static void
open_event(struct judged_asset *judged, enum asset_event which, const struct turn *turn)
{
    const struct condition_state *shown = &judged->conditions[shown_role(judged, which)];
    struct event_state *event = judge_bypass_event(judged, which);
    event->since = shown->since;
    if (judged->asset->production.point)
        event->since = later_of(&shown->since, &judged->conditions[ROLE_PRODUCTION].since);
    events_observe(event, shown->value, SIDE_ABOVE, true);
    record(judged, which, PHASE_OPENED, NULL, turn);
}

static void
settle(struct judged_asset *judged, enum asset_event which, enum truth wrong,
       const struct turn *turn)
{
    enum truth production = production_runs(judged);
    if (judge_bypass_event(judged, which)->stage != EVENT_OPEN) {
        if (wrong == TRUTH_TRUE && production == TRUTH_TRUE)
            open_event(judged, which, turn);
    } else if (wrong == TRUTH_FALSE) {
        record(judged, which, PHASE_CLOSED, which == ASSET_EVENT_BYPASS ? "shut" : "running", turn);
    } else if (production == TRUTH_FALSE) {
        record(judged, which, PHASE_CLOSED, "production-stopped", turn);
    }
}

/* The evidence of the event before still is about the condition that opened that one. */
static void
choose_trigger(struct judged_asset *judged, bool valve, bool flow, const struct turn *turn)
{
    struct event before;
    judge_bypass_describe(judged, ASSET_EVENT_BYPASS, turn->at, &before);
    events_finish(&judged->bypass, &before, judged->series[judged->trigger], turn);
    judged->trigger = valve ? ROLE_VALVE : ROLE_FLOW;
    judged->by_valve = valve;
    judged->by_flow = flow;
}

static void
settle_bypass(struct judged_asset *judged, const struct turn *turn)
{
    enum truth open = bypass_is_open(judged);
    bool valve = truth_of(judged, ROLE_VALVE) == TRUTH_TRUE;
    bool flow = truth_of(judged, ROLE_FLOW) == TRUTH_TRUE;
    if (judged->bypass.stage == EVENT_OPEN) {
        judged->by_valve |= valve;
        judged->by_flow |= flow;
    } else if (open == TRUTH_TRUE && production_runs(judged) == TRUTH_TRUE) {
        choose_trigger(judged, valve, flow, turn);
    }
    settle(judged, ASSET_EVENT_BYPASS, open, turn);
}

static enum truth
opposite(enum truth truth)
{
    if (truth == TRUTH_UNKNOWN)
        return TRUTH_UNKNOWN;
    return truth == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
}

void
judge_bypass_settle(struct judged_asset *judged, const struct turn *turn)
{
    const struct asset *asset = judged->asset;
    judged->touched = false;
    if (asset->bypass_open.point || asset->bypass_flow.point)
        settle_bypass(judged, turn);
    if (asset->treatment.point)
        settle(judged, ASSET_EVENT_TREATMENT, opposite(truth_of(judged, ROLE_TREATMENT)), turn);
}

void
judge_bypass_tick(struct judged_asset *judged, const struct turn *turn)
{
    for (enum asset_event which = 0; which < ASSET_EVENT_COUNT; which++)
        if (events_is_update_due(judge_bypass_event(judged, which), turn->at))
            record(judged, which, PHASE_UPDATED, NULL, turn);
}

void
judge_bypass_drop(struct judged_asset *judged, enum asset_event which, const struct turn *turn)
{
    if (judge_bypass_event(judged, which)->stage == EVENT_OPEN)
        record(judged, which, PHASE_CLOSED, "configuration", turn);
}

/* order.violation: production runs while the asset's mode orders it to stop, or more than the load
 * that the mode allows. Judged by load and electricity; an order never changes a limit
 * (standards.md 12 #10). How long it must last is a setting [I].
 *
 * A load is the newest reading of the production condition's point: of what has no load (a contact)
 * only a stop order can be judged. Not here: who gives orders and when they end (the modes). */
#include "config/power.h"
#include "daemon/assess/judge.h"

#include <math.h>

#define ORDER_AFTER_MS 300000 /* as schema_power.c, where the site has no `power` */

struct order_state {
    enum mode mode; /* of the order that is or was being judged */
    bool stop;
    double load, most;
};

static void
measure(const struct asset *asset, uint16_t *ret_findings, size_t *ret_state_size)
{
    *ret_findings = asset->production.point ? 1 : 0;
    *ret_state_size = sizeof(struct order_state);
}

static void
describe(const struct finding *finding, struct event *draft)
{
    const struct order_state *state = finding->owner;
    if (!isnan(state->load))
        events_detail_number(draft, "load", state->load);
    events_detail_text(draft, "mode", modes_name(state->mode));
    events_detail_text(draft, "order", state->stop ? "stop" : "load");
}

static void
init(struct judge_seat *seat, struct arena *arena)
{
    (void)arena;
    struct order_state *state = seat->state;
    struct finding *finding = seat->findings;
    *state = (struct order_state){.load = NAN, .most = NAN};
    finding_init(finding, "order.violation", seat->asset);
    finding->severity = SEVERITY_ALARM;
    finding->describe = describe;
    finding->owner = state;
    finding->point = seat->asset->production.point;
}

static enum truth
is_violated(const struct order_state *state, const struct judging *in)
{
    if (state->stop || in->production != TRUTH_TRUE)
        return in->production;
    if (isnan(state->load) || isnan(state->most))
        return TRUTH_UNKNOWN;
    return state->load > state->most ? TRUTH_TRUE : TRUTH_FALSE;
}

static bool
is_another(const struct order_state *state, const struct mode_order *order)
{
    if (state->mode == MODE_NORMAL)
        return false; /* none has been judged yet */
    double most = order->stop ? NAN : order->most_share * order->rated;
    bool same_most = state->most == most || (isnan(state->most) && isnan(most));
    return state->mode != order->mode || state->stop != order->stop || !same_most;
}

static void
take_order(struct judge_seat *seat, const struct mode_order *order)
{
    struct order_state *state = seat->state;
    state->mode = order->mode;
    state->stop = order->stop;
    state->most = order->stop ? NAN : order->most_share * order->rated;
    seat->findings->limit = state->most;
}

/* NULL where the mode leaves production free. */
static const struct mode_order *
order_of(const struct judging *in)
{
    const struct mode_order *order = in->order;
    return order && (order->stop || order->most_share < 1) ? order : NULL;
}

static void
step(struct judge_seat *seat, const struct judging *in)
{
    const struct mode_order *order = order_of(in);
    struct order_state *state = seat->state;
    struct finding *finding = seat->findings;
    const struct power *power = seat->asset->power;
    uint32_t delay_ms = power ? power->order_after_ms : ORDER_AFTER_MS;
    if (finding_is_open(finding) && (!order || is_another(state, order)))
        finding_close(finding, "order-ended", in->turn);
    if (!order) {
        hold_clear(&finding->hold);
        return;
    }
    if (is_another(state, order))
        hold_clear(&finding->hold);
    take_order(seat, order);
    state->load = in->production_value;
    enum truth violated = is_violated(state, in);
    if (in->device || violated != TRUTH_TRUE)
        finding_judge(finding, violated, delay_ms, state->load, in->turn);
}

static void
exchange_state(struct judge_seat *seat, struct exchange *exchange)
{
    struct order_state *state = seat->state;
    exchange_array(exchange, 4);
    state->mode = (enum mode)exchange_natural(exchange, state->mode, MODE_COUNT - 1);
    state->stop = exchange_flag(exchange, state->stop);
    state->load = exchange_number(exchange, state->load);
    state->most = exchange_number(exchange, state->most);
    seat->findings->limit = state->most;
}

const struct judge JUDGE_POWER_ORDER = {
    .name = "power-order",
    .measure = measure,
    .init = init,
    .step = step,
    .exchange = exchange_state,
};

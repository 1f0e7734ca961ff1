/* power.signal-lost: a meter of production or treatment has told nothing for 15 min (a setting [I],
 * standards.md 6.4 "meter offline") while production ran by the last that was known for sure.
 *
 * Silence shows in no reading, so ticks count here. The gateway's own silence is not the meter's:
 * time in which nobody looked (a stop, another boot) is taken off. */
#include "config/power.h"
#include "daemon/assess/judge.h"

#include <math.h>

#define LOOKED_MS        60000 /* two calls further apart than this, or than */
#define LOOKED_INTERVALS 4     /* so many readings: nobody looked between them */

enum { SIDE_PRODUCTION, SIDE_TREATMENT, SIDE_COUNT };

struct signal_side {
    bool told;         /* ever */
    struct stamp good; /* newest reading that told something */
    struct hold lost;
};

struct signal_state {
    bool producing; /* the last that was sure */
    struct signal_side sides[SIDE_COUNT];
};

static const struct power_meter *
meter_of(const struct asset *asset, unsigned side)
{
    return side == SIDE_PRODUCTION ? &asset->power->production : &asset->power->treatment;
}

static void
measure(const struct asset *asset, uint16_t *ret_findings, size_t *ret_state_size)
{
    const struct power *power = asset->power;
    bool judges = power && (power->production.point || power->treatment.point);
    *ret_findings = judges ? SIDE_COUNT : 0;
    *ret_state_size = sizeof(struct signal_state);
}

static void
init(struct judge_seat *seat, struct arena *arena)
{
    (void)arena;
    struct signal_state *state = seat->state;
    state->producing = !seat->asset->production.point;
    for (unsigned i = 0; i < SIDE_COUNT; i++) {
        struct finding *finding = &seat->findings[i];
        finding_init(finding, "power.signal-lost", seat->asset);
        finding->subject = meter_of(seat->asset, i)->subject;
        finding->point = meter_of(seat->asset, i)->point;
    }
}

static bool
has_been_lost(struct signal_side *side, const struct point *point, uint32_t delay_ms,
              const struct stamp *now)
{
    int64_t looked_ms = LOOKED_INTERVALS * (int64_t)point->every_ms;
    looked_ms = looked_ms > LOOKED_MS ? looked_ms : LOOKED_MS;
    if (!side->lost.running)
        hold_feed(&side->lost, &side->good, delay_ms);
    if (side->lost.last.boot != now->boot || now->mono_ms - side->lost.last.mono_ms > looked_ms)
        hold_pause(&side->lost);
    return hold_feed(&side->lost, now, delay_ms);
}

static void
judge_side(struct judge_seat *seat, unsigned i, const struct judging *in)
{
    struct signal_state *state = seat->state;
    struct signal_side *side = &state->sides[i];
    struct finding *finding = &seat->findings[i];
    const struct power *power = seat->asset->power;
    const struct point *point = finding->point;
    struct latest reading = latest_of(in->latest, point, in->turn->at);
    bool told = quality_is_valid(reading.quality) && !isnan(reading.number);
    if (told) {
        side->told = true;
        side->good = reading.at;
    }
    if (told || !state->producing) {
        hold_clear(&side->lost);
        if (finding_is_open(finding))
            finding_close(finding, told ? "back" : "production-stopped", in->turn);
        return;
    }
    if (!side->told || !has_been_lost(side, point, power->lost_after_ms, in->turn->at))
        return;
    if (!finding_is_open(finding))
        finding_open(finding, &side->lost.since, NAN, in->turn);
}

static void
step(struct judge_seat *seat, const struct judging *in)
{
    struct signal_state *state = seat->state;
    if (in->production != TRUTH_UNKNOWN)
        state->producing = in->production == TRUTH_TRUE;
    for (unsigned i = 0; i < SIDE_COUNT; i++)
        if (seat->findings[i].point)
            judge_side(seat, i, in);
}

static void
exchange_state(struct judge_seat *seat, struct exchange *exchange)
{
    struct signal_state *state = seat->state;
    exchange_array(exchange, 1 + 3 * SIDE_COUNT);
    state->producing = exchange_flag(exchange, state->producing);
    for (unsigned i = 0; i < SIDE_COUNT; i++) {
        state->sides[i].told = exchange_flag(exchange, state->sides[i].told);
        exchange_stamp(exchange, &state->sides[i].good);
        exchange_hold(exchange, &state->sides[i].lost);
    }
}

const struct judge JUDGE_POWER_SIGNAL = {
    .name = "power-signal",
    .measure = measure,
    .init = init,
    .step = step,
    .exchange = exchange_state,
};

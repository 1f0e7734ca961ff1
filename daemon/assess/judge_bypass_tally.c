/* Mass that goes round the treatment, load, largest opening and flow of one event of a bypass.
 *
 * What is read holds until the next scan, but no longer than three intervals and 2 s of the slower
 * of its points: mass = concentration before the treatment x flow x time. The flow is the bypass's
 * own ("measured-flow"), or, where only the position is known, opening x flow into the treatment
 * ("inlet-flow"): more cannot go round, so that is an upper bound; a valve without a reading of its
 * opening counts as wide open. Negative readings count as none.
 *
 * Between two scans the details say what held so far, without counting it: ticks change no sum, so
 * that a restart and a replay come to the same bytes. */
#include "daemon/assess/judge_bypass.h"

#include <math.h>

#define HELD_INTERVALS 3
#define HELD_MS        2000
#define HOUR_MS        3600000.0

void
bypass_tally_reset(struct bypass_tally *tally)
{
    *tally = (struct bypass_tally){
        .production = NAN, .opening_max = NAN, .flow_max = NAN, .production_begin = NAN};
}

/* NaN unless it is valid and fresh. */
static double
read_valid(const struct judging *in, const struct point *point)
{
    if (!point)
        return NAN;
    struct latest latest = latest_of(in->latest, point, in->turn->at);
    return quality_is_valid(latest.quality) ? latest.number : NAN;
}

/* Time that a reading of the point may be held from `last` to `now`; 0 when it is too long. */
static int64_t
held_ms(const struct point *point, const struct stamp *last, const struct stamp *now)
{
    int64_t ms = hold_elapsed_ms(last, now);
    int64_t most_ms = (int64_t)point->every_ms * HELD_INTERVALS + HELD_MS;
    return last->boot == now->boot && ms <= most_ms ? ms : 0;
}

static int64_t
mass_ms(const struct bypass_tally *tally, const struct bypass *bypass, unsigned i,
        const struct stamp *now)
{
    const struct bypass_mass *mass = &bypass->masses[i];
    int64_t a_ms = held_ms(mass->concentration, &tally->last, now);
    int64_t b_ms = held_ms(mass->flow, &tally->last, now);
    return !tally->running || isnan(tally->rates[i]) ? 0 : a_ms < b_ms ? a_ms : b_ms;
}

static double
mass_until(const struct bypass_tally *tally, const struct bypass *bypass, unsigned i,
           const struct stamp *now)
{
    int64_t ms = mass_ms(tally, bypass, i, now);
    return tally->kilograms[i] + (ms ? tally->rates[i] * ((double)ms / HOUR_MS) : 0);
}

static int64_t
production_ms(const struct bypass_tally *tally, const struct point *point, const struct stamp *now)
{
    return !tally->running || !point || isnan(tally->production)
               ? 0
               : held_ms(point, &tally->last, now);
}

static void
count(struct bypass_tally *tally, const struct bypass *bypass, const struct judging *in)
{
    const struct stamp *now = in->turn->at;
    for (unsigned i = 0; i < bypass->mass_count; i++) {
        tally->kilograms[i] = mass_until(tally, bypass, i, now);
        tally->measured_ms[i] += mass_ms(tally, bypass, i, now);
    }
    int64_t ms = production_ms(tally, in->asset->production.point, now);
    if (ms)
        tally->production_sum += tally->production * (double)ms;
    tally->production_ms += ms;
}

/* How much of the inlet's flow may go round. */
static double
share_of(const struct bypass *bypass, double opening, enum position position)
{
    if (position == POSITION_SHUT)
        return 0;
    if (isnan(opening))
        return 1;
    return fmin(fmax(opening / bypass->opening_full, 0), 1);
}

static void
take(struct bypass_tally *tally, const struct bypass *bypass, const struct judging *in,
     enum position position)
{
    double opening = read_valid(in, bypass->opening), flow = read_valid(in, bypass->amount);
    tally->opening_max = fmax(tally->opening_max, opening);
    tally->flow_max = fmax(tally->flow_max, flow);
    tally->production = read_valid(in, in->asset->production.point);
    for (unsigned i = 0; i < bypass->mass_count; i++) {
        const struct bypass_mass *mass = &bypass->masses[i];
        double concentration = read_valid(in, mass->concentration);
        double carrier = read_valid(in, mass->flow);
        double share = mass->estimated ? share_of(bypass, opening, position) : 1;
        tally->rates[i] = NAN;
        if (!isnan(concentration) && !isnan(carrier))
            tally->rates[i] = fmax(concentration, 0) * fmax(carrier, 0) * share * mass->factor;
    }
}

void
bypass_tally_scan(struct bypass_tally *tally, const struct bypass *bypass, const struct judging *in,
                  enum position position, bool counts)
{
    if (!counts) {
        bypass_tally_reset(tally);
        return;
    }
    if (tally->running)
        count(tally, bypass, in);
    take(tally, bypass, in, position);
    if (!tally->running)
        tally->production_begin = tally->production;
    tally->running = true;
    tally->last = *in->turn->at;
}

/* ---- details ---- */

void
bypass_tally_describe_mass(const struct bypass_tally *tally, const struct bypass *bypass,
                           const struct stamp *at, struct event *draft)
{
    bool estimated = false;
    for (unsigned i = 0; i < bypass->mass_count; i++)
        estimated |= bypass->masses[i].estimated;
    if (bypass->amount && !isnan(tally->flow_max))
        events_detail_number(draft, "flow_max", tally->flow_max);
    if (estimated)
        events_detail_text(draft, "mass_bound", "upper");
    for (unsigned i = 0; i < bypass->mass_count; i++)
        events_detail_number(draft, bypass->masses[i].detail, mass_until(tally, bypass, i, at));
    if (bypass->kind == BYPASS_DISCHARGE && bypass->mass_method)
        events_detail_text(draft, "mass_method", bypass->mass_method);
    if (bypass->opening && !isnan(tally->opening_max))
        events_detail_number(draft, "opening_max", tally->opening_max);
}

void
bypass_tally_describe_production(const struct bypass_tally *tally, const struct stamp *at,
                                 struct event *draft, const struct point *point)
{
    int64_t rest_ms = production_ms(tally, point, at), ms = tally->production_ms + rest_ms;
    double sum = tally->production_sum + (rest_ms ? tally->production * (double)rest_ms : 0);
    if (!isnan(tally->production_begin))
        events_detail_number(draft, "production_begin", tally->production_begin);
    if (ms)
        events_detail_number(draft, "production_mean", sum / (double)ms);
}

void
bypass_tally_describe_unmeasured(const struct bypass_tally *tally, const struct bypass *bypass,
                                 struct event *draft)
{
    int64_t least_ms = draft->duration_ms;
    for (unsigned i = 0; i < bypass->mass_count; i++) {
        int64_t ms = tally->measured_ms[i] + mass_ms(tally, bypass, i, &draft->at);
        least_ms = ms < least_ms ? ms : least_ms;
    }
    if (bypass->mass_count && draft->duration_ms >= 0)
        events_detail_integer(draft, "unmeasured_ms", draft->duration_ms - least_ms);
}

/* ---- state ---- */

#define TALLY_ITEMS (8 + 3 * BYPASS_MASSES)

void
bypass_tally_exchange(struct bypass_tally *tally, struct exchange *exchange)
{
    exchange_array(exchange, TALLY_ITEMS);
    tally->running = exchange_flag(exchange, tally->running);
    exchange_stamp(exchange, &tally->last);
    tally->production = exchange_number(exchange, tally->production);
    tally->opening_max = exchange_number(exchange, tally->opening_max);
    tally->flow_max = exchange_number(exchange, tally->flow_max);
    tally->production_begin = exchange_number(exchange, tally->production_begin);
    tally->production_sum = exchange_number(exchange, tally->production_sum);
    tally->production_ms = exchange_integer(exchange, tally->production_ms);
    for (unsigned i = 0; i < BYPASS_MASSES; i++) {
        tally->rates[i] = exchange_number(exchange, tally->rates[i]);
        tally->kilograms[i] = exchange_number(exchange, tally->kilograms[i]);
        tally->measured_ms[i] = exchange_integer(exchange, tally->measured_ms[i]);
    }
}

/* What the electricity of a treatment that is on says about how much it treats.
 *
 * treatment.under-loaded: its power or current lies below the declared minimum, or below what was
 * learned, for 15 min (standards.md 6.4 [I]). treatment.energy-drift: kWh of the treatment per kWh
 * of production of an hour lies outside its learned band for some hours in a row.
 *
 * The band is mean and spread of the hours of the last days that had some. No source gives a number
 * for it: width, least spread, hours and days are settings [I]. An hour counts when both ran
 * together for three quarters of it and all that it is made of is valid. What lies outside is not
 * learned, or a treatment that is throttled for long would become what is usual; hours that do not
 * count neither go on nor break off a row. Beginning anew is a change of the asset in the site
 * file.
 *
 * Not here: an imbalance of day and night (standards.md 6.4: its threshold is unpublished). */
#include "config/power.h"
#include "daemon/assess/judge.h"
#include "daemon/assess/power_band.h"

#include "base/calendar.h"

#include <math.h>

#define HOUR_MINUTES 45 /* of 60 in which both ran [I] */

enum { FINDING_UNDER_LOADED, FINDING_DRIFT, FINDING_COUNT };

/* What an hour must tell, in whichever order its statistics come. */
enum { HOUR_TOGETHER = 1, HOUR_PRODUCTION = 2, HOUR_TREATMENT = 4, HOUR_LEVEL = 8 };
#define HOUR_RATIO (HOUR_TOGETHER | HOUR_PRODUCTION | HOUR_TREATMENT)
#define HOUR_LOAD  (HOUR_TOGETHER | HOUR_LEVEL)

struct load_hour {
    int64_t start_utc_ms;
    unsigned has, judged;
    double together, production, treatment, level;
};

struct load_state {
    struct load_hour hour;
    struct power_band ratios, levels;
    struct power_band_summary usual; /* of the ratios, when the last hour was judged */
    int64_t first_utc_ms;            /* of the row of hours outside */
    uint32_t outside;
    bool below;
    double minimum;               /* of the treatment's power or current, now; NaN: none */
    struct power_band_day days[]; /* of both bands */
};

static bool
judges_level(const struct power *power)
{
    return power->treatment.point && power->minimum_kind != POWER_MINIMUM_NONE;
}

static bool
judges_ratio(const struct power *power)
{
    return power->together && power->production.energy && power->treatment.energy;
}

static void
measure(const struct asset *asset, uint16_t *ret_findings, size_t *ret_state_size)
{
    const struct power *power = asset->power;
    bool judges = power && (judges_level(power) || judges_ratio(power));
    *ret_findings = judges ? FINDING_COUNT : 0;
    *ret_state_size = sizeof(struct load_state);
    if (judges)
        *ret_state_size += 2U * power->days * sizeof(struct power_band_day);
}

static double
half_width(const struct power *power, const struct power_band_summary *usual)
{
    double least = power->least_percent / 100 * fabs(usual->mean);
    double half = power->sigmas * usual->deviation;
    return half > least ? half : least;
}

static void
describe_drift(const struct finding *finding, struct event *draft)
{
    const struct load_state *state = finding->owner;
    draft->duration_ms = state->outside * (int64_t)CALENDAR_HOUR_MS;
    events_detail_number(draft, "deviation", state->usual.deviation);
    events_detail_integer(draft, "first_period_ms", state->first_utc_ms);
    events_detail_integer(draft, "learned", state->usual.count);
    events_detail_number(draft, "mean", state->usual.mean);
    events_detail_integer(draft, "periods", state->outside);
    events_detail_text(draft, "side", state->below ? "below" : "above");
}

static void
describe_under_loaded(const struct finding *finding, struct event *draft)
{
    bool declared = finding->asset->power->minimum_kind == POWER_MINIMUM_DECLARED;
    events_detail_text(draft, "minimum", declared ? "declared" : "learned");
}

static void
learn_minimum(struct load_state *state, const struct power *power)
{
    if (power->minimum_kind != POWER_MINIMUM_LEARNED)
        return;
    struct power_band_summary usual = power_band_summarise(&state->levels);
    state->minimum = NAN;
    if (usual.count >= power->hours_least)
        state->minimum = usual.mean - half_width(power, &usual);
}

static void
init(struct judge_seat *seat, struct arena *arena)
{
    (void)arena;
    struct load_state *state = seat->state;
    const struct power *power = seat->asset->power;
    struct finding *load = &seat->findings[FINDING_UNDER_LOADED];
    struct finding *drift = &seat->findings[FINDING_DRIFT];
    state->ratios = (struct power_band){.days = state->days, .size = power->days};
    state->levels = (struct power_band){.days = state->days + power->days, .size = power->days};
    state->usual = (struct power_band_summary){.mean = NAN, .deviation = NAN};
    state->minimum = power->minimum_kind == POWER_MINIMUM_DECLARED ? power->minimum : NAN;
    finding_init(load, "treatment.under-loaded", seat->asset);
    load->side = SIDE_BELOW;
    load->point = power->treatment.point;
    load->describe = describe_under_loaded;
    finding_init(drift, "treatment.energy-drift", seat->asset);
    drift->averaging = "1 h";
    drift->describe = describe_drift;
    drift->owner = state;
}

/* ---- readings ---- */

static enum truth
is_under_loaded(const struct load_state *state, const struct judging *in, double *ret_number)
{
    const struct asset *asset = in->asset;
    enum truth production = asset->production.point ? in->production : TRUTH_TRUE;
    struct latest reading = latest_of(in->latest, asset->power->treatment.point, in->turn->at);
    *ret_number = reading.number;
    if (production == TRUTH_FALSE || in->treatment == TRUTH_FALSE)
        return TRUTH_FALSE;
    if (isnan(reading.number) || !quality_is_valid(reading.quality) || production != TRUTH_TRUE ||
        in->treatment != TRUTH_TRUE)
        return TRUTH_UNKNOWN;
    return reading.number < state->minimum ? TRUTH_TRUE : TRUTH_FALSE;
}

static void
step(struct judge_seat *seat, const struct judging *in)
{
    const struct load_state *state = seat->state;
    const struct power *power = seat->asset->power;
    struct finding *finding = &seat->findings[FINDING_UNDER_LOADED];
    if (!judges_level(power))
        return;
    double number = NAN;
    enum truth wrong = is_under_loaded(state, in, &number);
    finding->limit = state->minimum;
    if (wrong != TRUTH_TRUE || in->device == power->treatment.point->device)
        finding_judge(finding, wrong, power->under_loaded_after_ms, number, in->turn);
}

/* ---- hours ---- */

static void
judge_ratio(struct judge_seat *seat, const struct judging *in)
{
    struct load_state *state = seat->state;
    const struct power *power = seat->asset->power;
    struct finding *drift = &seat->findings[FINDING_DRIFT];
    double ratio = state->hour.treatment / state->hour.production;
    struct power_band_summary usual = power_band_summarise(&state->ratios);
    double half = half_width(power, &usual);
    bool knows = usual.count >= power->hours_least;
    if (!knows || fabs(ratio - usual.mean) <= half) {
        if (finding_is_open(drift)) {
            events_observe(&drift->event, ratio, drift->side, false);
            finding_close(drift, "in-band", in->turn);
        }
        state->outside = 0;
        int64_t day = calendar_start(state->hour.start_utc_ms, CALENDAR_DAY_MS);
        power_band_add(&state->ratios, day, ratio);
        return;
    }
    state->usual = usual;
    if (!state->outside++) {
        state->first_utc_ms = state->hour.start_utc_ms;
        state->below = ratio < usual.mean;
    }
    drift->side = state->below ? SIDE_BELOW : SIDE_ABOVE;
    drift->limit = state->below ? usual.mean - half : usual.mean + half;
    if (finding_is_open(drift))
        events_observe(&drift->event, ratio, drift->side, false);
    else if (state->outside >= power->hours_outside)
        finding_open(drift, in->turn->at, ratio, in->turn);
}

static void
judge_hour(struct judge_seat *seat, const struct judging *in)
{
    struct load_state *state = seat->state;
    struct load_hour *hour = &state->hour;
    const struct power *power = seat->asset->power;
    bool counts = hour->together >= HOUR_MINUTES;
    if ((hour->has & HOUR_RATIO) == HOUR_RATIO && !(hour->judged & HOUR_TREATMENT)) {
        hour->judged |= HOUR_TREATMENT;
        if (counts && hour->production > 0)
            judge_ratio(seat, in);
    }
    if ((hour->has & HOUR_LOAD) == HOUR_LOAD && !(hour->judged & HOUR_LEVEL)) {
        hour->judged |= HOUR_LEVEL;
        int64_t day = calendar_start(hour->start_utc_ms, CALENDAR_DAY_MS);
        if (counts && !(hour->level < state->minimum))
            power_band_add(&state->levels, day, hour->level);
        learn_minimum(state, power);
    }
}

static void
period(struct judge_seat *seat, const struct statistic *statistic, const struct judging *in)
{
    struct load_state *state = seat->state;
    struct load_hour *hour = &state->hour;
    const struct power *power = seat->asset->power;
    if (statistic->period != PERIOD_HOUR || !statistic->is_valid)
        return;
    if (hour->start_utc_ms != statistic->start_utc_ms)
        *hour = (struct load_hour){.start_utc_ms = statistic->start_utc_ms};
    const struct point *points[] = {power->together, power->production.energy,
                                    power->treatment.energy, power->treatment.point};
    double *numbers[] = {&hour->together, &hour->production, &hour->treatment, &hour->level};
    for (unsigned i = 0; i < 4; i++) {
        if (statistic->point != points[i])
            continue;
        *numbers[i] = i == 3 ? statistic->mean : statistic->sum;
        hour->has |= 1U << i;
    }
    judge_hour(seat, in);
}

static void
exchange_state(struct judge_seat *seat, struct exchange *exchange)
{
    struct load_state *state = seat->state;
    struct load_hour *hour = &state->hour;
    exchange_array(exchange, 17);
    hour->start_utc_ms = exchange_integer(exchange, hour->start_utc_ms);
    hour->has = (unsigned)exchange_natural(exchange, hour->has, 15);
    hour->judged = (unsigned)exchange_natural(exchange, hour->judged, 15);
    hour->together = exchange_number(exchange, hour->together);
    hour->production = exchange_number(exchange, hour->production);
    hour->treatment = exchange_number(exchange, hour->treatment);
    hour->level = exchange_number(exchange, hour->level);
    power_band_exchange(&state->ratios, exchange);
    power_band_exchange(&state->levels, exchange);
    state->usual.mean = exchange_number(exchange, state->usual.mean);
    state->usual.deviation = exchange_number(exchange, state->usual.deviation);
    state->usual.count = (uint32_t)exchange_natural(exchange, state->usual.count, UINT32_MAX);
    state->first_utc_ms = exchange_integer(exchange, state->first_utc_ms);
    state->outside = (uint32_t)exchange_natural(exchange, state->outside, UINT32_MAX);
    state->below = exchange_flag(exchange, state->below);
    state->minimum = exchange_number(exchange, state->minimum);
    struct finding *drift = &seat->findings[FINDING_DRIFT];
    drift->limit = exchange_number(exchange, drift->limit);
    drift->side = state->below ? SIDE_BELOW : SIDE_ABOVE;
}

const struct judge JUDGE_POWER_LOAD = {
    .name = "power-load",
    .measure = measure,
    .init = init,
    .step = step,
    .period = period,
    .exchange = exchange_state,
};

/* Rules (config/rules.h): a point beyond its value, or a truth, for the rule's delay; or a mean
 * beyond its value, when its period closes. One finding a rule, its subject "asset.rule".
 *
 * An instant rule is judged at each new reading of its point; a reading that is not valid, or none
 * for too long, leaves what is open open and makes what is pending wait. A mean counts where the
 * period is valid; with a gate, where that was open during the whole of the period. While the gate
 * is known to be shut nothing is pending, and what is open closes with the reason
 * "production-stopped" or "treatment-stopped". */
#include "config/rules.h"
#include "daemon/assess/judge.h"
#include "daemon/assess/round.h"

#include <math.h>
#include <stddef.h>

#define BOUND_DECIMALS 12 /* of a value less its hysteresis: 0.06 - 0.02 is 0.04 */

static void
measure(const struct asset *asset, uint16_t *ret_findings, size_t *ret_state_size)
{
    *ret_findings = 0;
    *ret_state_size = 0;
    for (uint16_t i = 0; i < asset->rule_count; i++)
        if (asset->rules[i].point)
            *ret_findings = asset->rule_count;
}

/* By enum averaging. */
static const struct {
    const char *word;
    enum period period; /* 0: readings */
} AVERAGINGS[] = {
    [AVERAGING_INSTANT] = {"instant", 0},
    [AVERAGING_MINUTE] = {"1 min", PERIOD_MINUTE},
    [AVERAGING_TEN_MINUTES] = {"10 min", PERIOD_TEN_MINUTES},
    [AVERAGING_HOUR] = {"1 h", PERIOD_HOUR},
    [AVERAGING_FIVE_MINUTES] = {"5 min", PERIOD_FIVE_MINUTES},
    [AVERAGING_DAY] = {"1 d", PERIOD_DAY},
    [AVERAGING_SINGLE] = {"single", 0},
};

static void
describe(const struct finding *finding, struct event *draft)
{
    const struct rule *rule = finding->owner;
    if (rule->source)
        events_detail_text(draft, "source", rule->source);
    if (rule->title_en)
        events_detail_text(draft, "title_en", rule->title_en);
    if (rule->title_zh)
        events_detail_text(draft, "title_zh", rule->title_zh);
}

static void
init(struct judge_seat *seat, struct arena *arena)
{
    (void)arena;
    for (uint16_t i = 0; i < seat->finding_count; i++) {
        const struct rule *rule = &seat->asset->rules[i];
        struct finding *finding = &seat->findings[i];
        finding_init(finding, rule->kind, seat->asset);
        finding->subject = rule->subject;
        finding->severity = (enum severity)rule->severity;
        finding->point = rule->point;
        finding->describe = describe;
        finding->owner = rule;
        if (rule->expression)
            continue;
        finding->side = rule->side;
        finding->limit = rule->value;
        finding->averaging = AVERAGINGS[rule->averaging].word;
    }
}

/* ---- the gate ---- */

struct gate {
    enum truth open;
    struct stamp since;
    const char *reason; /* of a closing while it is shut */
};

static struct gate
gate_of(const struct rule *rule, const struct judging *in)
{
    const struct asset *asset = in->asset;
    if (rule->gate == RULE_PRODUCTION && asset->production.point)
        return (struct gate){in->production, in->production_since, "production-stopped"};
    if (rule->gate == RULE_TREATMENT && asset->treatment.point)
        return (struct gate){in->treatment, in->treatment_since, "treatment-stopped"};
    return (struct gate){.open = TRUTH_TRUE, .since.utc_ms = INT64_MIN};
}

static void
shut(struct finding *finding, const struct gate *gate, const struct turn *turn)
{
    hold_clear(&finding->hold);
    if (finding_is_open(finding))
        finding_close(finding, gate->reason, turn);
}

/* ---- readings ---- */

static enum truth
truth_of(bool is_true)
{
    return is_true ? TRUTH_TRUE : TRUTH_FALSE;
}

/* What a number of the point stands for: noise behind the digits of a float register or of a sum is
 * not beyond anything (round.h). */
static enum round_origin
origin_of(const struct rule *rule)
{
    bool is_float = rule->point->formula || rule->point->type == TYPE_FLOAT32;
    return is_float ? ROUND_AS_FLOAT : ROUND_AS_COMPUTED;
}

static enum truth
beyond(const struct rule *rule, double number, double back)
{
    int order = 0;
    double bound = rule->side == SIDE_ABOVE ? rule->value - back : rule->value + back;
    if (back != 0)
        bound = round_half_even(bound, ROUND_AS_WRITTEN, BOUND_DECIMALS);
    round_compare(number, origin_of(rule), bound, ROUND_FULL_VALUE, 0, &order);
    return truth_of(rule->side == SIDE_ABOVE ? order > 0 : order < 0);
}

/* A truth that has its own end stays wrong until that is true. */
static enum truth
wrong_truth(const struct rule *rule, const struct finding *finding, double number,
            const struct judging *in)
{
    if (!rule->until || !finding_is_open(finding))
        return truth_of(number != 0);
    struct latest end = latest_of(in->latest, rule->until, in->turn->at);
    if (!quality_is_valid(end.quality) || isnan(end.number))
        return TRUTH_UNKNOWN;
    return truth_of(end.number == 0);
}

static bool
is_new(const struct latest *reading, const struct stamp *now)
{
    return reading->at.boot == now->boot && reading->at.mono_ms == now->mono_ms;
}

static void
judge_reading(const struct rule *rule, struct finding *finding, const struct judging *in)
{
    struct latest reading = latest_of(in->latest, rule->point, in->turn->at);
    bool good = quality_is_valid(reading.quality) && !isnan(reading.number);
    if (good && (!in->device || !is_new(&reading, in->turn->at)))
        return;
    enum truth wrong = TRUTH_UNKNOWN;
    if (good && rule->expression)
        wrong = wrong_truth(rule, finding, reading.number, in);
    else if (good)
        wrong = beyond(rule, reading.number, finding_is_open(finding) ? rule->hysteresis : 0);
    finding_judge(finding, wrong, rule->delay_ms, rule->expression ? NAN : reading.number,
                  in->turn);
}

static void
step(struct judge_seat *seat, const struct judging *in)
{
    for (uint16_t i = 0; i < seat->finding_count; i++) {
        const struct rule *rule = &seat->asset->rules[i];
        struct finding *finding = &seat->findings[i];
        struct gate gate = gate_of(rule, in);
        if (!rule->point)
            continue;
        if (gate.open == TRUTH_FALSE)
            shut(finding, &gate, in->turn);
        else if (gate.open == TRUTH_UNKNOWN)
            hold_pause(&finding->hold);
        else if (!AVERAGINGS[rule->averaging].period)
            judge_reading(rule, finding, in);
    }
}

/* ---- means ---- */

static void
period(struct judge_seat *seat, const struct statistic *statistic, const struct judging *in)
{
    for (uint16_t i = 0; i < seat->finding_count; i++) {
        const struct rule *rule = &seat->asset->rules[i];
        struct gate gate = gate_of(rule, in);
        if (rule->point != statistic->point || rule->expression ||
            AVERAGINGS[rule->averaging].period != statistic->period)
            continue;
        if (!statistic->is_valid || isnan(statistic->mean) || gate.open != TRUTH_TRUE ||
            gate.since.utc_ms > statistic->start_utc_ms)
            continue;
        finding_judge(&seat->findings[i], beyond(rule, statistic->mean, 0), 0, statistic->mean,
                      in->turn);
    }
}

const struct judge JUDGE_RULE = {
    .name = "rule",
    .measure = measure,
    .init = init,
    .step = step,
    .period = period,
};

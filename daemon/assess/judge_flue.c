/* o2.abnormal: fuel is on and the gas holds more oxygen than the correction can bear. Without this
 * event the guard would be a loophole for dilution: the values would be "conversion invalid" and
 * nobody would be told (standards.md 12 #7). Where the site does not say how to tell that fuel is
 * on, every reading counts as with fuel. */
#include "config/flue.h"
#include "daemon/assess/judge.h"

static void
measure(const struct asset *asset, uint16_t *ret_findings, size_t *ret_state_size)
{
    *ret_findings = asset->flue && asset->flue->o2 ? 1 : 0;
    *ret_state_size = 0;
}

static void
init(struct judge_seat *seat, struct arena *arena)
{
    struct finding *finding = seat->findings;
    (void)arena;
    finding_init(finding, "o2.abnormal", seat->asset);
    finding->point = seat->asset->flue->o2;
    finding->limit = seat->asset->flue->o2_guard;
    finding->severity = SEVERITY_ALARM;
}

static enum truth
is_abnormal(const struct flue *flue, const struct latest *o2, const struct judging *in)
{
    if (in->production == TRUTH_FALSE)
        return TRUTH_FALSE;
    if (in->production == TRUTH_UNKNOWN && in->asset->production.point)
        return TRUTH_UNKNOWN;
    bool beyond = o2->quality == QUALITY_OVER_RANGE; /* more than it can measure is enough */
    if (!(quality_is_valid(o2->quality) || beyond) || isnan(o2->number))
        return TRUTH_UNKNOWN;
    if (o2->number > flue->o2_guard)
        return TRUTH_TRUE;
    return beyond ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

static void
step(struct judge_seat *seat, const struct judging *in)
{
    const struct flue *flue = seat->asset->flue;
    if (!in->device)
        return; /* a delay runs out with a reading */
    struct latest o2 = latest_of(in->latest, flue->o2, in->turn->at);
    finding_judge(seat->findings, is_abnormal(flue, &o2, in), flue->o2_delay_ms, o2.number,
                  in->turn);
}

const struct judge JUDGE_FLUE = {
    .name = "flue",
    .measure = measure,
    .init = init,
    .step = step,
};

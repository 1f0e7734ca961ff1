/* The table of judges, and who is called when. Order, which is part of the output: assets as in the
 * site, of each its judges as in the table. */
#include "daemon/assess/judges.h"

#include <assert.h>

const struct judge *const JUDGES[] = {
    &JUDGE_MODE, /* the first: the others see what it says */
    &JUDGE_FLUE,       &JUDGE_BYPASS,      &JUDGE_TREATMENT,    &JUDGE_POWER_EDGES,
    &JUDGE_POWER_LOAD, &JUDGE_POWER_ORDER, &JUDGE_POWER_SIGNAL, &JUDGE_RULE,
    &JUDGE_MARKS,      &JUDGE_VOC,         &JUDGE_WATER,
};
const unsigned JUDGE_COUNT = sizeof JUDGES / sizeof *JUDGES;

static void
seat_judges(struct judged_asset *judged, struct arena *arena)
{
    assert(JUDGE_COUNT <= JUDGES_MAX);
    for (unsigned i = 0; i < JUDGE_COUNT; i++) {
        struct judge_seat *seat = &judged->seats[i];
        size_t size = 0;
        seat->asset = judged->asset;
        JUDGES[i]->measure(judged->asset, &seat->finding_count, &size);
        if (!seat->finding_count)
            continue;
        seat->findings = arena_take(arena, seat->finding_count * sizeof *seat->findings);
        seat->state = arena_take(arena, size ? size : 1);
        seat->state_size = size;
        JUDGES[i]->init(seat, arena);
    }
}

static void
add_use(struct judges *judges, const struct device *device, struct judged_asset *judged)
{
    struct judges_uses *uses = &judges->of_device[device->index];
    if (uses->assets)
        uses->assets[uses->count] = judged;
    uses->count++;
}

static void
add_uses(struct judges *judges)
{
    for (uint16_t i = 0; i < judges->asset_count; i++)
        for (uint16_t d = 0; d < judges->assets[i].asset->device_count; d++)
            add_use(judges, judges->assets[i].asset->devices[d], &judges->assets[i]);
}

static void
place_uses(struct judges *judges, struct arena *arena)
{
    uint16_t count = judges->site->device_count;
    judges->of_device = arena_take(arena, (count + 1U) * sizeof *judges->of_device);
    add_uses(judges); /* counts */
    for (uint16_t d = 0; d < count; d++) {
        struct judges_uses *uses = &judges->of_device[d];
        if (uses->count)
            uses->assets = arena_take(arena, uses->count * sizeof *uses->assets);
        uses->count = 0;
    }
    add_uses(judges);
}

void
judges_init(struct judges *judges, const struct site *site, struct arena *arena)
{
    *judges = (struct judges){.site = site, .asset_count = site->asset_count};
    judges->latest = arena_take(arena, (site->point_count + 1U) * sizeof *judges->latest);
    judges->assets = arena_take(arena, (site->asset_count + 1U) * sizeof *judges->assets);
    for (uint16_t i = 0; i < site->asset_count; i++) {
        struct judged_asset *judged = &judges->assets[i];
        judged->asset = &site->assets[i];
        condition_init(&judged->production);
        condition_init(&judged->treatment);
        judged->told = MODE_COUNT; /* nothing yet */
        derive_init(&judged->derive, judged->asset, arena);
        seat_judges(judged, arena);
    }
    place_uses(judges, arena);
}

static void
feed_conditions(const struct judges *judges, struct judged_asset *judged, const struct stamp *now)
{
    latest_feed(judges->latest, &judged->asset->production, &judged->production, now);
    latest_feed(judges->latest, &judged->asset->treatment, &judged->treatment, now);
}

void
judges_take(struct judges *judges, const struct scan *scan)
{
    const struct judges_uses *uses = &judges->of_device[scan->device->index];
    if (!uses->count)
        return;
    latest_take(judges->latest, scan);
    for (uint16_t i = 0; i < uses->count; i++)
        feed_conditions(judges, uses->assets[i], &scan->at);
}

struct derive *
judges_derive(struct judges *judges, const struct scan *scan, bool between, uint16_t i)
{
    struct judged_asset *judged = judges->of_device[scan->device->index].assets[i];
    const struct asset *asset = judged->asset;
    if (!asset->derived || asset->derived->lead != scan->device)
        return NULL;
    struct derive_view view = {
        .latest = judges->latest,
        .production = condition_truth(&asset->production, &judged->production),
        .treatment = condition_truth(&asset->treatment, &judged->treatment),
        .declared = judges->qualify ? qualify_of_asset(judges->qualify, asset, &scan->at)
                                    : (uint8_t)QUALITY_GOOD,
        .at = &scan->at,
        .between = between,
    };
    judged->derive.scan.generation = scan->generation;
    derive_make(&judged->derive, judges->latest, &view);
    feed_conditions(judges, judged, &scan->at);
    return &judged->derive;
}

/* A production whose signal is lost while it runs goes on running for judges: cutting the meter
 * must not hide what goes past the treatment. Lost while it stands, it is not known. */
static enum truth
production_of(const struct judged_asset *judged)
{
    enum truth truth = condition_truth(&judged->asset->production, &judged->production);
    bool ran = judged->asset->production.point && judged->production.verdict == TRUTH_TRUE;
    return truth == TRUTH_UNKNOWN && ran ? TRUTH_TRUE : truth;
}

static struct judging
judging_of(const struct judges *judges, const struct judged_asset *judged, const struct turn *turn)
{
    const struct asset *asset = judged->asset;
    return (struct judging){
        .site = judges->site,
        .latest = judges->latest,
        .asset = asset,
        .production = production_of(judged),
        .treatment = condition_truth(&asset->treatment, &judged->treatment),
        .production_value = judged->production.value,
        .treatment_value = judged->treatment.value,
        .production_since = judged->production.since,
        .treatment_since = judged->treatment.since,
        .mode = mode_of(&judged->seats[0]),
        .order = mode_order_of(asset, mode_of(&judged->seats[0])),
        .list = judges->list,
        .turn = turn,
    };
}

static void
step_asset(struct judges *judges, struct judged_asset *judged, const struct device *device,
           const struct turn *turn)
{
    struct judging in = judging_of(judges, judged, turn);
    in.device = device;
    for (unsigned i = 0; i < JUDGE_COUNT; i++) {
        if (judged->seats[i].finding_count)
            JUDGES[i]->step(&judged->seats[i], &in);
        in.mode = mode_of(&judged->seats[0]);
        in.order = mode_order_of(judged->asset, in.mode);
    }
}

void
judges_step(struct judges *judges, const struct device *device, const struct turn *turn)
{
    const struct judges_uses *uses = &judges->of_device[device->index];
    for (uint16_t i = 0; i < uses->count; i++)
        step_asset(judges, uses->assets[i], device, turn);
}

static void
period_of_asset(struct judges *judges, struct judged_asset *judged,
                const struct statistic *statistic, const struct turn *turn)
{
    struct judging in = judging_of(judges, judged, turn);
    in.device = statistic->point->device;
    for (unsigned i = 0; i < JUDGE_COUNT; i++)
        if (judged->seats[i].finding_count && JUDGES[i]->period)
            JUDGES[i]->period(&judged->seats[i], statistic, &in);
}

void
judges_period(struct judges *judges, const struct statistic *statistic, const struct turn *turn)
{
    const struct judges_uses *uses = &judges->of_device[statistic->point->device->index];
    for (uint16_t i = 0; i < uses->count; i++)
        period_of_asset(judges, uses->assets[i], statistic, turn);
}

void
judges_tick(struct judges *judges, const struct turn *turn)
{
    for (uint16_t i = 0; i < judges->asset_count; i++) {
        struct judged_asset *judged = &judges->assets[i];
        feed_conditions(judges, judged, turn->at);
        step_asset(judges, judged, NULL, turn);
        for (unsigned j = 0; j < JUDGE_COUNT; j++)
            for (uint16_t f = 0; f < judged->seats[j].finding_count; f++)
                finding_tick(&judged->seats[j].findings[f], turn);
    }
}

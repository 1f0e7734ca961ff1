/* The stage as the engine sees it: one call in, findings out. Owns all memory of the stage in one
 * arena, taken in assess_new. Order within a scan: periods that ended are closed and their means
 * judged, then the scan's values are added, then its readings are judged; then the scans that are
 * derived from it go the same way, each behind being handed out; then the judges of assets. */
#include "daemon/assess/assess.h"

#include "daemon/assess/findings.h"
#include "daemon/assess/qualify.h"
#include "daemon/assess/state.h"

#include <errno.h>

static void
make_aggregates(struct assess *assess)
{
    const struct site *site = assess->site;
    assess->aggregates = arena_take(assess->arena, site->device_count * sizeof *assess->aggregates);
    for (unsigned i = 0; i < site->device_count; i++)
        aggregate_init(&assess->aggregates[i], &site->devices[i], &site->periods, assess->arena);
}

int
assess_new(const struct site *site, struct assess **ret_assess)
{
    struct arena *arena = arena_new();
    if (!arena)
        return -ENOMEM;
    struct assess *assess = arena_take(arena, sizeof *assess);
    assess->site = site;
    assess->arena = arena;
    qualify_init(&assess->qualify, site, arena);
    make_aggregates(assess);
    watch_list_init(&assess->list, site, arena);
    judges_init(&assess->judges, site, arena);
    assess->judges.list = &assess->list;
    assess->judges.qualify = &assess->qualify;
    evidence_init(&assess->evidence, site, arena);
    assess->evidence.is_open = findings_has_open;
    assess->evidence.context = assess;
    *ret_assess = assess;
    return 0;
}

void
assess_free(struct assess *assess)
{
    if (assess)
        arena_free(assess->arena);
}

void
assess_qualify(struct assess *assess, struct scan *scan)
{
    qualify_scan(&assess->qualify, scan);
}

/* What closing periods go through: the stream, the limits on means, the judges. */
struct passage {
    struct assess *assess;
    const struct turn *turn;
};

/* An hour of a corrected point knows the correction of its means as well. */
static struct statistic
complete(const struct assess *assess, const struct statistic *statistic)
{
    struct statistic whole = *statistic;
    const struct asset *asset = statistic->point->device->asset;
    if (asset && statistic->period == PERIOD_HOUR)
        whole.has_corrected_mean = derive_corrected_mean(
            &assess->judges.assets[asset->index].derive, statistic->point, statistic->start_utc_ms,
            &whole.corrected_mean);
    return whole;
}

/* Five and ten minutes are for verdicts only: no stream holds them. */
static void
pass_statistic(void *context, const struct statistic *statistic)
{
    const struct passage *passage = context;
    const struct assess_outlet *outlet = passage->turn->outlet;
    if (statistic->period != PERIOD_TEN_MINUTES && statistic->period != PERIOD_FIVE_MINUTES)
        outlet->statistic(outlet->context, statistic);
    if (statistic->revision)
        return; /* a period is judged once: its later revisions are told, not counted again */
    struct statistic whole = complete(passage->assess, statistic);
    watch_list_close(&passage->assess->list, &whole, passage->turn);
    judges_period(&passage->assess->judges, &whole, passage->turn);
}

static void
take_scan(struct assess *assess, const struct aggregate_reading *reading, const struct turn *turn)
{
    const struct scan *scan = reading->scan;
    struct passage passage = {assess, turn};
    struct aggregate *aggregate = &assess->aggregates[scan->device->index];
    const struct aggregate_outlet closed = {pass_statistic, &passage};
    evidence_take(&assess->evidence, scan, turn);
    if (scan->at.clock != CLOCK_UNKNOWN) {
        if (aggregate_enter(aggregate, scan->at.utc_ms, &closed))
            aggregate_add(aggregate, reading);
        else
            aggregate_add_late(aggregate, reading, &closed);
    }
    watch_list_read(&assess->list, scan, turn);
}

static void
take_derived(struct assess *assess, const struct scan *scan, bool between, const struct turn *turn)
{
    const struct assess_outlet *outlet = turn->outlet;
    uint16_t count = assess->judges.of_device[scan->device->index].count;
    for (uint16_t i = 0; i < count; i++) {
        struct derive *derive = judges_derive(&assess->judges, scan, between, i);
        if (!derive)
            continue;
        if (outlet->scan)
            outlet->scan(outlet->context, &derive->scan);
        struct aggregate_reading made = {&derive->scan, derive->weights, between};
        take_scan(assess, &made, turn);
    }
}

void
assess_scan(struct assess *assess, const struct scan *scan, const struct assess_outlet *outlet)
{
    struct turn turn = state_turn(assess, &scan->at, outlet);
    assess->last = scan->at;
    struct pacing *pacing = &assess->aggregates[scan->device->index].pacing;
    struct aggregate_reading read = {.scan = scan,
                                     .between = pacing_is_between(pacing, scan->device, &scan->at)};
    take_scan(assess, &read, &turn);
    judges_take(&assess->judges, scan);
    take_derived(assess, scan, read.between, &turn);
    judges_step(&assess->judges, scan->device, &turn);
}

void
assess_again(struct assess *assess, const struct scan *scan, const struct assess_outlet *outlet)
{
    qualify_see(&assess->qualify, scan);
    assess_scan(assess, scan, outlet);
}

/* Limits that hold in some modes only hear of a change with the seconds. */
static void
tell_modes(struct assess *assess)
{
    for (uint16_t i = 0; i < assess->judges.asset_count; i++) {
        struct judged_asset *judged = &assess->judges.assets[i];
        enum mode mode = mode_of(&judged->seats[0]);
        if (mode == judged->told)
            continue;
        watch_list_mode(&assess->list, judged->asset, mode, mode_since_utc_ms(&judged->seats[0]));
        judged->told = mode;
    }
}

void
assess_tick(struct assess *assess, const struct stamp *now, const struct assess_outlet *outlet)
{
    struct turn turn = state_turn(assess, now, outlet);
    struct passage passage = {assess, &turn};
    assess->last = *now;
    if (now->clock != CLOCK_UNKNOWN)
        for (unsigned i = 0; i < assess->site->device_count; i++)
            aggregate_tick(&assess->aggregates[i], now->utc_ms,
                           &(struct aggregate_outlet){pass_statistic, &passage});
    watch_list_tick(&assess->list, &turn);
    judges_tick(&assess->judges, &turn);
    tell_modes(assess);
    findings_escalate(assess, &turn);
}

void
assess_recall(struct assess *assess, const struct scan *scan)
{
    evidence_recall(&assess->evidence, scan);
}

bool
assess_save(const struct assess *assess, struct buf *ret_state)
{
    state_save(assess, ret_state);
    return !ret_state->overflow;
}

size_t
assess_state_size(const struct assess *assess)
{
    return state_size(assess);
}

int
assess_load(struct assess *assess, const void *state, size_t length,
            const struct assess_outlet *outlet)
{
    return state_load(assess, state, length, outlet);
}

/* ---- the alarms page ---- */

/* The first event opened after number `after`; few are open at a time, and the page is seldom. */
static const struct finding *
next_open(const struct assess *assess, uint64_t after)
{
    const struct finding *best = NULL, *finding;
    struct finding_walk walk = {.limit = 0};
    while ((finding = findings_next(assess, &walk)))
        if (finding_is_open(finding) && finding->event.order > after &&
            (!best || finding->event.order < best->event.order))
            best = finding;
    return best;
}

size_t
assess_open_events(const struct assess *assess, struct event *ret_events, size_t capacity)
{
    size_t count = 0;
    uint64_t after = 0;
    for (; count < capacity; count++) {
        const struct finding *next = next_open(assess, after);
        if (!next)
            break;
        finding_draft(next, &assess->last, &ret_events[count]);
        ret_events[count].phase = PHASE_UPDATED;
        after = next->event.order;
    }
    return count;
}

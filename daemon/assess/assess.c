/* The stage as the engine sees it: one call in, findings out. Owns all memory of the stage in one
 * arena, taken in assess_new. Order within a scan: periods that ended are closed and their means
 * judged, then the scan's values are added, then its readings are judged.
 *
 * Derived points, totals and modes are not handled. */
#include "daemon/assess/assess.h"

#include "daemon/assess/qualify.h"
#include "daemon/assess/state.h"

#include <errno.h>

static void
make_aggregates(struct assess *assess)
{
    const struct site *site = assess->site;
    struct tally *tallies = arena_take(assess->arena,
                                       (size_t)site->point_count * LEVEL_COUNT * sizeof *tallies);
    assess->aggregates = arena_take(assess->arena, site->device_count * sizeof *assess->aggregates);
    for (unsigned i = 0; i < site->device_count; i++) {
        const struct device *device = &site->devices[i];
        aggregate_init(&assess->aggregates[i], device, tallies);
        tallies += (size_t)device->point_count * LEVEL_COUNT;
    }
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
    assess->rules = arena_take(arena, site->point_count * sizeof *assess->rules);
    for (uint32_t i = 0; i < site->point_count; i++)
        qualify_init(&assess->rules[i], &site->points[i]);
    make_aggregates(assess);
    watch_list_init(&assess->list, site, arena);
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
    qualify_scan(assess->rules + (scan->device->points - assess->site->points), scan);
}

/* What closing periods go through: the stream, and the limits on means. */
struct passage {
    struct watch_list *list;
    const struct turn *turn;
};

/* Ten minutes are for limits only: no stream holds them. */
static void
pass_statistic(void *context, const struct statistic *statistic)
{
    const struct passage *passage = context;
    const struct assess_outlet *outlet = passage->turn->outlet;
    if (statistic->period != PERIOD_TEN_MINUTES)
        outlet->statistic(outlet->context, statistic);
    watch_list_close(passage->list, statistic, passage->turn);
}

void
assess_scan(struct assess *assess, const struct scan *scan, const struct assess_outlet *outlet)
{
    struct turn turn = {&scan->at, outlet, &assess->opened};
    struct passage passage = {&assess->list, &turn};
    struct aggregate *aggregate = &assess->aggregates[scan->device->index];
    assess->last = scan->at;
    if (scan->at.clock != CLOCK_UNKNOWN &&
        aggregate_enter(aggregate, scan->at.utc_ms,
                        &(struct aggregate_outlet){pass_statistic, &passage}))
        aggregate_add(aggregate, scan);
    watch_list_read(&assess->list, scan, &turn);
}

void
assess_tick(struct assess *assess, const struct stamp *now, const struct assess_outlet *outlet)
{
    struct turn turn = {now, outlet, &assess->opened};
    struct passage passage = {&assess->list, &turn};
    assess->last = *now;
    if (now->clock != CLOCK_UNKNOWN)
        for (unsigned i = 0; i < assess->site->device_count; i++)
            aggregate_tick(&assess->aggregates[i], now->utc_ms,
                           &(struct aggregate_outlet){pass_statistic, &passage});
    watch_list_tick(&assess->list, &turn);
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

struct candidate {
    const struct event_state *state;
    const struct judged_limit *limit; /* or */
    const struct judged_asset *asset;
    enum asset_event which;
};

static void
prefer_earlier(struct candidate *best, const struct candidate *other, uint64_t after)
{
    if (other->state->stage == EVENT_OPEN && other->state->order > after &&
        (!best->state || other->state->order < best->state->order))
        *best = *other;
}

/* The first event opened after number `after`; few are open at a time, and the page is seldom. */
static struct candidate
next_open(const struct watch_list *list, uint64_t after)
{
    struct candidate best = {0};
    for (uint32_t i = 0; i < list->limit_count; i++) {
        struct candidate limit = {.state = &list->limits[i].event, .limit = &list->limits[i]};
        prefer_earlier(&best, &limit, after);
    }
    for (uint32_t i = 0; i < list->asset_count; i++)
        for (enum asset_event which = 0; which < ASSET_EVENT_COUNT; which++) {
            struct candidate asset = {.asset = &list->assets[i], .which = which};
            asset.state = judge_bypass_event(&list->assets[i], which);
            prefer_earlier(&best, &asset, after);
        }
    return best;
}

size_t
assess_open_events(const struct assess *assess, struct event *ret_events, size_t capacity)
{
    size_t count = 0;
    uint64_t after = 0;
    for (; count < capacity; count++) {
        struct candidate next = next_open(&assess->list, after);
        if (!next.state)
            break;
        struct event *event = &ret_events[count];
        if (next.limit)
            judge_limit_describe(next.limit, &assess->last, event);
        else
            judge_bypass_describe(next.asset, next.which, &assess->last, event);
        event->phase = PHASE_UPDATED;
        after = next.state->order;
    }
    return count;
}

/* The state as deterministic CBOR, version 1: an array of
 *
 *   1, events opened so far, stamp of the newest call,
 *   devices: [number, open spans by level, closed stretches by level, points: [number, tallies]]
 *   series:  [point number, readings]
 *   limits:  [subject, point number, kind, side, averaging, value, hold, event, periods, first,
 *             last]; those with nothing open or pending are left out
 *   assets:  [name, conditions: [point number, comparison, value, state], trigger, by valve, by
 *             flow, bypass event, treatment event]
 *
 * with the field lists of exchange.c; order is that of the site. Numbers are the store's registry
 * numbers, so that a renamed point keeps its periods and a point of another meaning starts anew. A
 * limit is the same when all that stands before its hold is; a condition likewise.
 *
 * Loading reads the whole state twice: first only to see that it is whole, then for good. */
#include "daemon/assess/state.h"

#include "daemon/assess/exchange.h"

#include <errno.h>
#include <string.h>

#define SUBJECT_SIZE 256

/* One pass of reading; `turn` is NULL in the first one, which changes nothing. */
struct load {
    struct assess *assess;
    struct exchange exchange;
    const struct turn *turn;
};

static bool
is_intact(const struct load *load)
{
    return !load->exchange.in->failed;
}

/* ---- devices and their points ---- */

static void
exchange_spans(struct exchange *exchange, struct aggregate *aggregate)
{
    exchange_array(exchange, LEVEL_COUNT);
    for (enum aggregate_level level = 0; level < LEVEL_COUNT; level++)
        exchange_span(exchange, &aggregate->open[level]);
    exchange_array(exchange, LEVEL_COUNT);
    for (enum aggregate_level level = 0; level < LEVEL_COUNT; level++) {
        exchange_array(exchange, AGGREGATE_CLOSED);
        for (int i = 0; i < AGGREGATE_CLOSED; i++)
            exchange_span(exchange, &aggregate->closed[level][i]);
    }
}

static bool
has_tallies(const struct aggregate *aggregate, unsigned point)
{
    for (enum aggregate_level level = 0; level < LEVEL_COUNT; level++)
        if (aggregate->tallies[level][point].count)
            return true;
    return false;
}

static void
exchange_point(struct exchange *exchange, uint64_t *number, struct tally tallies[LEVEL_COUNT])
{
    exchange_array(exchange, 1 + LEVEL_COUNT);
    *number = exchange_natural(exchange, *number, UINT32_MAX);
    for (enum aggregate_level level = 0; level < LEVEL_COUNT; level++)
        exchange_tally(exchange, &tallies[level]);
}

static void
save_device(struct exchange *exchange, const struct aggregate *aggregate)
{
    const struct device *device = aggregate->device;
    struct aggregate copy = *aggregate;
    size_t count = 0;
    for (unsigned i = 0; i < device->point_count; i++)
        count += has_tallies(aggregate, i);
    exchange_array(exchange, 4);
    exchange_natural(exchange, device->number, UINT32_MAX);
    exchange_spans(exchange, &copy);
    exchange_count(exchange, count);
    for (unsigned i = 0; i < device->point_count; i++) {
        uint64_t number = device->points[i].number;
        struct tally tallies[LEVEL_COUNT];
        if (!has_tallies(aggregate, i))
            continue;
        for (enum aggregate_level level = 0; level < LEVEL_COUNT; level++)
            tallies[level] = aggregate->tallies[level][i];
        exchange_point(exchange, &number, tallies);
    }
}

static struct aggregate *
find_aggregate(const struct assess *assess, uint64_t number)
{
    for (unsigned i = 0; i < assess->site->device_count; i++)
        if (assess->site->devices[i].number == number)
            return &assess->aggregates[i];
    return NULL;
}

/* Saved in the order of the site: the search goes on where the last one ended. */
static int
find_point_from(const struct device *device, unsigned from, uint64_t number)
{
    for (unsigned i = 0; i < device->point_count; i++) {
        unsigned at = (from + i) % device->point_count;
        if (device->points[at].number == number)
            return (int)at;
    }
    return -1;
}

static void
load_points(struct load *load, struct aggregate *aggregate)
{
    size_t count = exchange_count(&load->exchange, 0);
    unsigned from = 0;
    for (size_t i = 0; i < count && is_intact(load); i++) {
        uint64_t number = 0;
        struct tally tallies[LEVEL_COUNT] = {0};
        exchange_point(&load->exchange, &number, tallies);
        int at = aggregate ? find_point_from(aggregate->device, from, number) : -1;
        if (at < 0)
            continue;
        for (enum aggregate_level level = 0; level < LEVEL_COUNT; level++)
            aggregate->tallies[level][at] = tallies[level];
        from = (unsigned)at + 1;
    }
}

static void
load_device(struct load *load)
{
    struct aggregate read = {0};
    exchange_array(&load->exchange, 4);
    uint64_t number = exchange_natural(&load->exchange, 0, UINT32_MAX);
    exchange_spans(&load->exchange, &read);
    struct aggregate *found = load->turn ? find_aggregate(load->assess, number) : NULL;
    if (found) {
        memcpy(found->open, read.open, sizeof found->open);
        memcpy(found->closed, read.closed, sizeof found->closed);
    }
    load_points(load, found);
}

/* ---- series ---- */

static void
save_series(struct exchange *exchange, const struct watch_list *list)
{
    size_t count = 0;
    for (uint32_t i = 0; i < list->count; i++)
        count += list->watches[i].series.count > 0;
    exchange_count(exchange, count);
    for (uint32_t i = 0; i < list->count; i++) {
        struct series copy = list->watches[i].series;
        if (!copy.count)
            continue;
        exchange_array(exchange, 2);
        exchange_natural(exchange, list->watches[i].point->number, UINT32_MAX);
        exchange_series(exchange, &copy);
    }
}

static void
load_series(struct load *load)
{
    struct watch_list *list = &load->assess->list;
    struct series read = {0};
    exchange_array(&load->exchange, 2);
    uint64_t number = exchange_natural(&load->exchange, 0, UINT32_MAX);
    exchange_series(&load->exchange, &read);
    for (uint32_t i = 0; load->turn && i < list->count; i++)
        if (list->watches[i].point->number == number)
            list->watches[i].series = read;
}

/* ---- limits ---- */

struct limit_key {
    char subject[SUBJECT_SIZE];
    uint64_t point;
    struct limit limit; /* kind, side, averaging, value */
};

static void
exchange_limit(struct exchange *exchange, struct limit_key *key, struct judged_limit *judged)
{
    struct limit *limit = &key->limit;
    exchange_array(exchange, 11);
    exchange_text(exchange, key->subject, sizeof key->subject);
    key->point = exchange_natural(exchange, key->point, UINT32_MAX);
    limit->kind = (enum limit_kind)exchange_natural(exchange, limit->kind, LIMIT_WARNING);
    limit->side = (enum limit_side)exchange_natural(exchange, limit->side, SIDE_BELOW);
    limit->averaging = (enum averaging)exchange_natural(exchange, limit->averaging, AVERAGING_HOUR);
    limit->value = exchange_number(exchange, limit->value);
    exchange_hold(exchange, &judged->hold);
    exchange_event(exchange, &judged->event);
    judged->periods = (uint32_t)exchange_natural(exchange, judged->periods, UINT32_MAX);
    judged->first_utc_ms = exchange_integer(exchange, judged->first_utc_ms);
    judged->last_utc_ms = exchange_integer(exchange, judged->last_utc_ms);
}

static bool
is_quiet(const struct judged_limit *judged)
{
    return judged->event.stage == EVENT_IDLE && !judged->hold.running;
}

static void
save_limits(struct exchange *exchange, const struct watch_list *list)
{
    size_t count = 0;
    for (uint32_t i = 0; i < list->limit_count; i++)
        count += !is_quiet(&list->limits[i]);
    exchange_count(exchange, count);
    for (uint32_t i = 0; i < list->limit_count; i++) {
        struct judged_limit copy = list->limits[i];
        struct limit_key key = {.point = copy.limit->point->number, .limit = *copy.limit};
        if (is_quiet(&copy))
            continue;
        strncpy(key.subject, copy.subject, sizeof key.subject - 1);
        exchange_limit(exchange, &key, &copy);
    }
}

static bool
is_same_limit(const struct judged_limit *judged, const struct limit_key *key)
{
    const struct limit *a = judged->limit, *b = &key->limit;
    return !strcmp(judged->subject, key->subject) && a->point->number == key->point &&
           a->kind == b->kind && a->side == b->side && a->averaging == b->averaging &&
           a->value == b->value;
}

static const struct point *
find_point(const struct site *site, uint64_t number)
{
    for (uint32_t i = 0; i < site->point_count; i++)
        if (site->points[i].number == number)
            return &site->points[i];
    return NULL;
}

static void
take_limit(struct load *load, struct limit_key *key, struct judged_limit *read)
{
    struct watch_list *list = &load->assess->list;
    for (uint32_t i = 0; i < list->limit_count; i++) {
        struct judged_limit *judged = &list->limits[i];
        if (!is_same_limit(judged, key))
            continue;
        read->limit = judged->limit;
        read->subject = judged->subject;
        read->series = judged->series;
        *judged = *read;
        return;
    }
    key->limit.point = find_point(load->assess->site, key->point);
    read->limit = &key->limit;
    read->subject = key->subject;
    judge_limit_drop(read, load->turn);
}

static void
load_limit(struct load *load)
{
    struct limit_key key = {0};
    struct judged_limit read = {0};
    exchange_limit(&load->exchange, &key, &read);
    if (load->turn)
        take_limit(load, &key, &read);
}

/* ---- assets ---- */

struct asset_key {
    char name[SUBJECT_SIZE];
    struct condition_key {
        uint64_t point; /* 0: none */
        enum comparison comparison;
        double value;
    } conditions[ROLE_COUNT];
};

static void
exchange_asset(struct exchange *exchange, struct asset_key *key, struct judged_asset *judged)
{
    exchange_array(exchange, 7);
    exchange_text(exchange, key->name, sizeof key->name);
    exchange_array(exchange, ROLE_COUNT);
    for (enum asset_role role = 0; role < ROLE_COUNT; role++) {
        struct condition_key *condition = &key->conditions[role];
        exchange_array(exchange, 4);
        condition->point = exchange_natural(exchange, condition->point, UINT32_MAX);
        condition->comparison = (enum comparison)exchange_natural(exchange, condition->comparison,
                                                                  COMPARE_BELOW);
        condition->value = exchange_number(exchange, condition->value);
        exchange_condition(exchange, &judged->conditions[role]);
    }
    judged->trigger = (enum asset_role)exchange_natural(exchange, judged->trigger, ROLE_FLOW);
    judged->by_valve = exchange_flag(exchange, judged->by_valve);
    judged->by_flow = exchange_flag(exchange, judged->by_flow);
    exchange_event(exchange, &judged->bypass);
    exchange_event(exchange, &judged->treatment);
}

static struct condition_key
condition_key(const struct asset *asset, enum asset_role role)
{
    const struct condition *condition = judge_bypass_condition(asset, role);
    return (struct condition_key){
        .point = condition->point ? condition->point->number : 0,
        .comparison = condition->comparison,
        .value = condition->value,
    };
}

static void
save_asset(struct exchange *exchange, const struct judged_asset *judged)
{
    struct judged_asset copy = *judged;
    struct asset_key key = {0};
    strncpy(key.name, judged->asset->name, sizeof key.name - 1);
    for (enum asset_role role = 0; role < ROLE_COUNT; role++)
        key.conditions[role] = condition_key(judged->asset, role);
    exchange_asset(exchange, &key, &copy);
}

/* The events stay with the asset as long as it has conditions for them. */
static void
take_asset_events(struct judged_asset *judged, struct judged_asset *read, const struct turn *turn)
{
    const struct asset *asset = judged->asset;
    if (asset->bypass_open.point || asset->bypass_flow.point) {
        bool trigger_is_there = judge_bypass_condition(asset, read->trigger)->point;
        enum asset_role other = asset->bypass_open.point ? ROLE_VALVE : ROLE_FLOW;
        judged->bypass = read->bypass;
        judged->trigger = trigger_is_there ? read->trigger : other;
        judged->by_valve = read->by_valve;
        judged->by_flow = read->by_flow;
    } else {
        judge_bypass_drop(read, ASSET_EVENT_BYPASS, turn);
    }
    if (asset->treatment.point)
        judged->treatment = read->treatment;
    else
        judge_bypass_drop(read, ASSET_EVENT_TREATMENT, turn);
}

static void
take_asset(struct judged_asset *judged, const struct asset_key *key, struct judged_asset *read,
           const struct turn *turn)
{
    read->asset = judged->asset;
    for (enum asset_role role = 0; role < ROLE_COUNT; role++) {
        struct condition_key is = condition_key(judged->asset, role);
        const struct condition_key *was = &key->conditions[role];
        if (is.point == was->point && is.comparison == was->comparison && is.value == was->value)
            judged->conditions[role] = read->conditions[role];
    }
    take_asset_events(judged, read, turn);
}

static void
load_asset(struct load *load)
{
    struct watch_list *list = &load->assess->list;
    struct asset_key key = {0};
    struct judged_asset read = {0};
    exchange_asset(&load->exchange, &key, &read);
    if (!load->turn)
        return;
    for (uint32_t i = 0; i < list->asset_count; i++)
        if (!strcmp(list->assets[i].asset->name, key.name)) {
            take_asset(&list->assets[i], &key, &read, load->turn);
            return;
        }
    const struct asset gone = {.name = key.name};
    read.asset = &gone;
    for (enum asset_event which = 0; which < ASSET_EVENT_COUNT; which++)
        judge_bypass_drop(&read, which, load->turn);
}

/* ---- the whole ---- */

void
state_save(const struct assess *assess, struct buf *buf)
{
    struct exchange exchange = {.out = buf};
    struct stamp last = assess->last;
    exchange_array(&exchange, 7);
    exchange_natural(&exchange, STATE_VERSION, STATE_VERSION);
    exchange_natural(&exchange, assess->opened, UINT64_MAX);
    exchange_stamp(&exchange, &last);
    exchange_count(&exchange, assess->site->device_count);
    for (unsigned i = 0; i < assess->site->device_count; i++)
        save_device(&exchange, &assess->aggregates[i]);
    save_series(&exchange, &assess->list);
    save_limits(&exchange, &assess->list);
    exchange_count(&exchange, assess->list.asset_count);
    for (uint32_t i = 0; i < assess->list.asset_count; i++)
        save_asset(&exchange, &assess->list.assets[i]);
}

/* Most that each entry can take: heads and 64-bit numbers at 9 bytes, small numbers at 1. */
size_t
state_size(const struct assess *assess)
{
    const struct watch_list *list = &assess->list;
    return 128 + 640 * (size_t)assess->site->device_count +
           256 * (size_t)assess->site->point_count + 640 * (size_t)list->count +
           (SUBJECT_SIZE + 512) * (size_t)list->limit_count +
           (SUBJECT_SIZE + 1536) * (size_t)list->asset_count;
}

static void
load_each(struct load *load, void (*entry)(struct load *load))
{
    size_t count = exchange_count(&load->exchange, 0);
    for (size_t i = 0; i < count && is_intact(load); i++)
        entry(load);
}

static bool
read_state(struct assess *assess, const void *state, size_t length,
           const struct assess_outlet *outlet)
{
    struct cbor_cursor cursor;
    struct stamp last = {0};
    struct load load = {.assess = assess, .exchange.in = &cursor};
    cbor_cursor_init(&cursor, state, length);
    exchange_array(&load.exchange, 7);
    if (exchange_natural(&load.exchange, 0, UINT64_MAX) != STATE_VERSION)
        return false;
    uint64_t opened = exchange_natural(&load.exchange, 0, UINT64_MAX);
    exchange_stamp(&load.exchange, &last);
    struct turn turn = {&last, outlet, &assess->opened};
    if (outlet) {
        assess->opened = opened;
        assess->last = last;
        load.turn = &turn;
    }
    load_each(&load, load_device);
    load_each(&load, load_series);
    load_each(&load, load_limit);
    load_each(&load, load_asset);
    return !cursor.failed && cursor.left == 0;
}

int
state_load(struct assess *assess, const void *state, size_t length,
           const struct assess_outlet *outlet)
{
    if (!read_state(assess, state, length, NULL))
        return -EINVAL;
    read_state(assess, state, length, outlet);
    return 0;
}

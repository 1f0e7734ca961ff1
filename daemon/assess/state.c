/* The state as deterministic CBOR, version 2: an array of
 *
 *   1, events opened so far, stamp of the newest call,
 *   devices: [number, periods: exchange_periods.c]
 *   series:  [point number, readings]
 *   limits:  state_limits.c
 *   assets:  state_assets.c
 *   evidence: [asset, course: evidence.c]
 *
 * with the field lists of exchange.c; order is that of the site. Numbers are the store's registry
 * numbers, so that a renamed point keeps its periods and a point of another meaning starts anew. A
 * limit is the same when all that stands before its hold is; a condition likewise.
 *
 * Loading reads the whole state twice: first only to see that it is whole, then for good. */
#include "daemon/assess/state.h"

#include "daemon/assess/exchange.h"
#include "daemon/assess/exchange_periods.h"
#include "daemon/assess/state_parts.h"

#include <errno.h>
#include <string.h>

#define SUBJECT_SIZE 256

static bool
is_intact(const struct state_load *load)
{
    return !load->exchange.in->failed;
}

/* ---- devices ---- */

static void
save_device(struct exchange *exchange, const struct aggregate *aggregate)
{
    exchange_array(exchange, 2);
    exchange_natural(exchange, aggregate->device->number, UINT32_MAX);
    exchange_periods_save(exchange, aggregate);
}

static struct aggregate *
find_aggregate(const struct assess *assess, uint64_t number)
{
    for (unsigned i = 0; i < assess->site->device_count; i++)
        if (assess->site->devices[i].number == number)
            return &assess->aggregates[i];
    return NULL;
}

static void
load_device(struct state_load *load)
{
    exchange_array(&load->exchange, 2);
    uint64_t number = exchange_natural(&load->exchange, 0, UINT32_MAX);
    exchange_periods_load(&load->exchange,
                          load->turn ? find_aggregate(load->assess, number) : NULL);
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
load_series(struct state_load *load)
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

/* ---- evidence ---- */

static uint16_t
course_count(const struct evidence_keeper *keeper)
{
    return keeper->courses ? keeper->site->asset_count : 0;
}

static void
save_courses(struct exchange *exchange, const struct evidence_keeper *keeper)
{
    size_t count = 0;
    for (uint16_t i = 0; i < course_count(keeper); i++)
        count += keeper->courses[i].running;
    exchange_count(exchange, count);
    for (uint16_t i = 0; i < course_count(keeper); i++) {
        struct evidence_course copy = keeper->courses[i];
        char name[SUBJECT_SIZE] = "";
        if (!copy.running)
            continue;
        strncpy(name, copy.asset->name, sizeof name - 1);
        exchange_array(exchange, 2);
        exchange_text(exchange, name, sizeof name);
        evidence_exchange(exchange, &copy);
    }
}

static size_t
courses_size(const struct evidence_keeper *keeper)
{
    size_t size = 16;
    for (uint16_t i = 0; i < course_count(keeper); i++)
        size += SUBJECT_SIZE + evidence_state_size(keeper->courses[i].asset);
    return size;
}

static void
load_course(struct state_load *load)
{
    struct evidence_keeper *keeper = &load->assess->evidence;
    struct evidence_course *course = NULL;
    char name[SUBJECT_SIZE] = "";
    exchange_array(&load->exchange, 2);
    exchange_text(&load->exchange, name, sizeof name);
    for (uint16_t i = 0; load->turn && i < course_count(keeper); i++)
        if (!strcmp(keeper->courses[i].asset->name, name))
            course = &keeper->courses[i];
    evidence_exchange(&load->exchange, course);
}

/* ---- the whole ---- */

void
state_save(const struct assess *assess, struct buf *buf)
{
    struct exchange exchange = {.out = buf};
    struct stamp last = assess->last;
    exchange_array(&exchange, 9);
    exchange_natural(&exchange, STATE_VERSION, STATE_VERSION);
    exchange_natural(&exchange, assess->opened, UINT64_MAX);
    exchange_stamp(&exchange, &last);
    exchange_count(&exchange, assess->site->device_count);
    for (unsigned i = 0; i < assess->site->device_count; i++)
        save_device(&exchange, &assess->aggregates[i]);
    save_series(&exchange, &assess->list);
    state_save_limits(&exchange, &assess->list);
    state_save_assets(&exchange, &assess->judges);
    save_courses(&exchange, &assess->evidence);
    qualify_save(&exchange, &assess->qualify);
}

/* Most that each entry can take: heads and 64-bit numbers at 9 bytes, small numbers at 1. */
size_t
state_size(const struct assess *assess)
{
    const struct watch_list *list = &assess->list;
    size_t periods = 0;
    for (unsigned i = 0; i < assess->site->device_count; i++)
        periods += 8 + exchange_periods_size(&assess->site->devices[i]);
    return 128 + periods + 640 * (size_t)list->count +
           (SUBJECT_SIZE + 512) * (size_t)list->limit_count + qualify_state_size(&assess->qualify) +
           state_assets_size(&assess->judges) + courses_size(&assess->evidence);
}

static void
load_each(struct state_load *load, void (*entry)(struct state_load *load))
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
    struct state_load load = {.assess = assess, .exchange.in = &cursor};
    cbor_cursor_init(&cursor, state, length);
    exchange_array(&load.exchange, 9);
    if (exchange_natural(&load.exchange, 0, UINT64_MAX) != STATE_VERSION)
        return false;
    uint64_t opened = exchange_natural(&load.exchange, 0, UINT64_MAX);
    exchange_stamp(&load.exchange, &last);
    struct turn turn = state_turn(assess, &last, outlet);
    if (outlet) {
        assess->opened = opened;
        assess->last = last;
        load.turn = &turn;
    }
    load_each(&load, load_device);
    load_each(&load, load_series);
    load_each(&load, state_load_limit);
    state_load_assets(&load);
    load_each(&load, load_course);
    qualify_load(&load.exchange, load.turn ? &assess->qualify : NULL);
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

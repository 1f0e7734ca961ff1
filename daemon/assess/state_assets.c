/* The assets' part of the state:
 *
 *   [name, print, production, treatment, derived, newest, judges]
 *
 *   print    what the asset is judged by, as a number: where it differs, conditions and what judges
 *            learned begin anew
 *   derived  what derivations remember, by point number
 *   newest   [point number, number, quality, stamp] of the points the asset looks at
 *   judges   [name, findings: [kind, subject, point number, hold, event], own state]
 *
 * A part that does not read well is left as new; an open event that nobody holds any more is closed
 * with the reason "configuration". */
#include "daemon/assess/state_parts.h"

#include "daemon/assess/exchange.h"

#include <string.h>

#define NAME_SIZE 256

static uint64_t
mix(uint64_t print, uint64_t value)
{
    return (print ^ value) * 0x100000001b3ULL;
}

/* The site's words about the asset, and the identity of every point it looks at. */
static uint64_t
print_of(const struct asset *asset)
{
    uint64_t print = mix(0xcbf29ce484222325ULL, asset->print);
    for (uint16_t d = 0; d < asset->device_count; d++)
        for (uint16_t i = 0; i < asset->devices[d]->point_count; i++)
            print = mix(print, asset->devices[d]->points[i].number);
    return print;
}

/* ---- newest readings ---- */

static void
exchange_latest(struct exchange *exchange, uint64_t *number, struct latest *latest)
{
    exchange_array(exchange, 4);
    *number = exchange_natural(exchange, *number, UINT32_MAX);
    latest->number = exchange_number(exchange, latest->number);
    latest->quality = (uint8_t)exchange_natural(exchange, latest->quality, UINT8_MAX);
    exchange_stamp(exchange, &latest->at);
}

static void
save_newest(struct exchange *exchange, const struct asset *asset, const struct latest *latest)
{
    size_t count = 0;
    for (int pass = 0; pass < 2; pass++) {
        if (pass)
            exchange_count(exchange, count);
        for (uint16_t d = 0; d < asset->device_count; d++)
            for (uint16_t i = 0; i < asset->devices[d]->point_count; i++) {
                const struct point *point = &asset->devices[d]->points[i];
                struct latest copy = latest[point->index];
                uint64_t number = point->number;
                if (!copy.seen)
                    continue;
                if (pass)
                    exchange_latest(exchange, &number, &copy);
                else
                    count++;
            }
    }
}

static const struct point *
find_point(const struct asset *asset, uint64_t number)
{
    for (uint16_t d = 0; d < asset->device_count; d++)
        for (uint16_t i = 0; i < asset->devices[d]->point_count; i++)
            if (asset->devices[d]->points[i].number == number)
                return &asset->devices[d]->points[i];
    return NULL;
}

static void
load_newest(struct exchange *exchange, const struct asset *asset, struct latest *latest)
{
    size_t count = exchange_count(exchange, 0);
    for (size_t i = 0; i < count && !exchange->in->failed; i++) {
        uint64_t number = 0;
        struct latest read = {.seen = true};
        exchange_latest(exchange, &number, &read);
        const struct point *point = asset ? find_point(asset, number) : NULL;
        if (point)
            latest[point->index] = read;
    }
}

/* ---- findings ---- */

struct finding_key {
    char kind[NAME_SIZE], subject[NAME_SIZE];
    uint64_t point; /* 0: none */
};

static void
exchange_finding(struct exchange *exchange, struct finding_key *key, struct finding *finding)
{
    exchange_array(exchange, 5);
    exchange_text(exchange, key->kind, sizeof key->kind);
    exchange_text(exchange, key->subject, sizeof key->subject);
    key->point = exchange_natural(exchange, key->point, UINT32_MAX);
    exchange_hold(exchange, &finding->hold);
    exchange_event(exchange, &finding->event);
}

static bool
is_quiet(const struct finding *finding)
{
    return finding->event.stage == EVENT_IDLE && !finding->hold.running;
}

static void
save_findings(struct exchange *exchange, const struct judge_seat *seat)
{
    size_t count = 0;
    for (uint16_t i = 0; i < seat->finding_count; i++)
        count += !is_quiet(&seat->findings[i]);
    exchange_count(exchange, count);
    for (uint16_t i = 0; i < seat->finding_count; i++) {
        struct finding copy = seat->findings[i];
        struct finding_key key = {.point = copy.point ? copy.point->number : 0};
        if (is_quiet(&copy))
            continue;
        strncpy(key.kind, copy.kind, sizeof key.kind - 1);
        strncpy(key.subject, copy.subject, sizeof key.subject - 1);
        exchange_finding(exchange, &key, &copy);
    }
}

/* Nobody judges it any more. */
static void
drop(const struct finding_key *key, struct finding *read, const struct turn *turn)
{
    struct event draft;
    read->kind = key->kind;
    read->subject = key->subject;
    read->averaging = "";
    if (!finding_is_open(read))
        return;
    finding_draft(read, turn->at, &draft);
    events_add_text(&draft, "reason", "configuration");
    events_record(&read->event, &draft, PHASE_CLOSED, NULL, turn);
}

static void
take_finding(struct judge_seat *seat, const struct finding_key *key, struct finding *read,
             const struct turn *turn)
{
    for (uint16_t i = 0; seat && i < seat->finding_count; i++) {
        struct finding *finding = &seat->findings[i];
        if (strcmp(finding->kind, key->kind) != 0 || strcmp(finding->subject, key->subject) != 0)
            continue;
        finding->hold = read->hold;
        finding->event = read->event;
        const struct point *point = key->point ? find_point(seat->asset, key->point) : NULL;
        if (point) /* else what the site says it is about now */
            finding->point = point;
        return;
    }
    drop(key, read, turn);
}

static void
load_findings(struct exchange *exchange, struct judge_seat *seat, const struct turn *turn)
{
    size_t count = exchange_count(exchange, 0);
    for (size_t i = 0; i < count && !exchange->in->failed; i++) {
        struct finding_key key = {.point = 0};
        struct finding read = {.limit = 0};
        exchange_finding(exchange, &key, &read);
        if (turn && !exchange->in->failed)
            take_finding(seat, &key, &read, turn);
    }
}

/* ---- judges ---- */

static void
save_seats(struct exchange *exchange, const struct judged_asset *judged)
{
    size_t count = 0;
    for (unsigned i = 0; i < JUDGE_COUNT; i++)
        count += judged->seats[i].finding_count > 0;
    exchange_count(exchange, count);
    for (unsigned i = 0; i < JUDGE_COUNT; i++) {
        struct judge_seat seat = judged->seats[i];
        char name[NAME_SIZE] = "";
        if (!seat.finding_count)
            continue;
        strncpy(name, JUDGES[i]->name, sizeof name - 1);
        exchange_array(exchange, 3);
        exchange_text(exchange, name, sizeof name);
        save_findings(exchange, &seat);
        if (JUDGES[i]->exchange)
            JUDGES[i]->exchange(&seat, exchange);
        else
            exchange_array(exchange, 0);
    }
}

static int
find_judge(const struct judged_asset *judged, const char *name)
{
    for (unsigned i = 0; judged && i < JUDGE_COUNT; i++)
        if (!strcmp(JUDGES[i]->name, name) && judged->seats[i].finding_count)
            return (int)i;
    return -1;
}

/* A judge reads from a cursor of its own: what it cannot read costs nobody else anything. */
static void
load_own(const struct judge *judge, struct judge_seat *seat, struct cbor_cursor cursor)
{
    struct exchange exchange = {.in = &cursor};
    judge->exchange(seat, &exchange);
    if (!cursor.failed)
        return;
    memset(seat->state, 0, seat->state_size);
    memset(seat->findings, 0, seat->finding_count * sizeof *seat->findings);
    judge->init(seat, NULL);
}

static void
load_seat(struct state_load *load, struct judged_asset *judged, bool same)
{
    struct exchange *exchange = &load->exchange;
    char name[NAME_SIZE] = "";
    exchange_array(exchange, 3);
    exchange_text(exchange, name, sizeof name);
    int at = load->turn ? find_judge(judged, name) : -1;
    struct cbor_cursor findings = *exchange->in;
    cbor_skip(exchange->in);
    if (at >= 0 && (same || JUDGES[at]->keeps) && JUDGES[at]->exchange)
        load_own(JUDGES[at], &judged->seats[at], *exchange->in);
    cbor_skip(exchange->in);
    struct exchange again = {.in = &findings};
    load_findings(&again, at >= 0 ? &judged->seats[at] : NULL, load->turn);
    exchange->in->failed |= findings.failed;
}

/* ---- assets ---- */

static void
save_asset(struct exchange *exchange, const struct judges *judges,
           const struct judged_asset *judged)
{
    struct judged_asset copy = *judged;
    char name[NAME_SIZE] = "";
    strncpy(name, judged->asset->name, sizeof name - 1);
    exchange_array(exchange, 7);
    exchange_text(exchange, name, sizeof name);
    exchange_natural(exchange, print_of(judged->asset), UINT64_MAX);
    exchange_condition(exchange, &copy.production);
    exchange_condition(exchange, &copy.treatment);
    derive_exchange(&copy.derive, exchange);
    save_newest(exchange, judged->asset, judges->latest);
    save_seats(exchange, judged);
}

static struct judged_asset *
find_asset(struct judges *judges, const char *name)
{
    for (uint16_t i = 0; i < judges->asset_count; i++)
        if (!strcmp(judges->assets[i].asset->name, name))
            return &judges->assets[i];
    return NULL;
}

static void
load_asset(struct state_load *load)
{
    struct exchange *exchange = &load->exchange;
    struct judges *judges = &load->assess->judges;
    struct judged_asset none = {.asset = NULL};
    char name[NAME_SIZE] = "";
    exchange_array(exchange, 7);
    exchange_text(exchange, name, sizeof name);
    struct judged_asset *judged = load->turn ? find_asset(judges, name) : NULL;
    uint64_t print = exchange_natural(exchange, 0, UINT64_MAX);
    bool same = judged && print_of(judged->asset) == print;
    struct judged_asset *target = same ? judged : &none;
    exchange_condition(exchange, &target->production);
    exchange_condition(exchange, &target->treatment);
    derive_exchange(judged ? &judged->derive : &none.derive, exchange);
    load_newest(exchange, judged ? judged->asset : NULL, judges->latest);
    size_t count = exchange_count(exchange, 0);
    for (size_t i = 0; i < count && !exchange->in->failed; i++)
        load_seat(load, judged, same);
}

void
state_save_assets(struct exchange *exchange, const struct judges *judges)
{
    exchange_count(exchange, judges->asset_count);
    for (uint16_t i = 0; i < judges->asset_count; i++)
        save_asset(exchange, judges, &judges->assets[i]);
}

void
state_load_assets(struct state_load *load)
{
    size_t count = exchange_count(&load->exchange, 0);
    for (size_t i = 0; i < count && !load->exchange.in->failed; i++)
        load_asset(load);
}

size_t
state_assets_size(const struct judges *judges)
{
    size_t size = 16;
    for (uint16_t i = 0; i < judges->asset_count; i++) {
        const struct judged_asset *judged = &judges->assets[i];
        size += 512 + NAME_SIZE + 160 * (size_t)judged->derive.scan.count +
                derive_saved_size(&judged->derive);
        for (uint16_t d = 0; d < judged->asset->device_count; d++)
            size += 64 * (size_t)judged->asset->devices[d]->point_count;
        for (unsigned j = 0; j < JUDGE_COUNT; j++)
            size += NAME_SIZE + judged->seats[j].state_size * 4 +
                    (2 * NAME_SIZE + 448) * (size_t)judged->seats[j].finding_count;
    }
    return size;
}

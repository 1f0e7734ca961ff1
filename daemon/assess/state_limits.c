/* The limits' part of the state, an array a limit:
 *
 *   subject, point number, kind, side, averaging, value, print of dates and `when`,
 *   hold, event, periods, first, last, newest readings beyond,
 *   month: [start, hours, kept], mode: [on, since, until],
 *   waiting: [waits, start, end, valid, mean, has corrected mean, corrected mean],
 *   corrected mean of the newest verdict,
 *   seen: [reading, mean, start] for each condition
 *
 * A limit is the same when all that stands before its hold is. Those that know nothing are left
 * out. */
#include "daemon/assess/state_parts.h"

#include <math.h>
#include <string.h>

#define SUBJECT_SIZE 256

struct limit_key {
    char subject[SUBJECT_SIZE];
    uint64_t point, print;
    struct limit limit; /* kind, side, averaging, value */
};

static uint64_t
mix(uint64_t print, const void *data, size_t length)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < length; i++) /* FNV-1a */
        print = (print ^ bytes[i]) * 0x100000001b3ULL;
    return print;
}

/* Of what else tells two limits apart; by numbers of points, which outlive the site file. */
static uint64_t
print_of(const struct limit *limit)
{
    const int64_t dates[] = {limit->valid_from_utc_ms, limit->valid_until_utc_ms};
    uint64_t print = mix(0xcbf29ce484222325ULL, dates, sizeof dates);
    for (uint8_t i = 0; i < limit->when_count; i++) {
        const struct limit_when *when = &limit->whens[i];
        const uint32_t numbers[] = {when->point ? when->point->number : 0, when->comparison,
                                    when->or_equal, when->modes};
        print = mix(print, numbers, sizeof numbers);
        print = mix(print, &when->value, sizeof when->value);
    }
    return print;
}

static void
exchange_key(struct exchange *exchange, struct limit_key *key)
{
    struct limit *limit = &key->limit;
    exchange_text(exchange, key->subject, sizeof key->subject);
    key->point = exchange_natural(exchange, key->point, UINT32_MAX);
    limit->kind = (enum limit_kind)exchange_natural(exchange, limit->kind, LIMIT_WARNING);
    limit->side = (enum limit_side)exchange_natural(exchange, limit->side, SIDE_BELOW);
    limit->averaging = (enum averaging)exchange_natural(exchange, limit->averaging,
                                                        AVERAGING_SINGLE);
    limit->value = exchange_number(exchange, limit->value);
    key->print = exchange_natural(exchange, key->print, UINT64_MAX);
}

static void
exchange_waiting(struct exchange *exchange, struct judged_limit *judged)
{
    struct statistic *pending = &judged->pending;
    exchange_array(exchange, 7);
    judged->waiting = exchange_flag(exchange, judged->waiting);
    pending->start_utc_ms = exchange_integer(exchange, pending->start_utc_ms);
    pending->end_utc_ms = exchange_integer(exchange, pending->end_utc_ms);
    pending->is_valid = exchange_flag(exchange, pending->is_valid);
    pending->mean = exchange_number(exchange, pending->mean);
    pending->has_corrected_mean = exchange_flag(exchange, pending->has_corrected_mean);
    pending->corrected_mean = exchange_number(exchange, pending->corrected_mean);
}

static void
exchange_months(struct exchange *exchange, struct judged_limit *judged)
{
    struct limit_month *month = &judged->month;
    struct limit_mode *mode = &judged->mode;
    exchange_array(exchange, 3);
    month->start_utc_ms = exchange_integer(exchange, month->start_utc_ms);
    month->hours = (uint32_t)exchange_natural(exchange, month->hours, UINT32_MAX);
    month->kept = (uint32_t)exchange_natural(exchange, month->kept, UINT32_MAX);
    exchange_array(exchange, 3);
    mode->on = exchange_flag(exchange, mode->on);
    mode->since_utc_ms = exchange_integer(exchange, mode->since_utc_ms);
    mode->until_utc_ms = exchange_integer(exchange, mode->until_utc_ms);
}

static size_t
exchange_seen(struct exchange *exchange, struct limit_seen *seen, size_t count)
{
    count = exchange_count(exchange, count);
    for (size_t i = 0; i < count && i < LIMIT_WHENS; i++) {
        exchange_array(exchange, 3);
        seen[i].reading = exchange_number(exchange, seen[i].reading);
        seen[i].mean = exchange_number(exchange, seen[i].mean);
        seen[i].start_utc_ms = exchange_integer(exchange, seen[i].start_utc_ms);
    }
    return count;
}

/* judged->seen has room for LIMIT_WHENS. */
static void
exchange_limit(struct exchange *exchange, struct limit_key *key, struct judged_limit *judged,
               size_t *seen_count)
{
    exchange_array(exchange, 18);
    exchange_key(exchange, key);
    exchange_hold(exchange, &judged->finding.hold);
    exchange_event(exchange, &judged->finding.event);
    judged->periods = (uint32_t)exchange_natural(exchange, judged->periods, UINT32_MAX);
    judged->first_utc_ms = exchange_integer(exchange, judged->first_utc_ms);
    judged->last_utc_ms = exchange_integer(exchange, judged->last_utc_ms);
    judged->beyond = exchange_natural(exchange, judged->beyond, UINT64_MAX);
    exchange_months(exchange, judged);
    exchange_waiting(exchange, judged);
    judged->corrected_mean = exchange_number(exchange, judged->corrected_mean);
    *seen_count = exchange_seen(exchange, judged->seen, *seen_count);
}

static bool
is_quiet(const struct judged_limit *judged)
{
    return judged->finding.event.stage == EVENT_IDLE && !judged->finding.hold.running &&
           !judged->beyond && !judged->month.hours && !judged->conditional && !judged->waiting;
}

static void
save_limit(struct exchange *exchange, const struct judged_limit *judged)
{
    struct judged_limit copy = *judged;
    struct limit_seen seen[LIMIT_WHENS];
    size_t seen_count = judged->limit->when_count;
    struct limit_key key = {.point = judged->limit->point->number,
                            .print = print_of(judged->limit),
                            .limit = *judged->limit};
    strncpy(key.subject, judged->finding.subject, sizeof key.subject - 1);
    if (seen_count)
        memcpy(seen, judged->seen, seen_count * sizeof *seen);
    copy.seen = seen;
    exchange_limit(exchange, &key, &copy, &seen_count);
}

void
state_save_limits(struct exchange *exchange, const struct watch_list *list)
{
    size_t count = 0;
    for (uint32_t i = 0; i < list->limit_count; i++)
        count += !is_quiet(&list->limits[i]);
    exchange_count(exchange, count);
    for (uint32_t i = 0; i < list->limit_count; i++)
        if (!is_quiet(&list->limits[i]))
            save_limit(exchange, &list->limits[i]);
}

/* Fixed parts at most 9 bytes a number and the texts of an event, then 30 a condition. */
size_t
state_limits_size(const struct watch_list *list)
{
    size_t size = (SUBJECT_SIZE + 768) * (size_t)list->limit_count;
    for (uint32_t i = 0; i < list->limit_count; i++)
        size += 30 * (size_t)list->limits[i].limit->when_count;
    return size;
}

static bool
is_same_limit(const struct judged_limit *judged, const struct limit_key *key)
{
    const struct limit *a = judged->limit, *b = &key->limit;
    return !strcmp(judged->finding.subject, key->subject) && a->point->number == key->point &&
           a->kind == b->kind && a->side == b->side && a->averaging == b->averaging &&
           a->value == b->value && print_of(a) == key->print;
}

static const struct point *
find_point(const struct site *site, uint64_t number)
{
    for (uint32_t i = 0; i < site->point_count; i++)
        if (site->points[i].number == number)
            return &site->points[i];
    return NULL;
}

/* Nobody judges it any more. */
static void
drop_limit(struct state_load *load, const struct limit_key *key, struct judged_limit *read)
{
    static const struct asset none = {.name = ""};
    struct judged_limit old;
    struct limit limit = key->limit;
    struct event draft;
    limit.asset = &none;
    limit.point = find_point(load->assess->site, key->point);
    judge_limit_init(&old, &limit, key->subject, NULL, NULL);
    old.finding.event = read->finding.event;
    old.periods = read->periods;
    if (!finding_is_open(&old.finding))
        return;
    finding_draft(&old.finding, load->turn->at, &draft);
    draft.detail_count = 0;
    events_detail_text(&draft, "reason", "configuration");
    events_record(&old.finding.event, &draft, PHASE_CLOSED, NULL, load->turn);
}

static void
take_over(struct judged_limit *judged, const struct judged_limit *read, size_t seen_count)
{
    judged->finding.hold = read->finding.hold;
    judged->finding.event = read->finding.event;
    judged->periods = read->periods;
    judged->first_utc_ms = read->first_utc_ms;
    judged->last_utc_ms = read->last_utc_ms;
    judged->beyond = read->beyond;
    judged->month = read->month;
    judged->mode = read->mode;
    judged->waiting = read->waiting;
    judged->pending = read->pending;
    judged->corrected_mean = read->corrected_mean;
    if (seen_count && seen_count == judged->limit->when_count)
        memcpy(judged->seen, read->seen, seen_count * sizeof *read->seen);
}

void
state_load_limit(struct state_load *load)
{
    struct limit_key key = {.point = 0};
    struct limit_seen seen[LIMIT_WHENS];
    struct judged_limit read = {.seen = seen};
    struct watch_list *list = &load->assess->list;
    size_t seen_count = 0;
    exchange_limit(&load->exchange, &key, &read, &seen_count);
    for (uint32_t i = 0; load->turn && i < list->limit_count; i++)
        if (is_same_limit(&list->limits[i], &key)) {
            take_over(&list->limits[i], &read, seen_count);
            return;
        }
    if (load->turn)
        drop_limit(load, &key, &read);
}

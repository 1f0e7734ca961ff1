#include "ctl/replay_statistics.h"

#include "base/calendar.h"
#include "ctl/replay_events.h"
#include "ctl/replay_track.h"

#include <stdio.h>
#include <stdlib.h>

#define BUCKETS 65536
#define NONE    UINT32_MAX
#define STARTS  64   /* the newest that are remembered */
#define JUST_MS 4000 /* a tick, and the 2 s after which a period is closed */

enum { TRACK_PERIOD, TRACK_MINUTE, TRACKS };

/* One that waits for its counterpart. */
struct waiting {
    struct statistic statistic;
    int64_t seen_utc_ms;
    bool is_found; /* by the replay; else stored */
    uint32_t next; /* of its bucket, or of the free ones */
};

struct statistics {
    const struct replay_map *map;
    const struct replay_span *span;
    struct replay_print *print;
    struct replay_summary *summary;
    struct replay_track tracks[TRACKS];
    struct waiting *waiting;
    uint32_t capacity, used, free;
    uint32_t buckets[BUCKETS];
    int64_t now_utc_ms, swept_utc_ms;
    int64_t starts_utc_ms[STARTS];
    uint32_t start_count;
    bool failed;
};

struct statistics *
statistics_open(const char *file, const struct replay_map *map, const struct replay_span *span,
                struct replay_print *print, struct replay_summary *summary)
{
    static const enum stream STREAMS[TRACKS] = {STREAM_PERIOD, STREAM_MINUTE};
    struct statistics *statistics = calloc(1, sizeof *statistics);

    if (statistics == NULL)
        return NULL;
    statistics->map = map;
    statistics->span = span;
    statistics->print = print;
    statistics->summary = summary;
    statistics->free = NONE;
    for (uint32_t i = 0; i < BUCKETS; i++)
        statistics->buckets[i] = NONE;
    for (int i = 0; i < TRACKS; i++) {
        if (replay_track_open(&statistics->tracks[i], file, STREAMS[i], span->from_utc_ms,
                              span->end_utc_ms) != 0) {
            statistics_close(statistics);
            return NULL;
        }
        replay_track_next(&statistics->tracks[i]);
    }
    return statistics;
}

void
statistics_close(struct statistics *statistics)
{
    if (statistics == NULL)
        return;
    for (int i = 0; i < TRACKS; i++)
        replay_track_close(&statistics->tracks[i]);
    free(statistics->waiting);
    free(statistics);
}

bool
statistics_failed(const struct statistics *statistics)
{
    return statistics->failed || statistics->tracks[TRACK_PERIOD].failed ||
           statistics->tracks[TRACK_MINUTE].failed;
}

/* ---- those that wait ---- */

static uint32_t *
bucket_of(struct statistics *statistics, const struct statistic *statistic)
{
    uint64_t key = (uint64_t)statistic->start_utc_ms / 1000 * 31 + statistic->point->index;

    key = (key * 8 + (uint64_t)statistic->period) * 0x9e3779b97f4a7c15ULL;
    return &statistics->buckets[key >> 48];
}

static bool
is_same_period(const struct statistic *left, const struct statistic *right)
{
    return left->point == right->point && left->period == right->period &&
           left->start_utc_ms == right->start_utc_ms && left->revision == right->revision;
}

static void
give_back(struct statistics *statistics, uint32_t *link)
{
    uint32_t at = *link;

    *link = statistics->waiting[at].next;
    statistics->waiting[at].next = statistics->free;
    statistics->free = at;
}

static uint32_t
take_place(struct statistics *statistics)
{
    uint32_t at = statistics->free;

    if (at != NONE) {
        statistics->free = statistics->waiting[at].next;
        return at;
    }
    if (statistics->used == statistics->capacity) {
        uint32_t capacity = statistics->capacity == 0 ? 4096 : statistics->capacity * 2;
        struct waiting *more = realloc(statistics->waiting, capacity * sizeof *more);
        if (more == NULL)
            return NONE;
        statistics->waiting = more;
        statistics->capacity = capacity;
    }
    return statistics->used++;
}

static void
wait(struct statistics *statistics, const struct statistic *statistic, bool is_found)
{
    uint32_t *bucket = bucket_of(statistics, statistic);
    uint32_t at = take_place(statistics);

    statistics->failed |= at == NONE;
    if (at == NONE)
        return;
    statistics->waiting[at] = (struct waiting){.statistic = *statistic,
                                               .seen_utc_ms = statistics->now_utc_ms,
                                               .is_found = is_found,
                                               .next = *bucket};
    *bucket = at;
}

/* ---- comparing ---- */

static bool
is_equal(const struct statistic *left, const struct statistic *right)
{
    return replay_is_same_number(left->mean, right->mean) &&
           replay_is_same_number(left->min, right->min) &&
           replay_is_same_number(left->max, right->max) && left->count == right->count &&
           left->valid == right->valid && left->expected == right->expected &&
           left->letter == right->letter;
}

static void
tell(struct statistics *statistics, const struct statistic *stored, const struct statistic *found)
{
    const struct point *point = (stored != NULL ? stored : found)->point;
    struct replay_summary *summary = statistics->summary;
    char name[200];

    snprintf(name, sizeof name, "%s.%s", point->device->name, point->name);
    *(stored == NULL  ? &summary->statistics_new
      : found == NULL ? &summary->statistics_missing
                      : &summary->statistics_other) += 1;
    replay_print_statistic(statistics->print, name, stored, found);
}

static bool
is_wanted(const struct statistics *statistics, const struct statistic *statistic)
{
    const struct replay_span *span = statistics->span;

    return statistic->start_utc_ms >= span->from_utc_ms &&
           statistic->end_utc_ms <= span->until_utc_ms &&
           statistics->map->is_stored[statistic->point->index];
}

static void
meet(struct statistics *statistics, const struct statistic *statistic, bool is_found)
{
    uint32_t *link = bucket_of(statistics, statistic);

    for (; *link != NONE; link = &statistics->waiting[*link].next) {
        const struct waiting *other = &statistics->waiting[*link];
        if (other->is_found == is_found || !is_same_period(&other->statistic, statistic))
            continue;
        if (!is_equal(&other->statistic, statistic))
            tell(statistics, is_found ? &other->statistic : statistic,
                 is_found ? statistic : &other->statistic);
        give_back(statistics, link);
        return;
    }
    wait(statistics, statistic, is_found);
}

void
statistics_find(struct statistics *statistics, const struct statistic *found)
{
    if (is_wanted(statistics, found))
        meet(statistics, found, true);
}

void
statistics_start(struct statistics *statistics, int64_t utc_ms)
{
    statistics->starts_utc_ms[statistics->start_count++ % STARTS] = utc_ms;
}

/* An empty period before a start. */
static bool
is_chance(const struct statistics *statistics, const struct statistic *one)
{
    for (uint32_t i = 0; one->count == 0 && i < STARTS && i < statistics->start_count; i++) {
        int64_t start_utc_ms = statistics->starts_utc_ms[i];
        if (start_utc_ms >= one->end_utc_ms && start_utc_ms < one->end_utc_ms + JUST_MS)
            return true;
    }
    return false;
}

static void
tell_alone(struct statistics *statistics, const struct waiting *one)
{
    if (is_chance(statistics, &one->statistic))
        return;
    tell(statistics, one->is_found ? NULL : &one->statistic,
         one->is_found ? &one->statistic : NULL);
}

/* Tells and forgets those of a bucket that have waited since before seen_utc_ms, of periods ended
 * by end_utc_ms. */
static void
sweep_bucket(struct statistics *statistics, uint32_t *link, int64_t seen_utc_ms, int64_t end_utc_ms)
{
    while (*link != NONE) {
        const struct waiting *one = &statistics->waiting[*link];
        if (one->seen_utc_ms >= seen_utc_ms) {
            link = &statistics->waiting[*link].next;
            continue;
        }
        if (one->statistic.end_utc_ms <= end_utc_ms)
            tell_alone(statistics, one);
        give_back(statistics, link);
    }
}

static void
sweep(struct statistics *statistics, int64_t seen_utc_ms, int64_t end_utc_ms)
{
    for (uint32_t i = 0; i < BUCKETS; i++)
        sweep_bucket(statistics, &statistics->buckets[i], seen_utc_ms, end_utc_ms);
}

/* ---- what the store holds ---- */

static void
take_record(struct statistics *statistics, const struct record_statistic *record)
{
    struct statistic stored = {.point = replay_map_point(statistics->map, record->point),
                               .period = record->period,
                               .start_utc_ms = record->start_utc_ms,
                               .end_utc_ms = record->end_utc_ms,
                               .revision = record->revision,
                               .min = record->min,
                               .max = record->max,
                               .mean = record->mean,
                               .sum = record->sum,
                               .count = record->count,
                               .valid = record->valid,
                               .expected = record->expected,
                               .letter = record->letter};

    if (stored.point == NULL) {
        statistics->summary->unknown_statistics +=
            record->start_utc_ms >= statistics->span->from_utc_ms &&
            record->end_utc_ms <= statistics->span->until_utc_ms;
        return;
    }
    if (!is_wanted(statistics, &stored))
        return;
    statistics->summary->statistics++;
    meet(statistics, &stored, false);
}

/* Takes in the record the track stands at; false where its period has not ended yet. */
static bool
take_in(struct statistics *statistics, struct replay_track *track, int64_t utc_ms)
{
    struct cbor_cursor cursor = track->body;
    struct record_statistic record;

    if (!record_take_statistic(&cursor, &record))
        return true;
    if (record.end_utc_ms > utc_ms)
        return false;
    take_record(statistics, &record);
    return true;
}

void
statistics_advance(struct statistics *statistics, int64_t utc_ms)
{
    statistics->now_utc_ms = utc_ms;
    for (int i = 0; i < TRACKS; i++)
        while (statistics->tracks[i].there && take_in(statistics, &statistics->tracks[i], utc_ms))
            replay_track_next(&statistics->tracks[i]);
    if (utc_ms < statistics->swept_utc_ms + CALENDAR_HOUR_MS)
        return;
    statistics->swept_utc_ms = utc_ms;
    sweep(statistics, utc_ms - CALENDAR_HOUR_MS, INT64_MAX);
}

void
statistics_finish(struct statistics *statistics, int64_t end_utc_ms)
{
    statistics_advance(statistics, end_utc_ms);
    sweep(statistics, INT64_MAX, end_utc_ms);
}

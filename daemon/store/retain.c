/* Retention: whole segments from the front of a stream, what is scarce from the bottom (promise 5):
 * trend, then sample, minute, period, evidence, event. At most a slice at a time; what comes
 * next takes the freed pages: the file never needs a VACUUM. */
#include "base/clock.h"
#include "base/log.h"
#include "daemon/store/store_parts.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#define SLICE        32
#define SLICE_MS     20
#define DAY_MS       86400000LL
#define DISK_RESERVE ((int64_t)32 << 20) /* free on the disk: below it the store stops growing */
#define FREE_RESERVE ((int64_t)1 << 20)  /* free in the file then */

static const enum stream FROM_THE_BOTTOM[] = {STREAM_TREND,  STREAM_SAMPLE,   STREAM_MINUTE,
                                              STREAM_PERIOD, STREAM_EVIDENCE, STREAM_EVENT};
static const char *const NAMES[] = {"", "event", "evidence", "period", "minute", "sample", "trend"};

struct cut {
    uint64_t first, last, unsent;
    const char *cause;
};

static int64_t
size_of(struct database *database)
{
    return (database_value(database, "PRAGMA page_count", 0) -
            database_value(database, "PRAGMA freelist_count", 0)) *
           database_value(database, "PRAGMA page_size", 4096);
}

/* How much of the segment some destination has not acknowledged yet: the most of any. */
static uint64_t
count_unsent(struct store *store, struct database *database, const struct segment *segment)
{
    uint64_t most = 0;

    for (size_t i = 0; i < store->destination_count; i++) {
        struct cursor cursor = {0};
        schema_get_cursor(database, store->destinations[i], segment->stream, &cursor);
        uint64_t open = cursor_count_open(&cursor, segment->last) -
                        cursor_count_open(&cursor, segment->first - 1);
        if (open > most)
            most = open;
    }
    return most;
}

static int
put_anchor(struct store *store, const struct segment *cut)
{
    char text[SEAL_TEXT];
    uint8_t signature[SEAL_SIGNATURE];
    struct seal_place place = {.last = cut->last};

    memcpy(place.chain, cut->chain, STORE_HASH);
    seal_print_anchor(store->face.gateway_id, store->face.id[0], clock_utc_ms(), cut->stream,
                      &place, text);
    if (!key_sign(store->face.key, text, strlen(text), signature))
        return 0;
    return schema_put_anchor(store->durable, cut->stream, text, signature);
}

static int
cut_segment(struct store *store, struct database *database, const struct segment *segment,
            struct cut *cut)
{
    struct head head = store->committed[segment->stream];

    head.evicted += segment->records;
    uint64_t unsent = count_unsent(store, database, segment);
    int error = schema_begin(database);
    if (error == 0)
        error = schema_cut_segment(database, segment);
    if (error == 0)
        error = schema_put_head(database, segment->stream, &head);
    if (error == 0 && database == store->durable)
        error = put_anchor(store, segment);
    if (error == 0)
        error = schema_commit(database);
    if (error != 0) {
        schema_rollback(database);
        return error;
    }
    store->committed[segment->stream] = head;
    if (cut->first == 0)
        cut->first = segment->first;
    cut->last = segment->last;
    cut->unsent += unsent;
    if (database == store->durable) {
        atomic_store(&store->counters.evicted_records[segment->stream], head.evicted);
    } else {
        store->lost_records += segment->records;
        store->lost_values += segment->values;
    }
    return 0;
}

static void
finish_stream(struct store *store, struct database *database, enum stream stream,
              const struct cut *cut)
{
    struct segment oldest;
    char text[EVENT_TEXT];

    if (cut->first == 0)
        return;
    int got = schema_oldest_segment(database, stream, &oldest);
    atomic_store(&store->face.oldest[stream],
                 got == 1 ? oldest.first : store->committed[stream].last + 1);
    if (cut->unsent == 0)
        return;
    snprintf(text, sizeof text, "%s %llu to %llu cut (%s), %llu of them not yet acknowledged",
             NAMES[stream], (unsigned long long)cut->first, (unsigned long long)cut->last,
             cut->cause, (unsigned long long)cut->unsent);
    store_note(store, "gap", SEVERITY_WARNING, text);
}

/* Cuts from the front while too old or too large, but for want of room never an unsent event;
 * returns how many segments went. By age only while the clock follows a time source: a clock that
 * starts in 2099 must not empty the store. */
static int
cut_stream(struct store *store, struct database *database, enum stream stream, int64_t max_size,
           int most)
{
    struct cut cut = {.cause = max_size >= 0 ? "no space left" : "older than its term"};
    int64_t keep_ms = store->keep_days[stream] * DAY_MS;
    int64_t oldest_utc_ms = clock_is_synchronised() ? clock_utc_ms() - keep_ms : INT64_MIN;
    struct segment segment;
    int count = 0;

    while (count < most && clock_mono_ms() < store->retain_until_mono_ms &&
           schema_oldest_segment(database, stream, &segment) == 1) {
        bool due = max_size >= 0 ? size_of(database) > max_size
                                 : keep_ms > 0 && segment.latest_utc_ms != 0 &&
                                       segment.latest_utc_ms < oldest_utc_ms;
        bool is_held = max_size >= 0 && stream == STREAM_EVENT &&
                       count_unsent(store, database, &segment) != 0;
        if (!due || is_held || cut_segment(store, database, &segment, &cut) != 0)
            break;
        count++;
    }
    finish_stream(store, database, stream, &cut);
    return count;
}

/* The room the store may take: where the disk itself gets full, no more than it has now, less what
 * the next records need, so that they find free pages in the file. */
static int64_t
room_for(const struct store *store, struct database *database, int64_t max_size)
{
    struct statvfs disk;

    if (database != store->durable || statvfs(store->directory, &disk) != 0 ||
        (int64_t)disk.f_bavail * (int64_t)disk.f_frsize >= DISK_RESERVE)
        return max_size;
    int64_t pages = database_value(database, "PRAGMA page_count", 0);
    int64_t now = pages * database_value(database, "PRAGMA page_size", 4096) - FREE_RESERVE;
    return now < max_size ? now : max_size;
}

bool
retain_run(struct store *store, struct database *database, int64_t max_size)
{
    int left = SLICE;

    store->retain_until_mono_ms = clock_mono_ms() + SLICE_MS;
    max_size = room_for(store, database, max_size);
    for (size_t i = 0; i < 6 && left > 0; i++)
        left -= cut_stream(store, database, FROM_THE_BOTTOM[i], -1, left);
    for (size_t i = 0; i < 6 && left > 0; i++)
        left -= cut_stream(store, database, FROM_THE_BOTTOM[i], max_size, left);
    return left < SLICE;
}

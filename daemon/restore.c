#include "daemon/restore.h"

#include "daemon/assess/declare.h"
#include "daemon/restore_scan.h"
#include "daemon/store/declared.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WALKERS 3 /* two streams of scans, and declarations among the events */

/* What is in the store behind the saved state, for recognition. */
struct known {
    enum stream stream;
    uint64_t sequence;
    uint64_t subject; /* events: hash of kind and subject; statistics and scans: the number */
    int64_t detail;   /* events: phase; evidence: opened_sequence; statistics: start; scans: mono */
    int period;       /* scans: boot */
    uint32_t revision;
    uint32_t newest_boot; /* evidence: of its last reading */
    int64_t newest_mono_ms;
    bool used;
};

struct replay {
    struct known *known;
    size_t count, capacity;
    const struct assess_outlet *live;
    const struct site *site;
    struct assess *assess;
    struct scan scan;
    struct stamp *live_now;
};

struct walker {
    enum stream stream;
    struct chunk chunk;
    struct record record;
    uint8_t *copy; /* the chunk's bytes: the reader's memory serves both walkers */
    bool there;
    uint64_t from, until;
};

static uint64_t
hash(const char *text, size_t length, uint64_t seed)
{
    for (size_t i = 0; i < length; i++)
        seed = (seed ^ (uint8_t)text[i]) * 0x100000001b3ULL;
    return seed;
}

static uint64_t
hash_event(const char *kind, size_t kind_length, const char *subject, size_t subject_length)
{
    uint64_t seed = hash(kind, kind_length, 0xcbf29ce484222325ULL);

    return hash(subject, subject_length, seed * 31);
}

/* ---- recognising ---- */

static int
remember(struct replay *replay, const struct known *known)
{
    if (replay->count == replay->capacity) {
        size_t capacity = replay->capacity == 0 ? 1024 : replay->capacity * 2;
        struct known *more = realloc(replay->known, capacity * sizeof *more);
        if (more == NULL)
            return -ENOMEM;
        replay->known = more;
        replay->capacity = capacity;
    }
    replay->known[replay->count++] = *known;
    return 0;
}

static bool
is_scan(const struct known *known)
{
    return known->stream == STREAM_SAMPLE || known->stream == STREAM_TREND;
}

/* Where the record's last reading stands. */
static bool
find_newest(const struct record_evidence *evidence, struct known *ret_known)
{
    struct cbor_cursor values = evidence->values;

    for (size_t i = 0; i < evidence->value_count && !values.failed; i++) {
        cbor_take_array(&values);
        cbor_skip(&values); /* time */
        ret_known->newest_boot = (uint32_t)cbor_take_natural(&values);
        ret_known->newest_mono_ms = cbor_take_integer(&values);
        for (int rest = 0; rest < 3; rest++)
            cbor_skip(&values);
    }
    return !values.failed;
}

static bool
describe(const struct record *record, struct known *ret_known)
{
    struct cbor_cursor cursor;
    struct record_head head;
    struct record_event event;
    struct record_evidence evidence;
    struct record_statistic statistic;
    struct record_scan scan;

    *ret_known = (struct known){.stream = record->stream, .sequence = record->sequence};
    cbor_cursor_init(&cursor, record->body, record->length);
    if (!record_take_head(&cursor, &head))
        return false;
    if (record->stream == STREAM_EVENT && record_take_event(&cursor, &event)) {
        ret_known->subject = hash_event(event.kind.text, event.kind.length, event.subject.text,
                                        event.subject.length);
        ret_known->detail = event.phase;
        return true;
    }
    if (record->stream == STREAM_EVIDENCE && record_take_evidence(&cursor, &evidence)) {
        ret_known->subject = evidence.point;
        ret_known->detail = (int64_t)evidence.opened_sequence;
        return find_newest(&evidence, ret_known);
    }
    if ((record->stream == STREAM_PERIOD || record->stream == STREAM_MINUTE) &&
        record_take_statistic(&cursor, &statistic)) {
        ret_known->subject = statistic.point;
        ret_known->detail = statistic.start_utc_ms;
        ret_known->period = (int)statistic.period;
        ret_known->revision = statistic.revision;
        return true;
    }
    if (is_scan(ret_known) && record_take_scan(&cursor, &scan)) {
        ret_known->subject = scan.device;
        ret_known->detail = head.at.mono_ms;
        ret_known->period = (int)head.at.boot;
        return true;
    }
    return false;
}

/* What was read is fed in again; only what was derived from it has to be recognised. */
static bool
is_derived(const struct replay *replay, const struct known *known)
{
    for (uint16_t i = 0; i < replay->site->device_count; i++)
        if (replay->site->devices[i].number == known->subject)
            return replay->site->devices[i].asset != NULL;
    return false;
}

static int
remember_stream(struct replay *replay, struct reader *reader, enum stream stream, uint64_t head)
{
    uint64_t until = reader_durable(reader, stream);
    uint64_t from = head + 1;
    struct chunk chunk;
    struct record record;
    struct known known;
    int error = 0;

    while (error == 0 && from <= until) {
        int got = reader_read(reader, stream, from, until, &chunk);
        if (got <= 0)
            return got;
        from = chunk.last + 1;
        while (error == 0 && chunk_next(&chunk, &record))
            if (describe(&record, &known) && !(is_scan(&known) && !is_derived(replay, &known)))
                error = remember(replay, &known);
    }
    return error;
}

/* The first unused known record that matches; streams minute and period are told apart by period.
 */
static struct known *
recognise(struct replay *replay, const struct known *wanted)
{
    for (size_t i = 0; i < replay->count; i++) {
        struct known *known = &replay->known[i];
        bool scans = is_scan(known) == is_scan(wanted);
        bool same = known->subject == wanted->subject && known->detail == wanted->detail &&
                    known->period == wanted->period && known->revision == wanted->revision;
        bool events = (known->stream == STREAM_EVENT) == (wanted->stream == STREAM_EVENT);
        if (!known->used && same && events && scans && known->stream != STREAM_EVIDENCE) {
            known->used = true;
            return known;
        }
    }
    return NULL;
}

static uint64_t
on_event(void *context, const struct event *event)
{
    struct replay *replay = context;
    struct known wanted = {.stream = STREAM_EVENT, .detail = event->phase};

    wanted.subject = hash_event(event->kind, strlen(event->kind), event->subject,
                                strlen(event->subject));
    struct known *known = recognise(replay, &wanted);
    return known != NULL ? known->sequence : replay->live->event(replay->live->context, event);
}

/* Readings of a point go out in the order of time: what lies behind the last one that is in the
 * store is missing there, however it was cut into records. */
static bool
is_stored(const struct replay *replay, const struct evidence *evidence, const struct stamp *at)
{
    for (size_t i = 0; i < replay->count; i++) {
        const struct known *known = &replay->known[i];
        if (known->stream == STREAM_EVIDENCE && known->subject == evidence->point->number &&
            known->detail == (int64_t)evidence->opened_sequence &&
            (known->newest_boot > at->boot ||
             (known->newest_boot == at->boot && known->newest_mono_ms >= at->mono_ms)))
            return true;
    }
    return false;
}

static void
on_evidence(void *context, const struct evidence *evidence)
{
    struct replay *replay = context;
    struct evidence rest = *evidence;

    while (rest.value_count > 0 && is_stored(replay, evidence, &rest.values[0].at)) {
        rest.values++;
        rest.value_count--;
    }
    if (rest.value_count > 0)
        replay->live->evidence(replay->live->context, &rest);
}

static void
on_statistic(void *context, const struct statistic *statistic)
{
    struct replay *replay = context;
    struct known wanted = {.stream = STREAM_MINUTE,
                           .subject = statistic->point->number,
                           .detail = statistic->start_utc_ms,
                           .period = (int)statistic->period,
                           .revision = statistic->revision};

    if (recognise(replay, &wanted) == NULL)
        replay->live->statistic(replay->live->context, statistic);
}

static void
on_scan(void *context, const struct scan *scan)
{
    struct replay *replay = context;
    struct known wanted = {.stream = STREAM_TREND,
                           .subject = scan->device->number,
                           .detail = scan->at.mono_ms,
                           .period = (int)scan->at.boot};

    if (recognise(replay, &wanted) == NULL)
        replay->live->scan(replay->live->context, scan);
}

/* ---- walking ---- */

/* The next record of the walker's stream, if there is one. */
static int
walk(struct walker *walker, struct reader *reader)
{
    walker->there = chunk_next(&walker->chunk, &walker->record);
    if (walker->there || walker->from > walker->until)
        return 0;
    int got = reader_read(reader, walker->stream, walker->from, walker->until, &walker->chunk);
    if (got <= 0)
        return got;
    size_t length = (size_t)(walker->chunk.end - walker->chunk.at);
    uint8_t *copy = realloc(walker->copy, length + 1);
    if (copy == NULL)
        return -ENOMEM;
    memcpy(copy, walker->chunk.at, length);
    walker->copy = copy;
    walker->chunk.at = copy;
    walker->chunk.end = copy + length;
    walker->from = walker->chunk.last + 1;
    walker->there = chunk_next(&walker->chunk, &walker->record);
    return 0;
}

static bool
is_earlier(const struct stamp *a, const struct stamp *b)
{
    return a->boot != b->boot ? a->boot < b->boot : a->mono_ms <= b->mono_ms;
}

/* The walker whose record is the earliest; NULL when all are through. */
static struct walker *
find_first(struct walker walkers[WALKERS])
{
    struct walker *first = NULL;

    for (int i = 0; i < WALKERS; i++)
        if (walkers[i].there &&
            (first == NULL || !is_earlier(&first->record.at, &walkers[i].record.at)))
            first = &walkers[i];
    return first;
}

static int
replay_scan(struct replay *replay, const struct record *record, const struct assess_outlet *outlet)
{
    if (!restore_scan(replay->site, record, &replay->scan) ||
        replay->scan.device->asset != NULL) /* derived ones are made again */
        return 0;
    *replay->live_now = replay->scan.at;
    assess_tick(replay->assess, &replay->scan.at, outlet);
    assess_again(replay->assess, &replay->scan, outlet);
    return 1;
}

/* What a person declared counts again, at its place between the readings. */
static void
replay_declaration(struct replay *replay, const struct record *record,
                   const struct assess_outlet *outlet)
{
    struct cbor_cursor cursor;
    struct record_head head;
    struct record_event event;
    struct declaration said;
    uint64_t sequence;
    char why[DECLARATION_WHY];

    cbor_cursor_init(&cursor, record->body, record->length);
    if (!record_take_head(&cursor, &head) || !record_take_event(&cursor, &event) ||
        !declaration_from_event(&event, &said))
        return;
    *replay->live_now = head.at;
    assess_declare(replay->assess, &said, &head.at, outlet, &sequence, why);
}

static int
replay_scans(struct replay *replay, struct reader *reader, struct walker walkers[WALKERS])
{
    struct assess_outlet outlet = *replay->live;
    struct walker *next;
    int scans = 0;
    int error = 0;

    outlet.event = on_event;
    outlet.evidence = on_evidence;
    outlet.statistic = on_statistic;
    outlet.scan = replay->live->scan != NULL ? on_scan : NULL;
    outlet.context = replay;
    for (int i = 0; i < WALKERS && error == 0; i++)
        error = walk(&walkers[i], reader);
    while (error == 0 && (next = find_first(walkers)) != NULL) {
        if (next->stream == STREAM_EVENT)
            replay_declaration(replay, &next->record, &outlet);
        else
            scans += replay_scan(replay, &next->record, &outlet);
        error = walk(next, reader);
    }
    return error != 0 ? error : scans;
}

int
restore_replay(struct reader *reader, const struct site *site, struct assess *assess,
               const uint64_t heads[STREAM_END], const struct assess_outlet *live,
               struct stamp *live_now)
{
    struct replay replay = {.live = live, .site = site, .assess = assess, .live_now = live_now};
    struct walker walkers[WALKERS] = {
        {.stream = STREAM_SAMPLE}, {.stream = STREAM_TREND}, {.stream = STREAM_EVENT}};
    size_t most = 1;
    int result = 0;

    for (uint16_t i = 0; i < site->device_count; i++)
        if (site->devices[i].point_count > most)
            most = site->devices[i].point_count;
    replay.scan.values = calloc(most, sizeof *replay.scan.values);
    if (replay.scan.values == NULL)
        result = -ENOMEM;
    for (int stream = STREAM_EVENT; stream < STREAM_END && result == 0; stream++)
        result = remember_stream(&replay, reader, (enum stream)stream, heads[stream]);
    for (int i = 0; i < WALKERS; i++) {
        walkers[i].from = heads[walkers[i].stream] + 1;
        walkers[i].until = reader_durable(reader, walkers[i].stream);
        walkers[i].chunk.first = 1; /* empty */
    }
    if (result == 0)
        result = restore_recall(reader, site, assess, heads, &replay.scan);
    if (result == 0)
        result = replay_scans(&replay, reader, walkers);
    for (int i = 0; i < WALKERS; i++)
        free(walkers[i].copy);
    free(replay.known);
    free(replay.scan.values);
    return result;
}

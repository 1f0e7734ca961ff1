#include "daemon/restore.h"

#include "daemon/store/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is in the store behind the saved state, for recognition. */
struct known {
    enum stream stream;
    uint64_t sequence;
    uint64_t subject; /* events: hash of kind and subject; statistics: the point's number */
    int64_t detail;   /* events: phase; evidence: opened_sequence; statistics: start */
    int period;
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
describe(const struct record *record, struct known *ret_known)
{
    struct cbor_cursor cursor;
    struct record_head head;
    struct record_event event;
    struct record_evidence evidence;
    struct record_statistic statistic;

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
        ret_known->detail = (int64_t)evidence.opened_sequence;
        return true;
    }
    if ((record->stream == STREAM_PERIOD || record->stream == STREAM_MINUTE) &&
        record_take_statistic(&cursor, &statistic)) {
        ret_known->subject = statistic.point;
        ret_known->detail = statistic.start_utc_ms;
        ret_known->period = (int)statistic.period;
        return true;
    }
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
            if (describe(&record, &known))
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
        bool same = known->subject == wanted->subject && known->detail == wanted->detail &&
                    known->period == wanted->period;
        bool events = (known->stream == STREAM_EVENT) == (wanted->stream == STREAM_EVENT);
        bool evidences = (known->stream == STREAM_EVIDENCE) == (wanted->stream == STREAM_EVIDENCE);
        if (!known->used && same && events && evidences) {
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

static void
on_evidence(void *context, const struct evidence *evidence)
{
    struct replay *replay = context;
    struct known wanted = {.stream = STREAM_EVIDENCE, .detail = (int64_t)evidence->opened_sequence};

    if (recognise(replay, &wanted) == NULL)
        replay->live->evidence(replay->live->context, evidence);
}

static void
on_statistic(void *context, const struct statistic *statistic)
{
    struct replay *replay = context;
    struct known wanted = {.stream = STREAM_MINUTE,
                           .subject = statistic->point->number,
                           .detail = statistic->start_utc_ms,
                           .period = (int)statistic->period};

    if (recognise(replay, &wanted) == NULL)
        replay->live->statistic(replay->live->context, statistic);
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

static struct value *
find_value(const struct device *device, struct scan *scan, uint32_t number)
{
    for (uint16_t i = 0; i < device->point_count; i++)
        if (device->points[i].number == number)
            return &scan->values[i];
    return NULL;
}

static bool
rebuild(struct replay *replay, const struct record *record)
{
    struct cbor_cursor cursor;
    struct record_head head;
    struct record_scan stored;
    struct record_value value;
    struct scan *scan = &replay->scan;

    cbor_cursor_init(&cursor, record->body, record->length);
    if (!record_take_head(&cursor, &head) || !record_take_scan(&cursor, &stored))
        return false;
    scan->device = NULL;
    for (uint16_t i = 0; i < replay->site->device_count; i++)
        if (replay->site->devices[i].number == stored.device)
            scan->device = &replay->site->devices[i];
    if (scan->device == NULL)
        return false;
    scan->at = head.at;
    scan->count = scan->device->point_count;
    memset(scan->values, 0, scan->count * sizeof *scan->values);
    while (record_take_value(&stored, &value)) {
        struct value *target = find_value(scan->device, scan, value.point);
        if (target == NULL)
            continue;
        target->kind = (uint8_t)(value.kind == VALUE_TEXT ? VALUE_NONE : value.kind);
        target->quality = value.quality;
        target->detail = value.detail;
        if (value.kind == VALUE_NUMBER)
            target->as.number = value.number;
        else if (value.kind == VALUE_INTEGER)
            target->as.integer = value.integer;
        else
            target->as.natural = value.natural;
    }
    return true;
}

static bool
is_earlier(const struct stamp *a, const struct stamp *b)
{
    return a->boot != b->boot ? a->boot < b->boot : a->mono_ms <= b->mono_ms;
}

static int
replay_scans(struct replay *replay, struct reader *reader, struct walker walkers[2])
{
    struct assess_outlet outlet = *replay->live;
    int scans = 0;
    int error = 0;

    outlet.event = on_event;
    outlet.evidence = on_evidence;
    outlet.statistic = on_statistic;
    outlet.context = replay;
    for (int i = 0; i < 2 && error == 0; i++)
        error = walk(&walkers[i], reader);
    while (error == 0 && (walkers[0].there || walkers[1].there)) {
        int next = walkers[0].there ? 0 : 1;
        if (walkers[0].there && walkers[1].there &&
            !is_earlier(&walkers[0].record.at, &walkers[1].record.at))
            next = 1;
        if (rebuild(replay, &walkers[next].record)) {
            *replay->live_now = replay->scan.at;
            assess_tick(replay->assess, &replay->scan.at, &outlet);
            assess_scan(replay->assess, &replay->scan, &outlet);
            scans++;
        }
        error = walk(&walkers[next], reader);
    }
    return error != 0 ? error : scans;
}

int
restore_replay(struct reader *reader, const struct site *site, struct assess *assess,
               const uint64_t heads[STREAM_END], const struct assess_outlet *live,
               struct stamp *live_now)
{
    struct replay replay = {.live = live, .site = site, .assess = assess, .live_now = live_now};
    struct walker walkers[2] = {{.stream = STREAM_SAMPLE}, {.stream = STREAM_TREND}};
    size_t most = 1;
    int result = 0;

    for (uint16_t i = 0; i < site->device_count; i++)
        if (site->devices[i].point_count > most)
            most = site->devices[i].point_count;
    replay.scan.values = calloc(most, sizeof *replay.scan.values);
    if (replay.scan.values == NULL)
        result = -ENOMEM;
    for (int stream = STREAM_EVENT; stream <= STREAM_MINUTE && result == 0; stream++)
        result = remember_stream(&replay, reader, (enum stream)stream, heads[stream]);
    for (int i = 0; i < 2; i++) {
        walkers[i].from = heads[walkers[i].stream] + 1;
        walkers[i].until = reader_durable(reader, walkers[i].stream);
        walkers[i].chunk.first = 1; /* empty */
    }
    if (result == 0)
        result = replay_scans(&replay, reader, walkers);
    free(walkers[0].copy);
    free(walkers[1].copy);
    free(replay.known);
    free(replay.scan.values);
    return result;
}

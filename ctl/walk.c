#include "ctl/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EARLIER_MS 3600000 /* a clock that was set back */

/* One stream, standing at a record. */
struct track {
    struct reader *reader;
    enum stream stream;
    uint32_t device; /* number */
    uint64_t first, next, until;
    struct chunk chunk;
    bool in_chunk, at_end, failed;
    int64_t utc_ms; /* of the record it stands at */
    struct record_scan scan;
};

struct walk {
    char device[64], name[64]; /* name "": all */
    int64_t from_utc_ms, until_utc_ms;
    unsigned long long untimed;
    struct track tracks[2];
    struct track *current; /* whose scan is being gone through */
};

/* ---- one stream ---- */

static bool
next_record(struct track *track, struct record *ret_record)
{
    for (;;) {
        if (track->in_chunk && chunk_next(&track->chunk, ret_record)) {
            track->next = ret_record->sequence + 1;
            return true;
        }
        if (track->in_chunk)
            track->next = track->chunk.last + 1;
        int got = reader_read_device(track->reader, track->stream, track->device, track->next,
                                     track->until, &track->chunk);
        track->in_chunk = got == 1;
        track->failed |= got < 0;
        if (got != 1)
            return false;
    }
}

/* Goes on to the next scan of the wanted device within the range. */
static void
advance(struct walk *walk, struct track *track)
{
    struct record record;
    struct record_head head;

    while (next_record(track, &record)) {
        struct cbor_cursor cursor;
        cbor_cursor_init(&cursor, record.body, record.length);
        if (!record_take_head(&cursor, &head) || !record_take_scan(&cursor, &track->scan))
            continue;
        const char *device = reader_device(track->reader, track->scan.device);
        if (device == NULL || strcmp(device, walk->device) != 0)
            continue;
        if (record.at.clock == CLOCK_UNKNOWN) {
            int64_t zero_utc_ms = reader_boot_zero(track->reader, record.at.boot);
            walk->untimed += zero_utc_ms == 0;
            if (zero_utc_ms == 0)
                continue;
            record.at.utc_ms = zero_utc_ms + record.at.mono_ms;
        }
        if (record.at.utc_ms < walk->from_utc_ms || record.at.utc_ms >= walk->until_utc_ms)
            continue;
        track->utc_ms = record.at.utc_ms;
        return;
    }
    track->at_end = true;
}

/* ---- both ---- */

static bool
open_track(struct walk *walk, struct track *track, const char *file, enum stream stream)
{
    char error[200] = "";

    if (reader_open_file(file, &track->reader, error) != 0) {
        fprintf(stderr, "parkgatectl: %s\n", error);
        return false;
    }
    track->stream = stream;
    track->first = track->next = reader_seek(track->reader, stream, walk->from_utc_ms - EARLIER_MS);
    track->until = reader_durable(track->reader, stream);
    if (walk->until_utc_ms < INT64_MAX - EARLIER_MS) {
        uint64_t end = reader_seek(track->reader, stream, walk->until_utc_ms + EARLIER_MS);
        track->until = end < track->until ? end : track->until;
    }
    return true;
}

static bool
is_known(struct walk *walk)
{
    struct reader *reader = walk->tracks[0].reader;
    const struct registry_point *point;

    for (uint32_t number = 1; (point = reader_point(reader, number)) != NULL; number++)
        if (strcmp(point->device, walk->device) == 0 &&
            (*walk->name == '\0' || strcmp(point->name, walk->name) == 0))
            return true;
    fprintf(stderr, "parkgatectl: the store has no %s '%s%s%s'\n",
            *walk->name != '\0' ? "point" : "device", walk->device, *walk->name != '\0' ? "." : "",
            walk->name);
    return false;
}

static uint32_t
number_of(struct reader *reader, const char *device)
{
    const char *name;

    for (uint32_t number = 1; (name = reader_device(reader, number)) != NULL; number++)
        if (strcmp(name, device) == 0)
            return number;
    return 0;
}

struct walk *
walk_open(const char *file, const char *point, int64_t from_utc_ms, int64_t until_utc_ms)
{
    struct walk *walk = calloc(1, sizeof *walk);
    const char *dot = strchr(point, '.');

    if (walk == NULL)
        return NULL;
    walk->from_utc_ms = from_utc_ms;
    walk->until_utc_ms = until_utc_ms;
    snprintf(walk->device, sizeof walk->device, "%.*s",
             (int)(dot != NULL ? dot - point : (long)strlen(point)), point);
    snprintf(walk->name, sizeof walk->name, "%s", dot != NULL ? dot + 1 : "");
    if (!open_track(walk, &walk->tracks[0], file, STREAM_SAMPLE) ||
        !open_track(walk, &walk->tracks[1], file, STREAM_TREND) || !is_known(walk)) {
        walk_close(walk);
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        walk->tracks[i].device = number_of(walk->tracks[i].reader, walk->device);
        advance(walk, &walk->tracks[i]);
    }
    return walk;
}

void
walk_close(struct walk *walk)
{
    if (walk == NULL)
        return;
    reader_close(walk->tracks[0].reader);
    reader_close(walk->tracks[1].reader);
    free(walk);
}

static struct track *
earlier(struct walk *walk)
{
    struct track *left = &walk->tracks[0];
    struct track *right = &walk->tracks[1];

    if (left->at_end || right->at_end)
        return left->at_end ? right->at_end ? NULL : right : left;
    return right->utc_ms < left->utc_ms ? right : left;
}

bool
walk_next(struct walk *walk, struct walk_reading *ret_reading)
{
    for (;;) {
        if (walk->current == NULL && (walk->current = earlier(walk)) == NULL)
            return false;
        struct track *track = walk->current;
        while (record_take_value(&track->scan, &ret_reading->value)) {
            ret_reading->point = reader_point(track->reader, ret_reading->value.point);
            ret_reading->utc_ms = track->utc_ms;
            if (ret_reading->point != NULL &&
                (*walk->name == '\0' || strcmp(ret_reading->point->name, walk->name) == 0))
                return true;
        }
        walk->current = NULL;
        advance(walk, track);
    }
}

bool
walk_failed(const struct walk *walk)
{
    return walk->tracks[0].failed || walk->tracks[1].failed;
}

double
walk_progress(const struct walk *walk)
{
    double all = 1, done = 0;

    for (int i = 0; i < 2; i++) {
        const struct track *track = &walk->tracks[i];
        all += track->until >= track->first ? (double)(track->until - track->first) : 0;
        done += (double)(track->next - track->first);
    }
    return done < all ? done / all : 1;
}

unsigned long long
walk_untimed(const struct walk *walk)
{
    return walk->untimed;
}

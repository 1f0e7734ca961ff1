#include "daemon/store/walk.h"

#include <errno.h>
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
    uint64_t sequence; /* of the record it stands at */
    int64_t utc_ms;
    struct record_scan scan;
};

struct walk {
    struct walk_options options;
    char device[64], name[64]; /* name "": all */
    unsigned long long untimed;
    struct track tracks[2];
    struct track *current; /* whose scan is being gone through */
    uint32_t values;       /* taken of it */
};

/* ---- one stream ---- */

static bool
next_record(struct walk *walk, struct track *track, struct record *ret_record)
{
    const struct walk_options *options = &walk->options;

    for (;;) {
        while (track->in_chunk && chunk_next(&track->chunk, ret_record)) {
            if (ret_record->sequence < track->next) /* the segment was merged with earlier ones */
                continue;
            track->next = ret_record->sequence + 1;
            return true;
        }
        if (track->in_chunk)
            track->next = track->chunk.last + 1;
        track->in_chunk = false;
        if (options->gave_up != NULL && options->gave_up(options->context))
            return false;
        int got = reader_read_device(track->reader, track->stream, track->device, track->next,
                                     track->until, &track->chunk);
        track->in_chunk = got == 1;
        track->failed |= got < 0;
        if (got != 1)
            return false;
    }
}

/* A time for the record, and within the range. */
static bool
is_wanted(struct walk *walk, struct track *track, struct record *record)
{
    if (record->at.clock == CLOCK_UNKNOWN) {
        int64_t zero_utc_ms = reader_boot_zero(track->reader, record->at.boot);
        walk->untimed += zero_utc_ms == 0;
        if (zero_utc_ms == 0)
            return false;
        record->at.utc_ms = zero_utc_ms + record->at.mono_ms;
    }
    return record->at.utc_ms >= walk->options.from_utc_ms &&
           record->at.utc_ms < walk->options.until_utc_ms;
}

/* Goes on to the next scan of the wanted device within the range. */
static void
advance(struct walk *walk, struct track *track)
{
    struct record record;
    struct record_head head;

    while (next_record(walk, track, &record)) {
        struct cbor_cursor cursor;
        cbor_cursor_init(&cursor, record.body, record.length);
        if (!record_take_head(&cursor, &head) || !record_take_scan(&cursor, &track->scan))
            continue;
        const char *device = reader_device(track->reader, track->scan.device);
        if (device == NULL || strcmp(device, walk->device) != 0)
            continue;
        if (!is_wanted(walk, track, &record))
            continue;
        track->sequence = record.sequence;
        track->utc_ms = record.at.utc_ms;
        return;
    }
    track->at_end = true;
    track->sequence = track->next;
}

/* ---- names ---- */

bool
walk_split(const char *point, char ret_device[64], char ret_name[64])
{
    const char *dot = strchr(point, '.');
    size_t length = dot != NULL ? (size_t)(dot - point) : strlen(point);

    if (length >= 64 || (dot != NULL && strlen(dot + 1) >= 64))
        return false;
    snprintf(ret_device, 64, "%.*s", (int)length, point);
    snprintf(ret_name, 64, "%s", dot != NULL ? dot + 1 : "");
    return true;
}

uint32_t
walk_device(struct reader *reader, const char *device)
{
    const char *name;

    for (uint32_t number = 1; (name = reader_device(reader, number)) != NULL; number++)
        if (strcmp(name, device) == 0)
            return number;
    return 0;
}

uint32_t
walk_point(struct reader *reader, const char *device, const char *name, uint32_t behind)
{
    const struct registry_point *point;

    for (uint32_t number = behind + 1; (point = reader_point(reader, number)) != NULL; number++)
        if (strcmp(point->device, device) == 0 && (*name == '\0' || strcmp(point->name, name) == 0))
            return number;
    return 0;
}

/* ---- both ---- */

static int
open_track(struct walk *walk, int i, char ret_error[200])
{
    const struct walk_options *options = &walk->options;
    struct track *track = &walk->tracks[i];
    int error;

    if (options->file != NULL)
        error = reader_open_file(options->file, &track->reader, ret_error);
    else if ((error = reader_open(options->face, &track->reader)) != 0)
        snprintf(ret_error, 200, "the store cannot be opened: %s", strerror(-error));
    if (error != 0)
        return error;
    track->stream = i == 0 ? STREAM_SAMPLE : STREAM_TREND;
    track->first = reader_seek(track->reader, track->stream, options->from_utc_ms - EARLIER_MS);
    if (options->after != NULL)
        track->first = i == 0 ? options->after->sample : options->after->trend;
    track->next = track->first;
    track->until = reader_durable(track->reader, track->stream);
    if (options->until_utc_ms < INT64_MAX - EARLIER_MS) {
        uint64_t end = reader_seek(track->reader, track->stream,
                                   options->until_utc_ms + EARLIER_MS);
        track->until = end < track->until ? end : track->until;
    }
    return 0;
}

static int
check_known(struct walk *walk, char ret_error[200])
{
    if (walk_point(walk->tracks[0].reader, walk->device, walk->name, 0) != 0)
        return 0;
    snprintf(ret_error, 200, "the store has no %s '%s%s%s'",
             *walk->name != '\0' ? "point" : "device", walk->device, *walk->name != '\0' ? "." : "",
             walk->name);
    return -ENOENT;
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

/* Both stand at a scan; what was gone through of the earlier one is passed again. */
static void
begin(struct walk *walk)
{
    const struct walk_place *after = walk->options.after;
    struct record_value value;

    for (int i = 0; i < 2; i++) {
        walk->tracks[i].device = walk_device(walk->tracks[i].reader, walk->device);
        advance(walk, &walk->tracks[i]);
    }
    walk->current = earlier(walk);
    if (after == NULL || after->values == 0 || walk->current == NULL ||
        walk->current->sequence != walk->current->first)
        return;
    while (walk->values < after->values && record_take_value(&walk->current->scan, &value))
        walk->values++;
}

int
walk_open(const struct walk_options *options, struct walk **ret_walk, char ret_error[200])
{
    struct walk *walk = calloc(1, sizeof *walk);
    int error = 0;

    if (walk == NULL) {
        snprintf(ret_error, 200, "not enough memory");
        return -ENOMEM;
    }
    walk->options = *options;
    if (!walk_split(options->point, walk->device, walk->name)) {
        snprintf(ret_error, 200, "no point has a name as long as '%.60s...'", options->point);
        error = -ENOENT;
    }
    for (int i = 0; i < 2 && error == 0; i++)
        error = open_track(walk, i, ret_error);
    if (error == 0)
        error = check_known(walk, ret_error);
    if (error != 0) {
        walk_close(walk);
        return error;
    }
    begin(walk);
    *ret_walk = walk;
    return 0;
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

bool
walk_next(struct walk *walk, struct walk_reading *ret_reading)
{
    for (;;) {
        if (walk->current == NULL && (walk->current = earlier(walk)) == NULL)
            return false;
        struct track *track = walk->current;
        while (record_take_value(&track->scan, &ret_reading->value)) {
            walk->values++;
            ret_reading->point = reader_point(track->reader, ret_reading->value.point);
            ret_reading->utc_ms = track->utc_ms;
            if (ret_reading->point != NULL &&
                (*walk->name == '\0' || strcmp(ret_reading->point->name, walk->name) == 0))
                return true;
        }
        walk->current = NULL;
        walk->values = 0;
        advance(walk, track);
    }
}

bool
walk_failed(const struct walk *walk)
{
    return walk->tracks[0].failed || walk->tracks[1].failed;
}

void
walk_tell(const struct walk *walk, struct walk_place *ret_place)
{
    *ret_place = (struct walk_place){.sample = walk->tracks[0].sequence,
                                     .trend = walk->tracks[1].sequence,
                                     .values = walk->current != NULL ? walk->values : 0};
}

struct reader *
walk_reader(struct walk *walk)
{
    return walk->tracks[0].reader;
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

#include "ctl/replay_feed.h"

#include "ctl/replay_track.h"

#include <stdlib.h>
#include <string.h>

enum { TRACK_EVENT, TRACK_SAMPLE, TRACK_TREND, TRACKS };

struct feed {
    const struct replay_map *map;
    int64_t from_utc_ms;
    struct replay_track tracks[TRACKS];
    int taken; /* the track whose record was handed out last */
    struct scan scan;
    uint8_t *qualities;
    struct record_scan stored; /* of the record the scan is rebuilt from */
    struct record_event event;
};

static bool
open_tracks(struct feed *feed, const char *file, int64_t until_utc_ms)
{
    static const enum stream STREAMS[TRACKS] = {STREAM_EVENT, STREAM_SAMPLE, STREAM_TREND};

    for (int i = 0; i < TRACKS; i++) {
        if (replay_track_open(&feed->tracks[i], file, STREAMS[i], feed->from_utc_ms,
                              until_utc_ms) != 0)
            return false;
        replay_track_next(&feed->tracks[i]);
    }
    feed->taken = -1;
    return true;
}

static bool
take_room(struct feed *feed)
{
    const struct site *site = feed->map->site;
    size_t most = 1;

    for (uint16_t i = 0; i < site->device_count; i++)
        if (site->devices[i].point_count > most)
            most = site->devices[i].point_count;
    feed->scan.values = calloc(most, sizeof *feed->scan.values);
    feed->qualities = calloc(most, 1);
    return feed->scan.values != NULL && feed->qualities != NULL;
}

struct feed *
feed_open(const char *file, const struct replay_map *map, int64_t from_utc_ms, int64_t until_utc_ms)
{
    struct feed *feed = calloc(1, sizeof *feed);

    if (feed == NULL)
        return NULL;
    feed->map = map;
    feed->from_utc_ms = from_utc_ms;
    if (!open_tracks(feed, file, until_utc_ms) || !take_room(feed)) {
        feed_close(feed);
        return NULL;
    }
    return feed;
}

void
feed_close(struct feed *feed)
{
    if (feed == NULL)
        return;
    for (int i = 0; i < TRACKS; i++)
        replay_track_close(&feed->tracks[i]);
    free(feed->scan.values);
    free(feed->qualities);
    free(feed);
}

/* ---- scans as they were read ---- */

/* Of a number only the site says what is wrong with it; why there is none, acquire says. */
static uint8_t
quality_as_read(const struct record_value *value)
{
    if (value->kind == VALUE_NONE || value->kind == VALUE_ABSENT ||
        value->quality >= QUALITY_SENTINEL)
        return value->quality;
    return QUALITY_GOOD;
}

static void
put_value(struct feed *feed, const struct record *record, const struct record_value *stored)
{
    const struct point *point = replay_map_point(feed->map, stored->point);
    struct scan *scan = &feed->scan;

    if (point == NULL || point->device != scan->device)
        return;
    ptrdiff_t at = point - scan->device->points;
    struct value *value = &scan->values[at];
    *value = (struct value){.kind = (uint8_t)stored->kind,
                            .quality = quality_as_read(stored),
                            .detail = stored->detail};
    feed->qualities[at] = stored->quality;
    if (stored->kind == VALUE_NUMBER) {
        value->as.number = stored->number;
    } else if (stored->kind == VALUE_INTEGER) {
        value->as.integer = stored->integer;
    } else if (stored->kind == VALUE_TEXT) {
        value->as.text_at = (uint32_t)((const uint8_t *)stored->text - record->body);
        value->text_length = (uint16_t)stored->text_length;
    } else {
        value->as.natural = stored->natural;
    }
}

static bool
rebuild(struct feed *feed, const struct record *record)
{
    struct cbor_cursor cursor = feed->tracks[feed->taken].body;
    struct scan *scan = &feed->scan;
    struct record_value value;

    if (!record_take_scan(&cursor, &feed->stored))
        return false;
    scan->device = replay_map_device(feed->map, feed->stored.device);
    if (scan->device == NULL || replay_map_is_derived(scan->device))
        return false;
    scan->at = record->at;
    scan->count = scan->device->point_count;
    scan->text = (char *)(uintptr_t)record->body; /* never written: a scan only points into it */
    scan->text_length = scan->text_capacity = (uint32_t)record->length;
    memset(scan->values, 0, scan->count * sizeof *scan->values);
    memset(feed->qualities, 0, scan->count);
    while (record_take_value(&feed->stored, &value))
        put_value(feed, record, &value);
    return true;
}

/* ---- merging ---- */

static int
earliest(const struct feed *feed)
{
    int best = -1;

    for (int i = 0; i < TRACKS; i++)
        if (feed->tracks[i].there && (best < 0 || replay_is_earlier(&feed->tracks[i].record.at,
                                                                    &feed->tracks[best].record.at)))
            best = i;
    return best;
}

static bool
describe(struct feed *feed, struct feed_item *item)
{
    struct replay_track *track = &feed->tracks[feed->taken];

    item->at = track->record.at;
    item->utc_ms = replay_track_place(track, &item->at);
    if (item->utc_ms != INT64_MIN && item->utc_ms < feed->from_utc_ms)
        return false;
    if (feed->taken == TRACK_EVENT) {
        struct cbor_cursor cursor = track->body;
        item->kind = FEED_EVENT;
        item->record = &track->record;
        item->event = &feed->event;
        return record_take_event(&cursor, &feed->event);
    }
    item->kind = FEED_SCAN;
    item->scan = &feed->scan;
    item->qualities = feed->qualities;
    return rebuild(feed, &track->record);
}

void
feed_next(struct feed *feed, struct feed_item *ret_item)
{
    for (;;) {
        *ret_item = (struct feed_item){.kind = FEED_END};
        if (feed->taken >= 0)
            replay_track_next(&feed->tracks[feed->taken]);
        feed->taken = earliest(feed);
        if (feed->taken < 0 || describe(feed, ret_item))
            return;
    }
}

bool
feed_failed(const struct feed *feed)
{
    bool failed = false;

    for (int i = 0; i < TRACKS; i++)
        failed |= feed->tracks[i].failed;
    return failed;
}

struct reader *
feed_reader(const struct feed *feed)
{
    return feed->tracks[TRACK_EVENT].reader;
}

int64_t
feed_place(const struct feed *feed, const struct stamp *at)
{
    return replay_track_place(&feed->tracks[TRACK_EVENT], at);
}

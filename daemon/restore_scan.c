/* What was read comes back without its texts and kept words: nothing that judges looks at them. */
#include "daemon/restore_scan.h"

#include "daemon/store/record.h"

#include <string.h>

#define RECALL_RECORDS 200000 /* of a stream, at most */
#define DAY_MS         86400000U
#define RECALL_MS      660000 /* at least: what was not told yet is younger (assess/evidence.c) */

static struct value *
find_value(const struct device *device, struct scan *scan, uint32_t number)
{
    for (uint16_t i = 0; i < device->point_count; i++)
        if (device->points[i].number == number)
            return &scan->values[i];
    return NULL;
}

bool
restore_scan(const struct site *site, const struct record *record, struct scan *ret_scan)
{
    struct cbor_cursor cursor;
    struct record_head head;
    struct record_scan stored;
    struct record_value value;
    struct scan *scan = ret_scan;

    cbor_cursor_init(&cursor, record->body, record->length);
    if (!record_take_head(&cursor, &head) || !record_take_scan(&cursor, &stored))
        return false;
    scan->device = NULL;
    for (uint16_t i = 0; i < site->device_count; i++)
        if (site->devices[i].number == stored.device)
            scan->device = &site->devices[i];
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

/* From which record on; behind `head` when there is nothing to recall. */
static uint64_t
find_start(struct reader *reader, enum stream stream, uint64_t head, uint32_t span_ms)
{
    struct chunk chunk;
    struct record record;

    if (head == 0 || reader_read(reader, stream, head, head, &chunk) != 1 ||
        !chunk_next(&chunk, &record) || record.at.clock == CLOCK_UNKNOWN)
        return head + 1;
    uint64_t from = reader_seek(reader, stream, record.at.utc_ms - span_ms);
    return head - from < RECALL_RECORDS ? from : head - RECALL_RECORDS;
}

/* What an event may need, and what of one that is open may not have been told yet: that goes with
 * the next scan of its asset. */
static uint32_t
find_span(const struct site *site)
{
    uint32_t span_ms = 2 * site->events.before_ms;

    if (span_ms < RECALL_MS)
        span_ms = RECALL_MS;
    for (uint16_t i = 0; i < site->device_count; i++) {
        uint32_t every_ms = events_interval_ms(&site->devices[i]);
        if (every_ms > span_ms / 4)
            span_ms = every_ms > DAY_MS / 4 ? DAY_MS : 4 * every_ms;
    }
    return span_ms;
}

int
restore_recall(struct reader *reader, const struct site *site, struct assess *assess,
               const uint64_t heads[STREAM_END], struct scan *scan)
{
    uint32_t span_ms = find_span(site);
    struct chunk chunk;
    struct record record;

    if (site->events.before_ms == 0)
        return 0;
    for (int stream = STREAM_SAMPLE; stream <= STREAM_TREND; stream++) {
        uint64_t head = heads[stream];
        uint64_t from = find_start(reader, (enum stream)stream, head, span_ms);
        for (; from <= head; from = chunk.last + 1) {
            int got = reader_read(reader, (enum stream)stream, from, head, &chunk);
            if (got <= 0)
                break; /* evidence would be shorter: no reason not to start */
            while (chunk_next(&chunk, &record))
                if (restore_scan(site, &record, scan))
                    assess_recall(assess, scan);
        }
    }
    return 0;
}

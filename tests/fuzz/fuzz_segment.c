/* Any bytes as the body of a segment: whoever reads it gets records or an end, never more bytes
 * than there are. The first byte chooses the stream; records count from 1. The bytes lie in memory
 * of just their size, so that the address sanitizer sees a read past them. */
#include "daemon/store/reader.h"
#include "daemon/store/record.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *first_byte, *past_end;
static volatile uint8_t seen;

/* Every byte of what a record points at is touched, and must lie in the segment. */
static void
touch(const void *bytes, size_t length)
{
    const uint8_t *at = bytes;

    if (length == 0)
        return;
    if (at < first_byte || length > (size_t)(past_end - at))
        abort();
    for (size_t i = 0; i < length; i++)
        seen = (uint8_t)(seen ^ at[i]);
}

static void
touch_text(const struct record_text *text)
{
    touch(text->text, text->length);
}

static void
walk_items(struct cbor_cursor cursor, size_t items)
{
    for (size_t i = 0; i < items && !cursor.failed; i++)
        cbor_skip(&cursor);
}

static void
walk_scan(struct cbor_cursor *cursor)
{
    struct record_scan scan;
    struct record_value value;

    if (!record_take_scan(cursor, &scan))
        return;
    while (record_take_value(&scan, &value)) {
        if (value.kind == VALUE_TEXT)
            touch(value.text, value.text_length);
        touch(value.words, value.word_bytes);
    }
}

static void
walk_event(struct cbor_cursor *cursor)
{
    struct record_event event;

    if (!record_take_event(cursor, &event))
        return;
    touch_text(&event.kind);
    touch_text(&event.opened_store);
    touch_text(&event.subject);
    touch_text(&event.averaging);
    walk_items(event.details, 2 * event.detail_count);
}

static void
walk_evidence(struct cbor_cursor *cursor)
{
    struct record_evidence evidence;

    if (!record_take_evidence(cursor, &evidence))
        return;
    touch_text(&evidence.store);
    touch_text(&evidence.kind);
    walk_items(evidence.values, evidence.value_count);
}

static void
walk_record(const struct record *record)
{
    struct cbor_cursor cursor;
    struct record_head head;
    struct record_statistic statistic;
    uint8_t chain[STORE_HASH] = {0};

    touch(record->body, record->length);
    record_chain(chain, record);
    cbor_cursor_init(&cursor, record->body, record->length);
    if (!record_take_head(&cursor, &head))
        abort(); /* chunk_next gave it out as a record */
    switch (record->stream) {
    case STREAM_EVENT: walk_event(&cursor); break;
    case STREAM_EVIDENCE: walk_evidence(&cursor); break;
    case STREAM_PERIOD:
    case STREAM_MINUTE: record_take_statistic(&cursor, &statistic); break;
    case STREAM_SAMPLE:
    case STREAM_TREND: walk_scan(&cursor); break;
    case STREAM_END: abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct record record;

    if (size == 0)
        return 0;
    uint8_t *body = malloc(size - 1 > 0 ? size - 1 : 1);
    if (!body)
        abort();
    memcpy(body, data + 1, size - 1);
    struct chunk chunk = {.stream = (enum stream)(STREAM_EVENT + data[0] % 6),
                          .first = 1,
                          .last = UINT32_MAX,
                          .next = 1,
                          .at = body,
                          .end = body + size - 1};
    first_byte = chunk.at;
    past_end = chunk.end;
    uint64_t expected = 1;
    while (chunk_next(&chunk, &record))
        if (record.sequence == expected++)
            walk_record(&record);
        else
            abort();
    free(body);
    return 0;
}

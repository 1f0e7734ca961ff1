/* Records into deterministic CBOR: the bytes that digests are taken over, so every field has one
 * form only (docs/store.md). What neither CBOR text nor JSON can hold (a number that is not finite,
 * text that is not UTF-8) is null; its register words stand beside it. */
#include "daemon/store/record.h"

#include <math.h>
#include <string.h>

static const char *const STREAM_NAMES[STREAM_END] = {
    [STREAM_EVENT] = "event",   [STREAM_EVIDENCE] = "evidence", [STREAM_PERIOD] = "period",
    [STREAM_MINUTE] = "minute", [STREAM_SAMPLE] = "sample",     [STREAM_TREND] = "trend",
};

const char *
record_stream_name(enum stream stream)
{
    return STREAM_NAMES[stream];
}

/* ---- text ---- */

/* Length of the UTF-8 sequence at text, 0 when it is none (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF). */
static size_t
sequence_length(const uint8_t *text, size_t left)
{
    uint8_t head = text[0];
    if (head < 0x80)
        return 1;
    size_t length = head >= 0xF0 ? 4 : head >= 0xE0 ? 3 : 2;
    if (head < 0xC2 || head > 0xF4 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (head == 0xE0 && text[1] < 0xA0) || (head == 0xF0 && text[1] < 0x90);
    bool outside = (head == 0xED && text[1] > 0x9F) || (head == 0xF4 && text[1] > 0x8F);
    return overlong || outside ? 0 : length;
}

/* Length of what is UTF-8 from the start on. */
static size_t
valid_length(const char *text, size_t length)
{
    const uint8_t *bytes = (const uint8_t *)text;
    size_t valid = 0;
    while (valid < length) {
        size_t taken = sequence_length(bytes + valid, length - valid);
        if (taken == 0)
            break;
        valid += taken;
    }
    return valid;
}

/* Sentences and names of our own; one that was cut within a character loses the rest of it. */
static void
put_text(struct buf *buf, const char *text)
{
    cbor_put_text(buf, text, valid_length(text, strlen(text)));
}

/* ---- what all have in common ---- */

static void
put_time(struct buf *buf, const struct stamp *at)
{
    if (at->clock == CLOCK_UNKNOWN)
        cbor_put_null(buf);
    else
        cbor_put_integer(buf, at->utc_ms);
    cbor_put_natural(buf, at->boot);
    cbor_put_integer(buf, at->mono_ms);
}

static void
put_head(struct buf *buf, enum stream stream, uint64_t sequence, const struct stamp *at)
{
    cbor_put_array(buf, record_field_count(stream));
    cbor_put_natural(buf, RECORD_VERSION);
    cbor_put_natural(buf, stream);
    cbor_put_natural(buf, sequence);
    put_time(buf, at);
    cbor_put_natural(buf, at->clock);
}

static void
put_number(struct buf *buf, double number)
{
    if (isfinite(number))
        cbor_put_double(buf, number);
    else
        cbor_put_null(buf);
}

size_t
record_field_count(enum stream stream)
{
    static const size_t COUNTS[STREAM_END] = {
        [STREAM_EVENT] = 21,  [STREAM_EVIDENCE] = 12, [STREAM_PERIOD] = 20,
        [STREAM_MINUTE] = 20, [STREAM_SAMPLE] = 11,   [STREAM_TREND] = 11,
    };
    return COUNTS[stream];
}

/* ---- scans ---- */

static bool
put_read_text(struct buf *buf, const char *text, size_t length)
{
    bool valid = valid_length(text, length) == length;
    if (valid)
        cbor_put_text(buf, text, length);
    return valid;
}

static void
put_value(struct buf *buf, const struct scan *scan, const struct value *value)
{
    switch ((enum value_kind)value->kind) {
    case VALUE_NUMBER: put_number(buf, value->as.number); return;
    case VALUE_INTEGER: cbor_put_integer(buf, value->as.integer); return;
    case VALUE_NATURAL: cbor_put_natural(buf, value->as.natural); return;
    case VALUE_TEXT:
        if (put_read_text(buf, scan->text + value->as.text_at, value->text_length))
            return;
        break;
    case VALUE_ABSENT:
    case VALUE_NONE: break;
    }
    cbor_put_null(buf);
}

static void
put_words(struct buf *buf, const struct scan *scan, const struct value *value)
{
    uint8_t bytes[2 * UINT8_MAX];
    for (uint8_t i = 0; i < value->word_count; i++) {
        uint16_t word = scan->words[value->word_at + i];
        bytes[2 * i] = (uint8_t)(word >> 8);
        bytes[2 * i + 1] = (uint8_t)word;
    }
    cbor_put_bytes(buf, bytes, 2U * value->word_count);
}

struct scan_counts {
    size_t values, qualities, words;
};

static bool
has_quality(const struct value *value)
{
    return value->quality != QUALITY_GOOD || value->detail != 0;
}

static struct scan_counts
count_values(const struct scan *scan)
{
    struct scan_counts counts = {0};
    for (uint16_t i = 0; i < scan->count; i++) {
        const struct value *value = &scan->values[i];
        if (value->kind == VALUE_ABSENT)
            continue;
        counts.values++;
        counts.qualities += has_quality(value);
        counts.words += value->word_count > 0;
    }
    return counts;
}

/* Map keys ascend: points are walked in the order of their numbers. */
static uint16_t
index_at(const struct scan *scan, uint16_t i)
{
    const uint16_t *order = scan->device->by_number;
    return order ? order[i] : i;
}

static void
put_qualities(struct buf *buf, const struct scan *scan, size_t count)
{
    cbor_put_map(buf, count);
    for (uint16_t i = 0; count > 0 && i < scan->count; i++) {
        uint16_t index = index_at(scan, i);
        const struct value *value = &scan->values[index];
        if (value->kind == VALUE_ABSENT || !has_quality(value))
            continue;
        cbor_put_natural(buf, scan->device->points[index].number);
        cbor_put_array(buf, 2);
        cbor_put_natural(buf, value->quality);
        cbor_put_natural(buf, value->detail);
    }
}

static void
put_kept_words(struct buf *buf, const struct scan *scan, size_t count)
{
    cbor_put_map(buf, count);
    for (uint16_t i = 0; count > 0 && i < scan->count; i++) {
        uint16_t index = index_at(scan, i);
        const struct value *value = &scan->values[index];
        if (value->kind == VALUE_ABSENT || value->word_count == 0)
            continue;
        cbor_put_natural(buf, scan->device->points[index].number);
        put_words(buf, scan, value);
    }
}

void
record_put_scan(struct buf *buf, enum stream stream, uint64_t sequence, const struct scan *scan)
{
    struct scan_counts counts = count_values(scan);
    put_head(buf, stream, sequence, &scan->at);
    cbor_put_natural(buf, scan->device->number);
    cbor_put_map(buf, counts.values);
    for (uint16_t i = 0; i < scan->count; i++) {
        uint16_t index = index_at(scan, i);
        if (scan->values[index].kind == VALUE_ABSENT)
            continue;
        cbor_put_natural(buf, scan->device->points[index].number);
        put_value(buf, scan, &scan->values[index]);
    }
    put_qualities(buf, scan, counts.qualities);
    put_kept_words(buf, scan, counts.words);
}

/* ---- statistics ---- */

void
record_put_statistic(struct buf *buf, enum stream stream, uint64_t sequence, const struct stamp *at,
                     const struct statistic *statistic)
{
    put_head(buf, stream, sequence, at);
    cbor_put_natural(buf, statistic->point->number);
    cbor_put_natural(buf, statistic->period);
    cbor_put_integer(buf, statistic->start_utc_ms);
    cbor_put_integer(buf, statistic->end_utc_ms);
    cbor_put_natural(buf, statistic->revision);
    put_number(buf, statistic->min);
    put_number(buf, statistic->max);
    put_number(buf, statistic->mean);
    put_number(buf, statistic->sum);
    cbor_put_natural(buf, statistic->count);
    cbor_put_natural(buf, statistic->valid);
    cbor_put_natural(buf, statistic->expected);
    cbor_put_text(buf, &statistic->letter, 1);
}

/* ---- events and evidence ---- */

static void
put_detail(struct buf *buf, const struct detail *detail)
{
    put_text(buf, detail->key);
    switch (detail->kind) {
    case VALUE_NUMBER: put_number(buf, detail->as.number); break;
    case VALUE_INTEGER: cbor_put_integer(buf, detail->as.integer); break;
    case VALUE_TEXT: put_text(buf, detail->as.text); break;
    default: cbor_put_null(buf);
    }
}

/* In the order of the encoded keys: the shorter first, then bytewise. */
static bool
is_before(const struct detail *a, const struct detail *b)
{
    size_t a_length = strlen(a->key);
    size_t b_length = strlen(b->key);
    return a_length != b_length ? a_length < b_length : strcmp(a->key, b->key) < 0;
}

static void
put_details(struct buf *buf, const struct event *event)
{
    const struct detail *sorted[EVENT_DETAILS];
    for (size_t i = 0; i < event->detail_count; i++) {
        size_t at = i;
        for (; at > 0 && is_before(&event->details[i], sorted[at - 1]); at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = &event->details[i];
    }
    cbor_put_map(buf, event->detail_count);
    for (size_t i = 0; i < event->detail_count; i++)
        put_detail(buf, sorted[i]);
}

void
record_put_event(struct buf *buf, uint64_t sequence, const struct event *event)
{
    put_head(buf, STREAM_EVENT, sequence, &event->at);
    put_text(buf, event->kind);
    cbor_put_natural(buf, event->phase);
    cbor_put_natural(buf, event->severity);
    put_text(buf, event->opened_store);
    cbor_put_natural(buf, event->opened_sequence);
    put_text(buf, event->subject);
    cbor_put_natural(buf, event->point ? event->point->number : 0);
    cbor_put_array(buf, 4);
    put_time(buf, &event->since);
    cbor_put_natural(buf, event->since.clock);
    if (event->duration_ms < 0)
        cbor_put_null(buf);
    else
        cbor_put_integer(buf, event->duration_ms);
    put_number(buf, event->value);
    put_number(buf, event->peak);
    put_number(buf, event->limit);
    put_text(buf, event->averaging);
    put_details(buf, event);
}

void
record_put_evidence(struct buf *buf, uint64_t sequence, const struct evidence *evidence)
{
    put_head(buf, STREAM_EVIDENCE, sequence, &evidence->at);
    put_text(buf, evidence->store);
    cbor_put_natural(buf, evidence->opened_sequence);
    put_text(buf, evidence->kind);
    cbor_put_natural(buf, evidence->point->number);
    cbor_put_array(buf, evidence->value_count);
    for (size_t i = 0; i < evidence->value_count; i++) {
        cbor_put_array(buf, 5);
        put_time(buf, &evidence->values[i].at);
        put_number(buf, evidence->values[i].number);
        cbor_put_natural(buf, evidence->values[i].quality);
    }
}

/* Format version 1: a record is one CBOR array
 *   [1, stream, sequence, utc_ms | null, boot, mono_ms, clock state, ...]
 * docs/store.md has the rest per stream. A reader refuses what does not fit and reads nothing past
 * it. */
#include "daemon/store/record.h"

#include <math.h>
#include <string.h>

#define HEAD_ITEMS      7
#define SCAN_ITEMS      4
#define STATISTIC_ITEMS 13
#define EVENT_ITEMS     17
#define EVIDENCE_ITEMS  5

/* ---- writing ---- */

static void
put_stamp(struct buf *buf, const struct stamp *at)
{
    if (at->clock == CLOCK_UNKNOWN)
        cbor_put_null(buf);
    else
        cbor_put_integer(buf, at->utc_ms);
    cbor_put_natural(buf, at->boot);
    cbor_put_integer(buf, at->mono_ms);
    cbor_put_natural(buf, at->clock);
}

static void
put_head(struct buf *buf, size_t own_items, enum stream stream, uint64_t sequence,
         const struct stamp *at)
{
    cbor_put_array(buf, HEAD_ITEMS + own_items);
    cbor_put_natural(buf, RECORD_VERSION);
    cbor_put_natural(buf, stream);
    cbor_put_natural(buf, sequence);
    put_stamp(buf, at);
}

/* What is not finite is null, as in JSON: a receiver rebuilds the record from there. A reading's
 * register words stand beside it. */
static void
put_number(struct buf *buf, double number)
{
    if (isfinite(number))
        cbor_put_double(buf, number);
    else
        cbor_put_null(buf);
}

/* Length of the UTF-8 sequence at `text`, 0 where there is none (RFC 3629). */
static size_t
sequence_length(const uint8_t *text, size_t left)
{
    uint8_t head = text[0];
    size_t length = head < 0x80 ? 1 : head < 0xE0 ? 2 : head < 0xF0 ? 3 : 4;

    if (length > 1 && (head < 0xC2 || head > 0xF4 || length > left))
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (head == 0xE0 && text[1] < 0xA0) || (head == 0xF0 && text[1] < 0x90);
    bool outside = (head == 0xED && text[1] > 0x9F) || (head == 0xF4 && text[1] > 0x8F);
    return overlong || outside ? 0 : length;
}

/* How much of it is UTF-8, from its start on. */
static size_t
utf8_length(const char *text, size_t length)
{
    size_t valid = 0;
    size_t taken = 1;

    for (; valid < length && taken != 0; valid += taken)
        taken = sequence_length((const uint8_t *)text + valid, length - valid);
    return valid;
}

/* Our own sentences: one that was cut within a character loses the rest of that character. */
static void
put_text(struct buf *buf, const char *text)
{
    cbor_put_text(buf, text, utf8_length(text, strlen(text)));
}

/* Read text that is not UTF-8 is null; its register words stand beside it. */
static void
put_read_text(struct buf *buf, const char *text, size_t length)
{
    if (utf8_length(text, length) == length)
        cbor_put_text(buf, text, length);
    else
        cbor_put_null(buf);
}

static void
put_value(struct buf *buf, const struct scan *scan, const struct value *value)
{
    switch ((enum value_kind)value->kind) {
    case VALUE_NUMBER: put_number(buf, value->as.number); break;
    case VALUE_INTEGER: cbor_put_integer(buf, value->as.integer); break;
    case VALUE_NATURAL: cbor_put_natural(buf, value->as.natural); break;
    case VALUE_TEXT: put_read_text(buf, scan->text + value->as.text_at, value->text_length); break;
    case VALUE_ABSENT:
    case VALUE_NONE: cbor_put_null(buf); break;
    }
}

static void
put_words(struct buf *buf, const struct scan *scan, const struct value *value)
{
    uint8_t bytes[2 * 255];

    for (uint8_t i = 0; i < value->word_count; i++) {
        uint16_t word = scan->words[value->word_at + i];
        bytes[2 * i] = (uint8_t)(word >> 8);
        bytes[2 * i + 1] = (uint8_t)word;
    }
    cbor_put_bytes(buf, bytes, 2U * value->word_count);
}

/* The index of the i-th point by ascending number: map keys must ascend. */
static uint16_t
at_number(const struct device *device, uint16_t i)
{
    return device->by_number != NULL ? device->by_number[i] : i;
}

static void
put_qualities(struct buf *buf, const struct scan *scan, size_t count)
{
    cbor_put_map(buf, count);
    for (uint16_t i = 0; i < scan->count && count != 0; i++) {
        uint16_t at = at_number(scan->device, i);
        const struct value *value = &scan->values[at];
        if (value->kind == VALUE_ABSENT || value->quality == QUALITY_GOOD)
            continue;
        cbor_put_natural(buf, scan->device->points[at].number);
        cbor_put_array(buf, 2);
        cbor_put_natural(buf, value->quality);
        cbor_put_natural(buf, value->detail);
    }
}

static void
put_kept_words(struct buf *buf, const struct scan *scan, size_t count)
{
    cbor_put_map(buf, count);
    for (uint16_t i = 0; i < scan->count && count != 0; i++) {
        uint16_t at = at_number(scan->device, i);
        const struct value *value = &scan->values[at];
        if (value->kind == VALUE_ABSENT || value->word_count == 0)
            continue;
        cbor_put_natural(buf, scan->device->points[at].number);
        put_words(buf, scan, value);
    }
}

void
record_put_scan(struct buf *buf, enum stream stream, uint64_t sequence, const struct scan *scan)
{
    const struct point *points = scan->device->points;
    size_t values = 0;
    size_t qualities = 0;
    size_t words = 0;

    for (uint16_t i = 0; i < scan->count; i++) {
        const struct value *value = &scan->values[i];
        values += value->kind != VALUE_ABSENT;
        qualities += value->kind != VALUE_ABSENT && value->quality != QUALITY_GOOD;
        words += value->kind != VALUE_ABSENT && value->word_count != 0;
    }
    put_head(buf, SCAN_ITEMS, stream, sequence, &scan->at);
    cbor_put_natural(buf, scan->device->number);
    cbor_put_map(buf, values);
    for (uint16_t i = 0; i < scan->count; i++) {
        uint16_t at = at_number(scan->device, i);
        if (scan->values[at].kind == VALUE_ABSENT)
            continue;
        cbor_put_natural(buf, points[at].number);
        put_value(buf, scan, &scan->values[at]);
    }
    put_qualities(buf, scan, qualities);
    put_kept_words(buf, scan, words);
}

void
record_put_statistic(struct buf *buf, enum stream stream, uint64_t sequence, const struct stamp *at,
                     const struct statistic *statistic)
{
    put_head(buf, STATISTIC_ITEMS, stream, sequence, at);
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

static void
put_detail(struct buf *buf, const struct detail *detail)
{
    put_text(buf, detail->key);
    if (detail->kind == VALUE_NUMBER)
        put_number(buf, detail->as.number);
    else if (detail->kind == VALUE_TEXT)
        put_text(buf, detail->as.text);
    else
        cbor_put_integer(buf, detail->as.integer);
}

/* Map keys ascend as they are encoded (RFC 8949 4.2.1): the shorter first, then bytewise. */
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
    put_head(buf, EVENT_ITEMS, STREAM_EVENT, sequence, &event->at);
    put_text(buf, event->kind);
    cbor_put_natural(buf, event->phase);
    cbor_put_natural(buf, event->severity);
    put_text(buf, event->opened_store);
    cbor_put_natural(buf, event->opened_sequence);
    put_text(buf, event->subject);
    cbor_put_natural(buf, event->point != NULL ? event->point->number : 0);
    put_stamp(buf, &event->since);
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
    put_head(buf, EVIDENCE_ITEMS, STREAM_EVIDENCE, sequence, &evidence->at);
    put_text(buf, evidence->store);
    cbor_put_natural(buf, evidence->opened_sequence);
    put_text(buf, evidence->kind);
    cbor_put_natural(buf, evidence->point != NULL ? evidence->point->number : 0);
    cbor_put_array(buf, evidence->value_count);
    for (size_t i = 0; i < evidence->value_count; i++) {
        const struct evidence_value *value = &evidence->values[i];
        cbor_put_array(buf, 6);
        put_stamp(buf, &value->at);
        put_number(buf, value->number);
        cbor_put_natural(buf, value->quality);
    }
}

/* ---- reading ---- */

static void
take_stamp(struct cbor_cursor *cursor, struct stamp *ret_at)
{
    bool unknown = cbor_take_null(cursor);

    ret_at->utc_ms = unknown ? 0 : cbor_take_integer(cursor);
    ret_at->boot = (uint32_t)cbor_take_natural(cursor);
    ret_at->mono_ms = cbor_take_integer(cursor);
    uint64_t clock = cbor_take_natural(cursor);
    if (clock > CLOCK_SET || unknown != (clock == CLOCK_UNKNOWN))
        cursor->failed = true;
    ret_at->clock = (enum clock_state)(clock & 3);
}

static double
take_number(struct cbor_cursor *cursor)
{
    return cbor_take_null(cursor) ? (double)NAN : cbor_take_double(cursor);
}

static struct record_text
take_text(struct cbor_cursor *cursor)
{
    struct record_text text = {0};

    text.text = cbor_take_text(cursor, &text.length);
    return text;
}

bool
record_take_head(struct cbor_cursor *cursor, struct record_head *ret_head)
{
    struct record_head head = {0};
    size_t items = cbor_take_array(cursor);

    if (items < HEAD_ITEMS || cbor_take_natural(cursor) != RECORD_VERSION)
        return false;
    uint64_t stream = cbor_take_natural(cursor);
    head.sequence = cbor_take_natural(cursor);
    take_stamp(cursor, &head.at);
    if (cursor->failed || stream < STREAM_EVENT || stream >= STREAM_END)
        return false;
    head.stream = (enum stream)stream;
    *ret_head = head;
    return true;
}

/* The three maps of a scan lie one behind the other: each gets a cursor of its own. */
bool
record_take_scan(struct cbor_cursor *cursor, struct record_scan *ret_scan)
{
    struct record_scan scan = {0};

    scan.device = (uint32_t)cbor_take_natural(cursor);
    scan.values = *cursor;
    cbor_skip(cursor);
    scan.qualities = *cursor;
    cbor_skip(cursor);
    scan.words = *cursor;
    if (cursor->failed)
        return false;
    scan.values_left = cbor_take_map(&scan.values);
    scan.qualities_left = cbor_take_map(&scan.qualities);
    scan.words_left = cbor_take_map(&scan.words);
    if (scan.values.failed || scan.qualities.failed || scan.words.failed)
        return false;
    scan.next_quality = scan.qualities_left != 0 ? cbor_take_natural(&scan.qualities) : 0;
    scan.next_words = scan.words_left != 0 ? cbor_take_natural(&scan.words) : 0;
    *ret_scan = scan;
    return true;
}

static void
take_scalar(struct cbor_cursor *cursor, struct record_value *value)
{
    struct cbor_item item;

    if (!cbor_take(cursor, &item))
        return;
    switch (item.kind) {
    case CBOR_KIND_DOUBLE:
        value->kind = VALUE_NUMBER;
        value->number = item.number;
        break;
    case CBOR_KIND_NATURAL:
        value->kind = VALUE_NATURAL;
        value->natural = item.natural;
        value->integer = item.natural <= INT64_MAX ? (int64_t)item.natural : 0;
        break;
    case CBOR_KIND_NEGATIVE:
        value->kind = VALUE_INTEGER;
        value->integer = item.integer;
        break;
    case CBOR_KIND_TEXT:
        value->kind = VALUE_TEXT;
        value->text = (const char *)item.bytes;
        value->text_length = item.length;
        break;
    case CBOR_KIND_NULL: value->kind = VALUE_NONE; break;
    default: cursor->failed = true; break;
    }
}

static void
take_quality(struct record_scan *scan, struct record_value *value)
{
    if (scan->qualities_left == 0 || scan->next_quality != value->point)
        return;
    if (cbor_take_array(&scan->qualities) != 2)
        scan->qualities.failed = true;
    value->quality = (uint8_t)cbor_take_natural(&scan->qualities);
    value->detail = (uint8_t)cbor_take_natural(&scan->qualities);
    if (--scan->qualities_left != 0)
        scan->next_quality = cbor_take_natural(&scan->qualities);
}

static void
take_words(struct record_scan *scan, struct record_value *value)
{
    if (scan->words_left == 0 || scan->next_words != value->point)
        return;
    value->words = cbor_take_bytes(&scan->words, &value->word_bytes);
    if (--scan->words_left != 0)
        scan->next_words = cbor_take_natural(&scan->words);
}

bool
record_take_value(struct record_scan *scan, struct record_value *ret_value)
{
    struct record_value value = {0};

    if (scan->values_left == 0)
        return false;
    value.point = (uint32_t)cbor_take_natural(&scan->values);
    take_scalar(&scan->values, &value);
    take_quality(scan, &value);
    take_words(scan, &value);
    if (scan->values.failed || scan->qualities.failed || scan->words.failed)
        return false;
    scan->values_left--;
    *ret_value = value;
    return true;
}

bool
record_take_statistic(struct cbor_cursor *cursor, struct record_statistic *ret_statistic)
{
    struct record_statistic statistic = {0};

    statistic.point = (uint32_t)cbor_take_natural(cursor);
    uint64_t period = cbor_take_natural(cursor);
    statistic.start_utc_ms = cbor_take_integer(cursor);
    statistic.end_utc_ms = cbor_take_integer(cursor);
    statistic.revision = (uint32_t)cbor_take_natural(cursor);
    statistic.min = take_number(cursor);
    statistic.max = take_number(cursor);
    statistic.mean = take_number(cursor);
    statistic.sum = take_number(cursor);
    statistic.count = (uint32_t)cbor_take_natural(cursor);
    statistic.valid = (uint32_t)cbor_take_natural(cursor);
    statistic.expected = (uint32_t)cbor_take_natural(cursor);
    struct record_text letter = take_text(cursor);
    if (cursor->failed || period < PERIOD_MINUTE || period >= PERIOD_END || letter.length != 1)
        return false;
    statistic.period = (enum period)period;
    statistic.letter = letter.text[0];
    *ret_statistic = statistic;
    return true;
}

bool
record_take_event(struct cbor_cursor *cursor, struct record_event *ret_event)
{
    struct record_event event = {0};

    event.kind = take_text(cursor);
    uint64_t phase = cbor_take_natural(cursor);
    uint64_t severity = cbor_take_natural(cursor);
    event.opened_store = take_text(cursor);
    event.opened_sequence = cbor_take_natural(cursor);
    event.subject = take_text(cursor);
    event.point = (uint32_t)cbor_take_natural(cursor);
    take_stamp(cursor, &event.since);
    event.duration_ms = cbor_take_integer(cursor);
    event.value = take_number(cursor);
    event.peak = take_number(cursor);
    event.limit = take_number(cursor);
    event.averaging = take_text(cursor);
    event.detail_count = cbor_take_map(cursor);
    event.details = *cursor;
    if (cursor->failed || phase < PHASE_OPENED || phase > PHASE_NOTED || severity > SEVERITY_ALARM)
        return false;
    event.phase = (enum event_phase)phase;
    event.severity = (enum severity)severity;
    *ret_event = event;
    return true;
}

bool
record_take_evidence(struct cbor_cursor *cursor, struct record_evidence *ret_evidence)
{
    struct record_evidence evidence = {0};

    evidence.store = take_text(cursor);
    evidence.opened_sequence = cbor_take_natural(cursor);
    evidence.kind = take_text(cursor);
    evidence.point = (uint32_t)cbor_take_natural(cursor);
    evidence.value_count = cbor_take_array(cursor);
    evidence.values = *cursor;
    if (cursor->failed)
        return false;
    *ret_evidence = evidence;
    return true;
}

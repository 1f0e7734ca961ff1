/* Records back from CBOR. Bounded and total: whatever the bytes are, the answer is a record or
 * false. Texts and words point into the record. */
#include "daemon/store/record.h"

#include <math.h>
#include <string.h>

/* ---- pieces ---- */

static void
take_time(struct cbor_cursor *cursor, struct stamp *ret_at)
{
    bool has_utc = !cbor_take_null(cursor);
    ret_at->utc_ms = has_utc ? cbor_take_integer(cursor) : 0;
    ret_at->boot = (uint32_t)cbor_take_natural(cursor);
    ret_at->mono_ms = cbor_take_integer(cursor);
}

static enum clock_state
take_clock(struct cbor_cursor *cursor)
{
    uint64_t clock = cbor_take_natural(cursor);
    if (clock > CLOCK_SET)
        cursor->failed = true;
    return (enum clock_state)clock;
}

static double
take_number(struct cbor_cursor *cursor)
{
    return cbor_take_null(cursor) ? (double)NAN : cbor_take_double(cursor);
}

static struct record_text
take_text(struct cbor_cursor *cursor)
{
    struct record_text text = {.text = ""};
    const char *taken = cbor_take_text(cursor, &text.length);
    if (taken)
        text.text = taken;
    return text;
}

static uint32_t
take_natural_32(struct cbor_cursor *cursor)
{
    uint64_t natural = cbor_take_natural(cursor);
    if (natural > UINT32_MAX)
        cursor->failed = true;
    return (uint32_t)natural;
}

static bool
is_whole(const struct cbor_cursor *cursor)
{
    return !cursor->failed && cursor->left == 0;
}

/* Skips `items`; the result walks over just these. */
static struct cbor_cursor
take_stretch(struct cbor_cursor *cursor, size_t items)
{
    struct cbor_cursor stretch = *cursor;
    for (size_t i = 0; i < items && !cursor->failed; i++)
        cbor_skip(cursor);
    stretch.left -= cursor->left;
    stretch.failed = cursor->failed;
    return stretch;
}

/* ---- head ---- */

bool
record_take_head(struct cbor_cursor *cursor, struct record_head *ret_head)
{
    struct record_head head = {0};
    size_t fields = cbor_take_array(cursor);
    uint64_t version = cbor_take_natural(cursor);
    uint64_t stream = cbor_take_natural(cursor);
    if (cursor->failed || version != RECORD_VERSION || stream < STREAM_EVENT ||
        stream >= STREAM_END || fields != record_field_count((enum stream)stream))
        return false;
    head.stream = (enum stream)stream;
    head.sequence = cbor_take_natural(cursor);
    take_time(cursor, &head.at);
    head.at.clock = take_clock(cursor);
    if (cursor->failed)
        return false;
    *ret_head = head;
    return true;
}

/* ---- scans ---- */

bool
record_take_scan(struct cbor_cursor *cursor, struct record_scan *ret_scan)
{
    struct record_scan scan = {.device = take_natural_32(cursor)};
    scan.values_left = cbor_take_map(cursor);
    scan.values = take_stretch(cursor, 2 * scan.values_left);
    size_t qualities = cbor_take_map(cursor);
    scan.qualities = take_stretch(cursor, 2 * qualities);
    size_t words = cbor_take_map(cursor);
    scan.words = take_stretch(cursor, 2 * words);
    if (!is_whole(cursor))
        return false;
    *ret_scan = scan;
    return true;
}

static bool
take_item(struct cbor_cursor *cursor, struct record_value *value)
{
    struct cbor_item item;
    if (!cbor_take(cursor, &item))
        return false;
    switch (item.kind) {
    case CBOR_KIND_DOUBLE:
        value->kind = VALUE_NUMBER;
        value->number = item.number;
        return true;
    case CBOR_KIND_NATURAL:
        value->kind = VALUE_NATURAL;
        value->natural = item.natural;
        return true;
    case CBOR_KIND_NEGATIVE:
        value->kind = VALUE_INTEGER;
        value->integer = item.integer;
        return true;
    case CBOR_KIND_TEXT:
        value->kind = VALUE_TEXT;
        value->text = (const char *)item.bytes;
        value->text_length = item.length;
        return true;
    case CBOR_KIND_NULL: value->kind = VALUE_NONE; return true;
    default: return false;
    }
}

/* The side map's entry for this point, if that is the next one there: then `side` stands at it. */
static bool
stands_at(struct cbor_cursor *side, uint32_t point)
{
    if (side->left == 0 || side->failed)
        return false;
    struct cbor_cursor after = *side;
    uint64_t key = cbor_take_natural(&after);
    if (after.failed || key != point)
        return false;
    *side = after;
    return true;
}

static void
take_quality(struct cbor_cursor *cursor, struct record_value *value)
{
    if (cbor_take_array(cursor) != 2)
        cursor->failed = true;
    value->quality = (uint8_t)cbor_take_natural(cursor);
    value->detail = (uint8_t)cbor_take_natural(cursor);
}

bool
record_take_value(struct record_scan *scan, struct record_value *ret_value)
{
    struct record_value value = {.quality = QUALITY_GOOD};
    if (scan->values_left == 0)
        return false;
    value.point = take_natural_32(&scan->values);
    if (scan->values.failed || !take_item(&scan->values, &value))
        return false;
    if (stands_at(&scan->qualities, value.point))
        take_quality(&scan->qualities, &value);
    if (stands_at(&scan->words, value.point))
        value.words = cbor_take_bytes(&scan->words, &value.word_bytes);
    if (scan->qualities.failed || scan->words.failed)
        return false;
    scan->values_left--;
    *ret_value = value;
    return true;
}

/* ---- statistics ---- */

bool
record_take_statistic(struct cbor_cursor *cursor, struct record_statistic *ret_statistic)
{
    struct record_statistic statistic = {.point = take_natural_32(cursor)};
    uint64_t period = cbor_take_natural(cursor);
    statistic.period = (enum period)period;
    statistic.start_utc_ms = cbor_take_integer(cursor);
    statistic.end_utc_ms = cbor_take_integer(cursor);
    statistic.revision = take_natural_32(cursor);
    statistic.min = take_number(cursor);
    statistic.max = take_number(cursor);
    statistic.mean = take_number(cursor);
    statistic.sum = take_number(cursor);
    statistic.count = take_natural_32(cursor);
    statistic.valid = take_natural_32(cursor);
    statistic.expected = take_natural_32(cursor);
    struct record_text letter = take_text(cursor);
    if (!is_whole(cursor) || letter.length != 1 || period < PERIOD_MINUTE || period > PERIOD_MONTH)
        return false;
    statistic.letter = letter.text[0];
    *ret_statistic = statistic;
    return true;
}

/* ---- events and evidence ---- */

static struct stamp
take_since(struct cbor_cursor *cursor)
{
    struct stamp since = {0};
    if (cbor_take_array(cursor) != 4)
        cursor->failed = true;
    take_time(cursor, &since);
    since.clock = take_clock(cursor);
    return since;
}

static uint64_t
take_code(struct cbor_cursor *cursor, uint64_t least, uint64_t most)
{
    uint64_t code = cbor_take_natural(cursor);
    if (code < least || code > most)
        cursor->failed = true;
    return code;
}

bool
record_take_event(struct cbor_cursor *cursor, struct record_event *ret_event)
{
    struct record_event event = {.kind = take_text(cursor)};
    event.phase = (enum event_phase)take_code(cursor, PHASE_OPENED, PHASE_NOTED);
    event.severity = (enum severity)take_code(cursor, SEVERITY_INFO, SEVERITY_ALARM);
    event.opened_store = take_text(cursor);
    event.opened_sequence = cbor_take_natural(cursor);
    event.subject = take_text(cursor);
    event.point = take_natural_32(cursor);
    event.since = take_since(cursor);
    event.duration_ms = cbor_take_null(cursor) ? -1 : cbor_take_integer(cursor);
    event.value = take_number(cursor);
    event.peak = take_number(cursor);
    event.limit = take_number(cursor);
    event.averaging = take_text(cursor);
    event.detail_count = cbor_take_map(cursor);
    event.details = take_stretch(cursor, 2 * event.detail_count);
    if (!is_whole(cursor))
        return false;
    *ret_event = event;
    return true;
}

bool
record_take_evidence(struct cbor_cursor *cursor, struct record_evidence *ret_evidence)
{
    struct record_evidence evidence = {.store = take_text(cursor)};
    evidence.opened_sequence = cbor_take_natural(cursor);
    evidence.kind = take_text(cursor);
    evidence.point = take_natural_32(cursor);
    evidence.value_count = cbor_take_array(cursor);
    evidence.values = take_stretch(cursor, evidence.value_count);
    if (!is_whole(cursor))
        return false;
    *ret_evidence = evidence;
    return true;
}

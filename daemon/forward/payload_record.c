/* Records speak numbers, payloads speak names: the store's registry stands between. Hot for scans:
 * point names are known to need no escapes (config: [a-z][a-z0-9-]*), and the maps of qualities and
 * kept words are walked a second time only where there are any. */
#include "daemon/forward/payload_record.h"

#include "base/calendar.h"
#include "base/number.h"
#include "daemon/assess/assess.h"
#include "daemon/store/record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const clock_names[] = {"unknown", "restored", "synchronised", "set"};
static const char *const phase_names[] = {"", "opened", "updated", "closed", "noted"};
static const char *const severity_names[] = {"info", "warning", "alarm"};
static const char *const period_names[] = {"",     "minute", "ten-minutes", "quarter",
                                           "hour", "day",    "month",       "five-minutes"};

const char *
payload_clock_name(enum clock_state clock)
{
    return clock_names[clock];
}

/* A name of the registry as key; a number it does not know is shown as it is. */
static void
put_point_key(struct json *json, struct reader *reader, uint32_t number)
{
    const struct registry_point *point = reader_point(reader, number);
    char unknown[32];
    if (!point) {
        snprintf(unknown, sizeof unknown, "point-%u", number);
        json_key(json, unknown);
        return;
    }
    struct buf *buf = json->buf;
    if (json->comma)
        buf_byte(buf, ',');
    buf_byte(buf, '"');
    buf_text(buf, point->name);
    buf_append(buf, "\":", 2);
    json->comma = false;
}

static void
put_point(struct json *json, struct reader *reader, uint32_t number)
{
    const struct registry_point *point = reader_point(reader, number);
    char text[200];
    if (point)
        snprintf(text, sizeof text, "%s.%s", point->device, point->name);
    else
        snprintf(text, sizeof text, "point-%u", number);
    json_put_text(json, "point", text);
}

static void
put_number(struct json *json, const char *key, double value)
{
    if (!isnan(value))
        json_put_number(json, key, value);
}

/* "t": null while the clock is unknown; then boot and mono say where the record stands. Or where
 * the boot's time zero has placed it (payload.c). */
static void
put_time(struct json *json, const struct stamp *at)
{
    json_key(json, "t");
    if (at->clock != CLOCK_UNKNOWN || at->utc_ms != 0) {
        json_signed(json, at->utc_ms);
        return;
    }
    json_none(json);
    json_put_natural(json, "boot", at->boot);
    json_put_integer(json, "mono", at->mono_ms);
}

/* ---- scans ---- */

static void
put_value(struct json *json, const struct record_value *value)
{
    char text[NUMBER_TEXT];
    switch (value->kind) {
    case VALUE_NUMBER: json_number(json, value->number); break;
    case VALUE_INTEGER: json_text_n(json, text, number_print_integer(value->integer, text)); break;
    case VALUE_NATURAL: json_text_n(json, text, number_print_natural(value->natural, text)); break;
    case VALUE_TEXT: json_text_n(json, value->text, value->text_length); break;
    default: json_none(json);
    }
}

static void
put_quality(struct json *json, uint8_t quality, uint8_t detail)
{
    const char *name = quality_name((enum quality)quality);
    char text[48];
    if (detail == 0) {
        json_text(json, name);
        return;
    }
    snprintf(text, sizeof text, "%s-%u", name, detail);
    json_text(json, text);
}

static void
put_qualities(struct json *json, struct reader *reader, struct record_scan scan)
{
    struct record_value value;
    json_key(json, "quality");
    json_begin_object(json);
    while (record_take_value(&scan, &value)) {
        if (value.quality == QUALITY_GOOD && value.detail == 0)
            continue;
        put_point_key(json, reader, value.point);
        put_quality(json, value.quality, value.detail);
    }
    json_end_object(json);
}

static void
put_words(struct json *json, struct reader *reader, struct record_scan scan)
{
    struct record_value value;
    json_key(json, "words");
    json_begin_object(json);
    while (record_take_value(&scan, &value)) {
        if (!value.words)
            continue;
        put_point_key(json, reader, value.point);
        json_hex(json, value.words, value.word_bytes);
    }
    json_end_object(json);
}

static bool
put_scan(struct json *json, struct reader *reader, const struct stamp *at,
         struct cbor_cursor *cursor)
{
    struct record_scan scan;
    if (!record_take_scan(cursor, &scan))
        return false;
    const struct record_scan again = scan;
    const char *device = reader_device(reader, scan.device);
    struct record_value value;
    bool has_quality = false, has_words = false;
    json_put_text(json, "device", device ? device : "");
    put_time(json, at);
    while (record_take_value(&scan, &value)) {
        put_point_key(json, reader, value.point);
        put_value(json, &value);
        has_quality |= value.quality != QUALITY_GOOD || value.detail != 0;
        has_words |= value.words != NULL;
    }
    if (has_quality)
        put_qualities(json, reader, again);
    if (has_words)
        put_words(json, reader, again);
    return scan.values_left == 0;
}

/* ---- statistics ---- */

static void
put_number_or_null(struct json *json, const char *key, double value)
{
    json_key(json, key);
    json_number(json, value);
}

static bool
put_statistic(struct json *json, struct reader *reader, const struct stamp *at,
              struct cbor_cursor *cursor)
{
    struct record_statistic statistic;
    char date[11];
    if (!record_take_statistic(cursor, &statistic) || statistic.period < PERIOD_MINUTE ||
        statistic.period >= PERIOD_END)
        return false;
    calendar_print_date(statistic.start_utc_ms, date);
    put_point(json, reader, statistic.point);
    json_put_text(json, "period", period_names[statistic.period]);
    json_put_integer(json, "start", statistic.start_utc_ms);
    json_put_integer(json, "end", statistic.end_utc_ms);
    json_put_text(json, "date", date);
    json_put_natural(json, "revision", statistic.revision);
    put_number_or_null(json, "min", statistic.min);
    put_number_or_null(json, "max", statistic.max);
    put_number_or_null(json, "mean", statistic.mean);
    put_number_or_null(json, "sum", statistic.sum);
    json_put_natural(json, "count", statistic.count);
    json_put_natural(json, "valid", statistic.valid);
    json_put_natural(json, "expected", statistic.expected);
    json_key(json, "letter");
    json_text_n(json, &statistic.letter, 1);
    put_time(json, at);
    return true;
}

/* ---- events and evidence ---- */

static void
put_id(struct json *json, const struct record_text *store, const char *own_store, uint64_t sequence)
{
    char text[128];
    if (store && store->length)
        snprintf(text, sizeof text, "%.*s-%llu", (int)store->length, store->text,
                 (unsigned long long)sequence);
    else
        snprintf(text, sizeof text, "%s-%llu", own_store, (unsigned long long)sequence);
    json_put_text(json, "id", text);
}

static void
put_text(struct json *json, const char *key, const struct record_text *text)
{
    if (text->length == 0)
        return;
    json_key(json, key);
    json_text_n(json, text->text, text->length);
}

/* A whole double carries ".0", so that a receiver can tell it from an integer. */
static void
put_detail_number(struct json *json, double value)
{
    struct buf *buf = json->buf;
    size_t start = buf->length;
    json_number(json, value);
    for (size_t i = start; i < buf->length; i++)
        if (strchr(".en", buf->data[i]))
            return;
    buf_append(buf, ".0", 2);
}

static void
put_details(struct json *json, const struct record_event *event)
{
    struct cbor_cursor at = event->details;
    if (event->detail_count == 0)
        return;
    json_key(json, "details");
    json_begin_object(json);
    for (size_t i = 0; i < event->detail_count && !at.failed; i++) {
        char key[64];
        size_t length = 0;
        struct cbor_item item;
        const char *text = cbor_take_text(&at, &length);
        if (!text || !cbor_take(&at, &item))
            break;
        snprintf(key, sizeof key, "%.*s", (int)length, text);
        json_key(json, key);
        switch (item.kind) {
        case CBOR_KIND_DOUBLE: put_detail_number(json, item.number); break;
        case CBOR_KIND_NATURAL: json_natural(json, item.natural); break;
        case CBOR_KIND_NEGATIVE: json_signed(json, item.integer); break;
        case CBOR_KIND_TEXT: json_text_n(json, (const char *)item.bytes, item.length); break;
        default: json_none(json);
        }
    }
    json_end_object(json);
}

/* When the event began. Boot and clock only where they are not the record's own. */
static void
put_since(struct json *json, const struct stamp *since, const struct stamp *at)
{
    json_key(json, "since");
    if (since->clock == CLOCK_UNKNOWN)
        json_none(json);
    else
        json_signed(json, since->utc_ms);
    json_put_integer(json, "since_mono", since->mono_ms);
    if (since->boot != at->boot)
        json_put_natural(json, "since_boot", since->boot);
    if (since->clock != at->clock)
        json_put_text(json, "since_clock", clock_names[since->clock]);
}

static bool
put_event(struct json *json, struct reader *reader, const struct record *record,
          struct cbor_cursor *cursor)
{
    struct record_event event;
    if (!record_take_event(cursor, &event) || event.phase < PHASE_OPENED ||
        event.phase > PHASE_NOTED || event.severity > SEVERITY_ALARM)
        return false;
    put_id(json, &event.opened_store, reader_event_store_id(reader),
           event.opened_sequence ? event.opened_sequence : record->sequence);
    put_text(json, "kind", &event.kind);
    json_put_text(json, "phase", phase_names[event.phase]);
    json_put_text(json, "severity", severity_names[event.severity]);
    put_text(json, "subject", &event.subject);
    if (event.point)
        put_point(json, reader, event.point);
    put_time(json, &record->at);
    put_since(json, &event.since, &record->at);
    if (event.duration_ms >= 0)
        json_put_integer(json, "duration_ms", event.duration_ms);
    put_number(json, "value", event.value);
    put_number(json, "peak", event.peak);
    put_number(json, "limit", event.limit);
    put_text(json, "averaging", &event.averaging);
    put_details(json, &event);
    return true;
}

/* One reading of evidence: t or null, boot, mono, clock, number or null, quality. */
struct reading {
    bool has_time;
    int64_t utc_ms, mono_ms;
    uint32_t boot;
    enum clock_state clock;
    double number;
    uint8_t quality;
};

static bool
take_reading(struct cbor_cursor *at, struct reading *ret_reading)
{
    struct reading reading = {.number = (double)NAN};
    if (cbor_take_array(at) != 6)
        return false;
    reading.has_time = !cbor_take_null(at);
    if (reading.has_time)
        reading.utc_ms = cbor_take_integer(at);
    reading.boot = (uint32_t)cbor_take_natural(at);
    reading.mono_ms = cbor_take_integer(at);
    reading.clock = (enum clock_state)(cbor_take_natural(at) & 3);
    if (!cbor_take_null(at))
        reading.number = cbor_take_double(at);
    reading.quality = (uint8_t)cbor_take_natural(at);
    *ret_reading = reading;
    return !at->failed;
}

static void
put_reading(struct json *json, const struct reading *reading)
{
    json_begin_array(json);
    if (reading->has_time)
        json_signed(json, reading->utc_ms);
    else
        json_none(json);
    json_number(json, reading->number);
    json_text(json, quality_name((enum quality)reading->quality));
    json_end_array(json);
}

/* One member of all readings, in an array of its own so that "values" stays easy to read. */
enum member { MEMBER_VALUE, MEMBER_MONO, MEMBER_BOOT, MEMBER_CLOCK };

static void
put_member(struct json *json, const struct reading *reading, enum member member)
{
    switch (member) {
    case MEMBER_VALUE: put_reading(json, reading); break;
    case MEMBER_MONO: json_signed(json, reading->mono_ms); break;
    case MEMBER_BOOT: json_natural(json, reading->boot); break;
    case MEMBER_CLOCK: json_text(json, clock_names[reading->clock]); break;
    }
}

static bool
put_readings(struct json *json, const struct record_evidence *evidence, const char *key,
             enum member member)
{
    struct cbor_cursor at = evidence->values;
    struct reading reading;
    json_key(json, key);
    json_begin_array(json);
    for (size_t i = 0; i < evidence->value_count; i++) {
        if (!take_reading(&at, &reading))
            return false;
        put_member(json, &reading, member);
    }
    json_end_array(json);
    return true;
}

/* Boot and clock of the readings stand there only where one is not the record's own. */
static bool
put_other_times(struct json *json, const struct record_evidence *evidence, const struct stamp *own)
{
    struct cbor_cursor at = evidence->values;
    struct reading reading;
    bool boot = false, clock = false;
    for (size_t i = 0; i < evidence->value_count && take_reading(&at, &reading); i++) {
        boot |= reading.boot != own->boot;
        clock |= reading.clock != own->clock;
    }
    return (!boot || put_readings(json, evidence, "values_boot", MEMBER_BOOT)) &&
           (!clock || put_readings(json, evidence, "values_clock", MEMBER_CLOCK));
}

static bool
put_evidence(struct json *json, struct reader *reader, const struct record *record,
             struct cbor_cursor *cursor)
{
    struct record_evidence evidence;
    if (!record_take_evidence(cursor, &evidence))
        return false;
    put_id(json, &evidence.store, reader_event_store_id(reader), evidence.opened_sequence);
    put_text(json, "kind", &evidence.kind);
    if (evidence.point)
        put_point(json, reader, evidence.point);
    put_time(json, &record->at);
    return put_readings(json, &evidence, "values", MEMBER_VALUE) &&
           put_readings(json, &evidence, "values_mono", MEMBER_MONO) &&
           put_other_times(json, &evidence, &record->at);
}

bool
payload_put_record(struct json *json, struct reader *reader, const struct record *record)
{
    struct cbor_cursor cursor;
    struct record_head head;
    bool readable = false;
    cbor_cursor_init(&cursor, record->body, record->length);
    if (!record_take_head(&cursor, &head))
        return false;
    json_begin_object(json);
    switch (record->stream) {
    case STREAM_EVENT: readable = put_event(json, reader, record, &cursor); break;
    case STREAM_EVIDENCE: readable = put_evidence(json, reader, record, &cursor); break;
    case STREAM_PERIOD:
    case STREAM_MINUTE: readable = put_statistic(json, reader, &record->at, &cursor); break;
    case STREAM_SAMPLE:
    case STREAM_TREND: readable = put_scan(json, reader, &record->at, &cursor); break;
    default: break;
    }
    json_end_object(json);
    return readable;
}

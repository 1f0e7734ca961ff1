/* A record's deterministic CBOR from its JSON: what daemon/forward/payload_record.c wrote,
 * backwards, and by docs/payloads/README.md alone, so that the one does not believe the other. */
#include "base/calendar.h"
#include "base/cbor.h"
#include "base/number.h"
#include "ctl/stream_parts.h"
#include "daemon/store/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_ITEMS 7

/* ---- scans ---- */

/* A member of a scan under its point's number: the maps ascend by it. */
struct numbered {
    uint64_t number;
    const char *type;
    const json_t *value;
};

enum map { MAP_VALUES, MAP_QUALITIES, MAP_WORDS };

static int
compare(const void *a, const void *b)
{
    uint64_t left = ((const struct numbered *)a)->number;
    uint64_t right = ((const struct numbered *)b)->number;
    return (left > right) - (left < right);
}

static bool
is_point(const char *key)
{
    static const char *const OTHERS[] = {"device", "t", "boot", "mono", "quality", "words"};
    return stream_name_at(key, OTHERS, 6) < 0;
}

/* A 64-bit integer travels as text, in the one form a decimal has. */
static bool
put_whole(struct buf *buf, const char *text, bool is_signed)
{
    char again[NUMBER_TEXT];
    size_t length;

    errno = 0;
    if (is_signed) {
        long long value = strtoll(text, NULL, 10);
        length = number_print_integer(value, again);
        cbor_put_integer(buf, value);
    } else {
        unsigned long long value = strtoull(text, NULL, 10);
        length = number_print_natural(value, again);
        cbor_put_natural(buf, value);
    }
    return errno == 0 && strlen(text) == length && memcmp(text, again, length) == 0;
}

static bool
put_value(struct buf *buf, const struct numbered *point)
{
    if (!json_is_string(point->value))
        return stream_put_number(buf, point->value);
    const char *type = point->type != NULL ? point->type : "";
    bool is_signed = strcmp(type, "s64") == 0;
    if (is_signed || strcmp(type, "u64") == 0)
        return put_whole(buf, json_string_value(point->value), is_signed);
    return stream_put_string(buf, point->value);
}

static bool
put_quality(struct buf *buf, const struct numbered *point)
{
    uint8_t quality, detail;

    if (!stream_quality(json_string_value(point->value), &quality, &detail))
        return false;
    cbor_put_array(buf, 2);
    cbor_put_natural(buf, quality);
    cbor_put_natural(buf, detail);
    return true;
}

static bool
put_words(struct buf *buf, const struct numbered *point)
{
    uint8_t bytes[2 * 255];
    size_t length = json_string_length(point->value) / 2;

    if (length > sizeof bytes || !stream_take_hex(json_string_value(point->value), length, bytes))
        return false;
    cbor_put_bytes(buf, bytes, length);
    return true;
}

static bool
put_sorted(struct buf *buf, struct numbered *points, size_t count, enum map map)
{
    qsort(points, count, sizeof *points, compare);
    cbor_put_map(buf, count);
    for (size_t i = 0; i < count; i++) {
        cbor_put_natural(buf, points[i].number);
        bool put = map == MAP_VALUES      ? put_value(buf, &points[i])
                   : map == MAP_QUALITIES ? put_quality(buf, &points[i])
                                          : put_words(buf, &points[i]);
        if (!put)
            return false;
    }
    return true;
}

/* The members as a map of the record; of MAP_VALUES those that are points. */
static bool
put_map(struct buf *buf, json_t *members, const char *device, enum map map,
        const struct stream_catalog *catalog, char ret_error[STREAM_SAY])
{
    struct numbered *points = calloc(json_object_size(members) + 1, sizeof *points);
    size_t count = 0;
    bool known = points != NULL;
    const char *key;
    json_t *value;

    json_object_foreach(members, key, value)
    {
        if (!known || (map == MAP_VALUES && !is_point(key)))
            continue;
        points[count].value = value;
        known = stream_point(catalog, device, key, &points[count].number, &points[count].type);
        if (!known)
            stream_refuse(ret_error, "the catalogue has no point", key);
        count++;
    }
    bool put = known && put_sorted(buf, points, count, map);
    if (known && !put)
        stream_refuse(ret_error, "a value that cannot be, of device", device);
    free(points);
    return put;
}

static bool
put_scan(struct buf *buf, json_t *record, const struct stream_catalog *catalog,
         char ret_error[STREAM_SAY])
{
    const char *device = json_string_value(json_object_get(record, "device"));
    uint64_t number;

    if (device == NULL || !stream_device(catalog, device, &number))
        return stream_refuse(ret_error, "the catalogue has no device",
                             device != NULL ? device : "");
    cbor_put_natural(buf, number);
    return put_map(buf, record, device, MAP_VALUES, catalog, ret_error) &&
           put_map(buf, json_object_get(record, "quality"), device, MAP_QUALITIES, catalog,
                   ret_error) &&
           put_map(buf, json_object_get(record, "words"), device, MAP_WORDS, catalog, ret_error);
}

/* ---- statistics ---- */

/* The date is not in the record: it must be the one of its start. */
static bool
is_dated(const json_t *record, int64_t start_utc_ms)
{
    const char *date = json_string_value(json_object_get(record, "date"));
    char due[11];

    calendar_print_date(start_utc_ms, due);
    return date != NULL && strcmp(date, due) == 0;
}

static bool
put_naturals(struct buf *buf, const json_t *record, const char *const *keys, int count)
{
    uint64_t value;

    for (int i = 0; i < count; i++) {
        if (!stream_take_natural(record, keys[i], &value))
            return false;
        cbor_put_natural(buf, value);
    }
    return true;
}

static bool
put_statistic(struct buf *buf, const json_t *record, const struct stream_catalog *catalog,
              char ret_error[STREAM_SAY])
{
    static const char *const PERIODS[] = {"",     "minute", "ten-minutes", "quarter",
                                          "hour", "day",    "month",       "five-minutes"};
    static const char *const NUMBERS[] = {"min", "max", "mean", "sum"};
    static const char *const COUNTS[] = {"revision", "count", "valid", "expected"};
    const char *point = json_string_value(json_object_get(record, "point"));
    int period = stream_name_at(json_string_value(json_object_get(record, "period")), PERIODS,
                                PERIOD_END);
    uint64_t number;
    int64_t start, end;

    if (point == NULL || !stream_point_of(catalog, point, &number))
        return stream_refuse(ret_error, "the catalogue has no point", point != NULL ? point : "");
    if (period < PERIOD_MINUTE || !stream_take_integer(record, "start", &start) ||
        !stream_take_integer(record, "end", &end) || !is_dated(record, start))
        return stream_refuse(ret_error, "not a period:", "period, start, end, date");
    cbor_put_natural(buf, number);
    cbor_put_natural(buf, (uint64_t)period);
    cbor_put_integer(buf, start);
    cbor_put_integer(buf, end);
    bool put = put_naturals(buf, record, COUNTS, 1);
    for (int i = 0; i < 4; i++)
        put = put && stream_put_number(buf, json_object_get(record, NUMBERS[i]));
    put = put && put_naturals(buf, record, COUNTS + 1, 3) &&
          stream_put_string(buf, json_object_get(record, "letter"));
    return put || stream_refuse(ret_error, "not a number:", "revision to letter");
}

/* ---- the head ---- */

/* Without a time the record says boot and mono once more. */
static bool
is_placed_as_said(const json_t *record, const struct stream_payload *payload, int64_t mono)
{
    uint64_t boot;
    int64_t own;

    if (!json_is_null(json_object_get(record, "t")))
        return true;
    return stream_take_natural(record, "boot", &boot) && boot == payload->boot &&
           stream_take_integer(record, "mono", &own) && own == mono;
}

/* Placed by its boot's time zero: the time is not in the record, but the zero is one for all. */
static bool
has_one_zero(const struct stream_payload *payload, const json_t *record, int64_t mono)
{
    const json_t *first = json_object_get(json_array_get(payload->records, 0), "t");
    int64_t first_mono = (int64_t)json_integer_value(json_array_get(payload->mono, 0));
    const json_t *t = json_object_get(record, "t");

    return json_is_integer(t) && json_is_integer(first) &&
           (uint64_t)json_integer_value(t) - (uint64_t)mono ==
               (uint64_t)json_integer_value(first) - (uint64_t)first_mono;
}

static bool
put_head(struct buf *buf, const struct stream_payload *payload, size_t index, const json_t *record,
         char ret_error[STREAM_SAY])
{
    static const uint8_t OWN_ITEMS[STREAM_END] = {0, 17, 5, 13, 13, 4, 4};
    const json_t *mono = json_array_get(payload->mono, index);
    int64_t mono_ms = (int64_t)json_integer_value(mono);

    if (!json_is_integer(mono))
        return stream_refuse(ret_error, "not an integer:", "mono");
    if (!is_placed_as_said(record, payload, mono_ms))
        return stream_refuse(ret_error, "not as the payload says:", "boot, mono");
    if (payload->is_placed && !has_one_zero(payload, record, mono_ms))
        return stream_refuse(ret_error, "not placed by one zero of its boot:", "t");
    cbor_put_array(buf, HEAD_ITEMS + OWN_ITEMS[payload->stream]);
    cbor_put_natural(buf, RECORD_VERSION);
    cbor_put_natural(buf, payload->stream);
    cbor_put_natural(buf, payload->first + index);
    if (payload->is_placed)
        cbor_put_null(buf);
    else if (!stream_put_time(buf, json_object_get(record, "t")))
        return stream_refuse(ret_error, "neither an integer nor null:", "t");
    cbor_put_natural(buf, payload->boot);
    cbor_put_integer(buf, mono_ms);
    cbor_put_natural(buf, payload->clock);
    return true;
}

bool
stream_record(struct buf *buf, const struct stream_payload *payload, size_t index,
              const struct stream_catalog *catalog, char ret_error[STREAM_SAY])
{
    json_t *record = json_array_get(payload->records, index);

    ret_error[0] = '\0';
    if (!put_head(buf, payload, index, record, ret_error))
        return false;
    switch (payload->stream) {
    case STREAM_EVENT:
        return stream_put_event(buf, payload, record, payload->first + index, catalog, ret_error);
    case STREAM_EVIDENCE: return stream_put_evidence(buf, payload, record, catalog, ret_error);
    case STREAM_PERIOD:
    case STREAM_MINUTE: return put_statistic(buf, record, catalog, ret_error);
    default: return put_scan(buf, record, catalog, ret_error);
    }
}

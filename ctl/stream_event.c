/* Events and evidence, from their JSON to what is their own in the record. */
#include "base/cbor.h"
#include "ctl/stream_parts.h"

#include <stdlib.h>
#include <string.h>

#define STORE_DIGITS 32

/* "STORE-SEQUENCE" */
static bool
take_id(const json_t *record, char ret_store[STORE_DIGITS + 1], uint64_t *ret_sequence)
{
    const char *id = json_string_value(json_object_get(record, "id"));
    char *end;

    if (id == NULL || strlen(id) < STORE_DIGITS + 2 || id[STORE_DIGITS] != '-' ||
        id[STORE_DIGITS + 1] < '1' || id[STORE_DIGITS + 1] > '9')
        return false;
    memcpy(ret_store, id, STORE_DIGITS);
    ret_store[STORE_DIGITS] = '\0';
    *ret_sequence = strtoull(id + STORE_DIGITS + 1, &end, 10);
    return *end == '\0';
}

/* The record that opens an event does not name itself: its id must be its own place. */
static bool
put_opened(struct buf *buf, const struct stream_payload *payload, const json_t *record,
           uint64_t sequence, bool opens)
{
    char store[STORE_DIGITS + 1];
    uint64_t opened;

    if (!take_id(record, store, &opened))
        return false;
    if (opens &&
        (opened != sequence || (!payload->is_volatile && strcmp(store, payload->store) != 0)))
        return false;
    cbor_put_text(buf, store, opens ? 0 : STORE_DIGITS);
    cbor_put_natural(buf, opens ? 0 : opened);
    return true;
}

static bool
put_point(struct buf *buf, const json_t *record, const struct stream_catalog *catalog,
          char ret_error[STREAM_SAY])
{
    const json_t *name = json_object_get(record, "point");
    uint64_t number = 0;

    if (name != NULL &&
        (!json_is_string(name) || !stream_point_of(catalog, json_string_value(name), &number)))
        return stream_refuse(ret_error, "the catalogue has no point",
                             json_is_string(name) ? json_string_value(name) : "");
    cbor_put_natural(buf, number);
    return true;
}

/* A clock state by name, where it is not the payload's own. */
static bool
put_clock(struct buf *buf, const struct stream_payload *payload, const json_t *name)
{
    int clock = name == NULL ? payload->clock : stream_clock_at(json_string_value(name));

    cbor_put_natural(buf, clock < 0 ? 0 : (uint64_t)clock);
    return clock >= 0;
}

static bool
put_boot(struct buf *buf, const struct stream_payload *payload, const json_t *boot)
{
    if (boot != NULL && (!json_is_integer(boot) || json_integer_value(boot) < 0))
        return false;
    cbor_put_natural(buf, boot == NULL ? payload->boot : (uint64_t)json_integer_value(boot));
    return true;
}

static bool
put_since(struct buf *buf, const struct stream_payload *payload, const json_t *record)
{
    int64_t mono;

    if (!stream_put_time(buf, json_object_get(record, "since")) ||
        !put_boot(buf, payload, json_object_get(record, "since_boot")) ||
        !stream_take_integer(record, "since_mono", &mono))
        return false;
    cbor_put_integer(buf, mono);
    return put_clock(buf, payload, json_object_get(record, "since_clock"));
}

static bool
put_duration(struct buf *buf, const json_t *duration)
{
    if (duration != NULL && !json_is_integer(duration))
        return false;
    cbor_put_integer(buf, duration == NULL ? -1 : json_integer_value(duration));
    return true;
}

/* In the order in which they stand; an integer is one, all else with digits is a double. */
static bool
put_details(struct buf *buf, json_t *details)
{
    const char *key;
    json_t *value;

    if (details != NULL && !json_is_object(details))
        return false;
    cbor_put_map(buf, json_object_size(details));
    json_object_foreach(details, key, value)
    {
        cbor_put_text(buf, key, strlen(key));
        if (json_is_integer(value))
            cbor_put_integer(buf, json_integer_value(value));
        else if (json_is_string(value))
            stream_put_string(buf, value);
        else if (!stream_put_number(buf, value))
            return false;
    }
    return true;
}

static bool
put_kind(struct buf *buf, const json_t *record, int *ret_phase)
{
    static const char *const PHASES[] = {"", "opened", "updated", "closed", "noted"};
    static const char *const SEVERITIES[] = {"info", "warning", "alarm"};
    int phase = stream_name_at(json_string_value(json_object_get(record, "phase")), PHASES, 5);
    int severity = stream_name_at(json_string_value(json_object_get(record, "severity")),
                                  SEVERITIES, 3);

    *ret_phase = phase;
    if (phase < PHASE_OPENED || severity < 0 ||
        !stream_put_string(buf, json_object_get(record, "kind")))
        return false;
    cbor_put_natural(buf, (uint64_t)phase);
    cbor_put_natural(buf, (uint64_t)severity);
    return true;
}

bool
stream_put_event(struct buf *buf, const struct stream_payload *payload, const json_t *record,
                 uint64_t sequence, const struct stream_catalog *catalog,
                 char ret_error[STREAM_SAY])
{
    int phase;

    if (!put_kind(buf, record, &phase))
        return stream_refuse(ret_error, "not of an event:", "kind, phase, severity");
    if (!put_opened(buf, payload, record, sequence, phase == PHASE_OPENED || phase == PHASE_NOTED))
        return stream_refuse(ret_error, "not the id of its opening record:", "id");
    if (!stream_put_string(buf, json_object_get(record, "subject")))
        return stream_refuse(ret_error, "not a text:", "subject");
    if (!put_point(buf, record, catalog, ret_error))
        return false;
    if (!put_since(buf, payload, record))
        return stream_refuse(ret_error, "not a time:", "since");
    if (!put_duration(buf, json_object_get(record, "duration_ms")) ||
        !stream_put_number(buf, json_object_get(record, "value")) ||
        !stream_put_number(buf, json_object_get(record, "peak")) ||
        !stream_put_number(buf, json_object_get(record, "limit")))
        return stream_refuse(ret_error, "not a number:", "duration_ms, value, peak, limit");
    if (!stream_put_string(buf, json_object_get(record, "averaging")) ||
        !put_details(buf, json_object_get(record, "details")))
        return stream_refuse(ret_error, "not of an event:", "averaging, details");
    return true;
}

/* One reading: t, value and quality; boot, mono and clock stand in arrays of their own. */
static bool
put_reading(struct buf *buf, const struct stream_payload *payload, const json_t *record, size_t i)
{
    const json_t *reading = json_array_get(json_object_get(record, "values"), i);
    const json_t *boots = json_object_get(record, "values_boot");
    const json_t *clocks = json_object_get(record, "values_clock");
    const json_t *mono = json_array_get(json_object_get(record, "values_mono"), i);
    const json_t *name = json_array_get(reading, 2);
    uint8_t quality, detail;

    if ((boots != NULL && json_array_get(boots, i) == NULL) ||
        (clocks != NULL && json_array_get(clocks, i) == NULL) || !json_is_integer(mono) ||
        json_array_size(reading) != 3 ||
        !stream_quality(json_string_value(name), &quality, &detail) || detail != 0)
        return false;
    cbor_put_array(buf, 6);
    if (!stream_put_time(buf, json_array_get(reading, 0)) ||
        !put_boot(buf, payload, json_array_get(boots, i)))
        return false;
    cbor_put_integer(buf, json_integer_value(mono));
    if (!put_clock(buf, payload, json_array_get(clocks, i)) ||
        !stream_put_number(buf, json_array_get(reading, 1)))
        return false;
    cbor_put_natural(buf, quality);
    return true;
}

bool
stream_put_evidence(struct buf *buf, const struct stream_payload *payload, const json_t *record,
                    const struct stream_catalog *catalog, char ret_error[STREAM_SAY])
{
    const json_t *values = json_object_get(record, "values");

    if (!put_opened(buf, payload, record, 0, false))
        return stream_refuse(ret_error, "not the id of its opening record:", "id");
    if (!stream_put_string(buf, json_object_get(record, "kind")))
        return stream_refuse(ret_error, "not a text:", "kind");
    if (!put_point(buf, record, catalog, ret_error))
        return false;
    if (!json_is_array(values) ||
        json_array_size(json_object_get(record, "values_mono")) != json_array_size(values))
        return stream_refuse(ret_error, "not as many as there are readings:", "values_mono");
    cbor_put_array(buf, json_array_size(values));
    for (size_t i = 0; i < json_array_size(values); i++)
        if (!put_reading(buf, payload, record, i))
            return stream_refuse(ret_error, "not a reading:", "values");
    return true;
}

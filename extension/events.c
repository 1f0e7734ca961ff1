/* A row a record of an event. `store` and `opened` (store id and sequence of the opening record)
 * are its identity: the same in all records of one event, also in the opening one. */
#include "extension/table.h"

#include "base/json.h"

#include <sqlite3ext.h>

SQLITE_EXTENSION_INIT3

#define JSON_BYTES 16 /* at most, of a byte of CBOR: a half of 3 bytes may take 24 digits */

enum {
    COLUMN_T,
    COLUMN_TIME,
    COLUMN_KIND,
    COLUMN_PHASE,
    COLUMN_SEVERITY,
    COLUMN_SUBJECT,
    COLUMN_DEVICE,
    COLUMN_POINT,
    COLUMN_SINCE,
    COLUMN_DURATION,
    COLUMN_VALUE,
    COLUMN_PEAK,
    COLUMN_LIMIT,
    COLUMN_AVERAGING,
    COLUMN_DETAILS,
    COLUMN_SEQUENCE,
    COLUMN_STORE,
    COLUMN_OPENED,
    COLUMN_END
};

static const struct column columns[] = {
    [COLUMN_T] = {"t", "INTEGER", FIELD_TIME},
    [COLUMN_TIME] = {"time", "TEXT", FIELD_NONE},
    [COLUMN_KIND] = {"kind", "TEXT", FIELD_NONE},
    [COLUMN_PHASE] = {"phase", "TEXT", FIELD_NONE},
    [COLUMN_SEVERITY] = {"severity", "TEXT", FIELD_NONE},
    [COLUMN_SUBJECT] = {"subject", "TEXT", FIELD_NONE},
    [COLUMN_DEVICE] = {"device", "TEXT", FIELD_DEVICE},
    [COLUMN_POINT] = {"point", "TEXT", FIELD_POINT},
    [COLUMN_SINCE] = {"since", "INTEGER", FIELD_NONE},
    [COLUMN_DURATION] = {"duration", "INTEGER", FIELD_NONE},
    [COLUMN_VALUE] = {"value", "REAL", FIELD_NONE},
    [COLUMN_PEAK] = {"peak", "REAL", FIELD_NONE},
    [COLUMN_LIMIT] = {"limit_", "REAL", FIELD_NONE},
    [COLUMN_AVERAGING] = {"averaging", "TEXT", FIELD_NONE},
    [COLUMN_DETAILS] = {"details", "TEXT", FIELD_NONE},
    [COLUMN_SEQUENCE] = {"sequence", "INTEGER", FIELD_SEQUENCE},
    [COLUMN_STORE] = {"store", "TEXT", FIELD_NONE},
    [COLUMN_OPENED] = {"opened", "INTEGER", FIELD_NONE},
    [COLUMN_END] = {NULL, NULL, FIELD_NONE},
};

static const char *const phase_names[] = {"", "opened", "updated", "closed", "noted"};
static const char *const severity_names[] = {"info", "warning", "alarm"};

static enum step
next(struct row *row, const struct query *query)
{
    (void)row;
    (void)query;
    return STEP_NONE;
}

/* Details are walked once here, so that what is wrong with them is found with the record. */
static enum step
first(struct row *row, const struct query *query)
{
    struct record_event *event = &row->as.event;

    if (!record_take_event(&row->entry.rest, event))
        return STEP_DAMAGED;
    struct cbor_cursor details = event->details;
    for (size_t i = 0; i < event->detail_count && !details.failed; i++) {
        size_t length;
        cbor_take_text(&details, &length);
        cbor_skip(&details);
    }
    if (details.failed)
        return STEP_DAMAGED;
    row->point = names_point(&query->names, event->point);
    return table_wants(query, row->point, row->point) ? STEP_ROW : STEP_NONE;
}

/* ---- columns ---- */

static void
put_detail(struct json *json, struct cbor_cursor *details)
{
    struct cbor_item item = {.kind = CBOR_KIND_NULL};
    size_t length = 0;
    const char *key = cbor_take_text(details, &length);

    json_text_n(json, key, length);
    buf_byte(json->buf, ':');
    json->comma = false;
    struct cbor_cursor value = *details;
    cbor_skip(details);
    cbor_take(&value, &item);
    switch (item.kind) {
    case CBOR_KIND_DOUBLE: json_number(json, item.number); break;
    case CBOR_KIND_NATURAL: json_natural(json, item.natural); break;
    case CBOR_KIND_NEGATIVE: json_signed(json, item.integer); break;
    case CBOR_KIND_TEXT: json_text_n(json, (const char *)item.bytes, item.length); break;
    default: json_none(json); break;
    }
}

static void
put_details(sqlite3_context *context, const struct row *row)
{
    struct cbor_cursor details = row->as.event.details;
    struct buf buf;
    struct json json;

    if (buf_new(&buf, row->entry.length * JSON_BYTES + 64) != 0) {
        sqlite3_result_error_nomem(context);
        return;
    }
    json_init(&json, &buf);
    json_begin_object(&json);
    for (size_t i = 0; i < row->as.event.detail_count; i++)
        put_detail(&json, &details);
    json_end_object(&json);
    if (buf.overflow)
        sqlite3_result_error_toobig(context);
    else
        table_put_text(context, (const char *)buf.data, buf.length);
    buf_free(&buf);
}

static void
put_record_text(sqlite3_context *context, const struct record_text *text)
{
    table_put_text(context, text->text, text->length);
}

/* What tells one event from another. */
static void
put_identity(sqlite3_context *context, const struct row *row, const struct query *query, int column)
{
    const struct record_event *event = &row->as.event;
    uint64_t sequence = row->entry.head.sequence;
    bool opens = event->opened_sequence == 0;

    if (column == COLUMN_OPENED)
        sequence = opens ? sequence : event->opened_sequence;
    if (column != COLUMN_STORE)
        sqlite3_result_int64(context, (sqlite3_int64)sequence);
    else if (opens)
        table_put_name(context, query->names.store);
    else
        put_record_text(context, &event->opened_store);
}

static void
put_figures(sqlite3_context *context, const struct record_event *event, int column)
{
    switch (column) {
    case COLUMN_SINCE: table_put_time(context, &event->since); break;
    case COLUMN_DURATION:
        if (event->duration_ms >= 0)
            sqlite3_result_int64(context, event->duration_ms);
        break;
    case COLUMN_VALUE: table_put_number(context, event->value); break;
    case COLUMN_PEAK: table_put_number(context, event->peak); break;
    case COLUMN_LIMIT: table_put_number(context, event->limit); break;
    default: break;
    }
}

static void
put_words(sqlite3_context *context, const struct row *row, int column)
{
    const struct record_event *event = &row->as.event;
    const struct named *point = row->point;

    switch (column) {
    case COLUMN_TIME: table_put_time_text(context, &row->entry.head.at); break;
    case COLUMN_KIND: put_record_text(context, &event->kind); break;
    case COLUMN_PHASE: table_put_name(context, phase_names[event->phase]); break;
    case COLUMN_SEVERITY: table_put_name(context, severity_names[event->severity]); break;
    case COLUMN_SUBJECT: put_record_text(context, &event->subject); break;
    case COLUMN_DEVICE: table_put_name(context, point != NULL ? point->device : NULL); break;
    case COLUMN_POINT: table_put_name(context, point != NULL ? point->name : NULL); break;
    case COLUMN_AVERAGING: put_record_text(context, &event->averaging); break;
    default: break;
    }
}

static void
put(sqlite3_context *context, const struct row *row, const struct query *query, int column)
{
    if (column == COLUMN_T)
        table_put_time(context, &row->entry.head.at);
    else if (column == COLUMN_DETAILS)
        put_details(context, row);
    else if (column >= COLUMN_SEQUENCE)
        put_identity(context, row, query, column);
    else if (column < COLUMN_SINCE || column == COLUMN_AVERAGING)
        put_words(context, row, column);
    else
        put_figures(context, &row->as.event, column);
}

const struct table_kind events_table = {
    .name = "events",
    .columns = columns,
    .streams = 1U << STREAM_EVENT,
    .first = first,
    .next = next,
    .put = put,
};

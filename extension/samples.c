/* A row a value of a scan. A natural above 2^63-1 has no INTEGER of SQLite: it is a REAL. */
#include "extension/table.h"

#include <sqlite3ext.h>
#include <string.h>

SQLITE_EXTENSION_INIT3

enum {
    COLUMN_T,
    COLUMN_TIME,
    COLUMN_DEVICE,
    COLUMN_POINT,
    COLUMN_VALUE,
    COLUMN_UNIT,
    COLUMN_QUALITY,
    COLUMN_STREAM,
    COLUMN_SEQUENCE,
    COLUMN_BOOT,
    COLUMN_MONO,
    COLUMN_CLOCK,
    COLUMN_END
};

static const struct column columns[] = {
    [COLUMN_T] = {"t", "INTEGER", FIELD_TIME},
    [COLUMN_TIME] = {"time", "TEXT", FIELD_NONE},
    [COLUMN_DEVICE] = {"device", "TEXT", FIELD_DEVICE},
    [COLUMN_POINT] = {"point", "TEXT", FIELD_POINT},
    [COLUMN_VALUE] = {"value", "", FIELD_NONE},
    [COLUMN_UNIT] = {"unit", "TEXT", FIELD_NONE},
    [COLUMN_QUALITY] = {"quality", "INTEGER", FIELD_NONE},
    [COLUMN_STREAM] = {"stream", "TEXT", FIELD_STREAM},
    [COLUMN_SEQUENCE] = {"sequence", "INTEGER", FIELD_SEQUENCE},
    [COLUMN_BOOT] = {"boot", "INTEGER", FIELD_NONE},
    [COLUMN_MONO] = {"mono", "INTEGER", FIELD_NONE},
    [COLUMN_CLOCK] = {"clock", "INTEGER", FIELD_NONE},
    [COLUMN_END] = {NULL, NULL, FIELD_NONE},
};

static uint32_t
streams_of(const char *name)
{
    return strcmp(name, "sample") == 0  ? 1U << STREAM_SAMPLE
           : strcmp(name, "trend") == 0 ? 1U << STREAM_TREND
                                        : 0;
}

static enum step
next(struct row *row, const struct query *query)
{
    struct record_scan *scan = &row->as.sample.scan;

    while (record_take_value(scan, &row->as.sample.value)) {
        row->index++;
        row->point = names_point(&query->names, row->as.sample.value.point);
        if (table_wants(query, row->device, row->point))
            return STEP_ROW;
    }
    return scan->values_left + scan->qualities_left + scan->words_left == 0 ? STEP_NONE
                                                                            : STEP_DAMAGED;
}

static enum step
first(struct row *row, const struct query *query)
{
    if (!record_take_scan(&row->entry.rest, &row->as.sample.scan))
        return STEP_DAMAGED;
    row->device = names_device(&query->names, row->as.sample.scan.device);
    if (!query->by_device || (row->device != NULL && row->device->wanted))
        return next(row, query);
    row->as.sample.scan = (struct record_scan){0};
    return STEP_NONE;
}

static void
put_value(sqlite3_context *context, const struct record_value *value)
{
    switch (value->kind) {
    case VALUE_NUMBER: table_put_number(context, value->number); break;
    case VALUE_INTEGER: sqlite3_result_int64(context, value->integer); break;
    case VALUE_NATURAL:
        if (value->natural <= INT64_MAX)
            sqlite3_result_int64(context, (sqlite3_int64)value->natural);
        else
            sqlite3_result_double(context, (double)value->natural);
        break;
    case VALUE_TEXT: table_put_text(context, value->text, value->text_length); break;
    case VALUE_ABSENT:
    case VALUE_NONE: break;
    }
}

static void
put(sqlite3_context *context, const struct row *row, const struct query *query, int column)
{
    const struct record_head *head = &row->entry.head;

    (void)query;
    switch (column) {
    case COLUMN_T: table_put_time(context, &head->at); break;
    case COLUMN_TIME: table_put_time_text(context, &head->at); break;
    case COLUMN_DEVICE:
        table_put_name(context, row->device != NULL ? row->device->device : NULL);
        break;
    case COLUMN_POINT: table_put_name(context, row->point != NULL ? row->point->name : NULL); break;
    case COLUMN_VALUE: put_value(context, &row->as.sample.value); break;
    case COLUMN_UNIT: table_put_name(context, row->point != NULL ? row->point->unit : NULL); break;
    case COLUMN_QUALITY: sqlite3_result_int(context, row->as.sample.value.quality); break;
    case COLUMN_STREAM:
        table_put_name(context, head->stream == STREAM_SAMPLE ? "sample" : "trend");
        break;
    case COLUMN_SEQUENCE: sqlite3_result_int64(context, (sqlite3_int64)head->sequence); break;
    case COLUMN_BOOT: sqlite3_result_int64(context, head->at.boot); break;
    case COLUMN_MONO: sqlite3_result_int64(context, head->at.mono_ms); break;
    case COLUMN_CLOCK: sqlite3_result_int(context, (int)head->at.clock); break;
    default: break;
    }
}

const struct table_kind samples_table = {
    .name = "samples",
    .columns = columns,
    .streams = 1U << STREAM_SAMPLE | 1U << STREAM_TREND,
    .streams_of = streams_of,
    .first = first,
    .next = next,
    .put = put,
};

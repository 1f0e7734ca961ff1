/* A row a statistic; the highest revision counts. When it was recorded says nothing about the start
 * of its period (late after an outage, before it when a clock had run ahead), so `t` leaves out no
 * segment; `recorded` does, and `period` tells the stream. */
#include "extension/table.h"

#include <sqlite3ext.h>
#include <string.h>

SQLITE_EXTENSION_INIT3

enum {
    COLUMN_T,
    COLUMN_TIME,
    COLUMN_DEVICE,
    COLUMN_POINT,
    COLUMN_PERIOD,
    COLUMN_ENDS,
    COLUMN_REVISION,
    COLUMN_MIN,
    COLUMN_MAX,
    COLUMN_MEAN,
    COLUMN_SUM,
    COLUMN_COUNT,
    COLUMN_VALID,
    COLUMN_EXPECTED,
    COLUMN_LETTER,
    COLUMN_SEQUENCE,
    COLUMN_RECORDED,
    COLUMN_END
};

static const struct column columns[] = {
    [COLUMN_T] = {"t", "INTEGER", FIELD_START},
    [COLUMN_TIME] = {"time", "TEXT", FIELD_NONE},
    [COLUMN_DEVICE] = {"device", "TEXT", FIELD_DEVICE},
    [COLUMN_POINT] = {"point", "TEXT", FIELD_POINT},
    [COLUMN_PERIOD] = {"period", "TEXT", FIELD_STREAM},
    [COLUMN_ENDS] = {"end", "INTEGER", FIELD_NONE},
    [COLUMN_REVISION] = {"revision", "INTEGER", FIELD_NONE},
    [COLUMN_MIN] = {"min", "REAL", FIELD_NONE},
    [COLUMN_MAX] = {"max", "REAL", FIELD_NONE},
    [COLUMN_MEAN] = {"mean", "REAL", FIELD_NONE},
    [COLUMN_SUM] = {"sum", "REAL", FIELD_NONE},
    [COLUMN_COUNT] = {"count", "INTEGER", FIELD_NONE},
    [COLUMN_VALID] = {"valid", "INTEGER", FIELD_NONE},
    [COLUMN_EXPECTED] = {"expected", "INTEGER", FIELD_NONE},
    [COLUMN_LETTER] = {"letter", "TEXT", FIELD_NONE},
    [COLUMN_SEQUENCE] = {"sequence", "INTEGER", FIELD_SEQUENCE},
    [COLUMN_RECORDED] = {"recorded", "INTEGER", FIELD_TIME},
    [COLUMN_END] = {NULL, NULL, FIELD_NONE},
};

static const char *const period_names[] = {"",     "minute", "ten-minutes", "quarter",
                                           "hour", "day",    "month",       "five-minutes"};

/* store.c: minutes have a stream of their own. */
static uint32_t
streams_of(const char *name)
{
    for (enum period period = PERIOD_MINUTE; period < PERIOD_END; period++)
        if (strcmp(name, period_names[period]) == 0)
            return 1U << (period == PERIOD_MINUTE ? STREAM_MINUTE : STREAM_PERIOD);
    return 0;
}

static enum step
next(struct row *row, const struct query *query)
{
    (void)row;
    (void)query;
    return STEP_NONE;
}

static enum step
first(struct row *row, const struct query *query)
{
    struct record_statistic *statistic = &row->as.statistic;
    const struct bounds *start = &query->start;

    if (!record_take_statistic(&row->entry.rest, statistic))
        return STEP_DAMAGED;
    if (start->set &&
        (statistic->start_utc_ms < start->low || statistic->start_utc_ms > start->high))
        return STEP_NONE;
    row->point = names_point(&query->names, statistic->point);
    return table_wants(query, row->point, row->point) ? STEP_ROW : STEP_NONE;
}

static void
put_figures(sqlite3_context *context, const struct record_statistic *statistic, int column)
{
    switch (column) {
    case COLUMN_MIN: table_put_number(context, statistic->min); break;
    case COLUMN_MAX: table_put_number(context, statistic->max); break;
    case COLUMN_MEAN: table_put_number(context, statistic->mean); break;
    case COLUMN_SUM: table_put_number(context, statistic->sum); break;
    case COLUMN_COUNT: sqlite3_result_int64(context, statistic->count); break;
    case COLUMN_VALID: sqlite3_result_int64(context, statistic->valid); break;
    case COLUMN_EXPECTED: sqlite3_result_int64(context, statistic->expected); break;
    default: table_put_text(context, &statistic->letter, 1); break;
    }
}

static void
put(sqlite3_context *context, const struct row *row, const struct query *query, int column)
{
    const struct record_statistic *statistic = &row->as.statistic;
    const struct stamp start = {.utc_ms = statistic->start_utc_ms, .clock = CLOCK_SET};

    (void)query;
    switch (column) {
    case COLUMN_T: table_put_time(context, &start); break;
    case COLUMN_TIME: table_put_time_text(context, &start); break;
    case COLUMN_DEVICE:
        table_put_name(context, row->point != NULL ? row->point->device : NULL);
        break;
    case COLUMN_POINT: table_put_name(context, row->point != NULL ? row->point->name : NULL); break;
    case COLUMN_PERIOD: table_put_name(context, period_names[statistic->period]); break;
    case COLUMN_ENDS: sqlite3_result_int64(context, statistic->end_utc_ms); break;
    case COLUMN_REVISION: sqlite3_result_int64(context, statistic->revision); break;
    case COLUMN_SEQUENCE:
        sqlite3_result_int64(context, (sqlite3_int64)row->entry.head.sequence);
        break;
    case COLUMN_RECORDED: table_put_time(context, &row->entry.head.at); break;
    default: put_figures(context, statistic, column); break;
    }
}

const struct table_kind statistics_table = {
    .name = "statistics",
    .columns = columns,
    .streams = 1U << STREAM_PERIOD | 1U << STREAM_MINUTE,
    .streams_of = streams_of,
    .first = first,
    .next = next,
    .put = put,
};

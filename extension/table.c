#include "extension/table.h"

#include "base/calendar.h"
#include "extension/plan.h"

#include <math.h>
#include <sqlite3ext.h>
#include <string.h>

SQLITE_EXTENSION_INIT3

struct face { /* a table within a connection */
    sqlite3_vtab base;
    sqlite3 *db;
    const struct table_kind *table;
};

struct cursor {
    sqlite3_vtab_cursor base;
    struct segments segments;
    struct query query;
    struct row row;
    bool at_end;
};

static const struct table_kind *
table_of(const struct cursor *cursor)
{
    return ((const struct face *)cursor->base.pVtab)->table;
}

/* ---- the table ---- */

static int
face_connect(sqlite3 *db, void *context, int argc, const char *const *argv, sqlite3_vtab **ret_face,
             char **ret_error)
{
    const struct table_kind *table = context;
    sqlite3_str *sql = sqlite3_str_new(db);
    struct face *face = sqlite3_malloc(sizeof *face);

    (void)argc;
    (void)argv;
    (void)ret_error;
    for (int i = 0; table->columns[i].name != NULL; i++)
        sqlite3_str_appendf(sql, "%s\"%w\" %s", i == 0 ? "CREATE TABLE x(" : ",",
                            table->columns[i].name, table->columns[i].type);
    sqlite3_str_appendall(sql, ")");
    char *text = sqlite3_str_finish(sql);
    int code = face != NULL && text != NULL ? sqlite3_declare_vtab(db, text) : SQLITE_NOMEM;
    sqlite3_free(text);
    if (code != SQLITE_OK) {
        sqlite3_free(face);
        return code;
    }
    *face = (struct face){.db = db, .table = table};
    *ret_face = &face->base;
    return SQLITE_OK;
}

static int
face_disconnect(sqlite3_vtab *face)
{
    sqlite3_free(face);
    return SQLITE_OK;
}

static int
face_best_index(sqlite3_vtab *face, sqlite3_index_info *info)
{
    return plan_choose(((struct face *)face)->table, info);
}

/* ---- the cursor ---- */

static int
cursor_open(sqlite3_vtab *face, sqlite3_vtab_cursor **ret_cursor)
{
    struct cursor *cursor = sqlite3_malloc(sizeof *cursor);

    (void)face;
    if (cursor == NULL)
        return SQLITE_NOMEM;
    *cursor = (struct cursor){.at_end = true};
    *ret_cursor = &cursor->base;
    return SQLITE_OK;
}

static void
empty(struct cursor *cursor)
{
    segments_close(&cursor->segments);
    names_free(&cursor->query.names);
    cursor->query = (struct query){0};
    cursor->at_end = true;
}

static int
cursor_close(sqlite3_vtab_cursor *base)
{
    empty((struct cursor *)base);
    sqlite3_free(base);
    return SQLITE_OK;
}

/* Leaves the sentence of what went wrong with the table. */
static int
fail(struct cursor *cursor, int code)
{
    sqlite3_vtab *face = cursor->base.pVtab;
    const char *own = cursor->segments.sentence;
    const char *sentence = *own != '\0' ? own : sqlite3_errmsg(((struct face *)face)->db);

    cursor->at_end = true;
    sqlite3_free(face->zErrMsg);
    face->zErrMsg = sqlite3_mprintf("parkgate: %s", code == SQLITE_NOMEM ? "no memory" : sentence);
    return code;
}

static int
cursor_next(sqlite3_vtab_cursor *base)
{
    struct cursor *cursor = (struct cursor *)base;
    struct row *row = &cursor->row;
    enum step step = table_of(cursor)->next(row, &cursor->query);

    while (step == STEP_NONE) {
        int code = segments_next(&cursor->segments, &row->entry);
        cursor->at_end = code == SQLITE_DONE;
        if (code != SQLITE_ROW)
            return code == SQLITE_DONE ? SQLITE_OK : fail(cursor, code);
        row->index = 0;
        step = table_of(cursor)->first(row, &cursor->query);
    }
    if (step == STEP_DAMAGED)
        return fail(cursor, segments_damaged(&cursor->segments, "damaged, a record is malformed"));
    return SQLITE_OK;
}

static int
cursor_filter(sqlite3_vtab_cursor *base, int number, const char *text, int argc,
              sqlite3_value **argv)
{
    struct cursor *cursor = (struct cursor *)base;
    sqlite3 *db = ((struct face *)base->pVtab)->db;
    struct want want;

    (void)number;
    (void)argc;
    empty(cursor);
    cursor->row = (struct row){0};
    int code = segments_open(&cursor->segments, db);
    if (code == SQLITE_OK)
        code = names_load(&cursor->query.names, db);
    if (code == SQLITE_OK)
        code = plan_take(table_of(cursor), text, argv, &cursor->query, &want);
    if (code != SQLITE_OK)
        return fail(cursor, code);
    if (cursor->query.by_device && table_of(cursor) == &samples_table)
        want.device = names_one_device(&cursor->query.names);
    segments_want(&cursor->segments, &want);
    return cursor_next(base);
}

static int
cursor_eof(sqlite3_vtab_cursor *base)
{
    return ((struct cursor *)base)->at_end;
}

static int
cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    struct cursor *cursor = (struct cursor *)base;

    table_of(cursor)->put(context, &cursor->row, &cursor->query, column);
    return SQLITE_OK;
}

/* The same row has the same id in every plan: SQLite joins the arms of an OR by it. Unique up to
 * 2^43 records a stream and 2^16 values a record. */
static int
cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_rowid)
{
    const struct row *row = &((struct cursor *)base)->row;
    const struct record_head *head = &row->entry.head;
    uint64_t rowid = (head->sequence << 19 | (uint64_t)head->stream << 16) + row->index;

    *ret_rowid = (sqlite3_int64)(rowid & INT64_MAX);
    return SQLITE_OK;
}

static const sqlite3_module module = {
    .iVersion = 0,
    .xConnect = face_connect,
    .xBestIndex = face_best_index,
    .xDisconnect = face_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_filter,
    .xNext = cursor_next,
    .xEof = cursor_eof,
    .xColumn = cursor_column,
    .xRowid = cursor_rowid,
};

int
table_register(struct sqlite3 *db, const struct table_kind *table)
{
    return sqlite3_create_module(db, table->name, &module, (void *)table);
}

bool
table_wants(const struct query *query, const struct named *device, const struct named *point)
{
    if (query->by_device && (device == NULL || !device->wanted))
        return false;
    return !query->by_point || (point != NULL && point->wanted);
}

/* ---- results ---- */

void
table_put_time(sqlite3_context *context, const struct stamp *at)
{
    if (at->clock != CLOCK_UNKNOWN)
        sqlite3_result_int64(context, at->utc_ms);
}

void
table_put_time_text(sqlite3_context *context, const struct stamp *at)
{
    char text[30];

    if (at->clock == CLOCK_UNKNOWN)
        return;
    calendar_print_time(at->utc_ms, text);
    table_put_name(context, text);
}

void
table_put_number(sqlite3_context *context, double number)
{
    if (!isnan(number))
        sqlite3_result_double(context, number);
}

void
table_put_text(sqlite3_context *context, const char *text, size_t length)
{
    sqlite3_result_text64(context, text, length, SQLITE_TRANSIENT, SQLITE_UTF8);
}

void
table_put_name(sqlite3_context *context, const char *name)
{
    if (name != NULL)
        table_put_text(context, name, strlen(name));
}

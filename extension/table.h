/* What the three tables have in common as virtual tables: which constraints are taken down to the
 * segments and the registry, and how a cursor goes from record to record. */
#ifndef EXTENSION_TABLE_H
#define EXTENSION_TABLE_H

#include "extension/names.h"
#include "extension/segments.h"

struct sqlite3_context;

/* What a column is to a query plan. */
enum field {
    FIELD_NONE,
    FIELD_TIME,     /* the record's stamp */
    FIELD_START,    /* a time told in the record, which says nothing about its stamp */
    FIELD_SEQUENCE, /* the record's */
    FIELD_DEVICE,
    FIELD_POINT,
    FIELD_STREAM, /* a name that tells streams */
};

struct column {
    const char *name, *type;
    enum field field;
};

/* The row a cursor stands at. Which of the union it is, the table knows. */
struct row {
    struct entry_head entry;
    const struct named *device, *point; /* or NULL */
    uint32_t index;                     /* within the record */
    union {
        struct {
            struct record_scan scan;
            struct record_value value;
        } sample;
        struct record_statistic statistic;
        struct record_event event;
    } as;
};

struct query {
    struct names names;
    struct bounds start;
    bool by_device, by_point; /* only rows whose device or point is wanted */
};

enum step { STEP_DAMAGED = -1, STEP_NONE, STEP_ROW };

struct table_kind {
    const char *name;
    const struct column *columns; /* ends with a name of NULL */
    uint32_t streams;             /* bit 1 << enum stream */
    uint32_t (*streams_of)(const char *name);
    /* The first row of the record in row->entry, then the next of the same record. */
    enum step (*first)(struct row *row, const struct query *query);
    enum step (*next)(struct row *row, const struct query *query);
    void (*put)(struct sqlite3_context *context, const struct row *row, const struct query *query,
                int column);
};

extern const struct table_kind samples_table, statistics_table, events_table;

/* An SQLite code. */
int table_register(struct sqlite3 *db, const struct table_kind *table);

/* Of a row without a point or device none is asked for by name. */
bool table_wants(const struct query *query, const struct named *device, const struct named *point);

/* Results of columns. */
void table_put_time(struct sqlite3_context *context, const struct stamp *at);
void table_put_time_text(struct sqlite3_context *context, const struct stamp *at);
void table_put_number(struct sqlite3_context *context, double number); /* NaN: NULL */
void table_put_text(struct sqlite3_context *context, const char *text, size_t length);
void table_put_name(struct sqlite3_context *context, const char *name); /* NULL: NULL */

#endif

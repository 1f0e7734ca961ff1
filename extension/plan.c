#include "extension/plan.h"

#include <math.h>
#include <sqlite3ext.h>
#include <stdlib.h>
#include <string.h>

SQLITE_EXTENSION_INIT3

#define HAS_IN   3038000 /* sqlite3_vtab_in */
#define ALL_ROWS 1e7

/* ---- choosing ---- */

static const char *
operator_of(unsigned char op)
{
    switch (op) {
    case SQLITE_INDEX_CONSTRAINT_EQ: return "=";
    case SQLITE_INDEX_CONSTRAINT_GE: return ">=";
    case SQLITE_INDEX_CONSTRAINT_GT: return ">";
    case SQLITE_INDEX_CONSTRAINT_LE: return "<=";
    case SQLITE_INDEX_CONSTRAINT_LT: return "<";
    default: return NULL;
    }
}

/* The operator under which constraint `i` is taken down, or NULL. Names are compared bytewise. */
static const char *
take_constraint(const struct table_kind *table, sqlite3_index_info *info, int i)
{
    const struct sqlite3_index_constraint *constraint = &info->aConstraint[i];

    if (!constraint->usable || constraint->iColumn < 0)
        return NULL;
    enum field field = table->columns[constraint->iColumn].field;
    const char *op = operator_of(constraint->op);
    if (field == FIELD_NONE || op == NULL || field < FIELD_DEVICE)
        return field == FIELD_NONE ? NULL : op;
    if (strcmp(op, "=") != 0 || strcmp(sqlite3_vtab_collation(info, i), "BINARY") != 0)
        return NULL;
    bool any = sqlite3_libversion_number() >= HAS_IN && sqlite3_vtab_in(info, i, 1) != 0;
    return any ? "=any" : op;
}

/* Segments left out count for the cost; rows left out of what was unpacked only for half of it. */
static void
reckon(enum field field, double *cost, double *rows)
{
    double share = field <= FIELD_SEQUENCE || field == FIELD_STREAM ? 0.25 : 0.05;
    bool unpacked = field == FIELD_START || field == FIELD_DEVICE || field == FIELD_POINT;

    *rows *= share;
    *cost *= unpacked ? 0.5 : share;
}

int
plan_choose(const struct table_kind *table, struct sqlite3_index_info *info)
{
    sqlite3_str *text = sqlite3_str_new(NULL);
    double cost = 2 * ALL_ROWS, rows = ALL_ROWS;
    int taken = 0;

    for (int i = 0; i < info->nConstraint; i++) {
        const char *op = take_constraint(table, info, i);
        if (op == NULL)
            continue;
        const struct column *column = &table->columns[info->aConstraint[i].iColumn];
        sqlite3_str_appendf(text, "%s%s%s", taken != 0 ? " " : "", column->name, op);
        info->aConstraintUsage[i].argvIndex = ++taken;
        reckon(column->field, &cost, &rows);
    }
    info->estimatedCost = cost;
    info->estimatedRows = rows > 1 ? (sqlite3_int64)rows : 1;
    info->idxStr = sqlite3_str_finish(text);
    info->needToFreeIdxStr = 1;
    return info->idxStr == NULL && taken != 0 ? SQLITE_NOMEM : SQLITE_OK;
}

/* ---- taking numbers ---- */

static void
raise_low(struct bounds *bounds, int64_t low)
{
    bounds->low = low > bounds->low ? low : bounds->low;
}

static void
lower_high(struct bounds *bounds, int64_t high)
{
    bounds->high = high < bounds->high ? high : bounds->high;
}

/* To integers, outwards. */
static void
widen(double number, int64_t *ret_low, int64_t *ret_high)
{
    double edge = 9223372036854775808.0;

    *ret_low = number >= edge ? INT64_MAX : number <= -edge ? INT64_MIN : (int64_t)floor(number);
    *ret_high = number >= edge ? INT64_MAX : number <= -edge ? INT64_MIN : (int64_t)ceil(number);
}

static void
narrow(struct bounds *bounds, const char *op, sqlite3_value *value)
{
    int64_t low, high;

    switch (sqlite3_value_numeric_type(value)) {
    case SQLITE_INTEGER: low = high = sqlite3_value_int64(value); break;
    case SQLITE_FLOAT: widen(sqlite3_value_double(value), &low, &high); break;
    case SQLITE_NULL: /* nothing is equal to it, or more */
        low = INT64_MAX;
        high = INT64_MIN;
        op = "=";
        break;
    default: return; /* a text, a blob: above every number */
    }
    if (!bounds->set)
        *bounds = (struct bounds){INT64_MIN, INT64_MAX, true};
    if (*op != '<')
        raise_low(bounds, low);
    if (*op != '>')
        lower_high(bounds, high);
}

/* ---- taking names ---- */

struct list {
    char **names;
    size_t count;
};

static void
list_free(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
}

static int
list_add(struct list *list, sqlite3_value *value)
{
    const char *text = (const char *)sqlite3_value_text(value);

    if (text == NULL) /* NULL is no name */
        return sqlite3_value_type(value) == SQLITE_NULL ? SQLITE_OK : SQLITE_NOMEM;
    char **grown = realloc(list->names, (list->count + 1) * sizeof *grown);
    if (grown == NULL)
        return SQLITE_NOMEM;
    list->names = grown;
    grown[list->count] = strdup(text);
    return grown[list->count] != NULL ? (list->count++, SQLITE_OK) : SQLITE_NOMEM;
}

static int
list_take(struct list *list, const char *op, sqlite3_value *value)
{
    sqlite3_value *one = NULL;

    if (strncmp(op, "=any", 4) != 0)
        return list_add(list, value);
    int code = sqlite3_vtab_in_first(value, &one);
    while (code == SQLITE_OK && one != NULL) {
        code = list_add(list, one);
        if (code == SQLITE_OK)
            code = sqlite3_vtab_in_next(value, &one);
    }
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static void
apply(const struct table_kind *table, enum field field, const struct list *list,
      struct query *query, struct want *want)
{
    const char *const *names = (const char *const *)list->names;
    uint32_t streams = 0;

    if (field == FIELD_DEVICE) {
        query->by_device = true;
        names_want_devices(&query->names, names, list->count);
    } else if (field == FIELD_POINT) {
        query->by_point = true;
        names_want_points(&query->names, names, list->count);
    } else {
        for (size_t i = 0; i < list->count; i++)
            streams |= table->streams_of(names[i]);
        want->streams &= streams;
    }
}

/* ---- the whole ---- */

static enum field
field_of(const struct table_kind *table, const char *name, size_t length)
{
    for (const struct column *column = table->columns; column->name != NULL; column++)
        if (strlen(column->name) == length && memcmp(column->name, name, length) == 0)
            return column->field;
    return FIELD_NONE;
}

int
plan_take(const struct table_kind *table, const char *plan, struct sqlite3_value **values,
          struct query *query, struct want *ret_want)
{
    struct want want = {.streams = table->streams};
    int code = SQLITE_OK;

    for (int i = 0; plan != NULL && *plan != '\0' && code == SQLITE_OK; i++) {
        size_t length = strcspn(plan, "<>=");
        const char *op = plan + length;
        enum field field = field_of(table, plan, length);
        struct list list = {0};
        if (field >= FIELD_DEVICE) {
            code = list_take(&list, op, values[i]);
            apply(table, field, &list, query, &want);
        } else {
            narrow(field == FIELD_TIME    ? &want.time
                   : field == FIELD_START ? &query->start
                                          : &want.sequence,
                   op, values[i]);
        }
        list_free(&list);
        plan = op + strcspn(op, " ");
        plan += *plan == ' ';
    }
    *ret_want = want;
    return code;
}

#include "extension/names.h"

#include <sqlite3ext.h>
#include <stdlib.h>
#include <string.h>

SQLITE_EXTENSION_INIT3

static char *
copy_text(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return strdup(text != NULL ? text : "");
}

static int
take_row(sqlite3_stmt *statement, struct named **list, size_t *count)
{
    sqlite3_int64 number = sqlite3_column_int64(statement, 0);

    if (number <= 0 || number > UINT32_MAX)
        return SQLITE_OK;
    if ((*count & (*count - 1)) == 0) { /* full at each power of two */
        struct named *grown = realloc(*list, (*count != 0 ? *count * 2 : 1) * sizeof *grown);
        if (grown == NULL)
            return SQLITE_NOMEM;
        *list = grown;
    }
    struct named *named = &(*list)[(*count)++];
    *named = (struct named){.number = (uint32_t)number, .wanted = true};
    named->device = copy_text(statement, 1);
    named->name = copy_text(statement, 2);
    named->unit = copy_text(statement, 3);
    return named->device != NULL && named->name != NULL && named->unit != NULL ? SQLITE_OK
                                                                               : SQLITE_NOMEM;
}

static int
take_all(sqlite3 *db, const char *sql, struct named **list, size_t *count)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

    while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW)
        code = take_row(statement, list, count);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int
take_store(sqlite3 *db, char **ret_store)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "SELECT value FROM main.meta WHERE key='store_id'", -1,
                                  &statement, NULL);

    if (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        *ret_store = copy_text(statement, 0);
        code = *ret_store != NULL ? SQLITE_DONE : SQLITE_NOMEM;
    }
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int
names_load(struct names *names, struct sqlite3 *db)
{
    int code = take_store(db, &names->store);

    if (code == SQLITE_OK)
        code = take_all(db, "SELECT number,name,NULL,NULL FROM main.devices ORDER BY number",
                        &names->devices, &names->device_count);
    if (code == SQLITE_OK)
        code = take_all(db, "SELECT number,device,name,unit FROM main.points ORDER BY number",
                        &names->points, &names->point_count);
    return code;
}

static void
free_list(struct named *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(list[i].device);
        free(list[i].name);
        free(list[i].unit);
    }
    free(list);
}

void
names_free(struct names *names)
{
    free_list(names->devices, names->device_count);
    free_list(names->points, names->point_count);
    free(names->store);
    *names = (struct names){0};
}

static const struct named *
find(const struct named *list, size_t count, uint32_t number)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && list[low].number == number ? &list[low] : NULL;
}

const struct named *
names_device(const struct names *names, uint32_t number)
{
    return find(names->devices, names->device_count, number);
}

const struct named *
names_point(const struct names *names, uint32_t number)
{
    return find(names->points, names->point_count, number);
}

static bool
is_among(const char *text, const char *const *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, wanted[i]) == 0)
            return true;
    return false;
}

void
names_want_devices(struct names *names, const char *const *wanted, size_t count)
{
    for (size_t i = 0; i < names->device_count; i++)
        names->devices[i].wanted &= is_among(names->devices[i].device, wanted, count);
    for (size_t i = 0; i < names->point_count; i++)
        names->points[i].wanted &= is_among(names->points[i].device, wanted, count);
}

void
names_want_points(struct names *names, const char *const *wanted, size_t count)
{
    for (size_t i = 0; i < names->point_count; i++)
        names->points[i].wanted &= is_among(names->points[i].name, wanted, count);
}

uint32_t
names_one_device(const struct names *names)
{
    uint32_t number = 0;

    for (size_t i = 0; i < names->device_count; i++) {
        if (!names->devices[i].wanted)
            continue;
        if (number != 0)
            return 0;
        number = names->devices[i].number;
    }
    return number;
}

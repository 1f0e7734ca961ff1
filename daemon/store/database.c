#include "daemon/store/database.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATEMENTS 96 /* different ones of a connection; more is a mistake of ours */

struct database {
    sqlite3 *sqlite;
    struct {
        const char *sql;
        sqlite3_stmt *statement;
    } prepared[STATEMENTS];
    size_t count;
    int failure;
    bool writes;
};

static int
errno_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return 0;
    case SQLITE_FULL: return -ENOSPC;
    case SQLITE_READONLY: return -EROFS;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return -EBADMSG;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return -EBUSY;
    case SQLITE_NOMEM: return -ENOMEM;
    case SQLITE_CANTOPEN: return -ENOENT;
    case SQLITE_PERM:
    case SQLITE_AUTH: return -EACCES;
    default: return -EIO;
    }
}

/* page_size and auto_vacuum only take effect while the file is still empty. */
static const char *const WRITER_SETTINGS[] = {
    "PRAGMA page_size=1024",
    "PRAGMA auto_vacuum=NONE",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=OFF", /* Debian builds it on: freed pages would be written once more */
    "PRAGMA wal_autocheckpoint=4000",
    "PRAGMA journal_size_limit=8388608",
    "PRAGMA cache_size=-256",
    "PRAGMA mmap_size=0",
};

static const char *const READER_SETTINGS[] = {
    "PRAGMA wal_autocheckpoint=0",
    "PRAGMA cache_size=-64",
    "PRAGMA mmap_size=0",
};

static int
apply(struct database *database, const char *const *settings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int code = sqlite3_exec(database->sqlite, settings[i], NULL, NULL, NULL);
        if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

int
database_open(const char *path, enum database_mode mode, struct database **ret_database,
              char ret_error[200])
{
    struct database *database = calloc(1, sizeof *database);
    int flags = mode == DATABASE_READ ? SQLITE_OPEN_READONLY
                                      : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

    if (database == NULL)
        return -ENOMEM;
    database->writes = mode != DATABASE_READ;
    int code = sqlite3_open_v2(path, &database->sqlite, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(database->sqlite, 2000);
        sqlite3_extended_result_codes(database->sqlite, 1);
        code = mode == DATABASE_READ
                   ? apply(database, READER_SETTINGS, sizeof READER_SETTINGS / sizeof(char *))
                   : apply(database, WRITER_SETTINGS, sizeof WRITER_SETTINGS / sizeof(char *));
    }
    if (code == SQLITE_OK)
        code = sqlite3_exec(database->sqlite, "SELECT count(*) FROM sqlite_schema", NULL, NULL,
                            NULL);
    if (code != SQLITE_OK) {
        snprintf(ret_error, 200, "%s: %s", path,
                 database->sqlite != NULL ? sqlite3_errmsg(database->sqlite) : "no memory");
        database_close(database);
        return errno_of(code);
    }
    *ret_database = database;
    return 0;
}

void
database_close(struct database *database)
{
    if (database == NULL)
        return;
    for (size_t i = 0; i < database->count; i++)
        sqlite3_finalize(database->prepared[i].statement);
    sqlite3_close(database->sqlite);
    free(database);
}

bool
database_writes(const struct database *database)
{
    return database->writes;
}

static sqlite3_stmt *
prepare(struct database *database, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    for (size_t i = 0; i < database->count; i++)
        if (database->prepared[i].sql == sql)
            return database->prepared[i].statement;
    int code = sqlite3_prepare_v3(database->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                                  NULL);
    if (code != SQLITE_OK || database->count == STATEMENTS) {
        database->failure = code != SQLITE_OK ? errno_of(code) : -ENOMEM;
        sqlite3_finalize(statement);
        return NULL;
    }
    database->prepared[database->count].sql = sql;
    database->prepared[database->count++].statement = statement;
    return statement;
}

static int
bind(sqlite3_stmt *statement, const char *types, va_list arguments)
{
    int code = SQLITE_OK;

    for (int i = 0; types[i] != '\0' && code == SQLITE_OK; i++) {
        if (types[i] == 'i') {
            code = sqlite3_bind_int64(statement, i + 1, va_arg(arguments, int64_t));
        } else if (types[i] == 't') {
            code = sqlite3_bind_text(statement, i + 1, va_arg(arguments, const char *), -1,
                                     SQLITE_STATIC);
        } else {
            const void *bytes = va_arg(arguments, const void *);
            size_t length = va_arg(arguments, size_t);
            code = sqlite3_bind_blob64(statement, i + 1, bytes, length, SQLITE_STATIC);
        }
    }
    return code;
}

static struct statement *
query(struct database *database, const char *sql, const char *types, va_list arguments)
{
    sqlite3_stmt *statement = prepare(database, sql);

    if (statement == NULL)
        return NULL;
    sqlite3_reset(statement);
    int code = bind(statement, types, arguments);
    if (code != SQLITE_OK) {
        database->failure = errno_of(code);
        return NULL;
    }
    return (struct statement *)statement;
}

struct statement *
database_query(struct database *database, const char *sql, const char *types, ...)
{
    va_list arguments;

    va_start(arguments, types);
    struct statement *statement = query(database, sql, types, arguments);
    va_end(arguments);
    return statement;
}

int
database_step(struct database *database, struct statement *statement)
{
    int code = sqlite3_step((sqlite3_stmt *)statement);

    if (code == SQLITE_ROW)
        return 1;
    sqlite3_reset((sqlite3_stmt *)statement);
    database->failure = errno_of(code);
    return database->failure;
}

void
database_reset(struct statement *statement)
{
    sqlite3_reset((sqlite3_stmt *)statement);
}

int
database_run(struct database *database, const char *sql, const char *types, ...)
{
    va_list arguments;

    va_start(arguments, types);
    struct statement *statement = query(database, sql, types, arguments);
    va_end(arguments);
    if (statement == NULL)
        return database->failure;
    int result;
    do {
        result = database_step(database, statement);
    } while (result == 1);
    return result;
}

int64_t
database_integer(struct statement *statement, int column)
{
    return sqlite3_column_int64((sqlite3_stmt *)statement, column);
}

const char *
database_text(struct statement *statement, int column)
{
    const unsigned char *text = sqlite3_column_text((sqlite3_stmt *)statement, column);

    return text != NULL ? (const char *)text : "";
}

const void *
database_bytes(struct statement *statement, int column, size_t *ret_length)
{
    const void *bytes = sqlite3_column_blob((sqlite3_stmt *)statement, column);

    *ret_length = (size_t)sqlite3_column_bytes((sqlite3_stmt *)statement, column);
    return bytes;
}

int64_t
database_value(struct database *database, const char *sql, int64_t fallback)
{
    struct statement *statement = database_query(database, sql, "");
    int64_t value = fallback;

    if (statement == NULL)
        return fallback;
    if (database_step(database, statement) == 1) {
        value = database_integer(statement, 0);
        database_reset(statement);
    }
    return value;
}

int
database_begin_wal(struct database *database)
{
    return database->writes ? database_run(database, "PRAGMA journal_mode=WAL", "") : 0;
}

int
database_checkpoint(struct database *database)
{
    return errno_of(
        sqlite3_wal_checkpoint_v2(database->sqlite, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL));
}

int64_t
database_changes(struct database *database)
{
    return sqlite3_changes64(database->sqlite);
}

int
database_failure(const struct database *database)
{
    return database->failure;
}

const char *
database_error(const struct database *database)
{
    return sqlite3_errmsg(database->sqlite);
}

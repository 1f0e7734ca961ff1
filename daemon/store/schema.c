#include "daemon/store/schema.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TABLE_SEGMENTS                                                                             \
    "CREATE TABLE segments(id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, first INTEGER NOT"     \
    " NULL, last INTEGER NOT NULL, earliest_utc_ms INTEGER NOT NULL, latest_utc_ms INTEGER NOT"    \
    " NULL, records INTEGER NOT NULL, vals INTEGER NOT NULL, codec INTEGER NOT NULL,"              \
    " level INTEGER NOT NULL, plain INTEGER NOT NULL, previous BLOB NOT NULL,"                     \
    " chain BLOB NOT NULL, body BLOB NOT NULL)"
#define TABLE_SIGNATURES                                                                           \
    "CREATE TABLE signatures(number INTEGER PRIMARY KEY, text TEXT NOT NULL,"                      \
    " signature BLOB NOT NULL)"
#define TABLE_ANCHORS                                                                              \
    "CREATE TABLE anchors(stream INTEGER PRIMARY KEY, text TEXT NOT NULL, signature BLOB NOT "     \
    "NULL)"

static const char *const TABLES[] = {
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    TABLE_SEGMENTS,
    TABLE_SIGNATURES,
    TABLE_ANCHORS,
    "CREATE TABLE heads(stream INTEGER PRIMARY KEY, last INTEGER NOT NULL, chain BLOB NOT NULL,"
    " records INTEGER NOT NULL, vals INTEGER NOT NULL, evicted INTEGER NOT NULL)",
    "CREATE TABLE cursors(destination INTEGER NOT NULL, stream INTEGER NOT NULL,"
    " low INTEGER NOT NULL, acknowledged INTEGER NOT NULL, skipped INTEGER NOT NULL,"
    " evicted INTEGER NOT NULL, rejected INTEGER NOT NULL, ranges BLOB NOT NULL,"
    " PRIMARY KEY(destination, stream)) WITHOUT ROWID",
    "CREATE TABLE states(name TEXT PRIMARY KEY, heads BLOB NOT NULL, body BLOB NOT NULL)"
    " WITHOUT ROWID",
    "CREATE TABLE boots(number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " utc_ms INTEGER NOT NULL, zero_utc_ms INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE devices(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE points(number INTEGER PRIMARY KEY, device TEXT NOT NULL, name TEXT NOT NULL,"
    " unit TEXT NOT NULL, type TEXT NOT NULL, meaning TEXT NOT NULL, current INTEGER NOT NULL)",
    "CREATE INDEX points_by_name ON points(device, name)",
    "CREATE TABLE destinations(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " current INTEGER NOT NULL DEFAULT 1)",
};

/* What version 2 has and version 1 had not: levels and lengths of segments, signatures, anchors,
 * the time zero of boots. Segments of version 1 stay as they are: level 2, not merged again. */
static const char *const FROM_VERSION_1[] = {
    "ALTER TABLE segments RENAME TO segments_1",
    TABLE_SEGMENTS,
    "INSERT INTO segments SELECT id,stream,first,last,earliest_utc_ms,latest_utc_ms,records,vals,"
    "codec,2,length(body),previous,chain,body FROM segments_1",
    "DROP TABLE segments_1",
    "ALTER TABLE destinations ADD COLUMN current INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE boots ADD COLUMN zero_utc_ms INTEGER NOT NULL DEFAULT 0",
    TABLE_SIGNATURES,
    TABLE_ANCHORS,
};

/* All of them and the version, or nothing. */
static int
run_all(struct database *database, const char *const *statements, size_t count)
{
    int error = schema_begin(database);

    for (size_t i = 0; i < count && error == 0; i++)
        error = database_run(database, statements[i], "");
    if (error == 0)
        error = database_run(database, "PRAGMA application_id=1346847060", "");
    if (error == 0)
        error = database_run(database, "PRAGMA user_version=2", "");
    if (error == 0)
        error = schema_commit(database);
    if (error != 0)
        schema_rollback(database);
    return error;
}

/* A reader leaves an older file as it is: the daemon takes it over at its next start. */
static int
take_over(struct database *database, char ret_error[200])
{
    if (!database_writes(database)) {
        snprintf(ret_error, 200, "format version 1: parkgated takes it over when it starts");
        return -EPROTO;
    }
    int error = run_all(database, FROM_VERSION_1, sizeof FROM_VERSION_1 / sizeof(char *));
    if (error != 0)
        snprintf(ret_error, 200, "format version 1 cannot be taken over: %.150s",
                 database_error(database));
    return error;
}

int
schema_prepare(struct database *database, char ret_error[200])
{
    int64_t application = database_value(database, "PRAGMA application_id", 0);
    int64_t version = database_value(database, "PRAGMA user_version", 0);
    int64_t tables = database_value(database, "SELECT count(*) FROM sqlite_schema", -1);

    if (tables == 0 && version == 0) {
        int error = run_all(database, TABLES, sizeof TABLES / sizeof(char *));
        if (error == 0)
            error = database_begin_wal(database);
        if (error != 0)
            snprintf(ret_error, 200, "the tables cannot be made: %.150s", database_error(database));
        return error;
    }
    if (tables < 0) {
        snprintf(ret_error, 200, "%.190s", database_error(database));
        return database_failure(database) != 0 ? database_failure(database) : -EBADMSG;
    }
    if (application != SCHEMA_APPLICATION) {
        snprintf(ret_error, 200, "an SQLite file, but not a store of parkgate; it was left alone");
        return -EPROTO;
    }
    if (version > SCHEMA_VERSION) {
        snprintf(ret_error, 200,
                 "format version %lld, made by a newer parkgate; this one reads up to %d; the file "
                 "was left alone",
                 (long long)version, SCHEMA_VERSION);
        return -EPROTO;
    }
    int error = version < SCHEMA_VERSION ? take_over(database, ret_error) : 0;
    return error != 0 ? error : database_begin_wal(database);
}

int
schema_begin(struct database *database)
{
    return database_run(database, "BEGIN IMMEDIATE", "");
}

int
schema_commit(struct database *database)
{
    return database_run(database, "COMMIT", "");
}

void
schema_rollback(struct database *database)
{
    database_run(database, "ROLLBACK", "");
}

/* ---- cursors ---- */

int
schema_put_cursor(struct database *database, uint32_t destination, enum stream stream,
                  const struct cursor *cursor)
{
    return database_run(database, "INSERT OR REPLACE INTO cursors VALUES(?,?,?,?,?,?,?,?)",
                        "iiiiiiib", (int64_t)destination, (int64_t)stream, (int64_t)cursor->low,
                        (int64_t)cursor->acknowledged, (int64_t)cursor->skipped,
                        (int64_t)cursor->evicted, (int64_t)cursor->rejected, cursor->ranges,
                        cursor->count * sizeof cursor->ranges[0]);
}

int
schema_get_cursor(struct database *database, uint32_t destination, enum stream stream,
                  struct cursor *ret_cursor)
{
    struct cursor cursor = {0};
    size_t length = 0;
    struct statement *statement = database_query(
        database,
        "SELECT low,acknowledged,skipped,evicted,rejected,ranges FROM cursors WHERE destination=?"
        " AND stream=?",
        "ii", (int64_t)destination, (int64_t)stream);

    if (statement == NULL)
        return database_failure(database);
    int got = database_step(database, statement);
    if (got != 1)
        return got;
    cursor.low = (uint64_t)database_integer(statement, 0);
    cursor.acknowledged = (uint64_t)database_integer(statement, 1);
    cursor.skipped = (uint64_t)database_integer(statement, 2);
    cursor.evicted = (uint64_t)database_integer(statement, 3);
    cursor.rejected = (uint64_t)database_integer(statement, 4);
    const void *ranges = database_bytes(statement, 5, &length);
    if (length > sizeof cursor.ranges || length % sizeof cursor.ranges[0] != 0) {
        database_reset(statement);
        return -EBADMSG;
    }
    if (length != 0)
        memcpy(cursor.ranges, ranges, length);
    cursor.count = (uint32_t)(length / sizeof cursor.ranges[0]);
    database_reset(statement);
    *ret_cursor = cursor;
    return 1;
}

/* ---- signatures ---- */

int
schema_put_signature(struct database *database, const char *text, const uint8_t signature[64])
{
    int error = database_run(database, "INSERT INTO signatures(text,signature) VALUES(?,?)", "tb",
                             text, signature, (size_t)64);

    return error != 0 ? error
                      : database_run(database,
                                     "DELETE FROM signatures WHERE number<=(SELECT max(number)"
                                     " FROM signatures)-20000",
                                     "");
}

int
schema_put_anchor(struct database *database, enum stream stream, const char *text,
                  const uint8_t signature[64])
{
    return database_run(database, "INSERT OR REPLACE INTO anchors VALUES(?,?,?)", "itb",
                        (int64_t)stream, text, signature, (size_t)64);
}

bool
schema_get_seal(struct database *database, uint64_t at, const char **ret_text,
                uint8_t ret_signature[64])
{
    size_t length = 0;
    struct statement *statement = database_query(
        database,
        "SELECT text, signature FROM (SELECT 0 AS a, number AS b, text, signature FROM signatures"
        " UNION ALL SELECT 1, stream, text, signature FROM anchors ORDER BY 1, 2)"
        " LIMIT 1 OFFSET ?",
        "i", (int64_t)at);

    if (statement == NULL || database_step(database, statement) != 1)
        return false;
    *ret_text = database_text(statement, 0);
    const void *bytes = database_bytes(statement, 1, &length);
    memset(ret_signature, 0, 64);
    if (length == 64)
        memcpy(ret_signature, bytes, 64);
    return true;
}

/* ---- states and meta ---- */

int
schema_put_state(struct database *database, const char *name, const uint64_t *heads,
                 const void *body, size_t length)
{
    return database_run(database, "INSERT OR REPLACE INTO states VALUES(?,?,?)", "tbb", name, heads,
                        STREAM_END * sizeof heads[0], body, length);
}

size_t
schema_get_state(struct database *database, const char *name, void *ret_bytes, size_t capacity,
                 uint64_t *ret_heads)
{
    size_t heads_length = 0;
    size_t length = 0;
    struct statement *statement = database_query(
        database, "SELECT heads,body FROM states WHERE name=?", "t", name);

    if (statement == NULL || database_step(database, statement) != 1)
        return 0;
    const void *heads = database_bytes(statement, 0, &heads_length);
    const void *body = database_bytes(statement, 1, &length);
    if (heads_length == STREAM_END * sizeof ret_heads[0] && length <= capacity) {
        memcpy(ret_heads, heads, heads_length);
        memcpy(ret_bytes, body, length);
    } else {
        length = 0;
    }
    database_reset(statement);
    return length;
}

int
schema_put_meta(struct database *database, const char *key, const char *text)
{
    return database_run(database, "INSERT OR REPLACE INTO meta VALUES(?,?)", "tt", key, text);
}

int
schema_get_meta(struct database *database, const char *key, char *ret_text, size_t size)
{
    struct statement *statement = database_query(database, "SELECT value FROM meta WHERE key=?",
                                                 "t", key);

    if (statement == NULL)
        return database_failure(database);
    int got = database_step(database, statement);
    if (got == 1) {
        snprintf(ret_text, size, "%s", database_text(statement, 0));
        database_reset(statement);
    }
    return got;
}

int
schema_put_meta_number(struct database *database, const char *key, int64_t number)
{
    return database_run(database, "INSERT OR REPLACE INTO meta VALUES(?,?)", "ti", key, number);
}

int
schema_get_meta_number(struct database *database, const char *key, int64_t *ret_number)
{
    struct statement *statement = database_query(database, "SELECT value FROM meta WHERE key=?",
                                                 "t", key);

    *ret_number = 0;
    if (statement == NULL)
        return database_failure(database);
    int got = database_step(database, statement);
    if (got == 1) {
        *ret_number = database_integer(statement, 0);
        database_reset(statement);
    }
    return got;
}

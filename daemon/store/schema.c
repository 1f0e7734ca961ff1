#include "daemon/store/schema.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A segment's row id is stream * 2^56 + first: one b-tree, in stream and sequence order. */
#define ROW(stream, sequence) ((int64_t)(stream) << 56 | (int64_t)(sequence))

static const char *const TABLES[] = {
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE segments(id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, earliest_utc_ms INTEGER NOT NULL, latest_utc_ms INTEGER NOT NULL,"
    " records INTEGER NOT NULL, vals INTEGER NOT NULL, codec INTEGER NOT NULL,"
    " previous BLOB NOT NULL, chain BLOB NOT NULL, body BLOB NOT NULL)",
    "CREATE TABLE heads(stream INTEGER PRIMARY KEY, last INTEGER NOT NULL, chain BLOB NOT NULL,"
    " records INTEGER NOT NULL, vals INTEGER NOT NULL, evicted INTEGER NOT NULL)",
    "CREATE TABLE cursors(destination INTEGER NOT NULL, stream INTEGER NOT NULL,"
    " low INTEGER NOT NULL, acknowledged INTEGER NOT NULL, skipped INTEGER NOT NULL,"
    " evicted INTEGER NOT NULL, rejected INTEGER NOT NULL, ranges BLOB NOT NULL,"
    " PRIMARY KEY(destination, stream)) WITHOUT ROWID",
    "CREATE TABLE states(name TEXT PRIMARY KEY, heads BLOB NOT NULL, body BLOB NOT NULL)"
    " WITHOUT ROWID",
    "CREATE TABLE boots(number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " utc_ms INTEGER NOT NULL)",
    "CREATE TABLE devices(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE points(number INTEGER PRIMARY KEY, device TEXT NOT NULL, name TEXT NOT NULL,"
    " unit TEXT NOT NULL, type TEXT NOT NULL, meaning TEXT NOT NULL, current INTEGER NOT NULL)",
    "CREATE INDEX points_by_name ON points(device, name)",
    "CREATE TABLE destinations(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
};

static int
make_tables(struct database *database)
{
    int error = schema_begin(database);

    for (size_t i = 0; i < sizeof TABLES / sizeof TABLES[0] && error == 0; i++)
        error = database_run(database, TABLES[i], "");
    if (error == 0)
        error = database_run(database, "PRAGMA application_id=1346847060", "");
    if (error == 0)
        error = database_run(database, "PRAGMA user_version=1", "");
    if (error == 0)
        error = schema_commit(database);
    if (error != 0)
        schema_rollback(database);
    return error;
}

int
schema_prepare(struct database *database, char ret_error[200])
{
    int64_t application = database_value(database, "PRAGMA application_id", 0);
    int64_t version = database_value(database, "PRAGMA user_version", 0);
    int64_t tables = database_value(database, "SELECT count(*) FROM sqlite_schema", -1);

    if (tables == 0 && version == 0) {
        int error = make_tables(database);
        if (error == 0)
            error = database_begin_wal(database);
        if (error != 0)
            snprintf(ret_error, 200, "the tables cannot be made: %.150s", database_error(database));
        return error;
    }
    if (tables < 0) {
        snprintf(ret_error, 200, "%.190s", database_error(database));
        return -EBADMSG;
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
    return database_begin_wal(database);
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

/* ---- segments ---- */

int
schema_put_segment(struct database *database, const struct segment *segment)
{
    return database_run(database, "INSERT INTO segments VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
                        "iiiiiiiiibbb", ROW(segment->stream, segment->first),
                        (int64_t)segment->stream, (int64_t)segment->first, (int64_t)segment->last,
                        segment->earliest_utc_ms, segment->latest_utc_ms, (int64_t)segment->records,
                        (int64_t)segment->values, (int64_t)SCHEMA_CODEC_PLAIN, segment->previous,
                        (size_t)STORE_HASH, segment->chain, (size_t)STORE_HASH, segment->body,
                        segment->length);
}

static int
take_hash(struct statement *statement, int column, uint8_t ret_hash[STORE_HASH])
{
    size_t length = 0;
    const void *bytes = database_bytes(statement, column, &length);

    if (length != STORE_HASH)
        return -EBADMSG;
    memcpy(ret_hash, bytes, STORE_HASH);
    return 0;
}

static int
take_segment(struct statement *statement, enum stream stream, struct segment *ret_segment)
{
    struct segment segment = {.stream = stream};

    segment.first = (uint64_t)database_integer(statement, 0);
    segment.last = (uint64_t)database_integer(statement, 1);
    segment.earliest_utc_ms = database_integer(statement, 2);
    segment.latest_utc_ms = database_integer(statement, 3);
    segment.records = (uint64_t)database_integer(statement, 4);
    segment.values = (uint64_t)database_integer(statement, 5);
    if (database_integer(statement, 6) != SCHEMA_CODEC_PLAIN || segment.first > segment.last ||
        take_hash(statement, 7, segment.previous) != 0 ||
        take_hash(statement, 8, segment.chain) != 0)
        return -EBADMSG;
    segment.body = database_bytes(statement, 9, &segment.length);
    *ret_segment = segment;
    return 1;
}

/* The last segment that starts at or before `from`, if it reaches it; else the next one. */
static struct statement *
find_statement(struct database *database, enum stream stream, uint64_t from)
{
    static const char SQL[] =
        "SELECT first,last,earliest_utc_ms,latest_utc_ms,records,vals,codec,previous,chain,body"
        " FROM segments WHERE id>=coalesce((SELECT id FROM segments WHERE id BETWEEN ?1 AND ?2"
        " ORDER BY id DESC LIMIT 1),?2) AND id<?4 AND last>=?3 ORDER BY id LIMIT 1";

    return database_query(database, SQL, "iiii", ROW(stream, 0), ROW(stream, from), (int64_t)from,
                          ROW(stream + 1, 0));
}

int
schema_find_segment(struct database *database, enum stream stream, uint64_t from,
                    struct segment *ret_segment)
{
    struct statement *statement = find_statement(database, stream, from);

    if (statement == NULL)
        return database_failure(database);
    int got = database_step(database, statement);
    if (got == 1)
        got = take_segment(statement, stream, ret_segment);
    if (got < 0)
        database_reset(statement); /* no read transaction may stay open */
    return got;
}

void
schema_end_read(struct database *database)
{
    struct statement *statement = find_statement(database, STREAM_EVENT, 0);

    if (statement != NULL)
        database_reset(statement);
}

bool
schema_segment_time(struct database *database, enum stream stream, uint64_t sequence,
                    int64_t *ret_latest_utc_ms)
{
    struct statement *statement = database_query(
        database,
        "SELECT latest_utc_ms FROM segments WHERE id<=? AND id>=? ORDER BY id DESC LIMIT 1", "ii",
        ROW(stream, sequence), ROW(stream, 0));

    if (statement == NULL || database_step(database, statement) != 1)
        return false;
    *ret_latest_utc_ms = database_integer(statement, 0);
    database_reset(statement);
    return true;
}

void
schema_sum_from(struct database *database, enum stream stream, uint64_t sequence,
                uint64_t *ret_bytes, int64_t *ret_earliest_utc_ms)
{
    struct statement *statement = database_query(
        database,
        "SELECT coalesce(sum(length(body)),0), coalesce(min(nullif(earliest_utc_ms,0)),0)"
        " FROM segments WHERE id>=? AND id<? AND last>=?",
        "iii", ROW(stream, 0), ROW(stream + 1, 0), (int64_t)sequence);

    *ret_bytes = 0;
    *ret_earliest_utc_ms = 0;
    if (statement == NULL || database_step(database, statement) != 1)
        return;
    *ret_bytes = (uint64_t)database_integer(statement, 0);
    *ret_earliest_utc_ms = database_integer(statement, 1);
    database_reset(statement);
}

int
schema_oldest_segment(struct database *database, enum stream stream, struct segment *ret_segment)
{
    static const char SQL[] =
        "SELECT first,last,earliest_utc_ms,latest_utc_ms,records,vals,codec,previous,chain,x''"
        " FROM segments WHERE id>=? AND id<? ORDER BY id LIMIT 1";
    struct statement *statement = database_query(database, SQL, "ii", ROW(stream, 0),
                                                 ROW(stream + 1, 0));

    if (statement == NULL)
        return database_failure(database);
    int got = database_step(database, statement);
    if (got != 1)
        return got;
    got = take_segment(statement, stream, ret_segment);
    ret_segment->body = NULL;
    database_reset(statement);
    return got;
}

int
schema_cut_segment(struct database *database, const struct segment *segment)
{
    return database_run(database, "DELETE FROM segments WHERE id=?", "i",
                        ROW(segment->stream, segment->first));
}

/* ---- heads ---- */

int
schema_put_head(struct database *database, enum stream stream, const struct head *head)
{
    return database_run(database, "INSERT OR REPLACE INTO heads VALUES(?,?,?,?,?,?)", "iibiii",
                        (int64_t)stream, (int64_t)head->last, head->chain, (size_t)STORE_HASH,
                        (int64_t)head->records, (int64_t)head->values, (int64_t)head->evicted);
}

int
schema_get_head(struct database *database, enum stream stream, struct head *ret_head)
{
    struct head head = {0};
    struct statement *statement = database_query(
        database, "SELECT last,chain,records,vals,evicted FROM heads WHERE stream=?", "i",
        (int64_t)stream);

    if (statement == NULL)
        return database_failure(database);
    int got = database_step(database, statement);
    if (got == 1) {
        head.last = (uint64_t)database_integer(statement, 0);
        int error = take_hash(statement, 1, head.chain);
        head.records = (uint64_t)database_integer(statement, 2);
        head.values = (uint64_t)database_integer(statement, 3);
        head.evicted = (uint64_t)database_integer(statement, 4);
        database_reset(statement);
        if (error != 0)
            return error;
    }
    if (got >= 0)
        *ret_head = head;
    return got;
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

int64_t
schema_get_meta_number(struct database *database, const char *key)
{
    struct statement *statement = database_query(database, "SELECT value FROM meta WHERE key=?",
                                                 "t", key);
    int64_t number = 0;

    if (statement != NULL && database_step(database, statement) == 1) {
        number = database_integer(statement, 0);
        database_reset(statement);
    }
    return number;
}

/* The log in tables: segments, and the heads that follow from them. */
#include "daemon/store/schema.h"

#include <errno.h>
#include <string.h>

/* A segment's row id is stream * 2^56 + first: one b-tree, in stream and sequence order. */
#define ROW(stream, sequence) ((int64_t)(stream) << 56 | (int64_t)(sequence))

/* As take_segment wants them. */
#define COLUMNS                                                                                    \
    "first,last,earliest_utc_ms,latest_utc_ms,records,vals,codec,level,plain,previous,chain"

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

/* ---- segments ---- */

int
schema_put_segment(struct database *database, const struct segment *segment)
{
    return database_run(database, "INSERT INTO segments VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                        "iiiiiiiiiiibbb", ROW(segment->stream, segment->first),
                        (int64_t)segment->stream, (int64_t)segment->first, (int64_t)segment->last,
                        segment->earliest_utc_ms, segment->latest_utc_ms, (int64_t)segment->records,
                        (int64_t)segment->values, (int64_t)segment->codec, (int64_t)segment->level,
                        (int64_t)segment->plain, segment->previous, (size_t)STORE_HASH,
                        segment->chain, (size_t)STORE_HASH, segment->body, segment->length);
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
    segment.codec = (uint8_t)database_integer(statement, 6);
    if (segment.first > segment.last || take_hash(statement, 9, segment.previous) != 0 ||
        take_hash(statement, 10, segment.chain) != 0)
        return -EBADMSG;
    segment.level = (uint8_t)database_integer(statement, 7);
    segment.plain = (size_t)database_integer(statement, 8);
    segment.body = database_bytes(statement, 11, &segment.length);
    *ret_segment = segment;
    return 1;
}

/* The last segment that starts at or before `from`, if it reaches it; else the next one. */
static struct statement *
find_statement(struct database *database, enum stream stream, uint64_t from)
{
    static const char SQL[] =
        "SELECT " COLUMNS ",body"
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
    static const char SQL[] = "SELECT " COLUMNS ",x''"
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
schema_unsettled(struct database *database, enum stream stream, uint64_t behind,
                 struct segment *segments, int most)
{
    static const char SQL[] = "SELECT " COLUMNS ",x'' FROM segments WHERE id>? AND id<?"
                              " ORDER BY id LIMIT ?";
    struct statement *statement = database_query(database, SQL, "iii", ROW(stream, behind),
                                                 ROW(stream + 1, 0), (int64_t)most);
    int count = 0;
    int got = statement == NULL ? database_failure(database) : 1;

    while (got == 1 && count < most && (got = database_step(database, statement)) == 1)
        got = take_segment(statement, stream, &segments[count++]);
    if (statement != NULL)
        database_reset(statement);
    return got < 0 ? got : count;
}

uint64_t
schema_settled(struct database *database, enum stream stream)
{
    struct statement *statement = database_query(
        database, "SELECT last, level FROM segments WHERE id>? AND id<? ORDER BY id DESC", "ii",
        ROW(stream, 0), ROW(stream + 1, 0));
    uint64_t settled = 0;

    while (statement != NULL && database_step(database, statement) == 1)
        if (database_integer(statement, 1) >= SCHEMA_SETTLED) {
            settled = (uint64_t)database_integer(statement, 0);
            database_reset(statement);
            break;
        }
    return settled;
}

int
schema_replace(struct database *database, const struct segment *merged)
{
    int error = database_run(database, "DELETE FROM segments WHERE id BETWEEN ? AND ?", "ii",
                             ROW(merged->stream, merged->first), ROW(merged->stream, merged->last));

    return error != 0 ? error : schema_put_segment(database, merged);
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

/* What the segments behind the row add to it. */
static int
add_newer(struct database *database, enum stream stream, struct head *head)
{
    struct statement *statement = database_query(
        database,
        "SELECT max(last), sum(records), sum(vals), (SELECT chain FROM segments WHERE id>?1 AND"
        " id<?2 ORDER BY id DESC LIMIT 1) FROM segments WHERE id>?1 AND id<?2",
        "ii", ROW(stream, head->last), ROW(stream + 1, 0));

    if (statement == NULL)
        return database_failure(database);
    int got = database_step(database, statement);
    if (got != 1)
        return got;
    if (database_integer(statement, 0) != 0) {
        head->last = (uint64_t)database_integer(statement, 0);
        head->records += (uint64_t)database_integer(statement, 1);
        head->values += (uint64_t)database_integer(statement, 2);
        got = take_hash(statement, 3, head->chain) == 0 ? 1 : -EBADMSG;
    }
    database_reset(statement);
    return got;
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
    if (got < 0)
        return got;
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
    got = add_newer(database, stream, &head);
    if (got < 0)
        return got;
    *ret_head = head;
    return head.last != 0;
}

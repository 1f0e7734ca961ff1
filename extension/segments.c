/* Nothing a row says of itself is believed: the records must be of its stream, numbered from its
 * first to its last. */
#include "extension/segments.h"

#include "daemon/store/schema.h"

#include <errno.h>
#include <sqlite3ext.h>
#include <stdio.h>
#include <string.h>

SQLITE_EXTENSION_INIT3

#define SEQUENCE_BITS 56 /* of segments.id; the stream stands above them */
#define SEQUENCE_MAX  ((INT64_C(1) << SEQUENCE_BITS) - 1)

static const char SELECT[] =
    "SELECT stream,first,last,codec,body FROM main.segments WHERE id BETWEEN ?1 AND ?2"
    " AND last>=?3 AND (?4 IS NULL OR latest_utc_ms<>0 AND latest_utc_ms>=?4 AND"
    " earliest_utc_ms<=?5) ORDER BY id";

static const char *const stream_names[STREAM_END] = {"",       "event",  "evidence", "period",
                                                     "minute", "sample", "trend"};

static int
say(struct segments *segments, int code, const char *what)
{
    snprintf(segments->sentence, sizeof segments->sentence, "%s", what);
    return code;
}

int
segments_damaged(struct segments *segments, const char *what)
{
    snprintf(segments->sentence, sizeof segments->sentence,
             "segment of stream %s, sequences %lld to %lld: %s", stream_names[segments->stream],
             (long long)segments->first, (long long)segments->last, what);
    return SQLITE_CORRUPT;
}

/* ---- opening ---- */

static int
pragma(sqlite3 *db, const char *sql, sqlite3_int64 *ret_value)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

    if (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        *ret_value = sqlite3_column_int64(statement, 0);
        code = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return code;
}

static int
check_file(struct segments *segments)
{
    sqlite3_int64 application = 0, version = 0;
    int code = pragma(segments->db, "PRAGMA main.application_id", &application);

    if (code == SQLITE_OK)
        code = pragma(segments->db, "PRAGMA main.user_version", &version);
    if (code != SQLITE_OK)
        return code;
    if (application != SCHEMA_APPLICATION)
        return say(segments, SQLITE_ERROR, "the main database is not a store of parkgate");
    if (version > SCHEMA_VERSION)
        return say(segments, SQLITE_ERROR, "the store was made by a newer parkgate");
    return SQLITE_OK;
}

int
segments_open(struct segments *segments, struct sqlite3 *db)
{
    *segments = (struct segments){.db = db};
    int code = check_file(segments);

    if (code == SQLITE_OK && packer_new(&segments->packer) != 0)
        code = SQLITE_NOMEM;
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, SELECT, -1, &segments->statement, NULL);
    return code;
}

void
segments_want(struct segments *segments, const struct want *want)
{
    segments->want = *want;
}

void
segments_close(struct segments *segments)
{
    sqlite3_finalize(segments->statement);
    packer_free(segments->packer);
    buf_free(&segments->plain);
    *segments = (struct segments){0};
}

/* ---- rows ---- */

/* False when no further stream is wanted. */
static bool
next_stream(struct segments *segments)
{
    const struct bounds *sequence = &segments->want.sequence;
    int64_t low = sequence->set && sequence->low > 0 ? sequence->low : 0;
    int64_t high = sequence->set && sequence->high < SEQUENCE_MAX ? sequence->high : SEQUENCE_MAX;

    do
        if (++segments->stream >= STREAM_END)
            return false;
    while ((segments->want.streams & 1U << segments->stream) == 0);
    sqlite3_stmt *statement = segments->statement;
    int64_t base = (int64_t)segments->stream << SEQUENCE_BITS;
    sqlite3_reset(statement);
    sqlite3_bind_int64(statement, 1, base);
    sqlite3_bind_int64(statement, 2, high < 0 ? base - 1 : base + high);
    sqlite3_bind_int64(statement, 3, low);
    if (segments->want.time.set) {
        sqlite3_bind_int64(statement, 4, segments->want.time.low);
        sqlite3_bind_int64(statement, 5, segments->want.time.high);
    }
    return true;
}

static int
unpack_row(struct segments *segments)
{
    sqlite3_stmt *statement = segments->statement;
    sqlite3_int64 codec = sqlite3_column_int64(statement, 3);

    segments->first = sqlite3_column_int64(statement, 1);
    segments->last = sqlite3_column_int64(statement, 2);
    if (sqlite3_column_int64(statement, 0) != segments->stream || segments->first < 1 ||
        segments->last < segments->first || segments->last > SEQUENCE_MAX)
        return segments_damaged(segments, "stands in the wrong place");
    if (codec < CODEC_PLAIN || codec > CODEC_ZSTD)
        return segments_damaged(segments, "packed in a way of a newer parkgate");
    struct packed packed = {.codec = (enum codec)codec, .body = sqlite3_column_blob(statement, 4)};
    packed.length = (size_t)sqlite3_column_bytes(statement, 4);
    buf_clear(&segments->plain);
    int error = packed.body == NULL
                    ? -EBADMSG
                    : unpack_device(segments->packer, &packed, (uint64_t)segments->first,
                                    segments->want.device, &segments->plain);
    segments->is_sparse = segments->want.device != 0 && packed.codec == CODEC_COLUMNS;
    if (error == -ENOMEM || (packed.body == NULL && packed.length != 0))
        return SQLITE_NOMEM;
    if (error != 0)
        return segments_damaged(segments, "damaged, it cannot be unpacked");
    segments->at = segments->first;
    segments->offset = 0;
    segments->in_segment = true;
    return SQLITE_ROW;
}

static int
next_segment(struct segments *segments)
{
    int code = segments->stream == 0 ? SQLITE_DONE : sqlite3_step(segments->statement);

    while (code == SQLITE_DONE && next_stream(segments))
        code = sqlite3_step(segments->statement);
    return code == SQLITE_ROW ? unpack_row(segments) : code;
}

/* ---- records ---- */

static bool
is_in_place(const struct segments *segments, uint64_t sequence)
{
    if (!segments->is_sparse)
        return sequence == (uint64_t)segments->at;
    return sequence >= (uint64_t)segments->at && sequence <= (uint64_t)segments->last;
}

/* SQLITE_DONE at the end of the segment. */
static int
take_record(struct segments *segments, struct entry_head *ret_entry)
{
    const struct buf *plain = &segments->plain;
    size_t left = plain->length - segments->offset;
    const uint8_t *at = plain->data + segments->offset;
    struct entry_head entry;
    uint32_t length = 0;

    if (left == 0)
        return segments->is_sparse || segments->at == segments->last + 1
                   ? SQLITE_DONE
                   : segments_damaged(segments, "damaged, too short");
    if (left >= sizeof length)
        memcpy(&length, at, sizeof length);
    if (left < sizeof length || length > left - sizeof length || segments->at > segments->last)
        return segments_damaged(segments, "damaged, its records do not fill it");
    cbor_cursor_init(&entry.rest, at + sizeof length, length);
    entry.length = length;
    if (!record_take_head(&entry.rest, &entry.head) || entry.head.stream != segments->stream ||
        !is_in_place(segments, entry.head.sequence))
        return segments_damaged(segments, "damaged, a record is not what its place says");
    segments->offset += sizeof length + length;
    segments->at = (int64_t)entry.head.sequence + 1;
    *ret_entry = entry;
    return SQLITE_ROW;
}

static bool
is_within(const struct bounds *bounds, int64_t value)
{
    return !bounds->set || (value >= bounds->low && value <= bounds->high);
}

static bool
is_wanted(const struct want *want, const struct record_head *head)
{
    if (want->time.set && head->at.clock == CLOCK_UNKNOWN)
        return false;
    return is_within(&want->time, head->at.utc_ms) &&
           is_within(&want->sequence, (int64_t)head->sequence);
}

int
segments_next(struct segments *segments, struct entry_head *ret_entry)
{
    for (;;) {
        int code = segments->in_segment ? SQLITE_ROW : next_segment(segments);
        if (code == SQLITE_ROW)
            code = take_record(segments, ret_entry);
        else
            return code;
        if (code == SQLITE_DONE)
            segments->in_segment = false;
        else if (code != SQLITE_ROW || is_wanted(&segments->want, &ret_entry->head))
            return code;
    }
}

#include "daemon/store/reader.h"

#include "base/cbor.h"
#include "daemon/store/reader_parts.h"
#include "daemon/store/record.h"
#include "daemon/store/store_parts.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- opening ---- */

static int
connect_face(struct reader *reader)
{
    char reason[200];

    reader->epoch = atomic_load(&reader->face->epoch);
    snprintf(reader->store_id, sizeof reader->store_id, "%s", reader->face->id[reader->epoch & 1]);
    return database_open(reader->face->path[reader->epoch & 1], DATABASE_READ, &reader->database,
                         reason);
}

int
reader_open(const struct store_face *face, struct reader **ret_reader)
{
    struct reader *reader = calloc(1, sizeof *reader);

    if (reader == NULL)
        return -ENOMEM;
    if (packer_new(&reader->packer) != 0) {
        free(reader);
        return -ENOMEM;
    }
    reader->face = face;
    snprintf(reader->gateway_id, sizeof reader->gateway_id, "%s", face->gateway_id);
    int error = connect_face(reader);
    if (error != 0) {
        reader_close(reader);
        return error;
    }
    *ret_reader = reader;
    return 0;
}

int
reader_open_file(const char *path, struct reader **ret_reader, char ret_error[200])
{
    struct reader *reader = calloc(1, sizeof *reader);

    if (reader == NULL)
        return -ENOMEM;
    int error = packer_new(&reader->packer);
    if (error == 0)
        error = database_open(path, DATABASE_READ, &reader->database, ret_error);
    if (error == 0)
        error = schema_prepare(reader->database, ret_error);
    if (error == 0 && schema_get_meta(reader->database, "store_id", reader->store_id,
                                      sizeof reader->store_id) != 1) {
        snprintf(ret_error, 200, "%.150s has no store id", path);
        error = -EBADMSG;
    }
    if (error != 0) {
        reader_close(reader);
        return error;
    }
    *ret_reader = reader;
    return 0;
}

void
reader_close(struct reader *reader)
{
    if (reader == NULL)
        return;
    reader_forget_registry(reader);
    database_close(reader->database);
    packer_free(reader->packer);
    buf_free(&reader->opened.plain);
    free(reader);
}

bool
reader_store_changed(struct reader *reader)
{
    if (reader->face == NULL || atomic_load(&reader->face->epoch) == reader->epoch)
        return false;
    uint32_t before = reader->epoch;
    reader->opened.stream = 0;
    database_close(reader->database);
    reader->database = NULL;
    if (connect_face(reader) == 0)
        return true;
    reader->epoch = before; /* tried again at the next call */
    return false;
}

uint32_t
reader_epoch(const struct reader *reader)
{
    return reader->epoch;
}

const char *
reader_store_id(const struct reader *reader)
{
    return reader->store_id;
}

/* An event opened while the disk is away keeps its id when it is copied back. */
const char *
reader_event_store_id(const struct reader *reader)
{
    return reader->face != NULL ? reader->face->id[0] : reader->store_id;
}

const char *
reader_gateway_id(const struct reader *reader)
{
    return reader->gateway_id;
}

bool
reader_is_volatile(const struct reader *reader)
{
    return (reader->epoch & 1) != 0;
}

/* ---- where the streams stand ---- */

uint64_t
reader_durable(struct reader *reader, enum stream stream)
{
    struct head head = {0};

    if (reader->face != NULL)
        return atomic_load(&reader->face->durable[stream]);
    return schema_get_head(reader->database, stream, &head) == 1 ? head.last : 0;
}

uint64_t
reader_oldest(struct reader *reader, enum stream stream)
{
    struct segment oldest;

    if (reader->face != NULL)
        return atomic_load(&reader->face->oldest[stream]);
    if (schema_oldest_segment(reader->database, stream, &oldest) == 1)
        return oldest.first;
    return reader_durable(reader, stream) + 1;
}

/* ---- reading ---- */

static bool
has_record(const struct chunk *chunk, uint32_t *ret_length)
{
    if (chunk->next > chunk->last || chunk->end - chunk->at < 4)
        return false;
    memcpy(ret_length, chunk->at, 4);
    return (size_t)(chunk->end - chunk->at) - 4 >= *ret_length;
}

/* Walks to `from`, so that `previous` is the chain value in front of it. */
static void
skip_to(struct chunk *chunk, uint64_t from)
{
    struct record record;

    if (chunk->is_sparse)
        return; /* records before `from` are left to who reads */
    while (chunk->next < from && chunk_next(chunk, &record))
        record_chain(chunk->previous, &record);
    chunk->first = chunk->next;
}

/* Unpacks the segment that holds `from`, or the first behind it, unless it is the one at hand. */
static int
open_segment(struct reader *reader, enum stream stream, uint32_t device, uint64_t from)
{
    struct opened *opened = &reader->opened;
    struct segment segment;

    if (opened->stream == stream && opened->device == device && from >= opened->first &&
        from <= opened->last)
        return 1;
    opened->stream = 0;
    int got = schema_find_segment(reader->database, stream, from, &segment);
    if (got != 1)
        return got;
    struct packed packed = {segment.codec, segment.body, segment.length};
    buf_clear(&opened->plain);
    int error = unpack_device(reader->packer, &packed, segment.first, device, &opened->plain);
    schema_end_read(reader->database);
    if (error != 0)
        return error;
    opened->stream = stream;
    opened->device = device;
    opened->first = segment.first;
    opened->last = segment.last;
    opened->mark = (struct chunk){.stream = stream, .first = segment.first, .last = segment.last};
    opened->mark.next = segment.first;
    opened->mark.is_sparse = device != 0;
    opened->mark.at = opened->plain.data;
    opened->mark.end = opened->plain.data + opened->plain.length;
    memcpy(opened->mark.previous, segment.previous, STORE_HASH);
    opened->start = opened->mark;
    return 1;
}

uint64_t
reader_seek(struct reader *reader, enum stream stream, int64_t utc_ms)
{
    uint64_t low = reader_oldest(reader, stream);
    uint64_t high = reader_durable(reader, stream) + 1;
    int64_t latest_utc_ms;

    while (reader->database != NULL && low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (schema_segment_time(reader->database, stream, middle, &latest_utc_ms) &&
            latest_utc_ms != 0 && latest_utc_ms < utc_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct reader_backlog
reader_backlog(struct reader *reader, enum stream stream, uint64_t low)
{
    struct reader_backlog backlog = {0};
    uint64_t head = reader_durable(reader, stream);

    if (reader->database == NULL || low >= head)
        return backlog;
    backlog.records = head - low;
    schema_sum_from(reader->database, stream, low + 1, &backlog.bytes, &backlog.earliest_utc_ms);
    return backlog;
}

int
reader_read(struct reader *reader, enum stream stream, uint64_t from, uint64_t until,
            struct chunk *ret_chunk)
{
    return reader_read_device(reader, stream, 0, from, until, ret_chunk);
}

int
reader_read_device(struct reader *reader, enum stream stream, uint32_t device, uint64_t from,
                   uint64_t until, struct chunk *ret_chunk)
{
    struct opened *opened = &reader->opened;

    if (reader->database == NULL)
        return -EIO;
    if (from > until)
        return 0;
    int got = open_segment(reader, stream, device, from);
    if (got != 1)
        return got;
    if (opened->first > until)
        return 0;
    if (opened->mark.next > from)
        opened->mark = opened->start;
    skip_to(&opened->mark, from);
    *ret_chunk = opened->mark;
    if (ret_chunk->last > until)
        ret_chunk->last = until;
    return 1;
}

bool
chunk_next(struct chunk *chunk, struct record *ret_record)
{
    struct cbor_cursor cursor;
    struct record_head head;
    uint32_t length;

    if (!has_record(chunk, &length))
        return false;
    cbor_cursor_init(&cursor, chunk->at + 4, length);
    if (!record_take_head(&cursor, &head) || head.stream != chunk->stream ||
        (chunk->is_sparse ? head.sequence < chunk->next : head.sequence != chunk->next))
        return false;
    ret_record->stream = chunk->stream;
    ret_record->sequence = head.sequence;
    chunk->next = head.sequence + 1;
    ret_record->at = head.at;
    ret_record->body = chunk->at + 4;
    ret_record->length = length;
    chunk->at += 4 + length;
    return true;
}

void
record_chain(uint8_t chain[STORE_HASH], const struct record *record)
{
    uint8_t both[2 * STORE_HASH];
    unsigned length = STORE_HASH;

    memcpy(both, chain, STORE_HASH);
    EVP_Digest(record->body, record->length, both + STORE_HASH, &length, EVP_sha256(), NULL);
    EVP_Digest(both, sizeof both, chain, &length, EVP_sha256(), NULL);
}

/* ---- what stands in it ---- */

struct stream_books
reader_books(struct reader *reader, enum stream stream)
{
    struct head head = {0};

    schema_get_head(reader->database, stream, &head);
    return (struct stream_books){head.records, head.values, head.evicted};
}

bool
reader_head_chain(struct reader *reader, enum stream stream, uint8_t ret_chain[STORE_HASH])
{
    struct head head = {0};

    if (schema_get_head(reader->database, stream, &head) != 1)
        return false;
    memcpy(ret_chain, head.chain, STORE_HASH);
    return true;
}

/* ---- cursors, states, signature ---- */

bool
reader_cursors(struct reader *reader, uint32_t destination, struct cursors *ret_cursors)
{
    struct cursors cursors = {.epoch = reader->epoch};
    bool seen = false;

    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
        seen |= schema_get_cursor(reader->database, destination, (enum stream)stream,
                                  &cursors.streams[stream]) == 1;
    if (seen)
        *ret_cursors = cursors;
    return seen;
}

size_t
reader_state(struct reader *reader, const char *name, void *ret_bytes, size_t capacity,
             uint64_t *ret_heads)
{
    return schema_get_state(reader->database, name, ret_bytes, capacity, ret_heads);
}

bool
reader_seal(struct reader *reader, uint64_t at, const char **ret_text, uint8_t ret_signature[64])
{
    return schema_get_seal(reader->database, at, ret_text, ret_signature);
}

static void
print_hash(char *text, const uint8_t hash[STORE_HASH])
{
    for (int i = 0; i < STORE_HASH; i++)
        snprintf(text + 2 * i, 3, "%02x", hash[i]);
}

bool
reader_sign(struct reader *reader, const struct chunk *sent, const uint8_t chain[STORE_HASH],
            uint8_t ret_signature[64])
{
    static const char *const NAMES[] = {"",       "event",  "evidence", "period",
                                        "minute", "sample", "trend"};
    char text[400];
    char previous[2 * STORE_HASH + 1];
    char after[2 * STORE_HASH + 1];

    if (reader->face == NULL || reader->face->key == NULL)
        return false;
    print_hash(previous, sent->previous);
    print_hash(after, chain);
    int length = snprintf(text, sizeof text, "parkgate1|%s|%s|%s|%llu|%llu|%s|%s",
                          reader->gateway_id, reader->store_id, NAMES[sent->stream],
                          (unsigned long long)sent->first, (unsigned long long)sent->last, previous,
                          after);
    return key_sign(reader->face->key, text, (size_t)length, ret_signature);
}

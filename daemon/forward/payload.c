/* The envelope: which gateway, store, stream and sequences, the chain around them, the signature.
 * What is known only after the last record (last, mono, chain, signature) stands behind the
 * records. No memory is taken: records go from the chunk straight into the buffer. */
#include "daemon/forward/payload.h"

#include "base/json.h"
#include "base/number.h"
#include "daemon/forward/payload_record.h"

#include <errno.h>
#include <string.h>

#define SIGNATURE 64

/* Room kept for what stands behind the records, beside 21 bytes a record for mono. */
#define TAIL      400
#define MONO_TEXT 21

static const char *const stream_names[STREAM_END] = {
    "", "event", "evidence", "period", "minute", "sample", "trend",
};

const char *
payload_stream_name(enum stream stream)
{
    return stream_names[stream];
}

void
payload_begin(struct payload_source *source, struct reader *reader, const struct chunk *chunk)
{
    source->reader = reader;
    source->chunk = *chunk;
    source->is_resend = false;
    memcpy(source->chain, chunk->previous, STORE_HASH);
}

/* Where the boot's time zero has become known, its untimed records are placed by it: not in the
 * store, where nothing is edited, but in what is told of them. */
static void
place(struct payload_source *source, const struct record *first)
{
    source->zero_utc_ms = 0;
    if (first->at.clock == CLOCK_UNKNOWN)
        source->zero_utc_ms = reader_boot_zero(source->reader, first->at.boot);
}

static void
put_head(struct json *json, const struct payload_source *source, uint64_t catalog,
         const struct record *first)
{
    const struct reader *reader = source->reader;
    json_begin_object(json);
    json_put_natural(json, "v", 1);
    json_put_text(json, "gateway", reader_gateway_id(reader));
    json_put_text(json, "store", reader_store_id(reader));
    if (reader_is_volatile(reader))
        json_put_bool(json, "volatile", true);
    if (source->is_resend)
        json_put_bool(json, "resend", true);
    json_put_text(json, "stream", stream_names[first->stream]);
    json_put_natural(json, "first", first->sequence);
    json_put_natural(json, "catalog", catalog);
    json_put_natural(json, "boot", first->at.boot);
    json_put_text(json, "clock",
                  source->zero_utc_ms != 0 ? "placed" : payload_clock_name(first->at.clock));
    json_key(json, "previous");
    json_hex(json, source->chain, STORE_HASH);
    json_key(json, "records");
    json_begin_array(json);
}

static void
put_signature(struct json *json, const struct payload_source *source,
              const uint8_t previous[STORE_HASH], const struct payload_sent *sent)
{
    struct chunk signed_chunk = {
        .stream = source->chunk.stream, .first = sent->first, .last = sent->last};
    uint8_t signature[SIGNATURE];
    memcpy(signed_chunk.previous, previous, STORE_HASH);
    json_key(json, "signature");
    if (reader_sign(source->reader, &signed_chunk, source->chain, signature))
        json_hex(json, signature, sizeof signature);
    else
        json_none(json);
}

static void
put_tail(struct json *json, const struct payload_source *source, const uint8_t previous[STORE_HASH],
         const struct payload_sent *sent)
{
    json_end_array(json);
    json_put_natural(json, "last", sent->last);
    json_key(json, "mono");
    json_begin_array(json);
    for (uint32_t i = 0; i < sent->records; i++)
        json_signed(json, source->mono[i]);
    json_end_array(json);
    json_key(json, "chain");
    json_hex(json, source->chain, STORE_HASH);
    put_signature(json, source, previous, sent);
    json_end_object(json);
}

static bool
belongs(const struct record *first, const struct record *record)
{
    return record->at.boot == first->at.boot && record->at.clock == first->at.clock;
}

/* The next record, also from the next segment when that goes on without a hole. */
static bool
next_record(struct payload_source *source, uint64_t until, struct record *ret_record)
{
    struct chunk *at = &source->chunk;
    struct chunk chunk;
    if (at->next > until)
        return false;
    if (at->next <= at->last)
        return chunk_next(at, ret_record);
    if (reader_read(source->reader, at->stream, at->next, until, &chunk) != 1 ||
        chunk.first != at->next || memcmp(chunk.previous, source->chain, STORE_HASH) != 0)
        return false;
    *at = chunk;
    return chunk_next(at, ret_record);
}

/* The next record if it belongs into this payload: then the source stands behind it. */
static bool
take(struct payload_source *source, uint64_t until, const struct record *first,
     const struct payload_sent *sent, struct record *ret_record)
{
    if (sent->records == PAYLOAD_RECORDS || !next_record(source, until, ret_record))
        return false;
    return sent->records == 0 || belongs(first, ret_record);
}

/* Writes the record if it fits, one alone also above the limit. 0 or why not. */
static int
write_record(struct payload_source *source, struct json *json, size_t limit,
             const struct record *record, struct payload_sent *sent)
{
    struct buf *buf = json->buf;
    size_t start = buf->length;
    struct record placed = *record;
    if (source->zero_utc_ms != 0)
        placed.at.utc_ms = source->zero_utc_ms + record->at.mono_ms;
    bool readable = payload_put_record(json, source->reader, &placed);
    size_t whole = buf->length + TAIL + MONO_TEXT * (size_t)(sent->records + 1);
    bool fits = !buf->overflow && whole <= buf->capacity && (sent->records == 0 || whole <= limit);
    if (!readable || !fits) {
        buf_cut(buf, start);
        return readable ? -EMSGSIZE : -EBADMSG;
    }
    record_chain(source->chain, record);
    source->mono[sent->records++] = record->at.mono_ms;
    sent->last = record->sequence;
    return 0;
}

int
payload_build(struct payload_source *source, uint64_t until, uint64_t catalog, size_t limit,
              struct buf *buf, struct payload_sent *ret_sent)
{
    struct payload_sent sent = {.records = 0};
    struct record first = {0};
    struct record record;
    uint8_t previous[STORE_HASH];
    struct json json;
    struct chunk before = source->chunk;
    int rc = -ENODATA;
    memcpy(previous, source->chain, STORE_HASH);
    buf_clear(buf);
    json_init(&json, buf);
    while (take(source, until, &first, &sent, &record)) {
        if (sent.records == 0) {
            first = record;
            sent.first = record.sequence;
            place(source, &first);
            put_head(&json, source, catalog, &first);
        }
        rc = write_record(source, &json, limit, &record, &sent);
        if (rc < 0)
            break;
        before = source->chunk;
    }
    if (sent.records) {
        source->chunk = before;
        json.comma = true;
        put_tail(&json, source, previous, &sent);
        *ret_sent = sent;
        return 0;
    }
    if (rc != -ENODATA) {
        record_chain(source->chain, &record);
        *ret_sent = (struct payload_sent){.first = record.sequence, .last = record.sequence};
    }
    return rc;
}

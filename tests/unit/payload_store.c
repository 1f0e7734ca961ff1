/* A store of a few records in memory, in segments of `per_segment`, behind the reader's interface.
 * Included by test_payload.c. */
#include "daemon/store/reader.h"
#include "daemon/store/record.h"

#include <openssl/sha.h>
#include <string.h>

#define RECORDS 400

static struct {
    uint8_t body[2048];
    size_t length;
} records[RECORDS];
static uint64_t count, per_segment;
static enum stream kind;
static bool is_volatile, has_key;
static int64_t zero_utc_ms; /* of boot 3 */

struct reader {
    int nothing;
};
static struct reader reader;

const char *
reader_gateway_id(const struct reader *unused)
{
    (void)unused;
    return "ffeeddccbbaa99887766554433221100";
}

const char *
reader_store_id(const struct reader *unused)
{
    (void)unused;
    return "00112233445566778899aabbccddeeff";
}

const char *
reader_event_store_id(const struct reader *unused)
{
    return reader_store_id(unused);
}

bool
reader_is_volatile(const struct reader *unused)
{
    (void)unused;
    return is_volatile;
}

int64_t
reader_boot_zero(struct reader *unused, uint32_t boot)
{
    (void)unused;
    return boot == 3 ? zero_utc_ms : 0;
}

const char *
reader_device(struct reader *unused, uint32_t number)
{
    (void)unused;
    return number == 1 ? "cems" : NULL;
}

const struct registry_point *
reader_point(struct reader *unused, uint32_t number)
{
    static const struct registry_point points[] = {
        {0, NULL, NULL, NULL, NULL},           {1, "cems", "so2", "mg/m3", "float32"},
        {2, "cems", "no", "mg/m3", "float32"}, {3, "cems", "total", "", "u64"},
        {4, "cems", "balance", "", "s64"},     {5, "cems", "serial", "", "string"},
    };
    (void)unused;
    return number > 0 && number < sizeof points / sizeof points[0] ? &points[number] : NULL;
}

bool
reader_sign(struct reader *unused, const struct chunk *sent, const uint8_t chain[STORE_HASH],
            uint8_t ret_signature[64])
{
    (void)unused;
    memcpy(ret_signature, sent->previous, 32);
    memcpy(ret_signature + 32, chain, 32);
    return has_key;
}

void
record_chain(uint8_t chain[STORE_HASH], const struct record *record)
{
    uint8_t both[2 * STORE_HASH];
    memcpy(both, chain, STORE_HASH);
    SHA256(record->body, record->length, both + STORE_HASH);
    SHA256(both, sizeof both, chain);
}

bool
chunk_next(struct chunk *chunk, struct record *ret_record)
{
    struct cbor_cursor cursor;
    struct record_head head;
    if (chunk->next > chunk->last)
        return false;
    uint64_t at = chunk->next++ - 1;
    *ret_record = (struct record){
        .stream = kind, .sequence = at + 1, .body = records[at].body, .length = records[at].length};
    cbor_cursor_init(&cursor, ret_record->body, ret_record->length);
    if (!record_take_head(&cursor, &head))
        return false;
    ret_record->at = head.at;
    return true;
}

static void
chain_before(uint64_t sequence, uint8_t chain[STORE_HASH])
{
    memset(chain, 0, STORE_HASH);
    for (uint64_t i = 1; i < sequence; i++) {
        struct record record = {.body = records[i - 1].body, .length = records[i - 1].length};
        record_chain(chain, &record);
    }
}

int
reader_read(struct reader *unused, enum stream stream, uint64_t from, uint64_t until,
            struct chunk *ret_chunk)
{
    (void)unused;
    uint64_t end = (from - 1) / per_segment * per_segment + per_segment;
    if (from > count)
        return 0;
    end = end < count ? end : count;
    *ret_chunk = (struct chunk){
        .stream = stream, .first = from, .last = end < until ? end : until, .next = from};
    chain_before(from, ret_chunk->previous);
    return 1;
}

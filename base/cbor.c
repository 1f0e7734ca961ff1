/* What the chain's digests are taken over must have exactly one form, so the choices CBOR leaves
 * open are made here: the shortest head, the shortest double that keeps the value, NaN as 7e00,
 * definite lengths. Reading accepts any well-formed item of the kinds listed in the header and
 * refuses the rest (tags, indefinite lengths, undefined). Map key order is the caller's. */
#include "base/cbor.h"

#include <cbor/encoding.h>
#include <cbor/streaming.h>
#include <math.h>
#include <string.h>

#define SKIP_DEPTH 16

/* ---- writing ---- */

static uint8_t *
end_of(const struct buf *buf)
{
    return buf->data + buf->length;
}

static size_t
space_in(const struct buf *buf)
{
    return buf->overflow ? 0 : buf->capacity - buf->length;
}

/* libcbor returns 0 when the item did not fit. */
static void
advance(struct buf *buf, size_t written)
{
    buf->length += written;
    if (!written)
        buf->overflow = true;
}

void
cbor_put_natural(struct buf *buf, uint64_t value)
{
    advance(buf, cbor_encode_uint(value, end_of(buf), space_in(buf)));
}

void
cbor_put_integer(struct buf *buf, int64_t value)
{
    if (value >= 0)
        cbor_put_natural(buf, (uint64_t)value);
    else
        advance(buf, cbor_encode_negint((uint64_t)(-(value + 1)), end_of(buf), space_in(buf)));
}

/* True when the single is a half as well: zero, infinity, a normal with 10 bits of mantissa, or a
 * multiple of the smallest half, 2^-24, below the smallest normal one, 2^-14. */
static bool
as_half(float single, uint16_t *ret_half)
{
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    float size = fabsf(single);
    if (isinf(size)) {
        *ret_half = sign | 0x7C00;
        return true;
    }
    if (size > 65504.0f || (bits & 0x1FFF))
        return false;
    if (size >= 0x1p-14f) {
        *ret_half = sign | (uint16_t)(((bits & 0x7FFFFFFF) >> 13) - (112u << 10));
        return true;
    }
    float steps = size * 0x1p24f;
    uint16_t whole = (uint16_t)steps;
    if ((float)whole != steps)
        return false;
    *ret_half = sign | whole;
    return true;
}

void
cbor_put_double(struct buf *buf, double value)
{
    uint16_t half = 0x7E00;
    float single = (float)value;
    bool is_nan = isnan(value);
    if (!is_nan && (double)single != value) {
        advance(buf, cbor_encode_double(value, end_of(buf), space_in(buf)));
    } else if (is_nan || as_half(single, &half)) {
        uint8_t bytes[3] = {0xF9, (uint8_t)(half >> 8), (uint8_t)half};
        buf_append(buf, bytes, sizeof bytes);
    } else {
        advance(buf, cbor_encode_single(single, end_of(buf), space_in(buf)));
    }
}

void
cbor_put_bool(struct buf *buf, bool value)
{
    advance(buf, cbor_encode_bool(value, end_of(buf), space_in(buf)));
}

void
cbor_put_null(struct buf *buf)
{
    advance(buf, cbor_encode_null(end_of(buf), space_in(buf)));
}

void
cbor_put_text(struct buf *buf, const char *text, size_t length)
{
    advance(buf, cbor_encode_string_start(length, end_of(buf), space_in(buf)));
    buf_append(buf, text, length);
}

void
cbor_put_bytes(struct buf *buf, const void *bytes, size_t length)
{
    advance(buf, cbor_encode_bytestring_start(length, end_of(buf), space_in(buf)));
    buf_append(buf, bytes, length);
}

void
cbor_put_array(struct buf *buf, size_t count)
{
    advance(buf, cbor_encode_array_start(count, end_of(buf), space_in(buf)));
}

void
cbor_put_map(struct buf *buf, size_t pairs)
{
    advance(buf, cbor_encode_map_start(pairs, end_of(buf), space_in(buf)));
}

/* ---- reading ---- */

/* What libcbor's callbacks fill in. */
struct taken {
    struct cbor_item item;
    bool refused;
};

static void
set_natural(struct taken *taken, enum cbor_kind kind, uint64_t value)
{
    taken->item.kind = kind;
    taken->item.natural = value;
}

static void
on_uint8(void *taken, uint8_t value)
{
    set_natural(taken, CBOR_KIND_NATURAL, value);
}

static void
on_uint16(void *taken, uint16_t value)
{
    set_natural(taken, CBOR_KIND_NATURAL, value);
}

static void
on_uint32(void *taken, uint32_t value)
{
    set_natural(taken, CBOR_KIND_NATURAL, value);
}

static void
on_uint64(void *taken, uint64_t value)
{
    set_natural(taken, CBOR_KIND_NATURAL, value);
}

static void
on_negint64(void *context, uint64_t value)
{
    struct taken *taken = context;
    if (value > INT64_MAX) {
        taken->refused = true;
        return;
    }
    taken->item.kind = CBOR_KIND_NEGATIVE;
    taken->item.integer = -1 - (int64_t)value;
}

static void
on_negint32(void *taken, uint32_t value)
{
    on_negint64(taken, value);
}

static void
on_negint16(void *taken, uint16_t value)
{
    on_negint64(taken, value);
}

static void
on_negint8(void *taken, uint8_t value)
{
    on_negint64(taken, value);
}

static void
on_double(void *context, double value)
{
    struct taken *taken = context;
    taken->item.kind = CBOR_KIND_DOUBLE;
    taken->item.number = value;
}

static void
on_float(void *taken, float value)
{
    on_double(taken, (double)value);
}

static void
on_bool(void *taken, bool value)
{
    set_natural(taken, CBOR_KIND_BOOL, value);
}

static void
on_null(void *taken)
{
    set_natural(taken, CBOR_KIND_NULL, 0);
}

static void
set_bytes(struct taken *taken, enum cbor_kind kind, cbor_data bytes, size_t length)
{
    taken->item.kind = kind;
    taken->item.bytes = bytes;
    taken->item.length = length;
}

static void
on_bytes(void *taken, cbor_data bytes, size_t length)
{
    set_bytes(taken, CBOR_KIND_BYTES, bytes, length);
}

static void
on_text(void *taken, cbor_data bytes, size_t length)
{
    set_bytes(taken, CBOR_KIND_TEXT, bytes, length);
}

static void
on_array(void *taken, size_t count)
{
    set_natural(taken, CBOR_KIND_ARRAY, count);
}

static void
on_map(void *taken, size_t pairs)
{
    set_natural(taken, CBOR_KIND_MAP, pairs);
}

static void
on_refused(void *context)
{
    ((struct taken *)context)->refused = true;
}

static void
on_tag(void *taken, uint64_t value)
{
    (void)value;
    on_refused(taken);
}

static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint8 = on_negint8,
    .negint16 = on_negint16,
    .negint32 = on_negint32,
    .negint64 = on_negint64,
    .byte_string_start = on_refused,
    .byte_string = on_bytes,
    .string_start = on_refused,
    .string = on_text,
    .indef_array_start = on_refused,
    .array_start = on_array,
    .indef_map_start = on_refused,
    .map_start = on_map,
    .tag = on_tag,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .undefined = on_refused,
    .null = on_null,
    .boolean = on_bool,
    .indef_break = on_refused,
};

void
cbor_cursor_init(struct cbor_cursor *cursor, const void *bytes, size_t length)
{
    *cursor = (struct cbor_cursor){.at = bytes, .left = length};
}

/* An element has at least one byte: a count that cannot be is refused before anyone loops over it.
 */
static bool
is_possible(const struct cbor_item *item, size_t left)
{
    if (item->kind == CBOR_KIND_ARRAY)
        return item->natural <= left;
    return item->kind != CBOR_KIND_MAP || item->natural <= left / 2;
}

bool
cbor_take(struct cbor_cursor *cursor, struct cbor_item *ret_item)
{
    if (cursor->failed || !cursor->left)
        return false;
    struct taken taken = {.refused = false};
    struct cbor_decoder_result result = cbor_stream_decode(cursor->at, cursor->left, &callbacks,
                                                           &taken);
    if (result.status != CBOR_DECODER_FINISHED || taken.refused ||
        !is_possible(&taken.item, cursor->left - result.read)) {
        cursor->failed = true;
        return false;
    }
    cursor->at += result.read;
    cursor->left -= result.read;
    *ret_item = taken.item;
    return true;
}

static bool
take_kind(struct cbor_cursor *cursor, enum cbor_kind kind, struct cbor_item *ret_item)
{
    struct cbor_item item;
    if (!cbor_take(cursor, &item) || item.kind != kind) {
        cursor->failed = true;
        return false;
    }
    *ret_item = item;
    return true;
}

uint64_t
cbor_take_natural(struct cbor_cursor *cursor)
{
    struct cbor_item item;
    return take_kind(cursor, CBOR_KIND_NATURAL, &item) ? item.natural : 0;
}

int64_t
cbor_take_integer(struct cbor_cursor *cursor)
{
    struct cbor_item item = {.kind = CBOR_KIND_NULL};
    if (cbor_take(cursor, &item)) {
        if (item.kind == CBOR_KIND_NEGATIVE)
            return item.integer;
        if (item.kind == CBOR_KIND_NATURAL && item.natural <= INT64_MAX)
            return (int64_t)item.natural;
    }
    cursor->failed = true;
    return 0;
}

double
cbor_take_double(struct cbor_cursor *cursor)
{
    struct cbor_item item;
    return take_kind(cursor, CBOR_KIND_DOUBLE, &item) ? item.number : 0;
}

bool
cbor_take_bool(struct cbor_cursor *cursor)
{
    struct cbor_item item;
    return take_kind(cursor, CBOR_KIND_BOOL, &item) && item.natural;
}

bool
cbor_take_null(struct cbor_cursor *cursor)
{
    if (cursor->failed || !cursor->left || *cursor->at != 0xF6)
        return false;
    cursor->at++;
    cursor->left--;
    return true;
}

const char *
cbor_take_text(struct cbor_cursor *cursor, size_t *ret_length)
{
    struct cbor_item item;
    if (!take_kind(cursor, CBOR_KIND_TEXT, &item))
        return NULL;
    *ret_length = item.length;
    return (const char *)item.bytes;
}

const uint8_t *
cbor_take_bytes(struct cbor_cursor *cursor, size_t *ret_length)
{
    struct cbor_item item;
    if (!take_kind(cursor, CBOR_KIND_BYTES, &item))
        return NULL;
    *ret_length = item.length;
    return item.bytes;
}

size_t
cbor_take_array(struct cbor_cursor *cursor)
{
    struct cbor_item item;
    return take_kind(cursor, CBOR_KIND_ARRAY, &item) ? (size_t)item.natural : 0;
}

size_t
cbor_take_map(struct cbor_cursor *cursor)
{
    struct cbor_item item;
    return take_kind(cursor, CBOR_KIND_MAP, &item) ? (size_t)item.natural : 0;
}

static void
skip(struct cbor_cursor *cursor, int depth)
{
    struct cbor_item item;
    if (depth == 0 || !cbor_take(cursor, &item)) {
        cursor->failed = true;
        return;
    }
    uint64_t inside = 0;
    if (item.kind == CBOR_KIND_ARRAY)
        inside = item.natural;
    else if (item.kind == CBOR_KIND_MAP)
        inside = item.natural * 2;
    for (; inside && !cursor->failed; inside--)
        skip(cursor, depth - 1);
}

void
cbor_skip(struct cbor_cursor *cursor)
{
    skip(cursor, SKIP_DEPTH + 1);
}

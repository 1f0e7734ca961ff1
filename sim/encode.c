/* See sim/encode.h. First the value as bytes, most significant first; then the bytes in the order
 * of the wire. */
#include "sim/encode.h"

#include <assert.h>
#include <math.h>
#include <string.h>

struct raw {
    uint8_t bytes[2 * ENCODE_WORDS]; /* most significant first */
    size_t length;
};

static void
put_bits(struct raw *raw, uint64_t bits, size_t length)
{
    for (size_t i = 0; i < length; i++)
        raw->bytes[i] = (uint8_t)(bits >> (8 * (length - 1 - i)));
    raw->length = length;
}

/* 2^63 and 2^64 are doubles, the integers just below them are not. */
static uint64_t
to_natural(double value, unsigned bits)
{
    double end = ldexp(1.0, (int)bits);

    if (!(value > 0))
        return 0;
    if (value >= end)
        return bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    return (uint64_t)value;
}

static uint64_t
to_integer(double value, unsigned bits)
{
    double end = ldexp(1.0, (int)bits - 1);
    uint64_t most = (UINT64_C(1) << (bits - 1)) - 1;

    if (isnan(value))
        return 0;
    if (value >= end)
        return most;
    if (value < -end)
        return ~most;
    return (uint64_t)(int64_t)value;
}

static uint64_t
to_bcd(double value, unsigned registers)
{
    unsigned digits = registers * 4 > 16 ? 16 : registers * 4;
    uint64_t left = to_natural(fmin(value, pow(10.0, digits) - 1), 64);
    uint64_t bcd = 0;

    for (unsigned i = 0; i < digits; i++, left /= 10)
        bcd |= (left % 10) << (4 * i);
    return bcd;
}

static uint64_t
float_bits(double value)
{
    float narrow = (float)value;
    uint32_t bits;

    memcpy(&bits, &narrow, sizeof bits);
    return bits;
}

static uint64_t
double_bits(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void
put_string(struct raw *raw, const struct point *point)
{
    static const char TEXT[] = "parksim";
    size_t step = point->one_per_register ? 2 : 1;

    memset(raw->bytes, 0, sizeof raw->bytes);
    raw->length = 2U * point->registers;
    for (size_t i = 0; i < sizeof TEXT - 1 && i * step + step - 1 < raw->length; i++)
        raw->bytes[i * step + step - 1] = (uint8_t)TEXT[i];
}

static void
put_value(struct raw *raw, const struct point *point, double value)
{
    double exact = (value - point->offset) / point->scale;
    double whole = round(exact);

    switch (point->type) {
    case TYPE_BOOL: put_bits(raw, (uint64_t)(value >= 0.5) << point->bit, 2); break;
    case TYPE_BITS: put_bits(raw, to_natural(whole, point->bit_count) << point->bit, 2); break;
    case TYPE_U8: put_bits(raw, to_natural(whole, 8), 2); break;
    case TYPE_S8: put_bits(raw, to_integer(whole, 8) & 0xFF, 2); break;
    case TYPE_U16: put_bits(raw, to_natural(whole, 16), 2); break;
    case TYPE_S16: put_bits(raw, to_integer(whole, 16), 2); break;
    case TYPE_U32: put_bits(raw, to_natural(whole, 32), 4); break;
    case TYPE_S32: put_bits(raw, to_integer(whole, 32), 4); break;
    case TYPE_U64: put_bits(raw, to_natural(whole, 64), 8); break;
    case TYPE_S64: put_bits(raw, to_integer(whole, 64), 8); break;
    case TYPE_FLOAT32: put_bits(raw, float_bits(exact), 4); break;
    case TYPE_FLOAT64: put_bits(raw, double_bits(exact), 8); break;
    case TYPE_BCD: put_bits(raw, to_bcd(whole, point->registers), 2U * point->registers); break;
    case TYPE_STRING: put_string(raw, point); break;
    }
}

void
encode_value(const struct point *point, double value, uint16_t ret_words[ENCODE_WORDS])
{
    bool swap_words = point->order == ORDER_CDAB || point->order == ORDER_DCBA;
    bool swap_bytes = point->order == ORDER_BADC || point->order == ORDER_DCBA;
    struct raw raw = {.length = 0};
    size_t words;

    if (point->table == TABLE_COIL || point->table == TABLE_DISCRETE) {
        ret_words[0] = value >= 0.5;
        return;
    }
    put_value(&raw, point, value);
    words = raw.length / 2;
    assert(words <= ENCODE_WORDS);
    for (size_t i = 0; i < words; i++) {
        size_t from = swap_words ? words - 1 - i : i;
        uint8_t high = raw.bytes[2 * from];
        uint8_t low = raw.bytes[2 * from + 1];
        ret_words[i] = (uint16_t)(swap_bytes ? low << 8 | high : high << 8 | low);
    }
}

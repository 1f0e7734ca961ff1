#include "daemon/acquire/encode.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

struct bounds {
    double low, high;
};

/* What a whole number's registers can hold; 64 bits as far as a double is exact. */
static bool
find_bounds(const struct point *point, struct bounds *ret_bounds)
{
    static const double EXACT = 9007199254740992.0;

    switch (point->type) {
    case TYPE_U8: *ret_bounds = (struct bounds){0, 255}; return true;
    case TYPE_S8: *ret_bounds = (struct bounds){-128, 127}; return true;
    case TYPE_U16: *ret_bounds = (struct bounds){0, 65535}; return true;
    case TYPE_S16: *ret_bounds = (struct bounds){-32768, 32767}; return true;
    case TYPE_U32: *ret_bounds = (struct bounds){0, 4294967295.0}; return true;
    case TYPE_S32: *ret_bounds = (struct bounds){-2147483648.0, 2147483647.0}; return true;
    case TYPE_U64: *ret_bounds = (struct bounds){0, EXACT}; return true;
    case TYPE_S64: *ret_bounds = (struct bounds){-EXACT, EXACT}; return true;
    case TYPE_BCD:
        *ret_bounds = (struct bounds){0, pow(10, 4.0 * point->registers) - 1};
        return true;
    case TYPE_BOOL:
    case TYPE_BITS:
    case TYPE_FLOAT32:
    case TYPE_FLOAT64:
    case TYPE_STRING: break;
    }
    return false;
}

static uint64_t
to_bcd(uint64_t number)
{
    uint64_t raw = 0;

    for (unsigned shift = 0; number > 0; shift += 4, number /= 10)
        raw |= number % 10 << shift;
    return raw;
}

static void
scatter(const struct point *point, uint64_t raw, uint16_t *ret_words)
{
    bool reversed = point->order == ORDER_CDAB || point->order == ORDER_DCBA;
    bool swapped = point->order == ORDER_BADC || point->order == ORDER_DCBA;

    for (uint16_t i = point->registers; i-- > 0; raw >>= 16) {
        uint16_t word = (uint16_t)raw;
        if (swapped)
            word = (uint16_t)(word << 8 | word >> 8);
        ret_words[reversed ? point->registers - 1 - i : i] = word;
    }
}

static const char *
encode_whole(const struct point *point, double number, uint64_t *ret_raw)
{
    struct bounds bounds;

    if (!find_bounds(point, &bounds))
        return "points of this type cannot be written";
    number = rint(number);
    if (number < bounds.low || number > bounds.high)
        return "the value does not fit the point's registers";
    int64_t whole = (int64_t)number;
    *ret_raw = point->type == TYPE_BCD ? to_bcd((uint64_t)whole) : (uint64_t)whole;
    if (point->type == TYPE_S8)
        *ret_raw &= 0xFF;
    return NULL;
}

const char *
encode_point(const struct point *point, double value, uint16_t ret_words[ENCODE_WORDS])
{
    double number = (value - point->offset) / point->scale;
    uint64_t raw = 0;

    if (!isfinite(value) || point->registers > ENCODE_WORDS)
        return "the value is no number";
    if (point->table == TABLE_COIL) {
        ret_words[0] = value != 0;
        return value == 0 || value == 1 ? NULL : "a coil is 0 or 1";
    }
    if (point->type == TYPE_FLOAT32) {
        float narrow = (float)number;
        uint32_t bits;
        memcpy(&bits, &narrow, sizeof bits);
        raw = bits;
        if (!isfinite(narrow))
            return "the value does not fit the point's registers";
    } else if (point->type == TYPE_FLOAT64) {
        memcpy(&raw, &number, sizeof raw);
    } else {
        const char *wrong = encode_whole(point, number, &raw);
        if (wrong != NULL)
            return wrong;
    }
    scatter(point, raw, ret_words);
    return NULL;
}

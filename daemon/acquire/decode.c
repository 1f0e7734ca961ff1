#include "daemon/acquire/decode.h"

#include <math.h>
#include <string.h>

/* The point's registers as one big-endian pattern, whatever order they came in. */
static uint64_t
gather(const struct point *point, const uint16_t *words)
{
    bool words_reversed = point->order == ORDER_CDAB || point->order == ORDER_DCBA;
    bool bytes_swapped = point->order == ORDER_BADC || point->order == ORDER_DCBA;
    uint64_t raw = 0;

    for (uint16_t i = 0; i < point->registers; i++) {
        uint16_t word = words[words_reversed ? point->registers - 1 - i : i];
        if (bytes_swapped)
            word = (uint16_t)(word << 8 | word >> 8);
        raw = raw << 16 | word;
    }
    return raw;
}

static double
from_float32(uint64_t raw)
{
    uint32_t bits = (uint32_t)raw;
    float number;

    memcpy(&number, &bits, sizeof number);
    return (double)number;
}

static double
from_float64(uint64_t raw)
{
    double number;

    memcpy(&number, &raw, sizeof number);
    return number;
}

/* Four digits a register; NaN when one is no digit. */
static double
from_bcd(uint64_t raw)
{
    double number = 0;

    for (int shift = 60; shift >= 0; shift -= 4) {
        unsigned digit = (unsigned)(raw >> shift) & 15;
        if (digit > 9)
            return (double)NAN;
        number = number * 10 + digit;
    }
    return number;
}

static double
to_number(const struct point *point, uint64_t raw)
{
    switch (point->type) {
    case TYPE_BOOL: return (raw >> point->bit & 1) != 0 ? 1 : 0;
    case TYPE_U16:
    case TYPE_U32:
    case TYPE_U64: return (double)raw;
    case TYPE_U8: return (uint8_t)raw;
    case TYPE_S8: return (int8_t)raw;
    case TYPE_S16: return (int16_t)raw;
    case TYPE_S32: return (int32_t)raw;
    case TYPE_S64: return (double)(int64_t)raw;
    case TYPE_FLOAT32: return from_float32(raw);
    case TYPE_FLOAT64: return from_float64(raw);
    case TYPE_BCD: return from_bcd(raw);
    case TYPE_BITS: return (double)(raw >> point->bit & ((1ULL << point->bit_count) - 1));
    case TYPE_STRING: break;
    }
    return (double)NAN;
}

/* 312 at scale 0.1 is 31.2, not 31.200000000000003: a scale that is one part of a whole divides. */
static double
scale(const struct point *point, double number)
{
    if (fabs(point->scale) < 1) {
        double parts = rint(1 / point->scale);
        if (fabs(parts * point->scale - 1) < 1e-12)
            return number / parts + point->offset;
    }
    return number * point->scale + point->offset;
}

static bool
is_sentinel(const struct point *point, uint64_t raw)
{
    if (point->type == TYPE_U8 || point->type == TYPE_S8)
        raw &= 0xFF;
    if (point->type == TYPE_BITS)
        raw = raw >> point->bit & ((1ULL << point->bit_count) - 1);
    for (uint8_t i = 0; i < point->sentinel_count; i++)
        if (point->sentinels[i] == raw)
            return true;
    return false;
}

static void
keep_words(struct scan *scan, struct value *value, const struct point *point, const uint16_t *words)
{
    uint16_t count = point->registers;

    if (scan->word_count + count > scan->word_capacity || count > UINT8_MAX)
        return;
    value->word_at = scan->word_count;
    value->word_count = (uint8_t)count;
    memcpy(scan->words + scan->word_count, words, count * sizeof *words);
    scan->word_count = (uint16_t)(scan->word_count + count);
}

static void
refuse(struct scan *scan, struct value *value, const struct point *point, const uint16_t *words,
       enum quality quality)
{
    value->kind = VALUE_NONE;
    value->quality = (uint8_t)quality;
    keep_words(scan, value, point, words);
}

/* ---- strings ---- */

static uint32_t
copy_characters(const struct point *point, const uint16_t *words, char *ret_text)
{
    uint32_t length = 0;

    for (uint16_t i = 0; i < point->registers; i++) {
        char high = (char)(words[i] >> 8);
        char low = (char)(words[i] & 0xff);
        bool swapped = point->order == ORDER_BADC || point->order == ORDER_DCBA;
        if (!point->one_per_register)
            ret_text[length++] = swapped ? low : high;
        ret_text[length++] = swapped && !point->one_per_register ? high : low;
    }
    return length;
}

/* Printable ASCII only: devices' names and serial numbers are; anything else keeps its words. */
static bool
is_text(const char *text, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return false;
    return true;
}

static void
decode_string(struct scan *scan, struct value *value, const struct point *point,
              const uint16_t *words)
{
    char *text = scan->text + scan->text_length;

    if (scan->text_capacity - scan->text_length < 2U * point->registers) {
        refuse(scan, value, point, words, QUALITY_NOT_A_NUMBER);
        return;
    }
    uint32_t length = copy_characters(point, words, text);
    length = (uint32_t)strnlen(text, length);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    if (!is_text(text, length)) {
        refuse(scan, value, point, words, QUALITY_NOT_A_NUMBER);
        return;
    }
    value->kind = VALUE_TEXT;
    value->as.text_at = scan->text_length;
    value->text_length = (uint16_t)length;
    scan->text_length += length;
}

/* ---- */

void
decode_point(struct scan *scan, uint16_t index, const uint16_t *words)
{
    const struct point *point = &scan->device->points[index];
    struct value *value = &scan->values[index];

    *value = (struct value){.quality = QUALITY_GOOD};
    if (point->type == TYPE_STRING) {
        decode_string(scan, value, point, words);
        return;
    }
    uint64_t raw = gather(point, words);
    if (is_sentinel(point, raw)) {
        refuse(scan, value, point, words, QUALITY_SENTINEL);
        return;
    }
    if (point->exact_integer) {
        value->kind = point->type == TYPE_S64 ? VALUE_INTEGER : VALUE_NATURAL;
        value->as.natural = raw;
        return;
    }
    double number = to_number(point, raw);
    if (!isfinite(number)) {
        refuse(scan, value, point, words, QUALITY_NOT_A_NUMBER);
        return;
    }
    value->kind = VALUE_NUMBER;
    value->as.number = point->scale == 1 && point->offset == 0 ? number : scale(point, number);
}

void
decode_fail(struct scan *scan, const uint16_t *indexes, uint16_t count, enum quality quality,
            uint8_t detail)
{
    for (uint16_t i = 0; i < count; i++)
        scan->values[indexes[i]] = (struct value){
            .kind = VALUE_NONE, .quality = (uint8_t)quality, .detail = detail};
}

/* Every type in every order, from patterns worked out by hand; what cannot be decoded keeps its
 * words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/acquire/decode.c"

static struct point point;
static struct device device = {.points = &point, .point_count = 1};
static struct value value;
static uint16_t kept[16];
static char text[64];
static struct scan scan;

static const struct value *
decode(const uint16_t *words)
{
    scan = (struct scan){.device = &device, .count = 1, .values = &value, .words = kept};
    scan.word_capacity = 16;
    scan.text = text;
    scan.text_capacity = sizeof text;
    decode_point(&scan, 0, words);
    return &value;
}

static void
set(enum point_type type, enum byte_order order, uint16_t registers)
{
    point = (struct point){.type = type, .order = order, .registers = registers, .scale = 1};
}

static void
assert_number(const uint16_t *words, double expected)
{
    const struct value *got = decode(words);

    assert_int_equal(got->kind, VALUE_NUMBER);
    assert_int_equal(got->quality, QUALITY_GOOD);
    assert_true(got->as.number == expected);
    assert_int_equal(signbit(got->as.number) != 0, signbit(expected) != 0);
}

/* 123456.789 as float32 is 0x47F12065; -123456 as s32 is 0xFFFE1DC0. */
static void
test_orders(void **state)
{
    static const struct {
        enum byte_order order;
        uint16_t real[2], integer[2];
    } CASES[] = {
        {ORDER_ABCD, {0x47F1, 0x2065}, {0xFFFE, 0x1DC0}},
        {ORDER_CDAB, {0x2065, 0x47F1}, {0x1DC0, 0xFFFE}},
        {ORDER_BADC, {0xF147, 0x6520}, {0xFEFF, 0xC01D}},
        {ORDER_DCBA, {0x6520, 0xF147}, {0xC01D, 0xFEFF}},
    };

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        set(TYPE_FLOAT32, CASES[i].order, 2);
        assert_number(CASES[i].real, (double)123456.789F);
        set(TYPE_S32, CASES[i].order, 2);
        assert_number(CASES[i].integer, -123456);
        set(TYPE_U32, CASES[i].order, 2);
        assert_number(CASES[i].integer, 4294843840.0);
    }
}

/* -2.5 as float64 is 0xC004000000000000. */
static void
test_wide_types(void **state)
{
    static const uint16_t REAL[] = {0xC004, 0, 0, 0};
    static const uint16_t REVERSED[] = {0, 0, 0, 0x04C0};
    static const uint16_t BIG[] = {0x8000, 0, 0, 1};

    (void)state;
    set(TYPE_FLOAT64, ORDER_ABCD, 4);
    assert_number(REAL, -2.5);
    set(TYPE_FLOAT64, ORDER_DCBA, 4);
    assert_number(REVERSED, -2.5);
    set(TYPE_U64, ORDER_ABCD, 4);
    point.exact_integer = true;
    assert_int_equal(decode(BIG)->kind, VALUE_NATURAL);
    assert_true(value.as.natural == 0x8000000000000001ULL);
    set(TYPE_S64, ORDER_ABCD, 4);
    point.exact_integer = true;
    assert_int_equal(decode(BIG)->kind, VALUE_INTEGER);
    assert_true(value.as.integer == INT64_MIN + 1);
    set(TYPE_S64, ORDER_ABCD, 4);
    point.scale = 0.001;
    assert_int_equal(decode(BIG)->kind, VALUE_NUMBER);
}

static void
test_small_types(void **state)
{
    (void)state;
    set(TYPE_U16, ORDER_ABCD, 1);
    assert_number((uint16_t[]){0xFFFE}, 65534);
    set(TYPE_S16, ORDER_ABCD, 1);
    assert_number((uint16_t[]){0xFFFE}, -2);
    set(TYPE_S16, ORDER_BADC, 1);
    assert_number((uint16_t[]){0xFEFF}, -2);
    set(TYPE_BOOL, ORDER_ABCD, 1);
    assert_number((uint16_t[]){1}, 1);
    point.bit = 3;
    assert_number((uint16_t[]){0x0008}, 1);
    assert_number((uint16_t[]){0xFFF7}, 0);
    set(TYPE_BITS, ORDER_ABCD, 1);
    point.bit = 4;
    point.bit_count = 3;
    assert_number((uint16_t[]){0x00DF}, 5);
}

static void
test_scale_and_offset(void **state)
{
    (void)state;
    set(TYPE_U16, ORDER_ABCD, 1);
    point.scale = 0.1;
    assert_number((uint16_t[]){312}, 31.2); /* not 31.200000000000003 */
    point.scale = 0.01;
    point.offset = -40;
    assert_number((uint16_t[]){100}, -39);
    point.scale = 1000;
    point.offset = 0;
    assert_number((uint16_t[]){3}, 3000);
    point.scale = 0.3;
    assert_number((uint16_t[]){10}, 10 * 0.3);
}

/* The smallest, the largest and the negative ones that public device templates have. */
static void
test_scales_of_real_devices(void **state)
{
    static const uint16_t WORD[] = {312};
    static const uint16_t WIDE[] = {0, 1, 0, 0}; /* 2^32 */

    (void)state;
    set(TYPE_U64, ORDER_ABCD, 4);
    point.scale = 6.781694e-11;
    assert_number(WIDE, 4294967296.0 * 6.781694e-11);
    set(TYPE_S16, ORDER_ABCD, 1);
    point.scale = 1e-5;
    assert_number(WORD, 0.00312);
    point.scale = -0.1;
    assert_number(WORD, -31.2);
    point.scale = 6553.6;
    assert_number(WORD, 312 * 6553.6);
}

static void
test_bytes(void **state)
{
    static const uint16_t WORD[] = {0x12F0};

    (void)state;
    set(TYPE_U8, ORDER_ABCD, 1);
    assert_number(WORD, 0xF0);
    set(TYPE_S8, ORDER_ABCD, 1);
    assert_number(WORD, -16);
    set(TYPE_U8, ORDER_BADC, 1);
    assert_number(WORD, 0x12);
    point.sentinels[0] = 0x12;
    point.sentinel_count = 1;
    assert_int_equal(decode(WORD)->quality, QUALITY_SENTINEL);
}

static void
test_bcd(void **state)
{
    (void)state;
    set(TYPE_BCD, ORDER_ABCD, 2);
    assert_number((uint16_t[]){0x0012, 0x3456}, 123456);
    const struct value *got = decode((uint16_t[]){0x0012, 0x345A});
    assert_int_equal(got->kind, VALUE_NONE);
    assert_int_equal(got->quality, QUALITY_NOT_A_NUMBER);
    assert_int_equal(got->word_count, 2);
    assert_int_equal(kept[got->word_at + 1], 0x345A);
}

static void
test_no_value(void **state)
{
    (void)state;
    set(TYPE_FLOAT32, ORDER_CDAB, 2);
    const struct value *got = decode((uint16_t[]){0x0001, 0x7FC0}); /* a NaN with a payload */
    assert_int_equal(got->kind, VALUE_NONE);
    assert_int_equal(got->quality, QUALITY_NOT_A_NUMBER);
    assert_int_equal(kept[0], 0x0001); /* as they came */
    assert_int_equal(kept[1], 0x7FC0);
    assert_int_equal(decode((uint16_t[]){0, 0xFF80})->quality, QUALITY_NOT_A_NUMBER); /* -inf */
    assert_number((uint16_t[]){0, 0x8000}, -0.0);
    set(TYPE_S16, ORDER_ABCD, 1);
    point.sentinels[0] = 0x7FFF;
    point.sentinels[1] = 0x8000;
    point.sentinel_count = 2;
    assert_int_equal(decode((uint16_t[]){0x7FFF})->quality, QUALITY_SENTINEL);
    assert_int_equal(decode((uint16_t[]){0x8000})->quality, QUALITY_SENTINEL);
    assert_int_equal(value.word_count, 1);
    assert_number((uint16_t[]){0x7FFE}, 32766);
}

static void
assert_text(const uint16_t *words, const char *expected)
{
    const struct value *got = decode(words);

    assert_int_equal(got->kind, VALUE_TEXT);
    assert_int_equal(got->text_length, strlen(expected));
    assert_memory_equal(text + got->as.text_at, expected, strlen(expected));
}

static void
test_strings(void **state)
{
    (void)state;
    set(TYPE_STRING, ORDER_ABCD, 3);
    assert_text((uint16_t[]){0x4142, 0x4320, 0x2020}, "ABC");
    assert_text((uint16_t[]){0x4142, 0x0043, 0x4445}, "AB"); /* ends at the NUL */
    set(TYPE_STRING, ORDER_BADC, 2);
    assert_text((uint16_t[]){0x4241, 0x4443}, "ABCD");
    set(TYPE_STRING, ORDER_ABCD, 3);
    point.one_per_register = true;
    assert_text((uint16_t[]){0x0041, 0x0042, 0x0043}, "ABC");
    set(TYPE_STRING, ORDER_ABCD, 2);
    const struct value *got = decode((uint16_t[]){0x41C3, 0x2829});
    assert_int_equal(got->kind, VALUE_NONE);
    assert_int_equal(got->word_count, 2);
}

static void
test_failure_fills_only_its_points(void **state)
{
    struct value values[3] = {{.kind = VALUE_NUMBER}, {.kind = VALUE_NUMBER}, {0}};
    struct scan three = {.values = values, .count = 3};
    uint16_t failed[] = {0, 2};

    (void)state;
    decode_fail(&three, failed, 2, QUALITY_EXCEPTION, 2);
    assert_int_equal(values[0].kind, VALUE_NONE);
    assert_int_equal(values[0].quality, QUALITY_EXCEPTION);
    assert_int_equal(values[0].detail, 2);
    assert_int_equal(values[1].kind, VALUE_NUMBER);
    assert_int_equal(values[2].kind, VALUE_NONE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_wide_types),
        cmocka_unit_test(test_small_types),
        cmocka_unit_test(test_scale_and_offset),
        cmocka_unit_test(test_scales_of_real_devices),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_bcd),
        cmocka_unit_test(test_no_value),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_failure_fills_only_its_points),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

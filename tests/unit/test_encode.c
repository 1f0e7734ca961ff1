/* Values to registers; read back by decode they are what they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/acquire/decode.c"
#include "daemon/acquire/encode.c"

static double
round_trip(struct point *point, double value)
{
    struct device device = {.points = point, .point_count = 1};
    uint16_t words[ENCODE_WORDS] = {0}, kept[ENCODE_WORDS];
    struct value read = {0};
    struct scan scan = {
        .device = &device, .values = &read, .words = kept, .word_capacity = ENCODE_WORDS};

    assert_null(encode_point(point, value, words));
    decode_point(&scan, 0, words);
    if (read.kind == VALUE_INTEGER)
        return (double)read.as.integer;
    assert_int_equal(read.kind, VALUE_NUMBER);
    return read.as.number;
}

static void
test_every_type_and_order_comes_back(void **state)
{
    static const struct {
        enum point_type type;
        uint16_t registers;
        double value;
    } CASES[] = {{TYPE_U8, 1, 200},      {TYPE_S8, 1, -100},     {TYPE_U16, 1, 65535},
                 {TYPE_S16, 1, -32768},  {TYPE_U32, 2, 4e9},     {TYPE_S32, 2, -2e9},
                 {TYPE_U64, 4, 1e15},    {TYPE_S64, 4, -1e15},   {TYPE_FLOAT32, 2, -1.5},
                 {TYPE_FLOAT64, 4, 0.1}, {TYPE_BCD, 2, 12345678}};

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        for (int order = ORDER_ABCD; order <= ORDER_DCBA; order++) {
            struct point point = {.table = TABLE_HOLDING,
                                  .type = CASES[i].type,
                                  .registers = CASES[i].registers,
                                  .order = (enum byte_order)order,
                                  .scale = 1};
            assert_true(round_trip(&point, CASES[i].value) == CASES[i].value);
        }
}

static void
test_bytes_are_where_the_order_says(void **state)
{
    struct point point = {
        .table = TABLE_HOLDING, .type = TYPE_U32, .registers = 2, .order = ORDER_CDAB, .scale = 1};
    uint16_t words[ENCODE_WORDS];

    (void)state;
    assert_null(encode_point(&point, 0x01020304, words));
    assert_int_equal(words[0], 0x0304);
    assert_int_equal(words[1], 0x0102);
    point.order = ORDER_BADC;
    assert_null(encode_point(&point, 0x01020304, words));
    assert_int_equal(words[0], 0x0201);
}

static void
test_scale_and_bounds(void **state)
{
    struct point point = {
        .table = TABLE_HOLDING, .type = TYPE_S16, .registers = 1, .scale = 0.1, .offset = -40};
    struct point coil = {.table = TABLE_COIL, .type = TYPE_BOOL, .registers = 1, .scale = 1};
    uint16_t words[ENCODE_WORDS];

    (void)state;
    assert_null(encode_point(&point, 12.3, words));
    assert_int_equal(words[0], 523);
    assert_non_null(encode_point(&point, 3300, words));
    assert_non_null(encode_point(&point, (double)NAN, words));
    assert_null(encode_point(&coil, 1, words));
    assert_int_equal(words[0], 1);
    assert_non_null(encode_point(&coil, 2, words));
    point.type = TYPE_STRING;
    assert_non_null(encode_point(&point, 1, words));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_and_order_comes_back),
        cmocka_unit_test(test_bytes_are_where_the_order_says),
        cmocka_unit_test(test_scale_and_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

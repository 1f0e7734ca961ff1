/* The simulator's way from a value to registers: hand-written words, so that a mistake shared with
 * the gateway's decoder would show. */
#include "sim/encode.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct point
make(enum point_type type, enum byte_order order, uint16_t registers)
{
    return (struct point){.table = TABLE_HOLDING,
                          .type = type,
                          .order = order,
                          .registers = registers,
                          .scale = 1.0,
                          .bit_count = 1};
}

static void
expect(const struct point *point, double value, size_t count, const uint16_t *words)
{
    uint16_t got[ENCODE_WORDS] = {0};

    encode_value(point, value, got);
    assert_memory_equal(got, words, count * sizeof *words);
}

static void
float32_in_each_order(void **state)
{
    (void)state;
    struct point point = make(TYPE_FLOAT32, ORDER_ABCD, 2); /* 31.2 = 0x41F9999A */

    expect(&point, 31.2, 2, (uint16_t[]){0x41F9, 0x999A});
    point.order = ORDER_CDAB;
    expect(&point, 31.2, 2, (uint16_t[]){0x999A, 0x41F9});
    point.order = ORDER_BADC;
    expect(&point, 31.2, 2, (uint16_t[]){0xF941, 0x9A99});
    point.order = ORDER_DCBA;
    expect(&point, 31.2, 2, (uint16_t[]){0x9A99, 0xF941});
}

static void
wide_types(void **state)
{
    (void)state;
    struct point point = make(TYPE_FLOAT64, ORDER_ABCD, 4);

    expect(&point, -2.5, 4, (uint16_t[]){0xC004, 0, 0, 0});
    point.order = ORDER_CDAB;
    expect(&point, -2.5, 4, (uint16_t[]){0, 0, 0, 0xC004});
    point = make(TYPE_S64, ORDER_ABCD, 4);
    expect(&point, -2.0, 4, (uint16_t[]){0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE});
    point = make(TYPE_U64, ORDER_DCBA, 4);
    expect(&point, 258.0, 4, (uint16_t[]){0x0201, 0, 0, 0});
}

static void
scale_and_ends(void **state)
{
    (void)state;
    struct point point = make(TYPE_S16, ORDER_ABCD, 1);

    point.scale = 0.1;
    point.offset = -40.0;
    expect(&point, -39.8, 1, (uint16_t[]){2});
    expect(&point, -40.3, 1, (uint16_t[]){0xFFFD});
    expect(&point, 1e9, 1, (uint16_t[]){0x7FFF});
    expect(&point, -1e9, 1, (uint16_t[]){0x8000});
    point = make(TYPE_U16, ORDER_ABCD, 1);
    expect(&point, 65535.0, 1, (uint16_t[]){0xFFFF});
    expect(&point, 65536.0, 1, (uint16_t[]){0xFFFF});
    expect(&point, -1.0, 1, (uint16_t[]){0});
    point = make(TYPE_U32, ORDER_CDAB, 2);
    expect(&point, 0x12345678, 2, (uint16_t[]){0x5678, 0x1234});
}

static void
digits_bits_and_text(void **state)
{
    (void)state;
    struct point point = make(TYPE_BCD, ORDER_ABCD, 2);

    expect(&point, 12345678.0, 2, (uint16_t[]){0x1234, 0x5678});
    expect(&point, 1e9, 2, (uint16_t[]){0x9999, 0x9999});
    point = make(TYPE_BITS, ORDER_ABCD, 1);
    point.bit = 4;
    point.bit_count = 3;
    expect(&point, 5.0, 1, (uint16_t[]){0x0050});
    expect(&point, 9.0, 1, (uint16_t[]){0x0070});
    point = make(TYPE_BOOL, ORDER_ABCD, 1);
    point.bit = 15;
    expect(&point, 1.0, 1, (uint16_t[]){0x8000});
    expect(&point, 0.0, 1, (uint16_t[]){0});
    point = make(TYPE_STRING, ORDER_ABCD, 4);
    expect(&point, 0.0, 4, (uint16_t[]){0x7061, 0x726B, 0x7369, 0x6D00});
    point.one_per_register = true;
    expect(&point, 0.0, 4, (uint16_t[]){0x70, 0x61, 0x72, 0x6B});
}

static void
coils(void **state)
{
    (void)state;
    struct point point = {.table = TABLE_DISCRETE, .type = TYPE_BOOL, .bit = 0, .scale = 1.0};

    expect(&point, 1.0, 1, (uint16_t[]){1});
    expect(&point, 0.2, 1, (uint16_t[]){0});
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(float32_in_each_order),
        cmocka_unit_test(wide_types),
        cmocka_unit_test(scale_and_ends),
        cmocka_unit_test(digits_bits_and_text),
        cmocka_unit_test(coils),
    };

    return cmocka_run_group_tests_name("sim_encode", tests, NULL, NULL);
}

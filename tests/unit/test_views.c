/* Registers in every type: the patterns and what is shown of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/views.c"

static const uint16_t WORDS[] = {0x4248, 0xF5C3, 0x0000, 0x3041}; /* 50.24 as float32, ABCD */

static void
test_patterns(void **state)
{
    (void)state;
    assert_int_equal(views_pattern(WORDS, 2, VIEW_ABCD), 0x4248F5C3);
    assert_int_equal(views_pattern(WORDS, 2, VIEW_CDAB), 0xF5C34248);
    assert_int_equal(views_pattern(WORDS, 2, VIEW_BADC), 0x4842C3F5);
    assert_int_equal(views_pattern(WORDS, 2, VIEW_DCBA), 0xC3F54842);
    assert_true(views_pattern(WORDS, 4, VIEW_ABCD) == 0x4248F5C300003041ULL);
    assert_true(views_pattern(WORDS, 4, VIEW_DCBA) == 0x41300000C3F54842ULL);
}

/* -2.0625 by Python's struct, as a device of each order sends it: one pattern, 0xC000800000000000
 */
static void
test_float64_in_every_order(void **state)
{
    static const uint16_t SENT[VIEW_ORDERS][4] = {{0xC000, 0x8000, 0, 0},
                                                  {0, 0, 0x8000, 0xC000},
                                                  {0x00C0, 0x0080, 0, 0},
                                                  {0, 0, 0x0080, 0x00C0}};
    (void)state;
    for (int order = 0; order < VIEW_ORDERS; order++) {
        uint64_t pattern = views_pattern(SENT[order], 4, order);
        assert_true(pattern == 13835198792770519040ULL);
        assert_true(as_float64(pattern) == -2.0625);
    }
}

static void
test_signed_pairs(void **state)
{
    static const uint16_t SENT[] = {65534, 7616}; /* -123456 */
    char text[4096] = "";
    FILE *out = fmemopen(text, sizeof text, "w");

    (void)state;
    views_print(out, 0, SENT, 2);
    fclose(out);
    assert_non_null(strstr(text, "      0   4294843840     -123456 "));
}

static void
test_what_is_plausible(void **state)
{
    (void)state;
    assert_true(views_is_plausible(0) && views_is_plausible(-50.24) && views_is_plausible(1e9));
    assert_false(views_is_plausible(1e-30) || views_is_plausible(2e9) ||
                 views_is_plausible((double)NAN) || views_is_plausible((double)INFINITY));
}

static void
test_what_is_printed(void **state)
{
    char text[4096] = "";
    FILE *out = fmemopen(text, sizeof text, "w");

    (void)state;
    views_print(out, 100, WORDS, 4);
    fclose(out);
    assert_non_null(strstr(text, "    101  0xF5C3   62915   -2621  1111 0101 1100 0011  .."));
    assert_non_null(strstr(text, "    103  0x3041   12353   12353  0011 0000 0100 0001  0A"));
    assert_non_null(strstr(text, "          50.24"));
    assert_non_null(strstr(text, "  1112077763  1112077763"));
    assert_non_null(strstr(text, "float64"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns),        cmocka_unit_test(test_float64_in_every_order),
        cmocka_unit_test(test_signed_pairs),    cmocka_unit_test(test_what_is_plausible),
        cmocka_unit_test(test_what_is_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

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
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_what_is_plausible),
        cmocka_unit_test(test_what_is_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

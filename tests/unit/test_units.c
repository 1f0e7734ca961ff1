#include "config/units/units.c"

#include "config/text.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

static double
convert(double value, const char *from, const char *to)
{
    double result = NAN;
    assert_true(units_convert(value, units_find(from), units_find(to), &result));
    return result;
}

static void
assert_near(double actual, double wanted)
{
    double bound = 1e-12 * (fabs(wanted) + 1);
    if (fabs(actual - wanted) > bound)
        fail_msg("%.17g is not %.17g", actual, wanted);
}

static void
test_conversions(void **state)
{
    (void)state;
    assert_near(convert(1, "mg/L", "mg/m3"), 1000);
    assert_near(convert(250, "ug/m3", "mg/m3"), 0.25);
    assert_near(convert(300, "K", "degC"), 26.85);
    assert_near(convert(212, "degF", "degC"), 100);
    assert_near(convert(-40, "degC", "degF"), -40);
    assert_near(convert(0, "degC", "K"), 273.15);
    assert_near(convert(1, "MW", "W"), 1e6);
    assert_near(convert(3.6, "MJ", "kWh"), 1);
    assert_near(convert(2, "L/s", "m3/h"), 7.2);
    assert_near(convert(75, "t/h", "kg/s"), 75000.0 / 3600);
    assert_near(convert(1, "bar", "kPa"), 100);
    assert_true(convert(0.1, "kW", "kW") == 0.1); /* the same unit does not round */
}

static void
test_differences(void **state)
{
    double result = NAN;
    (void)state;
    assert_true(units_convert_difference(1, units_find("K"), units_find("degC"), &result));
    assert_near(result, 1);
    assert_true(units_convert_difference(9, units_find("degF"), units_find("degC"), &result));
    assert_near(result, 5);
    assert_false(units_convert_difference(1, units_find("kW"), units_find("degC"), &result));
}

static void
test_look_alikes_do_not_convert(void **state)
{
    static const char *const PAIRS[][2] = {
        {"m3/h", "Nm3/h"}, {"ppm", "ppmC"}, {"ppm", "mg/m3"}, {"%", "%LEL"}, {"kW", "kvar"}};
    double result = 7;
    (void)state;
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++)
        assert_false(units_convert(1, units_find(PAIRS[i][0]), units_find(PAIRS[i][1]), &result));
    assert_true(result == 7);
    assert_null(units_find("mg/m4"));
    assert_null(units_find(""));
}

static void
test_table(void **state)
{
    const struct unit *unit, *other;
    (void)state;
    for (unsigned i = 0; (unit = units_at(i)); i++) {
        bool has_base = false;
        assert_ptr_equal(units_find(unit->key), unit); /* no key twice */
        assert_true(*unit->zh && *unit->en && unit->factor > 0);
        for (unsigned j = 0; (other = units_at(j)); j++)
            has_base = has_base || (!strcmp(unit->kind, other->kind) && other->factor == 1 &&
                                    other->shift == 0);
        assert_true(has_base);
    }
}

static void
test_naturals(void **state)
{
    static const char *const WRONG[] = {
        "", "-1", "+1", "1.0", "0x", "0xG", "300x", " 1", "1 ", "1e3", "18446744073709551616"};
    uint64_t value = 5;
    (void)state;
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        assert_false(text_read_natural(WRONG[i], &value));
    assert_int_equal(value, 5);
    assert_true(text_read_natural("007", &value) && value == 7);
    assert_true(text_read_natural("0x7FFF", &value) && value == 0x7fff);
    assert_true(text_read_natural("18446744073709551615", &value) && value == UINT64_MAX);
    assert_true(text_read_natural("0xffffffffffffffff", &value) && value == UINT64_MAX);
}

static void
test_numbers(void **state)
{
    static const char *const WRONG[] = {"",     ".5",  "5.",  "1e",  "inf",   "nan",
                                        "0x10", "1,5", "--1", "1 2", "1e999", "300x"};
    double value = 5;
    (void)state;
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        assert_false(text_read_number(WRONG[i], &value));
    assert_true(value == 5);
    assert_true(text_read_number("-0.001", &value) && value == -0.001);
    assert_true(text_read_number("6.781694e-11", &value) && value == 6.781694e-11);
    assert_true(text_read_number("+3E2", &value) && value == 300);
}

static void
test_quantities(void **state)
{
    double value;
    const char *unit;
    char text[40];
    (void)state;
    assert_true(text_read_quantity("200ms", &value, &unit) && value == 200);
    assert_string_equal(unit, "ms");
    assert_true(text_read_quantity("1.5  mg/m3", &value, &unit) && value == 1.5);
    assert_string_equal(unit, "mg/m3");
    assert_true(text_read_quantity("5", &value, &unit) && !*unit);
    assert_false(text_read_quantity("ms", &value, &unit));
    text_print_quantity(90000, units_find("ms"), text, sizeof text);
    assert_string_equal(text, "90 s");
    text_print_quantity(3600000, units_find("ms"), text, sizeof text);
    assert_string_equal(text, "1 h");
    text_print_quantity(0, units_find("ms"), text, sizeof text);
    assert_string_equal(text, "0 ms");
    text_print_quantity(1536, units_find("B"), text, sizeof text);
    assert_string_equal(text, "1536 B");
}

static void
test_names(void **state)
{
    (void)state;
    assert_true(text_is_name("a"));
    assert_true(text_is_name("nh3-n"));
    assert_true(text_is_name("a234567890123456789012345678901"));
    assert_false(text_is_name("a2345678901234567890123456789012"));
    assert_false(text_is_name(""));
    assert_false(text_is_name("3g"));
    assert_false(text_is_name("-a"));
    assert_false(text_is_name("a_b"));
    assert_false(text_is_name("a.b"));
    assert_false(text_is_name("A"));
}

static void
test_nearness(void **state)
{
    unsigned best = 4;
    (void)state;
    assert_int_equal(text_distance("every", "evry"), 1);
    assert_int_equal(text_distance("unit", "unit"), 0);
    assert_int_equal(text_distance("a", "completely-else"), 4);
    assert_true(text_is_nearer("timeot", "timeout", &best));
    assert_int_equal(best, 1);
    assert_false(text_is_nearer("timeot", "timid", &best));
    best = 4;
    assert_false(text_is_nearer("xyz", "abc", &best));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conversions),
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_look_alikes_do_not_convert),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_naturals),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_quantities),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_nearness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

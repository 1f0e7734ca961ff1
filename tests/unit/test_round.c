#include "daemon/assess/round.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <float.h>
#include <string.h>

static uint64_t seed; /* a fixed sequence, so that a failure repeats */

static uint64_t
random_below(uint64_t bound)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 11) % bound;
}

static void
assert_rounds(double value, enum round_origin origin, int decimals, double wanted)
{
    double rounded = round_half_even(value, origin, decimals);
    if (!(rounded == wanted) || signbit(rounded) != signbit(wanted))
        fail_msg("%.17g rounds to %.17g, not %.17g", value, rounded, wanted);
}

static int
compare(double value, enum round_origin origin, double limit, enum round_comparison comparison,
        int decimals)
{
    int order = 7;
    assert_true(round_compare(value, origin, limit, comparison, decimals, &order));
    return order;
}

/* standards.md 10: GB/T 8170 to one decimal. */
static void
worked_numbers(void **state)
{
    (void)state;
    assert_rounds(1.05, ROUND_AS_WRITTEN, 1, 1.0);
    assert_rounds(1.15, ROUND_AS_WRITTEN, 1, 1.2);
    assert_rounds(1.25, ROUND_AS_WRITTEN, 1, 1.2);
    assert_rounds(1.0501, ROUND_AS_WRITTEN, 1, 1.1);
    assert_rounds(1.35, ROUND_AS_WRITTEN, 1, 1.4);
    /* 1.15, the packets O-1 and O-3: 12.34 and 31.5 at 12 % O2 on 9 %, 63 m3 of 40.1 mg/L */
    assert_rounds(12.34 * 12 / 9, ROUND_AS_COMPUTED, 2, 16.45);
    assert_rounds(31.5 * 12 / 9, ROUND_AS_COMPUTED, 1, 42.0);
    assert_rounds(4.2 * 12 / 9, ROUND_AS_COMPUTED, 1, 5.6);
    assert_rounds(63 * 40.1 / 1000, ROUND_AS_COMPUTED, 1, 2.5);
}

static void
halves_go_to_even_as_decimals(void **state)
{
    (void)state;
    assert_rounds(0.15, ROUND_AS_WRITTEN, 1, 0.2); /* as a double just below */
    assert_rounds(0.25, ROUND_AS_WRITTEN, 1, 0.2);
    assert_rounds(0.35, ROUND_AS_WRITTEN, 1, 0.4);
    assert_rounds(0.45, ROUND_AS_WRITTEN, 1, 0.4); /* as a double just above */
    assert_rounds(2.675, ROUND_AS_WRITTEN, 2, 2.68);
    assert_rounds(0.250001, ROUND_AS_WRITTEN, 1, 0.3);
    assert_rounds(0.5, ROUND_AS_WRITTEN, 0, 0);
    assert_rounds(1.5, ROUND_AS_WRITTEN, 0, 2);
    assert_rounds(2.5, ROUND_AS_WRITTEN, 0, 2);
    assert_rounds(9.95, ROUND_AS_WRITTEN, 1, 10);
    assert_rounds(99.5, ROUND_AS_WRITTEN, 0, 100);
    assert_rounds(-0.15, ROUND_AS_WRITTEN, 1, -0.2);
    assert_rounds(-2.5, ROUND_AS_WRITTEN, 0, -2);
    assert_rounds(-0.04, ROUND_AS_WRITTEN, 1, 0.0); /* no "-0.0" in a report */
    assert_rounds(-0.0, ROUND_AS_WRITTEN, 1, 0.0);
}

/* Not in two steps: 15.4546 is 15, though 15.455 would be 15.46, 15.5, 16. */
static void
in_one_step(void **state)
{
    (void)state;
    assert_rounds(15.4546, ROUND_AS_WRITTEN, 0, 15);
    assert_rounds(0.249999999999999, ROUND_AS_WRITTEN, 1, 0.2);
    assert_rounds(0.050000000000001, ROUND_AS_WRITTEN, 1, 0.1);
    assert_rounds(0.049999999999999, ROUND_AS_WRITTEN, 1, 0);
}

static void
digits_before_the_point(void **state)
{
    (void)state;
    assert_rounds(1250, ROUND_AS_WRITTEN, -2, 1200);
    assert_rounds(1350, ROUND_AS_WRITTEN, -2, 1400);
    assert_rounds(1251, ROUND_AS_WRITTEN, -2, 1300);
    assert_rounds(5, ROUND_AS_WRITTEN, -1, 0);
    assert_rounds(6, ROUND_AS_WRITTEN, -1, 10);
    assert_rounds(9, ROUND_AS_WRITTEN, -2, 0);
    for (int exponent = 2; exponent < 40; exponent++)
        assert_rounds(9.99999999999999 * pow(10, -exponent), ROUND_AS_WRITTEN, 0, 0);
    assert_rounds(1e300, ROUND_AS_WRITTEN, -400, 0);
    assert_rounds(1e300, ROUND_AS_WRITTEN, 2, 1e300);
    assert_rounds(1e-300, ROUND_AS_WRITTEN, 2, 0);
    assert_rounds(1e-300, ROUND_AS_WRITTEN, INT32_MAX, 1e-300);
    assert_rounds(1e300, ROUND_AS_WRITTEN, INT32_MAX, 1e300);
    assert_rounds(5e15, ROUND_AS_WRITTEN, INT32_MIN, 0);
    assert_rounds(DBL_MAX, ROUND_AS_WRITTEN, 2, DBL_MAX);
    assert_rounds(-DBL_MAX, ROUND_AS_WRITTEN, 2, -DBL_MAX);
}

static void
the_origin_says_what_is_noise(void **state)
{
    (void)state;
    /* float32 registers that said 0.35 and 0.45 */
    assert_rounds((double)0.35f, ROUND_AS_FLOAT, 1, 0.4);
    assert_rounds((double)0.35f, ROUND_AS_WRITTEN, 1, 0.3);
    assert_rounds((double)0.45f, ROUND_AS_FLOAT, 1, 0.4);
    double sum = 0;
    for (int i = 0; i < 720; i++)
        sum += 35.25;
    assert_rounds(sum / 720, ROUND_AS_COMPUTED, 1, 35.2);
    sum = 0;
    for (int i = 0; i < 720; i++)
        sum += 0.35;
    assert_true(sum / 720 != 0.35);
    assert_rounds(sum / 720, ROUND_AS_COMPUTED, 1, 0.4);
}

static void
just_below_at_and_just_above_a_limit(void **state)
{
    (void)state;
    /* full value: 50.4 exceeds 50; rounded to the limit's decimals it does not */
    assert_int_equal(compare(50.4, ROUND_AS_WRITTEN, 50, ROUND_FULL_VALUE, 0), 1);
    assert_int_equal(compare(50.4, ROUND_AS_WRITTEN, 50, ROUND_ROUNDED_VALUE, 0), 0);
    assert_int_equal(compare(50.5, ROUND_AS_WRITTEN, 50, ROUND_ROUNDED_VALUE, 0), 0); /* even */
    assert_int_equal(compare(50.51, ROUND_AS_WRITTEN, 50, ROUND_ROUNDED_VALUE, 0), 1);
    assert_int_equal(compare(35.5, ROUND_AS_WRITTEN, 35, ROUND_ROUNDED_VALUE, 0), 1); /* to 36 */
    assert_int_equal(compare(49.6, ROUND_AS_WRITTEN, 50, ROUND_FULL_VALUE, 0), -1);
    assert_int_equal(compare(49.6, ROUND_AS_WRITTEN, 50, ROUND_ROUNDED_VALUE, 0), 0);
    assert_int_equal(compare(0.54, ROUND_AS_WRITTEN, 0.5, ROUND_ROUNDED_VALUE, 1), 0);
    assert_int_equal(compare(0.56, ROUND_AS_WRITTEN, 0.5, ROUND_ROUNDED_VALUE, 1), 1);
    /* the lower end, of pH */
    assert_int_equal(compare(5.96, ROUND_AS_WRITTEN, 6, ROUND_FULL_VALUE, 0), -1);
    assert_int_equal(compare(5.96, ROUND_AS_WRITTEN, 6, ROUND_ROUNDED_VALUE, 0), 0);
    assert_int_equal(compare(6, ROUND_AS_WRITTEN, 6, ROUND_FULL_VALUE, 0), 0);
    /* the limit is not rounded, whatever the decimals */
    assert_int_equal(compare(8.65, ROUND_AS_WRITTEN, 8.65, ROUND_ROUNDED_VALUE, 1), -1);
    /* the last digit of each origin decides */
    assert_int_equal(compare(50.0000000000001, ROUND_AS_WRITTEN, 50, ROUND_FULL_VALUE, 0), 1);
    assert_int_equal(compare(50.00000001, ROUND_AS_COMPUTED, 50, ROUND_FULL_VALUE, 0), 1);
    assert_int_equal(compare(50.00001, ROUND_AS_FLOAT, 50, ROUND_FULL_VALUE, 0), 1);
    assert_int_equal(compare(49.99999, ROUND_AS_FLOAT, 50, ROUND_FULL_VALUE, 0), -1);
}

/* What was said to be the limit is not above it, through a day's sum of seconds or a float
 * register. */
static void
noise_exceeds_nothing(void **state)
{
    int above = 0;
    (void)state;
    for (int tenths = 1; tenths <= 1000; tenths += 37) {
        double limit = tenths / 10.0, sum = 0;
        for (int i = 0; i < 86400; i++)
            sum += limit;
        above += sum / 86400 > limit;
        assert_int_equal(compare(sum / 86400, ROUND_AS_COMPUTED, limit, ROUND_FULL_VALUE, 1), 0);
        assert_int_equal(compare((double)(float)limit, ROUND_AS_FLOAT, limit, ROUND_FULL_VALUE, 1),
                         0);
    }
    assert_true(above > 0); /* or nothing was tried */
    assert_true((double)0.1f > 0.1);
    assert_int_equal(compare((double)0.1f, ROUND_AS_FLOAT, 0.1, ROUND_FULL_VALUE, 1), 0);
    assert_int_equal(compare(0.1 + 0.2, ROUND_AS_WRITTEN, 0.3, ROUND_FULL_VALUE, 1), 0);
}

static void
what_is_not_finite(void **state)
{
    static const double NONE[] = {NAN, INFINITY, -INFINITY};
    (void)state;
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++) {
        double same = round_half_even(NONE[i], ROUND_AS_WRITTEN, 1);
        int order = 7;
        assert_memory_equal(&same, &NONE[i], sizeof same);
        for (int comparison = ROUND_FULL_VALUE; comparison <= ROUND_ROUNDED_VALUE; comparison++) {
            assert_false(round_compare(NONE[i], ROUND_AS_WRITTEN, 1,
                                       (enum round_comparison)comparison, 1, &order));
            assert_false(round_compare(1, ROUND_AS_WRITTEN, NONE[i],
                                       (enum round_comparison)comparison, 1, &order));
        }
        assert_int_equal(order, 7);
    }
}

/* Against integers: thousandths from 0 to 999.999, read from text, rounded to each place. */
static void
rounding_agrees_with_integers(void **state)
{
    static const int64_t UNIT[] = {1000, 100, 10, 1};
    (void)state;
    for (int i = 0; i < 20000; i++) {
        int64_t thousandths = (int64_t)random_below(1000000);
        int decimals = (int)random_below(4);
        int64_t unit = UNIT[decimals], down = thousandths / unit, rest = thousandths % unit;
        int64_t up = 2 * rest > unit || (2 * rest == unit && down % 2 == 1);
        char text[48];
        snprintf(text, sizeof text, "%" PRId64 "e-3", thousandths);
        double value = strtod(text, NULL);
        snprintf(text, sizeof text, "%" PRId64 "e-%d", down + up, decimals);
        assert_rounds(value, ROUND_AS_WRITTEN, decimals, strtod(text, NULL));
        assert_rounds(value, ROUND_AS_COMPUTED, decimals, strtod(text, NULL));
        assert_rounds((double)(float)value, ROUND_AS_FLOAT, decimals, strtod(text, NULL));
    }
}

/* Rounding again changes nothing, moves by half a unit at most, keeps order and is odd. */
static void
rounding_follows_its_laws(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        double value = (double)random_below(1u << 30) / 7919, next = value * 1.0001;
        int decimals = (int)random_below(5);
        double rounded = round_half_even(value, ROUND_AS_COMPUTED, decimals);
        assert_true(round_half_even(rounded, ROUND_AS_COMPUTED, decimals) == rounded);
        assert_true(fabs(rounded - value) <= 0.5 * pow(10, -decimals) + 5e-10 * value);
        assert_true(round_half_even(next, ROUND_AS_COMPUTED, decimals) >= rounded);
        assert_true(round_half_even(-value, ROUND_AS_COMPUTED, decimals) == -rounded);
    }
}

/* Decimals of as many digits as the origin has come back unchanged. */
static void
decimals_come_back(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t digits = 1000000 + random_below(9000000);
        int places = (int)random_below(10); /* 0.001 to 9999999 */
        char text[48];
        snprintf(text, sizeof text, "%" PRIu64 "e-%d", digits, places);
        double written = strtod(text, NULL);
        if (written > 8388607)
            continue;
        assert_rounds((double)strtof(text, NULL), ROUND_AS_FLOAT, 99, written);
        digits = 100000000000000 + random_below(900000000000000);
        snprintf(text, sizeof text, "%" PRIu64 "e-%d", digits, (int)random_below(20));
        written = strtod(text, NULL);
        assert_rounds(written, ROUND_AS_WRITTEN, 99, written);
    }
}

/* The short way of comparing what lies far apart tells what the long way tells. */
static void
comparing_is_comparing_decimals(void **state)
{
    static const enum round_origin ORIGINS[] = {ROUND_AS_FLOAT, ROUND_AS_COMPUTED,
                                                ROUND_AS_WRITTEN};
    (void)state;
    for (int i = 0; i < 50000; i++) {
        double limit = (double)(1 + random_below(100000)) / 100;
        double step = pow(10, -(double)random_below(17)), side = random_below(2) ? 1 : -1;
        double value = limit * (1 + side * step * (double)random_below(10));
        enum round_origin origin = ORIGINS[random_below(3)];
        double decimal = round_half_even(value, origin, 99);
        int order = compare(value, origin, limit, ROUND_FULL_VALUE, 2);
        assert_int_equal(order, (decimal > limit) - (decimal < limit));
        assert_int_equal(compare(-value, origin, -limit, ROUND_FULL_VALUE, 2), -order);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_numbers),
        cmocka_unit_test(halves_go_to_even_as_decimals),
        cmocka_unit_test(in_one_step),
        cmocka_unit_test(digits_before_the_point),
        cmocka_unit_test(the_origin_says_what_is_noise),
        cmocka_unit_test(just_below_at_and_just_above_a_limit),
        cmocka_unit_test(noise_exceeds_nothing),
        cmocka_unit_test(what_is_not_finite),
        cmocka_unit_test(rounding_agrees_with_integers),
        cmocka_unit_test(rounding_follows_its_laws),
        cmocka_unit_test(decimals_come_back),
        cmocka_unit_test(comparing_is_comparing_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

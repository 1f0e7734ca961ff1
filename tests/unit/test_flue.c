#include "daemon/assess/flue.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#define UNTOUCHED -12345.5

/* Half a unit of the last digit a worked number is given with. */
#define DIGITS_2 5e-3
#define DIGITS_3 5e-4
#define DIGITS_4 5e-5
#define DIGITS_5 5e-6
#define EXACT    1e-12

static void
assert_near(double actual, double wanted, double bound)
{
    if (!(fabs(actual - wanted) <= bound))
        fail_msg("%.17g is not %.17g within %g", actual, wanted, bound);
}

/* The call gives `wanted` to the bound. */
#define GIVES(bound, wanted, function, ...)                                                        \
    do {                                                                                           \
        double result_ = UNTOUCHED;                                                                \
        assert_int_equal(function(__VA_ARGS__, &result_), FLUE_GOOD);                              \
        assert_near(result_, wanted, bound);                                                       \
    } while (0)

/* The call has that outcome and leaves the result alone. */
#define REFUSES(outcome, function, ...)                                                            \
    do {                                                                                           \
        double result_ = UNTOUCHED;                                                                \
        assert_int_equal(function(__VA_ARGS__, &result_), outcome);                                \
        assert_true(result_ == UNTOUCHED);                                                         \
    } while (0)

static const struct flue_state STACK = {56.3, 101325, -200, 0.112};
static const struct flue_state STANDARD = {0, 101325, 0, 0};

/* A fixed sequence, so that a failure repeats. */
static uint64_t seed;

static double
random_between(double low, double high)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return low + (high - low) * (double)(seed >> 11) / 9007199254740992.0;
}

static void
worked_numbers_of_o2_correction(void **state)
{
    (void)state;
    /* standards.md 4.1 */
    GIVES(DIGITS_4, 40.0, flue_o2_corrected, 30, 12, 9, FLUE_O2_GUARD);
    GIVES(DIGITS_4, 58.3333, flue_o2_corrected, 50, 6, 3.5, FLUE_O2_GUARD);
    GIVES(DIGITS_4, 43.6364, flue_o2_corrected, 20, 15.5, 9, FLUE_O2_GUARD);
    GIVES(DIGITS_4, 35.0, flue_o2_corrected, 35, 6, 6, FLUE_O2_GUARD);
    GIVES(DIGITS_4, 60.0, flue_o2_corrected, 10, 18, 3, FLUE_O2_GUARD);
    /* the packet O-1 of 1.15 */
    GIVES(DIGITS_2, 5.6, flue_o2_corrected, 4.2, 12, 9, FLUE_O2_GUARD);
    GIVES(DIGITS_2, 16.45, flue_o2_corrected, 12.34, 12, 9, FLUE_O2_GUARD);
    GIVES(DIGITS_2, 42.0, flue_o2_corrected, 31.5, 12, 9, FLUE_O2_GUARD);
    /* 12.8 */
    GIVES(EXACT, 12, flue_o2_corrected, 1, 19.5, 3, FLUE_O2_GUARD);
    GIVES(EXACT, 36, flue_o2_corrected, 1, 20.5, 3, FLUE_O2_GUARD);
}

static void
worked_numbers_of_state_and_flow(void **state)
{
    double standard = UNTOUCHED, actual = UNTOUCHED, flow = UNTOUCHED;
    (void)state;
    assert_int_equal(flue_standard(20, &STACK, &standard), FLUE_GOOD);
    assert_near(standard, 24.1723, DIGITS_4);
    GIVES(DIGITS_4, 27.2210, flue_dry, standard, STACK.humidity);
    assert_int_equal(flue_flow_actual(3.14, 8.52, &actual), FLUE_GOOD);
    assert_near(actual, 96310.08, DIGITS_2);
    assert_int_equal(flue_flow_standard(actual, &STACK, &flow), FLUE_GOOD);
    assert_near(flow, 70761.584, DIGITS_3);
    GIVES(DIGITS_5, 2.12285, flue_mass_rate, 30, flow);
    GIVES(EXACT, 8.52, flue_velocity, 1.2, 7.1);
}

static void
worked_numbers_of_gases(void **state)
{
    (void)state;
    GIVES(DIGITS_4, 33.6639, flue_nox, 20, 3);
    GIVES(DIGITS_4, 1.5332, flue_nox, 1, 0);
    GIVES(DIGITS_3, 28.598, flue_of_ppm, 10, FLUE_SO2);
    GIVES(DIGITS_3, 13.396, flue_of_ppm, 10, FLUE_NO);
    GIVES(DIGITS_3, 20.538, flue_of_ppm, 10, FLUE_NO2);
}

/* IUPAC's abridged atomic weights. */
static void
molar_masses_are_sums_of_atoms(void **state)
{
    const double H = 1.008, C = 12.011, N = 14.007, O = 15.999, S = 32.06, CL = 35.45;
    (void)state;
    GIVES(DIGITS_3, N + O, flue_of_ppm, 22.4, FLUE_NO);
    GIVES(DIGITS_3, N + 2 * O, flue_of_ppm, 22.4, FLUE_NO2);
    GIVES(DIGITS_2, S + 2 * O, flue_of_ppm, 22.4, FLUE_SO2); /* the standard's has two decimals */
    GIVES(DIGITS_3, C + O, flue_of_ppm, 22.4, FLUE_CO);
    GIVES(DIGITS_3, N + 3 * H, flue_of_ppm, 22.4, FLUE_NH3);
    GIVES(DIGITS_3, H + CL, flue_of_ppm, 22.4, FLUE_HCL);
    GIVES(DIGITS_3, S + 2 * H, flue_of_ppm, 22.4, FLUE_H2S);
    REFUSES(FLUE_INVALID_INPUT, flue_of_ppm, 1, (enum flue_gas)(FLUE_H2S + 1));
}

static void
o2_at_and_above_the_guard(void **state)
{
    const double below_21 = nextafter(21, 0);
    (void)state;
    GIVES(EXACT, 36, flue_o2_corrected, 1, FLUE_O2_GUARD, 3, FLUE_O2_GUARD);
    REFUSES(FLUE_CONVERSION_INVALID, flue_o2_corrected, 1, nextafter(FLUE_O2_GUARD, 21), 3,
            FLUE_O2_GUARD);
    GIVES(EXACT, 9, flue_o2_corrected, 1, 19, 3, 19);
    REFUSES(FLUE_CONVERSION_INVALID, flue_o2_corrected, 1, nextafter(19, 21), 3, 19);
    /* a guard beyond the pole does not open it */
    REFUSES(FLUE_CONVERSION_INVALID, flue_o2_corrected, 1, 21, 3, 21);
    REFUSES(FLUE_CONVERSION_INVALID, flue_o2_corrected, 1, 21, 3, 25);
    REFUSES(FLUE_CONVERSION_INVALID, flue_o2_corrected, 1, 22, 3, 25);
    /* nothing caps the factor on the way there */
    GIVES(1, 18 / (21 - below_21), flue_o2_corrected, 1, below_21, 3, 21);
}

static void
references_outside_the_formula(void **state)
{
    (void)state;
    GIVES(EXACT, 2, flue_o2_corrected, 1, 10.5, 0, FLUE_O2_GUARD);
    REFUSES(FLUE_INVALID_INPUT, flue_o2_corrected, 1, 6, 21, FLUE_O2_GUARD);
    REFUSES(FLUE_INVALID_INPUT, flue_o2_corrected, 1, 6, -0.1, FLUE_O2_GUARD);
}

static void
gas_states_that_cannot_be(void **state)
{
    struct flue_state gas = STACK;
    (void)state;
    REFUSES(FLUE_INVALID_INPUT, flue_dry, 20, 1);
    REFUSES(FLUE_INVALID_INPUT, flue_dry, 20, 11.2); /* % taken for a fraction */
    REFUSES(FLUE_INVALID_INPUT, flue_dry, 20, -0.01);
    gas.temperature = -273;
    REFUSES(FLUE_INVALID_INPUT, flue_standard, 20, &gas);
    REFUSES(FLUE_INVALID_INPUT, flue_flow_standard, 20, &gas);
    gas = STACK;
    gas.static_pressure = -gas.barometric;
    REFUSES(FLUE_INVALID_INPUT, flue_standard, 20, &gas);
    REFUSES(FLUE_INVALID_INPUT, flue_flow_standard, 20, &gas);
    gas = STACK;
    gas.humidity = NAN; /* a concentration keeps its base, a flow becomes dry */
    GIVES(DIGITS_4, 24.1723, flue_standard, 20, &gas);
    REFUSES(FLUE_INVALID_INPUT, flue_flow_standard, 20, &gas);
    gas.humidity = 1;
    REFUSES(FLUE_INVALID_INPUT, flue_flow_standard, 20, &gas);
    REFUSES(FLUE_INVALID_INPUT, flue_flow_actual, 0, 8);
    REFUSES(FLUE_INVALID_INPUT, flue_flow_actual, -3.14, 8);
    REFUSES(FLUE_INVALID_INPUT, flue_velocity, 0, 8);
}

static void
nothing_flows(void **state)
{
    (void)state;
    GIVES(0, 0, flue_flow_actual, 3.14, 0);
    GIVES(0, 0, flue_flow_standard, 0, &STACK);
    GIVES(0, 0, flue_mass_rate, 30, 0);
    REFUSES(FLUE_NOTHING_TO_DIVIDE, flue_removal, 0, 0);
    REFUSES(FLUE_NOTHING_TO_DIVIDE, flue_removal, 0, 1);
    REFUSES(FLUE_NOTHING_TO_DIVIDE, flue_removal, -1, 1);
}

static void
signs_are_kept(void **state)
{
    (void)state;
    GIVES(EXACT, -0.4, flue_o2_corrected, -0.3, 12, 9, FLUE_O2_GUARD);
    GIVES(EXACT, 21 / 21.5, flue_o2_corrected, 1, -0.5, 0, FLUE_O2_GUARD);
    GIVES(EXACT, -36, flue_flow_actual, 1, -0.01);
    GIVES(EXACT, -0.25, flue_removal, 4, 5);
    GIVES(EXACT, 1.25, flue_removal, 4, -1);
}

static void
what_is_no_number_is_refused(void **state)
{
    static const double NONE[] = {NAN, INFINITY, -INFINITY};
    (void)state;
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++) {
        double none = NONE[i];
        REFUSES(FLUE_INVALID_INPUT, flue_dry, none, 0.1);
        REFUSES(FLUE_INVALID_INPUT, flue_dry, 1, none);
        REFUSES(FLUE_INVALID_INPUT, flue_standard, none, &STACK);
        REFUSES(FLUE_INVALID_INPUT, flue_standard, 1, &(struct flue_state){none, 1e5, 0, 0});
        REFUSES(FLUE_INVALID_INPUT, flue_standard, 1, &(struct flue_state){0, none, 0, 0});
        REFUSES(FLUE_INVALID_INPUT, flue_standard, 1, &(struct flue_state){0, 1e5, none, 0});
        REFUSES(FLUE_INVALID_INPUT, flue_flow_standard, none, &STACK);
        REFUSES(FLUE_INVALID_INPUT, flue_flow_standard, 1, &(struct flue_state){none, 1e5, 0, 0});
        REFUSES(FLUE_INVALID_INPUT, flue_flow_standard, 1, &(struct flue_state){0, 1e5, 0, none});
        REFUSES(FLUE_INVALID_INPUT, flue_of_ppm, none, FLUE_SO2);
        REFUSES(FLUE_INVALID_INPUT, flue_nox, none, 1);
        REFUSES(FLUE_INVALID_INPUT, flue_nox, 1, none);
        REFUSES(FLUE_INVALID_INPUT, flue_o2_corrected, none, 12, 9, 20);
        REFUSES(FLUE_INVALID_INPUT, flue_o2_corrected, 1, none, 9, 20);
        REFUSES(FLUE_INVALID_INPUT, flue_o2_corrected, 1, 12, none, 20);
        REFUSES(FLUE_INVALID_INPUT, flue_o2_corrected, 1, 12, 9, none);
        REFUSES(FLUE_INVALID_INPUT, flue_velocity, none, 1);
        REFUSES(FLUE_INVALID_INPUT, flue_velocity, 1, none);
        REFUSES(FLUE_INVALID_INPUT, flue_flow_actual, none, 1);
        REFUSES(FLUE_INVALID_INPUT, flue_flow_actual, 1, none);
        REFUSES(FLUE_INVALID_INPUT, flue_mass_rate, none, 1);
        REFUSES(FLUE_INVALID_INPUT, flue_mass_rate, 1, none);
        REFUSES(FLUE_INVALID_INPUT, flue_removal, none, 1);
        REFUSES(FLUE_INVALID_INPUT, flue_removal, 1, none);
    }
    REFUSES(FLUE_INVALID_INPUT, flue_mass_rate, 1e300, 1e300); /* overflow */
}

static void
correction_follows_its_laws(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++) {
        double dry = random_between(0.1, 500), o2 = random_between(0, 20), back = 0;
        double reference = random_between(0, 18);
        double corrected = 0, lower = random_between(0, o2), less = 0;
        assert_int_equal(flue_o2_corrected(dry, o2, reference, 20, &corrected), FLUE_GOOD);
        assert_near(corrected / dry, (21 - reference) / (21 - o2), 1e-9);
        /* it grows with O2, and is the concentration itself at the reference */
        assert_int_equal(flue_o2_corrected(dry, lower, reference, 20, &less), FLUE_GOOD);
        assert_true(less <= corrected);
        GIVES(EXACT * dry, dry, flue_o2_corrected, dry, reference, reference, 20);
        /* to another reference and back */
        assert_int_equal(flue_o2_corrected(corrected, reference, o2, 21, &back), FLUE_GOOD);
        assert_near(back, dry, EXACT * dry);
    }
}

/* Dilution with air changes neither the O2-corrected value nor the mass rate. */
static void
dilution_gains_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++) {
        double dry = random_between(1, 500), o2 = random_between(0, 15), air = random_between(0, 2);
        double diluted = dry / (1 + air), mixed = (o2 + air * 21) / (1 + air);
        double before = 0, flow = random_between(1e3, 1e6), mass = 0;
        assert_int_equal(flue_o2_corrected(dry, o2, 9, FLUE_O2_GUARD, &before), FLUE_GOOD);
        GIVES(1e-11 * before, before, flue_o2_corrected, diluted, mixed, 9, FLUE_O2_GUARD);
        assert_int_equal(flue_mass_rate(dry, flow, &mass), FLUE_GOOD);
        GIVES(EXACT * mass, mass, flue_mass_rate, diluted, flow * (1 + air));
    }
}

/* Whatever the gas is in, concentration times flow is the same mass; at standard state nothing
 * happens. */
static void
mass_does_not_depend_on_the_state(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++) {
        const struct flue_state gas = {random_between(-30, 300), random_between(7e4, 105e3),
                                       random_between(-5e3, 5e3), random_between(0, 0.6)};
        double wet = random_between(0.1, 500), actual = random_between(1e2, 1e6);
        double standard = 0, dry = 0, flow = 0;
        assert_int_equal(flue_standard(wet, &gas, &standard), FLUE_GOOD);
        assert_int_equal(flue_dry(standard, gas.humidity, &dry), FLUE_GOOD);
        assert_int_equal(flue_flow_standard(actual, &gas, &flow), FLUE_GOOD);
        GIVES(EXACT * wet * actual, wet * actual * 1e-6, flue_mass_rate, dry, flow);
        GIVES(0, wet, flue_standard, wet, &STANDARD);
        GIVES(0, wet, flue_dry, wet, 0);
        GIVES(0, actual, flue_flow_standard, actual, &STANDARD);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_numbers_of_o2_correction),
        cmocka_unit_test(worked_numbers_of_state_and_flow),
        cmocka_unit_test(worked_numbers_of_gases),
        cmocka_unit_test(molar_masses_are_sums_of_atoms),
        cmocka_unit_test(o2_at_and_above_the_guard),
        cmocka_unit_test(references_outside_the_formula),
        cmocka_unit_test(gas_states_that_cannot_be),
        cmocka_unit_test(nothing_flows),
        cmocka_unit_test(signs_are_kept),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(correction_follows_its_laws),
        cmocka_unit_test(dilution_gains_nothing),
        cmocka_unit_test(mass_does_not_depend_on_the_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

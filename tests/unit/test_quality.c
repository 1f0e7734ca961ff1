#include "daemon/assess/quality.c"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

/* HJ 212-2017 6.6 and standards.md 1.9, written down a second time. */
static const struct {
    enum quality quality;
    const char *name;
    char letter;
} expected[] = {
    {QUALITY_GOOD, "good", 'N'},
    {QUALITY_SET, "set", 'S'},
    {QUALITY_SUBSTITUTED, "substituted", 'S'},
    {QUALITY_FROZEN, "frozen", 'N'},
    {QUALITY_CLOCK_UNKNOWN, "clock-unknown", 'N'},
    {QUALITY_OVER_RANGE, "over-range", 'T'},
    {QUALITY_UNDER_RANGE, "under-range", 'D'},
    {QUALITY_STOPPED, "stopped", 'F'},
    {QUALITY_STANDBY, "standby", 'F'},
    {QUALITY_MAINTENANCE, "maintenance", 'M'},
    {QUALITY_BACK_PURGE, "back-purge", 'M'},
    {QUALITY_CALIBRATION, "calibration", 'C'},
    {QUALITY_CALIBRATION_DUE, "calibration-due", 'D'},
    {QUALITY_FAULT, "fault", 'D'},
    {QUALITY_SENTINEL, "sentinel", 'D'},
    {QUALITY_NOT_A_NUMBER, "not-a-number", 'D'},
    {QUALITY_INVALID_INPUT, "invalid-input", 'D'},
    {QUALITY_CONVERSION_INVALID, "conversion-invalid", 'D'},
    {QUALITY_TIMEOUT, "timeout", 'B'},
    {QUALITY_CRC, "crc", 'B'},
    {QUALITY_EXCEPTION, "exception", 'B'},
    {QUALITY_REFUSED, "refused", 'B'},
    {QUALITY_WRONG_ANSWER, "wrong-answer", 'B'},
    {QUALITY_UNRESOLVED, "unresolved", 'B'},
    {QUALITY_NO_PORT, "no-port", 'B'},
};

static void
each_quality_has_its_name_and_letter(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_string_equal(quality_name(expected[i].quality), expected[i].name);
        assert_int_equal(quality_letter(expected[i].quality), expected[i].letter);
    }
}

static void
all_other_numbers_are_unknown_and_invalid(void **state)
{
    (void)state;
    size_t known = 0;
    for (unsigned i = 0; i < 300; i++)
        known += strcmp(quality_name(i), "unknown") != 0;
    assert_int_equal(known, sizeof expected / sizeof expected[0]);
    assert_int_equal(quality_letter(7), 'D');
    assert_false(quality_is_valid(7));
    assert_false(quality_is_valid(255));
}

static void
only_what_was_measured_is_valid(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        bool measured = i == QUALITY_GOOD || i == QUALITY_FROZEN || i == QUALITY_CLOCK_UNKNOWN;
        assert_int_equal(quality_is_valid(i), measured);
    }
}

static uint8_t
of_two(uint8_t a, uint8_t b)
{
    uint8_t forth = quality_of_inputs((uint8_t[]){a, b}, 2);
    assert_int_equal(quality_of_inputs((uint8_t[]){b, a}, 2), forth); /* order does not matter */
    return forth;
}

static void
one_input_hands_its_quality_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_int_equal(of_two((uint8_t)expected[i].quality, QUALITY_GOOD), expected[i].quality);
}

static void
the_highest_reason_of_the_inputs_wins(void **state)
{
    (void)state;
    assert_int_equal(of_two(QUALITY_CALIBRATION, QUALITY_MAINTENANCE), QUALITY_CALIBRATION);
    assert_int_equal(of_two(QUALITY_TIMEOUT, QUALITY_FAULT), QUALITY_TIMEOUT);
    assert_int_equal(of_two(QUALITY_CLOCK_UNKNOWN, QUALITY_FROZEN), QUALITY_CLOCK_UNKNOWN);
    uint8_t three[] = {QUALITY_FROZEN, QUALITY_BACK_PURGE, QUALITY_GOOD};
    assert_int_equal(quality_of_inputs(three, 3), QUALITY_BACK_PURGE);
}

/* Or a typed value of an instrument that stands still would become a measurement. */
static void
a_suspicion_hides_no_reason(void **state)
{
    (void)state;
    assert_int_equal(of_two(QUALITY_SET, QUALITY_FROZEN), QUALITY_SET);
    assert_int_equal(of_two(QUALITY_SUBSTITUTED, QUALITY_CLOCK_UNKNOWN), QUALITY_SUBSTITUTED);
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++)
            assert_int_equal(quality_is_valid(of_two((uint8_t)a, (uint8_t)b)),
                             quality_is_valid(a) && quality_is_valid(b));
}

static void
an_input_that_is_not_there_is_invalid(void **state)
{
    (void)state;
    assert_int_equal(quality_of_inputs(NULL, 0), QUALITY_INVALID_INPUT);
    assert_int_equal(of_two(QUALITY_OF_NOTHING, QUALITY_GOOD), QUALITY_INVALID_INPUT);
    assert_int_equal(of_two(QUALITY_OF_NOTHING, QUALITY_CALIBRATION), QUALITY_INVALID_INPUT);
    assert_int_equal(of_two(QUALITY_OF_NOTHING, QUALITY_TIMEOUT), QUALITY_TIMEOUT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_quality_has_its_name_and_letter),
        cmocka_unit_test(all_other_numbers_are_unknown_and_invalid),
        cmocka_unit_test(only_what_was_measured_is_valid),
        cmocka_unit_test(one_input_hands_its_quality_on),
        cmocka_unit_test(the_highest_reason_of_the_inputs_wins),
        cmocka_unit_test(a_suspicion_hides_no_reason),
        cmocka_unit_test(an_input_that_is_not_there_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

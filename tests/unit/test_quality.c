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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_quality_has_its_name_and_letter),
        cmocka_unit_test(all_other_numbers_are_unknown_and_invalid),
        cmocka_unit_test(only_what_was_measured_is_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

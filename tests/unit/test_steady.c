/* Time that no step of the wall clock touches. */
#include "daemon/assess/steady.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOON 1795233600000

static struct stamp
known(uint32_t boot, int64_t mono_ms, int64_t utc_ms)
{
    return (struct stamp){
        .boot = boot, .mono_ms = mono_ms, .utc_ms = utc_ms, .clock = CLOCK_SYNCHRONISED};
}

static struct stamp
unknown(uint32_t boot, int64_t mono_ms)
{
    return (struct stamp){.boot = boot, .mono_ms = mono_ms, .clock = CLOCK_UNKNOWN};
}

static int64_t
at(struct steady *steady, struct stamp stamp)
{
    return steady_ms(steady, &stamp);
}

static void
test_begins_at_the_wall_clock_and_goes_on_by_the_monotonic(void **state)
{
    (void)state;
    struct steady steady = {0};
    assert_int_equal(at(&steady, known(1, 1000, NOON)), NOON);
    assert_int_equal(at(&steady, known(1, 6000, NOON + 5000)), NOON + 5000);
    assert_int_equal(at(&steady, known(1, 7000, NOON - 600000)), NOON + 6000);
    assert_int_equal(at(&steady, known(1, 8000, NOON + 86400000)), NOON + 7000);
}

static void
test_a_late_stamp_leaves_no_trace(void **state)
{
    (void)state;
    struct steady steady = {0};
    at(&steady, known(1, 10000, NOON));
    assert_int_equal(at(&steady, known(1, 4000, NOON - 6000)), NOON);
    assert_int_equal(at(&steady, known(1, 11000, NOON + 1000)), NOON + 1000);
}

static void
test_goes_on_when_the_clock_is_found(void **state)
{
    (void)state;
    struct steady steady = {0};
    int64_t begin = at(&steady, unknown(1, 1000));
    assert_true(begin > 0);
    assert_int_equal(at(&steady, unknown(1, 6000)), begin + 5000);
    assert_int_equal(at(&steady, known(1, 7000, NOON)), begin + 6000);
}

static void
test_another_boot_by_the_wall_clock_or_anew(void **state)
{
    (void)state;
    struct steady steady = {0};
    at(&steady, known(1, 900000, NOON));
    assert_int_equal(at(&steady, known(2, 500, NOON + 60000)), NOON + 60000);
    assert_true(at(&steady, unknown(3, 500)) < NOON); /* before all there was: windows are empty */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_begins_at_the_wall_clock_and_goes_on_by_the_monotonic),
        cmocka_unit_test(test_a_late_stamp_leaves_no_trace),
        cmocka_unit_test(test_goes_on_when_the_clock_is_found),
        cmocka_unit_test(test_another_boot_by_the_wall_clock_or_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "daemon/assess/qualify.c"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

static struct device device = {.name = "cems", .every_ms = 1000, .point_count = 1};
static struct point point = {
    .name = "so2", .device = &device, .has_range = true, .low = -5, .high = 100};
static const struct site site = {
    .devices = &device, .device_count = 1, .points = &point, .point_count = 1};

/* Quality after qualify of one value. */
static uint8_t
qualify_one(struct value *value, enum clock_state clock)
{
    struct qualify qualify;
    struct value before = *value;
    struct scan scan = {.device = &device, .at.clock = clock, .count = 1, .values = value};
    struct arena *arena = arena_new();
    device.points = &point;
    qualify_init(&qualify, &site, arena);
    qualify_scan(&qualify, &scan);
    arena_free(arena);
    uint8_t quality = value->quality;
    value->quality = before.quality;
    assert_memory_equal(value, &before, sizeof before); /* nothing else changed */
    return quality;
}

static uint8_t
qualify_number(double number, uint8_t quality)
{
    struct value value;
    memset(&value, 0, sizeof value);
    value.kind = VALUE_NUMBER;
    value.quality = quality;
    value.as.number = number;
    return qualify_one(&value, CLOCK_SYNCHRONISED);
}

static void
both_ends_of_the_range_are_inside(void **state)
{
    (void)state;
    assert_int_equal(qualify_number(100, QUALITY_GOOD), QUALITY_GOOD);
    assert_int_equal(qualify_number(nextafter(100, 200), QUALITY_GOOD), QUALITY_OVER_RANGE);
    assert_int_equal(qualify_number(nextafter(100, 0), QUALITY_GOOD), QUALITY_GOOD);
    assert_int_equal(qualify_number(-5, QUALITY_GOOD), QUALITY_GOOD);
    assert_int_equal(qualify_number(nextafter(-5, -6), QUALITY_GOOD), QUALITY_UNDER_RANGE);
    assert_int_equal(qualify_number(-0.0, QUALITY_GOOD), QUALITY_GOOD);
}

static void
the_higher_number_wins(void **state)
{
    (void)state;
    assert_int_equal(qualify_number(1e6, QUALITY_CALIBRATION), QUALITY_CALIBRATION);
    assert_int_equal(qualify_number(1e6, QUALITY_SET), QUALITY_OVER_RANGE);
    assert_int_equal(qualify_number(50, QUALITY_FAULT), QUALITY_FAULT);
    assert_int_equal(qualify_number(NAN, QUALITY_MAINTENANCE), QUALITY_NOT_A_NUMBER);
}

static void
what_is_not_finite_is_not_a_number(void **state)
{
    (void)state;
    assert_int_equal(qualify_number(NAN, QUALITY_GOOD), QUALITY_NOT_A_NUMBER);
    assert_int_equal(qualify_number(INFINITY, QUALITY_GOOD), QUALITY_NOT_A_NUMBER);
    assert_int_equal(qualify_number(-INFINITY, QUALITY_GOOD), QUALITY_NOT_A_NUMBER);
}

static void
without_a_range_every_finite_number_is_good(void **state)
{
    (void)state;
    point.has_range = false;
    assert_int_equal(qualify_number(DBL_MAX, QUALITY_GOOD), QUALITY_GOOD);
    assert_int_equal(qualify_number(-DBL_MAX, QUALITY_GOOD), QUALITY_GOOD);
    assert_int_equal(qualify_number(INFINITY, QUALITY_GOOD), QUALITY_NOT_A_NUMBER);
    point.has_range = true;
}

static void
integers_have_a_range_too(void **state)
{
    (void)state;
    struct value value;
    memset(&value, 0, sizeof value);
    value.kind = VALUE_INTEGER;
    value.as.integer = -6;
    assert_int_equal(qualify_one(&value, CLOCK_RESTORED), QUALITY_UNDER_RANGE);
    value.kind = VALUE_NATURAL;
    value.as.natural = UINT64_MAX;
    assert_int_equal(qualify_one(&value, CLOCK_RESTORED), QUALITY_OVER_RANGE);
    value.as.natural = 100;
    assert_int_equal(qualify_one(&value, CLOCK_RESTORED), QUALITY_GOOD);
}

static void
an_unknown_clock_marks_what_was_read(void **state)
{
    (void)state;
    struct value value;
    memset(&value, 0, sizeof value);
    assert_int_equal(qualify_one(&value, CLOCK_UNKNOWN), QUALITY_GOOD); /* absent */
    value.kind = VALUE_TEXT;
    assert_int_equal(qualify_one(&value, CLOCK_UNKNOWN), QUALITY_CLOCK_UNKNOWN);
    value.kind = VALUE_NONE;
    value.quality = QUALITY_TIMEOUT;
    assert_int_equal(qualify_one(&value, CLOCK_UNKNOWN), QUALITY_TIMEOUT);
    value.kind = VALUE_NUMBER;
    value.quality = QUALITY_GOOD;
    value.as.number = 101;
    assert_int_equal(qualify_one(&value, CLOCK_UNKNOWN), QUALITY_OVER_RANGE);
}

/* Or what a person typed would count as a measurement because the clock is lost. */
static void
an_unknown_clock_does_not_hide_that_it_was_set(void **state)
{
    (void)state;
    struct value value;
    memset(&value, 0, sizeof value);
    value.kind = VALUE_NUMBER;
    value.quality = QUALITY_SET;
    assert_int_equal(qualify_one(&value, CLOCK_UNKNOWN), QUALITY_SET);
    value.quality = QUALITY_FROZEN;
    assert_int_equal(qualify_one(&value, CLOCK_UNKNOWN), QUALITY_CLOCK_UNKNOWN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_of_the_range_are_inside),
        cmocka_unit_test(the_higher_number_wins),
        cmocka_unit_test(what_is_not_finite_is_not_a_number),
        cmocka_unit_test(without_a_range_every_finite_number_is_good),
        cmocka_unit_test(integers_have_a_range_too),
        cmocka_unit_test(an_unknown_clock_marks_what_was_read),
        cmocka_unit_test(an_unknown_clock_does_not_hide_that_it_was_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which points are read together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/acquire/plan.c"

static struct point points[8];
static struct device device = {.points = points, .max_registers = 125, .max_bits = 2000};

static void
add(enum table table, uint16_t address, uint16_t registers, uint32_t every_ms)
{
    points[device.point_count++] = (struct point){
        .table = table, .address = address, .registers = registers, .every_ms = every_ms};
}

static int
set_up(void **state)
{
    (void)state;
    device.point_count = 0;
    device.max_registers = 125;
    return 0;
}

static void
test_neighbours_and_small_gaps_are_one_request(void **state)
{
    struct plan plan;

    (void)state;
    add(TABLE_HOLDING, 12, 2, 1000); /* in any order */
    add(TABLE_HOLDING, 0, 2, 1000);
    add(TABLE_HOLDING, 2, 1, 1000);
    assert_int_equal(plan_make(&device, &plan), 0);
    assert_int_equal(plan.block_count, 1);
    assert_int_equal(plan.blocks[0].address, 0);
    assert_int_equal(plan.blocks[0].count, 14);
    assert_int_equal(plan.blocks[0].point_count, 3);
    assert_int_equal(plan.blocks[0].points[2], 0);
    plan_free(&plan);
}

static void
test_what_may_not_be_joined_is_not(void **state)
{
    struct plan plan;

    (void)state;
    add(TABLE_HOLDING, 0, 1, 1000);
    add(TABLE_HOLDING, 12, 1, 1000); /* a gap of 11 */
    add(TABLE_INPUT, 0, 1, 1000);    /* another table */
    add(TABLE_HOLDING, 1, 1, 5000);  /* another interval */
    assert_int_equal(plan_make(&device, &plan), 0);
    assert_int_equal(plan.block_count, 4);
    plan_free(&plan);
}

static void
test_a_request_is_never_too_long(void **state)
{
    struct plan plan;

    (void)state;
    device.max_registers = 4;
    add(TABLE_HOLDING, 0, 2, 1000);
    add(TABLE_HOLDING, 2, 2, 1000);
    add(TABLE_HOLDING, 4, 2, 1000);
    assert_int_equal(plan_make(&device, &plan), 0);
    assert_int_equal(plan.block_count, 2);
    assert_int_equal(plan.blocks[0].count, 4);
    assert_int_equal(plan.blocks[1].address, 4);
    plan_free(&plan);
}

static void
test_points_in_one_register_share_it(void **state)
{
    struct plan plan;

    (void)state;
    add(TABLE_HOLDING, 7, 1, 1000);
    add(TABLE_HOLDING, 7, 1, 1000);
    add(TABLE_HOLDING, 65535, 1, 1000);
    assert_int_equal(plan_make(&device, &plan), 0);
    assert_int_equal(plan.block_count, 2);
    assert_int_equal(plan.blocks[0].count, 1);
    assert_int_equal(plan.blocks[0].point_count, 2);
    assert_int_equal(plan.blocks[1].address, 65535);
    plan_free(&plan);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_neighbours_and_small_gaps_are_one_request, set_up),
        cmocka_unit_test_setup(test_what_may_not_be_joined_is_not, set_up),
        cmocka_unit_test_setup(test_a_request_is_never_too_long, set_up),
        cmocka_unit_test_setup(test_points_in_one_register_share_it, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which registers are read together. The best plan is compared with the best of all there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/acquire/plan.c"

#include <string.h>

#define MOST 12

static struct point points[MOST];
static struct bus bus;
static struct device device;
static struct forbidden forbidden = {TABLE_HOLDING, 3, 4};
static struct plan plan;

static void
add(enum table table, uint16_t address, uint16_t registers, uint32_t every_ms)
{
    points[device.point_count++] = (struct point){
        .table = table, .address = address, .registers = registers, .every_ms = every_ms};
}

static void
make(int64_t turnaround_ns)
{
    struct plan_cost cost = plan_cost_of(&device, turnaround_ns);

    plan_free(&plan);
    assert_int_equal(plan_new(&device, &cost, &plan), 0);
}

static int
set_up(void **state)
{
    (void)state;
    bus = (struct bus){
        .kind = BUS_RTU, .baud = 9600, .parity = 'N', .data_bits = 8, .stop_bits = 1};
    device = (struct device){.bus = &bus,
                             .points = points,
                             .every_ms = 1000,
                             .max_registers = 125,
                             .max_bits = 2000,
                             .gaps = true};
    memset(points, 0, sizeof points);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    plan_free(&plan);
    return 0;
}

static void
expect(uint16_t i, uint16_t address, uint16_t count, uint16_t point_count)
{
    assert_true(i < plan.block_count);
    assert_int_equal(plan.blocks[i].address, address);
    assert_int_equal(plan.blocks[i].count, count);
    assert_int_equal(plan.blocks[i].point_count, point_count);
}

/* 9600 baud, 8N1: a character is 1/960 s, the silence 3.5 of them; one request is 13 characters,
 * the silence and the turnaround: with a slave that answers at once as much as 8 registers and a
 * half. */
static void
test_a_gap_is_read_along_where_that_is_cheaper(void **state)
{
    (void)state;
    add(TABLE_HOLDING, 12, 2, 1000); /* in any order */
    add(TABLE_HOLDING, 0, 2, 1000);
    add(TABLE_HOLDING, 2, 2, 1000);
    make(0);
    assert_int_equal(plan.block_count, 1);
    expect(0, 0, 14, 3);
    points[0].address = 13; /* a gap of 9 */
    make(0);
    assert_int_equal(plan.block_count, 2);
    expect(0, 0, 4, 2);
    expect(1, 13, 2, 1);
    make(20000000); /* 20 ms: as much as 9.6 registers more */
    assert_int_equal(plan.block_count, 1);
    device.gaps = false;
    make(20000000);
    assert_int_equal(plan.block_count, 2);
}

static void
test_what_a_request_costs(void **state)
{
    (void)state;
    add(TABLE_HOLDING, 0, 10, 500);
    make(5000000);
    int64_t character_ns = 1000000000 / 96; /* ten of them */
    assert_in_range(plan_block_ns(&plan.blocks[0], &plan.cost) - 5000000,
                    (13 * 10 + 35 + 200) * character_ns / 100 - 1000,
                    (13 * 10 + 35 + 200) * character_ns / 100 + 1000);
    double share = (5e6 + 36.5 / 960 * 1e9) / 500e6;
    assert_true(plan_share(&plan) > share - 1e-6 && plan_share(&plan) < share + 1e-6);
    bus.baud = 115200;
    assert_int_equal(plan_cost_of(&device, 0).request_ns, 13 * 10000000000 / 115200 + 1750000);
    bus.kind = BUS_TCP;
    assert_int_equal(plan_cost_of(&device, 3000000).request_ns, 3000000);
    device.delay_ms = 20;
    assert_int_equal(plan_cost_of(&device, 3000000).request_ns, 23000000);
    device.response_ms = 7;
    assert_int_equal(plan_cost_of(&device, -1).request_ns, 27000000);
}

static void
test_what_may_not_be_joined_is_not(void **state)
{
    (void)state;
    add(TABLE_HOLDING, 0, 1, 1000);
    add(TABLE_HOLDING, 20, 1, 1000);
    add(TABLE_INPUT, 0, 1, 1000);   /* another table */
    add(TABLE_HOLDING, 1, 1, 5000); /* another interval, another register */
    add(TABLE_HOLDING, 2, 1, 1000);
    points[4].once = true;
    make(0);
    assert_int_equal(plan.block_count, 5);
    assert_true(plan.blocks[2].once);
    assert_int_equal(plan.blocks[2].address, 2);
}

/* A rarer point inside a request that is made anyway costs nothing. */
static void
test_rarer_points_ride_along(void **state)
{
    (void)state;
    add(TABLE_HOLDING, 0, 2, 1000);
    add(TABLE_HOLDING, 6, 2, 1000);
    add(TABLE_HOLDING, 3, 1, 60000);
    add(TABLE_HOLDING, 7, 2, 60000); /* only half of it is */
    make(0);
    assert_int_equal(plan.block_count, 2);
    expect(0, 0, 8, 3);
    expect(1, 7, 2, 1);
    assert_int_equal(plan.blocks[1].every_ms, 60000);
}

static void
test_a_request_is_never_too_long_nor_forbidden(void **state)
{
    (void)state;
    device.max_registers = 4;
    for (uint16_t address = 0; address < 6; address = (uint16_t)(address + 2))
        add(TABLE_HOLDING, address, 2, 1000);
    make(0);
    assert_int_equal(plan.block_count, 2);
    assert_int_equal(plan.blocks[0].count + plan.blocks[1].count, 6);
    device.max_registers = 125;
    device.point_count = 0;
    device.forbidden = &forbidden;
    device.forbidden_count = 1;
    add(TABLE_HOLDING, 0, 3, 1000);
    add(TABLE_HOLDING, 5, 1, 1000);
    add(TABLE_INPUT, 0, 3, 1000);
    add(TABLE_INPUT, 5, 1, 1000);
    make(0);
    assert_int_equal(plan.block_count, 3);
    expect(0, 0, 3, 1);
    expect(1, 5, 1, 1);
    expect(2, 0, 6, 2);
}

static void
test_points_in_one_register_share_it(void **state)
{
    (void)state;
    add(TABLE_HOLDING, 7, 1, 1000);
    add(TABLE_HOLDING, 7, 1, 1000);
    add(TABLE_HOLDING, 65535, 1, 1000);
    add(TABLE_COIL, 3, 1, 1000);
    add(TABLE_COIL, 80, 1, 1000);
    make(0);
    assert_int_equal(plan.block_count, 3);
    expect(0, 3, 78, 2); /* bits are cheap */
    expect(1, 7, 1, 2);
    expect(2, 65535, 1, 1);
}

static void
test_what_a_device_refuses_is_divided(void **state)
{
    (void)state;
    add(TABLE_HOLDING, 0, 1, 1000);
    add(TABLE_HOLDING, 1, 1, 1000);
    add(TABLE_HOLDING, 2, 1, 1000);
    add(TABLE_HOLDING, 5, 1, 1000);
    make(0);
    assert_int_equal(plan.block_count, 1);
    assert_true(plan_divide(&plan, &plan.blocks[0])); /* at the gap */
    assert_int_equal(plan.block_count, 2);
    expect(0, 0, 3, 3);
    assert_true(plan_divide(&plan, &plan.blocks[0])); /* in the middle */
    assert_int_equal(plan.block_count, 3);
    expect(0, 0, 1, 1);
    expect(1, 1, 2, 2);
    assert_false(plan_divide(&plan, &plan.blocks[0]));
    struct plan_cost slow = plan_cost_of(&device, 500000000);
    plan_make(&plan, &slow); /* remembered, whatever it costs */
    assert_int_equal(plan.block_count, 3);
    assert_int_equal(plan.divisions, 2);
}

/* ---- the best of all ways to divide the registers into requests ---- */

static int64_t
cost_of_division(unsigned division)
{
    int64_t cost = 0;
    uint16_t first = 0;

    for (uint16_t i = 0; i < device.point_count; i++) {
        bool ends = i + 1 == device.point_count || (division >> i & 1) != 0;
        if (!ends)
            continue;
        uint32_t length = end_of(&points[i]) - points[first].address;
        if (length > device.max_registers)
            return INT64_MAX;
        cost += read_ns(&plan.cost, TABLE_HOLDING, length);
        first = (uint16_t)(i + 1);
    }
    return cost;
}

static void
test_no_other_division_is_cheaper(void **state)
{
    unsigned seed = 20261121;

    (void)state;
    for (int round = 0; round < 300; round++) {
        uint16_t address = 0;
        int64_t planned = 0;
        device.point_count = 0;
        device.max_registers = (uint16_t)(10 + round % 116);
        for (int i = 0; i < MOST; i++) {
            seed = seed * 1103515245 + 12345;
            address = (uint16_t)(address + (seed >> 16) % 14);
            add(TABLE_HOLDING, address, (uint16_t)(1 + (seed >> 24) % 4), 1000);
            address = (uint16_t)(address + points[i].registers);
        }
        make((int64_t)(seed >> 8) % 12000000);
        for (uint16_t i = 0; i < plan.block_count; i++) {
            assert_true(plan.blocks[i].count <= device.max_registers);
            planned += plan_block_ns(&plan.blocks[i], &plan.cost);
        }
        int64_t best = INT64_MAX;
        for (unsigned division = 0; division < 1U << (MOST - 1); division++) {
            int64_t cost = cost_of_division(division);
            best = cost < best ? cost : best;
        }
        assert_int_equal(planned, best);
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_gap_is_read_along_where_that_is_cheaper),
        CASE(test_what_a_request_costs),
        CASE(test_what_may_not_be_joined_is_not),
        CASE(test_rarer_points_ride_along),
        CASE(test_a_request_is_never_too_long_nor_forbidden),
        CASE(test_points_in_one_register_share_it),
        CASE(test_what_a_device_refuses_is_divided),
        CASE(test_no_other_division_is_cheaper),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

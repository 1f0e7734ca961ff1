/* The slaves over a small site made by hand: what they answer, what they refuse, how they
 * misbehave, and how signals follow settings. */
#include "sim/slave.c"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct small_park {
    struct site site;
    struct bus bus;
    struct device device;
    struct device *devices[1];
    struct point points[4];
    struct park park;
    struct signals *signals;
    struct slaves *slaves;
};

static void
set_point(struct small_park *small, uint32_t i, struct point point)
{
    point.device = &small->device;
    point.index = i;
    point.scale = 1.0;
    small->points[i] = point;
}

static int
setup(void **state)
{
    struct small_park *small = calloc(1, sizeof *small);

    assert_non_null(small);
    set_point(small, 0,
              (struct point){.name = "so2",
                             .table = TABLE_HOLDING,
                             .address = 10,
                             .registers = 2,
                             .type = TYPE_FLOAT32,
                             .unit = "mg/m3"});
    set_point(small, 1,
              (struct point){.name = "o2",
                             .table = TABLE_HOLDING,
                             .address = 14,
                             .registers = 1,
                             .type = TYPE_U16,
                             .unit = "%"});
    set_point(small, 2,
              (struct point){.name = "first",
                             .table = TABLE_COIL,
                             .address = 3,
                             .registers = 1,
                             .type = TYPE_BOOL,
                             .unit = ""});
    set_point(small, 3,
              (struct point){.name = "second",
                             .table = TABLE_COIL,
                             .address = 13,
                             .registers = 1,
                             .type = TYPE_BOOL,
                             .unit = ""});
    small->bus = (struct bus){
        .name = "line", .kind = BUS_RTU, .devices = small->devices, .device_count = 1};
    small->device = (struct device){.name = "cems",
                                    .bus = &small->bus,
                                    .unit = 3,
                                    .points = small->points,
                                    .point_count = COUNT(small->points)};
    small->devices[0] = &small->device;
    small->site = (struct site){.buses = &small->bus,
                                .bus_count = 1,
                                .devices = &small->device,
                                .device_count = 1,
                                .points = small->points,
                                .point_count = COUNT(small->points)};
    park_init(&small->park, 1);
    assert_int_equal(signals_new(&small->site, &small->park, &small->signals), 0);
    assert_int_equal(slaves_new(&small->site, small->signals, &small->slaves), 0);
    *state = small;
    return 0;
}

static int
teardown(void **state)
{
    struct small_park *small = *state;

    slaves_free(small->slaves);
    signals_free(small->signals);
    free(small);
    return 0;
}

static bool
ask(struct small_park *small, uint8_t function, unsigned address, unsigned count,
    struct slave_answer *answer)
{
    uint8_t pdu[5] = {function, (uint8_t)(address >> 8), (uint8_t)address, (uint8_t)(count >> 8),
                      (uint8_t)count};

    return slaves_answer(small->slaves, &small->bus, 3, pdu, sizeof pdu, answer);
}

static void
set(struct small_park *small, const char *name, double to, int64_t over_ms, int64_t for_ms)
{
    struct setting setting = {.name = name,
                              .to = to,
                              .start_ms = small->park.now_ms,
                              .over_ms = over_ms,
                              .for_ms = for_ms};

    assert_int_equal(signals_set(small->signals, &setting), 0);
}

static void
tell(struct small_park *small, enum conduct conduct, uint32_t amount, int64_t until_ms)
{
    struct step step = {.kind = STEP_CONDUCT, .conduct = conduct, .amount = amount};

    slaves_tell(small->slaves, &small->device, &step, until_ms);
}

static void
registers_and_bits(void **state)
{
    struct small_park *small = *state;
    struct slave_answer answer;

    set(small, "cems.so2", 31.2, 0, 0);
    set(small, "cems.o2", 9, 0, 0);
    set(small, "cems.second", 1, 0, 0);
    signals_advance(small->signals, 200);
    assert_true(ask(small, 3, 10, 5, &answer));
    assert_int_equal(answer.unit, 3);
    assert_int_equal(answer.length, 12);
    assert_memory_equal(answer.pdu, ((uint8_t[]){3, 10, 0x41, 0xF9, 0x99, 0x9A, 0, 0, 0, 0, 0, 9}),
                        12);
    assert_true(ask(small, 3, 11, 1, &answer)); /* half a float */
    assert_memory_equal(answer.pdu, ((uint8_t[]){3, 2, 0x99, 0x9A}), 4);
    assert_true(ask(small, 1, 3, 11, &answer));
    assert_int_equal(answer.length, 4);
    assert_memory_equal(answer.pdu, ((uint8_t[]){1, 2, 0x00, 0x04}), 4);
    assert_int_equal(slaves_counters(small->slaves, &small->device)->requests, 3);
    assert_int_equal(slaves_counters(small->slaves, &small->device)->registers, 17);
}

static void
refusals(void **state)
{
    struct small_park *small = *state;
    static const struct {
        uint8_t function;
        unsigned address, count, exception;
    } CASES[] = {
        {3, 9, 1, 2},  {3, 10, 6, 2}, {3, 65535, 1, 2}, {3, 10, 0, 3},   {3, 10, 126, 3},
        {4, 10, 1, 2}, {6, 10, 1, 1}, {43, 14, 1, 1},   {1, 3, 2001, 3},
    };
    struct slave_answer answer;
    uint8_t pdu[2] = {3, 0};

    for (size_t i = 0; i < COUNT(CASES); i++) {
        assert_true(ask(small, CASES[i].function, CASES[i].address, CASES[i].count, &answer));
        assert_int_equal(answer.length, 2);
        assert_int_equal(answer.pdu[0], CASES[i].function | 0x80);
        assert_int_equal(answer.pdu[1], CASES[i].exception);
    }
    assert_true(slaves_answer(small->slaves, &small->bus, 3, pdu, sizeof pdu, &answer));
    assert_int_equal(answer.pdu[1], 3);
    assert_false(slaves_answer(small->slaves, &small->bus, 4, pdu, sizeof pdu, &answer));
    small->bus.kind = BUS_TCP; /* a TCP gateway speaks for units that are not there */
    assert_true(slaves_answer(small->slaves, &small->bus, 4, pdu, sizeof pdu, &answer));
    assert_int_equal(answer.pdu[1], 11);
}

static void
misbehaviour_ends(void **state)
{
    struct small_park *small = *state;
    struct slave_answer answer;

    tell(small, CONDUCT_EXCEPTION, 6, 1000);
    assert_true(ask(small, 3, 10, 2, &answer));
    assert_memory_equal(answer.pdu, ((uint8_t[]){0x83, 6}), 2);
    slaves_advance(small->slaves, 999);
    assert_true(ask(small, 3, 10, 2, &answer));
    assert_int_equal(answer.length, 2);
    slaves_advance(small->slaves, 1000);
    assert_true(ask(small, 3, 10, 2, &answer));
    assert_int_equal(answer.length, 6);
    tell(small, CONDUCT_SILENCE, 0, 0);
    slaves_advance(small->slaves, 1000000);
    assert_false(ask(small, 3, 10, 2, &answer));
    tell(small, CONDUCT_WRONG_UNIT, 0, 0);
    assert_true(ask(small, 3, 10, 2, &answer));
    assert_int_equal(answer.unit, 4);
    tell(small, CONDUCT_LATE, 700, 0);
    assert_true(ask(small, 3, 10, 2, &answer));
    assert_int_equal(answer.late_ms, 700);
    tell(small, CONDUCT_DRIP, 30, 0);
    assert_true(ask(small, 3, 10, 2, &answer));
    assert_int_equal(answer.drip_ms, 30);
    tell(small, CONDUCT_NOISE, 0, 0);
    assert_true(ask(small, 3, 10, 2, &answer));
    assert_true(answer.noise);
}

/* The instrument shows tenths. */
static double
shown(double so2)
{
    return rint(so2 * 10) / 10;
}

static void
stuck_values_stay(void **state)
{
    struct small_park *small = *state;
    double held;

    signals_advance(small->signals, 1000);
    tell(small, CONDUCT_STUCK, 0, 0);
    held = signals_value(small->signals, &small->points[0]);
    signals_advance(small->signals, 20000);
    assert_true(signals_value(small->signals, &small->points[0]) == held);
    tell(small, CONDUCT_GOOD, 0, 0);
    assert_true(signals_value(small->signals, &small->points[0]) == shown(small->park.boiler.so2));
    assert_true(shown(small->park.boiler.so2) != held);
}

static void
settings_ramp_and_end(void **state)
{
    struct small_park *small = *state;
    double first;

    signals_advance(small->signals, 1000);
    first = signals_value(small->signals, &small->points[0]);
    set(small, "cems.so2", first + 100, 1000, 3000);
    signals_advance(small->signals, 1500);
    assert_true(fabs(signals_value(small->signals, &small->points[0]) - first - 50) < 1e-9);
    signals_advance(small->signals, 3900);
    assert_true(signals_value(small->signals, &small->points[0]) == first + 100);
    signals_advance(small->signals, 4000);
    assert_true(signals_value(small->signals, &small->points[0]) == shown(small->park.boiler.so2));
    set(small, "boiler.load", 30, 0, 2000);
    signals_advance(small->signals, 5000);
    assert_true(small->park.boiler.load_setpoint == 30);
    signals_advance(small->signals, 6000);
    assert_true(small->park.boiler.load_setpoint == 62);
    set(small, "boiler.load", 30, 0, 0);
    signals_advance(small->signals, 7000);
    assert_int_equal(signals_release(small->signals, "boiler.load"), 0);
    assert_true(small->park.boiler.load_setpoint == 62);
}

static void
unknown_signals(void **state)
{
    struct small_park *small = *state;
    struct setting setting = {.name = "cems.colour", .to = 1};

    assert_true(signals_know(small->signals, "cems.so2"));
    assert_true(signals_know(small->signals, "voc.bypass"));
    assert_false(signals_know(small->signals, "cems"));
    assert_false(signals_know(small->signals, "so2"));
    assert_int_equal(signals_set(small->signals, &setting), -ENOENT);
    assert_int_equal(signals_release(small->signals, "nothing"), -ENOENT);
    assert_int_equal(signals_release(small->signals, "cems.so2"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(registers_and_bits),    TEST(refusals),
        TEST(misbehaviour_ends),     TEST(stuck_values_stay),
        TEST(settings_ramp_and_end), TEST(unknown_signals),
    };

    return cmocka_run_group_tests_name("sim_slave", tests, NULL, NULL);
}

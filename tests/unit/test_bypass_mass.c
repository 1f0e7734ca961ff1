/* What goes round the treatment in one event of a bypass, and that a restart in the middle of
 * events changes no byte of what is found. standards.md 6.3, 12 #9. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "tests/unit/bypass_site.c"

#define PLAIN "    bypass: {open-when: at-open, delay: 0s, "

/* ---- mass ---- */

/* 500 mg/m3 x 3,600 m3/h = 1.8 kg/h = 0.5 g/s */
static void
mass_by_the_bypasss_own_flow(void **state)
{
    (void)state;
    begin(PLAIN "flow: flow, inlet-flow: inlet, mass: {nmhc: {concentration: nmhc}}}\n");
    run(1);
    readings[AT_OPEN] = 1;
    readings[FLOW] = 3600;
    run(1);
    assert_true(number_of("mass_kg_nmhc") == 0);
    assert_true(number_of("production_begin") == 30);
    run(60); /* 60 s held, of which 10 without a concentration, held for a second less */
    readings[NMHC] = LOST;
    readings[POWER] = 60;
    run(10);
    readings[NMHC] = 1000;
    readings[FLOW] = 7200;
    run(30);
    readings[AT_OPEN] = 0;
    run(1);
    expect(2, PHASE_CLOSED, "bypass.open");
    assert_string_equal(text_of("mass_method"), "measured-flow");
    assert_string_equal(text_of("mass_bound"), "");
    assert_true(fabs(number_of("mass_kg_nmhc") - (61 * 0.0005 + 30 * 0.002)) < 1e-12);
    assert_true(last()->duration_ms == 101000);
    assert_true(number_of("unmeasured_ms") == 10000);
    assert_true(number_of("flow_max") == 7200);
    assert_true(fabs(number_of("production_mean") - (61 * 30 + 40 * 60) / 101.0) < 1e-9);
    assert_true(number_of("production_begin") == 30);
    assert_string_equal(text_of("treatment"), "running");
}

/* A quarter of 20,000 m3/h at 500 mg/m3 is 2.5 kg/h. */
static void
mass_by_position_is_an_upper_bound(void **state)
{
    (void)state;
    begin("    bypass: {opening: opening, delay: 0s, inlet-flow: inlet,\n"
          "             mass: {nmhc: {concentration: nmhc}}}\n");
    run(1);
    readings[OPENING] = 25;
    run(37);
    readings[OPENING] = 0;
    run(1);
    expect(2, PHASE_CLOSED, "bypass.open");
    assert_string_equal(text_of("mass_method"), "inlet-flow");
    assert_string_equal(text_of("mass_bound"), "upper");
    assert_true(fabs(number_of("mass_kg_nmhc") - 2.5 * 37 / 3600) < 1e-12);
    assert_true(number_of("unmeasured_ms") == 0);
}

static void
the_delay_before_the_opening_counts(void **state)
{
    (void)state;
    begin("    bypass: {open-when: at-open, flow: flow, mass: {nmhc: {concentration: nmhc}}}\n");
    run(11);
    readings[AT_OPEN] = 1;
    readings[FLOW] = 3600;
    run(11);
    expect(1, PHASE_OPENED, "bypass.open");
    assert_true(fabs(number_of("mass_kg_nmhc") - 10 * 0.0005) < 1e-12);
    assert_true(number_of("unmeasured_ms") == 0);
}

/* Shut in one scan and open in the next: each event has its own mass. */
static void
a_second_opening_begins_at_nothing(void **state)
{
    (void)state;
    begin(PLAIN "flow: flow, mass: {nmhc: {concentration: nmhc}}}\n");
    readings[FLOW] = 3600;
    run(1);
    for (size_t i = 0; i < 2; i++) {
        readings[AT_OPEN] = 1;
        run(20);
        readings[AT_OPEN] = 0;
        run(1);
        expect(2 * i + 2, PHASE_CLOSED, "bypass.open");
        assert_true(fabs(number_of("mass_kg_nmhc") - 20 * 0.0005) < 1e-12);
        assert_true(number_of("unmeasured_ms") == 0);
        assert_true(last()->duration_ms == 20000);
    }
}

/* What was read holds for three intervals and 2 s: 5 s here. */
static void
nothing_is_held_over_a_silence(void **state)
{
    (void)state;
    begin(PLAIN "flow: flow, mass: {nmhc: {concentration: nmhc}}}\n");
    run(1);
    readings[AT_OPEN] = 1;
    readings[FLOW] = 3600;
    run(1);
    pass(5000);
    scan();
    pass(5001);
    scan();
    readings[AT_OPEN] = 0;
    run(1);
    expect(2, PHASE_CLOSED, "bypass.open");
    assert_true(number_of("unmeasured_ms") == 5001);
    assert_true(fabs(number_of("mass_kg_nmhc") - 6 * 0.0005) < 1e-12);
}

/* Waste water: 40 mg/L x 90 m3/h = 3.6 kg/h = 1 g/s, the flow in L/s. */
static void
mass_of_waste_water(void **state)
{
    (void)state;
    begin(PLAIN "flow: sewer, mass: {cod: {concentration: cod}}}\n");
    run(1);
    readings[AT_OPEN] = 1;
    readings[SEWER] = 25;
    readings[COD] = 40;
    run(10);
    readings[AT_OPEN] = 0;
    run(1);
    assert_string_equal(text_of("mass_method"), "measured-flow");
    assert_true(fabs(number_of("mass_kg_cod") - 0.010) < 1e-12);
}

/* The property: mass of a whole is the sum of its parts, however it is cut by scans. */
static void
mass_is_the_sum_of_its_parts(void **state)
{
    (void)state;
    double sum = 0;
    for (unsigned cut = 1; cut <= 4; cut++) {
        begin(PLAIN "flow: flow, mass: {nmhc: {concentration: nmhc}}}\n");
        run(1);
        readings[AT_OPEN] = 1;
        readings[FLOW] = 3600;
        run(1);
        for (unsigned i = 0; i < 12; i++) {
            pass(cut * 1000);
            scan();
        }
        readings[AT_OPEN] = 0;
        run(1);
        sum += number_of("mass_kg_nmhc") / (12 * cut + 1);
        if (cut < 4)
            end(NULL);
    }
    assert_true(fabs(sum - 4 * 0.0005) < 1e-12);
}

/* ---- restart ---- */

/* A day in the life of a bypass: every state, with losses; read with a restart behind each scan or
 * without. */
static void
live(bool restart, FILE *out)
{
    begin("    bypass: {open-when: at-open, closed-when: at-shut, opening: opening, delay: 2s,\n"
          "             flow: flow, flow-above: 1000 m3/h, inlet-flow: inlet, leak-after: 5s,\n"
          "             temperature-when: temperature > 60 degC, travel: 4s, cool-down: 9s,\n"
          "             signal-lost-after: 3s, safety-when: safety,\n"
          "             mass: {nmhc: {concentration: nmhc}}}\n");
    static const double OTHERS[POINTS] = {1, 0, 40, 1500, 90, 90, 1, 0, 0, 15000, 700};
    static const double STILL[POINTS] = {0, 1, 0, 150, 0, 20, 0, 30, 8, 20000, 500};
    story = out;
    unsigned seed = 1;
    for (unsigned i = 0; i < 2000; i++) {
        struct buf buf;
        seed = seed * 1103515245U + 12345U;
        unsigned point = (seed >> 16) % 40, dice = (seed >> 24) % 8;
        if (point < POINTS)
            readings[point] = dice == 0 ? LOST : dice == 1 ? OTHERS[point] : STILL[point];
        run(1);
        if (!restart)
            continue;
        assert_int_equal(buf_new(&buf, assess_state_size(assess)), 0);
        assert_true(assess_save(assess, &buf));
        assess_free(assess);
        assert_int_equal(assess_new(site, &assess), 0);
        assert_int_equal(assess_load(assess, buf.data, buf.length, &OUTLET), 0);
        buf_free(&buf);
    }
    story = NULL;
}

static void
a_restart_behind_any_scan_changes_nothing(void **state)
{
    (void)state;
    char *texts_of[2];
    size_t lengths[2];
    for (int restart = 0; restart < 2; restart++) {
        FILE *out = open_memstream(&texts_of[restart], &lengths[restart]);
        live(restart, out);
        fclose(out);
        if (!restart)
            end(NULL);
    }
    static const char *const KINDS[] = {"bypass.open", "bypass.suspect", "bypass.fault",
                                        "bypass.leak"};
    for (size_t i = 0; i < 4; i++)
        assert_non_null(strstr(texts_of[0], KINDS[i]));
    assert_string_equal(texts_of[1], texts_of[0]);
    free(texts_of[0]);
    free(texts_of[1]);
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mass_by_the_bypasss_own_flow),        TEST(mass_by_position_is_an_upper_bound),
        TEST(the_delay_before_the_opening_counts), TEST(a_second_opening_begins_at_nothing),
        TEST(nothing_is_held_over_a_silence),      TEST(mass_of_waste_water),
        TEST(mass_is_the_sum_of_its_parts),        TEST(a_restart_behind_any_scan_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

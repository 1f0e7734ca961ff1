/* The rules that each technology brings, and oxygen: the case just below and just above. */
#include "tests/unit/voc_site.c"

#include "config/rules.h"

static const struct rule *
rule(const char *name)
{
    const struct asset *asset = &site->assets[0];
    for (uint16_t i = 0; i < asset->rule_count; i++)
        if (!strcmp(asset->rules[i].name, name))
            return &asset->rules[i];
    return NULL;
}

/* ---- rules on readings ---- */

/* Of one point: the last value that is good and the first that is not, as the rule says. */
static void
assert_edge(const char *points, const char *asset, double good, double bad, const char *name)
{
    begin(points, asset);
    const char *kind = rule(name) ? rule(name)->kind : "no such rule";
    for (int i = 0; i < 30; i++)
        GIVE(good);
    for (unsigned i = 0; i < event_count; i++)
        assert_string_not_equal(event_kinds[i], kind);
    unsigned before = event_count;
    for (int i = 0; i < 12; i++)
        GIVE(bad);
    assert_int_equal(event_count, before); /* 55 s of the delay of 60 s */
    GIVE(bad);
    expect(before + 1, PHASE_OPENED, kind);
    char subject[80];
    snprintf(subject, sizeof subject, "line.%s", name);
    assert_string_equal(event_subjects[before], subject);
    end();
}

static void
each_rule_has_its_edge(void **state)
{
    (void)state;
    static const char RTO[] = "    technology: rto\n    voc: {basis: measured}\n";
    static const char RCO[] = "    technology: rco\n    voc: {basis: measured}\n";
    static const char BEDS[] = "    technology: adsorption\n    voc: {bed: granular}\n";
    static const char ROTOR[] = "    technology: rotor\n";
    assert_edge(POINT("chamber-temperature", "0", "degC"), RTO, 760, 759.99, "chamber-temperature");
    assert_edge(POINT("residence-time", "0", "s"), RTO, 0.75, 0.74, "residence-time");
    assert_edge(POINT("lel", "0", "\"%LEL\""), RTO, 25, 25.01, "lel");
    assert_edge(POINT("pm-inlet", "0", "mg/m3"), RTO, 5, 5.01, "inlet-dust");
    assert_edge(POINT("catalyst-inlet-temperature", "0", "degC"), RCO, 300, 299.99,
                "catalyst-inlet-temperature");
    assert_edge(POINT("catalyst-inlet-temperature", "0", "degC"), RCO, 500, 500.01,
                "catalyst-inlet-hot");
    assert_edge(POINT("catalyst-temperature", "0", "degC"), RCO, 700, 700.01,
                "catalyst-temperature");
    assert_edge(POINT("temperature-inlet", "0", "degC"), RCO, 400, 400.01,
                "entering-gas-temperature");
    assert_edge(POINT("space-velocity", "0", "\"\""), RCO, 40000, 40001, "space-velocity-high");
    assert_edge(POINT("space-velocity", "0", "\"\""), RCO, 10000, 9999, "space-velocity-low");
    assert_edge(POINT("pm-inlet", "0", "mg/m3"), RCO, 10, 10.01, "inlet-dust");
    assert_edge(POINT("adsorber-temperature", "0", "degC"), BEDS, 40, 40.01,
                "adsorber-temperature");
    assert_edge(POINT("pm-inlet", "0", "mg/m3"), BEDS, 1, 1.01, "inlet-dust");
    assert_edge(POINT("bed-velocity", "0", "m/s"), BEDS, 0.6, 0.61, "bed-velocity");
    assert_edge(POINT("bed-velocity", "0", "m/s"),
                "    technology: adsorption\n    voc: {bed: fibre}\n", 0.15, 0.16, "bed-velocity");
    assert_edge(POINT("bed-velocity", "0", "m/s"),
                "    technology: adsorption\n    voc: {bed: honeycomb}\n", 1.2, 1.21,
                "bed-velocity");
    assert_edge(POINT("hood-velocity", "0", "m/s"), ROTOR, 0.3, 0.29, "hood-velocity");
    assert_edge(POINT("desorption-temperature", "0", "degC"), ROTOR, 180, 179.9, "desorption-cold");
    assert_edge(POINT("desorption-temperature", "0", "degC"), ROTOR, 220, 220.1, "desorption-hot");
    assert_edge(POINT("chamber-temperature", "0", "degC"),
                "    technology: rotor\n    voc: {oxidiser: rto, basis: measured}\n", 760, 759,
                "chamber-temperature");
}

static void
bounds_of_the_site_are_rules(void **state)
{
    (void)state;
    static const char ASSET[] = "    technology: absorption\n"
                                "    voc:\n"
                                "      pressure-drop: {at-least: 200 Pa, at-most: 2.5 kPa}\n"
                                "      absorbent-flow: {at-least: 20 m3/h}\n"
                                "      absorbent-ph: {at-least: 8 pH}\n"
                                "      system-pressure: {at-most: 3 kPa}\n";
    assert_edge(POINT("pressure-drop", "0", "Pa"), ASSET, 200, 199, "pressure-drop-low");
    assert_edge(POINT("pressure-drop", "0", "Pa"), ASSET, 2500, 2501, "pressure-drop-high");
    assert_edge(POINT("absorbent-flow", "0", "m3/h"), ASSET, 20, 19.9, "absorbent-flow-low");
    assert_edge(POINT("absorbent-ph", "0", "pH"), ASSET, 8, 7.9, "absorbent-ph-low");
    assert_edge(POINT("system-pressure", "0", "Pa"), ASSET, 3000, 3001, "system-pressure-high");
}

static void
the_site_may_ask_for_more(void **state)
{
    (void)state;
    assert_edge(POINT("chamber-temperature", "0", "degC"),
                "    technology: rto\n    voc: {basis: measured}\n"
                "    rules: {chamber-temperature: {at-least: 820 degC}}\n",
                820, 819, "chamber-temperature");
}

static void
nothing_is_judged_while_production_stands(void **state)
{
    (void)state;
    begin(POINT("chamber-temperature", "0", "degC") POINT("power", "2", "kW"),
          "    technology: rto\n    voc: {basis: measured}\n"
          "    production: {running-when: d.power > 10 kW}\n"
          "    treatment: {running-when: d.power > 5 kW}\n");
    for (int i = 0; i < 30; i++)
        GIVE(20, 10);
    assert_int_equal(event_count, 0);
    for (int i = 0; i < 30 && !event_count; i++)
        GIVE(20, 10.1);
    expect(1, PHASE_OPENED, "process.temperature");
    GIVE(20, 10);
    expect(2, PHASE_CLOSED, "process.temperature");
    end();
}

/* ---- oxygen ---- */

static void
more_oxygen_at_the_outlet_is_a_suspicion(void **state)
{
    (void)state;
    static const char RTO[] =
        "    technology: rto\n    voc: {basis: measured, dilution-delay: 10s}\n";
    begin(POINT("nmhc", "0", "mg/m3") POINT("o2", "2", "\"%\""), RTO);
    for (int i = 0; i < 20; i++)
        GIVE(10, 20.9);
    assert_int_equal(event_count, 0); /* neither dilution nor an O2 above the guard of 20.5 */
    GIVE(10, 20.91);
    GIVE(10, 20.91);
    assert_int_equal(event_count, 0);
    GIVE(10, 20.91);
    expect(1, PHASE_OPENED, "dilution.suspected");
    assert_true(events[0].limit == 20.9);
    GIVE(10, 20.9);
    expect(2, PHASE_CLOSED, "dilution.suspected");
    end();
    begin(POINT("nmhc", "0", "mg/m3") POINT("o2", "2", "\"%\"") POINT("o2-inlet", "4", "\"%\""),
          "    technology: rto\n"
          "    voc: {basis: measured, dilution-delay: 0s, o2-tolerance: 0.5}\n");
    GIVE(10, 18.5, 18);
    GIVE(10, 20, NOTHING);
    assert_int_equal(event_count, 0);
    GIVE(10, 18.6, 18);
    expect(1, PHASE_OPENED, "dilution.suspected");
    end();
}

/* standards.md 12 #8: 12 at 19.5 %, 36 at 20.5 %. */
static void
corrected_values_have_the_factor_of_the_check(void **state)
{
    (void)state;
    begin(POINT("nmhc", "0", "mg/m3") POINT("o2", "2", "\"%\""),
          "    technology: rto\n    voc: {basis: corrected-3}\n");
    assert_says("warning");
    assert_says("36 times");
    HOUR(1, 19.5);
    HOUR(1, 19.5);
    HOUR(1, 20.5);
    assert_near(hour_of("nmhc-corrected"), 12);
    GIVE(1, 20.5);
    assert_near(hour_of("nmhc-corrected"), 36);
    assert_null(site->assets[0].voc->o2);
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_has_its_edge),
        cmocka_unit_test(bounds_of_the_site_are_rules),
        cmocka_unit_test(the_site_may_ask_for_more),
        cmocka_unit_test(nothing_is_judged_while_production_stands),
        cmocka_unit_test(more_oxygen_at_the_outlet_is_a_suspicion),
        cmocka_unit_test(corrected_values_have_the_factor_of_the_check),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

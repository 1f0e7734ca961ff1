/* VOC treatment from the site file to the event: what a technology needs, removal, collection, the
 * life of an adsorbent, loadings. */
#include "tests/unit/voc_site.c"

/* ---- the check ---- */

static void
an_oxidiser_must_say_its_basis(void **state)
{
    (void)state;
    static const char *const WORDS[] = {"rto", "rco", "catalytic"};
    for (unsigned i = 0; i < 3; i++) {
        char asset[100];
        snprintf(asset, sizeof asset, "    technology: %s\n", WORDS[i]);
        assert_int_not_equal(load(POINT("nmhc", "0", "mg/m3"), asset), 0);
        assert_says("lacks 'basis'");
        assert_says("12 times");
        assert_says("36 times");
    }
    assert_int_not_equal(load(POINT("nmhc", "0", "mg/m3"),
                              "    technology: rotor\n    voc: {oxidiser: catalytic}\n"),
                         0);
    assert_says(":15:5: 'voc' of asset 'line'");
    assert_says("lacks 'basis'");
    assert_int_equal(load(POINT("nmhc", "0", "mg/m3"), "    technology: rotor\n"), 0);
    assert_says("what burns the desorbed gas of the rotor is not said");
    site_free(site);
    assert_int_equal(
        load(POINT("nmhc", "0", "mg/m3"), "    technology: rotor\n    voc: {oxidiser: none}\n"), 0);
    assert_null(strstr(said, "what burns the desorbed gas"));
    site_free(site);
    assert_int_equal(load(POINT("nmhc", "0", "mg/m3"), "    technology: adsorption\n"), 0);
    site_free(site);
    assert_int_not_equal(load(POINT("nmhc", "0", "mg/m3"),
                              "    technology: adsorption\n    voc: {basis: corrected-3}\n"),
                         0);
    assert_says("without an oxidiser the measured value holds");
    assert_int_not_equal(
        load(POINT("nmhc", "0", "mg/m3"), "    technology: rto\n    voc: {basis: corrected-3}\n"),
        0);
    assert_says("corrected-3 needs a point 'o2'");
    static const char *const CORRECTING[] = {
        "    flue: {reference-o2: 3}\n",
        "    limits: {nmhc: {at-most: 60 mg/m3, averaging: hour, basis: corrected, "
        "reference-o2: 3}}\n"};
    for (unsigned i = 0; i < 2; i++) {
        char asset[300];
        snprintf(asset, sizeof asset, "    technology: rto\n    voc: {basis: measured}\n%s",
                 CORRECTING[i]);
        assert_int_not_equal(load(POINT("nmhc", "0", "mg/m3") POINT("o2", "2", "\"%\""), asset), 0);
        assert_says("measured, but");
    }
}

static void
each_says_what_it_cannot_do(void **state)
{
    (void)state;
    assert_int_equal(
        load(POINT("nmhc", "0", "mg/m3"), "    technology: rto\n    voc: {basis: measured}\n"), 0);
    site_free(site);
    assert_says("no point 'chamber-temperature': rule 'chamber-temperature'");
    assert_says("no point 'lel'");
    assert_says("neither its initial rate nor its removal of NMHC is judged");
    assert_says("nobody sees without a point 'o2'");
    assert_int_equal(load(POINT("nmhc", "0", "mg/m3"), "    technology: rco\n"
                                                       "    voc: {basis: measured}\n"),
                     0);
    site_free(site);
    assert_says("no point 'catalyst-inlet-temperature'");
    assert_int_equal(load(POINT("pressure-drop", "0", "Pa"), "    technology: adsorption\n"), 0);
    site_free(site);
    assert_says("no point 'adsorber-temperature'");
    assert_says("nothing is said about the bounds of 'pressure-drop'");
    assert_int_equal(load(POINT("nmhc", "0", "mg/m3"), "    technology: magic\n"), 0);
    site_free(site);
    assert_says("technology 'magic' is not known");
    assert_int_equal(load(POINT("nmhc", "0", "mg/m3"), ""), 0);
    site_free(site);
    assert_says("technology is not given");
}

static void
wrong_words_are_mistakes(void **state)
{
    (void)state;
    static const char *const WRONG[][2] = {
        {"    voc: {carbon: {}}\n", "needs 'hours' or 'mass'"},
        {"    voc: {carbon: {hours: 100}}\n", "hours of running cannot be counted"},
        {"    voc: {carbon: {mass: 100}}\n", "what it takes up cannot be counted"},
        {"    voc: {collection: {fugitive: nmhc}}\n", "lacks 'captured'"},
        {"    voc: {loading: {vapour: nmhc, liquid: nmhc}}\n", "it must be a flow"},
        {"    voc: {pressure-drop: {at-most: high}}\n", "must be a number with its unit"},
        {"    voc: {bed: round}\n", "bed"},
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        char asset[200];
        snprintf(asset, sizeof asset, "    technology: adsorption\n%s", WRONG[i][0]);
        if (!load(POINT("nmhc", "0", "mg/m3") POINT("pressure-drop", "2", "Pa"), asset))
            fail_msg("accepted: %s", WRONG[i][0]);
        assert_says(WRONG[i][1]);
    }
}

/* ---- points ---- */

#define ENDS                                                                                       \
    POINT("nmhc", "0", "ppmC")                                                                     \
    POINT("flow", "2", "Nm3/h")                                                                    \
    POINT("nmhc-inlet", "4", "ppm") POINT("flow-inlet", "6", "Nm3/h")
#define ADSORPTION "    technology: adsorption\n    flue: {nmhc: propane}\n"

/* standards.md 12 #8: 100 ppmC are 53.6 mg/m3, 100 ppm of propane 160.9; x 20000 m3/h = 1.072 and
 * 3.218 kg/h: removal 66.69 %. */
static void
nmhc_is_carbon_and_removal_is_of_mass(void **state)
{
    (void)state;
    begin(ENDS, ADSORPTION);
    HOUR(100, 20000, 100, 20000);
    HOUR(100, 20000, 100, 20000);
    GIVE(100, 20000, 100, 20000);
    assert_near(hour_of("nmhc-mg"), 53.6);
    assert_near(hour_of("nmhc-inlet-mg"), 160.9);
    assert_near(hour_of("nmhc-rate"), 1.072);
    assert_near(hour_of("nmhc-inlet-rate"), 3.218);
    assert_near(hour_of("removal-efficiency"), (1 - 1.072 / 3.218) * 100);
    end();
}

/* Half an hour of much in and 10 % out, half of little in and all out: 1 - sum / sum, not a mean of
 * quotients. */
static void
the_hours_removal_is_the_quotient_of_masses(void **state)
{
    (void)state;
    begin(POINT("nmhc", "0", "mg/m3") POINT("flow", "2", "Nm3/h") POINT("nmhc-inlet", "4", "mg/m3")
              POINT("flow-inlet", "6", "Nm3/h"),
          "    technology: absorption\n");
    HOUR(0, 10000, 0, 10000);
    for (unsigned i = 0; i < 720; i++)
        if (i < 360)
            GIVE(100, 10000, 1000, 10000);
        else
            GIVE(100, 10000, 100, 10000);
    GIVE(100, 10000, 100, 10000);
    assert_near(hour_of("removal-efficiency"), (1 - 200.0 / 1100) * 100);
    end();
}

static void
an_hour_with_an_end_missing_is_not_judged(void **state)
{
    (void)state;
    begin(ENDS, ADSORPTION);
    HOUR(1, 20000, 100, 20000);
    event_count = 0;
    for (unsigned i = 0; i < 720; i++)
        GIVE(100, 20000, i % 2 ? NOTHING : 100, 20000);
    GIVE(100, 20000, 100, 20000);
    assert_false(valid[point("removal-efficiency")->index]);
    assert_int_equal(event_count, 0);
    end();
}

/* ---- removal against its least ---- */

/* Opens of that kind after an hour of so much in and out, mg/m3 at 10000 Nm3/h. */
static unsigned
opened_after(const char *asset, double in, double out, const char *kind)
{
    unsigned count = 0;
    begin(PLAIN, asset);
    HOUR(out, 10000, in, 10000);
    HOUR(out, 10000, in, 10000);
    GIVE(out, 10000, in, 10000);
    for (unsigned i = 0; i < event_count; i++)
        count += events[i].phase == PHASE_OPENED && !strcmp(event_kinds[i], kind);
    end();
    return count;
}

static void
removal_is_asked_for_from_the_trigger_on(void **state)
{
    (void)state;
    static const char ANY[] = "    technology: absorption\n";
    static const char KEY[] = "    technology: absorption\n    area: key\n";
    static const char LOW[] = "    technology: absorption\n    voc: {low-voc-material: true}\n";
    static const char OWN[] =
        "    technology: absorption\n    voc: {inlet-rate: 1.5, removal-at-least: 60}\n";
    assert_int_equal(opened_after(ANY, 300.01, 61, "removal.low"), 1); /* 3.0001 kg/h, 79.7 % */
    assert_int_equal(opened_after(ANY, 299.99, 61, "removal.low"), 0);
    assert_int_equal(opened_after(ANY, 400, 80.01, "removal.low"), 1);
    assert_int_equal(opened_after(ANY, 400, 79.99, "removal.low"), 0);
    assert_int_equal(opened_after(KEY, 200.01, 41, "removal.low"), 1);
    assert_int_equal(opened_after(KEY, 199.99, 41, "removal.low"), 0);
    assert_int_equal(opened_after(LOW, 400, 399, "removal.low"), 0);
    assert_int_equal(opened_after(OWN, 151, 61, "removal.low"), 1);
    assert_int_equal(opened_after(OWN, 151, 60, "removal.low"), 0);
    /* 80 % of what float registers say: 399.7 of 1998.5 */
    assert_int_equal(opened_after(ANY, (double)1998.5F, (double)399.7F, "removal.low"), 0);
    assert_int_equal(opened_after(ANY, (double)1998.5F, (double)399.8F, "removal.low"), 1);
}

static void
design_removal_goes_by_technology(void **state)
{
    (void)state;
    static const struct {
        const char *asset;
        double least;
    } DESIGNS[] = {
        {"    technology: rto\n    voc: {basis: measured}\n", 95},
        {"    technology: rto\n    voc: {basis: measured, chambers: 3}\n", 98},
        {"    technology: rco\n    voc: {basis: measured}\n", 97},
        {"    technology: adsorption\n", 90},
    };
    for (unsigned i = 0; i < 4; i++) {
        double out = 100 - DESIGNS[i].least;
        const char *kind = "removal.below-design";
        assert_int_equal(opened_after(DESIGNS[i].asset, 100, out + 0.01, kind), 1);
        assert_int_equal(opened_after(DESIGNS[i].asset, 100, out - 0.01, kind), 0);
    }
}

static void
low_hours_in_a_row_are_one_event(void **state)
{
    (void)state;
    begin(PLAIN, "    technology: absorption\n");
    for (unsigned i = 0; i < 3; i++)
        HOUR(100, 10000, 400, 10000);
    HOUR(40, 10000, 400, 10000);
    GIVE(40, 10000, 400, 10000);
    unsigned last = event_count - 1;
    assert_string_equal(event_kinds[0], "removal.low");
    assert_int_equal(events[0].phase, PHASE_OPENED);
    assert_int_equal(events[0].severity, SEVERITY_ALARM);
    assert_true(events[0].limit == 80);
    assert_near(events[0].value, 75);
    expect(last + 1, PHASE_CLOSED, "removal.low");
    assert_true(events[last].duration_ms >= 2 * HOUR_MS);
    for (unsigned i = 1; i < last; i++)
        assert_int_equal(events[i].phase, PHASE_UPDATED);
    end();
}

/* ---- collection ---- */

static void
collection_is_captured_of_all(void **state)
{
    (void)state;
    begin(POINT("hood-a", "0", "kg/h") POINT("hood-b", "2", "g/h") POINT("roof", "4", "kg/h"),
          "    technology: adsorption\n"
          "    voc: {collection: {captured: [hood-a, hood-b], fugitive: roof, at-least: 80}}\n");
    HOUR(3, 1000, 1);
    HOUR(3, 1000, 1);
    GIVE(3, 1000, 1.01);
    assert_near(hour_of("collection-efficiency"), 80);
    assert_int_equal(event_count, 0);
    HOUR(3, 1000, 1.01);
    GIVE(3, 1000, 1.01);
    expect(1, PHASE_OPENED, "collection.low");
    end();
}

/* ---- adsorbent ---- */

static const struct event *
find_opened(const char *kind)
{
    for (unsigned i = 0; i < event_count; i++)
        if (events[i].phase == PHASE_OPENED && !strcmp(event_kinds[i], kind))
            return &events[i];
    return NULL;
}

static void
carbon_lives_by_hours(void **state)
{
    (void)state;
    begin(POINT("fan", "0", "kW") "      changed: {coil: 0}\n",
          "    technology: adsorption\n"
          "    treatment: {running-when: d.fan > 1 kW}\n"
          "    voc: {carbon: {hours: 1, used-hours: 0.5, changed-when: changed}}\n");
    GIVE(5, 0);
    for (int i = 0; i < 287; i++) /* one reading less than 24 min: 0.9 h */
        GIVE(5, 0);
    assert_null(find_opened("carbon.due"));
    for (int i = 0; i < 500; i++) /* nothing while it stands */
        GIVE(0, 0);
    assert_null(find_opened("carbon.due"));
    event_count = 0; /* of the treatment that stood */
    GIVE(5, 0);
    GIVE(5, 0);
    assert_non_null(find_opened("carbon.due"));
    for (int i = 0; i < 70; i++)
        GIVE(5, 0);
    assert_null(find_opened("carbon.spent"));
    GIVE(5, 0);
    GIVE(5, 0);
    assert_non_null(find_opened("carbon.spent"));
    event_count = 0;
    GIVE(5, 1);
    expect(2, PHASE_CLOSED, "carbon.spent");
    assert_string_equal(event_kinds[0], "carbon.due");
    assert_int_equal(events[0].phase, PHASE_CLOSED);
    end();
}

/* 3.6 kg/h in, 0.6 out: 3 kg/h stay. */
static void
carbon_lives_by_mass_and_a_mark_makes_it_new(void **state)
{
    (void)state;
    begin(PLAIN, "    technology: adsorption\n    voc: {carbon: {mass: 3}}\n");
    GIVE(60, 10000, 360, 10000);
    for (int i = 0; i < 647; i++) /* one reading less than 54 min: 2.7 kg */
        GIVE(60, 10000, 360, 10000);
    assert_null(find_opened("carbon.due"));
    GIVE(500, 10000, 360, 10000); /* what it gives off does not make it new */
    GIVE(60, 10000, 360, 10000);
    GIVE(60, 10000, 360, 10000);
    assert_non_null(find_opened("carbon.due"));
    event_count = 0;
    struct declaration mark = {
        .kind = DECLARE_MARK, .subject = "line", .word = "carbon-changed", .by = "Li"};
    char why[DECLARATION_WHY];
    uint64_t sequence;
    if (assess_declare(assess, &mark, &now, &OUTLET, &sequence, why))
        fail_msg("%s", why);
    GIVE(60, 10000, 360, 10000);
    expect(2, PHASE_CLOSED, "carbon.due");
    end();
}

/* ---- loading ---- */

static unsigned
ratio_events(double vapour, double liquid)
{
    begin(POINT("vapour", "0", "m3/h") POINT("liquid", "2", "m3/h"),
          "    technology: vapour-recovery\n"
          "    voc: {loading: {vapour: vapour, liquid: liquid, ends-after: 10s}}\n");
    GIVE(0, 0);
    GIVE(50, 0); /* before the loading: does not count */
    for (int i = 0; i < 100; i++)
        GIVE(vapour, liquid);
    assert_int_equal(event_count, 0);
    GIVE(0, 0);
    assert_int_equal(event_count, 0);
    GIVE(0, 0);
    GIVE(0, 0);
    unsigned count = event_count;
    if (count)
        assert_near(events[0].value, vapour / liquid);
    end();
    return count;
}

static void
each_loading_has_a_gas_liquid_ratio(void **state)
{
    (void)state;
    assert_int_equal(ratio_events(100.1, 100), 0);
    assert_int_equal(ratio_events(99.9, 100), 1);
    assert_int_equal(ratio_events(119.9, 100), 0);
    assert_int_equal(ratio_events(120.1, 100), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_oxidiser_must_say_its_basis),
        cmocka_unit_test(each_says_what_it_cannot_do),
        cmocka_unit_test(wrong_words_are_mistakes),
        cmocka_unit_test(nmhc_is_carbon_and_removal_is_of_mass),
        cmocka_unit_test(the_hours_removal_is_the_quotient_of_masses),
        cmocka_unit_test(an_hour_with_an_end_missing_is_not_judged),
        cmocka_unit_test(removal_is_asked_for_from_the_trigger_on),
        cmocka_unit_test(design_removal_goes_by_technology),
        cmocka_unit_test(low_hours_in_a_row_are_one_event),
        cmocka_unit_test(collection_is_captured_of_all),
        cmocka_unit_test(carbon_lives_by_hours),
        cmocka_unit_test(carbon_lives_by_mass_and_a_mark_makes_it_new),
        cmocka_unit_test(each_loading_has_a_gas_liquid_ratio),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

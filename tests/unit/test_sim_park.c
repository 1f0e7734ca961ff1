/* The physics: deterministic by seed, within what instruments can show, and moved by its knobs in
 * the right direction. */
#include "sim/park.c"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>

#include <cmocka.h>

static double
get(const struct park *park, enum plant plant, const char *name)
{
    const char *unit;
    int parts;
    const double *value = park_find_quantity(park, plant, name, &unit, &parts);

    assert_non_null(value);
    return *value;
}

static void
turn(struct park *park, const char *name, double to)
{
    double normal;
    double *knob = park_find_knob(park, name, &normal);

    assert_non_null(knob);
    *knob = to;
}

static void
same_seed_same_park(void **state)
{
    (void)state;
    struct park first;
    struct park second;

    park_init(&first, 42);
    park_init(&second, 42);
    park_advance(&first, 60000);
    for (int64_t now_ms = 0; now_ms <= 60000; now_ms += 37)
        park_advance(&second, now_ms); /* however time comes in */
    park_advance(&second, 60000);
    assert_memory_equal(&first, &second, sizeof first);
    park_init(&second, 43);
    park_advance(&second, 60000);
    assert_true(get(&first, PLANT_BOILER, "so2") != get(&second, PLANT_BOILER, "so2"));
}

static void
a_quiet_hour_is_within_limits(void **state)
{
    (void)state;
    struct park park;

    park_init(&park, 1);
    for (int64_t now_ms = 0; now_ms <= 3600000; now_ms += 1000) {
        park_advance(&park, now_ms);
        assert_in_range((uintmax_t)get(&park, PLANT_BOILER, "so2-corrected"), 10, 30);
        assert_in_range((uintmax_t)get(&park, PLANT_BOILER, "nox-corrected"), 25, 49);
        assert_in_range((uintmax_t)get(&park, PLANT_BOILER, "pm-corrected"), 2, 8);
        assert_in_range((uintmax_t)get(&park, PLANT_BOILER, "o2"), 7, 12);
        assert_in_range((uintmax_t)get(&park, PLANT_BOILER, "velocity"), 5, 15);
        assert_in_range((uintmax_t)get(&park, PLANT_VOC, "chamber-temperature"), 780, 850);
        assert_in_range((uintmax_t)get(&park, PLANT_VOC, "nmhc"), 5, 40);
        assert_in_range((uintmax_t)get(&park, PLANT_WASTEWATER, "cod"), 15, 44);
        assert_in_range((uintmax_t)(10 * get(&park, PLANT_WASTEWATER, "ph")), 65, 85);
    }
}

/* C corrected = C * (21 - 9) / (21 - O2) at every step (GB 13271). */
static void
correction_holds(void **state)
{
    (void)state;
    struct park park;

    park_init(&park, 9);
    for (int64_t now_ms = 0; now_ms <= 60000; now_ms += 500) {
        double factor;

        park_advance(&park, now_ms + PARK_STEP_MS);
        factor = 12.0 / (21.0 - get(&park, PLANT_BOILER, "o2"));
        assert_true(fabs(get(&park, PLANT_BOILER, "so2") * factor -
                         get(&park, PLANT_BOILER, "so2-corrected")) < 1e-9);
    }
}

static void
knobs_move_the_plants(void **state)
{
    (void)state;
    struct park park;
    double energy;

    park_init(&park, 1);
    park_advance(&park, 10000);
    energy = get(&park, PLANT_VOC, "energy");
    turn(&park, "boiler.desulphurisation", 0.95);
    turn(&park, "voc.bypass", 1.0);
    turn(&park, "wastewater.strength", 3.0);
    park_advance(&park, 40000);
    assert_true(get(&park, PLANT_BOILER, "so2-corrected") > 50.0);
    assert_true(get(&park, PLANT_VOC, "bypass-damper-open") == 1.0);
    assert_true(get(&park, PLANT_VOC, "bypass-flow") > 10000.0);
    assert_true(get(&park, PLANT_VOC, "nmhc") > 200.0);
    assert_true(get(&park, PLANT_WASTEWATER, "cod") > 60.0);
    assert_true(get(&park, PLANT_VOC, "energy") > energy);
    turn(&park, "voc.production", 0.0);
    turn(&park, "voc.fan", 0.0);
    park_advance(&park, 50000);
    assert_true(get(&park, PLANT_VOC, "power") < 3.0);
    assert_true(get(&park, PLANT_VOC, "fan-power") < 0.5);
}

static void
names(void **state)
{
    (void)state;
    struct park park;
    const char *unit = "untouched";
    int parts = -1;
    double normal;

    park_init(&park, 1);
    assert_null(park_find_quantity(&park, PLANT_BOILER, "cod", &unit, &parts));
    assert_string_equal(unit, "untouched");
    assert_null(park_find_knob(&park, "boiler.colour", &normal));
    for (unsigned i = 0; park_knob_at(i) != NULL; i++) {
        double *knob = park_find_knob(&park, park_knob_at(i), &normal);
        assert_non_null(knob);
        assert_true(*knob == normal);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_park),
        cmocka_unit_test(a_quiet_hour_is_within_limits),
        cmocka_unit_test(correction_holds),
        cmocka_unit_test(knobs_move_the_plants),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests_name("sim_park", tests, NULL, NULL);
}

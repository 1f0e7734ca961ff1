/* What a number means is for ever: numbers of devices, points, destinations and boots across
 * starts, renames and changes of meaning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/store/registry.c"

#include "daemon/store/schema.h"
#include "tests/unit/store_park.h"

#define SITE_BYTES 4000

struct bench {
    char directory[64];
    struct database *database;
};

static int
set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    char path[128];
    char error[200] = "";

    snprintf(bench->directory, sizeof bench->directory, "/tmp/parkgate-registry-XXXXXX");
    assert_non_null(mkdtemp(bench->directory));
    snprintf(path, sizeof path, "%s/parkgate.db", bench->directory);
    assert_int_equal(database_open(path, DATABASE_CREATE, &bench->database, error), 0);
    assert_int_equal(schema_prepare(bench->database, error), 0);
    *state = bench;
    return 0;
}

static int
tear_down(void **state)
{
    struct bench *bench = *state;
    char command[128];

    database_close(bench->database);
    snprintf(command, sizeof command, "rm -rf %s", bench->directory);
    assert_int_equal(system(command), 0);
    free(bench);
    return 0;
}

/* The site with `from` replaced by `to`, numbered. */
static struct site *
number(struct bench *bench, const char *from, const char *to)
{
    char text[SITE_BYTES];
    const char *at = strstr(STORE_PARK, from);

    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - STORE_PARK), STORE_PARK, to,
             at + strlen(from));
    struct site *site = store_park_load(bench->directory, text);
    assert_int_equal(schema_begin(bench->database), 0);
    assert_int_equal(registry_number_site(bench->database, site), 0);
    assert_int_equal(schema_commit(bench->database), 0);
    return site;
}

static uint32_t
number_of_point(struct bench *bench, const char *from, const char *to, const char *point_device,
                const char *point)
{
    struct site *site = number(bench, from, to);
    uint32_t found = site_find_point(site, point_device, point)->number;

    site_free(site);
    return found;
}

static void
assert_name(struct bench *bench, uint32_t number, const char *name)
{
    struct statement *statement = database_query(
        bench->database, "SELECT name FROM points WHERE number=?", "i", (int64_t)number);

    assert_int_equal(database_step(bench->database, statement), 1);
    assert_string_equal(database_text(statement, 0), name);
    database_reset(statement);
}

static void
everything_has_a_number_of_its_own(void **state)
{
    struct site *site = number(*state, "bus: line", "bus: line");

    for (uint32_t i = 0; i < site->point_count; i++)
        for (uint32_t j = 0; j < i; j++)
            assert_int_not_equal(site->points[i].number, site->points[j].number);
    assert_int_not_equal(site->devices[0].number, site->devices[1].number);
    assert_int_not_equal(site->devices[0].number, 0);
    assert_int_not_equal(site->points[0].number, 0);
    assert_int_not_equal(site->destinations[0].number, 0);
    site_free(site);
}

static void
the_same_site_gets_the_same_numbers(void **state)
{
    struct site *first = number(*state, "bus: line", "bus: line");
    struct site *again = number(*state, "bus: line", "bus: line");

    for (uint32_t i = 0; i < first->point_count; i++)
        assert_int_equal(first->points[i].number, again->points[i].number);
    for (uint16_t i = 0; i < first->device_count; i++)
        assert_int_equal(first->devices[i].number, again->devices[i].number);
    assert_int_equal(first->destinations[0].number, again->destinations[0].number);
    site_free(first);
    site_free(again);
}

/* Another unit, scale, offset or type is another quantity; a plausible range is not. */
static void
a_change_of_meaning_starts_a_new_number(void **state)
{
    static const char POWER[] = "power: {holding: 0, type: float32, unit: kW}";
    static const char *const OTHERS[] = {
        "power: {holding: 0, type: float32, unit: MW}",
        "power: {holding: 0, type: float32, unit: kW, scale: 0.1}",
        "power: {holding: 0, type: float32, unit: kW, offset: 1}",
        "power: {holding: 0, type: s32, unit: kW}",
    };
    struct bench *bench = *state;
    uint32_t seen[1 + sizeof OTHERS / sizeof OTHERS[0]];

    seen[0] = number_of_point(bench, POWER, POWER, "meter", "power");
    for (size_t i = 1; i < sizeof seen / sizeof seen[0]; i++) {
        seen[i] = number_of_point(bench, POWER, OTHERS[i - 1], "meter", "power");
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(seen[i], seen[j]);
        assert_name(bench, seen[i], "power");
    }
    uint32_t ranged = number_of_point(bench, POWER,
                                      "power: {holding: 0, type: float32, unit: kW, range: [0, 9]}",
                                      "meter", "power");
    assert_int_equal(ranged, seen[0]);
}

static void
a_number_once_given_keeps_its_meaning(void **state)
{
    static const char POWER[] = "power: {holding: 0, type: float32, unit: kW}";
    struct bench *bench = *state;
    uint32_t kilowatt = number_of_point(bench, POWER, POWER, "meter", "power");

    number_of_point(bench, POWER, "power: {holding: 0, type: float32, unit: MW}", "meter", "power");
    number_of_point(bench, POWER, "other: {holding: 0, type: float32, unit: MW}", "meter", "other");
    struct statement *statement = database_query(
        bench->database, "SELECT unit FROM points WHERE number=?", "i", (int64_t)kilowatt);
    assert_int_equal(database_step(bench->database, statement), 1);
    assert_string_equal(database_text(statement, 0), "kW");
    database_reset(statement);
    assert_name(bench, kilowatt, "power");
}

static void
was_carries_the_number_to_the_new_name(void **state)
{
    static const char POWER[] = "power: {holding: 0, type: float32, unit: kW}";
    static const char RENAMED[] = "load: {holding: 0, type: float32, unit: kW, was: power}";
    struct bench *bench = *state;
    uint32_t before = number_of_point(bench, POWER, POWER, "meter", "power");

    assert_int_equal(number_of_point(bench, POWER, RENAMED, "meter", "load"), before);
    assert_name(bench, before, "load");
    assert_int_equal(number_of_point(bench, POWER, RENAMED, "meter", "load"), before);
    assert_int_equal(number_of_point(bench, POWER, "load: {holding: 0, type: float32, unit: kW}",
                                     "meter", "load"),
                     before);
    /* the old name is free: who takes it is someone else */
    assert_int_not_equal(number_of_point(bench, POWER, POWER, "meter", "power"), before);
}

static void
was_does_not_carry_over_a_change_of_meaning(void **state)
{
    static const char POWER[] = "power: {holding: 0, type: float32, unit: kW}";
    struct bench *bench = *state;
    uint32_t before = number_of_point(bench, POWER, POWER, "meter", "power");
    uint32_t after = number_of_point(
        bench, POWER, "load: {holding: 0, type: float32, unit: MW, was: power}", "meter", "load");

    assert_int_not_equal(after, before);
    assert_name(bench, before, "power");
}

static void
one_name_on_two_devices_is_two_points(void **state)
{
    static const char TAG[] = "tag: {holding: 2, type: string, registers: 4}";
    struct site *site = number(*state, TAG, "power: {holding: 2, type: float32, unit: kW}");

    assert_int_not_equal(site_find_point(site, "cems", "power")->number,
                         site_find_point(site, "meter", "power")->number);
    site_free(site);
}

/* Map keys of a record ascend by these. */
static void
points_are_ordered_by_number(void **state)
{
    static const char SO2[] = "so2: {holding: 0, type: float32, unit: mg/m3}";
    struct bench *bench = *state;

    site_free(number(bench, SO2, "so2: {holding: 0, type: u32, unit: mg/m3}"));
    struct site *site = number(bench, SO2, SO2);
    const struct device *cems = site_find_device(site, "cems");
    assert_int_equal(cems->point_count, 3);
    assert_true(cems->points[0].number > cems->points[1].number);
    for (uint16_t i = 1; i < cems->point_count; i++)
        assert_true(cems->points[cems->by_number[i - 1]].number <
                    cems->points[cems->by_number[i]].number);
    site_free(site);
}

static void
a_boot_keeps_its_number(void **state)
{
    struct bench *bench = *state;
    uint32_t first = registry_boot(bench->database, "0123456789abcdef0123456789abcdef", 1);
    uint32_t second = registry_boot(bench->database, "fedcba9876543210fedcba9876543210", 2);

    assert_int_not_equal(first, 0);
    assert_true(second > first);
    assert_int_equal(registry_boot(bench->database, "0123456789abcdef0123456789abcdef", 3), first);
    uint32_t unknown = registry_boot(bench->database, "unknown", 4);
    assert_true(unknown > second);
    assert_true(registry_boot(bench->database, "unknown", 5) > unknown);
}

int
main(void)
{
#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        BENCH_TEST(everything_has_a_number_of_its_own),
        BENCH_TEST(the_same_site_gets_the_same_numbers),
        BENCH_TEST(a_change_of_meaning_starts_a_new_number),
        BENCH_TEST(a_number_once_given_keeps_its_meaning),
        BENCH_TEST(was_carries_the_number_to_the_new_name),
        BENCH_TEST(was_does_not_carry_over_a_change_of_meaning),
        BENCH_TEST(one_name_on_two_devices_is_two_points),
        BENCH_TEST(points_are_ordered_by_number),
        BENCH_TEST(a_boot_keeps_its_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "daemon/assess/qualify_declare.c"
#include "daemon/assess/qualify_state.c"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "tests/unit/quality_site.c"

static const char *why;

static struct declaration
make_maintenance(const char *subject, int64_t from_ms, int64_t until_ms)
{
    struct declaration declaration = {.kind = DECLARE_MAINTENANCE,
                                      .word = "on",
                                      .by = "zhang.wei",
                                      .from_utc_ms = NOON_UTC_MS + from_ms,
                                      .until_utc_ms = NOON_UTC_MS + until_ms};
    snprintf(declaration.subject, sizeof declaration.subject, "%s", subject);
    return declaration;
}

static int
declare(const char *subject, int64_t from_ms, int64_t until_ms)
{
    struct declaration declaration = make_maintenance(subject, from_ms, until_ms);
    why = NULL;
    return qualify_declare(&qualify, &declaration, &why);
}

static int
end(const char *subject)
{
    struct declaration declaration = make_maintenance(subject, now.utc_ms - NOON_UTC_MS, 0);
    strcpy(declaration.word, "off");
    return qualify_declare(&qualify, &declaration, &why);
}

static void
maintenance_begins_and_expires_to_the_millisecond(void **state)
{
    (void)state;
    begin();
    assert_int_equal(declare("cems", 1000, 5000), 0);
    pass(999);
    assert_int_equal(read_word(0), QUALITY_GOOD);
    pass(1);
    assert_int_equal(read_word(0), QUALITY_MAINTENANCE);
    assert_int_equal(values[STATUS].quality, QUALITY_MAINTENANCE); /* the whole device */
    pass(3999);
    assert_int_equal(read_word(0), QUALITY_MAINTENANCE);
    pass(1);
    assert_int_equal(read_word(0), QUALITY_GOOD);
}

static void
a_point_alone_can_be_in_maintenance(void **state)
{
    (void)state;
    begin();
    assert_int_equal(declare("cems.nox", 0, 5000), 0);
    assert_int_equal(read_word(0), QUALITY_GOOD);
    assert_int_equal(values[NOX].quality, QUALITY_MAINTENANCE);
    assert_int_equal(values[STATUS].quality, QUALITY_GOOD);
    read_key(1); /* the PLC is not touched: checked there */
}

static void
of_an_asset_what_its_limits_judge(void **state)
{
    (void)state;
    static struct asset other = {.name = "boiler-4"};
    limits[0] = (struct limit){.asset = &assets[0], .point = &points[SO2]};
    limits[1] = (struct limit){.asset = &other, .point = &points[NOX]};
    site.limit_count = 2;
    begin();
    assert_int_equal(declare("boiler-3", 0, 5000), 0);
    assert_int_equal(read_word(0), QUALITY_MAINTENANCE);
    assert_int_equal(values[NOX].quality, QUALITY_GOOD);
    assert_int_equal(values[STATUS].quality, QUALITY_GOOD);
    read_key(0);
}

static void
of_an_asset_all_that_is_derived_for_it(void **state)
{
    (void)state;
    static struct asset other = {.name = "boiler-4"};
    devices[ANALYSER].asset = &assets[0];
    begin();
    struct stamp at = now;
    assert_int_equal(declare("boiler-3", 1000, 5000), 0);
    assert_int_equal(qualify_of_asset(&qualify, &assets[0], &at), QUALITY_GOOD);
    at.utc_ms += 1000;
    assert_int_equal(qualify_of_asset(&qualify, &assets[0], &at), QUALITY_MAINTENANCE);
    assert_int_equal(qualify_of_asset(&qualify, &other, &at), QUALITY_GOOD);
    at.utc_ms += 3999;
    assert_int_equal(qualify_of_asset(&qualify, &assets[0], &at), QUALITY_MAINTENANCE);
    at.clock = CLOCK_UNKNOWN;
    assert_int_equal(qualify_of_asset(&qualify, &assets[0], &at), QUALITY_GOOD);
    at.clock = CLOCK_SYNCHRONISED;
    at.utc_ms += 1;
    assert_int_equal(qualify_of_asset(&qualify, &assets[0], &at), QUALITY_GOOD);
    assert_int_equal(declare("cems", 0, 5000), -ENOENT); /* derived points are the asset's */
}

static void
calibration_is_more_than_maintenance(void **state)
{
    (void)state;
    add_word_rule();
    begin();
    declare("cems", 0, 5000);
    assert_int_equal(read_word(3), QUALITY_CALIBRATION);
    assert_int_equal(read_word(9), QUALITY_MAINTENANCE);
}

static void
it_can_be_ended_early(void **state)
{
    (void)state;
    begin();
    assert_int_equal(end("cems"), -ENOENT);
    assert_non_null(why);
    declare("cems", 0, 3600000);
    assert_int_equal(declare("cems.nox", 0, 3600000), 0);
    pass(1000);
    assert_int_equal(read_word(0), QUALITY_MAINTENANCE);
    assert_int_equal(end("cems"), 0);
    assert_int_equal(read_word(0), QUALITY_GOOD);
    assert_int_equal(values[NOX].quality, QUALITY_MAINTENANCE);
    assert_int_equal(end("cems"), -ENOENT);
}

static void
it_never_lasts_longer_than_the_site_allows(void **state)
{
    (void)state;
    begin();
    assert_int_equal(declare("cems", 0, DAY_MS + 1), -EINVAL);
    assert_non_null(strstr(why, "maintenance-max"));
    assert_int_equal(declare("cems", 0, DAY_MS), 0);
    assert_int_equal(declare("cems", 0, 0), -EINVAL);
    assert_non_null(why);
    assert_int_equal(declare("cems", 5000, 4999), -EINVAL);
    site.maintenance_max_s = 60;
    assert_int_equal(declare("cems", 0, 60000), 0);
    assert_int_equal(declare("cems", 0, 60001), -EINVAL);
}

static void
nonsense_is_refused_with_a_sentence(void **state)
{
    (void)state;
    begin();
    static const char *const unknown[] = {"stack", "cems.pm", "cem", "cemss", "boiler-3.so2", ""};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        assert_int_equal(declare(unknown[i], 0, 5000), -ENOENT);
        assert_non_null(why);
    }
    struct declaration declaration = make_maintenance("cems", 0, 5000);
    *declaration.by = '\0';
    assert_int_equal(qualify_declare(&qualify, &declaration, &why), -EINVAL);
    declaration = make_maintenance("cems", 0, 5000);
    strcpy(declaration.word, "maybe");
    assert_int_equal(qualify_declare(&qualify, &declaration, &why), -EINVAL);
    declaration.kind = DECLARE_MODE;
    assert_int_equal(qualify_declare(&qualify, &declaration, &why), -EINVAL);
    assert_int_equal(read_word(0), QUALITY_GOOD);
}

static void
a_full_table_refuses_until_one_expires(void **state)
{
    (void)state;
    begin();
    read_word(0);
    for (int i = 0; i < QUALIFY_DECLARATIONS; i++)
        assert_int_equal(declare("cems.nox", 0, 5000 + i), 0);
    assert_int_equal(declare("cems", 0, 60000), -ENOSPC);
    assert_non_null(why);
    pass(4999);
    read_word(0);
    assert_int_equal(declare("cems", 0, 60000), -ENOSPC);
    pass(1);
    read_word(0);
    assert_int_equal(declare("cems", 0, 60000), 0);
    assert_int_equal(read_word(0), QUALITY_MAINTENANCE);
    assert_int_equal(declare("cems", 0, 60000), -ENOSPC);
}

static void
without_a_known_time_nothing_is_declared(void **state)
{
    (void)state;
    begin();
    declare("cems", 0, 5000);
    now.clock = CLOCK_UNKNOWN;
    assert_int_equal(read_word(0), QUALITY_CLOCK_UNKNOWN);
}

/* ---- calibrations ---- */

static int
declare_calibration(const char *subject, int64_t at_ms)
{
    struct declaration declaration = make_maintenance(subject, at_ms, 0);
    declaration.kind = DECLARE_CALIBRATED;
    return qualify_declare(&qualify, &declaration, &why);
}

static void
add_calendars(void)
{
    static const uint16_t so2[] = {SO2};
    for (int i = 0; i < 2; i++)
        calendars[i] = (struct calendar){.every_s = 86400, .first_utc_ms = NOON_UTC_MS - DAY_MS};
    calendars[0].of = (struct point_list){so2, 1};
    calendars[1].of = (struct point_list){NOX_ALONE, 1};
    said.calendar_count = 2;
}

static void
a_declared_calibration_counts_from_its_time(void **state)
{
    (void)state;
    add_calendars();
    begin();
    assert_int_equal(read_word(0), QUALITY_CALIBRATION_DUE);
    assert_int_equal(declare_calibration("cems.so2", -1000), 0);
    assert_int_equal(read_word(0), QUALITY_GOOD);
    assert_int_equal(values[NOX].quality, QUALITY_CALIBRATION_DUE);
    pass(DAY_MS - 1001);
    assert_int_equal(read_word(0), QUALITY_GOOD);
    pass(1);
    assert_int_equal(read_word(0), QUALITY_CALIBRATION_DUE);
    assert_int_equal(declare_calibration("cems", DAY_MS - 1000), 0);
    assert_int_equal(read_word(0), QUALITY_GOOD);
    assert_int_equal(values[NOX].quality, QUALITY_GOOD);
}

static void
an_older_calibration_takes_nothing_back(void **state)
{
    (void)state;
    add_calendars();
    begin();
    declare_calibration("cems", 0);
    assert_int_equal(declare_calibration("cems", -DAY_MS / 2), 0);
    pass(DAY_MS - 1);
    assert_int_equal(read_word(0), QUALITY_GOOD);
}

static void
calibrations_that_cannot_be_are_refused(void **state)
{
    (void)state;
    add_calendars();
    begin();
    read_word(0);
    assert_int_equal(declare_calibration("plc", 0), -ENOENT);
    assert_non_null(strstr(why, "calendar"));
    assert_int_equal(declare_calibration("cems.status", 0), -ENOENT);
    assert_int_equal(declare_calibration("boiler-3", 0), -EINVAL);
    assert_int_equal(declare_calibration("cems", DAY_MS + 1), -EINVAL);
    assert_int_equal(read_word(0), QUALITY_CALIBRATION_DUE);
}

/* ---- the state ---- */

static uint8_t memory[16384];

static size_t
save(void)
{
    struct buf buf;
    buf_init(&buf, memory, sizeof memory);
    struct exchange exchange = {.out = &buf};
    qualify_save(&exchange, &qualify);
    assert_false(buf.overflow);
    assert_true(buf.length <= qualify_state_size(&qualify));
    return buf.length;
}

static bool
load(size_t length, struct qualify *into)
{
    struct cbor_cursor cursor;
    cbor_cursor_init(&cursor, memory, length);
    struct exchange exchange = {.in = &cursor};
    qualify_load(&exchange, into);
    return !cursor.failed && cursor.left == 0;
}

/* Something of each kind, and as it goes on without a restart: so2, nox, status of two scans. */
static void
make_memory(void)
{
    add_word_rule();
    struct status_rule *rule = add_rule(STATUS_WHEN, &points[KEY]);
    rule->means = INSTRUMENT_MAINTENANCE;
    rule->of = (struct point_list){NOX_ALONE, 1};
    add_calendars();
    limits[0] = (struct limit){.asset = &assets[0], .point = &points[SO2]};
    site.limit_count = 1;
    begin();
    read_word(3);
    read_key(1);
    declare_calibration("cems.nox", 0);
    declare("cems.nox", 2000, 4000);
    declare("plc", 60000, 70000);
    declare("boiler-3", 3000, 4000);
}

static void
all_of_it_survives_a_restart(void **state)
{
    (void)state;
    make_memory();
    for (int restart = 0; restart < 2; restart++) {
        size_t length = save();
        now = (struct stamp){NOON_UTC_MS, 1000000, 7, CLOCK_SYNCHRONISED};
        begin();
        assert_true(load(length, NULL));
        assert_true(load(length, &qualify));
        assert_int_equal(read_word(NAN), QUALITY_CALIBRATION_DUE);
        assert_true(qualify.calendars[0].calibrating);
        assert_int_equal(values[NOX].quality, QUALITY_CALIBRATION);
        assert_int_equal(values[STATUS].quality, QUALITY_TIMEOUT);
        size_t again = save();
        assert_int_equal(again, length);
    }
    pass(2000);
    read_key(0);
    assert_int_equal(read_word(0), QUALITY_GOOD);
    assert_true(qualify.calendars[0].has_last);
    assert_int_equal(values[NOX].quality, QUALITY_MAINTENANCE);
    pass(1000);
    assert_int_equal(read_word(0), QUALITY_MAINTENANCE);
    pass(1000);
    assert_int_equal(read_word(0), QUALITY_GOOD);
}

static void
what_the_site_no_longer_has_is_skipped(void **state)
{
    (void)state;
    make_memory();
    size_t length = save();
    points[NOX].number = 900;
    points[KEY].number = 901;
    devices[PLC].number = 902;
    assets[0].name = "boiler-5";
    begin();
    assert_true(load(length, &qualify));
    assert_false(qualify.calendars[1].has_last);
    assert_true(qualify.calendars[0].calibrating);
    assert_true(qualify.statuses[0].source->known);
    assert_false(qualify.statuses[1].source->known);
    assert_int_equal(qualify.declared_until_utc_ms, 0);
}

static void
an_expired_declaration_is_not_kept(void **state)
{
    (void)state;
    begin();
    declare("cems", 0, 5000);
    size_t with = save();
    pass(5000);
    read_word(0);
    assert_true(save() < with);
}

static void
a_state_of_nothing_loads(void **state)
{
    (void)state;
    begin();
    size_t length = save();
    assert_true(load(length, &qualify));
    assert_true(qualify.newest_utc_ms == INT64_MIN);
}

/* No cut or changed byte may lead an index astray; the sanitizers look on. */
static void
a_damaged_state_is_refused_or_harmless(void **state)
{
    (void)state;
    make_memory();
    size_t length = save();
    for (size_t cut = 0; cut < length; cut++)
        assert_false(load(cut, &qualify));
    for (size_t i = 0; i < length; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            memory[i] ^= (uint8_t)(1U << bit);
            begin();
            load(length, &qualify);
            read_word(0);
            memory[i] ^= (uint8_t)(1U << bit);
        }
    begin();
    assert_true(load(length, &qualify));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(maintenance_begins_and_expires_to_the_millisecond),
        TEST(a_point_alone_can_be_in_maintenance),
        TEST(of_an_asset_what_its_limits_judge),
        TEST(of_an_asset_all_that_is_derived_for_it),
        TEST(calibration_is_more_than_maintenance),
        TEST(it_can_be_ended_early),
        TEST(it_never_lasts_longer_than_the_site_allows),
        TEST(nonsense_is_refused_with_a_sentence),
        TEST(a_full_table_refuses_until_one_expires),
        TEST(without_a_known_time_nothing_is_declared),
        TEST(a_declared_calibration_counts_from_its_time),
        TEST(an_older_calibration_takes_nothing_back),
        TEST(calibrations_that_cannot_be_are_refused),
        TEST(all_of_it_survives_a_restart),
        TEST(what_the_site_no_longer_has_is_skipped),
        TEST(an_expired_declaration_is_not_kept),
        TEST(a_state_of_nothing_loads),
        TEST(a_damaged_state_is_refused_or_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

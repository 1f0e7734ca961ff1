#include "daemon/assess/judge_limit.c"

#include "tests/unit/assess_park.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

static struct park park;

static int
tear_down(void **state)
{
    (void)state;
    park_end(&park);
    return 0;
}

static int
set_up(void **state)
{
    (void)state;
    park_init(&park);
    park_add_limit(&park, AVERAGING_MINUTE, 50);
    park_add_limit(&park, AVERAGING_TEN_MINUTES, 50);
    struct limit *hour = park_add_limit(&park, AVERAGING_HOUR, 50);
    hour->source = "GB 13271-2014 table 3";
    park_begin(&park);
    return 0;
}

/* Minutes of one value, the last `bad` seconds of each in calibration with span gas. */
static void
live(unsigned minutes, double number, unsigned bad)
{
    for (unsigned i = 0; i < minutes * 60; i++) {
        bool is_bad = i % 60 >= 60 - bad;
        park_read(&park, CEMS, is_bad ? 400 : number, is_bad ? QUALITY_CALIBRATION : QUALITY_GOOD);
        park_pass(&park, 1000);
    }
}

static size_t
count_events(const char *averaging, enum event_phase phase)
{
    size_t count = 0;
    for (size_t i = 0; i < park.event_count; i++)
        count += park.events[i].phase == phase && !strcmp(park.events[i].averaging, averaging);
    return count;
}

static const struct event *
newest(const char *averaging)
{
    for (size_t i = park.event_count; i-- > 0;)
        if (!strcmp(park.events[i].averaging, averaging))
            return &park.events[i];
    return NULL;
}

static void
a_mean_equal_to_the_limit_is_compliant(void **state)
{
    (void)state;
    live(61, 50, 0);
    assert_int_equal(park.event_count, 0);
}

static void
consecutive_hours_are_one_event(void **state)
{
    (void)state;
    live(60, 51, 0);
    assert_null(newest("1 h")); /* not before the hour is over */
    live(60, 52, 0);
    const struct event *hour = newest("1 h");
    assert_int_equal(hour->phase, PHASE_OPENED);
    assert_string_equal(hour->kind, "exceedance.hour");
    assert_int_equal(hour->severity, SEVERITY_ALARM);
    assert_true(hour->value == 51 && hour->duration_ms == 3600000);
    assert_string_equal(park_detail(hour, "source"), "GB 13271-2014 table 3");
    live(60, 50.5, 0);
    live(60, 40, 0);
    hour = newest("1 h");
    assert_int_equal(hour->phase, PHASE_UPDATED);
    assert_int_equal(park_detail_integer(hour, "periods"), 3);
    assert_true(park_detail_integer(hour, "first_period_ms") == PARK_NOON_UTC_MS);
    assert_true(park_detail_integer(hour, "last_period_ms") == PARK_NOON_UTC_MS + 7200000);
    live(1, 40, 0);
    hour = newest("1 h");
    assert_int_equal(hour->phase, PHASE_CLOSED);
    assert_int_equal(park_detail_integer(hour, "periods"), 3);
    assert_true(hour->peak == 52 && hour->value == 40 && hour->duration_ms == 3 * 3600000);
    assert_int_equal(count_events("1 h", PHASE_OPENED), 1);
    assert_int_equal(count_events("1 h", PHASE_UPDATED), 2);
    assert_int_equal(count_events("10 min", PHASE_OPENED), 1);
    assert_int_equal(count_events("10 min", PHASE_UPDATED), 17);
    assert_string_equal(newest("10 min")->kind, "exceedance.warning");
    assert_int_equal(newest("10 min")->phase, PHASE_CLOSED);
    assert_int_equal(count_events("1 min", PHASE_OPENED), 1);
    assert_int_equal(count_events("1 min", PHASE_CLOSED), 1);
}

static void
span_gas_is_in_no_mean(void **state)
{
    (void)state;
    live(61, 49, 15); /* 45 of 60 are good: the minutes and the hour are valid */
    assert_int_equal(park.event_count, 0);
}

static void
a_mean_of_less_than_three_quarters_is_no_verdict(void **state)
{
    (void)state;
    live(1, 51, 0);
    live(1, 51, 16); /* 44 of 60: holds */
    live(1, 20, 16); /* holds */
    live(1, 51, 0);
    live(1, 20, 15);
    live(1, 20, 0);
    assert_int_equal(count_events("1 min", PHASE_OPENED), 1);
    assert_int_equal(count_events("1 min", PHASE_UPDATED), 1);
    assert_int_equal(count_events("1 min", PHASE_CLOSED), 1);
    assert_int_equal(park_detail_integer(newest("1 min"), "periods"), 2);
}

static void
kinds_by_kind_of_limit(void **state)
{
    (void)state;
    struct limit limit = {.kind = LIMIT_ULTRA_LOW, .averaging = AVERAGING_HOUR};
    assert_string_equal(kind_of(&limit), "target.ultra-low");
    assert_int_equal(severity_of(&limit), SEVERITY_WARNING);
    limit.kind = LIMIT_WARNING;
    assert_string_equal(kind_of(&limit), "exceedance.warning");
    limit.kind = LIMIT_PERMIT;
    limit.averaging = AVERAGING_MINUTE;
    assert_string_equal(kind_of(&limit), "exceedance.warning");
    assert_int_equal(severity_of(&limit), SEVERITY_WARNING);
    const enum averaging verdicts[] = {AVERAGING_HOUR, AVERAGING_DAY, AVERAGING_SINGLE,
                                       AVERAGING_FIVE_MINUTES};
    const char *const kinds[] = {"exceedance.hour", "exceedance.day", "exceedance.single",
                                 "exceedance.five-minutes"};
    for (size_t i = 0; i < 4; i++) {
        limit.averaging = verdicts[i];
        assert_string_equal(kind_of(&limit), kinds[i]);
        assert_int_equal(severity_of(&limit), SEVERITY_ALARM);
    }
}

/* standards.md 12 #7: the mean of the corrected is the verdict, where the two differ both are
 * shown. */
static void
both_corrections_are_shown_where_they_differ(void **state)
{
    (void)state;
    struct turn turn = {.at = &park.now, .outlet = &park.outlet};
    uint64_t opened = 0;
    turn.opened = &opened;
    struct judged_limit judged;
    judge_limit_init(&judged, &park.limits[2], "boiler-3.so2", NULL, NULL);
    struct statistic hour = {.point = &park.points[SO2],
                             .period = PERIOD_HOUR,
                             .start_utc_ms = PARK_NOON_UTC_MS,
                             .end_utc_ms = PARK_NOON_UTC_MS + 3600000,
                             .mean = 50.5,
                             .is_valid = true,
                             .has_corrected_mean = true,
                             .corrected_mean = 50};
    judge_limit_mean(&judged, &hour, &turn);
    assert_int_equal(park.event_count, 1);
    const struct detail *details = park_last(&park)->details;
    size_t both = 0;
    for (size_t i = 0; i < park_last(&park)->detail_count; i++)
        both += (!strcmp(details[i].key, "corrected_mean") && details[i].as.number == 50) ||
                (!strcmp(details[i].key, "mean_corrected") && details[i].as.number == 50.5);
    assert_int_equal(both, 2);
    hour.corrected_mean = 50.1;
    hour.start_utc_ms += 3600000;
    hour.end_utc_ms += 3600000;
    judge_limit_mean(&judged, &hour, &turn);
    assert_int_equal(park.event_count, 2);
    details = park_last(&park)->details;
    for (size_t i = 0; i < park_last(&park)->detail_count; i++)
        assert_string_not_equal(details[i].key, "mean_corrected");
}

/* The verdict is "kept": no event is open that could show both. */
static void
both_are_shown_where_the_verdict_is_kept(void **state)
{
    (void)state;
    struct turn turn = {.at = &park.now, .outlet = &park.outlet};
    uint64_t opened = 0;
    turn.opened = &opened;
    struct judged_limit judged;
    judge_limit_init(&judged, &park.limits[2], "boiler-3.so2", NULL, NULL);
    struct statistic hour = {.point = &park.points[SO2],
                             .period = PERIOD_HOUR,
                             .start_utc_ms = PARK_NOON_UTC_MS,
                             .end_utc_ms = PARK_NOON_UTC_MS + 3600000,
                             .mean = 50,
                             .is_valid = true,
                             .has_corrected_mean = true,
                             .corrected_mean = 50};
    judge_limit_mean(&judged, &hour, &turn);
    assert_int_equal(park.event_count, 0);
    hour.corrected_mean = 50.001;
    judge_limit_mean(&judged, &hour, &turn);
    assert_int_equal(park.event_count, 1);
    const struct event *note = park_last(&park);
    assert_string_equal(note->kind, "exceedance.warning");
    assert_int_equal(note->phase, PHASE_NOTED);
    assert_true(note->value == 50 && note->limit == 50);
    assert_true(park_detail_integer(note, "first_period_ms") == PARK_NOON_UTC_MS);
    size_t both = 0;
    for (size_t i = 0; i < note->detail_count; i++)
        both += (!strcmp(note->details[i].key, "corrected_mean") &&
                 note->details[i].as.number == 50.001) ||
                (!strcmp(note->details[i].key, "mean_corrected") &&
                 note->details[i].as.number == 50);
    assert_int_equal(both, 2);
    assert_false(finding_is_open(&judged.finding));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_mean_equal_to_the_limit_is_compliant),
        TEST(consecutive_hours_are_one_event),
        TEST(span_gas_is_in_no_mean),
        TEST(a_mean_of_less_than_three_quarters_is_no_verdict),
        TEST(kinds_by_kind_of_limit),
        TEST(both_corrections_are_shown_where_they_differ),
        TEST(both_are_shown_where_the_verdict_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

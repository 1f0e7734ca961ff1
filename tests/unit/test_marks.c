/* Day marks: what they claim, what is exempt, what is late, and the queue of yesterday's hours. */
#include "tests/unit/marks_bench.h"

#define NOON (BENCH_DAY + 36 * HOUR_MS) /* of the next day: the deadline of BENCH_DAY */

static const char SITE[] = "assets:\n"
                           "  boiler:\n"
                           "    kind: generic\n"
                           "    from: cems\n"
                           "    limits: {so2: 100 mg/m3, nox: 100 mg/m3}\n"
                           "    exemptions: {nox: {startup: 4h, shutdown: 1h, a-year: 6h}}\n";

static struct declaration
make(const char *word, const char *pollutant, int from_h, int until_h)
{
    struct declaration said = {.kind = DECLARE_MARK,
                               .subject = "boiler",
                               .from_utc_ms = BENCH_DAY + from_h * HOUR_MS,
                               .until_utc_ms = BENCH_DAY + until_h * HOUR_MS};
    snprintf(said.word, sizeof said.word, "%s", word);
    snprintf(said.pollutant, sizeof said.pollutant, "%s", pollutant);
    return said;
}

static int
mark(const char *word, const char *pollutant, int from_h, int until_h)
{
    return bench_declare(make(word, pollutant, from_h, until_h));
}

static const char *
last_mark(void)
{
    for (size_t i = bench.count; i-- > 0;)
        if (strstr(bench.events[i].text, "declared.mark"))
            return bench.events[i].text;
    return "";
}

static void
assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' lacks '%s'", text, part);
}

static void
assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("'%s' has '%s'", text, part);
}

static void
pass_to(int64_t utc_ms)
{
    bench.now.mono_ms += utc_ms - bench.now.utc_ms;
    bench.now.utc_ms = utc_ms;
}

static void
nonsense_is_refused(void **state)
{
    (void)state;
    bench_begin(SITE, BENCH_DAY + 10 * HOUR_MS);
    assert_int_equal(mark("holiday", "", 8, 9), -EINVAL);
    assert_has(bench.why, "the condition is one of running, startup");
    assert_int_equal(mark("startup", "", 9, 9), -EINVAL);
    assert_has(bench.why, "end after its beginning");
    struct declaration said = make("startup", "", 8, 9);
    said.from_utc_ms++;
    assert_int_equal(bench_declare(said), -EINVAL);
    assert_has(bench.why, "whole hours");
    said = make("startup", "", 8, 9);
    said.until_utc_ms += MINUTE_MS;
    assert_int_equal(bench_declare(said), -EINVAL);
    assert_has(bench.why, "whole hours");
    assert_int_equal(mark("startup", "", 8, 11), -EINVAL);
    assert_has(bench.why, "hours that are over");
    assert_int_equal(mark("startup", "pm", 8, 9), -EINVAL);
    assert_has(bench.why, "no hourly permit limit of that pollutant");
    assert_int_equal(bench.count, 0);
    assert_int_equal(mark("startup", "", 8, 10), 0);
    pass_to(bench.now.utc_ms - 1);
    assert_int_equal(mark("startup", "", 8, 10), -EINVAL); /* a millisecond early */
}

static void
exempt_within_the_permits_hours_only(void **state)
{
    (void)state;
    bench_begin(SITE, BENCH_DAY + 20 * HOUR_MS);
    mark("startup", "nox", 0, 4);
    assert_has(last_mark(), " exempt=yes");
    assert_lacks(last_mark(), "note=");
    mark("startup", "nox", 4, 5); /* the fifth of one start-up */
    assert_has(last_mark(), " exempt=no");
    assert_has(last_mark(), "note=more hours than the permit exempts at a time");
    mark("startup", "nox", 5, 6); /* the row goes on */
    assert_has(last_mark(), " exempt=no");
    mark("startup", "so2", 0, 1);
    assert_has(last_mark(), " exempt=no");
    assert_has(last_mark(), "note=the site file gives no exemption");
    mark("stopped", "nox", 10, 11);
    assert_lacks(last_mark(), "exempt=");
    mark("shutdown", "nox", 12, 14);
    assert_has(last_mark(), " exempt=partly");
}

static void
one_mark_for_all_pollutants(void **state)
{
    (void)state;
    bench_begin(SITE, BENCH_DAY + 20 * HOUR_MS);
    mark("start-up", "", 0, 2);
    assert_has(last_mark(), " exempt=partly");
    assert_has(last_mark(), "note=the site file gives no exemption");
}

static void
the_year_has_a_budget(void **state)
{
    (void)state;
    for (int restarts = 0; restarts < 2; restarts++) {
        bench_begin(SITE, BENCH_DAY + 20 * HOUR_MS);
        bench.restarts = restarts;
        mark("startup", "nox", 0, 4);
        mark("startup", "nox", 6, 8); /* 6 of 6 */
        assert_has(last_mark(), " exempt=yes");
        mark("startup", "nox", 9, 10);
        assert_has(last_mark(), " exempt=no");
        assert_has(last_mark(), "note=the permit's hours of the year are used up");
        mark("running", "nox", 7, 8); /* gives one back */
        mark("startup", "nox", 9, 10);
        assert_has(last_mark(), " exempt=yes");
        pass_to(BENCH_DAY + 41 * 24 * HOUR_MS + HOUR_MS); /* 2027-01-01 01:00 */
        mark("startup", "nox", 41 * 24 - 1, 41 * 24);     /* the last hour of 2026 */
        assert_has(last_mark(), " exempt=no");
        mark("startup", "nox", 41 * 24, 41 * 24 + 1);
        assert_has(last_mark(), " exempt=yes");
        bench_end(NULL);
    }
}

static void
a_row_goes_on_across_midnight(void **state)
{
    (void)state;
    bench_begin(SITE, BENCH_DAY + 24 * HOUR_MS);
    mark("startup", "nox", 21, 24);
    assert_has(last_mark(), " exempt=yes");
    pass_to(BENCH_DAY + 48 * HOUR_MS + HOUR_MS); /* that day has left the window */
    mark("startup", "nox", 24, 25);
    assert_has(last_mark(), " exempt=yes");
    mark("startup", "nox", 25, 26);
    assert_has(last_mark(), " exempt=no");
}

static void
marks_are_late_from_noon(void **state)
{
    (void)state;
    bench_begin(SITE, NOON - 1);
    mark("startup", "nox", 20, 24);
    assert_has(last_mark(), " exempt=yes");
    assert_lacks(last_mark(), "late_hours");
    bench_end(NULL);
    bench_begin(SITE, NOON);
    mark("startup", "nox", 20, 24);
    assert_has(last_mark(), " exempt=no");
    assert_has(last_mark(), " late_hours=4");
    assert_has(last_mark(), "note=marked after 12:00 of the next day");
    mark("startup", "nox", 23, 26); /* its hours of today are in time */
    assert_has(last_mark(), " exempt=partly");
    assert_has(last_mark(), " late_hours=1");
}

/* An hour of readings: 60 of them. */
static void
run_hours(int hours, double so2, double nox)
{
    bench.values[SO2] = so2;
    bench.values[NOX] = nox;
    bench_run(60 * hours);
}

static void
an_exceeded_hour_stays_and_is_noted(void **state)
{
    (void)state;
    for (int restarts = 0; restarts < 2; restarts++) {
        bench_begin(SITE, BENCH_DAY);
        bench.restarts = restarts;
        run_hours(1, 50, 50);
        run_hours(2, 150, 120);
        run_hours(2, 50, 50);
        assert_int_equal(bench_count("opened exceedance.hour"), 2);
        mark("startup", "nox", 0, 3);
        assert_int_equal(bench_count("exceedance.marked"), 2); /* nothing exceeded in hour 0 */
        const struct bench_event *told = bench_need("noted exceedance.marked boiler.nox");
        char text[100];
        snprintf(text, sizeof text, "condition=startup exempt=yes hour_ms=%lld mark=%zu",
                 BENCH_DAY + HOUR_MS, bench.count - 2);
        assert_has(told->text, text);
        assert_true(told->value == 120);
        mark("fault", "", 2, 3); /* supersedes, for so2 as well */
        assert_int_equal(bench_count("exceedance.marked boiler.nox"), 3);
        assert_int_equal(bench_count("exceedance.marked boiler.so2"), 1);
        assert_has(bench_need("exceedance.marked boiler.so2")->text, "condition=fault exempt=no");
        assert_true(bench_need("exceedance.marked boiler.so2")->value == 150);
        size_t before = bench.count;
        pass_to(NOON);
        mark("startup", "nox", 1, 3); /* late: changes nothing */
        assert_int_equal(bench_find(before + 1, "exceedance.marked"), 0);
        bench_end(NULL);
    }
}

static void
the_queue_and_its_deadline(void **state)
{
    (void)state;
    for (int restarts = 0; restarts < 2; restarts++) {
        bench_begin(SITE, BENCH_DAY + 20 * HOUR_MS);
        bench.restarts = restarts;
        run_hours(1, 50, 50);
        run_hours(1, 150, 50); /* 21:00 exceeded */
        bench.values[NOX] = BAD;
        bench.values[SO2] = 50;
        bench_run(60); /* 22:00 not valid */
        run_hours(1, 50, 50);
        assert_int_equal(bench_count("marks.due"), 0); /* not before the day's means are judged */
        bench_run(1);
        assert_has(bench_need("opened marks.due boiler info count=2")->text,
                   "deadline_ms=1795320000000 first_ms=1795266000000 last_ms=1795269600000");
        assert_int_equal(bench_need("opened marks.due")->at_utc_ms,
                         BENCH_DAY + 24 * HOUR_MS + MINUTE_MS);
        mark("running", "so2", 21, 22);
        bench_run(1);
        bench_need("updated marks.due boiler info count=1");
        mark("fault", "so2", 22, 23); /* nox is what was not valid */
        pass_to(NOON - 2 * HOUR_MS - 1);
        bench_tick(0);
        assert_int_equal(bench_count("marks.due boiler warning"), 0);
        bench_tick(1);
        bench_need("updated marks.due boiler warning count=1");
        pass_to(NOON - 1);
        bench_tick(0);
        assert_int_equal(bench_count("closed marks.due"), 0);
        bench_tick(1);
        assert_has(bench_need("closed marks.due boiler warning count=1")->text, "reason=deadline");
        bench_tick(1000);
        assert_int_equal(bench_count("opened marks.due"), 1);
        bench_end(NULL);
    }
}

static void
a_mark_of_the_last_millisecond_is_in_time(void **state)
{
    (void)state;
    bench_begin(SITE, BENCH_DAY + 8 * HOUR_MS);
    bench.values[SO2] = 200;
    bench_run(60);
    bench.values[SO2] = 50;
    bench_run(23 * 60);
    bench_need("opened marks.due boiler");
    bench_run(3 * 60 + 59);
    pass_to(NOON - 1);
    assert_int_equal(mark("fault", "so2", 8, 9), 0);
    bench_tick(1);
    assert_has(bench_need("closed marks.due boiler")->text, " reason=marked");
    assert_has(bench_need("closed marks.due boiler")->text, " count=0");
}

/* What is derived for an asset is what its verdicts rest on. */
static void
maintenance_of_an_asset_is_of_what_is_derived_for_it(void **state)
{
    static const char BOILER[] = "assets:\n"
                                 "  boiler:\n"
                                 "    kind: boiler\n"
                                 "    fuel: coal\n"
                                 "    from: cems\n"
                                 "    production: {running-when: cems.fuel > 1 t/h}\n"
                                 "    limits: {so2-corrected: 100 mg/m3}\n"
                                 "    points: {so2-mean: \"avg(cems.so2, 10min)\"}\n"
                                 "    rules: {high: {when: so2-mean > 100 mg/m3}}\n";
    struct declaration said = {.kind = DECLARE_MAINTENANCE, .subject = "boiler", .word = "on"};
    (void)state;
    for (int declared = 0; declared < 2; declared++) {
        bench_begin(BOILER, BENCH_DAY);
        bench.values[FUEL] = 4;
        bench.values[O2] = 9;
        bench.values[SO2] = 50;
        bench_tick(0);
        said.from_utc_ms = bench.now.utc_ms;
        said.until_utc_ms = bench.now.utc_ms + HOUR_MS;
        if (declared)
            assert_int_equal(bench_declare(said), 0);
        bench.values[SO2] = 200;
        bench_run(60);
        bench.values[SO2] = 50;
        bench_run(10);
        assert_int_equal(bench_count("opened exceedance.hour boiler.so2-corrected"), !declared);
        assert_int_equal(bench_count("opened rule.high boiler.high"), !declared);
        bench_end(NULL);
    }
}

static void
the_queue_is_empty_when_all_is_marked(void **state)
{
    (void)state;
    bench_begin(SITE, BENCH_DAY + 22 * HOUR_MS);
    run_hours(1, 150, 50);
    run_hours(1, 50, 50);
    bench_run(1);
    bench_need("opened marks.due boiler info count=1");
    pass_to(NOON - 1);
    assert_int_equal(mark("running", "so2", 22, 23), 0);
    bench_tick(0);
    assert_has(bench_need("closed marks.due boiler info count=0")->text, "reason=marked");
}

/* The gateway was off from 20:00 to 23:00, and again over noon of the next day. */
static void
hours_without_any_reading_are_due(void **state)
{
    (void)state;
    bench_begin(SITE, BENCH_DAY + 19 * HOUR_MS);
    run_hours(1, 50, 50);
    pass_to(BENCH_DAY + 23 * HOUR_MS);
    bench_restart();
    run_hours(1, 50, 50);
    bench_run(1);
    assert_has(bench_need("opened marks.due boiler info count=3")->text,
               "first_ms=1795262400000 last_ms=1795269600000");
    pass_to(BENCH_DAY + 49 * HOUR_MS);
    bench_restart();
    bench_tick(0);
    bench_need("closed marks.due boiler info count=3");
    assert_int_equal(bench_count("opened marks.due"), 2); /* of the day that was off */
    assert_has(bench_need("opened marks.due boiler info count=24")->text,
               "deadline_ms=1795406400000");
}

static void
what_is_proposed_is_due(void **state)
{
    (void)state;
    bench_begin("assets:\n"
                "  boiler:\n"
                "    kind: boiler\n"
                "    from: cems\n"
                "    production: {running-when: cems.fuel > 0.5 t/h}\n",
                BENCH_DAY + 21 * HOUR_MS);
    bench.values[O2] = 9;
    bench.values[TEMPERATURE] = 150;
    bench.values[FUEL] = bench.values[LOAD] = 90;
    bench_run(115); /* 22:55 */
    bench.values[FUEL] = 0;
    bench_run(11); /* known at 23:05, dated back */
    bench_need("opened work.proposed boiler info state=shutdown");
    bench_run(55);
    assert_has(bench_need("opened marks.due boiler info count=2")->text,
               "first_ms=1795269600000 last_ms=1795273200000");
    mark("shutdown", "", 22, 24);
    bench_run(1);
    bench_need("closed marks.due boiler info count=0");
}

static void
without_room_it_is_said_again(void **state)
{
    (void)state;
    bench_begin(SITE, BENCH_DAY + 20 * HOUR_MS);
    bench.full = true;
    assert_int_equal(mark("startup", "nox", 0, 4), -ENOSPC);
    bench.full = false;
    assert_int_equal(mark("startup", "nox", 0, 4), 0);
    assert_has(last_mark(), " exempt=yes");
}

#define TEST(name) cmocka_unit_test_teardown(name, bench_end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nonsense_is_refused),
        TEST(exempt_within_the_permits_hours_only),
        TEST(one_mark_for_all_pollutants),
        TEST(the_year_has_a_budget),
        TEST(a_row_goes_on_across_midnight),
        TEST(marks_are_late_from_noon),
        TEST(an_exceeded_hour_stays_and_is_noted),
        TEST(the_queue_and_its_deadline),
        TEST(a_mark_of_the_last_millisecond_is_in_time),
        TEST(maintenance_of_an_asset_is_of_what_is_derived_for_it),
        TEST(the_queue_is_empty_when_all_is_marked),
        TEST(hours_without_any_reading_are_due),
        TEST(what_is_proposed_is_due),
        TEST(without_room_it_is_said_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

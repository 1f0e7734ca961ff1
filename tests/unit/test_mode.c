/* Modes of an asset: which one counts, when it begins and ends, what it orders. */
#include "config/modes.h"
#include "tests/unit/marks_bench.h"

static const char ASSETS[] =
    "assets:\n"
    "  line:\n"
    "    kind: generic\n"
    "    from: cems\n"
    "    production: {running-when: cems.load > 10 %}\n"
    "    orders: {emergency-red: stop, emergency-orange: {load: 50 %, rated: 100 %}}\n"
    "  other: {kind: generic, from: cems}\n";

static void
begin(const char *modes, int64_t utc_ms)
{
    char text[2000];
    snprintf(text, sizeof text, "%s%s%s", ASSETS, *modes ? "modes:\n" : "", modes);
    bench_begin(text, utc_ms);
}

static int
declare(const char *subject, const char *mode, int64_t from_ms, int64_t until_ms)
{
    struct declaration said = {.kind = DECLARE_MODE};
    snprintf(said.subject, sizeof said.subject, "%s", subject);
    snprintf(said.word, sizeof said.word, "%s", mode);
    said.from_utc_ms = bench.now.utc_ms + from_ms;
    said.until_utc_ms = bench.now.utc_ms + until_ms;
    return bench_declare(said);
}

static void
it_expires_to_the_millisecond(void **state)
{
    (void)state;
    for (int restarts = 0; restarts < 2; restarts++) {
        begin("", BENCH_DAY);
        bench.restarts = restarts;
        assert_int_equal(declare("line", "maintenance", 1000, 5000), 0);
        bench_tick(999);
        assert_int_equal(bench_count("mode.maintenance"), 0);
        bench_tick(1);
        bench_need("opened mode.maintenance line info by=Li Na source=declared");
        bench_tick(3999);
        assert_int_equal(bench_count("closed"), 0);
        bench_tick(1);
        bench_need("closed mode.maintenance line");
        assert_int_equal(bench_count("mode.maintenance other"), 0);
        bench_end(NULL);
    }
}

static void
normal_ends_what_was_declared(void **state)
{
    (void)state;
    begin("", BENCH_DAY);
    declare("gateway", "start-up", 0, HOUR_MS);
    declare("line", "shutdown", 0, HOUR_MS);
    bench_tick(1000);
    assert_int_equal(bench_count("opened mode.start-up"), 2);
    bench_need("opened mode.shutdown line");
    declare("line", "normal", 0, 0);
    bench_tick(1000);
    bench_need("closed mode.start-up line");
    bench_need("closed mode.shutdown line");
    assert_int_equal(bench_count("closed mode.start-up other"), 0);
}

static void
refusals(void **state)
{
    (void)state;
    begin("", BENCH_DAY);
    assert_int_equal(declare("line", "holiday", 0, 1000), -EINVAL);
    assert_non_null(strstr(bench.why, "the mode is one of normal"));
    assert_int_equal(declare("line", "shutdown", 0, 0), -EINVAL);
    assert_non_null(strstr(bench.why, "an end in the future"));
    assert_int_equal(declare("line", "shutdown", 5000, 5000), -EINVAL);
    assert_int_equal(declare("lines", "shutdown", 0, 5000), -ENOENT);
    bench.now.clock = CLOCK_UNKNOWN;
    assert_int_equal(declare("line", "shutdown", 0, 5000), -EAGAIN);
    bench_tick(1000);
    assert_int_equal(bench.count, 0);
}

static void
nothing_expires_while_the_clock_is_unknown(void **state)
{
    (void)state;
    begin("", BENCH_DAY);
    declare("line", "shutdown", 0, 5000);
    bench_tick(0);
    bench.now.clock = CLOCK_UNKNOWN;
    bench_tick(6000);
    assert_int_equal(bench_count("closed"), 0);
    bench.now.clock = CLOCK_SYNCHRONISED;
    bench_tick(0);
    bench_need("closed mode.shutdown line");
}

static void
nothing_begins_or_ends_while_the_clock_is_unknown(void **state)
{
    (void)state;
    for (int restarts = 0; restarts < 2; restarts++) {
        begin("  autumn: {mode: seasonal, asset: line, from: 09-01, until: 12-01}\n", BENCH_DAY);
        bench.restarts = restarts;
        bench_tick(0);
        bench_need("opened mode.seasonal line");
        assert_int_equal(declare("line", "emergency-red", HOUR_MS, 2 * HOUR_MS), 0);
        size_t before = bench.count;
        bench.now.boot++;
        bench.now.mono_ms = 5000;
        bench.now.utc_ms = 0;
        bench.now.clock = CLOCK_UNKNOWN;
        bench_tick(1000);
        bench_tick(1000);
        assert_int_equal(bench.count, before);
        bench.now.clock = CLOCK_SYNCHRONISED;
        bench.now.utc_ms = BENCH_DAY + HOUR_MS;
        bench_tick(0);
        assert_int_equal(bench_count("closed"), 0);
        bench_need("opened mode.emergency line");
        bench_end(NULL);
    }
}

static void
a_later_one_does_not_end_the_one_that_holds(void **state)
{
    (void)state;
    begin("", BENCH_DAY);
    assert_int_equal(declare("line", "maintenance", 0, HOUR_MS), 0);
    bench_tick(1000);
    bench_need("opened mode.maintenance line");
    assert_int_equal(declare("line", "maintenance", 24 * HOUR_MS, 25 * HOUR_MS), -EINVAL);
    assert_non_null(strstr(bench.why, "holds now and ends before that"));
    assert_int_equal(declare("gateway", "maintenance", 24 * HOUR_MS, 25 * HOUR_MS), -EINVAL);
    /* longer, without a gap */
    assert_int_equal(declare("line", "maintenance", HOUR_MS / 2, 2 * HOUR_MS), 0);
    bench_tick(HOUR_MS);
    assert_int_equal(bench_count("closed"), 0);
    bench_tick(HOUR_MS);
    bench_need("closed mode.maintenance line");
    bench_tick(23 * HOUR_MS); /* what was refused holds nowhere */
    assert_int_equal(bench_count("opened mode.maintenance"), 1);
}

static void
number_points(const struct site *site)
{
    for (uint32_t i = 0; i < site->point_count; i++)
        site->points[i].number = i + 1;
    for (uint16_t i = 0; i < site->device_count; i++)
        site->devices[i].number = i + 1U;
}

static void
a_changed_site_gives_a_signal_to_no_other_rule(void **state)
{
    static const char RULES[] = "  a: {mode: shutdown, asset: line, when: cems.fuel > 1 t/h}\n";
    char text[2000];
    struct buf saved;
    struct site *site;
    struct assess *next;
    (void)state;
    begin(RULES, BENCH_DAY);
    bench.values[FUEL] = 2;
    bench_run(1);
    bench_need("opened mode.shutdown line");
    snprintf(text, sizeof text,
             "%smodes:\n  alert: {mode: emergency-red, when: cems.load > 90 %%}\n%s", ASSETS,
             RULES);
    site = bench_load(text);
    assert_non_null(site);
    number_points(site);
    assert_int_equal(assess_new(site, &next), 0);
    assert_int_equal(buf_new(&saved, assess_state_size(bench.assess)), 0);
    assert_true(assess_save(bench.assess, &saved));
    assert_int_equal(assess_load(next, saved.data, saved.length, &bench.outlet), 0);
    buf_free(&saved);
    bench_end(NULL);
    bench.site = site;
    bench.assess = next;
    bench_tick(1000);
    bench_run(2);
    assert_int_equal(bench_count("mode.emergency"), 0);
}

static void
a_season_across_new_year(void **state)
{
    (void)state;
    begin("  heating: {mode: seasonal, asset: line, from: 11-22, until: 03-15}\n",
          BENCH_DAY + 24 * HOUR_MS - 2);
    bench_tick(1);
    assert_int_equal(bench.count, 0);
    bench_tick(1);
    bench_need("opened mode.seasonal line info source=calendar");
    bench_tick(60 * 24 * HOUR_MS); /* 2027-01-21 */
    assert_int_equal(bench_count("closed"), 0);
    bench_tick(53 * 24 * HOUR_MS - 1); /* 2027-03-14 to its last millisecond */
    assert_int_equal(bench_count("closed"), 0);
    bench_tick(1);
    bench_need("closed mode.seasonal line");
    assert_int_equal(bench_count("seasonal other"), 0);
}

static void
a_season_with_hours_across_midnight(void **state)
{
    (void)state;
    begin("  summer: {mode: seasonal, from: 05-01, until: 10-01, hours: 20:00-08:00}\n",
          BENCH_DAY + 161LL * 24 * HOUR_MS); /* 2027-05-01 00:00 */
    bench_tick(0);
    assert_int_equal(bench_count("opened mode.seasonal"), 2);
    bench_tick(8 * HOUR_MS - 1);
    assert_int_equal(bench_count("closed"), 0);
    bench_tick(1);
    assert_int_equal(bench_count("closed mode.seasonal"), 2);
    bench_tick(12 * HOUR_MS - 1);
    assert_int_equal(bench_count("opened mode.seasonal"), 2);
    bench_tick(1);
    assert_int_equal(bench_count("opened mode.seasonal"), 4);
}

static void
a_signal_brings_it_and_takes_it(void **state)
{
    (void)state;
    for (int restarts = 0; restarts < 2; restarts++) {
        begin("  switch: {mode: shutdown, asset: line, when: cems.fuel > 1 t/h}\n", BENCH_DAY);
        bench.restarts = restarts;
        bench.values[FUEL] = 1;
        bench_run(2);
        assert_int_equal(bench.count, 0);
        bench.values[FUEL] = 1.1;
        bench_run(2);
        bench_need("opened mode.shutdown line info source=signal");
        bench.values[FUEL] = 1;
        bench_run(2);
        bench_need("closed mode.shutdown line");
        bench.values[FUEL] = 1.1;
        bench_run(2);
        bench.values[FUEL] = BAD; /* a torn wire is no shutdown */
        bench_run(2);
        assert_int_equal(bench_count("opened mode.shutdown"), 2);
        assert_int_equal(bench_count("closed mode.shutdown"), 2);
        bench_end(NULL);
    }
}

static void
a_torn_wire_lifts_no_emergency(void **state)
{
    (void)state;
    begin("  red: {mode: emergency-red, when: cems.fuel > 1 t/h}\n", BENCH_DAY);
    bench.values[FUEL] = 1.1;
    bench_run(2);
    bench.values[FUEL] = BAD;
    bench_run(10);
    bench_need("opened mode.emergency line");
    assert_int_equal(bench_count("closed mode.emergency"), 0);
    bench_end(NULL);
}

static void
the_emergency_changes_its_level(void **state)
{
    (void)state;
    for (int restarts = 0; restarts < 2; restarts++) {
        begin("", BENCH_DAY);
        bench.restarts = restarts;
        declare("line", "emergency-orange", 0, HOUR_MS);
        bench_tick(1000);
        assert_non_null(
            strstr(bench_need("opened mode.emergency line warning")->text, "level=orange"));
        declare("line", "emergency-red", 0, HOUR_MS / 2);
        bench_tick(1000);
        assert_int_equal(bench_count("updated mode.emergency"), 1);
        assert_non_null(strstr(bench_need("updated mode.emergency")->text, "level=red"));
        bench_tick(HOUR_MS / 2); /* back to orange */
        assert_true(bench_count("updated mode.emergency") >= 2);
        assert_non_null(strstr(bench.events[bench.count - 1].text, "level=orange"));
        assert_int_equal(bench_count("closed"), 0);
        bench_tick(HOUR_MS);
        bench_need("closed mode.emergency line");
        bench_end(NULL);
    }
}

/* A stop order holds from its first minutes on; a load order has its bound; normal has none. The
 * most urgent of two modes is the one that orders. */
static void
orders_are_judged_by_load(void **state)
{
    (void)state;
    for (int restarts = 0; restarts < 2; restarts++) {
        begin("", BENCH_DAY);
        bench.restarts = restarts;
        bench.values[LOAD] = 50;
        bench_run(20);
        declare("line", "emergency-orange", 0, 10 * HOUR_MS);
        declare("line", "maintenance", 0, 10 * HOUR_MS); /* less urgent */
        bench_run(20);
        assert_int_equal(bench_count("order.violation"), 0); /* just what is allowed */
        bench.values[LOAD] = 51;
        bench_run(5);
        assert_int_equal(bench_count("order.violation"), 0); /* for 4 minutes */
        bench_run(1);
        assert_non_null(strstr(bench_need("opened order.violation line alarm")->text,
                               "mode=emergency-orange order=load"));
        declare("line", "emergency-red", 0, HOUR_MS);
        bench_run(1);
        assert_non_null(strstr(bench_need("closed order.violation")->text, "order-ended"));
        bench_run(6);
        assert_int_equal(bench_count("order=stop"), 1);
        bench.values[LOAD] = 0;
        bench_run(2);
        assert_int_equal(bench_count("closed order.violation line"), 2);
        bench_end(NULL);
    }
}

static void
mistakes_say_where_and_what(void **state)
{
    static const char *const cases[][2] = {
        {"  m: {mode: holiday, from: 05-01, until: 10-01}\n", "'holiday' is no mode"},
        {"  m: {mode: seasonal, from: 05-01}\n", "must have both from and until"},
        {"  m: {mode: seasonal, from: 02-30, until: 10-01}\n", "a day of the year like"},
        {"  m: {mode: seasonal}\n", "either a signal (when) or a time"},
        {"  m: {mode: seasonal, hours: 25:00-08:00}\n", "must be like \"08:00-18:30\""},
        {"  m: {mode: seasonal, hours: 08:00-24:01}\n", "must be like \"08:00-18:30\""},
        {"  m: {mode: shutdown, asset: lines, when: cems.fuel > 1 t/h}\n", "no asset 'lines'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[2000];
        snprintf(text, sizeof text, "%smodes:\n%s", ASSETS, cases[i][0]);
        bench = (struct bench){.site = NULL};
        bench.site = bench_load(text);
        assert_null(bench.site);
        if (!strstr(bench.said, cases[i][1]))
            fail_msg("%zu: %s", i, bench.said);
    }
}

static void
more_signals_than_are_kept_are_a_mistake(void **state)
{
    (void)state;
    for (int count = MODE_SIGNALS; count <= MODE_SIGNALS + 1; count++) {
        char rules[2000], text[4000];
        size_t used = 0;
        for (int i = 0; i < count; i++)
            used += (size_t)snprintf(rules + used, sizeof rules - used,
                                     "  m%d: {mode: start-up, when: cems.fuel > %d t/h}\n", i, i);
        snprintf(text, sizeof text, "%smodes:\n%s", ASSETS, rules);
        bench = (struct bench){.site = NULL};
        bench.site = bench_load(text);
        assert_int_equal(bench.site != NULL, count == MODE_SIGNALS);
        assert_int_equal(strstr(bench.said, "17 signals of modes") != NULL, count > MODE_SIGNALS);
        site_free(bench.site);
        bench.site = NULL;
    }
}

#define TEST(name) cmocka_unit_test_teardown(name, bench_end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_expires_to_the_millisecond),
        TEST(normal_ends_what_was_declared),
        TEST(refusals),
        TEST(nothing_expires_while_the_clock_is_unknown),
        TEST(nothing_begins_or_ends_while_the_clock_is_unknown),
        TEST(a_later_one_does_not_end_the_one_that_holds),
        TEST(a_changed_site_gives_a_signal_to_no_other_rule),
        TEST(more_signals_than_are_kept_are_a_mistake),
        TEST(a_season_across_new_year),
        TEST(a_season_with_hours_across_midnight),
        TEST(a_signal_brings_it_and_takes_it),
        TEST(a_torn_wire_lifts_no_emergency),
        TEST(the_emergency_changes_its_level),
        TEST(orders_are_judged_by_load),
        TEST(mistakes_say_where_and_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

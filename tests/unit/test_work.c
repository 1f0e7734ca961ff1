/* Working conditions of a boiler: proposed, and what cannot be told apart. */
#include "tests/unit/marks_bench.h"

static const char BOILER[] = "assets:\n"
                             "  boiler:\n"
                             "    kind: boiler\n"
                             "    fuel: coal\n"
                             "    from: cems\n"
                             "    production: {running-when: cems.fuel > 0.5 t/h}\n"
                             "    limits: {so2-corrected: 300 mg/m3}\n";

static void
set(double fuel, double o2, double temperature, double load)
{
    bench.values[FUEL] = fuel;
    bench.values[O2] = o2;
    bench.values[TEMPERATURE] = temperature;
    bench.values[LOAD] = load;
}

static void
a_day_of_conditions(void **state)
{
    (void)state;
    for (int restarts = 0; restarts < 2; restarts++) {
        bench_begin(BOILER, BENCH_DAY);
        bench.restarts = restarts;
        set(0, 20.9, 20, 0);
        bench_run(10); /* the first reading came after half a minute */
        assert_int_equal(bench_count("work.proposed"), 0);
        bench_run(1);
        assert_string_equal(bench_need("work.proposed")->text,
                            "opened work.proposed boiler info state=stopped");
        assert_int_equal(bench_need("work.proposed")->since_utc_ms, BENCH_DAY + MINUTE_MS / 2);
        set(1, 18, 60, 10);
        bench_run(60);
        assert_int_equal(bench_count("closed work.proposed boiler info reason=startup "
                                     "state=stopped"),
                         1);
        bench_need("opened work.proposed boiler info state=startup");
        set(1, 15, 100, 31); /* 15 is not below 15 */
        bench_run(10);
        set(1, 14.9, 100, 30); /* 30 is not above 30 */
        bench_run(10);
        set(1, 14.9, 100, 30.1);
        bench_run(5); /* held for 4 minutes */
        assert_int_equal(bench_count("reason=running"), 0);
        bench_run(1);
        bench_need("closed work.proposed boiler info reason=running state=startup");
        set(1, 9, 150, 80);
        bench_run(60);
        set(0, 12, 140, 0);
        bench_run(10); /* off for 9 minutes */
        assert_int_equal(bench_count("state=shutdown"), 0);
        bench_run(1);
        bench_need("opened work.proposed boiler info state=shutdown");
        bench_run(49); /* 59 minutes */
        assert_int_equal(bench_count("state=banked"), 0);
        bench_run(1);
        bench_need("opened work.proposed boiler info state=banked");
        set(0, 19.5, 60.1, 0);
        bench_run(10);
        assert_int_equal(bench_count("reason=stopped"), 0);
        set(0, 19.4, 60, 0);
        bench_run(10);
        assert_int_equal(bench_count("reason=stopped"), 0);
        set(0, 19.5, 60, 0);
        bench_run(1);
        bench_need("closed work.proposed boiler info reason=stopped state=banked");
        bench_end(NULL);
    }
}

static void
a_burner_that_cycles_is_running(void **state)
{
    (void)state;
    bench_begin(BOILER, BENCH_DAY);
    for (int i = 0; i < 6; i++) {
        set(1, 9, 150, 80);
        bench_run(10);
        set(0, 19, 150, 0);
        bench_run(9);
    }
    assert_int_equal(bench_count("work.proposed"), 0);
}

static void
fuel_back_in_a_shutdown(void **state)
{
    (void)state;
    bench_begin(BOILER, BENCH_DAY);
    set(1, 9, 150, 80);
    bench_run(10);
    set(0, 15, 150, 0);
    bench_run(15);
    set(1, 9, 150, 80); /* as in operation: no start-up */
    bench_run(1);
    bench_need("closed work.proposed boiler info reason=running state=shutdown");
    set(0, 15, 150, 0);
    bench_run(15);
    set(1, 16, 150, 10);
    bench_run(1);
    bench_need("closed work.proposed boiler info reason=startup state=shutdown");
}

static void
a_start_up_has_its_longest_time(void **state)
{
    (void)state;
    bench_begin(BOILER, BENCH_DAY);
    set(0, 20.9, 20, 0);
    bench_run(15);
    set(1, 18, 60, 10);
    bench_run(240);
    assert_int_equal(bench_count("reason=running"), 0);
    bench_run(1);
    bench_need("closed work.proposed boiler info reason=running state=startup");
}

static void
what_does_not_tell_changes_nothing(void **state)
{
    (void)state;
    bench_begin(BOILER, BENCH_DAY);
    set(0, 20.9, 20, 0);
    bench_run(15);
    set(1, BAD, 60, 80);
    bench_run(30);
    assert_int_equal(bench_count("reason=running"), 0);
    set(BAD, BAD, BAD, BAD);
    bench_run(30);
    set(1, 9, 60, 80);
    bench_run(4);
    assert_int_equal(bench_count("reason=running"), 0);
    bench_run(2);
    bench_need("reason=running state=startup");
}

/* Without the other points: `inputs` names none, the device has other names. */
static void
check_says_what_cannot_be_told_apart(void **state)
{
    static const char *const missing[] = {
        "warning: ", "neither 'o2' nor 'load': a start-up cannot be told from normal operation",
        ("no point 'temperature': banked fire cannot be told from a shutdown, nor either from out "
         "of service")};
    (void)state;
    bench_begin("  x: {bus: b, unit: 2, every: 60s, points: {pm: {holding: 0, unit: mg/m3}}}\n"
                "assets:\n"
                "  kiln:\n"
                "    kind: kiln\n"
                "    from: x\n"
                "    production: {running-when: cems.fuel > 0.5 t/h}\n",
                BENCH_DAY);
    for (size_t i = 0; i < 3; i++)
        assert_non_null(strstr(bench.said, missing[i]));
    set(0, 20.9, 20, 0);
    bench_run(15);
    bench_need("opened work.proposed kiln info state=stopped");
    set(1, 20.9, 20, 0);
    bench_run(1);
    bench_need("closed work.proposed kiln info reason=running state=stopped");
}

static void
mistakes_say_where_and_what(void **state)
{
    static const char *const cases[][2] = {
        {"work: {load-above: 3 t/h}", "'load-above' of 'work' of asset 'boiler' is in t/h"},
        {"work: {o2-below: 30}", "'o2-below' of 'work' of asset 'boiler' is '30'"},
        {"exemptions: {nox: {startup: 4h}}", "there is no hourly permit limit of 'nox' to exempt"},
        {"exemptions: {so2: {startup: 90min}}", "must be in whole hours"},
        {"exemptions: {so2: {begin: 4h}}", "begin"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1000];
        snprintf(text, sizeof text, "%s    %s\n", BOILER, cases[i][0]);
        bench = (struct bench){.site = NULL};
        bench.site = bench_load(text);
        assert_null(bench.site);
        if (!strstr(bench.said, cases[i][1]))
            fail_msg("%zu: %s", i, bench.said);
    }
}

#define TEST(name) cmocka_unit_test_teardown(name, bench_end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_day_of_conditions),
        TEST(a_burner_that_cycles_is_running),
        TEST(fuel_back_in_a_shutdown),
        TEST(a_start_up_has_its_longest_time),
        TEST(what_does_not_tell_changes_nothing),
        TEST(check_says_what_cannot_be_told_apart),
        TEST(mistakes_say_where_and_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

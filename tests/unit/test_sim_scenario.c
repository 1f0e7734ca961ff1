/* The words of commands and the time line of a scenario. */
#include "sim/scenario.c"
#include "sim/step.c"

#include <setjmp.h>
#include <unistd.h>

#include <cmocka.h>

static void
durations(void **state)
{
    (void)state;
    static const char *const BAD[] = {"", "5", "s", "-5s", "5 parsecs", "0x5s", "1e300h"};
    int64_t ms = -1;

    assert_int_equal(step_parse_duration("200ms", &ms), 0);
    assert_int_equal(ms, 200);
    assert_int_equal(step_parse_duration("1.5s", &ms), 0);
    assert_int_equal(ms, 1500);
    assert_int_equal(step_parse_duration("2min", &ms), 0);
    assert_int_equal(ms, 120000);
    assert_int_equal(step_parse_duration("1h", &ms), 0);
    assert_int_equal(ms, 3600000);
    for (size_t i = 0; i < COUNT(BAD); i++)
        assert_int_equal(step_parse_duration(BAD[i], &ms), -EINVAL);
}

static struct step
parse(const char *line)
{
    struct step step;
    char why[256] = "";

    assert_int_equal(step_parse_line(line, &step, why, sizeof why), 0);
    return step;
}

static void
good_lines(void **state)
{
    (void)state;
    struct step step = parse("set boiler.load 74 over 20s for 1min");

    assert_int_equal(step.kind, STEP_SET);
    assert_string_equal(step.target, "boiler.load");
    assert_true(step.to == 74.0);
    assert_int_equal(step.over_ms, 20000);
    assert_int_equal(step.for_ms, 60000);
    step = parse("cems silence 10s");
    assert_int_equal(step.kind, STEP_CONDUCT);
    assert_int_equal(step.conduct, CONDUCT_SILENCE);
    assert_int_equal(step.for_ms, 10000);
    step = parse("  cems late 800ms for 5s ");
    assert_int_equal(step.conduct, CONDUCT_LATE);
    assert_int_equal(step.amount, 800);
    assert_int_equal(step.for_ms, 5000);
    step = parse("effluent exception 2");
    assert_int_equal(step.conduct, CONDUCT_EXCEPTION);
    assert_int_equal(step.amount, 2);
    assert_int_equal(step.for_ms, 0);
    step = parse("release cems.so2");
    assert_int_equal(step.kind, STEP_RELEASE);
    step = parse("rto good");
    assert_int_equal(step.conduct, CONDUCT_GOOD);
}

static void
bad_lines(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "",
        "set",
        "set a.b",
        "set a.b high",
        "set a.b 5 for",
        "set a.b 5 until 3s",
        "release",
        "cems",
        "cems sleeps",
        "cems late",
        "cems late 5",
        "cems late 2h",
        "cems exception 0",
        "cems exception 256",
        "cems silence 5s 6s",
        "cems silence for",
        "a b c d e f g h i",
    };

    for (size_t i = 0; i < COUNT(BAD); i++) {
        struct step step = {.amount = 77};
        char why[256] = "";

        assert_int_equal(step_parse_line(BAD[i], &step, why, sizeof why), -EINVAL);
        assert_int_equal(step.amount, 77);
        assert_true(strlen(why) > 0);
    }
}

static bool
knows(void *context, const struct step *step)
{
    (void)context;
    return strcmp(step->target, "nobody") != 0;
}

static int
load_text(const char *text, struct scenario *ret_scenario)
{
    char name[] = "/tmp/test_sim_scenario.XXXXXX";
    int fd = mkstemp(name);
    int result;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    result = scenario_load(name, knows, NULL, ret_scenario);
    unlink(name);
    return result;
}

static void
time_line(void **state)
{
    (void)state;
    struct scenario scenario;
    struct step step;

    assert_int_equal(load_text("seed: 7\nturnaround: 8ms\nrepeat: 10s\ntimeline:\n"
                               "- {at: 4s, device: cems, do: exception 2, for: 1s}\n"
                               "- {at: 1s, set: {a.b: 5}}\n"
                               "- {at: 6s, set: {a.b: {to: 7, over: 2s}, c.d: 1}, for: 3s}\n",
                               &scenario),
                     0);
    assert_int_equal(scenario.seed, 7);
    assert_int_equal(scenario.turnaround_ms, 8);
    assert_int_equal(scenario_next_ms(&scenario), 1000);
    assert_false(scenario_take(&scenario, 999, &step));
    assert_true(scenario_take(&scenario, 5000, &step));
    assert_string_equal(step.target, "a.b");
    assert_true(scenario_take(&scenario, 5000, &step));
    assert_int_equal(step.conduct, CONDUCT_EXCEPTION);
    assert_int_equal(step.for_ms, 1000);
    assert_false(scenario_take(&scenario, 5000, &step));
    assert_true(scenario_take(&scenario, 6000, &step));
    assert_int_equal(step.over_ms, 2000);
    assert_true(scenario_take(&scenario, 6000, &step));
    assert_int_equal(step.over_ms, 0);
    assert_int_equal(step.for_ms, 3000);
    assert_int_equal(scenario_next_ms(&scenario), 11000); /* the second round */
    assert_true(scenario_take(&scenario, 11000, &step));
    assert_int_equal(step.at_ms, 11000);
    scenario_done(&scenario);
}

static void
mistakes_are_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "timeline: 5\n",
        "[1, 2]\n",
        "colour: red\n",
        "timeline:\n- {set: {a.b: 5}}\n",
        "timeline:\n- {at: soon, set: {a.b: 5}}\n",
        "timeline:\n- {at: 5s}\n",
        "timeline:\n- {at: 5s, set: {nobody: 5}}\n",
        "timeline:\n- {at: 5s, set: {a.b: high}}\n",
        "timeline:\n- {at: 5s, device: cems}\n",
        "timeline:\n- {at: 5s, device: nobody, do: silence}\n",
        "timeline:\n- {at: 5s, device: cems, do: sleep}\n",
        "timeline:\n- {at: 5s, device: cems, do: silence, set: {a.b: 5}}\n",
        "repeat: 4s\ntimeline:\n- {at: 5s, set: {a.b: 5}}\n",
        "seed: -1\n",
        "timeline: [\n",
    };
    struct scenario scenario = {.seed = 99};

    for (size_t i = 0; i < COUNT(BAD); i++) {
        assert_int_equal(load_text(BAD[i], &scenario), -EINVAL);
        assert_int_equal(scenario.seed, 99);
    }
    assert_int_equal(scenario_load("/nonexistent/scenario.yaml", knows, NULL, &scenario), -EINVAL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations),
        cmocka_unit_test(good_lines),
        cmocka_unit_test(bad_lines),
        cmocka_unit_test(time_line),
        cmocka_unit_test(mistakes_are_refused),
    };

    return cmocka_run_group_tests_name("sim_scenario", tests, NULL, NULL);
}

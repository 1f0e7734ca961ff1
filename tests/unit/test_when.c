/* Times as people write them, and the plot. 2026-11-21T00:00:00+08:00 is 1795190400 s. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/plot.c"
#include "ctl/when.c"

#define MIDNIGHT_MS 1795190400000LL

static void
expect(const char *text, int64_t expected_utc_ms)
{
    int64_t utc_ms = 0;

    assert_true(when_parse(text, MIDNIGHT_MS, &utc_ms));
    assert_true(utc_ms == expected_utc_ms);
}

static void
test_times(void **state)
{
    (void)state;
    expect("now", MIDNIGHT_MS);
    expect("-90s", MIDNIGHT_MS - 90000);
    expect("-2h", MIDNIGHT_MS - 7200000);
    expect("+2h", MIDNIGHT_MS + 7200000);
    expect("2026-11-21", MIDNIGHT_MS);
    expect("2026-11-21T08:00", MIDNIGHT_MS + 8 * 3600000LL);
    expect("2026-11-21 08:00:30", MIDNIGHT_MS + 8 * 3600000LL + 30000);
    expect("2026-11-21T00:00Z", MIDNIGHT_MS + 8 * 3600000LL);
    expect("1970-01-01T08:00", 0);
    expect("2024-02-29", 1709136000000LL);
    expect("2000-03-01", 951840000000LL);
}

static void
test_what_is_no_time(void **state)
{
    static const char *const NONE[] = {"",
                                       "-",
                                       "-5",
                                       "-5w",
                                       "-0s",
                                       "2026-13-01",
                                       "2026-11-21T25:00",
                                       "21.11.2026",
                                       "-2hours",
                                       "2026-11-21x",
                                       "2026-11-21T08"};
    int64_t ignored;

    (void)state;
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++)
        assert_false(when_parse(NONE[i], MIDNIGHT_MS, &ignored));
}

static void
test_spans(void **state)
{
    int64_t ms;

    (void)state;
    assert_true(when_parse_span("10m", &ms));
    assert_int_equal(ms, 600000);
    assert_true(when_parse_span("1d", &ms));
    assert_false(when_parse_span("7m", &ms)); /* does not divide a day */
    assert_false(when_parse_span("10", &ms));
}

static void
test_plot(void **state)
{
    char text[4096] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    struct plot plot;

    (void)state;
    plot_init(&plot, MIDNIGHT_MS, MIDNIGHT_MS + 72000);
    plot_print(&plot, "empty", out);
    plot_add(&plot, MIDNIGHT_MS - 1, 99); /* outside */
    plot_add(&plot, MIDNIGHT_MS + 72000, 99);
    plot_add(&plot, MIDNIGHT_MS, (double)NAN);
    plot_add(&plot, MIDNIGHT_MS, 0);
    plot_add(&plot, MIDNIGHT_MS + 1000, 0);
    plot_add(&plot, MIDNIGHT_MS + 1999, 15); /* the same column, from bottom to top */
    plot_print(&plot, "full", out);
    fclose(out);
    assert_non_null(strstr(text, "empty: no valid value"));
    assert_non_null(strstr(text, "          15 | *"));
    assert_non_null(strstr(text, "           7 | *"));
    assert_non_null(strstr(text, "           0 |**"));
    assert_null(strstr(text, "99"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_what_is_no_time),
        cmocka_unit_test(test_spans),
        cmocka_unit_test(test_plot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a site file says of periods, and what stands where it says nothing. */
#include "config/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

static struct site *
load(const char *file)
{
    struct loader_options options = {.share = "config"};
    struct site *site = NULL;
    assert_int_equal(loader_load(file, &options, &site), 0);
    return site;
}

static void
expect(const char *file, struct period_rules expected)
{
    struct site *site = load(file);
    assert_int_equal(site->periods.minutes_an_hour, expected.minutes_an_hour);
    assert_int_equal(site->periods.hours_a_day, expected.hours_a_day);
    assert_int_equal(site->periods.days_a_month, expected.days_a_month);
    assert_int_equal(site->periods.days_in_february, expected.days_in_february);
    assert_int_equal(site->periods.percent, expected.percent);
    site_free(site);
}

/* 45, 20, 25, 23: HJ 75-2017 and HJ 76-2017 app. B (standards.md 4.2). */
static void
defaults_are_those_of_the_standards(void **state)
{
    (void)state;
    expect("tests/unit/config/good/forms.yaml", (struct period_rules)PERIOD_RULES_DEFAULT);
    expect("tests/unit/config/good/forms.yaml", (struct period_rules){45, 20, 25, 23, 75});
}

static void
a_site_says_otherwise(void **state)
{
    (void)state;
    expect("tests/unit/config/good/periods.yaml", (struct period_rules){60, 24, 1, 28, 100});
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_standards),
        cmocka_unit_test(a_site_says_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

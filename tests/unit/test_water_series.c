/* A real influent (tests/data/water): its days against sums that are made here, by hand. */
#include "tests/unit/water_plants.c"

#include <stdio.h>

#define ROWS 200

struct row {
    double days, cod, nh3_n, flow_m3_d;
};

static struct row rows[ROWS];

static size_t
read_rows(void)
{
    size_t count = 0;
    char line[200];
    FILE *file = fopen("tests/data/water/bsm1-influent.csv", "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    for (; count < ROWS && fgets(line, sizeof line, file); count++) {
        struct row *row = &rows[count];
        assert_int_equal(
            sscanf(line, "%lf,%lf,%lf,%lf", &row->days, &row->cod, &row->nh3_n, &row->flow_m3_d),
            4);
    }
    fclose(file);
    return count;
}

/* Each row stands for 15 minutes; the stations are read each minute. */
static void
a_real_influent(void **state)
{
    (void)state;
    size_t count = read_rows();
    double volume = 0, whole = 0, mass = 0;
    assert_int_equal(count, ROWS);
    for (size_t minute = 0; minute < count * 15; minute++, pass(MINUTE)) {
        const struct row *row = &rows[minute / 15];
        double flow = row->flow_m3_d / 24;
        feed_out(&CLEAN); /* the inlet is seen a scan later: it is derived with the outlet's */
        FEED("in", row->cod, flow, 200, 7, 1, 0);
        if (minute < 1440)
            continue;
        const struct row *before = &rows[(minute - 1) / 15];
        double step = before->flow_m3_d / 24 / 60;
        whole += minute < 2880 ? step : 0;
        if (minute == 1440 || minute >= 2880)
            continue; /* belongs to the result at midnight; to the third day */
        volume += step;
        if (minute % 60)
            continue;
        mass += volume * before->cod / 1000;
        volume = 0;
    }
    const struct statistic *day = heard("plant", "cod-inlet-mass", PERIOD_DAY);
    const struct statistic *mean = heard("plant", "cod-inlet", PERIOD_DAY);
    assert_int_equal(day->start_utc_ms, MIDNIGHT + DAY);
    assert_int_equal(day->valid, 24);
    assert_near(heard("plant", "volume-inlet", PERIOD_DAY)->sum, whole);
    /* the result at midnight, with the hour before it, is the second day's as well */
    double last_hour = 0;
    for (size_t minute = 1381; minute <= 1440; minute++)
        last_hour += rows[(minute - 1) / 15].flow_m3_d / 24 / 60;
    mass += last_hour * rows[1439 / 15].cod / 1000;
    assert_near(day->sum, mass);
    assert_true(mean->is_valid);
    assert_true(mean->mean > 300 && mean->mean < 500);
    assert_int_equal(count_events("influent.anomaly", "plant.bod-inlet", PHASE_OPENED), 0);
    assert_true(count_events("influent.anomaly", "plant.cod-inlet-load", PHASE_OPENED) > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_real_influent, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

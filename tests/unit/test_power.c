/* Production against treatment by electricity, from the site file to the event: each rule just
 * below and just above, and with a restart in the middle. */
#include "daemon/assess/judge_power_order.c"

#include "tests/unit/power_bench.c"

/* ---- what runs ---- */

static void
thresholds_are_shares_of_rated(void **state)
{
    (void)state;
    begin("", ", running: 30 %, idle: 20 %, delay: 10s", "");
    const struct asset *asset = &bench.site->assets[0];
    assert_int_equal(asset->production.comparison, COMPARE_ABOVE);
    assert_true(asset->production.value == 10 && asset->production.hysteresis == 5);
    assert_int_equal(asset->production.delay_ms, 60000);
    assert_true(asset->treatment.value == 3000 && asset->treatment.hysteresis == 1000);
    assert_int_equal(asset->treatment.delay_ms, 10000);
    assert_int_equal(asset->power->warning_after_ms, 300000);
    assert_int_equal(asset->power->off_after_ms, 600000);
    assert_int_equal(asset->power->lost_after_ms, 900000);
}

static void
mistakes_say_where_and_what(void **state)
{
    static const struct {
        const char *production, *treatment, *part;
    } cases[] = {
        {", running: 0 %", "", "'running' of 'production' of asset 'line' is '0 %'; it must be a"},
        {", running: 10 kW", "", "'running' of 'production' of asset 'line' is '10 kW'; it must"},
        {", running: 10 %, idle: 11 %", "", "'idle' of 'production' of asset 'line' is above"},
        {", hysteresis: 1 kW", "", "'hysteresis' of 'production' of asset 'line' goes with"},
        {", current: meter.power", "", "point 'meter.power' is in 'kW', which is no current"},
        {", energy: meter.power", "", "point 'meter.power' is in 'kW', which is no energy"},
        {"", ", minimum: 3 A", "'minimum' of 'treatment' of asset 'line' is in A (current)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char said[2000];
        struct words words = {"5s", cases[i].production, cases[i].treatment, ""};
        assert_null(load_site(&words, said));
        if (!strstr(said, cases[i].part))
            fail_msg("%zu: %s", i, said);
    }
}

/* ---- treatment.off ---- */

static void
off_warns_then_alarms(void **state)
{
    (void)state;
    begin("", "", "");
    hold_for(5 * MINUTE_MS, 2, 2000);
    hold_for(5 * MINUTE_MS, 2, 0); /* production stands: nothing */
    assert_int_equal(bench.count, 0);
    hold_for(5 * MINUTE_MS, 50, 0);
    assert_int_equal(count_of("treatment.off", PHASE_OPENED), 0);
    hold_for(5000, 50, 0);
    const struct told *told = find_event("treatment.off", PHASE_OPENED);
    assert_int_equal(told->event.severity, SEVERITY_WARNING);
    assert_int_equal(told->event.since.mono_ms - bench.begin_ms, 10 * MINUTE_MS + 5000);
    assert_int_equal(told->event.duration_ms, 5 * MINUTE_MS);
    hold_for(5 * MINUTE_MS - 5000, 50, 0);
    assert_int_equal(count_of("treatment.off", PHASE_UPDATED), 0);
    hold_for(5000, 50, 0);
    told = find_event("treatment.off", PHASE_UPDATED);
    assert_int_equal(told->event.severity, SEVERITY_ALARM);
    assert_int_equal(told->event.duration_ms, 10 * MINUTE_MS);
    restart();
    hold_for(2 * MINUTE_MS, 50, 2000);
    told = find_event("treatment.off", PHASE_CLOSED);
    assert_int_equal(told->event.severity, SEVERITY_ALARM);
    assert_string_equal(find_detail(told, "reason")->as.text, "running");
}

/* A meter of production that falls silent while it runs hides nothing; one that falls silent while
 * production stands tells nothing. */
static void
a_silent_production_meter_hides_nothing(void **state)
{
    (void)state;
    begin("", "", "");
    hold_for(2 * MINUTE_MS, 50, 0);
    hold_for(2 * MINUTE_MS, BAD, 0);
    assert_int_equal(count_of("treatment.off", PHASE_OPENED), 0);
    hold_for(2 * MINUTE_MS, BAD, 0);
    assert_int_equal(count_of("treatment.off", PHASE_OPENED), 1);
}

static void
a_meter_silent_at_standstill_opens_nothing(void **state)
{
    (void)state;
    begin("", "", "");
    hold_for(2 * MINUTE_MS, 0, 0);
    hold_for(20 * MINUTE_MS, BAD, 0);
    assert_int_equal(count_of("treatment.off", PHASE_OPENED), 0);
}

static void
off_after_nothing_alarms_at_once(void **state)
{
    (void)state;
    begin(", delay: 10s", ", delay: 10s, off-after: 0s", "");
    hold_for(10000, 50, 0);
    assert_int_equal(bench.count, 0);
    hold_for(5000, 50, 0);
    assert_int_equal(find_event("treatment.off", PHASE_OPENED)->event.severity, SEVERITY_ALARM);
}

/* ---- treatment.under-loaded ---- */

static void
under_loaded_by_what_is_declared(void **state)
{
    (void)state;
    begin("", ", minimum: 4 kW", "");
    hold_for(30 * MINUTE_MS, 50, 4000); /* not below */
    assert_int_equal(bench.count, 0);
    hold_for(15 * MINUTE_MS, 50, 3999);
    assert_int_equal(bench.count, 0);
    hold_for(5000, 50, 3999);
    const struct told *told = find_event("treatment.under-loaded", PHASE_OPENED);
    assert_true(told->event.limit == 4000 && told->event.value == 3999);
    assert_int_equal(told->event.severity, SEVERITY_WARNING);
    assert_string_equal(find_detail(told, "minimum")->as.text, "declared");
    restart();
    hold_for(5000, 50, 4000);
    assert_int_equal(count_of("treatment.under-loaded", PHASE_CLOSED), 1);
}

/* ---- late start, early stop ---- */

static void
late_start(void **state)
{
    (void)state;
    begin("", "", "");
    hold_for(5 * MINUTE_MS, 2, 0);
    hold_for(5 * MINUTE_MS, 50, 0);
    const struct told *opened = find_event("treatment.late-start", PHASE_OPENED);
    /* Tolerance and the treatment's own delay, strictly. */
    assert_int_equal(opened->after_ms, 7 * MINUTE_MS + 10000);
    assert_int_equal(opened->event.since.mono_ms - bench.begin_ms, 5 * MINUTE_MS + 5000);
    restart();
    hold_for(5 * MINUTE_MS, 50, 2000);
    const struct told *closed = find_event("treatment.late-start", PHASE_CLOSED);
    assert_string_equal(find_detail(closed, "reason")->as.text, "running");
    assert_true(find_detail(closed, "minutes")->as.number == 5);
    assert_int_equal(count_of("treatment.late-start", PHASE_OPENED), 1);
}

static void
a_start_within_the_tolerance(void **state)
{
    (void)state;
    begin("", "", "");
    hold_for(5 * MINUTE_MS, 2, 0);
    hold_for(MINUTE_MS, 50, 0);
    hold_for(5 * MINUTE_MS, 50, 2000);
    assert_int_equal(bench.count, 0);
    hold_for(5 * MINUTE_MS, 2, 2000);
    hold_for(5 * MINUTE_MS, 2, 0);
    assert_int_equal(bench.count, 0);
    hold_for(MINUTE_MS + 5000, 50, 0);
    hold_for(5 * MINUTE_MS, 50, 2000);
    assert_int_equal(count_of("treatment.late-start", PHASE_OPENED), 1);
    assert_int_equal(count_of("treatment.late-start", PHASE_CLOSED), 1);
}

static void
what_ran_before_it_was_seen_did_not_start(void **state)
{
    (void)state;
    begin("", "", "");
    hold_for(10 * MINUTE_MS, 50, 0);
    assert_int_equal(count_of("treatment.late-start", PHASE_OPENED), 0);
}

static void
early_stop_before_production(void **state)
{
    (void)state;
    begin("", "", "");
    hold_for(5 * MINUTE_MS, 2, 2000);
    hold_for(5 * MINUTE_MS, 50, 2000);
    hold_for(3 * MINUTE_MS, 50, 0);
    assert_int_equal(bench.count, 0);
    hold_for(2 * MINUTE_MS, 2, 0);
    const struct told *told = find_event("treatment.early-stop", PHASE_OPENED);
    assert_string_equal(find_detail(told, "before")->as.text, "production-stop");
    assert_true(find_detail(told, "minutes")->as.number == 3);
    assert_int_equal(told->event.since.mono_ms - bench.begin_ms, 10 * MINUTE_MS + 5000);
    told = find_event("treatment.early-stop", PHASE_CLOSED);
    assert_string_equal(find_detail(told, "reason")->as.text, "over");
    assert_int_equal(bench.count, 2);
}

static void
together_off_is_no_early_stop(void **state)
{
    (void)state;
    begin("", "", "");
    hold_for(5 * MINUTE_MS, 2, 2000);
    hold_for(5 * MINUTE_MS, 50, 2000);
    hold_for(MINUTE_MS, 50, 0); /* no more than the tolerance */
    hold_for(5 * MINUTE_MS, 2, 0);
    assert_int_equal(bench.count, 0);
}

static void
early_stop_before_the_purge_ends(void **state)
{
    (void)state;
    begin("", "", "purge: 10min");
    for (int i = 0; i < 2; i++) {
        hold_for(5 * MINUTE_MS, 2, 2000);
        hold_for(5 * MINUTE_MS, 50, 2000);
        /* Stops 9 min behind production, which is a minute early; then 5 s earlier. */
        hold_for(9 * MINUTE_MS - 5000 * i, 2, 2000);
        hold_for(5 * MINUTE_MS, 2, 0);
        assert_int_equal(count_of("treatment.early-stop", PHASE_OPENED), i);
    }
    const struct told *told = find_event("treatment.early-stop", PHASE_OPENED);
    assert_string_equal(find_detail(told, "before")->as.text, "purge-end");
    assert_true(find_detail(told, "minutes")->as.number * 60 == 65);
    assert_int_equal(count_of("treatment.early-stop", PHASE_CLOSED), 1);
}

/* ---- orders ---- */

static struct asset ordered = {.name = "line"};
static struct point load_point = {.name = "power"};
static struct device load_device = {.name = "meter"};

struct order_bench {
    struct judge_seat seat;
    struct finding finding;
    struct order_state own;
};

static void
order_begin(struct order_bench *order)
{
    *order = (struct order_bench){.seat = {.asset = &ordered, .finding_count = 1}};
    order->seat.findings = &order->finding;
    order->seat.state = &order->own;
    load_point.device = &load_device;
    ordered.production = (struct condition){.point = &load_point, .comparison = COMPARE_ABOVE};
    bench.outlet = (struct assess_outlet){take_event, take_evidence, take_statistic,
                                          NULL,       "5eed",        NULL};
    bench.now = (struct stamp){MIDNIGHT_UTC_MS, 1000000, 1, CLOCK_SYNCHRONISED};
    bench.count = 0;
    init(&order->seat, NULL);
}

static void
order_hold(struct order_bench *order, const struct mode_order *what, int64_t ms, double load)
{
    uint64_t opened = 0;
    for (int64_t i = 0; i < ms / 5000; i++) {
        bench.now.mono_ms += 5000;
        bench.now.utc_ms += 5000;
        struct turn turn = {.at = &bench.now, .outlet = &bench.outlet, .opened = &opened};
        struct judging in = {.asset = &ordered,
                             .device = &load_device,
                             .production = load > 10 ? TRUTH_TRUE : TRUTH_FALSE,
                             .production_value = load,
                             .order = what,
                             .turn = &turn};
        step(&order->seat, &in);
    }
}

static void
running_under_a_stop_order(void **state)
{
    struct order_bench order;
    struct mode_order stop = {.mode = MODE_EMERGENCY_RED, .stop = true, .most_share = 1};
    (void)state;
    order_begin(&order);
    order_hold(&order, NULL, HOUR_MS, 50);
    order_hold(&order, &stop, 5 * MINUTE_MS, 50);
    assert_int_equal(bench.count, 0);
    order_hold(&order, &stop, 5000, 50);
    const struct told *told = find_event("order.violation", PHASE_OPENED);
    assert_int_equal(told->event.severity, SEVERITY_ALARM);
    assert_string_equal(find_detail(told, "mode")->as.text, "emergency-red");
    assert_string_equal(find_detail(told, "order")->as.text, "stop");
    assert_true(find_detail(told, "load")->as.number == 50);
    order_hold(&order, NULL, 5000, 50);
    told = find_event("order.violation", PHASE_CLOSED);
    assert_string_equal(find_detail(told, "reason")->as.text, "order-ended");
    order_hold(&order, &stop, HOUR_MS, 10); /* it stands */
    assert_int_equal(bench.count, 2);
}

static void
above_a_load_order(void **state)
{
    struct order_bench order;
    struct mode_order half = {.mode = MODE_EMERGENCY_ORANGE, .most_share = 0.5, .rated = 80};
    (void)state;
    order_begin(&order);
    order_hold(&order, &half, HOUR_MS, 40);
    assert_int_equal(bench.count, 0);
    order_hold(&order, &half, 5 * MINUTE_MS, 40.1);
    assert_int_equal(bench.count, 0);
    order_hold(&order, &half, 5000, 40.1);
    const struct told *told = find_event("order.violation", PHASE_OPENED);
    assert_true(told->event.limit == 40 && told->event.value == 40.1);
    order_hold(&order, &half, 5000, 40);
    assert_int_equal(count_of("order.violation", PHASE_CLOSED), 1);
    half.most_share = 1; /* no load order */
    order_hold(&order, &half, HOUR_MS, 100);
    assert_int_equal(bench.count, 2);
}

/* ---- power.signal-lost ---- */

static void
a_meter_is_silent_while_production_runs(void **state)
{
    const double silences[] = {BAD, NOTHING};
    (void)state;
    for (int i = 0; i < 2; i++) {
        begin("", "", "");
        hold_for(5 * MINUTE_MS, 50, 2000);
        hold_for(15 * MINUTE_MS - 5000, silences[i], 2000);
        assert_int_equal(bench.count, 0);
        restart();
        hold_for(5000, silences[i], 2000);
        const struct told *told = find_event("power.signal-lost", PHASE_OPENED);
        assert_string_equal(told->event.subject, "line.production");
        assert_int_equal(told->event.duration_ms, 15 * MINUTE_MS);
        assert_int_equal(told->event.severity, SEVERITY_WARNING);
        hold_for(5000, 50, 2000);
        told = find_event("power.signal-lost", PHASE_CLOSED);
        assert_string_equal(find_detail(told, "reason")->as.text, "back");
        tear_down(NULL);
    }
}

static void
a_meter_may_be_silent_while_production_stands(void **state)
{
    (void)state;
    begin("", "", "");
    hold_for(5 * MINUTE_MS, 2, 0);
    hold_for(HOUR_MS, BAD, BAD);
    assert_int_equal(bench.count, 0);
}

static void
the_treatments_meter_counts_too(void **state)
{
    (void)state;
    begin("", "", "");
    hold_for(5 * MINUTE_MS, 50, 2000);
    hold_for(16 * MINUTE_MS, 50, BAD);
    assert_string_equal(find_event("power.signal-lost", PHASE_OPENED)->event.subject,
                        "line.treatment");
    hold_for(2 * MINUTE_MS, 2, BAD);
    assert_string_equal(
        find_detail(find_event("power.signal-lost", PHASE_CLOSED), "reason")->as.text,
        "production-stopped");
}

/* The gateway stood for an hour: that is not the meter's silence. */
static void
our_own_silence_is_not_the_meters(void **state)
{
    (void)state;
    begin("", "", "");
    hold_for(5 * MINUTE_MS, 50, 2000);
    bench.now.mono_ms += HOUR_MS;
    bench.now.utc_ms += HOUR_MS;
    assess_tick(bench.assess, &bench.now, &bench.outlet);
    hold_for(MINUTE_MS, BAD, 2000);
    assert_int_equal(count_of("power.signal-lost", PHASE_OPENED), 0);
}

/* ---- all of it, restarted at every scan ---- */

static void
a_day_of_everything(bool restarts)
{
    begin("", ", minimum: 1.5 kW", "purge: 5min, band-hours: 4");
    bench.restarts = restarts;
    hold_for(10 * MINUTE_MS, 2, 0);
    hold_for(15 * MINUTE_MS, 50, 0);
    hold_for(20 * MINUTE_MS, 50, 1200);
    hold_for(5 * MINUTE_MS, 50, 2000);
    hold_for(16 * MINUTE_MS, BAD, 2000);
    hold_for(4 * MINUTE_MS, 50, 2000);
    hold_for(2 * MINUTE_MS, 2, 2000);
    hold_for(10 * MINUTE_MS, 2, 0);
}

static void
a_restart_at_every_scan_changes_nothing(void **state)
{
    static struct told whole[EVENTS];
    (void)state;
    a_day_of_everything(false);
    size_t count = bench.count;
    memcpy(whole, bench.events, sizeof whole);
    assert_true(count >= 10);
    tear_down(NULL);
    a_day_of_everything(true);
    assert_int_equal(bench.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(bench.events[i].event.kind, whole[i].event.kind);
        assert_int_equal(bench.events[i].event.phase, whole[i].event.phase);
        assert_int_equal(bench.events[i].event.severity, whole[i].event.severity);
        assert_int_equal(bench.events[i].after_ms, whole[i].after_ms);
        assert_int_equal(bench.events[i].event.since.mono_ms, whole[i].event.since.mono_ms);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, NULL, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(thresholds_are_shares_of_rated),
        cmocka_unit_test(mistakes_say_where_and_what),
        TEST(off_warns_then_alarms),
        TEST(a_silent_production_meter_hides_nothing),
        TEST(a_meter_silent_at_standstill_opens_nothing),
        TEST(off_after_nothing_alarms_at_once),
        TEST(under_loaded_by_what_is_declared),
        TEST(late_start),
        TEST(a_start_within_the_tolerance),
        TEST(what_ran_before_it_was_seen_did_not_start),
        TEST(early_stop_before_production),
        TEST(together_off_is_no_early_stop),
        TEST(early_stop_before_the_purge_ends),
        cmocka_unit_test(running_under_a_stop_order),
        cmocka_unit_test(above_a_load_order),
        TEST(a_meter_is_silent_while_production_runs),
        TEST(a_meter_may_be_silent_while_production_stands),
        TEST(the_treatments_meter_counts_too),
        TEST(our_own_silence_is_not_the_meters),
        TEST(a_restart_at_every_scan_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

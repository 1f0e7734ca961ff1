/* The schedule of one device under a clock of the test's own: grid, back-off, notes, the pool. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

static int64_t test_now_ns;
#define clock_mono_ns() (test_now_ns)
#define clock_mono_ms() (test_now_ns / 1000000)
#include "daemon/acquire/station.c"

#define MS 1000000LL

static struct point points[] = {
    {.table = TABLE_HOLDING, .address = 0, .registers = 1, .every_ms = 1000},
    {.table = TABLE_HOLDING, .address = 50, .registers = 1, .every_ms = 5000},
};
static struct bus bus = {.kind = BUS_TCP};
static struct device device = {.name = "meter",
                               .points = points,
                               .point_count = 2,
                               .bus = &bus,
                               .gaps = true,
                               .every_ms = 1000,
                               .timeout_ms = 200,
                               .backoff_max_ms = 7000,
                               .max_registers = 125,
                               .max_bits = 2000};
static struct device_counters counters;
static struct station station;
static struct acquire_outlet outlet;

static void
stamp(void *context, int64_t mono_ms, struct stamp *ret_stamp)
{
    (void)context;
    *ret_stamp = (struct stamp){.mono_ms = mono_ms};
}

static int
set_up(void **state)
{
    (void)state;
    memset(&counters, 0, sizeof counters);
    memset(&station, 0, sizeof station);
    test_now_ns = 1000 * MS;
    outlet = (struct acquire_outlet){.counters = &counters, .stamp = stamp};
    log_set_level(LOG_LEVEL_ERROR);
    if (queue_new(sizeof(struct message), 6, 2, &outlet.inbox) != 0)
        return -1;
    int error = station_init(&station, &device, 1, &counters);
    station.start_ns = station.due_ns = test_now_ns;
    return error;
}

static int
tear_down(void **state)
{
    (void)state;
    station_done(&station);
    queue_free(outlet.inbox);
    return 0;
}

static void
conclude_at(int64_t at_ns, bool answered)
{
    test_now_ns = at_ns;
    station_conclude(&station, answered, answered ? QUALITY_GOOD : QUALITY_TIMEOUT, 1, &outlet,
                     "no answer in time (/dev/ttyS1, unit 3)");
}

static bool
take(struct message *ret_message)
{
    return queue_take(outlet.inbox, 0, ret_message);
}

static void
test_slots_stay_on_the_grid(void **state)
{
    (void)state;
    conclude_at(1300 * MS, true);
    assert_int_equal(station.due_ns, 2000 * MS); /* not 1300 + 1000 */
    conclude_at(2999 * MS, true);
    assert_int_equal(station.due_ns, 3000 * MS);
    assert_int_equal(counters.missed_slots, 0);
}

static void
test_missed_slots_are_skipped_and_counted(void **state)
{
    (void)state;
    conclude_at(4500 * MS, true); /* slots at 2000 and 3000 went by; that at 4000 is read late */
    assert_int_equal(station.due_ns, 4000 * MS);
    assert_int_equal(counters.missed_slots, 2);
    conclude_at(4600 * MS, true);
    assert_int_equal(station.due_ns, 5000 * MS);
    assert_int_equal(counters.missed_slots, 2);
    station_skip(&station); /* nothing was read for the slot at 5000 */
    assert_int_equal(station.due_ns, 6000 * MS);
}

static void
test_a_dead_device_is_probed_ever_more_seldom(void **state)
{
    (void)state;
    conclude_at(1200 * MS, false);
    assert_false(station_is_probing(&station));
    assert_int_equal(station.due_ns, 2000 * MS); /* one failure changes nothing */
    conclude_at(2200 * MS, false);
    assert_true(station_is_probing(&station));
    assert_int_equal(station.due_ns, 6200 * MS); /* twenty timeouts later */
    conclude_at(6400 * MS, false);
    assert_int_equal(station.due_ns, 13400 * MS); /* twice as long, but for backoff_max_ms */
    conclude_at(13600 * MS, false);
    assert_int_equal(station.due_ns, 20600 * MS);
    conclude_at(26100 * MS, true);
    assert_false(station_is_probing(&station));
    assert_int_equal(station.due_ns, 26000 * MS); /* back on its own interval at once */
}

/* Together they cost their bus a twentieth. */
static void
test_dead_devices_share_their_part_of_the_bus(void **state)
{
    (void)state;
    device.backoff_max_ms = 60000;
    conclude_at(1200 * MS, false);
    test_now_ns = 2200 * MS;
    station_conclude(&station, false, QUALITY_TIMEOUT, 3, &outlet, "");
    assert_int_equal(station.due_ns, (2200 + 200 * 20 * 3) * MS);
    device.backoff_max_ms = 7000;
}

/* A probe fits in before a living device is due, or it waits. */
static void
test_an_idle_bus_probes_early(void **state)
{
    (void)state;
    assert_int_equal(station_due_ns(&station, INT64_MAX, 1000 * MS), station.due_ns);
    conclude_at(1200 * MS, false);
    conclude_at(2200 * MS, false);
    conclude_at(8600 * MS, false); /* due at 15600 */
    int64_t early_ns = (8600 + EARLY_MS) * MS;
    assert_int_equal(station_due_ns(&station, early_ns + 200 * MS, 9000 * MS), early_ns);
    assert_int_equal(station_due_ns(&station, early_ns + 199 * MS, 9000 * MS), 15600 * MS);
    assert_int_equal(station_due_ns(&station, INT64_MAX, early_ns + 7 * MS), early_ns + 7 * MS);
}

/* A block that is being read must stay what it is: the plan changes between two scans only. */
static void
test_a_plan_is_made_anew_between_scans(void **state)
{
    (void)state;
    assert_int_equal(station.plan.block_count, 2); /* another interval each */
    points[1].every_ms = 1000;
    struct plan_cost dear = plan_cost_of(&device, 10 * MS);
    plan_free(&station.plan);
    assert_int_equal(plan_new(&device, &dear, &station.plan), 0);
    assert_int_equal(station.plan.block_count, 1);
    for (int i = 0; i < 2 * MEASURED_ENOUGH; i++)
        station_measure(&station, 0);
    assert_int_equal(station.plan.block_count, 1);
    station_plan_anew(&station);
    assert_int_equal(station.plan.block_count, 2); /* a request costs nothing, its bytes do */
    assert_int_equal(station.plan.cost.request_ns, 0);
    station_measure(&station, 10 * MS);
    station_plan_anew(&station); /* one answer says nothing */
    assert_int_equal(station.plan.block_count, 2);
    points[1].every_ms = 5000;
}

static unsigned
good_share(const struct device_span *spans, unsigned count)
{
    unsigned good = 0, all = 0;

    for (unsigned i = 0; i < count; i++) {
        good += spans[i].good_ms;
        all += spans[i].all_ms;
    }
    return all > 0 ? good * 1000 / all : 0;
}

static void
test_availability_is_time(void **state)
{
    (void)state;
    conclude_at(4000 * MS, true);
    conclude_at(5000 * MS, false);
    assert_int_equal(good_share(counters.minutes, DEVICE_MINUTES), 750);
    assert_int_equal(good_share(counters.hours, DEVICE_HOURS), 750);
    conclude_at(3604000 * MS, true); /* an hour on: the first minute's place is used again */
    assert_int_equal(good_share(counters.minutes, DEVICE_MINUTES), 1000);
}

static void
test_out_of_reach_is_noted_once(void **state)
{
    struct message message;

    (void)state;
    conclude_at(1200 * MS, false);
    conclude_at(2200 * MS, false);
    assert_false(take(&message));
    for (int i = 0; i < 5; i++)
        conclude_at((5200 + 10000 * i) * MS, false);
    assert_true(take(&message));
    assert_int_equal(message.kind, MESSAGE_NOTE);
    assert_int_equal(message.as.note.phase, PHASE_OPENED);
    assert_string_equal(message.as.note.kind, "transmission.abnormal");
    assert_string_equal(message.as.note.subject, "meter");
    assert_non_null(strstr(message.as.note.text, "/dev/ttyS1, unit 3"));
    assert_false(take(&message));
    assert_int_equal(counters.state, DEVICE_OFFLINE);
    conclude_at(60000 * MS, true);
    conclude_at(61000 * MS, true);
    assert_true(take(&message));
    assert_int_equal(message.as.note.phase, PHASE_CLOSED);
    assert_false(take(&message));
    assert_int_equal(counters.state, DEVICE_ONLINE);
}

/* What no one has room for is counted, and a note still gets through. */
static void
test_a_full_inbox_drops_scans_and_counts(void **state)
{
    struct message message;
    struct scan *scan = NULL;

    (void)state;
    for (int i = 0; i < 5; i++) {
        scan = station_take_scan(&station);
        assert_non_null(scan);
        scan->values[0].kind = VALUE_NUMBER;
        station_hand_on(&station, scan, 1200, &outlet);
    }
    assert_int_equal(counters.scans, 4); /* six places, two of them reserved */
    assert_int_equal(counters.values, 4);
    assert_int_equal(counters.dropped_scans, 1);
    assert_int_equal(counters.dropped_values, 1);
    assert_false(atomic_load(&scan->busy)); /* the dropped one is free again */
    for (int i = 0; i < 3; i++)
        conclude_at((1200 + i * 10000) * MS, false);
    for (int i = 0; i < 4; i++)
        assert_true(take(&message));
    assert_true(take(&message));
    assert_int_equal(message.kind, MESSAGE_NOTE);
}

static void
test_an_empty_pool_is_counted(void **state)
{
    (void)state;
    for (int i = 0; i < STATION_SCANS; i++)
        atomic_store(&station.scans[i].busy, true);
    assert_null(station_take_scan(&station));
    assert_int_equal(counters.dropped_scans, 1);
    atomic_store(&station.scans[3].busy, false);
    assert_ptr_equal(station_take_scan(&station), &station.scans[3]);
}

static void
test_a_taken_scan_holds_nothing_of_the_last(void **state)
{
    (void)state;
    struct scan *scan = station_take_scan(&station);
    scan->values[1] = (struct value){.kind = VALUE_NUMBER, .quality = 3, .word_count = 1};
    scan->word_count = 1;
    scan = station_take_scan(&station);
    assert_int_equal(scan->values[1].kind, VALUE_ABSENT);
    assert_int_equal(scan->values[1].word_count, 0);
    assert_int_equal(scan->word_count, 0);
}

static void
test_a_scan_without_readings_is_not_handed_on(void **state)
{
    struct message message;

    (void)state;
    station_hand_on(&station, station_take_scan(&station), 1200, &outlet);
    assert_false(take(&message));
    assert_int_equal(counters.scans + counters.dropped_scans, 0);
}

/* ---- faster during an event ---- */

static void
ask(uint32_t every_ms, int64_t at_ns)
{
    atomic_store(&counters.faster_ms, every_ms);
    station_follow(&station, at_ns);
}

/* The one of 1000 ms and the one of 5000 ms, as they are due in the next slot. */
static unsigned
due_points(void)
{
    return station_is_point_due(&station, &points[0]) +
           2U * station_is_point_due(&station, &points[1]);
}

static void
test_faster_slots_and_back(void **state)
{
    (void)state;
    conclude_at(1010 * MS, true);
    assert_int_equal(station.due_ns, 2000 * MS);
    ask(250, 1260 * MS); /* sooner than the slot that was next */
    assert_int_equal(station.due_ns, 1500 * MS);
    assert_int_equal(due_points(), 1);
    conclude_at(1510 * MS, true);
    assert_int_equal(station.due_ns, 1750 * MS);
    ask(0, 1600 * MS); /* back on the grid there was */
    assert_int_equal(station.due_ns, 2000 * MS);
    assert_int_equal(due_points(), 1);
    conclude_at(2010 * MS, true);
    assert_int_equal(station.due_ns, 3000 * MS);
    assert_int_equal(counters.missed_slots, 0);
}

static void
test_rarer_points_keep_their_slots(void **state)
{
    unsigned seen[4] = {0};

    (void)state;
    conclude_at(1010 * MS, true);
    ask(250, 1020 * MS);
    for (int64_t at = 1250; at < 11250; at += 250) { /* slots of two times 5 s */
        assert_int_equal(station.due_ns, at * MS);
        bool fifth = (at - 1000) % 5000 == 0;
        assert_int_equal(due_points(), fifth ? 3 : 1);
        seen[due_points()]++;
        conclude_at((at + 20) * MS, true);
    }
    assert_int_equal(seen[3], 2);
    assert_int_equal(seen[1], 38);
}

/* A bus too slow for the faster slots still reads every ordinary one. */
static void
test_faster_costs_no_ordinary_slot(void **state)
{
    unsigned ordinary = 0;

    (void)state;
    conclude_at(1010 * MS, true);
    ask(100, 1020 * MS);
    for (int64_t now = station.due_ns / MS; now < 11000;) {
        int64_t slot_ms = station.due_ns / MS;
        ordinary += (slot_ms - 1000) % 1000 == 0;
        now = (slot_ms > now ? slot_ms : now) + 330;
        conclude_at(now * MS, true);
    }
    assert_int_equal(ordinary, 9); /* 2000, 3000, ... 10000 */
    assert_true(counters.missed_slots > 0);
}

static void
test_what_is_no_part_of_the_interval_is_not_followed(void **state)
{
    (void)state;
    conclude_at(1010 * MS, true);
    ask(300, 1020 * MS);
    assert_int_equal(station.due_ns, 2000 * MS);
}

/* An event makes no dead device be asked more often. */
static void
test_a_dead_device_stays_backed_off(void **state)
{
    (void)state;
    conclude_at(1200 * MS, false);
    conclude_at(2200 * MS, false);
    assert_int_equal(station.due_ns, 6200 * MS);
    ask(250, 2300 * MS);
    assert_int_equal(station.due_ns, 6200 * MS);
    conclude_at(6210 * MS, true);
    assert_int_equal(station.due_ns, 6000 * MS); /* late, and from there on fast */
    conclude_at(6220 * MS, true);
    assert_int_equal(station.due_ns, 6250 * MS);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_slots_stay_on_the_grid),
        CASE(test_missed_slots_are_skipped_and_counted),
        CASE(test_a_dead_device_is_probed_ever_more_seldom),
        CASE(test_dead_devices_share_their_part_of_the_bus),
        CASE(test_an_idle_bus_probes_early),
        CASE(test_a_plan_is_made_anew_between_scans),
        CASE(test_availability_is_time),
        CASE(test_out_of_reach_is_noted_once),
        CASE(test_a_full_inbox_drops_scans_and_counts),
        CASE(test_an_empty_pool_is_counted),
        CASE(test_a_taken_scan_holds_nothing_of_the_last),
        CASE(test_a_scan_without_readings_is_not_handed_on),
        CASE(test_faster_slots_and_back),
        CASE(test_rarer_points_keep_their_slots),
        CASE(test_faster_costs_no_ordinary_slot),
        CASE(test_what_is_no_part_of_the_interval_is_not_followed),
        CASE(test_a_dead_device_stays_backed_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

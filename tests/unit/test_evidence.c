/* Evidence: the asset's scans from a time before the opening to a time behind the closing, each
 * reading once and none lost, shared by events that overlap, within its bound of memory. */
#include "tests/unit/events_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#define BEFORE_S 60
#define AFTER_S  30

static struct stage stage;

static const char SHORT[] = "events: {evidence: {before: 60s, after: 30s}}\n";

static int
begin(void **state)
{
    (void)state;
    return stage_begin(&stage, SHORT);
}

static int
end(void **state)
{
    (void)state;
    stage_end(&stage);
    return 0;
}

/* How many readings of the point were told for the event, and from when to when; a reading that was
 * told twice, or out of order, fails. */
static size_t
told(const char *device, const char *name, uint64_t opened, int64_t *ret_first, int64_t *ret_last)
{
    const struct point *point = site_find_point(stage.site, device, name);
    size_t count = 0;
    for (size_t i = 0; i < stage.told_count; i++) {
        const struct stage_told *reading = &stage.told[i];
        if (reading->point != point || reading->opened != opened)
            continue;
        if (count)
            assert_true(reading->mono_ms > *ret_last);
        else
            *ret_first = reading->mono_ms;
        *ret_last = reading->mono_ms;
        count++;
    }
    return count;
}

/* Every second's reading of `a` in [from, to] was told for the event, no other. */
static void
assert_seconds(uint64_t opened, int64_t from_ms, int64_t to_ms)
{
    int64_t first = 0, last = 0;
    size_t count = told("a", "so2", opened, &first, &last);
    assert_int_equal(first, from_ms);
    assert_int_equal(last, to_ms);
    assert_int_equal(count, (to_ms - from_ms) / 1000 + 1);
    assert_int_equal(told("a", "o2", opened, &first, &last), count);
    assert_int_equal(told("a", "label", opened, &first, &last), 0); /* a text is no number */
}

static void
an_event_has_the_scans_around_it(void **state)
{
    (void)state;
    int64_t first = 0, last = 0;
    stage_run(&stage, 200, 10, 1);
    stage_run(&stage, 1, 60, 1);
    uint64_t opened = stage_last(&stage)->sequence;
    int64_t opened_ms = stage.now.mono_ms;
    assert_seconds(opened, opened_ms - BEFORE_S * 1000, opened_ms);
    stage_run(&stage, 99, 60, 1);
    stage_run(&stage, 1, 10, 1);
    int64_t closed_ms = stage.now.mono_ms;
    assert_int_equal(stage_last(&stage)->phase, PHASE_CLOSED);
    stage_run(&stage, 200, 10, 1);
    assert_seconds(opened, opened_ms - BEFORE_S * 1000, closed_ms + AFTER_S * 1000);
    assert_int_equal(told("c", "dust", opened, &first, &last),
                     (opened_ms + 100000 + AFTER_S * 1000) / 5000 -
                         (opened_ms - BEFORE_S * 1000 - 1) / 5000);
}

static void
one_open_for_hours_loses_nothing(void **state)
{
    (void)state;
    stage_run(&stage, 10, 10, 1);
    stage_run(&stage, 7200, 60, 1);
    uint64_t opened = stage_find(&stage, "stack.so2", PHASE_OPENED)->sequence;
    stage_run(&stage, 1, 10, 1);
    int64_t closed_ms = stage.now.mono_ms;
    stage_run(&stage, 60, 10, 1);
    assert_seconds(opened, 1001000, closed_ms + AFTER_S * 1000);
}

static void
events_that_overlap_share_it(void **state)
{
    (void)state;
    int64_t first = 0, last = 0;
    stage_run(&stage, 100, 10, 1);
    stage_run(&stage, 10, 60, 1);
    uint64_t opened = stage_find(&stage, "stack.so2", PHASE_OPENED)->sequence;
    assert_null(strstr(stage_find(&stage, "stack.so2", PHASE_OPENED)->details, "evidence_of"));
    int64_t opened_ms = stage.now.mono_ms - 9000;
    stage_run(&stage, 10, 60, 20);
    const struct stage_event *later = stage_find(&stage, "stack.dust", PHASE_OPENED);
    char of[64];
    snprintf(of, sizeof of, "evidence_of=5eed-%" PRIu64 ";", opened);
    assert_non_null(strstr(later->details, of));
    stage_run(&stage, 100, 10, 20); /* the first closes, the later one stays */
    stage_run(&stage, 10, 10, 1);
    int64_t closed_ms = 0;
    for (size_t i = 0; i < stage.event_count; i++)
        if (!strcmp(stage.events[i].subject, "stack.dust"))
            assert_true(stage.events[i].opened == later->sequence ||
                        stage.events[i].sequence == later->sequence);
    assert_int_equal(stage_last(&stage)->phase, PHASE_CLOSED);
    closed_ms = (stage.now.mono_ms - 10000) / 5000 * 5000 + 5000; /* dust's first scan below */
    stage_run(&stage, 100, 10, 1);
    assert_seconds(opened, opened_ms - BEFORE_S * 1000, closed_ms + AFTER_S * 1000);
    assert_int_equal(told("a", "so2", later->sequence, &first, &last), 0);
}

static void
an_event_behind_it_has_its_own(void **state)
{
    (void)state;
    stage_run(&stage, 100, 10, 1);
    stage_run(&stage, 10, 60, 1);
    stage_run(&stage, AFTER_S + 5, 10, 1); /* its time behind the closing has gone by */
    stage_run(&stage, 1, 60, 1);
    const struct stage_event *second = stage_last(&stage);
    assert_int_equal(second->phase, PHASE_OPENED);
    assert_null(strstr(second->details, "evidence_of"));
    assert_seconds(second->sequence, stage.now.mono_ms - BEFORE_S * 1000, stage.now.mono_ms);
}

static void
one_that_opens_again_at_once_goes_on(void **state)
{
    (void)state;
    stage_run(&stage, 100, 10, 1);
    stage_run(&stage, 1, 60, 1);
    uint64_t opened = stage_last(&stage)->sequence;
    int64_t opened_ms = stage.now.mono_ms;
    stage_run(&stage, AFTER_S - 5, 10, 1);
    stage_run(&stage, 1, 60, 1);
    assert_non_null(strstr(stage_last(&stage)->details, "evidence_of"));
    stage_run(&stage, 1, 10, 1);
    int64_t closed_ms = stage.now.mono_ms;
    stage_run(&stage, 100, 10, 1);
    assert_seconds(opened, opened_ms - BEFORE_S * 1000, closed_ms + AFTER_S * 1000);
}

/* ---- a restart ---- */

/* As restore does: the last minute and some from the store. */
static void
recall(unsigned seconds)
{
    struct stamp now = stage.now;
    for (unsigned i = seconds; i-- > 0;) {
        stage.now = now;
        stage.now.mono_ms -= 1000 * (int64_t)i;
        stage.now.utc_ms -= 1000 * (int64_t)i;
        stage_scan(&stage, "a", 10, true);
        if (stage.now.mono_ms / 1000 % 5 == 0)
            stage_scan(&stage, "c", 1, true);
    }
    stage.now = now;
}

static void
a_restart_changes_nothing(void **state)
{
    (void)state;
    stage_run(&stage, 100, 10, 1);
    assert_int_equal(stage_restart(&stage), 0);
    recall(70);
    stage_run(&stage, 1, 60, 1);
    uint64_t opened = stage_last(&stage)->sequence;
    int64_t opened_ms = stage.now.mono_ms;
    assert_seconds(opened, opened_ms - BEFORE_S * 1000, opened_ms);
    stage_run(&stage, 20, 60, 1);
    assert_int_equal(stage_restart(&stage), 0);
    recall(70);
    stage_run(&stage, 1, 10, 1);
    int64_t closed_ms = stage.now.mono_ms;
    stage_run(&stage, 10, 10, 1);
    assert_int_equal(stage_restart(&stage), 0);
    recall(70);
    stage_run(&stage, 100, 10, 1);
    assert_seconds(opened, opened_ms - BEFORE_S * 1000, closed_ms + AFTER_S * 1000);
}

static void
the_bounds_of_the_site_hold(void **state)
{
    (void)state;
    struct stage other;
    assert_int_equal(stage_begin(&other, ""), 0);
    assert_int_equal(other.site->events.before_ms, 300000);
    assert_int_equal(other.site->events.after_ms, 300000);
    stage_end(&other);
    /* a: (600 + 3 + 4) x (24 + 27) bytes = 30.2 KiB, c less */
    assert_int_equal(stage_load(&other, "events: {evidence: {before: 10 min, memory: 64 KiB}}\n"),
                     0);
    assert_int_equal(other.site->events.before_ms, 600000);
    assert_string_equal(other.warnings, "");
    site_free(other.site);
    assert_int_equal(stage_load(&other, "events: {evidence: {before: 30 min, memory: 64 KiB}}\n"),
                     0);
    assert_int_equal(other.site->events.before_ms, 900000);
    assert_non_null(strstr(other.warnings, "only 900 s before an event are kept"));
    site_free(other.site);
}

static int
begin_without(void **state)
{
    (void)state;
    return stage_begin(&stage, "events: {evidence: {before: 0s}}\n");
}

static void
a_site_may_keep_none(void **state)
{
    (void)state;
    stage_run(&stage, 20, 10, 1);
    stage_run(&stage, 20, 60, 1);
    assert_int_equal(stage_last(&stage)->phase, PHASE_OPENED);
    assert_int_equal(stage_restart(&stage), 0);
    stage_run(&stage, 20, 10, 1);
    assert_int_equal(stage_last(&stage)->phase, PHASE_CLOSED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_event_has_the_scans_around_it, begin, end),
        cmocka_unit_test_setup_teardown(one_open_for_hours_loses_nothing, begin, end),
        cmocka_unit_test_setup_teardown(events_that_overlap_share_it, begin, end),
        cmocka_unit_test_setup_teardown(an_event_behind_it_has_its_own, begin, end),
        cmocka_unit_test_setup_teardown(one_that_opens_again_at_once_goes_on, begin, end),
        cmocka_unit_test_setup_teardown(a_restart_changes_nothing, begin, end),
        cmocka_unit_test(the_bounds_of_the_site_hold),
        cmocka_unit_test_setup_teardown(a_site_may_keep_none, begin_without, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

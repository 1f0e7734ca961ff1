#include "daemon/assess/state.c"

#include "tests/unit/assess_park.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#define STEPS 4000

static struct park park;
static uint64_t seed;

static unsigned
random_below(unsigned bound)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(seed >> 33) % bound;
}

static void
add_conditions(void)
{
    struct asset *asset = &park.assets[0];
    asset->production = (struct condition){&park.points[3], COMPARE_ABOVE, 15, 2, 3000};
    asset->treatment = (struct condition){&park.points[6], COMPARE_ABOVE, 5, 0, 0};
    park.bypass.open = (struct condition){&park.points[4], COMPARE_ABOVE, 60, 0, 2000};
    park.bypass.flow = (struct condition){&park.points[5], COMPARE_ABOVE, 80, 5, 0};
}

static void
add_limits(void)
{
    park_add_limit(&park, AVERAGING_INSTANT, 50);
    struct limit *warning = park_add_limit(&park, AVERAGING_INSTANT, 40);
    warning->kind = LIMIT_WARNING;
    warning->delay_ms = 4000;
    warning->hysteresis = 3;
    park_add_limit(&park, AVERAGING_MINUTE, 45);
    park_add_limit(&park, AVERAGING_TEN_MINUTES, 45);
    park_add_limit(&park, AVERAGING_HOUR, 45);
    struct limit *least = park_add_limit(&park, AVERAGING_INSTANT, 20);
    least->name = "no";
    least->point = &park.points[NO];
    least->side = SIDE_BELOW;
}

static int
set_up(void **state)
{
    (void)state;
    park_init(&park);
    park.points[SO2].has_range = true;
    park.points[SO2].high = 90;
    add_conditions();
    add_limits();
    park_begin(&park);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    park_end(&park);
    return 0;
}

/* Values wander around 45 so that every limit is crossed in both directions; all else is rare. */
static void
take_step(void)
{
    static const uint8_t bad[] = {QUALITY_TIMEOUT, QUALITY_CALIBRATION, QUALITY_FROZEN};
    unsigned fate = random_below(100);
    park_pass(&park, random_below(1500));
    if (fate < 3)
        park.now.utc_ms += (int64_t)random_below(1200000) - 600000;
    else if (fate < 4)
        park.now.clock = random_below(4) ? CLOCK_SYNCHRONISED : CLOCK_UNKNOWN;
    else if (fate < 5 && random_below(5) == 0)
        park.now.boot++, park.now.mono_ms = random_below(5000);
    else if (fate < 20)
        park_tick(&park);
    else if (fate < 30)
        park_read(&park, random_below(3), random_below(100), bad[random_below(3)]);
    else
        park_read(&park, random_below(3), random_below(100) + 0.1, QUALITY_GOOD);
}

/* Saves, loads into a new one and goes on with that; the saved bytes must come out again. */
static void
restart(void)
{
    size_t size = assess_state_size(park.assess);
    struct buf before, after;
    assert_int_equal(buf_new(&before, size), 0);
    assert_int_equal(buf_new(&after, size), 0);
    assert_true(assess_save(park.assess, &before));
    park_end(&park);
    park_begin(&park);
    assert_int_equal(assess_load(park.assess, before.data, before.length, &park.outlet), 0);
    assert_true(assess_save(park.assess, &after));
    assert_int_equal(before.length, after.length);
    assert_memory_equal(before.data, after.data, before.length);
    buf_free(&before);
    buf_free(&after);
}

static char *
tell_story(uint64_t with_seed, unsigned restart_every)
{
    char *text = NULL;
    size_t length = 0;
    set_up(NULL);
    seed = with_seed;
    park.story = open_memstream(&text, &length);
    for (unsigned i = 0; i < STEPS; i++) {
        take_step();
        if (restart_every && i % restart_every == 0)
            restart();
    }
    fclose(park.story);
    park.story = NULL;
    tear_down(NULL);
    return text;
}

static size_t
count_lines(const char *text, const char *with)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, with)); at++)
        count++;
    return count;
}

static void
restarts_change_nothing(void **state)
{
    (void)state;
    for (uint64_t with_seed = 1; with_seed <= 3; with_seed++) {
        char *whole = tell_story(with_seed, 0);
        const unsigned every[] = {1, 7, 100};
        for (int i = 0; i < 3; i++) {
            char *cut = tell_story(with_seed, every[i]);
            assert_string_equal(whole, cut);
            free(cut);
        }
        const char *const kinds[] = {"exceedance.realtime 1",
                                     "exceedance.realtime 3",
                                     "exceedance.warning 1",
                                     "bypass.open 1",
                                     "bypass.open 3",
                                     "treatment.off 3",
                                     "evidence ",
                                     "statistic so2 4"};
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
            assert_true(count_lines(whole, kinds[i]) > 0); /* the story has something to say */
        free(whole);
    }
}

static void
the_same_scans_give_the_same_story(void **state)
{
    (void)state;
    char *one = tell_story(42, 0), *two = tell_story(42, 0);
    assert_string_equal(one, two);
    free(one);
    free(two);
}

static void
the_size_is_never_exceeded(void **state)
{
    (void)state;
    seed = 9;
    park.now.utc_ms = 1LL << 60; /* the longest numbers */
    park.now.mono_ms = 1LL << 61;
    park.now.boot = UINT32_MAX;
    park.sequence = UINT64_MAX / 2;
    park.outlet.store = "0123456789abcdef0123456789abcdef";
    for (unsigned i = 0; i < 500; i++) {
        struct buf buf;
        park_pass(&park, 1000);
        park_read(&park, i % 3, random_below(100) + 0.1, QUALITY_GOOD);
        assert_int_equal(buf_new(&buf, assess_state_size(park.assess)), 0);
        assert_true(assess_save(park.assess, &buf));
        buf_free(&buf);
    }
    struct buf small;
    assert_int_equal(buf_new(&small, 100), 0);
    assert_false(assess_save(park.assess, &small));
    buf_free(&small);
}

/* ---- an event open over a restart ---- */

static struct buf saved;

static void
save_with_open_event(void)
{
    for (int i = 0; i < 3; i++)
        park_so2(&park, 30);
    park_so2(&park, 60);
    assert_int_equal(park.event_count, 1);
    assert_int_equal(buf_new(&saved, assess_state_size(park.assess)), 0);
    assert_true(assess_save(park.assess, &saved));
    park_end(&park);
}

static void
load_saved(void)
{
    park_begin(&park);
    assert_int_equal(assess_load(park.assess, saved.data, saved.length, &park.outlet), 0);
    buf_free(&saved);
}

static void
an_open_event_keeps_its_identity(void **state)
{
    (void)state;
    save_with_open_event();
    park.outlet.store = "store-b"; /* the file was replaced meanwhile */
    load_saved();
    assert_int_equal(park.event_count, 1);
    struct event open[4];
    assert_int_equal(assess_open_events(park.assess, open, 4), 1);
    assert_string_equal(open[0].opened_store, "store-a");
    assert_true(open[0].opened_sequence == 1);
    park_so2(&park, 45); /* below 50: the real-time event closes */
    assert_int_equal(park.event_count, 2);
    assert_int_equal(park_last(&park)->phase, PHASE_CLOSED);
    assert_true(park_last(&park)->opened_sequence == 1);
    assert_string_equal(park_last(&park)->opened_store, "store-a");
    assert_true(park_last(&park)->duration_ms == 1000);
    assert_int_equal(assess_open_events(park.assess, open, 4), 0);
    park_so2(&park, 60);
    park_so2(&park, 30);
    assert_string_equal(park_last(&park)->opened_store, "store-b");
}

static void
expect_closed_by_configuration(void)
{
    assert_int_equal(park.event_count, 2);
    const struct event *closed = park_last(&park);
    assert_int_equal(closed->phase, PHASE_CLOSED);
    assert_true(closed->opened_sequence == 1);
    assert_string_equal(closed->kind, "exceedance.realtime");
    assert_string_equal(park_detail(closed, "reason"), "configuration");
    assert_true(closed->at.mono_ms == park.now.mono_ms);
    assert_true(closed->limit == 50);
    struct event open[4];
    assert_int_equal(assess_open_events(park.assess, open, 4), 0);
}

static void
another_limit_closes_the_event(void **state)
{
    (void)state;
    save_with_open_event();
    park.limits[0].value = 55;
    load_saved();
    expect_closed_by_configuration();
    park_so2(&park, 60);
    assert_int_equal(park_last(&park)->phase, PHASE_OPENED);
}

static void
a_removed_limit_closes_the_event(void **state)
{
    (void)state;
    save_with_open_event();
    park.site.limit_count = 0;
    load_saved();
    expect_closed_by_configuration();
    assert_ptr_equal(park_last(&park)->point, &park.points[SO2]);
}

static void
a_point_of_another_meaning_closes_the_event(void **state)
{
    (void)state;
    save_with_open_event();
    park.points[SO2].number = 999;
    load_saved();
    expect_closed_by_configuration();
    assert_null(park_last(&park)->point);
    park_pass(&park, 60000);
    park_so2(&park, 30);
    for (size_t i = 0; i < park.statistic_count; i++)
        if (park.statistics[i].point == &park.points[SO2])
            assert_int_equal(park.statistics[i].count, 0); /* starts anew */
}

static void
a_renamed_point_goes_on(void **state)
{
    (void)state;
    save_with_open_event();
    park.points[SO2].name = "sulphur-dioxide";
    park.limits[0].delay_ms = 1000; /* not part of the meaning */
    load_saved();
    assert_int_equal(park.event_count, 1);
    park_so2(&park, 30);
    assert_int_equal(park_last(&park)->phase, PHASE_CLOSED);
    park_pass(&park, 60000);
    park_so2(&park, 30);
    for (size_t i = 0; i < park.statistic_count; i++)
        if (park.statistics[i].point == &park.points[SO2])
            assert_int_equal(park.statistics[i].count, 5);
}

static void
save_with_open_bypass(void)
{
    for (int i = 0; i < 5; i++) {
        park_pass(&park, 1000);
        park_read(&park, METER, 30, QUALITY_GOOD);
        park_read(&park, RTO, 85, QUALITY_GOOD);
    }
    assert_int_equal(park.event_count, 1);
    assert_string_equal(park_last(&park)->kind, "bypass.open");
    assert_int_equal(buf_new(&saved, assess_state_size(park.assess)), 0);
    assert_true(assess_save(park.assess, &saved));
    park_end(&park);
}

static void
a_bypass_stays_open_while_it_is_judged(void **state)
{
    (void)state;
    save_with_open_bypass();
    park.bypass.flow = (struct condition){0};
    load_saved();
    assert_int_equal(park.event_count, 1);
    for (int i = 0; i < 3; i++) {
        park_pass(&park, 1000);
        park_read(&park, RTO, 10, QUALITY_GOOD);
    }
    assert_int_equal(park.event_count, 2);
    assert_int_equal(park_last(&park)->phase, PHASE_CLOSED);
    assert_ptr_equal(park_last(&park)->point, &park.points[4]);
}

static void
a_bypass_no_longer_judged_is_closed(void **state)
{
    (void)state;
    save_with_open_bypass();
    park.bypass.flow = (struct condition){0};
    park.bypass.open = (struct condition){0};
    load_saved();
    assert_int_equal(park.event_count, 2);
    assert_string_equal(park_detail(park_last(&park), "reason"), "configuration");
    assert_int_equal(park_last(&park)->phase, PHASE_CLOSED);
}

static void
an_asset_that_is_gone_closes_its_events(void **state)
{
    (void)state;
    save_with_open_bypass();
    park.assets[0].name = "boiler-4";
    load_saved();
    assert_int_equal(park.event_count, 2);
    assert_int_equal(park_last(&park)->phase, PHASE_CLOSED);
    assert_string_equal(park_last(&park)->kind, "bypass.open");
    assert_true(park_last(&park)->opened_sequence == 1);
}

static void
open_events_come_in_order_of_opening(void **state)
{
    (void)state;
    park_read(&park, CEMS, 10, QUALITY_GOOD); /* no: below 20 */
    park_so2(&park, 60);                      /* that one closes, so2 opens */
    park_pass(&park, 5000);
    park_so2(&park, 60); /* the warning */
    struct event open[4];
    assert_int_equal(assess_open_events(park.assess, open, 4), 2);
    assert_string_equal(open[0].kind, "exceedance.realtime");
    assert_string_equal(open[1].kind, "exceedance.warning");
    assert_true(open[0].opened_sequence < open[1].opened_sequence);
    assert_int_equal(assess_open_events(park.assess, open, 1), 1);
}

/* ---- damage ---- */

static void
what_is_damaged_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    save_with_open_event();
    park.limits[0].value = 55; /* loading the whole would close an event */
    park_begin(&park);
    size_t size = assess_state_size(park.assess);
    struct buf before, after;
    assert_int_equal(buf_new(&before, size), 0);
    assert_int_equal(buf_new(&after, size), 0);
    assert_true(assess_save(park.assess, &before));
    for (size_t length = 0; length < saved.length; length++)
        assert_int_equal(assess_load(park.assess, saved.data, length, &park.outlet), -EINVAL);
    saved.data[1] = STATE_VERSION + 1;
    assert_int_equal(assess_load(park.assess, saved.data, saved.length, &park.outlet), -EINVAL);
    assert_true(assess_save(park.assess, &after));
    assert_int_equal(before.length, after.length);
    assert_memory_equal(before.data, after.data, before.length);
    assert_int_equal(park.event_count, 1);
    buf_free(&before);
    buf_free(&after);
    buf_free(&saved);
}

/* Any byte changed: refused or taken, but nothing outside its memory (the sanitizers watch) and the
 * stage goes on. */
static void
no_damage_leads_astray(void **state)
{
    (void)state;
    save_with_open_event();
    park.story = NULL;
    for (size_t at = 0; at < saved.length; at++) {
        uint8_t whole = saved.data[at];
        saved.data[at] ^= (uint8_t)(1U << at % 8);
        park_begin(&park);
        int error = assess_load(park.assess, saved.data, saved.length, &park.outlet);
        assert_true(error == 0 || error == -EINVAL);
        for (int i = 0; i < 5; i++)
            park_so2(&park, i % 2 ? 30 : 60);
        park_end(&park);
        saved.data[at] = whole;
    }
    park_begin(&park);
    buf_free(&saved);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(restarts_change_nothing),
        cmocka_unit_test(the_same_scans_give_the_same_story),
        TEST(the_size_is_never_exceeded),
        TEST(an_open_event_keeps_its_identity),
        TEST(another_limit_closes_the_event),
        TEST(a_removed_limit_closes_the_event),
        TEST(a_point_of_another_meaning_closes_the_event),
        TEST(a_renamed_point_goes_on),
        TEST(a_bypass_stays_open_while_it_is_judged),
        TEST(a_bypass_no_longer_judged_is_closed),
        TEST(an_asset_that_is_gone_closes_its_events),
        TEST(open_events_come_in_order_of_opening),
        TEST(what_is_damaged_is_refused_and_changes_nothing),
        TEST(no_damage_leads_astray),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

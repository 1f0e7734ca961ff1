/* What assess records of a declaration is read back as the same declaration: so that a restart and
 * a replay find it. */
#include "base/calendar.h"
#include "daemon/assess/declare.h"
#include "daemon/store/declared.h"
#include "tests/unit/events_stage.h"

#include <math.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

static struct stage stage;
static uint8_t bytes[4096];
static struct buf body;
static bool is_there;
static struct declaration back;

/* As through the store: the last event that reads back as a declaration. */
static uint64_t
take_event(void *context, const struct event *event)
{
    struct cbor_cursor cursor;
    struct record_head head;
    struct record_event read;
    (void)context;
    buf_init(&body, bytes, sizeof bytes);
    record_put_event(&body, ++stage.sequence, event);
    assert_false(body.overflow);
    cbor_cursor_init(&cursor, body.data, body.length);
    assert_true(record_take_head(&cursor, &head) && record_take_event(&cursor, &read));
    is_there = declaration_from_event(&read, &back);
    return stage.sequence;
}

static int
begin(void **state)
{
    (void)state;
    int error = stage_begin(&stage, "");
    stage.outlet.event = take_event;
    return error;
}

static int
end(void **state)
{
    (void)state;
    stage_end(&stage);
    return 0;
}

static void
assert_comes_back(struct declaration said)
{
    uint64_t sequence;
    char why[DECLARATION_WHY];
    is_there = false;
    if (assess_declare(stage.assess, &said, &stage.now, &stage.outlet, &sequence, why))
        fail_msg("%s", why);
    assert_true(is_there);
    assert_int_equal(back.kind, said.kind);
    assert_string_equal(back.word, said.word);
    assert_string_equal(back.pollutant, said.pollutant);
    assert_string_equal(back.by, said.by);
    assert_string_equal(back.reason, said.reason);
    assert_string_equal(back.store, said.store);
    assert_int_equal(back.sequence, said.sequence);
    assert_int_equal(back.from_utc_ms, said.from_utc_ms ? said.from_utc_ms : stage.now.utc_ms);
    assert_int_equal(back.until_utc_ms, said.until_utc_ms);
    if (*said.subject)
        assert_string_equal(back.subject, said.subject);
}

static void
each_kind_comes_back_as_it_was_said(void **state)
{
    (void)state;
    int64_t hour_ms = calendar_start(stage.now.utc_ms, CALENDAR_HOUR_MS);
    stage_run(&stage, 3, 60, 1);
    assert_comes_back((struct declaration){.kind = DECLARE_ACKNOWLEDGE,
                                           .by = "\xe5\xbc\xa0\xe4\xbc\x9f",
                                           .word = "other",
                                           .reason = "a bird",
                                           .store = "5eed",
                                           .sequence = 1});
    assert_comes_back((struct declaration){.kind = DECLARE_MODE,
                                           .subject = "stack",
                                           .word = "start-up",
                                           .by = "Li Na",
                                           .until_utc_ms = stage.now.utc_ms + 60000});
    assert_comes_back((struct declaration){.kind = DECLARE_MAINTENANCE,
                                           .subject = "a.so2",
                                           .word = "on",
                                           .by = "Li Na",
                                           .reason = "new lamp",
                                           .from_utc_ms = stage.now.utc_ms - 1000,
                                           .until_utc_ms = stage.now.utc_ms + 60000});
    assert_comes_back((struct declaration){
        .kind = DECLARE_MAINTENANCE, .subject = "a.so2", .word = "off", .by = "Li Na"});
    assert_comes_back((struct declaration){.kind = DECLARE_MARK,
                                           .subject = "stack",
                                           .word = "startup",
                                           .by = "Li Na",
                                           .from_utc_ms = hour_ms - 2 * CALENDAR_HOUR_MS,
                                           .until_utc_ms = hour_ms - CALENDAR_HOUR_MS});
}

/* The longest of everything. */
static void
nothing_is_cut_off(void **state)
{
    (void)state;
    struct declaration said = {.kind = DECLARE_MAINTENANCE,
                               .subject = "a.so2",
                               .from_utc_ms = stage.now.utc_ms,
                               .until_utc_ms = stage.now.utc_ms + 60000};
    memset(said.by, 'b', sizeof said.by - 1);
    memset(said.reason, 'r', sizeof said.reason - 1);
    memset(said.pollutant, 'p', sizeof said.pollutant - 1);
    snprintf(said.word, sizeof said.word, "on");
    assert_comes_back(said);
}

static void
another_event_is_none(void **state)
{
    (void)state;
    stage_run(&stage, 3, 60, 1); /* opens */
    assert_false(is_there);
    struct event event = {.kind = "acknowledged",
                          .subject = "stack",
                          .phase = PHASE_NOTED,
                          .at = stage.now,
                          .value = NAN,
                          .peak = NAN,
                          .limit = NAN,
                          .averaging = ""};
    take_event(NULL, &event); /* nobody said it */
    assert_false(is_there);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_kind_comes_back_as_it_was_said, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_cut_off, begin, end),
        cmocka_unit_test_setup_teardown(another_event_is_none, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

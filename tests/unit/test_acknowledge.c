/* What a person says of an open event, and what time makes of one: acknowledgement, escalation, and
 * the records of declarations. */
#include "daemon/assess/declare.h"
#include "tests/unit/events_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

static struct stage stage;
static char why[DECLARATION_WHY];

static const char ESCALATE[] = "events:\n"
                               "  escalate:\n"
                               "    - {after: 30 min}\n"
                               "    - {kind: bypass.open, after: 1 min}\n";

static int
begin(void **state)
{
    (void)state;
    return stage_begin(&stage, ESCALATE);
}

static int
end(void **state)
{
    (void)state;
    stage_end(&stage);
    return 0;
}

static int
say(struct declaration said)
{
    uint64_t sequence;
    int error = assess_declare(stage.assess, &said, &stage.now, &stage.outlet, &sequence, why);
    assert_true(error ? !sequence && *why : sequence == stage.sequence && !*why);
    return error;
}

static struct declaration
acknowledgement(void)
{
    return (struct declaration){
        .kind = DECLARE_ACKNOWLEDGE,
        .by = "Zhang Wei",
        .word = "treatment-fault",
        .store = "5eed",
        .sequence = stage_find(&stage, "stack.so2", PHASE_OPENED)->sequence};
}

static void
an_acknowledgement_is_told_and_recorded(void **state)
{
    (void)state;
    struct event open[4];
    stage_run(&stage, 3, 60, 1);
    size_t before = stage.event_count;
    assert_int_equal(say(acknowledgement()), 0);
    assert_int_equal(stage.event_count, before + 2);
    const struct stage_event *update = &stage.events[before], *record = &stage.events[before + 1];
    assert_int_equal(update->phase, PHASE_UPDATED);
    assert_string_equal(update->subject, "stack.so2");
    assert_non_null(strstr(update->details, "acknowledged_by=Zhang Wei;"));
    assert_non_null(strstr(update->details, "acknowledged_ms=1795233603000;"));
    assert_non_null(strstr(update->details, "reason_code=treatment-fault;"));
    assert_string_equal(record->kind, "acknowledged");
    assert_int_equal(record->phase, PHASE_NOTED);
    assert_string_equal(record->subject, "stack.so2");
    assert_string_equal(record->details, "by=Zhang Wei;from_ms=1795233603000;sequence=1;store=5eed;"
                                         "word=treatment-fault;");
    assert_int_equal(assess_open_events(stage.assess, open, 4), 1);
    bool found = false;
    for (size_t i = 0; i < open[0].detail_count; i++)
        found |= !strcmp(open[0].details[i].key, "acknowledged_by") &&
                 !strcmp(open[0].details[i].as.text, "Zhang Wei");
    assert_true(found);
}

static void
an_acknowledgement_survives_a_restart_and_ends_with_its_event(void **state)
{
    (void)state;
    stage_run(&stage, 3, 60, 1);
    assert_int_equal(say(acknowledgement()), 0);
    assert_int_equal(stage_restart(&stage), 0);
    stage_run(&stage, 2, 10, 1);
    assert_int_equal(stage_last(&stage)->phase, PHASE_CLOSED);
    assert_non_null(strstr(stage_last(&stage)->details, "acknowledged_by=Zhang Wei;"));
    stage_run(&stage, 2, 60, 1);
    assert_int_equal(stage_last(&stage)->phase, PHASE_OPENED);
    assert_null(strstr(stage_last(&stage)->details, "acknowledged_by"));
}

static void
assert_refused(struct declaration said, const char *sentence)
{
    size_t before = stage.event_count;
    assert_int_not_equal(say(said), 0);
    if (!strstr(why, sentence))
        fail_msg("'%s' has no '%s'", why, sentence);
    assert_int_equal(stage.event_count, before);
}

static void
what_is_wrong_is_refused_with_a_sentence(void **state)
{
    (void)state;
    stage_run(&stage, 3, 60, 1);
    struct declaration said = acknowledgement();
    said.by[0] = '\0';
    assert_refused(said, "must be named");
    said = acknowledgement();
    said.sequence = 77;
    assert_refused(said, "no event of that id is open");
    said = acknowledgement();
    snprintf(said.store, sizeof said.store, "0ther");
    assert_refused(said, "no event of that id is open");
    said = acknowledgement();
    snprintf(said.word, sizeof said.word, "bored");
    assert_refused(said, "the reason code is one of being-handled,");
    snprintf(said.word, sizeof said.word, "other");
    assert_refused(said, "needs a reason in words");
    snprintf(said.reason, sizeof said.reason, "a bird");
    assert_int_equal(say(said), 0);
}

static void
a_closed_event_cannot_be_acknowledged(void **state)
{
    (void)state;
    stage_run(&stage, 3, 60, 1);
    stage_run(&stage, 3, 10, 1);
    assert_refused(acknowledgement(), "no event of that id is open");
}

static void
without_a_clock_or_room_nothing_is_declared(void **state)
{
    (void)state;
    stage_run(&stage, 3, 60, 1);
    stage.now.clock = CLOCK_UNKNOWN;
    assert_refused(acknowledgement(), "clock");
    stage.now.clock = CLOCK_SYNCHRONISED;
    stage.full = true;
    assert_refused(acknowledgement(), "room");
    stage.full = false;
    stage_run(&stage, 1, 10, 1);
    assert_null(strstr(stage_last(&stage)->details, "acknowledged_by"));
}

static void
maintenance_and_marks_are_recorded_with_all_they_say(void **state)
{
    (void)state;
    stage_run(&stage, 3, 20, 1);
    struct declaration said = {.kind = DECLARE_MAINTENANCE,
                               .subject = "a.so2",
                               .word = "on",
                               .by = "Li Na",
                               .reason = "new lamp",
                               .until_utc_ms = stage.now.utc_ms + 3600000};
    assert_int_equal(say(said), 0);
    assert_string_equal(stage_last(&stage)->kind, "declared.maintenance");
    assert_string_equal(stage_last(&stage)->details,
                        "by=Li Na;from_ms=1795233603000;reason=new lamp;until_ms=1795237203000;"
                        "word=on;");
    said.until_utc_ms = stage.now.utc_ms;
    assert_refused(said, "end after its beginning");
    said = (struct declaration){.kind = DECLARE_MARK,
                                .subject = "stack",
                                .word = "start-up",
                                .pollutant = "so2",
                                .by = "Li Na",
                                .from_utc_ms = STAGE_UTC_MS - 7200000,
                                .until_utc_ms = STAGE_UTC_MS - 3600000};
    assert_int_equal(say(said), 0);
    assert_string_equal(stage_last(&stage)->details,
                        "by=Li Na;from_ms=1795226400000;pollutant=so2;until_ms=1795230000000;"
                        "word=start-up;");
    snprintf(said.subject, sizeof said.subject, "a.so2");
    assert_refused(said, "no such asset");
}

static void
a_mode_is_declared_of_an_asset_or_of_all(void **state)
{
    (void)state;
    stage_run(&stage, 3, 20, 1);
    struct declaration said = {.kind = DECLARE_MODE,
                               .subject = "stack",
                               .word = "emergency-orange",
                               .by = "Li Na",
                               .until_utc_ms = stage.now.utc_ms};
    assert_refused(said, "a mode needs an end in the future");
    said.until_utc_ms++;
    assert_int_equal(say(said), 0);
    assert_string_equal(stage_last(&stage)->kind, "declared.mode");
    assert_string_equal(stage_last(&stage)->details,
                        "by=Li Na;from_ms=1795233603000;until_ms=1795233603001;"
                        "word=emergency-orange;");
    snprintf(said.subject, sizeof said.subject, "gateway");
    assert_int_equal(say(said), 0);
    snprintf(said.subject, sizeof said.subject, "stacks");
    assert_refused(said, "no such asset");
    snprintf(said.subject, sizeof said.subject, "stack");
    snprintf(said.word, sizeof said.word, "holiday");
    assert_refused(said, "the mode is one of normal");
}

/* ---- escalation ---- */

static unsigned
count_updates(const char *detail)
{
    unsigned count = 0;
    for (size_t i = 0; i < stage.event_count; i++)
        count += stage.events[i].phase == PHASE_UPDATED && strstr(stage.events[i].details, detail);
    return count;
}

static void
an_event_goes_up_once_after_its_time(void **state)
{
    (void)state;
    stage_run(&stage, 1, 60, 1); /* opens */
    stage_run(&stage, 1799, 60, 1);
    assert_int_equal(count_updates("escalated_from"), 0);
    stage_run(&stage, 1, 60, 1); /* the 1,800th second */
    assert_int_equal(count_updates("escalated_from=warning;"), 1);
    assert_int_equal(stage_last(&stage)->severity, SEVERITY_ALARM);
    assert_int_equal(stage_find(&stage, "stack.so2", PHASE_OPENED)->severity, SEVERITY_WARNING);
    assert_int_equal(stage_restart(&stage), 0);
    stage_run(&stage, 5, 60, 1);
    assert_int_equal(count_updates("escalated_from"), 1);
    stage_run(&stage, 1, 10, 1);
    assert_int_equal(stage_last(&stage)->phase, PHASE_CLOSED);
    assert_int_equal(stage_last(&stage)->severity, SEVERITY_ALARM);
}

static void
what_is_acknowledged_stays_as_it_is(void **state)
{
    (void)state;
    stage_run(&stage, 3, 60, 1);
    assert_int_equal(say(acknowledgement()), 0);
    stage_run(&stage, 2000, 60, 1);
    assert_int_equal(count_updates("escalated_from"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_acknowledgement_is_told_and_recorded, begin, end),
        cmocka_unit_test_setup_teardown(
            an_acknowledgement_survives_a_restart_and_ends_with_its_event, begin, end),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_refused_with_a_sentence, begin, end),
        cmocka_unit_test_setup_teardown(a_closed_event_cannot_be_acknowledged, begin, end),
        cmocka_unit_test_setup_teardown(without_a_clock_or_room_nothing_is_declared, begin, end),
        cmocka_unit_test_setup_teardown(maintenance_and_marks_are_recorded_with_all_they_say, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_mode_is_declared_of_an_asset_or_of_all, begin, end),
        cmocka_unit_test_setup_teardown(an_event_goes_up_once_after_its_time, begin, end),
        cmocka_unit_test_setup_teardown(what_is_acknowledged_stays_as_it_is, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

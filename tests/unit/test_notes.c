/* Spans reported by other threads: one id for life, also across a save and load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/notes.c"

static struct note
make_note(const char *kind, const char *subject, enum event_phase phase)
{
    struct note note = {.kind = kind, .phase = phase, .severity = SEVERITY_WARNING};

    snprintf(note.subject, sizeof note.subject, "%s", subject);
    snprintf(note.text, sizeof note.text, "why");
    return note;
}

static void
open_span(struct notes *notes, const char *subject, uint64_t sequence, const struct stamp *at)
{
    struct note note = make_note("transmission.abnormal", subject, PHASE_OPENED);
    struct event event;

    assert_int_equal(notes_take(notes, &note, at, &event), NOTES_APPEND);
    assert_int_equal(event.opened_sequence, 0);
    notes_opened(notes, &event, sequence, "store-a");
}

static void
test_span_keeps_its_identity(void **state)
{
    static struct notes notes;
    struct stamp opened = {.utc_ms = 1000, .mono_ms = 10, .boot = 1, .clock = CLOCK_SYNCHRONISED};
    struct stamp closed = {.utc_ms = 9000, .mono_ms = 7010, .boot = 1, .clock = CLOCK_SYNCHRONISED};
    struct note close = make_note("transmission.abnormal", "cems", PHASE_CLOSED);
    struct event event;

    (void)state;
    open_span(&notes, "cems", 42, &opened);
    assert_true(notes_is_open(&notes, "transmission.abnormal", "cems"));
    assert_int_equal(notes_take(&notes, &close, &closed, &event), NOTES_APPEND);
    assert_int_equal(event.opened_sequence, 42);
    assert_string_equal(event.opened_store, "store-a");
    assert_int_equal(event.duration_ms, 7000); /* monotonic: the clock's step does not count */
    assert_false(notes_is_open(&notes, "transmission.abnormal", "cems"));
}

static void
test_repeated_notes_are_ignored(void **state)
{
    static struct notes notes;
    struct stamp at = {.mono_ms = 1, .boot = 1};
    struct note again = make_note("transmission.abnormal", "cems", PHASE_OPENED);
    struct note close = make_note("transmission.abnormal", "meter", PHASE_CLOSED);
    struct event event;

    (void)state;
    open_span(&notes, "cems", 1, &at);
    assert_int_equal(notes_take(&notes, &again, &at, &event), NOTES_IGNORED);
    assert_int_equal(notes_take(&notes, &close, &at, &event), NOTES_IGNORED);
}

static void
test_moments_are_always_appended(void **state)
{
    static struct notes notes;
    struct stamp at = {.mono_ms = 1, .boot = 1};
    struct note gap = make_note("gap", "gateway", PHASE_NOTED);
    struct event event;

    (void)state;
    gap.count = 3;
    gap.count_values = 7;
    assert_int_equal(notes_take(&notes, &gap, &at, &event), NOTES_APPEND);
    assert_int_equal(event.detail_count, 3);
    for (size_t i = 1; i < event.detail_count; i++) /* deterministic CBOR wants ascending keys */
        assert_true(strcmp(event.details[i - 1].key, event.details[i].key) < 0);
    assert_int_equal(notes.count, 0);
}

static void
test_spans_survive_save_and_load(void **state)
{
    static struct notes notes;
    static struct notes loaded;
    uint8_t memory[512];
    struct buf buf;
    struct stamp at = {.utc_ms = 5, .mono_ms = 6, .boot = 7, .clock = CLOCK_RESTORED};
    struct note close = make_note("transmission.abnormal", "meter", PHASE_CLOSED);
    struct event event;

    (void)state;
    open_span(&notes, "cems", 11, &at);
    open_span(&notes, "meter", 12, &at);
    buf_init(&buf, memory, sizeof memory);
    notes_save(&notes, &buf);
    assert_false(buf.overflow);
    assert_int_equal(notes_load(&loaded, buf.data, buf.length), 0);
    assert_int_equal(loaded.count, 2);
    assert_int_equal(notes_take(&loaded, &close, &at, &event), NOTES_APPEND);
    assert_int_equal(event.opened_sequence, 12);
    assert_int_equal(event.since.boot, 7);
    assert_int_equal(event.since.clock, CLOCK_RESTORED);
    for (size_t cut = 0; cut < buf.length; cut++) {
        static struct notes damaged;
        assert_int_not_equal(notes_load(&damaged, buf.data, cut), 0);
        assert_int_equal(damaged.count, 0);
    }
}

static void
test_full_table_refuses_another_span(void **state)
{
    static struct notes notes;
    struct stamp at = {.mono_ms = 1, .boot = 1};
    char subject[16];
    struct event event;

    (void)state;
    for (unsigned i = 0; i < NOTES_OPEN; i++) {
        snprintf(subject, sizeof subject, "device-%u", i);
        open_span(&notes, subject, i + 1, &at);
    }
    struct note more = make_note("transmission.abnormal", "one-more", PHASE_OPENED);
    assert_int_equal(notes_take(&notes, &more, &at, &event), NOTES_IGNORED);
}

static struct record_event
stored(const char *kind, const char *subject, enum event_phase phase)
{
    struct record_event event = {.phase = phase, .since = {.mono_ms = 9, .boot = 2}};

    event.kind = (struct record_text){kind, strlen(kind)};
    event.subject = (struct record_text){subject, strlen(subject)};
    return event;
}

static void
test_spans_are_recalled_from_the_store(void **state)
{
    static struct notes notes;
    struct record_event opened = stored("transmission.abnormal", "cems", PHASE_OPENED);
    struct record_event closed = stored("transmission.abnormal", "cems", PHASE_CLOSED);
    struct record_event judged = stored("exceedance.realtime", "boiler.so2", PHASE_OPENED);

    (void)state;
    notes_recall(&notes, &judged, 3, "store-a"); /* assess' own */
    assert_int_equal(notes.count, 0);
    notes_recall(&notes, &opened, 4, "store-a");
    notes_recall(&notes, &opened, 5, "store-a");
    assert_int_equal(notes.count, 1);
    assert_int_equal(notes.open[0].opened_sequence, 4);
    assert_int_equal(notes.open[0].since.mono_ms, 9);
    notes_recall(&notes, &closed, 6, "store-a");
    assert_int_equal(notes.count, 0);
    notes_recall(&notes, &closed, 7, "store-a");
    assert_int_equal(notes.count, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_span_keeps_its_identity),
        cmocka_unit_test(test_repeated_notes_are_ignored),
        cmocka_unit_test(test_moments_are_always_appended),
        cmocka_unit_test(test_spans_survive_save_and_load),
        cmocka_unit_test(test_full_table_refuses_another_span),
        cmocka_unit_test(test_spans_are_recalled_from_the_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

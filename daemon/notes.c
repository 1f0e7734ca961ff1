#include "daemon/notes.h"

#include "base/cbor.h"
#include "daemon/store/record.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define STATE_VERSION 1

static struct note_span *
find(const struct notes *notes, const char *kind, const char *subject)
{
    for (size_t i = 0; i < notes->count; i++) {
        const struct note_span *span = &notes->open[i];
        if (strcmp(span->kind, kind) == 0 && strcmp(span->subject, subject) == 0)
            return (struct note_span *)(uintptr_t)span;
    }
    return NULL;
}

bool
notes_is_open(const struct notes *notes, const char *kind, const char *subject)
{
    return find(notes, kind, subject) != NULL;
}

static void
add_detail(struct event *event, const char *key, uint64_t count)
{
    if (count == 0)
        return;
    struct detail *detail = &event->details[event->detail_count++];
    detail->key = key;
    detail->kind = VALUE_INTEGER;
    detail->as.integer = (int64_t)count;
}

static void
add_text(struct event *event, const char *key, const char *text)
{
    if (text[0] == '\0')
        return;
    struct detail *detail = &event->details[event->detail_count++];
    detail->key = key;
    detail->kind = VALUE_TEXT;
    detail->as.text = text;
}

static void
add_keys(struct event *event, const struct key_change *change)
{
    add_text(event, "new_key", change->new_key);
    add_text(event, "new_signature", change->new_signature);
    add_text(event, "old_key", change->old_key);
    add_text(event, "old_signature", change->old_signature);
}

static void
fill(struct event *event, const struct note *note, const struct stamp *at)
{
    memset(event, 0, sizeof *event);
    event->kind = note->kind;
    event->phase = note->phase;
    event->severity = note->severity;
    event->subject = note->subject;
    event->at = *at;
    event->since = *at;
    event->duration_ms = -1;
    event->value = event->peak = event->limit = (double)NAN;
    event->averaging = "";
    add_detail(event, "boot", note->boot);
    add_text(event, "by", note->who);
    add_text(event, "id", note->id);
    if (note->key_change != NULL)
        add_keys(event, note->key_change);
    add_detail(event, "records", note->count);
    add_text(event, "result", note->result != NULL ? note->result : "");
    add_text(event, "text", note->text);
    add_detail(event, "values", note->count_values);
    add_detail(event, "zero_utc_ms", (uint64_t)note->zero_utc_ms);
}

static void
close_span(struct notes *notes, struct note_span *span, const struct stamp *at, struct event *event)
{
    event->severity = span->severity;
    event->opened_sequence = span->opened_sequence;
    memcpy(event->opened_store, span->opened_store, sizeof event->opened_store);
    event->since = span->since;
    event->duration_ms = span->since.boot == at->boot ? at->mono_ms - span->since.mono_ms
                                                      : at->utc_ms - span->since.utc_ms;
    *span = notes->open[--notes->count];
}

enum notes_verdict
notes_take(struct notes *notes, const struct note *note, const struct stamp *at,
           struct event *ret_event)
{
    struct note_span *span = find(notes, note->kind, note->subject);
    struct event event;

    if (note->phase == PHASE_OPENED && (span != NULL || notes->count == NOTES_OPEN))
        return NOTES_IGNORED;
    if (note->phase == PHASE_CLOSED && span == NULL)
        return NOTES_IGNORED;
    fill(&event, note, at);
    if (note->phase == PHASE_CLOSED)
        close_span(notes, span, at, &event);
    *ret_event = event;
    return NOTES_APPEND;
}

void
notes_opened(struct notes *notes, const struct event *event, uint64_t sequence, const char *store)
{
    struct note_span *span = &notes->open[notes->count++];

    memset(span, 0, sizeof *span);
    snprintf(span->kind, sizeof span->kind, "%s", event->kind);
    snprintf(span->subject, sizeof span->subject, "%s", event->subject);
    span->severity = event->severity;
    span->opened_sequence = sequence;
    snprintf(span->opened_store, sizeof span->opened_store, "%s", store);
    span->since = event->at;
}

static bool
copy_text(char *ret_text, size_t size, const struct record_text *text)
{
    if (text->length >= size)
        return false;
    memcpy(ret_text, text->text, text->length);
    ret_text[text->length] = '\0';
    return true;
}

void
notes_recall(struct notes *notes, const struct record_event *event, uint64_t sequence,
             const char *store)
{
    static const char *const SPANS[] = {"transmission.abnormal", "destination.down",
                                        "certificate.expiring"};
    struct event made = {.severity = event->severity, .at = event->since};
    char kind[sizeof notes->open[0].kind];
    char subject[sizeof notes->open[0].subject];
    bool is_span = false;

    if (!copy_text(kind, sizeof kind, &event->kind) ||
        !copy_text(subject, sizeof subject, &event->subject))
        return;
    for (size_t i = 0; i < sizeof SPANS / sizeof SPANS[0]; i++)
        is_span |= strcmp(kind, SPANS[i]) == 0;
    if (!is_span)
        return;
    struct note_span *span = find(notes, kind, subject);
    made.kind = kind;
    made.subject = subject;
    if (event->phase == PHASE_OPENED && span == NULL && notes->count < NOTES_OPEN)
        notes_opened(notes, &made, sequence, store);
    else if (event->phase == PHASE_CLOSED && span != NULL)
        *span = notes->open[--notes->count];
}

size_t
notes_list(const struct notes *notes, struct event *ret_events, size_t capacity)
{
    size_t count = notes->count < capacity ? notes->count : capacity;

    for (size_t i = 0; i < count; i++) {
        const struct note_span *span = &notes->open[i];
        struct event *event = &ret_events[i];
        memset(event, 0, sizeof *event);
        event->kind = span->kind;
        event->phase = PHASE_OPENED;
        event->severity = span->severity;
        event->opened_sequence = span->opened_sequence;
        memcpy(event->opened_store, span->opened_store, sizeof event->opened_store);
        event->subject = span->subject;
        event->at = event->since = span->since;
        event->duration_ms = -1;
        event->value = event->peak = event->limit = (double)NAN;
        event->averaging = "";
    }
    return count;
}

void
notes_save(const struct notes *notes, struct buf *ret_state)
{
    cbor_put_array(ret_state, 1 + notes->count * 8);
    cbor_put_natural(ret_state, STATE_VERSION);
    for (size_t i = 0; i < notes->count; i++) {
        const struct note_span *span = &notes->open[i];
        cbor_put_text(ret_state, span->kind, strlen(span->kind));
        cbor_put_text(ret_state, span->subject, strlen(span->subject));
        cbor_put_natural(ret_state, span->severity);
        cbor_put_natural(ret_state, span->opened_sequence);
        cbor_put_text(ret_state, span->opened_store, strlen(span->opened_store));
        cbor_put_integer(ret_state, span->since.utc_ms);
        cbor_put_integer(ret_state, span->since.mono_ms);
        cbor_put_natural(ret_state, (uint64_t)span->since.boot << 2 | span->since.clock);
    }
}

static void
take_text(struct cbor_cursor *cursor, char *ret_text, size_t size)
{
    size_t length = 0;
    const char *text = cbor_take_text(cursor, &length);

    if (text == NULL || length >= size) {
        cursor->failed = true;
        return;
    }
    memcpy(ret_text, text, length);
    ret_text[length] = '\0';
}

static void
take_span(struct cbor_cursor *cursor, struct note_span *ret_span)
{
    memset(ret_span, 0, sizeof *ret_span);
    take_text(cursor, ret_span->kind, sizeof ret_span->kind);
    take_text(cursor, ret_span->subject, sizeof ret_span->subject);
    ret_span->severity = (enum severity)(cbor_take_natural(cursor) % 3);
    ret_span->opened_sequence = cbor_take_natural(cursor);
    take_text(cursor, ret_span->opened_store, sizeof ret_span->opened_store);
    ret_span->since.utc_ms = cbor_take_integer(cursor);
    ret_span->since.mono_ms = cbor_take_integer(cursor);
    uint64_t packed = cbor_take_natural(cursor);
    ret_span->since.boot = (uint32_t)(packed >> 2);
    ret_span->since.clock = (enum clock_state)(packed & 3);
}

int
notes_load(struct notes *notes, const void *state, size_t length)
{
    struct cbor_cursor cursor;

    cbor_cursor_init(&cursor, state, length);
    size_t items = cbor_take_array(&cursor);
    if (cursor.failed || items == 0 || (items - 1) % 8 != 0 || (items - 1) / 8 > NOTES_OPEN ||
        cbor_take_natural(&cursor) != STATE_VERSION)
        return -EINVAL;
    size_t count = (items - 1) / 8;
    for (size_t i = 0; i < count; i++)
        take_span(&cursor, &notes->open[i]);
    notes->count = cursor.failed ? 0 : count;
    return cursor.failed ? -EINVAL : 0;
}

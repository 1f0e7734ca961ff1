/* How the engine begins, saves itself, goes over to another site, and ends. */
#include "base/cbor.h"
#include "base/clock.h"
#include "base/log.h"
#include "daemon/engine_parts.h"
#include "daemon/restore.h"
#include "daemon/store/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TOTALS_VERSION 1
#define NOTES_BYTES    ((size_t)128 * 1024) /* a full table of open notes */

/* What the store remembers of the engine beside assess and notes. */
struct totals {
    uint64_t read_scans, read_values, dropped_scans, dropped_values;
    bool clean; /* saved at a stop, not in between */
};

static void
save_state(struct engine *engine, const char *name)
{
    if (engine->state.overflow)
        log_error("state %s does not fit into %zu bytes and was not saved", name,
                  engine->state.capacity);
    else
        store_append_state(engine->parts.store, name, &engine->state);
}

void
engine_save(struct engine *engine)
{
    const struct engine_counters *counters = &engine->counters;

    buf_clear(&engine->state);
    assess_save(engine->assess, &engine->state);
    save_state(engine, "assess");
    buf_clear(&engine->state);
    notes_save(&engine->notes, &engine->state);
    save_state(engine, "notes");
    buf_clear(&engine->state);
    actions_save(engine->actions, &engine->state);
    save_state(engine, "actions");
    buf_clear(&engine->state);
    cbor_put_array(&engine->state, 6);
    cbor_put_natural(&engine->state, TOTALS_VERSION);
    cbor_put_natural(&engine->state, atomic_load(&counters->read_scans));
    cbor_put_natural(&engine->state, atomic_load(&counters->read_values));
    cbor_put_natural(&engine->state, atomic_load(&counters->dropped_scans));
    cbor_put_natural(&engine->state, atomic_load(&counters->dropped_values));
    cbor_put_bool(&engine->state, engine->stopping);
    save_state(engine, "totals");
    engine->saved_mono_ms = clock_mono_ms();
}

static bool
take_totals(const void *state, size_t length, struct totals *ret_totals)
{
    struct cbor_cursor cursor;

    cbor_cursor_init(&cursor, state, length);
    if (cbor_take_array(&cursor) != 6 || cbor_take_natural(&cursor) != TOTALS_VERSION)
        return false;
    ret_totals->read_scans = cbor_take_natural(&cursor);
    ret_totals->read_values = cbor_take_natural(&cursor);
    ret_totals->dropped_scans = cbor_take_natural(&cursor);
    ret_totals->dropped_values = cbor_take_natural(&cursor);
    ret_totals->clean = cbor_take_bool(&cursor);
    return !cursor.failed;
}

/* read = stored + dropped holds after a crash too: what the store has beyond the saved totals was
 * read after they were saved. */
static void
set_totals(struct engine *engine, const struct totals *totals)
{
    const struct store_counters *stored = store_counters(engine->parts.store);
    uint64_t scans = 0;
    uint64_t values = 0;

    for (int stream = STREAM_SAMPLE; stream <= STREAM_TREND; stream++) {
        scans += atomic_load(&stored->records[stream]);
        values += atomic_load(&stored->values[stream]);
    }
    atomic_store(&engine->counters.read_scans, scans + totals->dropped_scans);
    atomic_store(&engine->counters.read_values, values + totals->dropped_values);
    atomic_store(&engine->counters.dropped_scans, totals->dropped_scans);
    atomic_store(&engine->counters.dropped_values, totals->dropped_values);
}

/* The first record of a new file names the one before it (promise 4). */
static void
tell_predecessor(struct engine *engine)
{
    struct note note = {.kind = "gap", .phase = PHASE_NOTED, .severity = SEVERITY_WARNING};

    snprintf(note.subject, sizeof note.subject, "store");
    snprintf(note.text, sizeof note.text,
             "store %s was damaged and set aside: what it had not sent stays there",
             store_predecessor(engine->parts.store));
    engine_note(engine, &note);
}

/* The gap between the last record of an earlier run and now is a record like any other. */
static void
note_start(struct engine *engine, bool seen_before, const struct totals *totals)
{
    int64_t last_utc_ms = store_last_utc_ms(engine->parts.store);
    struct note note = {.kind = "gateway.started", .phase = PHASE_NOTED, .subject = "gateway"};
    const char *cause = !seen_before                  ? "first start"
                        : engine->parts.cause != NULL ? engine->parts.cause
                        : totals->clean               ? "after a clean stop"
                                                      : "after power loss, crash or kill";

    if (!seen_before && *store_predecessor(engine->parts.store) != '\0')
        tell_predecessor(engine);
    snprintf(note.text, sizeof note.text, "version %s, %s", PARKGATE_VERSION, cause);
    engine_note(engine, &note);
    if (!seen_before || last_utc_ms == 0 || engine->now.clock == CLOCK_UNKNOWN)
        return;
    note = (struct note){.kind = "gap", .phase = PHASE_NOTED, .severity = SEVERITY_WARNING};
    snprintf(note.subject, sizeof note.subject, "gateway");
    snprintf(note.text, sizeof note.text,
             "no readings from %" PRId64 " to %" PRId64 " (UTC ms): %s", last_utc_ms,
             engine->now.utc_ms, cause);
    engine_note(engine, &note);
}

static int
load_assess(struct engine *engine, struct reader *reader, uint64_t *ret_heads)
{
    struct assess_outlet outlet = engine_outlet(engine);
    size_t length = reader_state(reader, "assess", engine->state.data, engine->state.capacity,
                                 ret_heads);

    if (length == 0)
        return 0;
    int error = assess_load(engine->assess, engine->state.data, length, &outlet);
    if (error != 0) {
        log_warning("the saved state of judgement could not be read (%s): open periods and events "
                    "start anew",
                    strerror(-error));
        return 0;
    }
    int scans = restore_replay(reader, engine->site, engine->assess, ret_heads, &outlet,
                               &engine->now);
    if (scans > 0)
        log_info("judged %d scans again that were stored after the last saved state", scans);
    return scans < 0 ? scans : 0;
}

/* Spans that were opened or closed after the table was saved. */
static void
recall_notes(struct engine *engine, struct reader *reader, uint64_t head)
{
    uint64_t until = reader_durable(reader, STREAM_EVENT);
    struct chunk chunk;
    struct record record;
    struct cbor_cursor cursor;
    struct record_head ignored;
    struct record_event event;

    for (uint64_t from = head + 1; from <= until; from = chunk.last + 1) {
        if (reader_read(reader, STREAM_EVENT, from, until, &chunk) != 1)
            return;
        while (chunk_next(&chunk, &record)) {
            cbor_cursor_init(&cursor, record.body, record.length);
            if (record_take_head(&cursor, &ignored) && record_take_event(&cursor, &event))
                notes_recall(&engine->notes, &event, record.sequence,
                             store_id(engine->parts.store));
        }
    }
}

static int
restore(struct engine *engine, struct reader *reader)
{
    uint64_t heads[STREAM_END];
    struct totals totals = {0};

    size_t length = reader_state(reader, "totals", engine->state.data, engine->state.capacity,
                                 heads);
    bool seen_before = length != 0 && take_totals(engine->state.data, length, &totals);
    set_totals(engine, &totals);
    length = reader_state(reader, "notes", engine->state.data, engine->state.capacity, heads);
    if (length != 0 && notes_load(&engine->notes, engine->state.data, length) != 0)
        log_warning("the saved list of open notes could not be read: it starts anew");
    if (length != 0)
        recall_notes(engine, reader, heads[STREAM_EVENT]);
    int error = load_assess(engine, reader, heads);
    length = reader_state(reader, "actions", engine->state.data, engine->state.capacity, heads);
    if (length != 0)
        actions_load(engine->actions, engine->state.data, length);
    timekeeper_stamp(engine->parts.timekeeper, clock_mono_ms(), &engine->now);
    note_start(engine, seen_before, &totals);
    return error;
}

int
engine_begin(struct engine *engine, const struct site *site)
{
    struct reader *reader = NULL;

    engine->site = site;
    atomic_store(&engine->counters.generation, site->generation);
    timekeeper_stamp(engine->parts.timekeeper, clock_mono_ms(), &engine->now);
    engine->saved_mono_ms = engine->now.mono_ms;
    struct actions_outlet outlet = engine_actions_outlet(engine);
    int error = assess_new(site, &engine->assess);
    if (error == 0)
        error = actions_new(site, &outlet, &engine->actions);
    if (error == 0)
        error = buf_new(&engine->state, NOTES_BYTES + assess_state_size(engine->assess));
    if (error == 0)
        error = reader_open(store_face(engine->parts.store), &reader);
    if (error == 0)
        error = restore(engine, reader);
    reader_close(reader);
    engine->alarms_changed = true;
    if (error == 0)
        engine_save(engine); /* from here on a crash finds a state to go on from */
    return error;
}

int
engine_prepare(struct engine *engine, const struct site *site, struct device_counters *devices,
               const struct destination_counters *destinations)
{
    struct actions_outlet outlet = engine_actions_outlet(engine);
    int error = assess_new(site, &engine->next_assess);

    if (error == 0)
        error = actions_new(site, &outlet, &engine->next_actions);
    if (error == 0)
        error = buf_new(&engine->next_state, NOTES_BYTES + assess_state_size(engine->next_assess));
    if (error != 0) {
        assess_free(engine->next_assess);
        actions_free(engine->next_actions);
        engine->next_assess = NULL;
        engine->next_actions = NULL;
    }
    engine->next_devices = devices;
    engine->next_destinations = destinations;
    return error;
}

void
engine_adopt(struct engine *engine, const struct site *site)
{
    struct assess_outlet outlet = engine_outlet(engine);

    buf_clear(&engine->state);
    if (!assess_save(engine->assess, &engine->state) ||
        assess_load(engine->next_assess, engine->state.data, engine->state.length, &outlet) != 0)
        log_warning("the state of judgement could not be carried over to the new site");
    actions_carry(engine->next_actions, engine->actions, clock_mono_ms());
    actions_free(engine->actions);
    engine->actions = engine->next_actions;
    engine->next_actions = NULL;
    assess_free(engine->assess);
    buf_free(&engine->state);
    engine->assess = engine->next_assess;
    engine->state = engine->next_state;
    engine->next_assess = NULL;
    engine->next_state = (struct buf){0};
    engine->parts.devices = engine->next_devices;
    engine->parts.destinations = engine->next_destinations;
    engine->site = site;
    engine->seen_dropped_scans = 0;
    engine->seen_dropped_values = 0;
    engine->alarms_changed = true;
    atomic_store(&engine->counters.generation, site->generation);
}

void
engine_note_stop(struct engine *engine)
{
    struct note note = {.kind = "gateway.stopped", .phase = PHASE_NOTED, .subject = "gateway"};

    timekeeper_stamp(engine->parts.timekeeper, clock_mono_ms(), &engine->now);
    engine_note(engine, &note);
}

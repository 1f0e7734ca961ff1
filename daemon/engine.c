/* THE function to read first is engine_run: take a message, walk it through the stages, hand what
 * came of it to the store. Everything below it is one named step.
 *
 * Invariants: a scan is qualified, stored, then judged, so that an event always stands behind the
 * readings that caused it; events are handed over at once, scans with the next commit; a scan's
 * memory goes back to its bus when the step is done. What it does not do: wait, read a clock other
 * than for ticks, talk to a network. */
#include "daemon/engine.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "daemon/assess/assess.h"
#include "daemon/assess/headroom.h"
#include "daemon/engine_faster.h"
#include "daemon/engine_parts.h"
#include "daemon/forward/forward.h"
#include "daemon/supervise/pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS      1000
#define SAVE_MS      60000
#define PAGE_BYTES   (256 * 1024) /* touched only as far as a page is long */
#define ALARM_EVENTS 256
#define SETTLE_MS    1000
#define STEER_MS     5000 /* between two headroom pages */
#define STEER_LIMITS 512

/* ---- what assess finds ---- */

static void
count(atomic_ullong *counter, uint64_t amount)
{
    atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

static uint64_t
values_in(const struct scan *scan)
{
    uint64_t values = 0;

    for (uint16_t i = 0; i < scan->count; i++)
        values += scan->values[i].kind != VALUE_ABSENT;
    return values;
}

static uint64_t
on_event(void *context, const struct event *event)
{
    struct engine *engine = context;

    engine->urgent = true;
    engine->alarms_changed = true;
    return store_append_event(engine->parts.store, event);
}

static void
on_evidence(void *context, const struct evidence *evidence)
{
    struct engine *engine = context;

    store_append_evidence(engine->parts.store, evidence);
}

static void
on_statistic(void *context, const struct statistic *statistic)
{
    struct engine *engine = context;

    store_append_statistic(engine->parts.store, &engine->now, statistic);
}

/* A scan to be stored, read or derived: in the books a derived one counts as read when made. */
static void
on_scan(void *context, const struct scan *scan)
{
    struct engine *engine = context;
    uint64_t values = values_in(scan);

    count(&engine->counters.read_scans, 1);
    count(&engine->counters.read_values, values);
    if (store_append_scan(engine->parts.store, scan) == 0) {
        count(&engine->counters.dropped_scans, 1);
        count(&engine->counters.dropped_values, values);
    }
}

struct assess_outlet
engine_outlet(struct engine *engine)
{
    return (struct assess_outlet){.event = on_event,
                                  .scan = on_scan,
                                  .evidence = on_evidence,
                                  .statistic = on_statistic,
                                  .context = engine,
                                  .store = store_id(engine->parts.store)};
}

void
engine_note(struct engine *engine, const struct note *note)
{
    struct event event;

    if (notes_take(&engine->notes, note, &engine->now, &event) == NOTES_IGNORED)
        return;
    uint64_t sequence = on_event(engine, &event);
    if (note->boot != 0)
        store_place_boot(engine->parts.store, note->boot, note->zero_utc_ms);
    if (event.phase == PHASE_OPENED && sequence != 0)
        notes_opened(&engine->notes, &event, sequence, store_id(engine->parts.store));
}

/* ---- steps ---- */

static void
close_note(struct engine *engine, const char *kind, const char *subject)
{
    struct note note = {.kind = kind, .phase = PHASE_CLOSED, .severity = SEVERITY_INFO};

    if (!notes_is_open(&engine->notes, kind, subject))
        return;
    snprintf(note.subject, sizeof note.subject, "%s", subject);
    engine_note(engine, &note);
}

static bool
has_answer(const struct scan *scan)
{
    for (uint16_t i = 0; i < scan->count; i++)
        if (scan->values[i].kind > VALUE_NONE)
            return true;
    return false;
}

/* A period that ended before this scan is closed before the scan is counted in. */
static void
tick_to(struct engine *engine, const struct stamp *at)
{
    struct assess_outlet outlet = engine_outlet(engine);

    engine->now = *at;
    assess_tick(engine->assess, at, &outlet);
}

static void
take_scan(struct engine *engine, struct scan *scan)
{
    struct assess_outlet outlet = engine_outlet(engine);

    if (scan->at.mono_ms - engine->now.mono_ms >= TICK_MS)
        tick_to(engine, &scan->at);
    engine->now = scan->at;
    assess_qualify(engine->assess, scan);
    on_scan(engine, scan);
    assess_scan(engine->assess, scan, &outlet);
    if (engine->notes.count > 0 && has_answer(scan))
        close_note(engine, "transmission.abnormal", scan->device->name);
    atomic_store_explicit(&scan->busy, false, memory_order_release);
}

static void
engine_step(struct engine *engine, const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_SCAN: take_scan(engine, message->as.scan); break;
    case MESSAGE_NOTE:
        timekeeper_stamp(engine->parts.timekeeper, clock_mono_ms(), &engine->now);
        engine_note(engine, &message->as.note);
        break;
    case MESSAGE_ORDER: engine->parts.order(engine->parts.context, message->as.order); break;
    case MESSAGE_DECLARATION: engine_declare(engine, message->as.declaring); break;
    case MESSAGE_SITE: engine_adopt(engine, message->as.site); break;
    case MESSAGE_STOP: engine->stopping = true; break;
    }
}

/* Readings that never got here: the inbox or a pool of scans was full. */
static void
note_drops(struct engine *engine)
{
    struct store_loss loss = {0};
    uint64_t scans = 0;
    uint64_t values = 0;

    for (uint16_t i = 0; i < engine->site->device_count; i++) {
        const struct device_counters *device = &engine->parts.devices[i];
        scans += atomic_load_explicit(&device->dropped_scans, memory_order_relaxed);
        values += atomic_load_explicit(&device->dropped_values, memory_order_relaxed);
    }
    uint64_t new_scans = scans - engine->seen_dropped_scans;
    uint64_t new_values = values - engine->seen_dropped_values;
    engine->seen_dropped_scans = scans;
    engine->seen_dropped_values = values;
    count(&engine->counters.read_scans, new_scans);
    count(&engine->counters.read_values, new_values);
    count(&engine->counters.dropped_scans, new_scans);
    count(&engine->counters.dropped_values, new_values);
    store_take_loss(engine->parts.store, &loss);
    if (new_scans == 0 && loss.records == 0)
        return;
    struct note note = {.kind = "gap",
                        .phase = PHASE_NOTED,
                        .severity = SEVERITY_WARNING,
                        .subject = "gateway",
                        .count = new_scans + loss.records,
                        .count_values = new_values + loss.values};
    snprintf(note.text, sizeof note.text, "%s",
             new_scans != 0 ? "readings dropped: the engine could not keep up"
                            : "records dropped: the disk could not keep up");
    engine_note(engine, &note);
}

static void
close_returned_destinations(struct engine *engine)
{
    for (uint16_t i = 0; i < engine->site->destination_count; i++)
        if (atomic_load(&engine->parts.destinations[i].state) == LINK_UP)
            close_note(engine, "destination.down", engine->site->destinations[i].name);
}

/* Where open periods stand, for who steers by it; nothing where no mean is judged. */
static void
write_headroom(struct engine *engine)
{
    struct vitals vitals = {.gateway_id = store_gateway_id(engine->parts.store),
                            .store_id = store_id(engine->parts.store),
                            .now = engine->now};
    struct json json;

    size_t count_limits = assess_headroom(engine->assess, engine->headroom, STEER_LIMITS);
    if (count_limits == 0 && !engine->steered)
        return; /* the site has no such limit */
    engine->steered = true;
    buf_clear(&engine->page);
    json_init(&json, &engine->page);
    pages_write_headroom(&json, &vitals, engine->headroom, count_limits);
    if (!engine->page.overflow)
        board_put(engine->parts.pages, PAGE_HEADROOM, engine->page.data, engine->page.length);
    engine->parts.wake(engine->parts.context);
}

static void
tick(struct engine *engine, int64_t mono_ms)
{
    struct stamp now;

    timekeeper_stamp(engine->parts.timekeeper, mono_ms, &now);
    tick_to(engine, &now);
    note_drops(engine);
    close_returned_destinations(engine);
    actions_tick(engine->actions, mono_ms);
    if (mono_ms - engine->saved_mono_ms >= SAVE_MS)
        engine_save(engine);
    if (mono_ms - engine->steered_mono_ms >= STEER_MS) {
        write_headroom(engine);
        engine->steered_mono_ms = mono_ms;
    }
    engine->ticked_mono_ms = mono_ms;
}

static void
write_alarms(struct engine *engine)
{
    struct vitals vitals = {.gateway_id = store_gateway_id(engine->parts.store),
                            .store_id = store_id(engine->parts.store),
                            .now = engine->now};
    struct json json;

    size_t count_open = assess_open_events(engine->assess, engine->alarms, ALARM_EVENTS);
    count_open += notes_list(&engine->notes, engine->alarms + count_open,
                             ALARM_EVENTS - count_open);
    actions_want(engine->actions, engine->alarms, count_open, clock_mono_ms());
    faster_want(engine->site, engine->alarms, count_open, engine->parts.devices);
    buf_clear(&engine->page);
    json_init(&json, &engine->page);
    pages_write_alarms(&json, &vitals, engine->alarms, count_open);
    if (!engine->page.overflow)
        board_put(engine->parts.pages, PAGE_ALARMS, engine->page.data, engine->page.length);
    engine->alarms_changed = false;
    engine->parts.wake(engine->parts.context);
}

/* A batch that is due but cannot be handed over (the disk is behind) must not make the loop spin.
 */
static int64_t
wait_until(const struct engine *engine, int64_t tick_mono_ms)
{
    int64_t due_mono_ms = store_due_mono_ms(engine->parts.store);
    int64_t soon_mono_ms = engine->looped_mono_ms + 10;

    if (due_mono_ms < soon_mono_ms)
        due_mono_ms = soon_mono_ms;
    return due_mono_ms < tick_mono_ms ? due_mono_ms : tick_mono_ms;
}

static void *
engine_run(void *context)
{
    struct engine *engine = context;
    struct message message;

    while (!engine->stopping) {
        int64_t tick_mono_ms = engine->ticked_mono_ms + TICK_MS;
        bool taken = queue_take(engine->parts.inbox, wait_until(engine, tick_mono_ms), &message);
        if (taken)
            engine_step(engine, &message);
        int64_t mono_ms = clock_mono_ms();
        if (mono_ms >= tick_mono_ms)
            tick(engine, mono_ms);
        if (engine->alarms_changed && (engine->urgent || !taken))
            write_alarms(engine);
        store_hand_over(engine->parts.store, engine->urgent, mono_ms);
        engine->urgent = false;
        engine->looped_mono_ms = mono_ms;
        atomic_store_explicit(&engine->counters.alive_mono_ms, mono_ms, memory_order_relaxed);
    }
    engine_note_stop(engine);
    store_settle(engine->parts.store,
                 clock_mono_ms() + SETTLE_MS); /* so that the last state is taken */
    engine_save(engine);
    store_hand_over(engine->parts.store, true, clock_mono_ms());
    return NULL;
}

/* ---- life ---- */

int
engine_new(const struct site *site, const struct engine_parts *parts, struct engine **ret_engine)
{
    struct engine *engine = calloc(1, sizeof *engine);

    if (engine == NULL)
        return -ENOMEM;
    engine->parts = *parts;
    engine->alarms = calloc(ALARM_EVENTS, sizeof *engine->alarms);
    engine->headroom = calloc(STEER_LIMITS, sizeof *engine->headroom);
    bool whole = engine->alarms != NULL && engine->headroom != NULL;
    int error = whole ? buf_new(&engine->page, PAGE_BYTES) : -ENOMEM;
    if (error == 0)
        error = engine_begin(engine, site);
    if (error != 0) {
        engine_free(engine);
        return error;
    }
    *ret_engine = engine;
    return 0;
}

void
engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    assess_free(engine->assess);
    actions_free(engine->actions);
    buf_free(&engine->page);
    buf_free(&engine->state);
    free(engine->alarms);
    free(engine->headroom);
    free(engine);
}

int
engine_start(struct engine *engine)
{
    return thread_start(&engine->thread, "engine", engine_run, engine);
}

void
engine_join(struct engine *engine)
{
    thread_join(&engine->thread);
}

const struct engine_counters *
engine_counters(const struct engine *engine)
{
    return &engine->counters;
}

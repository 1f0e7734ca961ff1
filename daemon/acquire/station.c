#include "daemon/acquire/station.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS       1000000LL
#define FAILED_TO_PROBE 2  /* failed scans before it is only probed */
#define FAILED_TO_NOTE  3  /* failed scans before it is an event */
#define SHARE           10 /* a dead device's part of its bus: one in so many */

static void
count(atomic_ullong *counter, uint64_t amount)
{
    atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

static int
init_scan(struct scan *scan, const struct device *device, uint32_t generation)
{
    uint32_t words = 0;
    uint32_t text = 0;

    for (uint16_t i = 0; i < device->point_count; i++) {
        words += device->points[i].registers;
        if (device->points[i].type == TYPE_STRING)
            text += 2U * device->points[i].registers;
    }
    scan->device = device;
    scan->generation = generation;
    scan->count = device->point_count;
    scan->word_capacity = (uint16_t)(words < UINT16_MAX ? words : UINT16_MAX);
    scan->text_capacity = text;
    scan->values = calloc(device->point_count + 1U, sizeof *scan->values);
    scan->words = calloc(words + 1U, sizeof *scan->words);
    scan->text = calloc(text + 1U, 1);
    atomic_init(&scan->busy, false);
    return scan->values != NULL && scan->words != NULL && scan->text != NULL ? 0 : -ENOMEM;
}

int
station_init(struct station *station, const struct device *device, uint32_t generation,
             struct device_counters *counters)
{
    station->device = device;
    station->counters = counters;
    int error = plan_make(device, &station->plan);
    for (int i = 0; i < STATION_SCANS && error == 0; i++)
        error = init_scan(&station->scans[i], device, generation);
    return error;
}

void
station_done(struct station *station)
{
    plan_free(&station->plan);
    for (int i = 0; i < STATION_SCANS; i++) {
        free(station->scans[i].values);
        free(station->scans[i].words);
        free(station->scans[i].text);
    }
}

struct scan *
station_take_scan(struct station *station)
{
    for (int i = 0; i < STATION_SCANS; i++) {
        struct scan *scan = &station->scans[i];
        if (atomic_load_explicit(&scan->busy, memory_order_acquire))
            continue;
        memset(scan->values, 0, scan->count * sizeof *scan->values);
        scan->word_count = 0;
        scan->text_length = 0;
        return scan;
    }
    count(&station->counters->dropped_scans, 1);
    count(&station->counters->dropped_values, station->device->point_count);
    return NULL;
}

void
station_hand_on(struct station *station, struct scan *scan, int64_t mono_ms,
                const struct acquire_outlet *outlet)
{
    struct message message = {.kind = MESSAGE_SCAN, .as.scan = scan};
    uint64_t values = 0;

    for (uint16_t i = 0; i < scan->count; i++)
        values += scan->values[i].kind != VALUE_ABSENT;
    if (values == 0)
        return;
    outlet->stamp(outlet->context, mono_ms, &scan->at);
    atomic_store_explicit(&scan->busy, true, memory_order_relaxed);
    if (queue_post(outlet->inbox, &message)) {
        count(&station->counters->scans, 1);
        count(&station->counters->values, values);
        return;
    }
    atomic_store_explicit(&scan->busy, false, memory_order_relaxed);
    count(&station->counters->dropped_scans, 1);
    count(&station->counters->dropped_values, values);
}

bool
station_is_probing(const struct station *station)
{
    return station->failed_scans >= FAILED_TO_PROBE;
}

bool
station_is_block_due(const struct station *station, const struct block *block)
{
    uint32_t slots = block->every_ms / station->device->every_ms;

    return slots <= 1 || station->slot % slots == 0;
}

/* ---- what comes of a scan ---- */

static void
post_note(const struct station *station, enum event_phase phase, const char *text,
          const struct acquire_outlet *outlet)
{
    struct message message = {.kind = MESSAGE_NOTE};
    struct note *note = &message.as.note;

    note->kind = "transmission.abnormal";
    note->phase = phase;
    note->severity = SEVERITY_WARNING;
    snprintf(note->subject, sizeof note->subject, "%s", station->device->name);
    snprintf(note->text, sizeof note->text, "%s", text);
    queue_post_reserved(outlet->inbox, &message);
}

static void
report_failure(struct station *station, const struct acquire_outlet *outlet, const char *reason)
{
    char text[EVENT_TEXT];

    if (station->abnormal || station->failed_scans < FAILED_TO_NOTE)
        return;
    station->abnormal = true;
    snprintf(text, sizeof text, "%s does not answer: %.140s", station->device->name, reason);
    log_warning("%s", text);
    post_note(station, PHASE_OPENED, text, outlet);
}

static void
report_return(struct station *station, const struct acquire_outlet *outlet)
{
    char text[EVENT_TEXT];
    int64_t lasted_ms = clock_mono_ms() - station->failed_since_mono_ms;

    if (!station->abnormal)
        return;
    station->abnormal = false;
    snprintf(text, sizeof text, "%s answers again after %" PRId64 " s", station->device->name,
             lasted_ms / 1000);
    log_notice("%s", text);
    post_note(station, PHASE_CLOSED, text, outlet);
}

/* The next slot of the grid that is still to come; slots gone by are counted. */
static void
advance(struct station *station, int64_t now_ns)
{
    int64_t every_ns = station->device->every_ms * NS_PER_MS;
    int64_t next = (now_ns - station->start_ns) / every_ns + 1;

    if (next > station->slot + 1)
        count(&station->counters->missed_slots, (uint64_t)(next - station->slot - 1));
    if (next <= station->slot)
        next = station->slot + 1;
    station->slot = next;
    station->due_ns = station->start_ns + next * every_ns;
}

void
station_skip(struct station *station)
{
    advance(station, clock_mono_ns());
}

static void
back_off(struct station *station, int64_t now_ns)
{
    const struct device *device = station->device;
    uint32_t longer_ms = station->backoff_ms * 2;

    if (station->backoff_ms == 0)
        longer_ms = device->timeout_ms * SHARE;
    if (longer_ms > device->backoff_max_ms)
        longer_ms = device->backoff_max_ms;
    station->backoff_ms = longer_ms;
    int64_t not_before_ns = now_ns + longer_ms * NS_PER_MS;
    if (station->due_ns < not_before_ns)
        advance(station, not_before_ns);
}

static void
set_state(struct station *station, bool answered, enum quality quality)
{
    struct device_counters *counters = station->counters;
    enum device_state state = DEVICE_ONLINE;

    if (!answered)
        state = station->failed_scans >= FAILED_TO_NOTE ? DEVICE_OFFLINE : DEVICE_DEGRADED;
    else if (quality != QUALITY_GOOD)
        state = DEVICE_DEGRADED;
    atomic_store_explicit(&counters->state, state, memory_order_relaxed);
    atomic_store_explicit(&counters->last_quality, quality, memory_order_relaxed);
    if (answered)
        atomic_store_explicit(&counters->last_good_mono_ms, clock_mono_ms(), memory_order_relaxed);
}

void
station_conclude(struct station *station, bool answered, enum quality quality,
                 const struct acquire_outlet *outlet, const char *reason)
{
    int64_t now_ns = clock_mono_ns();

    advance(station, now_ns);
    if (answered) {
        report_return(station, outlet);
        station->failed_scans = 0;
        station->backoff_ms = 0;
    } else {
        if (station->failed_scans++ == 0)
            station->failed_since_mono_ms = now_ns / NS_PER_MS;
        if (station_is_probing(station))
            back_off(station, now_ns);
        report_failure(station, outlet, reason);
    }
    set_state(station, answered, quality);
}

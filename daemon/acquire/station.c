#include "daemon/acquire/station.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/acquire/history.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS       1000000LL
#define FAILED_TO_PROBE 2    /* failed scans before it is only probed */
#define FAILED_TO_NOTE  3    /* failed scans before it is an event */
#define SHARE           20   /* dead devices' part of their bus: one in so many */
#define EARLY_MS        5000 /* between two probes of a bus that has nothing else to do */
#define MEASURED_ENOUGH 32   /* answers before a plan is made by what was measured */

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
    struct plan_cost cost = plan_cost_of(device, -1);

    station->device = device;
    station->counters = counters;
    station->every_ms = device->every_ms;
    station->turnaround_ns = -1;
    station->taken = calloc(device->point_count + 1U, sizeof *station->taken);
    station->seen = calloc(device->point_count + 1U, sizeof *station->seen);
    int error = plan_new(device, &cost, &station->plan);
    if (station->taken == NULL || station->seen == NULL)
        error = -ENOMEM;
    for (int i = 0; i < STATION_SCANS && error == 0; i++)
        error = init_scan(&station->scans[i], device, generation);
    return error;
}

void
station_done(struct station *station)
{
    plan_free(&station->plan);
    free(station->taken);
    free(station->seen);
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
        memset(station->taken, 0, scan->count * sizeof *station->taken);
        scan->word_count = 0;
        scan->text_length = 0;
        return scan;
    }
    count(&station->counters->dropped_scans, 1);
    count(&station->counters->dropped_values, station->device->point_count);
    return NULL;
}

bool
station_hand_on(struct station *station, struct scan *scan, int64_t mono_ms,
                const struct acquire_outlet *outlet)
{
    struct message message = {.kind = MESSAGE_SCAN, .as.scan = scan};
    uint64_t values = 0;

    for (uint16_t i = 0; i < scan->count; i++)
        values += scan->values[i].kind != VALUE_ABSENT;
    if (values == 0)
        return false;
    outlet->stamp(outlet->context, mono_ms, &scan->at);
    atomic_store_explicit(&scan->busy, true, memory_order_relaxed);
    if (queue_post(outlet->inbox, &message)) {
        count(&station->counters->scans, 1);
        count(&station->counters->values, values);
        return true;
    }
    atomic_store_explicit(&scan->busy, false, memory_order_relaxed);
    count(&station->counters->dropped_scans, 1);
    count(&station->counters->dropped_values, values);
    return false;
}

bool
station_is_probing(const struct station *station)
{
    return station->failed_scans >= FAILED_TO_PROBE;
}

static bool
is_due(const struct station *station, uint32_t every_ms)
{
    return station->is_extra || every_ms <= station->device->every_ms ||
           station->slot * station->every_ms % every_ms == 0;
}

bool
station_is_block_due(const struct station *station, const struct block *block)
{
    return block->once ? !station->introduced : is_due(station, block->every_ms);
}

bool
station_is_point_due(const struct station *station, const struct point *point)
{
    return point->once || is_due(station, point->every_ms);
}

int64_t
station_due_ns(const struct station *station, int64_t live_ns, int64_t now_ns)
{
    const struct device *device = station->device;
    int64_t cost_ns = (device->timeout_ms + device->guard_ms) * NS_PER_MS;
    int64_t early_ns = station->early_ns > now_ns ? station->early_ns : now_ns;

    if (!station_is_probing(station) || early_ns + cost_ns > live_ns)
        return station->due_ns;
    return early_ns < station->due_ns ? early_ns : station->due_ns;
}

void
station_measure(struct station *station, int64_t turnaround_ns)
{
    int64_t before_ns = station->turnaround_ns;
    int64_t mean_ns = before_ns < 0 ? turnaround_ns : (before_ns * 15 + turnaround_ns) / 16;

    station->turnaround_ns = mean_ns;
    atomic_store_explicit(&station->counters->turnaround_us, (unsigned)(mean_ns / 1000),
                          memory_order_relaxed);
    station->measured++;
}

/* When that differs by more than a quarter and a millisecond. */
void
station_plan_anew(struct station *station)
{
    if (station->measured < MEASURED_ENOUGH)
        return;
    station->measured = 0;
    struct plan_cost cost = plan_cost_of(station->device, station->turnaround_ns);
    int64_t apart_ns = llabs(cost.request_ns - station->plan.cost.request_ns);
    if (apart_ns > NS_PER_MS && apart_ns > station->plan.cost.request_ns / 4)
        plan_make(&station->plan, &cost);
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

/* The next slot of the grid. On a bus that cannot keep up it is the last one gone by, at once, of
 * the ordinary ones if any: faster reading costs none of those. Slots before that are counted as
 * missed. */
static void
advance(struct station *station, int64_t now_ns)
{
    int64_t every_ns = station->every_ms * NS_PER_MS;
    int64_t next = (now_ns - station->start_ns) / every_ns;
    int64_t ratio = station->device->every_ms / station->every_ms;

    if (next / ratio * ratio > station->slot)
        next = next / ratio * ratio;
    if (next > station->slot + 1)
        count(&station->counters->missed_slots, (uint64_t)(next - station->slot - 1));
    if (next <= station->slot)
        next = station->slot + 1;
    station->slot = next;
    station->due_ns = station->start_ns + next * every_ns;
}

void
station_follow(struct station *station, int64_t now_ns)
{
    uint32_t asked_ms = atomic_load_explicit(&station->counters->faster_ms, memory_order_relaxed);
    uint32_t every_ms = asked_ms != 0 ? asked_ms : station->device->every_ms;
    int64_t before_ns = station->every_ms * NS_PER_MS, every_ns = every_ms * NS_PER_MS;
    int64_t from_ns = station->slot * before_ns;

    if (every_ms == station->every_ms || station->device->every_ms % every_ms != 0)
        return;
    if (every_ns < before_ns && from_ns > now_ns - station->start_ns)
        from_ns = now_ns - station->start_ns; /* sooner than the slot that was next */
    station->every_ms = every_ms;
    station->slot = (from_ns + every_ns - 1) / every_ns;
    if (!station_is_probing(station))
        station->due_ns = station->start_ns + station->slot * every_ns;
}

void
station_skip(struct station *station)
{
    advance(station, clock_mono_ns());
}

static void
back_off(struct station *station, unsigned dead, int64_t now_ns)
{
    const struct device *device = station->device;
    uint32_t longer_ms = station->backoff_ms * 2;
    uint32_t least_ms = (device->timeout_ms + device->guard_ms) * SHARE * dead;

    if (longer_ms < least_ms)
        longer_ms = least_ms;
    if (longer_ms > device->backoff_max_ms)
        longer_ms = device->backoff_max_ms;
    station->backoff_ms = longer_ms;
    int64_t not_before_ns = now_ns + longer_ms * NS_PER_MS;
    station->early_ns = now_ns + (longer_ms < EARLY_MS ? longer_ms : EARLY_MS) * NS_PER_MS;
    if (station->due_ns < not_before_ns)
        station->due_ns = not_before_ns;
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
}

static void
count_passed(struct station *station, bool answered, int64_t now_ns)
{
    if (station->passed_ns == 0)
        station->passed_ns = station->start_ns;
    history_pass(station->counters, answered, (now_ns - station->passed_ns) / NS_PER_MS,
                 now_ns / NS_PER_MS);
    station->passed_ns += (now_ns - station->passed_ns) / NS_PER_MS * NS_PER_MS;
}

void
station_conclude(struct station *station, bool answered, enum quality quality, unsigned dead,
                 const struct acquire_outlet *outlet, const char *reason)
{
    int64_t now_ns = clock_mono_ns();

    if (!station->is_extra)
        advance(station, now_ns);
    count_passed(station, answered, now_ns);
    if (answered) {
        report_return(station, outlet);
        station->failed_scans = 0;
        station->backoff_ms = 0;
    } else {
        if (station->failed_scans++ == 0)
            station->failed_since_mono_ms = now_ns / NS_PER_MS;
        if (station_is_probing(station)) {
            station->introduced = false; /* it may be another one afterwards */
            back_off(station, dead > 0 ? dead : 1, now_ns);
        }
        report_failure(station, outlet, reason);
    }
    set_state(station, answered, quality);
}

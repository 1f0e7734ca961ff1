/* Rings and courses of evidence.
 *
 * What is told when: at the opening what is there of the time before; then every five minutes, or
 * sooner where a ring is about to lose a scan that was not told; last what there is up to the end
 * of the time behind the closing, once that has gone by. What is too much at once follows with the
 * next scans. A scan belongs to a course by its own time
 * and by its place behind what was told of its device, so that a late scan of another bus is not
 * lost. */
#include "daemon/assess/evidence.h"

#include "daemon/assess/hold.h"
#include "daemon/assess/reading.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define EVIDENCE_ABSENT 255
#define COPY_MS         300000
#define TELL_VALUES     4096 /* at once; the rest as soon as further scans come, */
#define TELL_AGAIN_MS   250  /* but not sooner */
#define GRACE_MS        2000 /* for scans under way when the time behind the closing ends */

struct evidence_span {
    uint32_t first, end; /* rows of a ring, counted from the oldest */
    uint16_t point;
};

/* ---- memory ---- */

static void
make_ring(struct evidence_ring *ring, const struct device *device, uint32_t before_ms,
          struct arena *arena)
{
    if (ring->device)
        return;
    ring->device = device;
    ring->capacity = events_rows(device, before_ms);
    size_t cells = (size_t)ring->capacity * device->point_count;
    ring->rows = arena_take(arena, ring->capacity * sizeof *ring->rows);
    ring->numbers = arena_take(arena, (cells + 1) * sizeof *ring->numbers);
    ring->qualities = arena_take(arena, cells + 1);
}

void
evidence_init(struct evidence_keeper *keeper, const struct site *site, struct arena *arena)
{
    *keeper = (struct evidence_keeper){.site = site};
    if (!site->events.before_ms)
        return;
    keeper->rings = arena_take(arena, (site->device_count + 1U) * sizeof *keeper->rings);
    keeper->courses = arena_take(arena, (site->asset_count + 1U) * sizeof *keeper->courses);
    keeper->scratch = arena_take(arena, EVIDENCE_VALUES * sizeof *keeper->scratch);
    for (uint16_t a = 0; a < site->asset_count; a++) {
        const struct asset *asset = &site->assets[a];
        struct evidence_course *course = &keeper->courses[a];
        course->asset = asset;
        course->told = arena_take(arena, (asset->device_count + 1U) * sizeof *course->told);
        for (uint16_t d = 0; d < asset->device_count; d++)
            make_ring(&keeper->rings[asset->devices[d]->index], asset->devices[d],
                      site->events.before_ms, arena);
    }
}

bool
evidence_covers(const struct evidence_keeper *keeper, const struct asset *asset)
{
    return keeper && keeper->courses && asset && asset->index < keeper->site->asset_count &&
           keeper->courses[asset->index].asset == asset && asset->device_count;
}

/* ---- telling ---- */

static struct stamp
stamp_of(const struct evidence_row *row)
{
    return (struct stamp){.utc_ms = row->utc_ms,
                          .mono_ms = row->mono_ms,
                          .boot = row->boot,
                          .clock = (enum clock_state)row->clock};
}

static bool
is_behind(const struct evidence_row *row, const struct evidence_told *told)
{
    return row->boot != told->boot ? row->boot > told->boot : row->mono_ms > told->mono_ms;
}

static uint32_t
place_of(const struct evidence_ring *ring, uint32_t i)
{
    return (ring->next + ring->capacity - ring->count + i) % ring->capacity;
}

/* By its own time; what cannot be told across boots does not belong. */
static bool
belongs(const struct evidence_keeper *keeper, const struct evidence_course *course,
        const struct evidence_row *row)
{
    const struct event_rules *rules = &keeper->site->events;
    struct stamp at = stamp_of(row);
    bool later = row->boot == course->began.boot && row->mono_ms >= course->began.mono_ms;
    int64_t before_ms = hold_elapsed_ms(&at, &course->began);
    if (!later && row->boot <= course->began.boot &&
        (before_ms < 0 || before_ms > rules->before_ms))
        return false;
    return !course->closing || hold_elapsed_ms(&course->closed, &at) <= rules->after_ms;
}

static void
send_values(const struct evidence_keeper *keeper, const struct evidence_course *course,
            const struct point *point, size_t count, const struct turn *turn)
{
    struct evidence evidence = {
        .opened_sequence = course->sequence,
        .kind = course->kind,
        .point = point,
        .at = *turn->at,
        .values = keeper->scratch,
        .value_count = count,
    };
    memcpy(evidence.store, course->store, sizeof evidence.store);
    if (count)
        turn->outlet->evidence(turn->outlet->context, &evidence);
}

/* The rows [first, end) of one point; texts are not in the ring, the samples have them. */
static void
tell_point(const struct evidence_keeper *keeper, const struct evidence_course *course,
           const struct evidence_ring *ring, const struct evidence_span *span,
           const struct turn *turn)
{
    size_t count = 0;
    if (ring->device->points[span->point].type == TYPE_STRING)
        return;
    for (uint32_t i = span->first; i < span->end; i++) {
        uint32_t at = place_of(ring, i);
        size_t cell = (size_t)at * ring->device->point_count + span->point;
        if (ring->qualities[cell] == EVIDENCE_ABSENT)
            continue;
        if (count == EVIDENCE_VALUES) {
            send_values(keeper, course, &ring->device->points[span->point], count, turn);
            count = 0;
        }
        keeper->scratch[count++] = (struct evidence_value){
            stamp_of(&ring->rows[at]), ring->numbers[cell], ring->qualities[cell]};
    }
    send_values(keeper, course, &ring->device->points[span->point], count, turn);
}

/* What of the ring is to be told still. */
static struct evidence_span
find_span(const struct evidence_keeper *keeper, const struct evidence_course *course, uint16_t d)
{
    const struct evidence_ring *ring = &keeper->rings[course->asset->devices[d]->index];
    struct evidence_span span = {.first = ring->count, .end = ring->count};
    while (span.first > 0 &&
           is_behind(&ring->rows[place_of(ring, span.first - 1)], &course->told[d]))
        span.first--;
    while (span.first < span.end &&
           !belongs(keeper, course, &ring->rows[place_of(ring, span.first)]))
        span.first++;
    while (span.first < span.end &&
           !belongs(keeper, course, &ring->rows[place_of(ring, span.end - 1)]))
        span.end--;
    return span;
}

/* At most TELL_VALUES readings: the store takes only so much at a time. */
static void
tell(const struct evidence_keeper *keeper, struct evidence_course *course, const struct turn *turn)
{
    uint32_t left = TELL_VALUES;
    course->behind = false;
    course->copied = *turn->at;
    for (uint16_t d = 0; d < course->asset->device_count; d++) {
        const struct evidence_ring *ring = &keeper->rings[course->asset->devices[d]->index];
        struct evidence_span span = find_span(keeper, course, d);
        uint32_t most = left / ring->device->point_count;
        if (span.first == span.end)
            continue;
        if (span.end - span.first > most) {
            span.end = span.first + most;
            course->behind = true;
        }
        for (; span.point < ring->device->point_count && most; span.point++)
            tell_point(keeper, course, ring, &span, turn);
        left -= (span.end - span.first) * ring->device->point_count;
        if (most) {
            const struct evidence_row *last = &ring->rows[place_of(ring, span.end - 1)];
            course->told[d] = (struct evidence_told){last->boot, last->mono_ms};
        }
    }
}

/* ---- scans ---- */

/* The oldest scan of a full ring goes: whoever has not told it does so now. */
static void
save_oldest(struct evidence_keeper *keeper, const struct evidence_ring *ring,
            const struct turn *turn)
{
    const struct evidence_row *oldest = &ring->rows[place_of(ring, 0)];
    for (uint16_t a = 0; a < keeper->site->asset_count; a++) {
        struct evidence_course *course = &keeper->courses[a];
        bool due = false;
        for (uint16_t d = 0; course->running && d < course->asset->device_count; d++)
            due |= course->asset->devices[d] == ring->device &&
                   is_behind(oldest, &course->told[d]) && belongs(keeper, course, oldest);
        if (due)
            tell(keeper, course, turn);
    }
}

void
evidence_recall(struct evidence_keeper *keeper, const struct scan *scan)
{
    struct evidence_ring *ring = keeper->rings ? &keeper->rings[scan->device->index] : NULL;
    if (!ring || !ring->capacity)
        return;
    ring->rows[ring->next] = (struct evidence_row){scan->at.utc_ms, scan->at.mono_ms, scan->at.boot,
                                                   (uint8_t)scan->at.clock};
    for (uint16_t i = 0; i < scan->count; i++) {
        const struct value *value = &scan->values[i];
        size_t cell = (size_t)ring->next * ring->device->point_count + i;
        ring->numbers[cell] = NAN;
        reading_number(value, &ring->numbers[cell]);
        ring->qualities[cell] = value->kind == VALUE_ABSENT ? EVIDENCE_ABSENT : value->quality;
    }
    ring->next = (ring->next + 1) % ring->capacity;
    if (ring->count < ring->capacity)
        ring->count++;
}

static bool
is_of(const struct asset *asset, const struct device *device)
{
    for (uint16_t d = 0; d < asset->device_count; d++)
        if (asset->devices[d] == device)
            return true;
    return false;
}

/* A course sees time go on by the scans of its devices alone: so it goes the same way when they are
 * judged again. */
static void
step_course(struct evidence_keeper *keeper, struct evidence_course *course, const struct turn *turn)
{
    if (course->unsure)
        course->closing = !keeper->is_open(keeper->context, course->asset);
    course->unsure = false;
    int64_t told_ms = hold_elapsed_ms(&course->copied, turn->at);
    int64_t closed_ms = course->closing ? hold_elapsed_ms(&course->closed, turn->at) : 0;
    int64_t wait_ms = course->behind ? TELL_AGAIN_MS : COPY_MS;
    bool over = closed_ms < 0 || closed_ms > (int64_t)keeper->site->events.after_ms + GRACE_MS;
    if (over || told_ms < 0 || told_ms >= wait_ms)
        tell(keeper, course, turn);
    if (over && !course->behind)
        course->running = course->closing = false;
}

void
evidence_take(struct evidence_keeper *keeper, const struct scan *scan, const struct turn *turn)
{
    const struct evidence_ring *ring = keeper->rings ? &keeper->rings[scan->device->index] : NULL;
    if (!ring || !ring->capacity)
        return;
    if (ring->count == ring->capacity)
        save_oldest(keeper, ring, turn);
    evidence_recall(keeper, scan);
    for (uint16_t a = 0; a < keeper->site->asset_count; a++)
        if (keeper->courses[a].running && is_of(keeper->courses[a].asset, scan->device))
            step_course(keeper, &keeper->courses[a], turn);
}

/* ---- the course of events ---- */

bool
evidence_id(const struct evidence_keeper *keeper, const struct asset *asset, char *ret_id,
            size_t size)
{
    if (!evidence_covers(keeper, asset) || !keeper->courses[asset->index].running)
        return false;
    const struct evidence_course *course = &keeper->courses[asset->index];
    snprintf(ret_id, size, "%s-%" PRIu64, course->store, course->sequence);
    return true;
}

void
evidence_opened(struct evidence_keeper *keeper, const struct asset *asset,
                const struct event_state *event, const char *kind, const struct turn *turn)
{
    if (!evidence_covers(keeper, asset))
        return;
    struct evidence_course *course = &keeper->courses[asset->index];
    course->closing = course->unsure = false;
    if (course->running)
        return;
    course->running = true;
    course->sequence = event->sequence;
    course->began = *turn->at;
    memcpy(course->store, event->store, sizeof course->store);
    snprintf(course->kind, sizeof course->kind, "%s", kind);
    memset(course->told, 0, asset->device_count * sizeof *course->told);
    tell(keeper, course, turn);
}

void
evidence_closed(struct evidence_keeper *keeper, const struct asset *asset, const struct turn *turn)
{
    if (!evidence_covers(keeper, asset))
        return;
    keeper->courses[asset->index].closed = *turn->at;
    keeper->courses[asset->index].unsure = true;
}

/* ---- the state ---- */

static void
exchange_told(struct exchange *exchange, struct evidence_course *course)
{
    size_t count = exchange_count(exchange, exchange->out ? course->asset->device_count : 0);
    for (size_t i = 0; i < count && !(exchange->in && exchange->in->failed); i++) {
        struct evidence_told told = exchange->out ? course->told[i] : (struct evidence_told){0};
        uint32_t number = exchange->out ? course->asset->devices[i]->number : 0;
        exchange_array(exchange, 3);
        number = (uint32_t)exchange_natural(exchange, number, UINT32_MAX);
        told.boot = (uint32_t)exchange_natural(exchange, told.boot, UINT32_MAX);
        told.mono_ms = exchange_integer(exchange, told.mono_ms);
        for (uint16_t d = 0; exchange->in && course && d < course->asset->device_count; d++)
            if (course->asset->devices[d]->number == number)
                course->told[d] = told;
    }
}

void
evidence_exchange(struct exchange *exchange, struct evidence_course *course)
{
    struct evidence_course none = {.running = false};
    struct evidence_course *at = course ? course : &none;
    exchange_array(exchange, 11);
    at->running = exchange_flag(exchange, at->running);
    at->closing = exchange_flag(exchange, at->closing);
    at->behind = exchange_flag(exchange, at->behind);
    at->unsure = exchange_flag(exchange, at->unsure);
    exchange_text(exchange, at->kind, sizeof at->kind);
    exchange_text(exchange, at->store, sizeof at->store);
    at->sequence = exchange_natural(exchange, at->sequence, UINT64_MAX);
    exchange_stamp(exchange, &at->began);
    exchange_stamp(exchange, &at->copied);
    exchange_stamp(exchange, &at->closed);
    exchange_told(exchange, course);
    if (exchange->in)
        at->unsure = true; /* what is judged may have become another thing */
}

size_t
evidence_state_size(const struct asset *asset)
{
    return 256 + 32 * (size_t)asset->device_count;
}

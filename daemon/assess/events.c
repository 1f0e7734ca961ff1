/* The life of an event, the same for every judge. Invariants: an event has one identity, given by
 * its opening record; it is opened only when that record got its number; a record after the closing
 * does not exist. Evidence is sent twice: the readings up to the opening, and those around the
 * closing once a few more have come (or the next event of the same kind opens first).
 *
 * Updates come with ticks, not with readings: they cost nothing on the way of a value. */
#include "daemon/assess/events.h"

#include "base/calendar.h"
#include "daemon/assess/hold.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define UPDATE_MS 60000

static void
send_evidence(const struct event_state *state, const char *kind, const struct point *point,
              const struct series *series, const struct turn *turn)
{
    struct evidence_value values[SERIES_LENGTH];
    if (!series)
        return;
    struct evidence evidence = {
        .opened_sequence = state->sequence,
        .kind = kind,
        .point = point,
        .at = *turn->at,
        .values = values,
        .value_count = series_copy(series, values),
    };
    memcpy(evidence.store, state->store, sizeof evidence.store);
    turn->outlet->evidence(turn->outlet->context, &evidence);
}

void
events_describe(const struct event_state *state, const struct stamp *at, struct event *ret_draft)
{
    ret_draft->at = *at;
    ret_draft->since = state->since;
    ret_draft->duration_ms = hold_elapsed_ms(&state->since, at);
    ret_draft->value = state->value;
    ret_draft->peak = state->peak;
    if (state->stage != EVENT_OPEN)
        return;
    ret_draft->opened_sequence = state->sequence;
    memcpy(ret_draft->opened_store, state->store, sizeof ret_draft->opened_store);
}

static void
begin(struct event_state *state, uint64_t sequence, const struct turn *turn)
{
    state->stage = EVENT_OPEN;
    state->sequence = sequence;
    snprintf(state->store, sizeof state->store, "%s", turn->outlet->store);
    state->order = ++*turn->opened;
    state->escalated = false;
    state->acknowledged_by[0] = state->reason_code[0] = '\0';
    state->acknowledged_utc_ms = 0;
}

void
events_finish(struct event_state *state, const struct event *draft, const struct series *series,
              const struct turn *turn)
{
    if (state->stage != EVENT_TRAILING)
        return;
    send_evidence(state, draft->kind, draft->point, series, turn);
    state->stage = EVENT_IDLE;
}

bool
events_record(struct event_state *state, struct event *draft, enum event_phase phase,
              const struct series *series, const struct turn *turn)
{
    draft->phase = phase;
    if (phase == PHASE_OPENED)
        events_finish(state, draft, series, turn);
    uint64_t sequence = turn->outlet->event(turn->outlet->context, draft);
    if (!sequence)
        return false;
    state->recorded = *turn->at;
    state->peak_is_new = false;
    if (phase == PHASE_OPENED) {
        begin(state, sequence, turn);
        send_evidence(state, draft->kind, draft->point, series, turn);
    } else if (phase == PHASE_CLOSED) {
        state->stage = series ? EVENT_TRAILING : EVENT_IDLE;
        state->awaited = series ? EVENTS_TRAILING : 0;
    }
    return true;
}

void
events_observe(struct event_state *state, double value, enum limit_side side, bool first)
{
    bool further = side == SIDE_ABOVE ? value > state->peak : value < state->peak;
    state->value = value;
    if (!first && !further)
        return;
    state->peak = value;
    state->peak_is_new = true;
}

void
events_trail(struct event_state *state, const struct event *draft, const struct series *series,
             const struct turn *turn)
{
    if (state->stage == EVENT_TRAILING && --state->awaited == 0)
        events_finish(state, draft, series, turn);
}

static bool
is_new_hour(const struct stamp *then, const struct stamp *now)
{
    if (then->clock == CLOCK_UNKNOWN || now->clock == CLOCK_UNKNOWN)
        return false;
    return calendar_start(then->utc_ms, CALENDAR_HOUR_MS) !=
           calendar_start(now->utc_ms, CALENDAR_HOUR_MS);
}

bool
events_is_update_due(const struct event_state *state, const struct stamp *now)
{
    if (state->stage != EVENT_OPEN)
        return false;
    if (is_new_hour(&state->recorded, now))
        return true;
    int64_t elapsed_ms = hold_elapsed_ms(&state->recorded, now);
    return state->peak_is_new && (elapsed_ms < 0 || elapsed_ms >= UPDATE_MS);
}

static struct detail *
next_detail(struct event *draft, const char *key, enum value_kind kind)
{
    assert(draft->detail_count < EVENT_DETAILS);
    struct detail *detail = &draft->details[draft->detail_count++];
    assert(draft->detail_count == 1 || strcmp(detail[-1].key, key) < 0);
    detail->key = key;
    detail->kind = kind;
    return detail;
}

void
events_detail_text(struct event *draft, const char *key, const char *text)
{
    next_detail(draft, key, VALUE_TEXT)->as.text = text;
}

void
events_detail_number(struct event *draft, const char *key, double number)
{
    next_detail(draft, key, VALUE_NUMBER)->as.number = number;
}

void
events_detail_integer(struct event *draft, const char *key, int64_t integer)
{
    next_detail(draft, key, VALUE_INTEGER)->as.integer = integer;
}

static struct detail *
add_detail(struct event *draft, const char *key, enum value_kind kind)
{
    size_t at = draft->detail_count;
    assert(at < EVENT_DETAILS);
    for (; at > 0 && strcmp(draft->details[at - 1].key, key) > 0; at--)
        draft->details[at] = draft->details[at - 1];
    draft->details[at] = (struct detail){.key = key, .kind = kind};
    draft->detail_count++;
    return &draft->details[at];
}

void
events_add_text(struct event *draft, const char *key, const char *text)
{
    add_detail(draft, key, VALUE_TEXT)->as.text = text;
}

void
events_add_integer(struct event *draft, const char *key, int64_t integer)
{
    add_detail(draft, key, VALUE_INTEGER)->as.integer = integer;
}

void
events_mark(const struct event_state *state, struct event *draft)
{
    static const char *const severities[] = {"info", "warning", "alarm"};
    if (state->stage != EVENT_OPEN)
        return;
    if (*state->acknowledged_by) {
        events_add_text(draft, "acknowledged_by", state->acknowledged_by);
        events_add_integer(draft, "acknowledged_ms", state->acknowledged_utc_ms);
        events_add_text(draft, "reason_code", state->reason_code);
    }
    if (state->escalated && draft->severity < SEVERITY_ALARM) {
        events_add_text(draft, "escalated_from", severities[draft->severity]);
        draft->severity++;
    }
}

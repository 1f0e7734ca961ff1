/* Opening needs certainty for the whole delay, closing needs certainty at once; what is not known
 * changes nothing. A record that found no room leaves the finding as it was, so that the next
 * reading tries again. */
#include "daemon/assess/finding.h"

#include "daemon/assess/evidence.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void
finding_init(struct finding *finding, const char *kind, const struct asset *asset)
{
    *finding = (struct finding){
        .kind = kind,
        .subject = asset->name,
        .asset = asset,
        .severity = SEVERITY_WARNING,
        .limit = NAN,
        .averaging = "",
    };
}

void
finding_draft(const struct finding *finding, const struct stamp *at, struct event *ret_event)
{
    *ret_event = (struct event){
        .kind = finding->kind,
        .severity = finding->severity,
        .subject = finding->subject,
        .point = finding->point,
        .limit = finding->limit,
        .averaging = finding->averaging,
    };
    events_describe(&finding->event, at, ret_event);
    if (finding->describe)
        finding->describe(finding, ret_event);
    events_mark(&finding->event, ret_event);
}

/* The asset's scans are the evidence; an event that opens while another one's are told refers to
 * those. */
static bool
record_with_evidence(struct finding *finding, struct event *draft, enum event_phase phase,
                     const struct turn *turn)
{
    char of[EVENT_ID];
    if (phase == PHASE_OPENED && evidence_id(turn->evidence, finding->asset, of, sizeof of))
        events_add_text(draft, "evidence_of", of);
    if (!events_record(&finding->event, draft, phase, NULL, turn))
        return false;
    if (phase == PHASE_OPENED)
        evidence_opened(turn->evidence, finding->asset, &finding->event, finding->kind, turn);
    else if (phase == PHASE_CLOSED)
        evidence_closed(turn->evidence, finding->asset, turn);
    return true;
}

static bool
record(struct finding *finding, enum event_phase phase, const char *reason, const struct turn *turn)
{
    struct event draft;
    finding_draft(finding, turn->at, &draft);
    if (reason)
        events_add_text(&draft, "reason", reason);
    if (evidence_covers(turn->evidence, finding->asset))
        return record_with_evidence(finding, &draft, phase, turn);
    return events_record(&finding->event, &draft, phase, finding->series, turn);
}

bool
finding_is_open(const struct finding *finding)
{
    return finding->event.stage == EVENT_OPEN;
}

bool
finding_open(struct finding *finding, const struct stamp *since, double value,
             const struct turn *turn)
{
    finding->event.since = *since;
    events_observe(&finding->event, value, finding->side, true);
    return record(finding, PHASE_OPENED, NULL, turn);
}

bool
finding_close(struct finding *finding, const char *reason, const struct turn *turn)
{
    return record(finding, PHASE_CLOSED, reason, turn);
}

bool
finding_update(struct finding *finding, const struct turn *turn)
{
    return record(finding, PHASE_UPDATED, NULL, turn);
}

void
finding_note(const struct finding *finding, double value, const struct turn *turn)
{
    struct event draft;
    finding_draft(finding, turn->at, &draft);
    draft.phase = PHASE_NOTED;
    draft.since = *turn->at;
    draft.duration_ms = -1;
    draft.value = draft.peak = value;
    draft.opened_sequence = 0;
    draft.opened_store[0] = '\0';
    turn->outlet->event(turn->outlet->context, &draft);
}

static void
judge_idle(struct finding *finding, uint32_t delay_ms, double value, const struct turn *turn)
{
    events_observe(&finding->event, value, finding->side, !finding->hold.running);
    if (!hold_feed(&finding->hold, turn->at, delay_ms))
        return;
    finding->event.since = finding->hold.since;
    if (record(finding, PHASE_OPENED, NULL, turn))
        hold_clear(&finding->hold);
}

void
finding_judge(struct finding *finding, enum truth wrong, uint32_t delay_ms, double value,
              const struct turn *turn)
{
    bool open = finding_is_open(finding);
    if (wrong == TRUTH_UNKNOWN) {
        hold_pause(&finding->hold);
    } else if (wrong == TRUTH_FALSE) {
        hold_clear(&finding->hold);
        if (open)
            record(finding, PHASE_CLOSED, NULL, turn);
    } else if (open) {
        events_observe(&finding->event, value, finding->side, false);
    } else {
        judge_idle(finding, delay_ms, value, turn);
    }
}

void
finding_tick(struct finding *finding, const struct turn *turn)
{
    if (events_is_update_due(&finding->event, turn->at))
        record(finding, PHASE_UPDATED, NULL, turn);
}

bool
finding_acknowledge(struct finding *finding, const char *by, const char *code,
                    const struct turn *turn)
{
    struct event_state before = finding->event;
    if (!finding_is_open(finding))
        return false;
    snprintf(finding->event.acknowledged_by, sizeof before.acknowledged_by, "%s", by);
    snprintf(finding->event.reason_code, sizeof before.reason_code, "%s", code);
    finding->event.acknowledged_utc_ms = turn->at->utc_ms;
    if (record(finding, PHASE_UPDATED, NULL, turn))
        return true;
    finding->event = before;
    return false;
}

static const struct escalation *
find_escalation(const struct event_rules *rules, const char *kind)
{
    const struct escalation *all = NULL;
    for (uint16_t i = 0; rules && i < rules->escalation_count; i++) {
        const struct escalation *entry = &rules->escalations[i];
        if (!entry->kind)
            all = entry;
        else if (!strcmp(entry->kind, kind))
            return entry;
    }
    return all;
}

void
finding_escalate(struct finding *finding, const struct turn *turn)
{
    const struct event_state *event = &finding->event;
    if (!finding_is_open(finding) || event->escalated || finding->severity >= SEVERITY_ALARM)
        return;
    const struct escalation *rule = find_escalation(turn->rules, finding->kind);
    if (!rule || (rule->unacknowledged && *event->acknowledged_by) ||
        hold_elapsed_ms(&event->since, turn->at) < rule->after_ms)
        return;
    finding->event.escalated = true;
    if (!record(finding, PHASE_UPDATED, NULL, turn))
        finding->event.escalated = false;
}

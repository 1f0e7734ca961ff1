/* Exceeded means strictly beyond the limit; equal is compliant (standards.md 5.4).
 *
 * Instant limits: open when readings have been beyond for the delay, close when one is back by the
 * hysteresis or further. Means (minute, ten minutes, the Beijing clock hour): judged once, when the
 * period closes, if 75 % of it was valid; no delay, no hysteresis, no sliding window; consecutive
 * exceeded periods are one event with their count, ended by the first valid period that is not
 * exceeded (standards.md 12 #5). A bad reading or an invalid period neither opens nor closes.
 *
 * An instant event is dated from the first reading beyond the limit; its delay is part of it. */
#include "daemon/assess/judge_limit.h"

#include <math.h>

static const struct {
    enum period period;
    int64_t length_ms;
    const char *name; /* in events */
} averagings[] = {
    [AVERAGING_INSTANT] = {0, 0, "instant"},
    [AVERAGING_MINUTE] = {PERIOD_MINUTE, 60000, "1 min"},
    [AVERAGING_TEN_MINUTES] = {PERIOD_TEN_MINUTES, 600000, "10 min"},
    [AVERAGING_HOUR] = {PERIOD_HOUR, 3600000, "1 h"},
};

/* Codes of standards.md 13. Only the hourly mean is a verdict; all else warns. */
static const char *
kind_of(const struct limit *limit)
{
    if (limit->kind == LIMIT_ULTRA_LOW)
        return "target.ultra-low";
    if (limit->kind == LIMIT_WARNING)
        return "exceedance.warning";
    switch (limit->averaging) {
    case AVERAGING_INSTANT: return "exceedance.realtime";
    case AVERAGING_HOUR: return "exceedance.hour";
    default: return "exceedance.warning";
    }
}

static enum severity
severity_of(const struct limit *limit)
{
    bool verdict = limit->kind == LIMIT_PERMIT && limit->averaging == AVERAGING_HOUR;
    return verdict ? SEVERITY_ALARM : SEVERITY_WARNING;
}

void
judge_limit_describe(const struct judged_limit *judged, const struct stamp *at,
                     struct event *ret_event)
{
    const struct limit *limit = judged->limit;
    *ret_event = (struct event){
        .kind = kind_of(limit),
        .severity = severity_of(limit),
        .subject = judged->subject,
        .point = limit->point,
        .limit = limit->value,
        .averaging = averagings[limit->averaging].name,
    };
    events_describe(&judged->event, at, ret_event);
    if (limit->averaging != AVERAGING_INSTANT) {
        ret_event->duration_ms = judged->periods * averagings[limit->averaging].length_ms;
        events_detail_integer(ret_event, "first_period_ms", judged->first_utc_ms);
        events_detail_integer(ret_event, "last_period_ms", judged->last_utc_ms);
        events_detail_integer(ret_event, "periods", judged->periods);
    }
    events_detail_text(ret_event, "side", limit->side == SIDE_ABOVE ? "above" : "below");
    if (limit->source && limit->source[0])
        events_detail_text(ret_event, "source", limit->source);
}

static bool
record(struct judged_limit *judged, enum event_phase phase, const struct turn *turn)
{
    struct event draft;
    judge_limit_describe(judged, turn->at, &draft);
    return events_record(&judged->event, &draft, phase, judged->series, turn);
}

static bool
is_exceeded(const struct limit *limit, double number)
{
    return limit->side == SIDE_ABOVE ? number > limit->value : number < limit->value;
}

static bool
is_back(const struct limit *limit, double number)
{
    return limit->side == SIDE_ABOVE ? number <= limit->value - limit->hysteresis
                                     : number >= limit->value + limit->hysteresis;
}

static void
judge_open(struct judged_limit *judged, double number, const struct turn *turn)
{
    events_observe(&judged->event, number, judged->limit->side, false);
    if (is_back(judged->limit, number))
        record(judged, PHASE_CLOSED, turn);
}

static void
judge_idle(struct judged_limit *judged, const struct evidence_value *reading,
           const struct turn *turn)
{
    if (!is_exceeded(judged->limit, reading->number)) {
        hold_clear(&judged->hold);
        return;
    }
    events_observe(&judged->event, reading->number, judged->limit->side, !judged->hold.running);
    if (!hold_feed(&judged->hold, &reading->at, judged->limit->delay_ms))
        return;
    judged->event.since = judged->hold.since;
    if (record(judged, PHASE_OPENED, turn))
        hold_clear(&judged->hold);
}

static void
trail(struct judged_limit *judged, const struct turn *turn)
{
    if (judged->event.stage != EVENT_TRAILING)
        return;
    struct event draft;
    judge_limit_describe(judged, turn->at, &draft);
    events_trail(&judged->event, &draft, judged->series, turn);
}

void
judge_limit_reading(struct judged_limit *judged, const struct evidence_value *reading, bool valid,
                    const struct turn *turn)
{
    trail(judged, turn);
    if (judged->limit->averaging != AVERAGING_INSTANT)
        return;
    if (!valid)
        hold_pause(&judged->hold);
    else if (judged->event.stage == EVENT_OPEN)
        judge_open(judged, reading->number, turn);
    else
        judge_idle(judged, reading, turn);
}

static void
open_mean(struct judged_limit *judged, const struct statistic *statistic, const struct turn *turn)
{
    judged->periods = 1;
    judged->first_utc_ms = judged->last_utc_ms = statistic->start_utc_ms;
    judged->event.since = *turn->at;
    events_observe(&judged->event, statistic->mean, judged->limit->side, true);
    record(judged, PHASE_OPENED, turn);
}

void
judge_limit_mean(struct judged_limit *judged, const struct statistic *statistic,
                 const struct turn *turn)
{
    const struct limit *limit = judged->limit;
    if (limit->averaging == AVERAGING_INSTANT ||
        averagings[limit->averaging].period != statistic->period || statistic->letter != 'N')
        return;
    bool exceeded = is_exceeded(limit, statistic->mean);
    if (judged->event.stage != EVENT_OPEN) {
        if (exceeded)
            open_mean(judged, statistic, turn);
        return;
    }
    events_observe(&judged->event, statistic->mean, limit->side, false);
    if (exceeded) {
        judged->periods++;
        judged->last_utc_ms = statistic->start_utc_ms;
    }
    record(judged, exceeded ? PHASE_UPDATED : PHASE_CLOSED, turn);
}

void
judge_limit_tick(struct judged_limit *judged, const struct turn *turn)
{
    if (judged->limit->averaging == AVERAGING_INSTANT &&
        events_is_update_due(&judged->event, turn->at))
        record(judged, PHASE_UPDATED, turn);
}

void
judge_limit_drop(struct judged_limit *judged, const struct turn *turn)
{
    struct event draft;
    if (judged->event.stage != EVENT_OPEN)
        return;
    judge_limit_describe(judged, turn->at, &draft);
    draft.detail_count = 0;
    events_detail_text(&draft, "reason", "configuration");
    events_record(&judged->event, &draft, PHASE_CLOSED, judged->series, turn);
}

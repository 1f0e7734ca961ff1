/* Exceeded means strictly beyond the limit; equal is compliant (standards.md 5.4).
 *
 * Instant limits: open when readings have been beyond for the delay (of warnings: N of the newest M
 * readings), close when that is over, a reading counting until it is back by the hysteresis. Means
 * (minute to day): judged once, when the period closes, if the period is valid; no delay, no
 * hysteresis, no sliding window; consecutive exceeded periods are one event with their count, ended
 * by the first one that is not exceeded, or is not valid, or does not follow (standards.md 12 #5);
 * warnings on minutes bear a hole. Single results of an instrument (standards.md 12 #4) each when
 * they come. A bad reading neither opens nor closes. What a limit is not in force for closes what
 * is open, with the reason.
 *
 * Means and results are compared as they are or rounded (GB/T 8170-2008 4.3, standards.md 12 #15);
 * where the two differ the event says both. A mean of corrected readings is the verdict; where the
 * correction of the mean values differs, the event says both (standards.md 12 #7). Where no event
 * is open because the verdict is "kept", a note of kind exceedance.warning says both.
 *
 * An instant event is dated from the first reading beyond the limit; its delay is part of it. */
#include "daemon/assess/judge_limit.h"

#include "base/calendar.h"
#include "daemon/assess/limit_force.h"
#include "daemon/assess/round.h"

#include <math.h>

#define RESULTS_TOLD_MS 60000 /* results may come with every scan: updates at most so often */

static const struct {
    enum period period;
    int64_t length_ms; /* 0: of readings */
    const char *name;  /* in events */
    const char *kind;  /* of a permit limit, standards.md 13 */
    bool is_verdict;
} averagings[] = {
    [AVERAGING_INSTANT] = {0, 0, "instant", "exceedance.realtime", false},
    [AVERAGING_MINUTE] = {PERIOD_MINUTE, 60000, "1 min", "exceedance.warning", false},
    [AVERAGING_TEN_MINUTES] = {PERIOD_TEN_MINUTES, 600000, "10 min", "exceedance.warning", false},
    [AVERAGING_HOUR] = {PERIOD_HOUR, 3600000, "1 h", "exceedance.hour", true},
    [AVERAGING_FIVE_MINUTES] = {PERIOD_FIVE_MINUTES, 300000, "5 min", "exceedance.five-minutes",
                                true},
    [AVERAGING_DAY] = {PERIOD_DAY, 86400000, "1 d", "exceedance.day", true},
    [AVERAGING_SINGLE] = {0, 0, "single", "exceedance.single", true},
};

static const char *
kind_of(const struct limit *limit)
{
    if (limit->kind == LIMIT_ULTRA_LOW)
        return "target.ultra-low";
    if (limit->kind == LIMIT_WARNING)
        return "exceedance.warning";
    return averagings[limit->averaging].kind;
}

/* Permit limits on the averagings of verdicts are alarms; all else warns. */
static enum severity
severity_of(const struct limit *limit)
{
    bool verdict = limit->kind == LIMIT_PERMIT && averagings[limit->averaging].is_verdict;
    return verdict ? SEVERITY_ALARM : SEVERITY_WARNING;
}

/* ---- comparison ---- */

/* Derived points are doubles whatever they are made of; that may be float registers. */
static enum round_origin
origin_of(const struct limit *limit)
{
    const struct point *point = limit->point;
    if (!point)
        return ROUND_AS_COMPUTED;
    bool derived = point->device && point->device->asset;
    return derived || point->type == TYPE_FLOAT32 ? ROUND_AS_FLOAT : ROUND_AS_COMPUTED;
}

/* Beyond `threshold` on the limit's bad side. */
static bool
is_beyond(const struct limit *limit, double number, double threshold,
          enum round_comparison comparison)
{
    int order = 0;
    round_compare(number, origin_of(limit), threshold, comparison, limit->decimals, &order);
    return limit->side == SIDE_ABOVE ? order > 0 : order < 0;
}

static bool
is_exceeded_by(const struct limit *limit, double number, enum round_comparison comparison)
{
    return is_beyond(limit, number, limit->value, comparison);
}

/* A verdict, as the site compares. */
static bool
is_exceeded(const struct limit *limit, double number)
{
    return is_exceeded_by(limit, number,
                          limit->comparison == LIMIT_ROUNDED_VALUE ? ROUND_ROUNDED_VALUE
                                                                   : ROUND_FULL_VALUE);
}

static double
threshold_back(const struct limit *limit)
{
    return limit->side == SIDE_ABOVE ? limit->value - limit->hysteresis
                                     : limit->value + limit->hysteresis;
}

/* ---- details ---- */

static bool
means_differ(const struct judged_limit *judged, double number)
{
    return !isnan(judged->corrected_mean) &&
           is_exceeded(judged->limit, judged->corrected_mean) != is_exceeded(judged->limit, number);
}

static bool
comparisons_differ(const struct limit *limit, double number)
{
    return is_exceeded_by(limit, number, ROUND_FULL_VALUE) !=
           is_exceeded_by(limit, number, ROUND_ROUNDED_VALUE);
}

static void
describe_differences(const struct judged_limit *judged, double number, struct event *draft)
{
    static const char *const WORDS[] = {"kept", "exceeded"};
    const struct limit *limit = judged->limit;
    bool full = is_exceeded_by(limit, number, ROUND_FULL_VALUE);
    if (comparisons_differ(limit, number)) {
        events_detail_text(draft, "by_full_value", WORDS[full]);
        events_detail_text(draft, "by_rounded", WORDS[!full]);
    }
    if (means_differ(judged, number))
        events_detail_number(draft, "corrected_mean", judged->corrected_mean);
}

static void
describe_month(const struct limit_month *month, struct event *draft)
{
    if (!month->hours)
        return;
    events_detail_integer(draft, "month_hours", month->hours);
    events_detail_number(draft, "month_share", 100.0 * (double)month->kept / (double)month->hours);
}

static void
describe_periods(const struct judged_limit *judged, struct event *draft)
{
    const struct limit *limit = judged->limit;
    int64_t length_ms = averagings[limit->averaging].length_ms;
    double number = judged->finding.event.value;
    if (length_ms)
        draft->duration_ms = judged->periods * length_ms;
    describe_differences(judged, number, draft);
    events_detail_integer(draft, length_ms ? "first_period_ms" : "first_result_ms",
                          judged->first_utc_ms);
    events_detail_integer(draft, length_ms ? "last_period_ms" : "last_result_ms",
                          judged->last_utc_ms);
    if (means_differ(judged, number))
        events_detail_number(draft, "mean_corrected", number);
    describe_month(&judged->month, draft);
    events_detail_integer(draft, length_ms ? "periods" : "results", judged->periods);
    events_detail_number(draft, "rounded",
                         round_half_even(number, origin_of(limit), limit->decimals));
}

static void
describe(const struct finding *finding, struct event *draft)
{
    const struct judged_limit *judged = finding->owner;
    const struct limit *limit = judged->limit;
    if (limit->averaging != AVERAGING_INSTANT)
        describe_periods(judged, draft);
    events_detail_text(draft, "side", limit->side == SIDE_ABOVE ? "above" : "below");
    if (limit->source && limit->source[0])
        events_detail_text(draft, "source", limit->source);
}

void
judge_limit_init(struct judged_limit *judged, const struct limit *limit, const char *subject,
                 const struct series *series, struct limit_seen *seen)
{
    *judged = (struct judged_limit){.limit = limit, .seen = seen, .corrected_mean = NAN};
    for (uint8_t i = 0; seen && i < limit->when_count; i++)
        seen[i] = (struct limit_seen){.reading = NAN, .mean = NAN};
    judged->alike = judged;
    judged->conditional = limit->when_count > 0;
    finding_init(&judged->finding, kind_of(limit), limit->asset);
    judged->finding.subject = subject;
    judged->finding.severity = severity_of(limit);
    judged->finding.point = limit->point;
    judged->finding.series = series;
    judged->finding.side = limit->side;
    judged->finding.limit = limit->value;
    judged->finding.averaging = averagings[limit->averaging].name;
    judged->finding.describe = describe;
    judged->finding.owner = judged;
}

void
judge_limit_lapse(struct judged_limit *judged, const char *reason, const struct turn *turn)
{
    hold_clear(&judged->finding.hold);
    judged->beyond = 0;
    if (finding_is_open(&judged->finding))
        finding_close(&judged->finding, reason, turn);
}

/* ---- readings ---- */

/* At least N of the newest M readings are beyond: 1 of 1 unless the site says so. */
static bool
is_wrong(struct judged_limit *judged, double number)
{
    const struct limit *limit = judged->limit;
    unsigned least = limit->of_least ? limit->of_least : 1;
    unsigned most = limit->of_most ? limit->of_most : 1, count = 0;
    double threshold = finding_is_open(&judged->finding) ? threshold_back(limit) : limit->value;
    judged->beyond = judged->beyond << 1 | is_beyond(limit, number, threshold, ROUND_FULL_VALUE);
    judged->beyond &= (1ULL << most) - 1;
    for (uint64_t rest = judged->beyond; rest; rest &= rest - 1)
        count++;
    return count >= least;
}

static void
judge_instant(struct judged_limit *judged, double number, const struct turn *turn)
{
    struct finding *finding = &judged->finding;
    bool wrong = is_wrong(judged, number);
    if (!finding_is_open(finding)) {
        finding_judge(finding, wrong ? TRUTH_TRUE : TRUTH_FALSE, judged->limit->delay_ms, number,
                      turn);
        return;
    }
    events_observe(&finding->event, number, judged->limit->side, false);
    if (!wrong)
        finding_close(finding, NULL, turn);
}

static void
update_results(struct judged_limit *judged, const struct turn *turn)
{
    int64_t elapsed_ms = hold_elapsed_ms(&judged->finding.event.recorded, turn->at);
    if (elapsed_ms < 0 || elapsed_ms >= RESULTS_TOLD_MS)
        finding_update(&judged->finding, turn);
}

/* A mean or a result that counts. */
static void
judge_number(struct judged_limit *judged, double number, int64_t utc_ms, const struct turn *turn)
{
    struct finding *finding = &judged->finding;
    bool exceeded = is_exceeded(judged->limit, number), open = finding_is_open(finding);
    if (!open && !exceeded)
        return;
    if (exceeded) {
        judged->periods = open ? judged->periods + 1 : 1;
        judged->first_utc_ms = open ? judged->first_utc_ms : utc_ms;
        judged->last_utc_ms = utc_ms;
    }
    if (!open) {
        finding_open(finding, turn->at, number, turn);
        return;
    }
    events_observe(&finding->event, number, judged->limit->side, false);
    if (!exceeded)
        finding_close(finding, NULL, turn);
    else if (averagings[judged->limit->averaging].length_ms)
        finding_update(finding, turn);
    else
        update_results(judged, turn);
}

static void
trail(struct judged_limit *judged, const struct turn *turn)
{
    struct finding *finding = &judged->finding;
    if (finding->event.stage != EVENT_TRAILING)
        return;
    struct event draft;
    finding_draft(finding, turn->at, &draft);
    events_trail(&finding->event, &draft, finding->series, turn);
}

void
judge_limit_reading(struct judged_limit *judged, const struct evidence_value *reading, bool valid,
                    const struct turn *turn)
{
    trail(judged, turn);
    if (averagings[judged->limit->averaging].length_ms)
        return;
    const char *reason = limit_force_now(judged, turn->at);
    if (reason)
        judge_limit_lapse(judged, reason, turn);
    else if (!valid)
        hold_pause(&judged->finding.hold);
    else if (judged->limit->averaging == AVERAGING_SINGLE)
        judge_number(judged, reading->number, turn->at->utc_ms, turn);
    else
        judge_instant(judged, reading->number, turn);
}

/* ---- means ---- */

bool
judge_limit_is_of(const struct limit *limit, enum period period)
{
    return averagings[limit->averaging].length_ms && averagings[limit->averaging].period == period;
}

/* Hours of the Beijing month that kept to a target (standards.md 12 #11). */
static void
count_hour(struct judged_limit *judged, const struct statistic *statistic)
{
    struct limit_month *month = &judged->month;
    int64_t start_utc_ms = calendar_month_start(statistic->start_utc_ms);
    if (!(judged->limit->hours_within > 0) || statistic->period != PERIOD_HOUR)
        return;
    if (month->start_utc_ms != start_utc_ms)
        *month = (struct limit_month){.start_utc_ms = start_utc_ms};
    month->hours++;
    month->kept += !is_exceeded(judged->limit, statistic->mean);
}

static void
describe_kept(const struct finding *finding, struct event *draft)
{
    const struct judged_limit *judged = finding->owner;
    const struct limit *limit = judged->limit;
    double number = finding->event.value;
    describe_differences(judged, number, draft);
    events_detail_integer(draft, "first_period_ms", finding->event.since.utc_ms);
    if (means_differ(judged, number))
        events_detail_number(draft, "mean_corrected", number);
    events_detail_number(draft, "rounded",
                         round_half_even(number, origin_of(limit), limit->decimals));
    events_detail_text(draft, "side", limit->side == SIDE_ABOVE ? "above" : "below");
}

/* Kept, and by the other comparison or the other mean it would not be: both are shown. */
static void
note_difference(struct judged_limit *judged, const struct statistic *statistic,
                const struct turn *turn)
{
    struct finding note;
    if (is_exceeded(judged->limit, statistic->mean) ||
        !(means_differ(judged, statistic->mean) ||
          comparisons_differ(judged->limit, statistic->mean)))
        return;
    finding_init(&note, "exceedance.warning", judged->limit->asset);
    note.subject = judged->finding.subject;
    note.point = judged->finding.point;
    note.limit = judged->finding.limit;
    note.averaging = judged->finding.averaging;
    note.event.value = statistic->mean;
    note.event.since.utc_ms = statistic->start_utc_ms;
    note.describe = describe_kept;
    note.owner = judged;
    finding_note(&note, statistic->mean, turn);
}

/* The month is over: what share of its valid hours kept the target. */
static void
note_month(struct judged_limit *judged, const struct statistic *statistic, const struct turn *turn)
{
    const struct limit_month *month = &judged->month;
    if (!(judged->limit->hours_within > 0) || statistic->period != PERIOD_MONTH || !month->hours ||
        month->start_utc_ms != statistic->start_utc_ms)
        return;
    double share = 100.0 * month->kept / month->hours;
    if (share >= judged->limit->hours_within)
        return;
    struct finding note;
    finding_init(&note, "target.month-share", judged->limit->asset);
    note.subject = judged->finding.subject;
    note.point = judged->finding.point;
    note.limit = judged->limit->hours_within;
    note.averaging = "1 mon";
    finding_note(&note, share, turn);
}

/* Consecutive periods of a verdict are one event (standards.md 12 #5); warnings bear a hole. */
static bool
is_unbroken(const struct judged_limit *judged, const struct statistic *statistic)
{
    enum averaging averaging = judged->limit->averaging;
    bool verdict = averaging == AVERAGING_HOUR || averaging == AVERAGING_DAY ||
                   averaging == AVERAGING_FIVE_MINUTES;
    return !verdict ||
           statistic->start_utc_ms == judged->last_utc_ms + averagings[averaging].length_ms;
}

void
judge_limit_verdict(struct judged_limit *judged, const struct statistic *statistic,
                    const struct turn *turn)
{
    bool open = finding_is_open(&judged->finding);
    if (!statistic->is_valid) {
        if (open && !is_unbroken(judged, &(struct statistic){.start_utc_ms = INT64_MIN}))
            judge_limit_lapse(judged, "invalid-period", turn);
        return;
    }
    if (open && !is_unbroken(judged, statistic))
        judge_limit_lapse(judged, "interrupted", turn);
    judged->corrected_mean = statistic->has_corrected_mean ? statistic->corrected_mean
                                                           : (double)NAN;
    count_hour(judged, statistic);
    if (!finding_is_open(&judged->finding)) /* else its closing record shows it */
        note_difference(judged, statistic, turn);
    judge_number(judged, statistic->mean, statistic->start_utc_ms, turn);
}

void
judge_limit_mean(struct judged_limit *judged, const struct statistic *statistic,
                 const struct turn *turn)
{
    const struct limit *limit = judged->limit;
    note_month(judged, statistic, turn);
    if (!judge_limit_is_of(limit, statistic->period))
        return;
    if (judged->conditional || limit->valid_from_utc_ms || limit->valid_until_utc_ms)
        limit_force_mean(judged, statistic, turn);
    else
        judge_limit_verdict(judged, statistic, turn);
}

void
judge_limit_tick(struct judged_limit *judged, const struct turn *turn)
{
    limit_force_tick(judged, turn);
    if (!averagings[judged->limit->averaging].length_ms)
        finding_tick(&judged->finding, turn);
}

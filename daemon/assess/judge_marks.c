/* work.proposed: the working condition as the points tell it, while it is not running; exceedance.
 * marked: an exceeded hour that a named person has marked, noted beside the mean, which stays;
 * marks. due: yesterday's abnormal hours that nobody has marked, until 12:00, when unmarked means
 * valid (standards.md 4.3, 公告2022年第21号). The rules of marks are in marks.c, those of
 * conditions in work.c.
 *
 * These events are about what is to be written down: they have no evidence, and an out-of-service
 * of months must not keep that of other events going. */
#include "daemon/assess/judge_marks.h"

#include "base/calendar.h"

#include <errno.h>
#include <math.h>

#define WARN_MS     (10 * CALENDAR_HOUR_MS) /* of the day: the queue becomes a warning */
#define DEADLINE_MS (12 * CALENDAR_HOUR_MS)

enum { FIND_WORK, FIND_DUE, FIND_COUNT };

struct marks_state {
    struct work_state work;
    struct marks_window window;
    struct marks_queue due; /* as it was told last */
    int64_t due_day_utc_ms;
};

static void
measure(const struct asset *asset, uint16_t *ret_findings, size_t *ret_state_size)
{
    const struct marks *marks = asset->marks;
    *ret_findings = marks ? FIND_COUNT : 0;
    *ret_state_size = marks ? sizeof(struct marks_state) +
                                  marks->pollutant_count * sizeof(struct marks_of) +
                                  marks->limit_count * sizeof(struct marks_excess)
                            : 0;
}

/* ---- details ---- */

static void
describe_work(const struct finding *finding, struct event *draft)
{
    const struct marks_state *state = finding->owner;
    events_detail_text(draft, "state", work_word(state->work.now));
}

static void
describe_due(const struct finding *finding, struct event *draft)
{
    const struct marks_state *state = finding->owner;
    events_detail_integer(draft, "count", state->due.count);
    events_detail_integer(draft, "deadline_ms", state->due_day_utc_ms + MARKS_DEADLINE_MS);
    if (!state->due.count)
        return;
    events_detail_integer(draft, "first_ms", state->due.first_utc_ms);
    events_detail_integer(draft, "last_ms", state->due.last_utc_ms);
}

static void
init(struct judge_seat *seat, struct arena *arena)
{
    const struct asset *asset = seat->asset;
    struct marks_state *state = seat->state;
    (void)arena;
    *state = (struct marks_state){.window.marks = asset->marks};
    state->window.of = (struct marks_of *)(state + 1);
    state->window.excess = (struct marks_excess *)(state->window.of +
                                                   asset->marks->pollutant_count);
    finding_init(&seat->findings[FIND_WORK], "work.proposed", asset);
    finding_init(&seat->findings[FIND_DUE], "marks.due", asset);
    seat->findings[FIND_WORK].describe = describe_work;
    seat->findings[FIND_DUE].describe = describe_due;
    for (int i = 0; i < FIND_COUNT; i++) {
        seat->findings[i].severity = SEVERITY_INFO;
        seat->findings[i].owner = state;
        seat->findings[i].asset = NULL; /* no evidence */
    }
}

/* ---- working conditions ---- */

static void
note_hours(struct marks_window *window, const struct stamp *since, const struct stamp *now)
{
    int last = marks_hour(window, now->utc_ms);
    int64_t first_utc_ms = since->clock == CLOCK_UNKNOWN || since->utc_ms > now->utc_ms
                               ? now->utc_ms
                               : since->utc_ms;
    int first = marks_hour(window, first_utc_ms);
    if (last < 0)
        return;
    if (first < 0)
        first = first_utc_ms < window->start_utc_ms ? 0 : last;
    for (int hour = first; hour <= last; hour++)
        window->proposed |= 1ULL << hour;
}

/* A condition takes the place of another: one event closes, the next opens. What found no room for
 * its record is told with the next reading. */
static void
tell_work(struct finding *finding, struct work_state *work, const struct work_state *before,
          const struct turn *turn)
{
    struct work_state now = *work;
    if (finding_is_open(finding) && (now.now != before->now || now.now <= WORK_RUNNING)) {
        *work = *before;
        finding_close(finding, work_word(now.now), turn);
        *work = now;
    }
    if (now.now > WORK_RUNNING && !finding_is_open(finding))
        finding_open(finding, &now.since, NAN, turn);
}

static void
step_work(struct judge_seat *seat, const struct judging *in)
{
    struct marks_state *state = seat->state;
    const struct stamp *now = in->turn->at;
    struct work_state before = state->work;
    bool changed = work_read(&state->work, seat->asset->work, in);
    tell_work(&seat->findings[FIND_WORK], &state->work, &before, in->turn);
    if (state->work.now > WORK_RUNNING && now->clock != CLOCK_UNKNOWN)
        note_hours(&state->window, changed ? &state->work.since : now, now);
}

/* ---- exceeded hours ---- */

struct marked_hour {
    const struct finding *of;
    const struct marks_of *marks;
    int hour;
    int64_t utc_ms;
};

static void
describe_marked(const struct finding *finding, struct event *draft)
{
    const struct marked_hour *marked = finding->owner;
    bool exempt = marked->marks->exempt & 1ULL << marked->hour;
    events_detail_text(draft, "condition", work_word(marked->marks->conditions[marked->hour]));
    events_detail_text(draft, "exempt", exempt ? "yes" : "no");
    events_detail_integer(draft, "hour_ms", marked->utc_ms);
    events_detail_integer(draft, "mark", (int64_t)marked->marks->sequences[marked->hour]);
}

static void
tell_marked(const struct marks_state *state, uint16_t limit, int hour,
            const struct finding *exceedance, const struct turn *turn)
{
    const struct marks_window *window = &state->window;
    const struct marks_of *of = &window->of[window->marks->limits[limit].pollutant];
    struct marked_hour marked = {exceedance, of, hour,
                                 window->start_utc_ms + hour * CALENDAR_HOUR_MS};
    struct finding finding = *exceedance;
    finding.kind = "exceedance.marked";
    finding.severity = SEVERITY_INFO;
    finding.event = (struct event_state){.value = NAN, .peak = NAN};
    finding.describe = describe_marked;
    finding.owner = &marked;
    finding_note(&finding, window->excess[limit].means[hour], turn);
}

static const struct judged_limit *
judged_of(const struct watch_list *list, const struct marks_limit *limit)
{
    const struct watch *watch = &list->watches[list->of_point[limit->point->index]];
    for (uint32_t i = 0; i < watch->limit_count; i++)
        if (watch->limits[i].limit->index == limit->index)
            return &watch->limits[i];
    return NULL;
}

/* The newest exceeded hour of each limit: at most one is new between two looks, because each closed
 * hour is followed by one. */
static void
look_at_limits(struct marks_state *state, const struct watch_list *list, const struct turn *turn)
{
    struct marks_window *window = &state->window;
    for (uint16_t i = 0; i < window->marks->limit_count; i++) {
        const struct judged_limit *judged = judged_of(list, &window->marks->limits[i]);
        int hour = judged && judged->periods ? marks_hour(window, judged->last_utc_ms) : -1;
        struct marks_of *of = &window->of[window->marks->limits[i].pollutant];
        if (hour < 0 || window->excess[i].hours & 1ULL << hour)
            continue;
        of->exceeded |= 1ULL << hour;
        window->excess[i].hours |= 1ULL << hour;
        window->excess[i].means[hour] = judged->finding.event.value;
        if (of->marked & 1ULL << hour)
            tell_marked(state, i, hour, &judged->finding, turn);
    }
}

/* ---- the queue ---- */

static bool
is_same(const struct marks_queue *a, const struct marks_queue *b)
{
    return a->count == b->count && a->first_utc_ms == b->first_utc_ms &&
           a->last_utc_ms == b->last_utc_ms;
}

static void
tell_due(struct judge_seat *seat, const struct marks_queue *queue, int64_t today_utc_ms,
         const struct turn *turn)
{
    struct marks_state *state = seat->state;
    struct finding *finding = &seat->findings[FIND_DUE];
    bool late = turn->at->utc_ms >= today_utc_ms + WARN_MS;
    enum severity severity = late ? SEVERITY_WARNING : SEVERITY_INFO;
    bool open = finding_is_open(finding);
    if (open ? queue->count && is_same(&state->due, queue) && finding->severity == severity
             : !queue->count)
        return;
    state->due = *queue;
    state->due_day_utc_ms = today_utc_ms - CALENDAR_DAY_MS;
    if (!queue->count) {
        finding_close(finding, "marked", turn);
        return;
    }
    finding->severity = severity;
    if (open)
        finding_update(finding, turn);
    else
        finding_open(finding, turn->at, NAN, turn);
}

/* What was marked after the last look, just in time, is not left. */
static void
close_due(struct judge_seat *seat, const struct turn *turn)
{
    struct marks_state *state = seat->state;
    if (marks_hour(&state->window, state->due_day_utc_ms) >= 0)
        state->due = marks_queue(&state->window, state->due_day_utc_ms, turn->at->utc_ms);
    finding_close(&seat->findings[FIND_DUE], state->due.count ? "deadline" : "marked", turn);
}

static void
judge_due(struct judge_seat *seat, const struct turn *turn)
{
    struct marks_state *state = seat->state;
    struct finding *finding = &seat->findings[FIND_DUE];
    int64_t now_utc_ms = turn->at->utc_ms;
    int64_t today_utc_ms = calendar_start(now_utc_ms, CALENDAR_DAY_MS);
    bool over = now_utc_ms >= today_utc_ms + DEADLINE_MS;
    bool other_day = state->due_day_utc_ms != today_utc_ms - CALENDAR_DAY_MS;
    if (finding_is_open(finding) && (over || other_day))
        close_due(seat, turn);
    if (over || now_utc_ms < today_utc_ms + MARKS_SETTLE_MS)
        return;
    struct marks_queue queue = marks_queue(&state->window, today_utc_ms - CALENDAR_DAY_MS,
                                           now_utc_ms);
    tell_due(seat, &queue, today_utc_ms, turn);
}

/* ---- calls ---- */

static void
step(struct judge_seat *seat, const struct judging *in)
{
    struct marks_state *state = seat->state;
    bool known = in->turn->at->clock != CLOCK_UNKNOWN;
    if (known)
        marks_enter(&state->window, in->turn->at->utc_ms);
    if (in->device && seat->asset->work)
        step_work(seat, in);
    if (in->device || !known)
        return;
    look_at_limits(state, in->list, in->turn);
    judge_due(seat, in->turn);
}

static void
period(struct judge_seat *seat, const struct statistic *statistic, const struct judging *in)
{
    struct marks_state *state = seat->state;
    if (statistic->period != PERIOD_HOUR || in->turn->at->clock == CLOCK_UNKNOWN)
        return;
    marks_enter(&state->window, in->turn->at->utc_ms);
    marks_statistic(&state->window, statistic);
    look_at_limits(state, in->list, in->turn);
}

static void
exchange_state(struct judge_seat *seat, struct exchange *exchange)
{
    struct marks_state *state = seat->state;
    bool warns = seat->findings[FIND_DUE].severity == SEVERITY_WARNING;
    exchange_array(exchange, 7);
    work_exchange(&state->work, exchange);
    marks_exchange(&state->window, exchange);
    state->due_day_utc_ms = exchange_integer(exchange, state->due_day_utc_ms);
    state->due.count = (uint32_t)exchange_natural(exchange, state->due.count, MARKS_HOURS);
    state->due.first_utc_ms = exchange_integer(exchange, state->due.first_utc_ms);
    state->due.last_utc_ms = exchange_integer(exchange, state->due.last_utc_ms);
    warns = exchange_flag(exchange, warns);
    seat->findings[FIND_DUE].severity = warns ? SEVERITY_WARNING : SEVERITY_INFO;
}

/* ---- declarations ---- */

int
marks_check(const struct declaration *said, const struct stamp *at, const char **ret_why)
{
    *ret_why = NULL;
    if (work_find(said->word) == WORK_END)
        *ret_why = "the condition is one of running, startup, shutdown, stopped, banked, fault, "
                   "maintenance, calibration, invalid";
    else if (said->until_utc_ms <= said->from_utc_ms)
        *ret_why = "a mark needs an end after its beginning";
    else if (said->from_utc_ms % CALENDAR_HOUR_MS || said->until_utc_ms % CALENDAR_HOUR_MS)
        *ret_why = "a mark is of whole hours, from 08:00 to 10:00 for instance";
    else if (said->until_utc_ms > at->utc_ms)
        *ret_why = "a mark is about hours that are over, not about what will be";
    return *ret_why ? -EINVAL : 0;
}

int
marks_declare(struct judge_seat *seat, const struct declaration *said, const struct stamp *at,
              struct marks_result *ret_result, const char **ret_why)
{
    struct marks_state *state = seat->state;
    if (*said->pollutant && marks_find(state->window.marks, said->pollutant) < 0) {
        *ret_why = "the asset has no hourly permit limit of that pollutant, so that there is "
                   "nothing to mark";
        return -EINVAL;
    }
    marks_enter(&state->window, at->utc_ms);
    *ret_result = marks_put(&state->window, said, at->utc_ms);
    return 0;
}

const char *
marks_exempt_word(const struct marks_result *result)
{
    if (!result->exempt)
        return "no";
    return result->refused || result->late_hours ? "partly" : "yes";
}

const char *
marks_note(const struct marks_result *result)
{
    static const char *const SENTENCES[] = {
        [MARKS_EXEMPT] = "",
        [MARKS_NOT_IN_PERMIT] = "the site file gives no exemption of the permit for this",
        [MARKS_HOURS_USED_UP] = "more hours than the permit exempts at a time",
        [MARKS_YEAR_USED_UP] = "the permit's hours of the year are used up",
    };
    if (result->late_hours)
        return "marked after 12:00 of the next day: those hours are deemed valid";
    return result->claims && result->refused ? SENTENCES[result->why] : "";
}

void
marks_recorded(struct judge_seat *seat, const struct declaration *said, uint64_t sequence,
               const struct watch_list *list, const struct turn *turn)
{
    struct marks_state *state = seat->state;
    struct marks_window *window = &state->window;
    int only = marks_find(window->marks, said->pollutant);
    uint64_t takes = 0;
    for (int hour = 0; hour < MARKS_HOURS; hour++)
        if (marks_takes(window, said, hour, turn->at->utc_ms))
            takes |= 1ULL << hour;
    for (uint8_t i = 0; i < window->marks->pollutant_count; i++)
        for (int hour = 0; hour < MARKS_HOURS && (!*said->pollutant || only == i); hour++)
            if (takes & 1ULL << hour)
                window->of[i].sequences[hour] = sequence;
    for (uint16_t i = 0; i < window->marks->limit_count; i++) {
        const struct judged_limit *judged = judged_of(list, &window->marks->limits[i]);
        bool meant = !*said->pollutant || only == window->marks->limits[i].pollutant;
        for (int hour = 0; hour < MARKS_HOURS && meant && judged; hour++)
            if (takes & window->excess[i].hours & 1ULL << hour)
                tell_marked(state, i, hour, &judged->finding, turn);
    }
}

const struct judge JUDGE_MARKS = {
    .name = "marks",
    .keeps = true,
    .measure = measure,
    .init = init,
    .step = step,
    .period = period,
    .exchange = exchange_state,
};

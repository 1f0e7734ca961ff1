/* treatment.late-start (先启后停): the treatment was not on when production began.
 * treatment.early-stop: it went off before production ended, or before the purge time behind it.
 * standards.md 6.4; tolerance and purge time are settings.
 *
 * Both are judged once for each start and stop of production that was seen: a production that runs
 * when it is first read did not start then. What stops and comes back while production runs is
 * treatment.off, not an early stop, and a treatment that never ran in this production cannot stop
 * early. Conditions tell of an edge only after their delays, with the time of the edge; so what
 * counts here are those times, whichever is known first. */
#include "config/power.h"
#include "daemon/assess/judge.h"

#include <math.h>

enum { FINDING_LATE, FINDING_EARLY, FINDING_COUNT };

enum phase {
    EDGES_NONE,     /* nobody knows how it came to what is now */
    EDGES_STANDING, /* production does not run */
    EDGES_STARTING, /* it runs; whether the treatment was in time is not known yet */
    EDGES_RUNNING,  /* it runs, and the start has been judged */
    EDGES_STOPPING, /* it ended; whether the treatment outlasts it is not known yet */
    EDGES_END
};

struct edges_state {
    enum phase phase;
    bool has_run;                /* the treatment, in this production */
    struct stamp started, ended; /* production */
    double minutes;              /* late or early by */
    bool before_production;      /* the early stop */
};

static bool
is_judged(const struct asset *asset)
{
    return asset->power && asset->production.point && asset->treatment.point;
}

static void
measure(const struct asset *asset, uint16_t *ret_findings, size_t *ret_state_size)
{
    *ret_findings = is_judged(asset) ? FINDING_COUNT : 0;
    *ret_state_size = sizeof(struct edges_state);
}

static void
describe_late(const struct finding *finding, struct event *draft)
{
    const struct edges_state *state = finding->owner;
    events_detail_number(draft, "minutes", state->minutes);
}

static void
describe_early(const struct finding *finding, struct event *draft)
{
    const struct edges_state *state = finding->owner;
    events_detail_text(draft, "before", state->before_production ? "production-stop" : "purge-end");
    events_detail_number(draft, "minutes", state->minutes);
}

static void
init(struct judge_seat *seat, struct arena *arena)
{
    (void)arena;
    static const char *const kinds[] = {"treatment.late-start", "treatment.early-stop"};
    for (unsigned i = 0; i < FINDING_COUNT; i++) {
        struct finding *finding = &seat->findings[i];
        finding_init(finding, kinds[i], seat->asset);
        finding->describe = i == FINDING_LATE ? describe_late : describe_early;
        finding->owner = seat->state;
        finding->side = SIDE_BELOW;
        finding->point = seat->asset->treatment.point;
    }
}

/* From a to b, negative where b is before a; 0 where nobody can say (another boot without a clock).
 */
static int64_t
apart_ms(const struct stamp *a, const struct stamp *b)
{
    if (a->boot == b->boot)
        return b->mono_ms - a->mono_ms;
    if (a->clock == CLOCK_UNKNOWN || b->clock == CLOCK_UNKNOWN)
        return 0;
    return b->utc_ms - a->utc_ms;
}

/* ---- late start ---- */

static void
end_late(struct judge_seat *seat, const char *reason, const struct judging *in)
{
    struct finding *late = &seat->findings[FINDING_LATE];
    if (finding_is_open(late))
        finding_close(late, reason, in->turn);
}

static void
judge_start(struct judge_seat *seat, const struct judging *in)
{
    struct edges_state *state = seat->state;
    struct finding *late = &seat->findings[FINDING_LATE];
    const struct asset *asset = seat->asset;
    bool on = in->treatment == TRUTH_TRUE;
    if (!in->device || in->treatment == TRUTH_UNKNOWN)
        return;
    if (!on && apart_ms(&state->started, &in->treatment_since) > 0) {
        state->phase = EDGES_RUNNING; /* it went off since: treatment.off */
        return;
    }
    int64_t late_ms = apart_ms(&state->started, on ? &in->treatment_since : in->turn->at);
    /* One that came on in time may say so only after its delay. */
    int64_t most_ms = (int64_t)asset->power->tolerance_ms + (on ? 0 : asset->treatment.delay_ms);
    state->has_run |= on;
    if (late_ms > most_ms) {
        state->minutes = (double)late_ms / 60000;
        if (!finding_is_open(late))
            finding_open(late, &state->started, in->treatment_value, in->turn);
    }
    if (!on)
        return;
    end_late(seat, "running", in);
    state->phase = EDGES_RUNNING;
}

/* ---- early stop ---- */

static void
end_early(struct judge_seat *seat, const char *reason, const struct judging *in)
{
    struct finding *early = &seat->findings[FINDING_EARLY];
    if (finding_is_open(early))
        finding_close(early, reason, in->turn);
}

static void
judge_off(struct judge_seat *seat, const struct judging *in)
{
    struct edges_state *state = seat->state;
    const struct power *power = seat->asset->power;
    int64_t lasted_ms = apart_ms(&state->ended, &in->treatment_since);
    int64_t early_ms = (int64_t)power->purge_ms - lasted_ms;
    if (!state->has_run || early_ms <= (int64_t)power->tolerance_ms) {
        state->phase = EDGES_STANDING;
        return;
    }
    state->minutes = (double)early_ms / 60000;
    state->before_production = lasted_ms < 0;
    finding_open(&seat->findings[FINDING_EARLY], &in->treatment_since, in->treatment_value,
                 in->turn);
}

static void
judge_stop(struct judge_seat *seat, const struct judging *in)
{
    struct edges_state *state = seat->state;
    const struct finding *early = &seat->findings[FINDING_EARLY];
    int64_t behind_ms = apart_ms(&state->ended, in->turn->at);
    int64_t purge_ms = seat->asset->power->purge_ms;
    if (in->treatment == TRUTH_TRUE) {
        end_early(seat, "running", in);
        if (behind_ms > purge_ms + (int64_t)seat->asset->treatment.delay_ms)
            state->phase = EDGES_STANDING;
    } else if (in->treatment == TRUTH_FALSE && !finding_is_open(early)) {
        judge_off(seat, in);
    }
    if (!finding_is_open(early) || behind_ms < purge_ms)
        return;
    end_early(seat, "over", in);
    state->phase = EDGES_STANDING;
}

/* ---- production ---- */

static void
begin_production(struct judge_seat *seat, const struct judging *in)
{
    struct edges_state *state = seat->state;
    bool seen = state->phase == EDGES_STANDING || state->phase == EDGES_STOPPING;
    end_early(seat, "production-started", in);
    state->phase = seen ? EDGES_STARTING : EDGES_RUNNING;
    state->has_run = false;
    state->started = in->production_since;
}

static void
end_production(struct judge_seat *seat, const struct judging *in)
{
    struct edges_state *state = seat->state;
    end_late(seat, "production-stopped", in);
    bool ran = state->phase == EDGES_STARTING || state->phase == EDGES_RUNNING;
    state->phase = ran ? EDGES_STOPPING : EDGES_STANDING;
    state->ended = in->production_since;
}

static void
step(struct judge_seat *seat, const struct judging *in)
{
    struct edges_state *state = seat->state;
    bool runs = state->phase == EDGES_STARTING || state->phase == EDGES_RUNNING;
    if (in->production == TRUTH_TRUE && !runs)
        begin_production(seat, in);
    else if (in->production == TRUTH_FALSE && (runs || state->phase == EDGES_NONE))
        end_production(seat, in);
    if (state->phase == EDGES_STARTING)
        judge_start(seat, in);
    else if (state->phase == EDGES_RUNNING)
        state->has_run |= in->treatment == TRUTH_TRUE;
    else if (state->phase == EDGES_STOPPING)
        judge_stop(seat, in);
}

static void
exchange_state(struct judge_seat *seat, struct exchange *exchange)
{
    struct edges_state *state = seat->state;
    exchange_array(exchange, 6);
    state->phase = (enum phase)exchange_natural(exchange, state->phase, EDGES_END - 1);
    state->has_run = exchange_flag(exchange, state->has_run);
    exchange_stamp(exchange, &state->started);
    exchange_stamp(exchange, &state->ended);
    state->minutes = exchange_number(exchange, state->minutes);
    state->before_production = exchange_flag(exchange, state->before_production);
}

const struct judge JUDGE_POWER_EDGES = {
    .name = "power-edges",
    .measure = measure,
    .init = init,
    .step = step,
    .exchange = exchange_state,
};

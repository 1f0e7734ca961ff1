/* Modes of an asset. What was declared ends at its expiry, which every declaration must have; a
 * signal's mode ends with the signal, the calendar's with its window. Each mode that is on is an
 * open event, also beside a more urgent one; the emergency's three levels are one event, updated
 * when the level changes. While the clock is unknown nothing that goes by it begins or ends. What a
 * signal said last is kept by the rule it was said for, so that a changed site file cannot give it
 * to another one.
 *
 * What a mode does is for others: limits with `when`, orders (judge_power), exemptions (marks). */
#include "daemon/assess/judge.h"

#include "base/calendar.h"

#include <errno.h>
#include <string.h>

enum {
    FINDING_START_UP,
    FINDING_SHUTDOWN,
    FINDING_MAINTENANCE,
    FINDING_EMERGENCY,
    FINDING_SEASONAL,
    FINDING_COUNT
};

enum mode_source { SOURCE_NONE, SOURCE_DECLARED, SOURCE_SIGNAL, SOURCE_CALENDAR };

struct mode_entry {
    enum mode_source source; /* by what it is on */
    int64_t until_utc_ms;    /* of a declaration that holds or will; 0: none */
    int64_t from_utc_ms;
    char by[64], reason[160];
};

struct mode_signal {
    uint64_t print; /* of the rule it follows */
    struct condition_state condition;
};

struct mode_state {
    enum mode now;
    int64_t since_utc_ms; /* when it came, by what brought it; 0: the clock was not known */
    struct mode_entry entries[MODE_COUNT];
    struct mode_signal signals[MODE_SIGNALS];
};

/* The most urgent first. */
static const enum mode URGENT[] = {MODE_EMERGENCY_RED, MODE_EMERGENCY_ORANGE, MODE_EMERGENCY_YELLOW,
                                   MODE_MAINTENANCE,   MODE_SHUTDOWN,         MODE_START_UP,
                                   MODE_SEASONAL};

#define URGENT_COUNT (sizeof URGENT / sizeof *URGENT)

static void
measure(const struct asset *asset, uint16_t *ret_findings, size_t *ret_state_size)
{
    (void)asset;
    *ret_findings = FINDING_COUNT;
    *ret_state_size = sizeof(struct mode_state);
}

static enum mode
level_of(const struct mode_state *state)
{
    for (size_t i = 0; i < 3; i++)
        if (state->entries[URGENT[i]].source != SOURCE_NONE)
            return URGENT[i];
    return MODE_EMERGENCY_YELLOW;
}

/* The entry that a finding shows. */
static const struct mode_entry *
entry_of(const struct finding *finding, const struct mode_state *state)
{
    static const enum mode MODES[FINDING_COUNT] = {MODE_START_UP, MODE_SHUTDOWN, MODE_MAINTENANCE,
                                                   MODE_NORMAL, MODE_SEASONAL};
    static const char *const KINDS[] = {"mode.start-up", "mode.shutdown", "mode.maintenance",
                                        "mode.emergency", "mode.seasonal"};
    for (int i = 0; i < FINDING_COUNT; i++)
        if (!strcmp(finding->kind, KINDS[i]) && i != FINDING_EMERGENCY)
            return &state->entries[MODES[i]];
    return &state->entries[level_of(state)];
}

static void
describe(const struct finding *finding, struct event *draft)
{
    static const char *const SOURCES[] = {"", "declared", "signal", "calendar"};
    const struct mode_state *state = finding->owner;
    const struct mode_entry *entry = entry_of(finding, state);
    events_add_text(draft, "source", SOURCES[entry->source]);
    if (!strcmp(finding->kind, "mode.emergency") && entry->source != SOURCE_NONE)
        events_add_text(draft, "level", modes_name(level_of(state)) + strlen("emergency-"));
    if (entry->source != SOURCE_DECLARED)
        return;
    events_add_text(draft, "by", entry->by);
    if (*entry->reason)
        events_add_text(draft, "reason_given", entry->reason);
    events_add_integer(draft, "until_ms", entry->until_utc_ms);
}

static void
init(struct judge_seat *seat, struct arena *arena)
{
    static const char *const KINDS[FINDING_COUNT] = {
        "mode.start-up", "mode.shutdown", "mode.maintenance", "mode.emergency", "mode.seasonal"};
    struct mode_state *state = seat->state;
    (void)arena;
    for (int i = 0; i < FINDING_COUNT; i++) {
        finding_init(&seat->findings[i], KINDS[i], seat->asset);
        seat->findings[i].asset = NULL; /* a season of months wants no evidence */
        seat->findings[i].severity = i == FINDING_EMERGENCY ? SEVERITY_WARNING : SEVERITY_INFO;
        seat->findings[i].describe = describe;
        seat->findings[i].owner = state;
    }
    for (int i = 0; i < MODE_SIGNALS; i++)
        condition_init(&state->signals[i].condition);
}

/* ---- what is on ---- */

static bool
is_in_window(const struct mode_rule *rule, int64_t utc_ms)
{
    char date[11]; /* 2026-11-21 */
    calendar_print_date(utc_ms, date);
    int day = (date[5] - '0') * 1000 + (date[6] - '0') * 100 + (date[8] - '0') * 10 + date[9] - '0';
    int minute = (int)((utc_ms - calendar_start(utc_ms, CALENDAR_DAY_MS)) / CALENDAR_MINUTE_MS);
    int from = rule->from_month * 100 + rule->from_day;
    int until = rule->until_month * 100 + rule->until_day;
    bool in_days = from == until ||
                   (from < until ? day >= from && day < until : day >= from || day < until);
    bool in_hours = rule->from_minute == rule->until_minute ||
                    (rule->from_minute < rule->until_minute
                         ? minute >= rule->from_minute && minute < rule->until_minute
                         : minute >= rule->from_minute || minute < rule->until_minute);
    return in_days && in_hours;
}

static void
set_source(struct mode_state *state, enum mode mode, enum mode_source source)
{
    struct mode_entry *entry = &state->entries[mode];
    if (entry->source == SOURCE_NONE)
        entry->source = source;
}

/* FNV-1a of the rule's name, and what its signal is. */
static uint64_t
print_of(const struct mode_rule *rule)
{
    const uint64_t more[] = {rule->mode, rule->when.point->number, rule->when.comparison};
    uint64_t print = 0xcbf29ce484222325ULL;
    for (const char *at = rule->name; *at; at++)
        print = (print ^ (uint8_t)*at) * 0x100000001b3ULL;
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        print = (print ^ more[i]) * 0x100000001b3ULL;
    return print;
}

static struct condition_state *
signal_of(struct mode_state *state, unsigned at, const struct mode_rule *rule)
{
    struct mode_signal *signal = &state->signals[at];
    uint64_t print = print_of(rule);
    if (signal->print != print) {
        signal->print = print;
        condition_init(&signal->condition);
    }
    return &signal->condition;
}

static bool
is_emergency_mode(enum mode mode)
{
    return mode == MODE_EMERGENCY_YELLOW || mode == MODE_EMERGENCY_ORANGE ||
           mode == MODE_EMERGENCY_RED;
}

/* A signal that does not tell any more ends its mode, or a torn wire would be a start-up for ever;
 * an emergency stays, or a torn wire would lift an order. */
static void
follow_rules(struct mode_state *state, const struct judging *in)
{
    unsigned signal = 0;
    for (uint16_t i = 0; i < in->site->mode_count; i++) {
        const struct mode_rule *rule = &in->site->modes[i];
        if (rule->asset && rule->asset != in->asset)
            continue;
        if (!rule->when.point) {
            if (in->turn->at->clock != CLOCK_UNKNOWN && is_in_window(rule, in->turn->at->utc_ms))
                set_source(state, rule->mode, SOURCE_CALENDAR);
        } else if (signal < MODE_SIGNALS) {
            struct condition_state *condition = signal_of(state, signal++, rule);
            latest_feed(in->latest, &rule->when, condition, in->turn->at);
            bool tells = !condition->bad || is_emergency_mode(rule->mode);
            if (condition->verdict == TRUTH_TRUE && tells)
                set_source(state, rule->mode, SOURCE_SIGNAL);
        }
    }
}

/* What is on before signals and calendar are asked. */
static void
follow_declarations(struct mode_state *state, const struct stamp *at)
{
    for (enum mode mode = 0; mode < MODE_COUNT; mode++) {
        struct mode_entry *entry = &state->entries[mode];
        if (at->clock == CLOCK_UNKNOWN) {
            if (entry->source == SOURCE_SIGNAL)
                entry->source = SOURCE_NONE;
            continue;
        }
        if (entry->until_utc_ms && at->utc_ms >= entry->until_utc_ms)
            entry->until_utc_ms = 0;
        bool has_begun = at->utc_ms >= entry->from_utc_ms;
        entry->source = entry->until_utc_ms && has_begun ? SOURCE_DECLARED : SOURCE_NONE;
    }
}

/* A declaration holds from when it says, the calendar from its minute: a second's tick is not what
 * a mode begins or ends with. */
static int64_t
came_at(const struct mode_state *before, const struct mode_state *after, const struct stamp *at)
{
    const struct mode_entry *entry = &after->entries[after->now];
    const struct mode_entry *old = &before->entries[before->now];
    if (at->clock == CLOCK_UNKNOWN)
        return 0;
    if (after->now != MODE_NORMAL && entry->source == SOURCE_DECLARED)
        return entry->from_utc_ms;
    if (after->now != MODE_NORMAL && entry->source == SOURCE_SIGNAL)
        return at->utc_ms;
    if (old->source == SOURCE_DECLARED && old->until_utc_ms && old->until_utc_ms <= at->utc_ms)
        return old->until_utc_ms;
    if (entry->source == SOURCE_CALENDAR || old->source == SOURCE_CALENDAR)
        return calendar_start(at->utc_ms, CALENDAR_MINUTE_MS);
    return at->utc_ms;
}

static enum mode
most_urgent(const struct mode_state *state)
{
    for (size_t i = 0; i < URGENT_COUNT; i++)
        if (state->entries[URGENT[i]].source != SOURCE_NONE)
            return URGENT[i];
    return MODE_NORMAL;
}

/* ---- events ---- */

static void
tell(struct finding *finding, bool on, bool changed, const struct judging *in)
{
    if (on && !finding_is_open(finding))
        finding_open(finding, in->turn->at, NAN, in->turn);
    else if (!on && finding_is_open(finding))
        finding_close(finding, NULL, in->turn);
    else if (on && changed)
        finding_update(finding, in->turn);
}

static bool
is_on(const struct mode_state *state, enum mode mode)
{
    return state->entries[mode].source != SOURCE_NONE;
}

static bool
is_emergency(const struct mode_state *state)
{
    return is_on(state, MODE_EMERGENCY_YELLOW) || is_on(state, MODE_EMERGENCY_ORANGE) ||
           is_on(state, MODE_EMERGENCY_RED);
}

static void
step(struct judge_seat *seat, const struct judging *in)
{
    struct mode_state *state = seat->state;
    struct finding *findings = seat->findings;
    enum mode level = is_emergency(state) ? level_of(state) : MODE_NORMAL;
    const struct mode_state before = *state;
    follow_declarations(state, in->turn->at);
    follow_rules(state, in);
    state->now = most_urgent(state);
    if (state->now != before.now)
        state->since_utc_ms = came_at(&before, state, in->turn->at);
    tell(&findings[FINDING_START_UP], is_on(state, MODE_START_UP), false, in);
    tell(&findings[FINDING_SHUTDOWN], is_on(state, MODE_SHUTDOWN), false, in);
    tell(&findings[FINDING_MAINTENANCE], is_on(state, MODE_MAINTENANCE), false, in);
    tell(&findings[FINDING_EMERGENCY], is_emergency(state), level != level_of(state), in);
    tell(&findings[FINDING_SEASONAL], is_on(state, MODE_SEASONAL), false, in);
}

int64_t
mode_since_utc_ms(const struct judge_seat *seat)
{
    const struct mode_state *state = seat->state;
    return state->since_utc_ms;
}

enum mode
mode_of(const struct judge_seat *seat)
{
    const struct mode_state *state = seat->state;
    return state->now;
}

const struct mode_order *
mode_order_of(const struct asset *asset, enum mode mode)
{
    for (uint8_t i = 0; i < asset->order_count; i++)
        if (asset->orders[i].mode == mode)
            return &asset->orders[i];
    /* red without an order of its own asks for no less than orange */
    bool lower = mode == MODE_EMERGENCY_RED || mode == MODE_EMERGENCY_ORANGE;
    return lower ? mode_order_of(asset, (enum mode)(mode - 1)) : NULL;
}

/* There is one declaration of a mode: one that is to come later would end the one that holds. */
static bool
would_end(const struct mode_entry *holds, const struct declaration *said, const struct stamp *at)
{
    bool is_on = holds->until_utc_ms > at->utc_ms && holds->from_utc_ms <= at->utc_ms;
    return is_on && said->from_utc_ms > holds->until_utc_ms;
}

int
mode_check(const struct judge_seat *seat, const struct declaration *said, const struct stamp *at,
           const char **ret_why)
{
    const struct mode_state *state = seat->state;
    enum mode mode = modes_find(said->word);
    *ret_why = NULL;
    if (mode == MODE_COUNT)
        *ret_why = "the mode is one of normal, start-up, shutdown, maintenance, emergency-yellow, "
                   "emergency-orange, emergency-red, seasonal";
    else if (mode == MODE_NORMAL)
        return 0;
    else if (said->until_utc_ms <= at->utc_ms || said->until_utc_ms <= said->from_utc_ms)
        *ret_why = "a mode needs an end in the future";
    else if (would_end(&state->entries[mode], said, at))
        *ret_why = "the mode holds now and ends before that: declare it anew when it has ended";
    return *ret_why ? -EINVAL : 0;
}

void
mode_declare(struct judge_seat *seat, const struct declaration *said, const struct stamp *at)
{
    struct mode_state *state = seat->state;
    enum mode mode = modes_find(said->word);
    if (mode == MODE_NORMAL) {
        for (enum mode i = 0; i < MODE_COUNT; i++)
            state->entries[i].until_utc_ms = 0;
        return;
    }
    struct mode_entry *entry = &state->entries[mode];
    bool goes_on = entry->until_utc_ms > at->utc_ms && entry->from_utc_ms <= at->utc_ms;
    if (!goes_on || said->from_utc_ms <= at->utc_ms)
        entry->from_utc_ms = said->from_utc_ms;
    entry->until_utc_ms = said->until_utc_ms;
    memcpy(entry->by, said->by, sizeof entry->by);
    memcpy(entry->reason, said->reason, sizeof entry->reason);
}

static void
exchange_state(struct judge_seat *seat, struct exchange *exchange)
{
    struct mode_state *state = seat->state;
    exchange_array(exchange, 2 + MODE_COUNT + 2 * MODE_SIGNALS);
    state->now = (enum mode)exchange_natural(exchange, state->now, MODE_COUNT - 1);
    state->since_utc_ms = exchange_integer(exchange, state->since_utc_ms);
    for (int i = 0; i < MODE_COUNT; i++) {
        struct mode_entry *entry = &state->entries[i];
        exchange_array(exchange, 5);
        entry->source = (enum mode_source)exchange_natural(exchange, entry->source,
                                                           SOURCE_CALENDAR);
        entry->until_utc_ms = exchange_integer(exchange, entry->until_utc_ms);
        entry->from_utc_ms = exchange_integer(exchange, entry->from_utc_ms);
        exchange_text(exchange, entry->by, sizeof entry->by);
        exchange_text(exchange, entry->reason, sizeof entry->reason);
    }
    for (int i = 0; i < MODE_SIGNALS; i++) {
        struct mode_signal *signal = &state->signals[i];
        signal->print = exchange_natural(exchange, signal->print, UINT64_MAX);
        exchange_condition(exchange, &signal->condition);
    }
}

const struct judge JUDGE_MODE = {
    .name = "mode",
    .keeps = true,
    .measure = measure,
    .init = init,
    .step = step,
    .exchange = exchange_state,
};

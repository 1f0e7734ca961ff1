/* Points of waste water: results of analysers, the volume they stand for, mass, removal and reuse.
 *
 * An analyser gives a result a cycle and shows it until the next. The result counts once, at its
 * sampling time, or, where it tells none, at the first good reading of each cycle (standards.md 12
 * #3); a bad reading is only told when the whole cycle had no good one, so that one lost poll marks
 * nothing. What flowed since the result before weighs it: C = G / D, G = sum of C dD (HJ 212-2017
 * app. D). Where nothing flowed since then the result is "stopped": water that stands (HJ 356-2019,
 * standards.md 7.1: concentrations at zero flow are invalid). The reading itself is stored as it
 * came. Substitution of missing results is not done here. */
#include "daemon/assess/derive_parts.h"

#include "base/calendar.h"

#include <math.h>

static const struct derive_result NOTHING_DUE = {.number = NAN, .absent = true};

static struct derive_result
none(uint8_t quality)
{
    return (struct derive_result){.number = NAN, .quality = quality};
}

static bool
has_input(const struct derive_call *call, unsigned i)
{
    return i < call->how->input_count && call->how->inputs[i];
}

static bool
is_good(const struct latest *input)
{
    return !isnan(input->number) && quality_is_valid(input->quality);
}

static uint8_t
reason_of(const struct latest *input)
{
    return quality_is_valid(input->quality) ? QUALITY_INVALID_INPUT : input->quality;
}

/* The derived input was made in this scan, and not before it. */
static bool
is_new(const struct derive_call *call, unsigned i)
{
    const struct stamp *at = &call->inputs[i].at, *now = call->view->at;
    return call->inputs[i].seen && at->boot == now->boot && at->mono_ms == now->mono_ms;
}

/* What the input says in this scan. What is stopped is nothing; what is not known spoils a sum. */
static double
amount_of(const struct derive_call *call, unsigned i)
{
    const struct latest *input = &call->inputs[i];
    if (!has_input(call, i) || !is_new(call, i) || input->quality == QUALITY_STOPPED)
        return 0;
    return is_good(input) ? input->number : NAN;
}

/* Flow times time, a value holding back to its predecessor (HJ 212-2017 app. D, with the interval
 * of the scans as T). */
struct derive_result
derive_volume(const struct derive_call *call)
{
    double flow = call->inputs[0].number;
    int64_t ms = derive_elapsed_ms(call, call->how->inputs[0]->every_ms);
    if (call->memory->has && hold_elapsed_ms(&call->memory->at, call->view->at) < 0)
        return NOTHING_DUE;
    call->memory->has = true;
    call->memory->at = *call->view->at;
    if (ms < 0)
        return NOTHING_DUE;
    if (flow <= call->how->numbers[0])
        return (struct derive_result){.number = 0};
    return (struct derive_result){.number = flow * (double)ms / 3600000.0};
}

/* ---- results ---- */

/* Known, not merely not measured. */
static bool
nothing_flowed(const struct derive_call *call)
{
    return has_input(call, 2) && call->memory->has && call->memory->since <= 0 &&
           is_good(&call->inputs[2]) && call->inputs[2].number <= 0;
}

static struct derive_result
take(const struct derive_call *call, double mark)
{
    const struct latest *value = &call->inputs[0];
    call->memory->last = mark;
    call->memory->has = true;
    if (!is_good(value))
        return none(reason_of(value));
    return (struct derive_result){.number = value->number, .quality = value->quality};
}

/* With a sampling time. An unreadable one says nothing; a result that cannot be read for now is
 * read later. */
static struct derive_result
result_by_mark(const struct derive_call *call, bool new_cycle)
{
    const struct latest *value = &call->inputs[0], *mark = &call->inputs[1];
    const struct derive_memory *memory = call->memory;
    if (is_good(mark) && !(memory->has && memory->last == mark->number)) {
        bool unread = !is_good(value) && reason_of(value) >= QUALITY_INVALID_INPUT;
        return unread ? NOTHING_DUE : take(call, mark->number);
    }
    return new_cycle && nothing_flowed(call) ? none(QUALITY_STOPPED) : NOTHING_DUE;
}

/* The newest scan of a cycle in which a bad result is told: one that is followed by another would
 * be too early. */
static bool
is_last_of_cycle(const struct derive_call *call, int64_t end_utc_ms)
{
    int64_t margin_ms = 2 * (int64_t)call->how->inputs[0]->every_ms;
    return call->view->at->utc_ms + margin_ms >= end_utc_ms;
}

/* The first scan of a cycle: what it tells of flowed before, and is added behind this. A totaliser
 * also counts on through a hole of more than a cycle: that stands for no result, of no day, and
 * weighs none; neither does what flowed while nobody knew the time. */
static void
begin_cycle(const struct derive_call *call, int64_t cycle_ms)
{
    struct derive_memory *memory = call->memory;
    const struct stamp *now = call->view->at;
    double flowed = amount_of(call, 2);
    flowed = flowed > 0 ? flowed : 0;
    memory->later = -flowed;
    if (memory->has && memory->at.clock == CLOCK_UNKNOWN)
        memory->since = 0;
    if (memory->has && hold_elapsed_ms(&memory->at, now) > cycle_ms)
        memory->since -= flowed;
}

struct derive_result
derive_result(const struct derive_call *call)
{
    struct derive_memory *memory = call->memory;
    int64_t cycle_ms = (int64_t)call->how->numbers[0];
    int64_t start = calendar_start(call->view->at->utc_ms, cycle_ms);
    bool new_cycle = !memory->has || calendar_start(memory->at.utc_ms, cycle_ms) != start;
    double mark = (double)start;
    if (new_cycle)
        begin_cycle(call, cycle_ms);
    memory->at = *call->view->at;
    if (has_input(call, 1))
        return result_by_mark(call, new_cycle);
    if (memory->has && memory->last == mark)
        return NOTHING_DUE;
    if (new_cycle && nothing_flowed(call)) {
        memory->last = mark;
        return none(QUALITY_STOPPED);
    }
    if (is_good(&call->inputs[0]) || is_last_of_cycle(call, start + cycle_ms))
        return take(call, mark);
    memory->has = true; /* the cycle is seen; its result is not */
    return NOTHING_DUE;
}

/* kg of a result: with the volume that weighs it. */
struct derive_result
derive_stretch(const struct derive_call *call)
{
    const struct latest *result = &call->inputs[0];
    const struct derive *made = call->view->made;
    if (!is_new(call, 0))
        return NOTHING_DUE;
    if (!is_good(result))
        return none(reason_of(result));
    double volume = made->weights[call->how->inputs[0] - made->asset->derived->points];
    if (isnan(volume))
        return none(QUALITY_INVALID_INPUT);
    return (struct derive_result){.number = result->number * volume * 1e-3};
}

/* ---- removal and reuse ---- */

/* Once a cycle, of the sums since the last one, weighted by the whole: the mean of a day is that of
 * the day's sums. Without a whole it waits for one. Sum of the part in `last`, of the whole in
 * `since`; `last` is NaN once a mass was not known. A volume that is not known for a scan is
 * nothing lost: the next one covers it. */
struct derive_result
derive_share(const struct derive_call *call)
{
    struct derive_memory *memory = call->memory;
    int64_t cycle_ms = (int64_t)call->how->numbers[0];
    int64_t start = calendar_start(call->view->at->utc_ms, cycle_ms);
    bool is_removal = call->how->numbers[1] != 0, had = memory->has;
    bool new_cycle = had && calendar_start(memory->at.utc_ms, cycle_ms) != start;
    double more[2] = {amount_of(call, 0), amount_of(call, 1)};
    memory->has = true;
    memory->at = *call->view->at;
    for (int i = 0; i < 2; i++)
        if (isnan(more[i]) && had && is_removal) /* of the very first nothing is known */
            memory->last = NAN;
    memory->last += had && more[0] > 0 ? more[0] : 0;
    double more_whole = more[1] > 0 ? more[1] : 0;
    double part = memory->last, whole = memory->since + more_whole;
    if (!new_cycle || !(whole > 0 || isnan(part)))
        return NOTHING_DUE;
    memory->last = 0;
    memory->later = -more_whole; /* nothing is carried over, nor what this scan adds */
    if (isnan(part))
        return none(QUALITY_INVALID_INPUT);
    double share = 100 * part / whole;
    return (struct derive_result){.number = is_removal ? 100 - share : share};
}

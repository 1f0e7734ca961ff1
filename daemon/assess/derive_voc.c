/* Points of the treatment of organic waste gas: sums and differences of rates, collection
 * efficiency, the life of an adsorbent, the gas-liquid ratio of a loading. */
#include "daemon/assess/derive_parts.h"

#include <math.h>

#define MOST_INTERVALS 3 /* without a scan, over which nothing is counted */

static double
sum(const struct derive_call *call, unsigned from, unsigned to)
{
    double total = 0;
    for (unsigned i = from; i < to; i++)
        total += call->inputs[i].number;
    return total;
}

struct derive_result
derive_total(const struct derive_call *call)
{
    return (struct derive_result){.number = sum(call, 0, call->how->input_count)};
}

struct derive_result
derive_rest(const struct derive_call *call)
{
    return (struct derive_result){.number = call->inputs[0].number - call->inputs[1].number};
}

/* captured / (captured + fugitive) (standards.md 6.4); nothing at all has no efficiency. */
struct derive_result
derive_collection(const struct derive_call *call)
{
    unsigned captured = (unsigned)call->how->numbers[0];
    double got = sum(call, 0, captured);
    double all = got + sum(call, captured, call->how->input_count);
    if (call->view->production == TRUTH_FALSE)
        return (struct derive_result){.number = NAN, .quality = QUALITY_STOPPED};
    if (!(all > 0))
        return (struct derive_result){.number = NAN, .quality = QUALITY_INVALID_INPUT};
    return (struct derive_result){.number = got / all * 100};
}

static bool
is_hole(int64_t ms, uint32_t every_ms)
{
    return ms < 0 || ms > (int64_t)every_ms * MOST_INTERVALS;
}

/* Only forward: what a bed gives off again does not make it new. The total stands in `since`, the
 * signal of a change in `last`. */
struct derive_result
derive_life(const struct derive_call *call)
{
    struct derive_memory *memory = call->memory;
    const struct derivation *how = call->how;
    double rate = call->inputs[0].number;
    double signal = how->input_count > 1 && how->inputs[1] ? call->inputs[1].number : 0;
    int64_t ms = memory->has ? hold_elapsed_ms(&memory->at, call->view->at) : -1;
    if (!memory->has) {
        memory->since = how->numbers[0];
        memory->last = signal;
    }
    if (signal != 0 && memory->last == 0)
        memory->since = 0;
    else if (rate > 0 && !is_hole(ms, how->inputs[0]->every_ms))
        memory->since += rate * (double)ms / 3600000.0;
    memory->has = true;
    memory->last = signal;
    memory->at = *call->view->at;
    return (struct derive_result){.number = memory->since};
}

bool
derive_renew(struct derive *derive, const struct stamp *at)
{
    bool any = false;
    for (unsigned i = 0; i < derive->scan.count; i++) {
        struct derive_memory *memory = &derive->memories[i];
        if (derive->asset->derivations[i].op != DERIVE_LIFE)
            continue;
        *memory = (struct derive_memory){.has = true, .last = memory->last, .at = *at};
        any = true;
    }
    return any;
}

/* An amount since the scan before counts in the scan that made it. */
static double
amount(const struct derive_call *call, unsigned i)
{
    const struct latest *input = &call->inputs[i];
    bool is_new = input->at.boot == call->view->at->boot &&
                  input->at.mono_ms == call->view->at->mono_ms;
    return is_new ? input->number : 0;
}

/* One ratio a loading, when it is over: vapour in `last`, liquid in `since`, the last flow of
 * liquid in `at`. What flows of vapour before the liquid does not count, what follows it does. */
struct derive_result
derive_loading(const struct derive_call *call)
{
    struct derive_memory *memory = call->memory;
    double vapour = amount(call, 0), liquid = amount(call, 1);
    if (liquid > 0) {
        if (!memory->has)
            memory->last = memory->since = 0;
        memory->has = true;
        memory->at = *call->view->at;
    }
    if (!memory->has)
        return (struct derive_result){.absent = true};
    memory->last += vapour;
    memory->since += liquid;
    int64_t quiet_ms = hold_elapsed_ms(&memory->at, call->view->at);
    if (quiet_ms >= 0 && (double)quiet_ms < call->how->numbers[0])
        return (struct derive_result){.absent = true};
    memory->has = false;
    if (quiet_ms < 0)
        return (struct derive_result){.absent = true};
    return (struct derive_result){.number = memory->last / memory->since};
}

/* By the monotonic time of the scans alone, so that stored scans judged again give the same:
 * nothing in a record says why it was read.
 *
 * A scan counts when it is due: an interval behind the due time of the last one that counted, not
 * behind that scan, so that one that came late does not put off the next. It is due already half a
 * faster interval before, and whenever more time than the middle between the two intervals has gone
 * by since the scan before: then nothing is read faster, and every scan counts. */
#include "daemon/assess/pacing.h"

#include "config/derivation.h"

bool
pacing_is_between(struct pacing *pacing, const struct device *device, const struct stamp *at)
{
    int64_t every_ms = device->every_ms, faster_ms = device->faster_ms;
    if (!faster_ms || faster_ms >= every_ms)
        return false;
    bool known = pacing->begun && pacing->boot == at->boot && at->mono_ms >= pacing->seen_ms;
    int64_t gap_ms = at->mono_ms - pacing->seen_ms, early_ms = pacing->due_ms - at->mono_ms;
    bool soon = gap_ms < (every_ms + faster_ms) / 2;
    pacing->begun = true;
    pacing->boot = at->boot;
    pacing->seen_ms = at->mono_ms;
    if (known && soon && early_ms > faster_ms / 2)
        return true;
    bool on_time = known && early_ms <= faster_ms / 2 && -early_ms <= 2 * every_ms;
    pacing->due_ms = (on_time ? pacing->due_ms : at->mono_ms) + every_ms;
    return false;
}

static bool
is_amount(const struct asset *asset, const struct point *point)
{
    const struct derivation *how = &asset->derivations[point - asset->derived->points];
    switch (how->op) {
    case DERIVE_INTEGRAL:
    case DERIVE_VOLUME:
    case DERIVE_DIFFERENCE:
    case DERIVE_MINUTES: return true;
    case DERIVE_TOTAL:
    case DERIVE_REST:
        return how->inputs[0] && how->inputs[0]->device == asset->derived &&
               is_amount(asset, how->inputs[0]);
    default: return false;
    }
}

/* Results and what is made of them once a cycle. */
static bool
is_told_once(const struct asset *asset, const struct point *point)
{
    enum derivation_op op = asset->derivations[point - asset->derived->points].op;
    return op == DERIVE_RESULT || op == DERIVE_STRETCH || op == DERIVE_SHARE ||
           op == DERIVE_LOADING;
}

enum pacing_share
pacing_share_of(const struct device *device, unsigned i)
{
    const struct point *point = &device->points[i];
    if (point->every_ms > device->every_ms || point->once || point->on_change)
        return PACING_WHOLE;
    if (device->asset && is_told_once(device->asset, point))
        return PACING_WHOLE;
    if (device->asset && is_amount(device->asset, point))
        return PACING_AMOUNT;
    return point->weighted ? PACING_WEIGHT : PACING_NONE;
}

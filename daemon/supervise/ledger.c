#include "daemon/supervise/ledger.h"

#include <string.h>

#define LOOKS 3

static uint64_t
load(const atomic_ullong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void
ledger_begin(struct ledger *ledger)
{
    *ledger = (struct ledger){0};
}

/* Right sides are taken before left ones: between the two the left can only have grown. */
static uint64_t
settled_scans(const struct ledger_view *view)
{
    return load(view->dropped) + load(&view->store->records[STREAM_SAMPLE]) +
           load(&view->store->records[STREAM_TREND]);
}

static uint64_t
settled_records(const struct destination_counters *counters, int stream)
{
    return load(&counters->acknowledged[stream]) + load(&counters->queued[stream]) +
           load(&counters->skipped[stream]) + load(&counters->evicted[stream]) +
           load(&counters->rejected[stream]);
}

static void
remember(struct ledger *ledger, const struct ledger_view *view)
{
    if (ledger->next_mono_ms != 0 && view->mono_ms - ledger->next_mono_ms < LEDGER_LAG_MS)
        return;
    ledger->full = ledger->next_mono_ms != 0;
    ledger->from_mono_ms = ledger->next_mono_ms;
    ledger->from_read = ledger->next_read;
    memcpy(ledger->from_stored, ledger->next_stored, sizeof ledger->from_stored);
    ledger->next_mono_ms = view->mono_ms;
    ledger->next_read = load(view->read);
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
        ledger->next_stored[stream] = load(&view->store->records[stream]);
}

/* A destination's counters change one behind the other: what looks wrong is looked at again. */
static bool
is_stream_wrong(const struct ledger *ledger, const struct ledger_view *view, uint16_t i, int stream,
                int64_t *ret_difference)
{
    for (int attempt = 0; attempt < LOOKS; attempt++) {
        uint64_t right = settled_records(&view->destinations[i], stream);
        uint64_t stored = load(&view->store->records[stream]);
        *ret_difference = (int64_t)(stored - right);
        if (right >= ledger->from_stored[stream] && right <= stored)
            return false;
    }
    return true;
}

static int64_t
magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

struct ledger_result
ledger_look(struct ledger *ledger, const struct ledger_view *view)
{
    struct ledger_result result = {.state = LEDGER_UNKNOWN};
    uint64_t settled = settled_scans(view);
    uint64_t read = load(view->read);
    /* what was lost on the way to the disk is counted there, some of it as dropped as well */
    uint64_t lost = load(&view->store->lost_records);
    bool wrong = settled > read || settled + lost < ledger->from_read;

    result.under_way = (int64_t)(read - settled);
    for (uint16_t i = 0; i < view->destination_count; i++) {
        for (int stream = STREAM_EVENT; stream < STREAM_END; stream++) {
            int64_t difference;
            wrong |= is_stream_wrong(ledger, view, i, stream, &difference);
            if (magnitude(difference) > magnitude(result.worst))
                result.worst = difference;
        }
    }
    if (atomic_load(&view->store->is_volatile)) {
        ledger_begin(ledger);
        return result;
    }
    if (ledger->full)
        result.state = wrong ? LEDGER_UNBALANCED : LEDGER_BALANCED;
    remember(ledger, view);
    return result;
}

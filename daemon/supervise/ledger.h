/* Whether the books balance (promise 12), while everything moves: read = stored + dropped, and for
 * each stream and destination stored = acknowledged + queued + evicted + skipped + rejected.
 *
 * The two sides are counted by different threads, so at one instant they differ by what is under
 * way. But both only grow, and what was on the left side LEDGER_LAG_MS ago must be on the right by
 * now: the books balance when the right side lies between the left side then and the left side now.
 * A thread that hangs for longer shows as imbalance, and that is right. */
#ifndef DAEMON_SUPERVISE_LEDGER_H
#define DAEMON_SUPERVISE_LEDGER_H

#include "daemon/model.h"
#include "daemon/store/store.h"

#define LEDGER_LAG_MS 60000 /* more than a resolver holds up a destination */

enum ledger_state { LEDGER_UNKNOWN, LEDGER_BALANCED, LEDGER_UNBALANCED };

/* Left sides as they were: `from` at least LEDGER_LAG_MS ago once `full`. */
struct ledger {
    int64_t from_mono_ms, next_mono_ms;
    uint64_t from_read, next_read;                             /* scans */
    uint64_t from_stored[STREAM_END], next_stored[STREAM_END]; /* records */
    bool full;
};

struct ledger_view {
    const atomic_ullong *read, *dropped; /* scans */
    const struct store_counters *store;
    const struct destination_counters *destinations;
    uint16_t destination_count;
    int64_t mono_ms;
};

struct ledger_result {
    enum ledger_state state;
    int64_t under_way; /* scans read and neither stored nor dropped; negative: counted twice */
    int64_t worst;     /* the largest difference of a destination's stream, likewise */
};

/* Forgets what it saw: another site, or another store. */
void ledger_begin(struct ledger *ledger);

/* Unknown for the first LEDGER_LAG_MS, and while the store is volatile, whose records are counted
 * when they are back on the disk. */
struct ledger_result ledger_look(struct ledger *ledger, const struct ledger_view *view);

#endif

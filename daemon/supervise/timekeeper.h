/* What time it is, and how far that can be believed. The system's clock is never set from here;
 * while it is behind the last stored time, time goes on from there (restored). Between two updates
 * every stamp uses one offset, so that a step of the system's clock shows at one known instant.
 *
 * timekeeper_update is called by main once a second; stamps are taken by any thread. */
#ifndef DAEMON_SUPERVISE_TIMEKEEPER_H
#define DAEMON_SUPERVISE_TIMEKEEPER_H

#include "daemon/stamp.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct timekeeper {
    atomic_llong packed; /* (utc - mono in ms) * 4 + clock state: one word, so always consistent */
    uint32_t boot;
    int64_t last_stored_utc_ms;
};

/* Before 2026 no clock of ours can be right. */
#define TIMEKEEPER_EARLIEST_UTC_MS 1767225600000LL
#define TIMEKEEPER_STEP_MS         500 /* below a leap second */

struct timekeeper_change {
    enum clock_state before, after;
    int64_t step_ms; /* how far UTC jumped; 0 when only the state changed */
};

void timekeeper_init(struct timekeeper *timekeeper, uint32_t boot, int64_t last_stored_utc_ms);

/* True when the state changed or UTC was stepped by at least TIMEKEEPER_STEP_MS. */
bool timekeeper_update(struct timekeeper *timekeeper, struct timekeeper_change *ret_change);

/* The stamp of a monotonic instant; `timekeeper` is void so that it serves as a callback. */
void timekeeper_stamp(void *timekeeper, int64_t mono_ms, struct stamp *ret_stamp);

const char *timekeeper_state_name(enum clock_state state);

#endif

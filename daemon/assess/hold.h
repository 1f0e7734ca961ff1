/* How long something has held by the monotonic clock, for delays. */
#ifndef DAEMON_ASSESS_HOLD_H
#define DAEMON_ASSESS_HOLD_H

#include "daemon/stamp.h"

#include <stdbool.h>

struct hold {
    bool running;
    bool paused; /* the time since `last` does not count */
    int64_t held_ms;
    struct stamp since; /* first reading for which it held */
    struct stamp last;  /* newest one */
};

/* A reading for which it holds; true once it has held delay_ms (at once for 0). */
bool hold_feed(struct hold *hold, const struct stamp *at, uint32_t delay_ms);

/* A reading that does not tell. */
void hold_pause(struct hold *hold);

/* A reading for which it does not hold. */
void hold_clear(struct hold *hold);

/* Time between two stamps: by the monotonic clock within a boot, else by the wall clock if it is
 * known at both ends; -1 where neither tells. */
int64_t hold_elapsed_ms(const struct stamp *from, const struct stamp *to);

#endif

/* Time for windows that look back: goes on as time does, whatever happens to the wall clock, and
 * across restarts (ARCHITECTURE.md, two clocks). It begins at the wall clock, so that its slots lie
 * on whole minutes as long as nobody sets the clock. */
#ifndef DAEMON_ASSESS_STEADY_H
#define DAEMON_ASSESS_STEADY_H

#include "daemon/assess/hold.h"

struct steady {
    bool has;
    struct stamp at; /* the newest */
    int64_t ms;
};

/* Milliseconds at `at`; the same again for what is older than the newest. Begins anew, at another
 * time, when nobody knows how long the box was off. */
int64_t steady_ms(struct steady *steady, const struct stamp *at);

#endif

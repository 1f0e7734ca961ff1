/* Two clocks in every value (design.md section 2). */
#ifndef DAEMON_STAMP_H
#define DAEMON_STAMP_H

#include <stdint.h>

enum clock_state { CLOCK_UNKNOWN, CLOCK_RESTORED, CLOCK_SYNCHRONISED, CLOCK_SET };

struct stamp {
    int64_t utc_ms;  /* which period it belongs to; meaningless while the clock is unknown */
    int64_t mono_ms; /* how long it has lasted; since the kernel's boot number `boot` */
    uint32_t boot;   /* the store's number of the boot */
    enum clock_state clock;
};

#endif

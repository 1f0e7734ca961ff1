/* Which scans of a device count in its statistics when an event has it read faster: one an ordinary
 * interval, so that a mean weighs no part of an hour more than another and a valid hour needs as
 * many readings as ever. */
#ifndef DAEMON_ASSESS_PACING_H
#define DAEMON_ASSESS_PACING_H

#include "daemon/model.h"

struct pacing {
    bool begun;
    uint32_t boot;
    int64_t due_ms, seen_ms; /* monotonic: when the next one counts; the scan before */
};

/* What a reading between two that count adds. */
enum pacing_share {
    PACING_NONE,   /* nothing */
    PACING_AMOUNT, /* to the sum: it is what came since the scan before */
    PACING_WEIGHT, /* to the weighted mean, with its weight */
    PACING_WHOLE,  /* all: it is not one of the faster ones, or is told only once */
};

/* Does this scan lie between two that count? Never of a device that no event may read faster. */
bool pacing_is_between(struct pacing *pacing, const struct device *device, const struct stamp *at);

enum pacing_share pacing_share_of(const struct device *device, unsigned point);

#endif

/* Lowest and highest reading of the last hour, for what may not jump. Of a waste water's judge. */
#ifndef DAEMON_ASSESS_WATER_SWING_H
#define DAEMON_ASSESS_WATER_SWING_H

#include "daemon/assess/exchange.h"
#include "daemon/assess/steady.h"

#define WATER_SWING_PARTS 12 /* of five minutes: the window is 55 to 60 minutes long */

struct water_swing {
    struct water_swing_part {
        int64_t start_ms;
        double low, high;
    } parts[WATER_SWING_PARTS]; /* the newest first; unused ones are at 0 */
    struct steady time;
};

void water_swing_add(struct water_swing *swing, const struct stamp *at, double number);

/* False before the first reading. */
bool water_swing_range(const struct water_swing *swing, double *ret_low, double *ret_high);

void water_swing_exchange(struct water_swing *swing, struct exchange *exchange);

#endif

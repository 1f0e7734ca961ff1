/* What the instruments of the site show: each point of the site file tied to the quantity of the
 * same name in the park's physics, unless somebody set it by hand. Points no plant knows show a
 * slow wave within their range. */
#ifndef SIM_SIGNALS_H
#define SIM_SIGNALS_H

#include "config/site.h"
#include "sim/park.h"

#include <stdbool.h>
#include <stdint.h>

struct signals;

/* The park must outlive the signals. 0 or -ENOMEM. */
int signals_new(const struct site *site, struct park *park, struct signals **ret_signals);
void signals_free(struct signals *signals);

/* "device.point", or a knob of the park ("boiler.desulphurisation"). */
bool signals_know(const struct signals *signals, const char *name);

/* From start_ms on the signal moves within over_ms (0: at once) to the value, and for_ms later (0:
 * never) is itself again. A new setting of the same signal replaces the old. 0; -ENOENT: no such
 * signal; -ENOSPC: too many are set at once. */
struct setting {
    const char *name;
    double to;
    int64_t start_ms, over_ms, for_ms;
};
int signals_set(struct signals *signals, const struct setting *setting);

/* The signal is itself again. 0 or -ENOENT. */
int signals_release(struct signals *signals, const char *name);

/* Moves the park and all settings on to now_ms. */
void signals_advance(struct signals *signals, int64_t now_ms);

/* What the point shows now, in its own unit. */
double signals_value(const struct signals *signals, const struct point *point);

/* Stuck: the device shows what it shows now until it is loosened. */
void signals_hold(struct signals *signals, const struct device *device, bool hold);

#endif

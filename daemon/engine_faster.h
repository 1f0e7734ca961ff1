/* During an open event devices are read faster (docs/events.md): the engine asks for it in
 * device_counters.faster_ms, and the bus's thread looks there. */
#ifndef DAEMON_ENGINE_FASTER_H
#define DAEMON_ENGINE_FASTER_H

#include "daemon/model.h"

/* The events open now: each device gets the least interval that one of them asks for, or 0. */
void faster_want(const struct site *site, const struct event *open, size_t count,
                 struct device_counters *devices);

#endif

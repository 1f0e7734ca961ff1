/* What a device's requests came to, for those who look at it from outside (daemon/counters.h). */
#ifndef DAEMON_ACQUIRE_HISTORY_H
#define DAEMON_ACQUIRE_HISTORY_H

#include "daemon/counters.h"
#include "protocols/modbus/line.h"

enum quality quality_of_line(enum line_result result);

/* One request and how it ended. `exception` for LINE_EXCEPTION. */
void history_count(struct device_counters *counters, enum line_result result, uint8_t exception,
                   const struct line_timing *timing, int64_t mono_ms);

/* The device answered, or did not, for the last `passed_ms`. */
void history_pass(struct device_counters *counters, bool answered, int64_t passed_ms,
                  int64_t mono_ms);

#endif

/* Counters that threads share. Each has one writer, anyone reads (memory_order_relaxed). */
#ifndef DAEMON_COUNTERS_H
#define DAEMON_COUNTERS_H

#include "daemon/record.h"

#include <stdatomic.h>

enum device_state { DEVICE_UNKNOWN, DEVICE_ONLINE, DEVICE_DEGRADED, DEVICE_OFFLINE };

struct device_counters {
    atomic_ullong requests, answers, timeouts, crc_errors, exceptions, refused, wrong_answers;
    atomic_ullong scans, values;                 /* handed to the engine */
    atomic_ullong dropped_scans, dropped_values; /* inbox or pool full */
    atomic_ullong missed_slots; /* grid slots skipped: bus too busy or backing off */
    atomic_llong last_good_mono_ms;
    atomic_uint state; /* enum device_state */
    atomic_uint last_quality, last_detail;
    atomic_uint response_us_mean;
};

enum link_state { LINK_DOWN, LINK_CONNECTING, LINK_UP };

struct destination_counters {
    atomic_uint state; /* enum link_state */
    atomic_uint mqtt_version;
    atomic_ullong connects, published, acknowledged_messages, bytes;
    atomic_ullong queued[STREAM_END], acknowledged[STREAM_END], skipped[STREAM_END];
    atomic_llong last_acknowledge_mono_ms;
};

#endif

/* Counters that threads share, and what the engine asks of a bus. Each has one writer, anyone reads
 * (memory_order_relaxed). */
#ifndef DAEMON_COUNTERS_H
#define DAEMON_COUNTERS_H

#include "daemon/record.h"

#include <stdatomic.h>

enum device_state { DEVICE_UNKNOWN, DEVICE_ONLINE, DEVICE_DEGRADED, DEVICE_OFFLINE };

#define DEVICE_EXCEPTIONS 12 /* by number; [0]: those without one of the standard */
#define DEVICE_RESPONSES  84 /* classes of response times */
#define DEVICE_MINUTES    60
#define DEVICE_HOURS      24

/* How long a device answered, and how long it was to, in one minute or hour since the boot. */
struct device_span {
    atomic_uint number; /* of the minute or hour, from 1; 0: never used */
    atomic_uint good_ms, all_ms;
};

struct device_counters {
    atomic_ullong requests, answers, timeouts, crc_errors, exceptions, refused, wrong_answers;
    atomic_ullong scans, values;                 /* handed to the engine */
    atomic_ullong dropped_scans, dropped_values; /* inbox or pool full */
    atomic_ullong missed_slots; /* grid slots skipped: bus too busy or backing off */
    atomic_llong last_good_mono_ms;
    atomic_uint state; /* enum device_state */
    atomic_uint last_quality, last_detail;
    atomic_ullong noisy;       /* answers behind stray bytes or an echo */
    atomic_uint turnaround_us; /* what of a response time the line does not explain */
    atomic_uint faster_ms;     /* by the engine: the interval that open events ask for; 0: none */
    atomic_uint divisions;     /* requests that were divided because it refused them */
    atomic_uint exceptions_by_number[DEVICE_EXCEPTIONS];
    /* Class c counts response times from (4 + c % 4) * 2^(c / 4) * 8 microseconds on; [0] of this
     * hour, [1] of the one before. */
    atomic_uint responses[2][DEVICE_RESPONSES];
    atomic_uint response_us_max[2];
    struct device_span minutes[DEVICE_MINUTES], hours[DEVICE_HOURS];
};

enum link_state { LINK_DOWN, LINK_CONNECTING, LINK_UP };

struct destination_counters {
    atomic_uint state; /* enum link_state */
    atomic_uint mqtt_version;
    atomic_uint broker; /* which of the destination's brokers, from 0: in use or being tried */
    atomic_ullong connects, published, acknowledged_messages, bytes;
    atomic_ullong queued[STREAM_END], acknowledged[STREAM_END], skipped[STREAM_END];
    atomic_ullong evicted[STREAM_END], rejected[STREAM_END];
    atomic_llong oldest_queued_utc_ms; /* up to a minute old; 0: nothing waited, or unknown */
    atomic_llong last_acknowledge_mono_ms;
    atomic_llong certificate_until_utc_ms, broker_certificate_until_utc_ms; /* 0: not known */
};

#endif

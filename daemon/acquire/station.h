/* One device as its bus thread sees it: its plan, its pool of scans, when it is due, how it has
 * been doing. Back-off: after two scans in a row without any answer it is probed with its first
 * request only, at intervals that grow to backoff_max_ms, so that it costs its bus about a tenth
 * (promise 11). */
#ifndef DAEMON_ACQUIRE_STATION_H
#define DAEMON_ACQUIRE_STATION_H

#include "base/queue.h"
#include "daemon/acquire/acquire.h"
#include "daemon/acquire/plan.h"

#define STATION_SCANS 8

struct station {
    const struct device *device;
    struct device_counters *counters;
    struct plan plan;
    struct scan scans[STATION_SCANS];
    int64_t due_ns;        /* the next slot of the grid, or the next probe */
    int64_t slot;          /* of the grid */
    int64_t start_ns;      /* of slot 0 */
    uint32_t failed_scans; /* in a row, without any answer */
    uint32_t backoff_ms;
    int64_t failed_since_mono_ms;
    bool abnormal; /* transmission.abnormal was reported */
};

/* 0 or -ENOMEM. */
int station_init(struct station *station, const struct device *device, uint32_t generation,
                 struct device_counters *counters);
void station_done(struct station *station);

/* A scan to fill, all values absent; NULL when the engine still has all of them (counted). */
struct scan *station_take_scan(struct station *station);

/* Stamps the scan and hands it to the engine, or counts it as dropped. */
void station_hand_on(struct station *station, struct scan *scan, int64_t mono_ms,
                     const struct acquire_outlet *outlet);

/* Is the block due in the current slot? */
bool station_is_block_due(const struct station *station, const struct block *block);
bool station_is_probing(const struct station *station);

/* This slot passes without a scan. */
void station_skip(struct station *station);

/* The scan is over: sets the next due time, state and notes. `answered`: some request was. `reason`
 * says what went wrong and where, for the sentence. */
void station_conclude(struct station *station, bool answered, enum quality quality,
                      const struct acquire_outlet *outlet, const char *reason);

#endif

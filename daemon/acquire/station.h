/* One device as its bus thread sees it: its plan, its pool of scans, when it is due, how it has
 * been doing. Back-off: after two scans in a row without any answer it is probed with its first
 * request only, at intervals that grow to backoff_max_ms, so that all dead devices of a bus
 * together cost it about a twentieth (promise 11); and earlier when the bus has nothing else to do.
 */
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
    bool *taken;           /* points that were read in this scan */
    uint64_t *seen;        /* of points kept on change: what was kept last */
    int64_t due_ns;        /* the next slot of the grid, or the next probe */
    int64_t early_ns;      /* a probe may come so early when the bus is idle */
    int64_t not_before_ns; /* the pause the device wants between two requests */
    uint32_t every_ms;     /* of the grid: the device's, or faster during an event */
    int64_t slot;          /* of the grid; read next */
    int64_t start_ns;      /* of slot 0 */
    int64_t passed_ns;     /* availability is counted up to here */
    int64_t turnaround_ns; /* measured; < 0: not yet */
    uint32_t measured;     /* answers since the plan was made */
    uint32_t failed_scans; /* in a row, without any answer */
    uint32_t backoff_ms;
    uint32_t connects; /* of the bus, when `once` and set-up were done */
    int64_t again_ns;  /* what is read once and failed is tried again then */
    int64_t failed_since_mono_ms;
    bool introduced; /* what is done once after a connect is done */
    bool is_extra;   /* this scan was ordered: all points, and no slot of the grid */
    bool abnormal;   /* transmission.abnormal was reported */
};

/* 0 or -ENOMEM. */
int station_init(struct station *station, const struct device *device, uint32_t generation,
                 struct device_counters *counters);
void station_done(struct station *station);

/* A scan to fill, all values absent; NULL when the engine still has all of them (counted). */
struct scan *station_take_scan(struct station *station);

/* Stamps the scan and hands it to the engine, or counts it as dropped: false. */
bool station_hand_on(struct station *station, struct scan *scan, int64_t mono_ms,
                     const struct acquire_outlet *outlet);

/* Goes over to the interval that the engine asks for (counters->faster_ms), or back. Both grids
 * begin at the same time and the ordinary slots are among the faster ones. */
void station_follow(struct station *station, int64_t now_ns);

/* Is it due in the current slot? Faster slots read what has the device's own interval; rarer points
 * keep theirs. */
bool station_is_block_due(const struct station *station, const struct block *block);
bool station_is_point_due(const struct station *station, const struct point *point);
bool station_is_probing(const struct station *station);

/* When it is to be read, on a bus whose living devices are due at live_ns. */
int64_t station_due_ns(const struct station *station, int64_t live_ns, int64_t now_ns);

/* What of a response time the device itself took. */
void station_measure(struct station *station, int64_t turnaround_ns);

/* Now and then the plan follows what was measured. Between two scans only: blocks change. */
void station_plan_anew(struct station *station);

/* This slot passes without a scan. */
void station_skip(struct station *station);

/* The scan is over: sets the next due time, state and notes. `answered`: some request was. `dead`:
 * devices of the bus that are only probed, this one included. `reason` says what went wrong and
 * where, for the sentence. */
void station_conclude(struct station *station, bool answered, enum quality quality, unsigned dead,
                      const struct acquire_outlet *outlet, const char *reason);

#endif

/* Stage 1: a thread per bus reads its devices on a monotonic grid and hands whole scans on. A read
 * that fails is a scan with its reason in every value it would have filled, never silence. A device
 * that fails backs off; its failures cost the bus a bounded share of time (promise 11).
 *
 * Owns: the buses' lines and the scans. Scans come back by `busy` being cleared. */
#ifndef DAEMON_ACQUIRE_H
#define DAEMON_ACQUIRE_H

#include "base/queue.h"
#include "daemon/model.h"

struct acquire_outlet {
    struct queue *inbox;              /* MESSAGE_SCAN and MESSAGE_NOTE (device.offline) go here */
    struct device_counters *counters; /* one a device, by device->index */
    void (*stamp)(void *context, int64_t mono_ms, struct stamp *ret_stamp); /* thread-safe */
    void *context;
};

struct acquire;

/* Takes the memory, plans the reads, starts the threads. 0 or negative errno. */
int acquire_start(const struct site *site, const struct acquire_outlet *outlet,
                  struct acquire **ret_acquire);

/* Hands the order to its bus, or gives it back with a reason. Not while acquire_free runs. */
void acquire_order(struct acquire *acquire, struct order *order);

/* Asks every bus to end after the request under way, joins. Scans already handed on stay valid
 * until acquire_free. Accepts NULL. */
void acquire_stop(struct acquire *acquire);
void acquire_free(struct acquire *acquire);

/* Mono time of the slowest bus thread's last sign of life: for the watchdog of main. */
int64_t acquire_last_alive_mono_ms(const struct acquire *acquire);

#endif

/* The inbox loop: one message at a time through the stages, on one thread that owns assess, the
 * open notes and the engine's side of the store. Never waits for a disk or a network. */
#ifndef DAEMON_ENGINE_H
#define DAEMON_ENGINE_H

#include "base/queue.h"
#include "daemon/model.h"
#include "daemon/store/store.h"
#include "daemon/supervise/timekeeper.h"

struct engine_parts {
    struct queue *inbox;
    struct store *store;
    struct timekeeper *timekeeper;
    const char *cause;               /* of this start, in words; NULL: not recorded */
    struct board *pages;             /* PAGE_ALARMS is the engine's */
    struct device_counters *devices; /* it sets faster_ms of them */
    const struct destination_counters *destinations;
    void (*wake)(void *context);                       /* a page changed: destinations may look */
    void (*order)(void *context, struct order *order); /* to its bus, or back */
    void *context;
};

/* What the engine counts, for health: read by anyone. Kept across restarts. */
struct engine_counters {
    atomic_ullong read_scans, read_values;       /* taken from the field, dropped ones included */
    atomic_ullong dropped_scans, dropped_values; /* did not get as far as the store */
    atomic_llong alive_mono_ms;
    atomic_uint generation; /* of the site it works under */
};

struct engine;

/* Restores the saved state, replays what was stored after it, notes the start and the gap since the
 * last record. 0 or negative errno. */
int engine_new(const struct site *site, const struct engine_parts *parts,
               struct engine **ret_engine);
void engine_free(struct engine *engine);

int engine_start(struct engine *engine);

/* Takes the memory that a reload needs, before anything was stopped; then MESSAGE_SITE makes the
 * engine go over to the site, which counters.generation shows. Main only. 0 or -ENOMEM. */
int engine_prepare(struct engine *engine, const struct site *site, struct device_counters *devices,
                   const struct destination_counters *destinations);

/* Ends after MESSAGE_STOP was posted: state saved, everything handed to the store. */
void engine_join(struct engine *engine);

const struct engine_counters *engine_counters(const struct engine *engine);

#endif

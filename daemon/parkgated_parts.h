/* The daemon's own memory and the steps that parkgated*.c share. */
#ifndef DAEMON_PARKGATED_PARTS_H
#define DAEMON_PARKGATED_PARTS_H

#include "base/buf.h"
#include "daemon/acquire/acquire.h"
#include "daemon/engine.h"
#include "daemon/forward/forward.h"
#include "daemon/parkgated.h"
#include "daemon/store/store.h"
#include "daemon/supervise/control.h"
#include "daemon/supervise/timekeeper.h"

#define PARKGATED_PAGE_BYTES ((size_t)4 << 20) /* touched only as far as a page is long */

/* What belongs to one generation of the site; replaced as a whole at reload. */
struct running {
    struct site *site;
    struct device_counters *devices;
    struct destination_counters *destinations;
    struct acquire *acquire;
    struct forward *forward;
};

struct parkgated {
    struct parkgated_options options;
    struct running running;
    struct store *store;
    struct queue *inbox;
    struct board *pages, *cursors;
    struct engine *engine;
    struct timekeeper timekeeper;
    struct stamp started;
    struct buf page;
    struct control *control;
    char socket[256];
    _Atomic(struct forward *) forward; /* what other threads may wake; NULL while it changes */
    _Atomic(struct acquire *) acquire; /* who takes orders; NULL while it changes */
    atomic_bool refresh;               /* someone waits for the health page */
    atomic_ullong catalog_version;
    uint32_t generation;
    int64_t health_mono_ms;
    uint64_t health_signature;
    bool placed; /* this boot's time zero is recorded */
    const char *restart_cause;
    char last_error[512];
    bool engine_started;
};

/* Wakes the destinations: something is durable, or a page changed. Any thread. */
void parkgated_wake(void *parkgated);

/* Has the engine record a moment. */
void parkgated_post_note(void *self, const struct note *note);
void parkgated_note(struct parkgated *self, const char *kind, enum severity severity,
                    const char *text);

int parkgated_load_site(struct parkgated *self, struct site **ret_site);
int parkgated_take_counters(struct running *running);
void parkgated_free_running(struct running *running);

/* Starts sending, then reading. */
int parkgated_start_running(struct parkgated *self);

/* Afterwards no thread reads, sends, or wakes under this site; its memory is still there. */
void parkgated_stop_running(struct parkgated *self);

void parkgated_publish_health(struct parkgated *self);
void parkgated_publish_catalog(struct parkgated *self);

#endif

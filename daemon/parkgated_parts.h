/* The daemon's own memory and the steps that parkgated*.c share. */
#ifndef DAEMON_PARKGATED_PARTS_H
#define DAEMON_PARKGATED_PARTS_H

#include "base/buf.h"
#include "base/log.h"
#include "daemon/acquire/acquire.h"
#include "daemon/command/control.h"
#include "daemon/command/desk.h"
#include "daemon/engine.h"
#include "daemon/errand.h"
#include "daemon/forward/forward.h"
#include "daemon/parkgated.h"
#include "daemon/parkgated_configuration.h"
#include "daemon/store/store.h"
#include "daemon/supervise/oversight.h"
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
    struct queue *errands; /* struct errand *: what commands ask of main */
    struct board *pages, *cursors;
    struct engine *engine;
    struct timekeeper timekeeper;
    struct stamp started;
    struct buf page;
    struct request_scope scope; /* what commands reach; never changes */
    atomic_bool stopping;       /* clerks and clients give up waiting */
    struct control *control;
    struct desk *desk;    /* NULL: it could not be started */
    atomic_uint replying; /* threads that hand an answer to a destination now */
    char socket[256];
    _Atomic(struct forward *) forward; /* what other threads may wake; NULL while it changes */
    _Atomic(struct acquire *) acquire; /* who takes orders; NULL while it changes */
    atomic_bool refresh;               /* someone waits for the health page */
    atomic_ullong catalog_version;
    uint32_t generation;
    atomic_llong health_mono_ms; /* when the health page was made */
    uint64_t health_signature;
    bool placed;                /* this boot's time zero is recorded */
    struct oversight oversight; /* what health remembers */
    char last_error[512];
    char *state;                         /* what options.state points at */
    struct configuration *configuration; /* NULL: nothing is kept, the local file holds */
    struct configuration_news news;      /* of the start, until it can be recorded */
    struct trial *trial;                 /* NULL: none */
    bool hang_said, hang_restarts;       /* of a bus or destination that hangs */
    bool engine_started;
    bool restart_wanted;       /* by a command: the daemon ends, systemd starts it again */
    enum log_level log_level;  /* while another is in force: the one to go back to */
    int64_t log_until_mono_ms; /* 0: no other is */
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

/* ---- parkgated_desk.c ---- */
void parkgated_start_desk(struct parkgated *self);

/* Destinations that are about to start hand their commands to it; it knows the site's people. */
void parkgated_offer_desk(struct parkgated *self, struct forward_outlet *outlet);

/* No thread sees the destinations afterwards. */
void parkgated_forget_forward(struct parkgated *self);

/* ---- parkgated_errands.c ---- */

/* Has main look for errands (struct errand * in self->errands). Any thread. */
void parkgated_call(void *self);

void parkgated_return_errand(struct errand *errand);

/* At the end: gives back all there are, the one on trial too. */
void parkgated_refuse_errands(struct parkgated *self);
void parkgated_watch_log_level(struct parkgated *self, int64_t mono_ms);

/* False: a bus or destination has hung for so long that it is worth a restart. */
bool parkgated_lines_move(struct parkgated *self, int64_t mono_ms);

/* The run record begins once the store is open, ends when it is closed. */
void parkgated_begin_run(struct parkgated *self, const char *boot_id);
void parkgated_end_run(struct parkgated *self);

/* Once a second. True when health is to be published before its time. */
bool parkgated_watch_health(struct parkgated *self);
void parkgated_publish_health(struct parkgated *self);
void parkgated_publish_catalog(struct parkgated *self);

#endif

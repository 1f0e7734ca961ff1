/* Stage 4: a thread per destination: read after my cursor, send, acknowledge. Live records first,
 * the backlog paced behind them (promise 6); PUBACK (or the centre's word) moves the cursor
 * (promise 2). A destination that is dead, slow or has a dead DNS costs the others nothing but
 * shared CPU. */
#ifndef DAEMON_FORWARD_H
#define DAEMON_FORWARD_H

#include "base/queue.h"
#include "daemon/model.h"
#include "daemon/store/reader.h"

/* Retained pages that others write and destinations publish: slots of one board. The content of
 * catalog/{part}, health, alarms and headroom is ready JSON. */
enum page {
    PAGE_HEALTH,
    PAGE_ALARMS,
    PAGE_HEADROOM,
    PAGE_CATALOG_POINTS,
    PAGE_CATALOG_UNITS,
    PAGE_CATALOG_ASSETS,
    PAGE_CATALOG_LIMITS,
    PAGE_CATALOG_DESTINATIONS,
    PAGE_CATALOG_KEY,
    PAGE_CATALOG_BUSES,
    PAGE_CATALOG_WORDS,
    PAGE_COUNT
};

struct forward_outlet {
    const struct store_face *store;
    struct board *pages;                   /* enum page */
    size_t page_size;                      /* of that board; 0: 4 MiB */
    struct board *cursors;                 /* slot: destination index; page: struct cursors */
    struct queue *inbox;                   /* MESSAGE_NOTE and MESSAGE_COMMAND */
    struct destination_counters *counters; /* by destination->index */
    const char *version;                   /* of the program, for status */
    const char *credentials;               /* directory of credentials, or NULL */
    uint32_t boot;
    atomic_ullong *catalog_version;
};

struct forward;

/* 0 or negative errno. */
int forward_start(const struct site *site, const struct forward_outlet *outlet,
                  struct forward **ret_forward);

/* Wakes every destination: something became durable, or a page changed. Any thread. */
void forward_wake(struct forward *forward);

/* A command of destination `command->destination` was answered: its reply is sent. Any thread. */
void forward_reply(struct forward *forward, struct command *command);

/* Sends what is durable, publishes status "stopping", waits for the acknowledgements under way and
 * for commands at the engine, all that at most grace_ms; cursors go to their board; joins. */
void forward_stop(struct forward *forward, uint32_t grace_ms);

/* After forward_stop, when no thread can call forward_wake or forward_reply any more (the store is
 * closed or has taken another job since, no command is at the engine). Accepts NULL. */
void forward_free(struct forward *forward);

/* Mono time of the last sign of life of destination i: for the watchdog of main. */
int64_t forward_last_alive_mono_ms(const struct forward *forward, uint16_t destination);

#endif

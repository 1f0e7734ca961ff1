/* Stage 4: a thread per destination: read after my cursor, send, acknowledge. Live records first,
 * the backlog paced behind them (promise 6); PUBACK (or the centre's word) moves the cursor
 * (promise 2). A destination that is dead, slow or has a dead DNS costs the others nothing but
 * shared CPU. */
#ifndef DAEMON_FORWARD_H
#define DAEMON_FORWARD_H

#include "base/queue.h"
#include "daemon/command.h"
#include "daemon/model.h"
#include "daemon/page.h"
#include "daemon/store/reader.h"

struct forward_outlet {
    const struct store_face *store;
    struct board *pages;                   /* enum page */
    size_t page_size;                      /* of that board; 0: 4 MiB */
    struct board *cursors;                 /* slot: destination index; page: struct cursors */
    struct queue *inbox;                   /* MESSAGE_NOTE */
    struct destination_counters *counters; /* by destination->index */
    const char *version;                   /* of the program, for status */
    const char *credentials;               /* directory of credentials, or NULL */
    const char *state;                     /* the daemon's directory, or NULL */
    uint32_t boot;
    atomic_ullong *catalog_version;
    struct command *(*claim)(void *context); /* for what the centre sends; NULL: all are busy */
    void (*submit)(void *context, struct command *command);
    void (*stamp)(void *timekeeper, int64_t mono_ms, struct stamp *ret_now);
    void *timekeeper;
    void (*challenge)(void *context, char ret_challenge[33]); /* for status; "": none */
    void *context;                                            /* of claim, submit and challenge */
};

struct forward;

/* 0 or negative errno. */
int forward_start(const struct site *site, const struct forward_outlet *outlet,
                  struct forward **ret_forward);

/* Wakes every destination: something became durable, or a page changed. Any thread. */
void forward_wake(struct forward *forward);

/* A command's answer, to be sent over the destination of its name; it comes back through
 * command->answered: sent, or lost when that is not possible for a minute. Any thread. */
void forward_reply(struct forward *forward, struct command *command);

/* Has that destination end its connection and make a new one, with its credentials read anew.
 * False: there is none of that name. Main only. */
bool forward_reconnect(struct forward *forward, const char *destination);

/* Records to be sent once more, under the keys they have, behind live records and backlog; no
 * cursor moves. Ends with an event resend.done or resend.failed; is given up when the destinations
 * stop. */
struct forward_resend {
    enum stream stream;
    uint64_t first, last;
    char who[64];
};

/* 0, or negative errno with a sentence: -ENOENT no such destination, -EINVAL it does not receive
 * that stream, -EBUSY it has enough of them. Main only. */
int forward_resend(struct forward *forward, const char *destination,
                   const struct forward_resend *resend, char ret_why[200]);

/* Sends what is durable, publishes status "stopping", waits for the acknowledgements under way and
 * answers, all that at most grace_ms; cursors go to their board; joins. */
void forward_stop(struct forward *forward, uint32_t grace_ms);

/* After forward_stop, when no thread can call forward_wake or forward_reply any more (the store is
 * closed or has taken another job since). Accepts NULL. */
void forward_free(struct forward *forward);

/* Mono time of the last sign of life of destination i: for the watchdog of main. */
int64_t forward_last_alive_mono_ms(const struct forward *forward, uint16_t destination);

#endif

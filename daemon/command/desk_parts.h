/* The desk's own memory, for desk.c, front.c and clerks.c. A command passes between threads by
 * pointer: whoever holds it by its state may touch it, nobody else. */
#ifndef DAEMON_COMMAND_DESK_PARTS_H
#define DAEMON_COMMAND_DESK_PARTS_H

#include "base/buf.h"
#include "base/queue.h"
#include "base/thread.h"
#include "daemon/command/authority.h"
#include "daemon/command/desk.h"
#include "daemon/command/envelope.h"
#include "daemon/command/nonces.h"
#include "daemon/command/rates.h"
#include "daemon/command/repeats.h"
#include "daemon/command/request.h"

#define DESK_COMMANDS 16
#define DESK_CLERKS   3
#define DESK_LONG     2     /* long verbs at a time: one clerk is left for the others */
#define DESK_LARGE    2     /* payloads over 16 KiB at a time */
#define DESK_KEEP_MS  60000 /* an answer that cannot be sent is tried again */

enum post_state {
    POST_SUBMITTED, /* free, being filled, or on its way to the front */
    POST_RUNNING,   /* a clerk's */
    POST_DONE,      /* on its way from the clerk to the front, with its last answer */
    POST_LEAVING,   /* its last answer is with the destination */
    POST_LOST,      /* the front's again: to be sent once more */
};

struct post {
    struct command command;         /* first, so that one is the other */
    _Atomic(enum post_state) state; /* the front looks at all of them */
    struct envelope envelope;
    char who[64];
    enum role role;
    bool is_long;
    uint64_t repeat; /* its number there; 0: none */
    const char *result;
    char reason[200];
    int64_t answer_until_mono_ms; /* 0: no answer was tried */
};

struct clerk {
    struct desk *desk;
    struct thread thread;
    struct request request;
    struct queue *answered; /* struct command * */
    struct post *post;      /* being carried out */
    bool is_lost;           /* a part of its answer could not be sent */
    bool is_away;           /* it was left with the destination: the daemon ends */
};

struct desk {
    struct desk_outlet outlet;
    struct post posts[DESK_COMMANDS];
    struct queue *front; /* struct command *; NULL ends it */
    struct queue *work;  /* struct post *; NULL ends a clerk */
    struct thread thread;
    struct clerk clerks[DESK_CLERKS];
    atomic_bool stopping;
    _Atomic(struct roll *) next; /* main's, for the front to take */
    char challenge[25];          /* the part that stays as long as the daemon */
    atomic_uint renewals;        /* the part that goes up */

    /* the front's alone */
    struct roll *roll;
    struct rates rates;
    struct repeats repeats;
    struct nonces *nonces;
    struct buf text; /* what was signed */
    unsigned long_count, waiting;
    int64_t ticked_mono_ms;
};

/* ---- front.c ---- */
void *front_run(void *desk);

/* ---- clerks.c ---- */
int clerks_start(struct desk *desk);
void clerks_stop(struct desk *desk); /* stopping is set */
void clerks_free(struct desk *desk);

#endif

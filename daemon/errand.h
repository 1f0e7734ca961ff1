/* What a command asks of the main thread, which alone owns the lives of the parts: it goes there by
 * pointer and comes back through its own queue. It belongs to whoever made it. No functions. */
#ifndef DAEMON_ERRAND_H
#define DAEMON_ERRAND_H

#include "daemon/record.h"

#include <stdbool.h>
#include <stdint.h>

struct queue;

enum errand_kind {
    ERRAND_RELOAD,     /* as SIGHUP does */
    ERRAND_RESTART,    /* comes back, then the daemon ends and systemd starts it again */
    ERRAND_LOG_LEVEL,  /* number: enum log_level, until_mono_ms */
    ERRAND_APPLY,      /* number: the proposed version; comes back when proven or rolled back */
    ERRAND_ROLL_BACK,  /* number: the version to go back to, 0: the local file */
    ERRAND_RESEND,     /* subject: destination; stream, first, last */
    ERRAND_RECONNECT,  /* subject: destination, whose credentials changed */
    ERRAND_ROTATE_KEY, /* the key that signs records */
};

struct errand {
    enum errand_kind kind;
    char who[64];     /* who asked */
    char reason[160]; /* what for, in their words */
    char subject[64];
    uint64_t number;
    int64_t until_mono_ms;
    uint32_t within_s; /* APPLY: the time to be proven in */
    char allow[256];   /* APPLY: names that need not answer, separated by commas */
    char origin[64];   /* APPLY: the destination it came from; "" for the socket */
    enum stream stream;
    uint64_t first, last;
    struct queue *done; /* struct errand *: gets this errand's pointer */

    bool refused;
    char why[200];       /* refused or failed: what a person reads; else what came of it, or "" */
    uint64_t ret_number; /* what the kind says it is: records resent, the version in force */
};

#endif

/* One look whether somebody answers at a broker's address, in a thread of its own: a resolver may
 * take longer than a connection that works can wait. Only TCP: nothing is said there. */
#ifndef DAEMON_FORWARD_SCOUT_H
#define DAEMON_FORWARD_SCOUT_H

#include "base/thread.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct scout {
    const char *host;
    uint16_t port;
    bool is_out;
    atomic_int found; /* 0: not yet back, 1: somebody answers, -1: nobody */
    struct thread thread;
};

/* Goes and looks; host must outlive the look. Not while one is out. */
void scout_send(struct scout *scout, const char *host, uint16_t port);

/* True once for each look that came back. */
bool scout_returned(struct scout *scout, bool *ret_answers);

/* Waits for the one that is out; it takes as long as the resolver does. */
void scout_call_back(struct scout *scout);

#endif

/* The Unix socket of this machine: parkgatectl asks here. One JSON object a line both ways, one
 * request at a time (docs/control.md). What concerns a bus becomes an order (daemon/order.h) that
 * travels through the engine to the bus, so that nobody talks on a line behind the daemon's back.
 * Who may connect is settled by the socket's permissions (0660, the service's group); who asked is
 * taken from the kernel. A few threads of their own, one client each; a further one waits. */
#ifndef DAEMON_SUPERVISE_CONTROL_H
#define DAEMON_SUPERVISE_CONTROL_H

#include "base/queue.h"
#include "daemon/model.h"

struct control_outlet {
    const char *path;     /* of the socket */
    struct queue *inbox;  /* MESSAGE_ORDER goes here */
    struct board *pages;  /* enum page */
    size_t page_size;     /* of that board */
    atomic_bool *refresh; /* set: the health page is wanted anew */
};

struct control;

/* 0, or negative errno after the reason was logged. A socket file that nobody listens at is
 * replaced. */
int control_start(const struct control_outlet *outlet, struct control **ret_control);

/* Ends every connection, joins, removes the socket. The engine must still run: orders come back
 * first. Accepts NULL. */
void control_stop(struct control *control);

#endif

/* The Unix socket of this machine: parkgatectl asks here. One JSON object a line both ways, one
 * request at a time, carried out by the same table as commands from afar (docs/commands.md). Who
 * may connect is settled by the socket's permissions (0660, the service's group); who asked is
 * taken from the kernel: root and the service's own user are administrators, others engineers. A
 * few threads of their own, one client each; a further one waits. */
#ifndef DAEMON_COMMAND_CONTROL_H
#define DAEMON_COMMAND_CONTROL_H

#include "daemon/command/request.h"

struct control;

/* `path`: of the socket; it and the scope must live as long. 0, or negative errno after the reason
 * was logged. A socket file that nobody listens at is replaced. */
int control_start(const char *path, const struct request_scope *scope,
                  struct control **ret_control);

/* Ends every connection, joins, removes the socket. scope->stopping must be set and the engine must
 * still run: orders come back first. Accepts NULL. */
void control_stop(struct control *control);

#endif

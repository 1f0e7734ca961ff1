/* Connects a socket to a slave or a serial server, within a time, in the caller's thread; a name is
 * resolved here too. */
#ifndef PROTOCOLS_MODBUS_DIAL_H
#define PROTOCOLS_MODBUS_DIAL_H

#include <stdatomic.h>
#include <stdint.h>

#define DIAL_UNRESOLVED (-2)

struct dial {
    const char *host;
    uint16_t port;
    uint32_t timeout_ms;       /* for the connection, behind the name's resolution */
    const atomic_bool *cancel; /* when it becomes true, connecting ends soon; NULL: never */
};

/* NULL and a descriptor below 1024 in *ret_fd (libmodbus aborts the process above); else why there
 * is none, and *ret_fd is -1, or DIAL_UNRESOLVED for a name that does not resolve. */
const char *dial_connect(const struct dial *dial, int *ret_fd);

#endif

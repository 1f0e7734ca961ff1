/* Where masters find a bus of the pretend park: a pty under a symbolic link, or a TCP port on the
 * loopback address. */
#ifndef SIM_PORT_H
#define SIM_PORT_H

#include "config/field.h"

#include <stdbool.h>
#include <stddef.h>

struct port {
    int listener; /* TCP; -1: none */
    int pty;      /* our end; -1: none */
    int pty_far;  /* the masters' end, held open so that ours never hangs up; -1: none */
    char address[256];
    bool linked;
};

/* directory: a pty is linked as directory/BUS and a TCP port is chosen freely; NULL: path and port
 * as the site says, where the path must not be anything but a link. 0, or a negative errno and a
 * sentence in ret_why. */
int port_open(const struct bus *bus, const char *directory, struct port *ret_port, char *ret_why,
              size_t why_size);
void port_close(struct port *port);

/* Small packets at once. */
void port_tune(int fd);

#endif

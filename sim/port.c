/* See sim/port.h. */
#include "sim/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static int
open_pty(struct port *port)
{
    char name[64];
    struct termios settings;

    port->pty = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (port->pty < 0 || grantpt(port->pty) != 0 || unlockpt(port->pty) != 0 ||
        ptsname_r(port->pty, name, sizeof name) != 0)
        return -errno;
    port->pty_far = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (port->pty_far < 0 || tcgetattr(port->pty_far, &settings) != 0)
        return -errno;
    cfmakeraw(&settings);
    if (tcsetattr(port->pty_far, TCSANOW, &settings) != 0)
        return -errno;
    return 0;
}

/* Puts the link there; an old link gives way, anything else does not. */
static int
link_pty(struct port *port)
{
    char name[64];
    struct stat there;

    if (ptsname_r(port->pty, name, sizeof name) != 0)
        return -errno;
    if (lstat(port->address, &there) == 0) {
        if (!S_ISLNK(there.st_mode))
            return -EEXIST;
        if (unlink(port->address) != 0)
            return -errno;
    }
    if (symlink(name, port->address) != 0)
        return -errno;
    port->linked = true;
    return 0;
}

static int
open_serial(const struct bus *bus, const char *directory, struct port *port, char *ret_why,
            size_t why_size)
{
    int result = open_pty(port);

    if (directory != NULL)
        snprintf(port->address, sizeof port->address, "%s/%s", directory, bus->name);
    else
        snprintf(port->address, sizeof port->address, "%s", bus->path);
    if (result == 0)
        result = link_pty(port);
    if (result == -EEXIST)
        snprintf(ret_why, why_size,
                 "bus %s: %s is there already and is no link; --here DIR puts "
                 "the line somewhere else",
                 bus->name, port->address);
    else if (result < 0)
        snprintf(ret_why, why_size, "bus %s: no pty at %s: %s", bus->name, port->address,
                 strerror(-result));
    return result;
}

static int
listen_on(uint16_t number, struct port *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(number)};
    socklen_t length = sizeof address;
    int one = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    port->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (port->listener < 0)
        return -errno;
    setsockopt(port->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(port->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(port->listener, 16) != 0 ||
        getsockname(port->listener, (struct sockaddr *)&address, &length) != 0)
        return -errno;
    snprintf(port->address, sizeof port->address, "127.0.0.1:%u", ntohs(address.sin_port));
    return 0;
}

int
port_open(const struct bus *bus, const char *directory, struct port *ret_port, char *ret_why,
          size_t why_size)
{
    struct port port = {.listener = -1, .pty = -1, .pty_far = -1};
    int result;

    if (bus->kind == BUS_RTU) {
        result = open_serial(bus, directory, &port, ret_why, why_size);
    } else {
        result = listen_on(directory != NULL ? 0 : bus->port, &port);
        if (result < 0)
            snprintf(ret_why, why_size,
                     "bus %s: cannot listen on 127.0.0.1:%u: %s; --here DIR "
                     "chooses a free port",
                     bus->name, bus->port, strerror(-result));
    }
    if (result < 0) {
        port_close(&port);
        return result;
    }
    *ret_port = port;
    return 0;
}

void
port_close(struct port *port)
{
    if (port->linked)
        unlink(port->address);
    if (port->listener >= 0)
        close(port->listener);
    if (port->pty >= 0)
        close(port->pty);
    if (port->pty_far >= 0)
        close(port->pty_far);
    *port = (struct port){.listener = -1, .pty = -1, .pty_far = -1};
}

void
port_tune(int fd)
{
    int one = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

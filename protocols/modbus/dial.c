#include "protocols/modbus/dial.h"

#include "base/clock.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define NS_PER_MS 1000000LL
#define CANCEL_MS 100 /* how soon a cancelled connect ends */

static bool
is_cancelled(const struct dial *dial)
{
    return dial->cancel != NULL && atomic_load(dial->cancel);
}

static int
wait_connected(const struct dial *dial, int fd, int64_t deadline_ns)
{
    struct pollfd waiting = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t length = sizeof error;

    for (;;) {
        int64_t left_ms = (deadline_ns - clock_mono_ns()) / NS_PER_MS;
        if (left_ms <= 0 || is_cancelled(dial))
            return ETIMEDOUT;
        int got = poll(&waiting, 1, left_ms < CANCEL_MS ? (int)left_ms : CANCEL_MS);
        if (got > 0)
            break;
        if (got < 0 && errno != EINTR)
            return errno;
    }
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

/* A connected descriptor below FD_SETSIZE, or -errno. */
static int
connect_to(const struct dial *dial, const struct addrinfo *address, int64_t deadline_ns)
{
    int one = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    int error = 0;
    if (fd >= FD_SETSIZE)
        error = EMFILE; /* libmodbus would abort the process in FD_SET */
    else if (connect(fd, address->ai_addr, address->ai_addrlen) != 0)
        error = errno == EINPROGRESS ? wait_connected(dial, fd, deadline_ns) : errno;
    if (error != 0) {
        close(fd);
        return -error;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    return fd;
}

const char *
dial_connect(const struct dial *dial, int *ret_fd)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    char port[8];
    int fd = -EHOSTUNREACH;

    snprintf(port, sizeof port, "%u", dial->port);
    *ret_fd = DIAL_UNRESOLVED;
    int unresolved = getaddrinfo(dial->host, port, &hints, &addresses);
    if (unresolved != 0)
        return gai_strerror(unresolved);
    int64_t deadline_ns = clock_mono_ns() + dial->timeout_ms * NS_PER_MS;
    for (struct addrinfo *at = addresses; at != NULL && fd < 0; at = at->ai_next)
        fd = connect_to(dial, at, deadline_ns);
    freeaddrinfo(addresses);
    *ret_fd = fd < 0 ? -1 : fd;
    if (fd == -EMFILE)
        return "more than 1023 files are open: too many TCP buses";
    return fd < 0 ? strerror(-fd) : NULL;
}

/* The trial connection is closed at once. It tells an engineer whether the network or TLS is to
 * blame, which paho's one error for both does not. */
#include "protocols/mqtt/reach.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
reach_resolve(const char *host, uint16_t port, struct reach_address *ret_addresses,
              char ret_error[200])
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *found;
    char service[8];
    int count = 0;
    snprintf(service, sizeof service, "%u", port);
    int rc = getaddrinfo(host, service, &hints, &found);
    if (rc != 0) {
        snprintf(ret_error, 200, "the name %.80s does not resolve: %s", host, gai_strerror(rc));
        return -EHOSTUNREACH;
    }
    for (struct addrinfo *i = found; i && count < REACH_ADDRESSES; i = i->ai_next) {
        struct reach_address *address = &ret_addresses[count];
        if (getnameinfo(i->ai_addr, i->ai_addrlen, address->text, sizeof address->text, NULL, 0,
                        NI_NUMERICHOST) != 0)
            continue;
        memcpy(&address->socket, i->ai_addr, i->ai_addrlen);
        address->length = i->ai_addrlen;
        count++;
    }
    freeaddrinfo(found);
    return count;
}

/* 0 or negative errno. */
static int
wait_connected(int handle, int timeout_ms)
{
    struct pollfd ready = {.fd = handle, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof error;
    int rc = poll(&ready, 1, timeout_ms);
    if (rc == 0)
        return -ETIMEDOUT;
    if (rc < 0 || getsockopt(handle, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return -errno;
    return -error;
}

static int
try_one(const struct reach_address *address, int timeout_ms)
{
    int handle = socket(address->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (handle < 0)
        return -errno;
    int rc = 0;
    if (connect(handle, (const struct sockaddr *)&address->socket, address->length) < 0)
        rc = errno == EINPROGRESS ? wait_connected(handle, timeout_ms) : -errno;
    close(handle);
    return rc;
}

int
reach_try(const struct reach_address *addresses, int count, int timeout_ms, char ret_error[200])
{
    int rc = -EHOSTUNREACH;
    for (int i = 0; i < count; i++) {
        rc = try_one(&addresses[i], timeout_ms / count);
        if (rc == 0)
            return 0;
    }
    snprintf(ret_error, 200, "nobody answers there: %s", strerror(-rc));
    return rc;
}

/* From a host name to addresses that answer, in the caller's own thread: what paho would do under a
 * lock that all clients of a process share. */
#ifndef PROTOCOLS_MQTT_REACH_H
#define PROTOCOLS_MQTT_REACH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define REACH_ADDRESSES 4

struct reach_address {
    struct sockaddr_storage socket;
    socklen_t length;
    char text[48]; /* numeric, without port */
};

/* At most REACH_ADDRESSES; how many, or -EHOSTUNREACH with a sentence. */
int reach_resolve(const char *host, uint16_t port, struct reach_address *ret_addresses,
                  char ret_error[200]);

/* 0 when one of them takes a TCP connection within timeout_ms, or negative errno with a sentence.
 */
int reach_try(const struct reach_address *addresses, int count, int timeout_ms,
              char ret_error[200]);

#endif

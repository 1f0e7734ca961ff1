/* A Modbus TCP slave for benchmarks: many devices in one process, each on a port of its own.
 *
 * Every pair of registers (even address: high word) reads as the float32 1000 + seconds since
 * --epoch (CLOCK_MONOTONIC, nanoseconds), taken when the answer is built. A receiver that knows the
 * epoch can tell the age of any value without help from what lies between. A float32 resolves
 * 0.12 ms below 2048, which is the first 17 minutes.
 *
 * The pair at MBSIM_EVENT is 0, and each fourth time it is read it is the time as above: it changes
 * in the moment it is read, so that what a limit on it makes of that carries the moment with it.
 *
 * Prints {"ports": [...]} when it listens. Answers at once, never misbehaves; parksim does that. */
#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MBSIM_EVENT   60000
#define MBSIM_DEVICES 256
#define MBSIM_PEERS   512
#define HEADER        7
#define FRAME_MAX     260
#define READ_MAX      125

struct peer {
    size_t length;
    uint8_t bytes[2 * FRAME_MAX];
};

/* Listeners come first, peers behind them. */
struct mbsim {
    int64_t epoch_ns;
    unsigned devices, event_reads;
    nfds_t count;
    struct pollfd watched[MBSIM_DEVICES + MBSIM_PEERS];
    struct peer peers[MBSIM_PEERS];
};

static volatile sig_atomic_t stopping;

static void
on_stop(int number)
{
    (void)number;
    stopping = 1;
}

/* ---- registers ---- */

static unsigned
get_word(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static void
put_word(uint8_t *bytes, unsigned word)
{
    bytes[0] = (uint8_t)(word >> 8);
    bytes[1] = (uint8_t)word;
}

static uint32_t
take_value(struct mbsim *mbsim, unsigned address)
{
    float value = (float)(1000.0 + (double)(clock_mono_ns() - mbsim->epoch_ns) / 1e9);
    uint32_t bits;

    if (address == MBSIM_EVENT && ++mbsim->event_reads % 4 != 0)
        value = 0;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Function, address and count in, function, bytes and words (or an exception) out; its length. */
static size_t
answer(struct mbsim *mbsim, const uint8_t *request, size_t length, uint8_t *ret_answer)
{
    unsigned function = request[0];
    unsigned address = length == 5 ? get_word(request + 1) : 0;
    unsigned count = length == 5 ? get_word(request + 3) : 0;

    if ((function != 3 && function != 4) || count == 0 || count > READ_MAX) {
        ret_answer[0] = (uint8_t)(function | 0x80);
        ret_answer[1] = function == 3 || function == 4 ? 3 : 1;
        return 2;
    }
    uint32_t value = take_value(mbsim, address);
    ret_answer[0] = (uint8_t)function;
    ret_answer[1] = (uint8_t)(2 * count);
    for (unsigned i = 0; i < count; i++)
        put_word(ret_answer + 2 + 2 * i, (address + i) % 2 == 0 ? value >> 16 : value & 0xFFFF);
    return 2 + 2 * (size_t)count;
}

/* ---- peers ---- */

static bool
send_answer(struct mbsim *mbsim, int socket, const uint8_t *frame, size_t length)
{
    uint8_t reply[HEADER + 2 + 2 * READ_MAX];

    size_t size = answer(mbsim, frame + HEADER, length - HEADER, reply + HEADER);
    memcpy(reply, frame, HEADER);
    put_word(reply + 4, (unsigned)size + 1);
    return send(socket, reply, HEADER + size, MSG_NOSIGNAL) == (ssize_t)(HEADER + size);
}

/* False when the connection is over. */
static bool
serve(struct mbsim *mbsim, struct peer *peer, int socket)
{
    ssize_t got = recv(socket, peer->bytes + peer->length, sizeof peer->bytes - peer->length, 0);

    if (got <= 0)
        return false;
    peer->length += (size_t)got;
    while (peer->length > HEADER) {
        size_t frame = 6 + get_word(peer->bytes + 4);
        if (frame <= HEADER || frame > FRAME_MAX)
            return false;
        if (peer->length < frame)
            break;
        if (!send_answer(mbsim, socket, peer->bytes, frame))
            return false;
        peer->length -= frame;
        memmove(peer->bytes, peer->bytes + frame, peer->length);
    }
    return true;
}

static void
take_peer(struct mbsim *mbsim, int listener)
{
    int on = 1;
    int socket = accept(listener, NULL, NULL);

    if (socket < 0)
        return;
    if (mbsim->count == mbsim->devices + MBSIM_PEERS) {
        close(socket);
        return;
    }
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    mbsim->peers[mbsim->count - mbsim->devices].length = 0;
    mbsim->watched[mbsim->count++] = (struct pollfd){.fd = socket, .events = POLLIN};
}

static void
drop_peer(struct mbsim *mbsim, nfds_t i)
{
    nfds_t last = --mbsim->count;

    close(mbsim->watched[i].fd);
    mbsim->watched[i] = mbsim->watched[last];
    mbsim->peers[i - mbsim->devices] = mbsim->peers[last - mbsim->devices];
}

static void
run(struct mbsim *mbsim)
{
    while (!stopping) {
        if (poll(mbsim->watched, mbsim->count, -1) < 0)
            continue;
        for (nfds_t i = mbsim->count; i-- > mbsim->devices;)
            if (mbsim->watched[i].revents != 0 &&
                !serve(mbsim, &mbsim->peers[i - mbsim->devices], mbsim->watched[i].fd))
                drop_peer(mbsim, i);
        for (nfds_t i = 0; i < mbsim->devices; i++)
            if (mbsim->watched[i].revents != 0)
                take_peer(mbsim, mbsim->watched[i].fd);
    }
}

/* ---- start ---- */

/* A listening socket on a port the kernel chooses, or -1. */
static int
open_listener(uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, 16) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        perror("mbsim: a port to listen on");
        return -1;
    }
    *ret_port = ntohs(address.sin_port);
    return listener;
}

static bool
open_listeners(struct mbsim *mbsim, unsigned devices)
{
    printf("{\"ports\": [");
    for (mbsim->devices = 0; mbsim->devices < devices; mbsim->devices++) {
        uint16_t port;
        int listener = open_listener(&port);
        if (listener < 0)
            return false;
        mbsim->watched[mbsim->count++] = (struct pollfd){.fd = listener, .events = POLLIN};
        printf("%s%u", mbsim->devices == 0 ? "" : ", ", port);
    }
    printf("]}\n");
    fflush(stdout);
    return true;
}

int
main(int argc, char **argv)
{
    static const struct option OPTIONS[] = {{"devices", required_argument, NULL, 'd'},
                                            {"epoch", required_argument, NULL, 'e'},
                                            {NULL, 0, NULL, 0}};
    static struct mbsim mbsim;
    struct sigaction stop = {.sa_handler = on_stop};
    unsigned long devices = 1;
    int option;

    mbsim.epoch_ns = clock_mono_ns();
    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        switch (option) {
        case 'd': devices = strtoul(optarg, NULL, 10); break;
        case 'e': mbsim.epoch_ns = strtoll(optarg, NULL, 10); break;
        default: return 2;
        }
    }
    if (devices == 0 || devices > MBSIM_DEVICES) {
        fprintf(stderr, "mbsim: --devices 1 to %d\n", MBSIM_DEVICES);
        return 2;
    }
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    if (!open_listeners(&mbsim, (unsigned)devices))
        return EXIT_FAILURE;
    run(&mbsim);
    return EXIT_SUCCESS;
}

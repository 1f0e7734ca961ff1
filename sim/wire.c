/* See sim/wire.h. Answers wait in a small table with the time of each of their bytes; wire_run
 * writes those bytes whose time has come. */
#include "sim/wire.h"

#include "base/clock.h"
#include "sim/chance.h"
#include "sim/port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWERS_MAX 32
#define NS_PER_MS   INT64_C(1000000)

struct peer {
    int fd;                              /* -1: free */
    uint32_t generation;                 /* answers to an earlier connection are not for this one */
    int64_t first_mono_ns, last_mono_ns; /* of what is in bytes */
    uint8_t bytes[2 * FRAME_MAX];
    size_t length;
};

struct answer {
    bool used;
    size_t peer;
    uint32_t generation;
    int64_t start_mono_ns; /* its first byte begins */
    int64_t byte_ns;       /* 0: all at once */
    uint8_t frame[FRAME_MAX + 1];
    size_t length, sent;
};

struct wire {
    struct wire_options options;
    struct port port;
    bool serial;          /* RTU frames, paced */
    int64_t char_ns;      /* of the serial line */
    int64_t silence_ns;   /* 3.5 characters, 1.75 ms above 19200 baud */
    int64_t free_mono_ns; /* when the last byte known so far will be over */
    uint64_t random;
    struct peer peers[WIRE_PEERS];
    struct answer answers[ANSWERS_MAX];
    struct wire_counters counters;
};

static void
pace(struct wire *wire)
{
    const struct bus *bus = wire->options.bus;
    int64_t bits = 1 + bus->data_bits + (bus->parity != 'N') + bus->stop_bits;

    wire->serial = bus->kind != BUS_TCP;
    if (!wire->serial)
        return;
    wire->char_ns = bits * 1000000000 / (bus->baud > 0 ? bus->baud : 9600);
    wire->silence_ns = bus->baud > 19200 ? 1750000 : wire->char_ns * 7 / 2;
}

int
wire_open(const struct wire_options *options, struct wire **ret_wire, char *ret_why,
          size_t why_size)
{
    struct wire *wire = calloc(1, sizeof *wire);
    int result;

    if (wire == NULL) {
        snprintf(ret_why, why_size, "no memory");
        return -ENOMEM;
    }
    wire->options = *options;
    wire->random = options->seed;
    for (size_t i = 0; i < WIRE_PEERS; i++)
        wire->peers[i].fd = -1;
    pace(wire);
    result = port_open(options->bus, options->directory, &wire->port, ret_why, why_size);
    if (result < 0) {
        free(wire);
        return result;
    }
    wire->peers[0].fd = wire->port.pty; /* -1 unless it is one */
    *ret_wire = wire;
    return 0;
}

void
wire_close(struct wire *wire)
{
    if (wire == NULL)
        return;
    for (size_t i = 0; i < WIRE_PEERS; i++)
        if (wire->peers[i].fd >= 0 && wire->peers[i].fd != wire->port.pty)
            close(wire->peers[i].fd);
    port_close(&wire->port);
    free(wire);
}

const char *
wire_address(const struct wire *wire)
{
    return wire->port.address;
}

const struct bus *
wire_bus(const struct wire *wire)
{
    return wire->options.bus;
}

const struct wire_counters *
wire_counters(const struct wire *wire)
{
    return &wire->counters;
}

void
wire_wants(const struct wire *wire, struct pollfd fds[WIRE_FDS])
{
    for (size_t i = 0; i < WIRE_PEERS; i++)
        fds[i] = (struct pollfd){.fd = wire->peers[i].fd, .events = POLLIN};
    fds[WIRE_PEERS] = (struct pollfd){.fd = wire->port.listener, .events = POLLIN};
}

static int64_t
answer_due_mono_ns(const struct answer *answer)
{
    return answer->start_mono_ns + (int64_t)(answer->sent + 1) * answer->byte_ns;
}

int64_t
wire_due_mono_ns(const struct wire *wire)
{
    int64_t due = INT64_MAX;

    for (size_t i = 0; i < ANSWERS_MAX; i++) {
        const struct answer *answer = &wire->answers[i];

        if (answer->used && answer_due_mono_ns(answer) < due)
            due = answer_due_mono_ns(answer);
    }
    for (size_t i = 0; wire->serial && i < WIRE_PEERS; i++) {
        const struct peer *peer = &wire->peers[i];

        if (peer->length > 0 && peer->last_mono_ns + wire->silence_ns < due)
            due = peer->last_mono_ns + wire->silence_ns;
    }
    return due;
}

static void
hang_up(struct wire *wire, struct peer *peer)
{
    peer->length = 0;
    if (peer->fd == wire->port.pty)
        return;
    close(peer->fd);
    peer->fd = -1;
    peer->generation++;
}

static void
accept_peer(struct wire *wire)
{
    int fd = accept4(wire->port.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return;
    for (size_t i = 0; i < WIRE_PEERS; i++) {
        if (wire->peers[i].fd >= 0)
            continue;
        port_tune(fd);
        wire->peers[i].fd = fd;
        wire->peers[i].length = 0;
        wire->counters.connections++;
        return;
    }
    close(fd);
}

/* Noise on a serial line turns a bit over; on TCP, which has checksums, a sick serial server
 * answers under a transaction id of its own. */
static void
disturb(struct wire *wire, struct answer *answer)
{
    size_t at = wire->serial ? chance_bits(&wire->random) % answer->length : 0;

    answer->frame[at] ^= (uint8_t)(1U << chance_bits(&wire->random) % 8);
}

static struct answer *
take_answer(struct wire *wire)
{
    for (size_t i = 0; i < ANSWERS_MAX; i++)
        if (!wire->answers[i].used)
            return &wire->answers[i];
    return NULL;
}

/* When the answer begins on the line and how long a byte takes. */
static void
place(struct wire *wire, struct answer *answer, const struct slave_answer *from,
      int64_t end_mono_ns)
{
    int64_t start = end_mono_ns + from->late_ms * NS_PER_MS;

    answer->byte_ns = from->drip_ms > 0 ? from->drip_ms * NS_PER_MS : wire->char_ns;
    if (wire->serial) {
        start += wire->silence_ns + wire->options.turnaround_ms * NS_PER_MS;
        if (start < wire->free_mono_ns + wire->silence_ns)
            start = wire->free_mono_ns + wire->silence_ns;
        wire->free_mono_ns = start + (int64_t)answer->length * answer->byte_ns;
    }
    answer->start_mono_ns = start;
}

static void
serve(struct wire *wire, size_t index, size_t length, int64_t end_mono_ns)
{
    const struct peer *peer = &wire->peers[index];
    const uint8_t *request = peer->bytes;
    struct slave_answer from;
    struct answer *answer;
    bool answered;

    wire->counters.frames++;
    if (wire->serial)
        answered = slaves_answer(wire->options.slaves, wire->options.bus, request[0], request + 1,
                                 length - 3, &from);
    else
        answered = slaves_answer(wire->options.slaves, wire->options.bus, request[6], request + 7,
                                 length - 7, &from);
    if (!answered)
        return;
    answer = take_answer(wire);
    if (answer == NULL) {
        wire->counters.dropped++;
        return;
    }
    *answer = (struct answer){.used = true, .peer = index, .generation = peer->generation};
    if (wire->serial)
        answer->length = frame_wrap_rtu(from.unit, from.pdu, from.length, answer->frame);
    else
        answer->length = frame_wrap_tcp(request, from.unit, from.pdu, from.length, answer->frame);
    if (from.noise)
        disturb(wire, answer);
    place(wire, answer, &from, end_mono_ns);
}

/* A serial request that began at first_mono_ns: the line's rules, and when its last byte is over.
 */
static int64_t
time_request(struct wire *wire, const struct peer *peer, size_t length)
{
    int64_t begin = peer->first_mono_ns;

    if (!wire->serial)
        return peer->last_mono_ns;
    if (wire->options.bus->kind == BUS_RTU) {
        if (begin < wire->free_mono_ns)
            wire->counters.collisions++;
        else if (begin < wire->free_mono_ns + wire->silence_ns)
            wire->counters.broken_silences++;
    } else if (begin < wire->free_mono_ns + wire->silence_ns) {
        begin = wire->free_mono_ns + wire->silence_ns; /* the serial server waits by itself */
    }
    return begin + (int64_t)length * wire->char_ns;
}

static void
take_requests(struct wire *wire, size_t index)
{
    struct peer *peer = &wire->peers[index];

    while (peer->length > 0) {
        ssize_t length = wire->serial ? frame_request_rtu(peer->bytes, peer->length)
                                      : frame_request_tcp(peer->bytes, peer->length);
        if (length == 0)
            return;
        if (length < 0) {
            wire->counters.bad_frames++;
            hang_up(wire, peer); /* a pty stays: only what it said is forgotten */
            return;
        }
        serve(wire, index, (size_t)length, time_request(wire, peer, (size_t)length));
        peer->length -= (size_t)length;
        memmove(peer->bytes, peer->bytes + length, peer->length);
        peer->first_mono_ns = peer->last_mono_ns;
    }
}

static void
hear(struct wire *wire, size_t index)
{
    struct peer *peer = &wire->peers[index];
    ssize_t got = read(peer->fd, peer->bytes + peer->length, sizeof peer->bytes - peer->length);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        hang_up(wire, peer);
        return;
    }
    peer->last_mono_ns = clock_mono_ns();
    if (peer->length == 0)
        peer->first_mono_ns = peer->last_mono_ns;
    peer->length += (size_t)got;
    take_requests(wire, index);
}

/* Half a request followed by silence is none. */
static void
forget_fragments(struct wire *wire, int64_t now_mono_ns)
{
    for (size_t i = 0; i < WIRE_PEERS; i++) {
        struct peer *peer = &wire->peers[i];

        if (peer->length == 0 || now_mono_ns < peer->last_mono_ns + wire->silence_ns)
            continue;
        peer->length = 0;
        wire->counters.bad_frames++;
    }
}

static void
say(struct wire *wire, struct answer *answer, int64_t now_mono_ns)
{
    struct peer *peer = &wire->peers[answer->peer];
    size_t due = answer->length;
    ssize_t put;

    if (answer_due_mono_ns(answer) > now_mono_ns)
        return;
    if (peer->fd < 0 || peer->generation != answer->generation) {
        answer->used = false;
        return;
    }
    if (answer->byte_ns > 0)
        due = (size_t)((now_mono_ns - answer->start_mono_ns) / answer->byte_ns);
    if (due > answer->length)
        due = answer->length;
    put = write(peer->fd, answer->frame + answer->sent, due - answer->sent);
    if (put < 0 && errno != EAGAIN && errno != EINTR)
        hang_up(wire, peer);
    answer->sent = due; /* what a full pty or socket did not take is lost, as on a line */
    answer->used = answer->sent < answer->length;
}

void
wire_run(struct wire *wire, const struct pollfd fds[WIRE_FDS])
{
    int64_t now_mono_ns;

    for (size_t i = 0; i < WIRE_PEERS; i++)
        if (fds[i].fd >= 0 && fds[i].fd == wire->peers[i].fd && fds[i].revents != 0)
            hear(wire, i);
    if (fds[WIRE_PEERS].fd >= 0 && fds[WIRE_PEERS].revents != 0)
        accept_peer(wire);
    now_mono_ns = clock_mono_ns();
    if (wire->serial)
        forget_fragments(wire, now_mono_ns);
    for (size_t i = 0; i < ANSWERS_MAX; i++)
        if (wire->answers[i].used)
            say(wire, &wire->answers[i], now_mono_ns);
}

/* One bus of the site seen from the slaves' end: a pty that behaves like an RS-485 line, a TCP
 * port, or a serial server's TCP port with such a line behind it. A serial line is paced: the
 * request takes its time, 3.5 characters of silence follow, the slave thinks, the answer comes byte
 * by byte. Listens on the loopback address only. Belongs to the one event loop; nothing here waits.
 */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include "sim/slave.h"

#include <poll.h>

#define WIRE_PEERS 16
#define WIRE_FDS   (WIRE_PEERS + 1)

struct wire_options {
    const struct bus *bus;
    struct slaves *slaves;
    int64_t turnaround_ms;
    const char *directory; /* ptys are linked here and ports are chosen; NULL: as the site says */
    uint64_t seed;
};

struct wire_counters {
    uint64_t connections, frames;
    uint64_t bad_frames;      /* no request, or a wrong CRC */
    uint64_t broken_silences; /* the master spoke within 3.5 characters of the last answer */
    uint64_t collisions;      /* the master spoke while an answer was on the line */
    uint64_t dropped;         /* too many answers were waiting */
};

struct wire;

/* 0, or a negative errno and a sentence in ret_why. */
int wire_open(const struct wire_options *options, struct wire **ret_wire, char *ret_why,
              size_t why_size);
void wire_close(struct wire *wire);

/* "127.0.0.1:1502" or the path of the pty. */
const char *wire_address(const struct wire *wire);
const struct bus *wire_bus(const struct wire *wire);
const struct wire_counters *wire_counters(const struct wire *wire);

/* What to wait for: fills WIRE_FDS entries (fd -1: unused). */
void wire_wants(const struct wire *wire, struct pollfd fds[WIRE_FDS]);

/* When a byte is due; INT64_MAX: nothing waits. */
int64_t wire_due_mono_ns(const struct wire *wire);

/* Reads what came and writes what is due. */
void wire_run(struct wire *wire, const struct pollfd fds[WIRE_FDS]);

#endif

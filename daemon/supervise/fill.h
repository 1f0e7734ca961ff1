/* How long until the store is full, at the rate of the last day: from then on every hour that a
 * destination is away costs records that it has not had. In memory; begins anew at each start. */
#ifndef DAEMON_SUPERVISE_FILL_H
#define DAEMON_SUPERVISE_FILL_H

#include <stdint.h>

#define FILL_HOURS 24

struct fill {
    int64_t mono_ms[FILL_HOURS]; /* a ring: what the file was once an hour */
    int64_t bytes[FILL_HOURS];
    unsigned count, next;
    int64_t now_mono_ms, now_bytes;
};

void fill_note(struct fill *fill, int64_t mono_ms, int64_t bytes);

/* Seconds; -1: not known yet (ten minutes of history are needed) or not growing. `room`: bytes. */
int64_t fill_left_s(const struct fill *fill, int64_t room);

#endif

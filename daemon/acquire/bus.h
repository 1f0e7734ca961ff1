/* A thread that reads the devices of one bus, one request at a time. */
#ifndef DAEMON_ACQUIRE_BUS_H
#define DAEMON_ACQUIRE_BUS_H

#include "base/thread.h"
#include "daemon/acquire/station.h"
#include "protocols/modbus/line.h"

struct bus_reader {
    const struct bus *bus;
    const struct acquire_outlet *outlet;
    struct line *line;
    struct station *stations;
    uint16_t station_count;
    int64_t connect_after_ns; /* a line that refused is left alone until then */
    uint32_t connect_wait_ms;
    enum line_result refused; /* how the last attempt to connect ended */
    uint16_t words[2000];     /* of one answer */
    char place[128];          /* "192.168.10.20:502", for sentences */
    struct queue *wake;       /* woken to end */
    atomic_bool stopping;
    atomic_llong alive_mono_ms;
    struct thread thread;
};

/* 0 or negative errno. */
int bus_init(struct bus_reader *reader, const struct site *site, const struct bus *bus,
             const struct acquire_outlet *outlet);
void bus_done(struct bus_reader *reader);

int bus_start(struct bus_reader *reader);
void bus_ask_to_stop(struct bus_reader *reader);
void bus_join(struct bus_reader *reader);

#endif

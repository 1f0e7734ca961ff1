/* A thread that reads the devices of one bus, one request at a time, and between its own requests
 * does what is ordered from outside (daemon/order.h). */
#ifndef DAEMON_ACQUIRE_BUS_H
#define DAEMON_ACQUIRE_BUS_H

#include "base/thread.h"
#include "daemon/acquire/station.h"
#include "protocols/modbus/line.h"

#define BUS_ORDERS   16
#define BUS_WATCHERS 4

struct bus_reader {
    const struct bus *bus;
    const struct acquire_outlet *outlet;
    struct line *line;
    struct station *stations;
    uint16_t station_count;
    bool follows;             /* events may change the interval of one of them */
    int64_t connect_after_ns; /* a line that refused is left alone until then */
    uint32_t connect_wait_ms;
    uint32_t connects;
    enum line_result refused; /* how the last attempt to connect ended */
    uint16_t words[2000];     /* of one answer */
    char place[128];          /* "192.168.10.20:502", for sentences */
    struct queue *orders;     /* struct order *; also woken to end */
    struct order *watchers[BUS_WATCHERS];
    struct order *scans[BUS_ORDERS]; /* set aside until no scan is under way */
    uint16_t scan_count;
    atomic_bool stopping;
    atomic_bool closed; /* the thread has ended: nobody takes orders any more */
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

/* ---- for the bus thread's own files: scan.c, order.c ---- */

/* Connects when it is time to; one log line when a bus goes down or comes up. */
enum line_result bus_connect(struct bus_reader *reader);

/* What an engineer reads at night: what happened, where. */
void bus_explain(const struct bus_reader *reader, uint8_t unit, enum line_result result,
                 uint8_t exception, char *ret_reason, size_t size);

/* Reads what is due of a device and hands it on. For an order (or NULL): reads all of it, outside
 * the grid, and puts the values into the order. NULL, or what went wrong. */
const char *bus_read_station(struct bus_reader *reader, struct station *station,
                             struct order *order);

/* One request of a device, counted and measured. */
enum line_result bus_ask(struct bus_reader *reader, struct station *station,
                         const struct line_request *request, uint16_t *ret_words,
                         uint8_t *ret_exception);

struct bus_write {
    const struct point *point;
    double value;
    bool only_if_different; /* not when it has that value already */
    const char *who;
    double before, after; /* as read; NaN: not readable */
};

/* Writes a point and reads it back; says so in an event. NULL, or what went wrong. */
const char *bus_write_point(struct bus_reader *reader, struct station *station,
                            struct bus_write *write);

/* Does one order when there is one. */
void bus_take_orders(struct bus_reader *reader);
void bus_do_order(struct bus_reader *reader, struct order *order);

/* One of the ordered scans, when there is one. Between two scans only. */
void bus_do_scan(struct bus_reader *reader);

/* The bus ends: gives back who watches or waits for a scan, and (any thread) what is still in the
 * queue. */
void bus_end_watches(struct bus_reader *reader);
void bus_return_orders(struct bus_reader *reader);

#endif

/* Many gateways at once on one broker: how the centre's side, the broker and the back-off bear
 * hundreds. Each gateway is a real parkgated of its own, in one process group, reading a boiler
 * that parksim plays. */
#ifndef SIM_FLEET_H
#define SIM_FLEET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define FLEET_MOST    1000
#define FLEET_A_LINE  12 /* gateways that share a line: it has WIRE_PEERS places */
#define FLEET_ADDRESS 256

struct fleet_options {
    unsigned count;
    const char *program;   /* parkgated */
    const char *broker;    /* HOST:PORT */
    const char *directory; /* of the site files, stores and logs: gNNNN/ */
};

struct fleet {
    struct fleet_options options;
    pid_t group;
    pid_t pids[FLEET_MOST]; /* 0: not running */
    unsigned running;
};

/* DIRECTORY/park.yaml: the lines and boilers that parksim is to play for them. 0 or negative errno
 * with a sentence on standard error; so are the others. */
int fleet_write_park(const struct fleet_options *options, char ret_file[FLEET_ADDRESS]);

/* Starts them all; `address` is where line i listens. */
int fleet_start(struct fleet *fleet, const struct fleet_options *options,
                const char *(*address)(void *context, unsigned line), void *context);

/* After SIGCHLD: true and the gateway's number (from 1) and status for each that ended. */
bool fleet_take_ended(struct fleet *fleet, unsigned *ret_number, int *ret_status);

/* SIGTERM to the group; SIGKILL to what is left after grace_ms. Waits for all. */
void fleet_stop(struct fleet *fleet, uint32_t grace_ms);

#endif

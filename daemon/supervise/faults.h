/* What last went wrong in each part of the daemon, for the health page. Every warning and error
 * that is logged is taken (base/log.h); which part it is about follows from the thread that wrote
 * it and from the words lines begin with ("destination NAME:"). Lines cross to main through a
 * bounded queue: when it is full, the newest are missed here, never in the log. */
#ifndef DAEMON_SUPERVISE_FAULTS_H
#define DAEMON_SUPERVISE_FAULTS_H

#include "base/log.h"
#include "base/queue.h"
#include "daemon/stamp.h"

#include <stdbool.h>
#include <stdint.h>

#define FAULT_TEXT         240
#define FAULT_DESTINATIONS 16

enum fault_part {
    FAULT_STORE,
    FAULT_BUSES,
    FAULT_DESTINATIONS_PART,
    FAULT_CONFIGURATION,
    FAULT_JUDGEMENT,
    FAULT_GATEWAY, /* all else */
    FAULT_PARTS
};

struct fault {
    char text[FAULT_TEXT]; /* "": none since the start */
    struct stamp at;
    uint64_t count; /* since the start */
};

struct faults {
    struct queue *queue; /* struct fault_line */
    struct fault parts[FAULT_PARTS];
    char names[FAULT_DESTINATIONS][64];
    struct fault destinations[FAULT_DESTINATIONS]; /* by names; the first that came stay */
};

/* Listens from now on. 0 or -ENOMEM. */
int faults_init(struct faults *faults);
void faults_done(struct faults *faults);

/* A line, as if `thread` had logged it now. For the witness and tests. */
void faults_post(struct faults *faults, const char *thread, const char *line, int64_t mono_ms);

/* Takes what came. True when anything did. Main only. */
bool faults_collect(struct faults *faults,
                    void (*stamp)(void *context, int64_t mono_ms, struct stamp *ret_stamp),
                    void *context);

/* NULL: nothing was wrong with it. */
const struct fault *faults_of_destination(const struct faults *faults, const char *name);

const char *fault_part_name(enum fault_part part);

#endif

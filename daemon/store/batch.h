/* What the engine's side of the store hands to its thread. */
#ifndef DAEMON_STORE_BATCH_H
#define DAEMON_STORE_BATCH_H

#include "base/buf.h"
#include "daemon/store/schema.h"

#include <stdatomic.h>

/* What is committed in one transaction; whoever has it from a queue owns it. */
struct batch {
    struct buf records; /* stream (1 byte), length (4 bytes), record; as appended */
    struct segment segments[STREAM_END];
    int64_t first_mono_ms; /* of its first record */
    uint64_t loss_records, loss_values;
    uint32_t boot; /* 0: none is placed */
    int64_t zero_utc_ms;
    uint32_t states; /* bit i: state_slots[i] goes with it */
};

struct state_slot {
    char name[16];
    struct buf body;
    uint64_t heads[STREAM_END];
    atomic_bool busy; /* on its way to the disk */
};

enum job_kind { JOB_BATCH, JOB_REGISTER, JOB_ROTATE, JOB_STOP };

struct job {
    enum job_kind kind;
    struct batch *batch;
    struct site *site;
    struct rotation *rotation;
};

#endif

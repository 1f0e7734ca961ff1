/* A disk that fails on demand: an SQLite VFS in front of the system's own. It counts the calls of
 * one kind to the files under one directory and fails the Nth. Every other file, and every other
 * call, goes through untouched. */
#ifndef TESTS_FAULT_FAILING_H
#define TESTS_FAULT_FAILING_H

#include <stdbool.h>
#include <stdint.h>

enum failing_call {
    FAILING_WRITE,
    FAILING_SYNC,
    FAILING_OPEN,
    FAILING_READ,
    FAILING_TRUNCATE,
    FAILING_CALLS
};

enum failing_error {
    FAILING_EIO,
    FAILING_ENOSPC,
    FAILING_SHORT, /* writes only: half of the bytes get there, then there is no space */
    FAILING_READONLY,
    FAILING_ERRORS
};

struct failing_plan {
    enum failing_call call;
    enum failing_error error;
    uint64_t nth; /* from 1 */
    bool goes_on; /* from the Nth on until failing_heal; else the Nth alone */
};

/* Since failing_arm. */
struct failing_seen {
    uint64_t calls;  /* of the plan's kind */
    uint64_t failed; /* of those */
    uint64_t log;    /* of the failed: a write to the WAL, or the sync of one, by another thread
                        than the one that armed: a commit that cannot have succeeded */
};

/* "write", "sync", ... and "write EIO, only 12" or "write EIO, from 12 on". */
const char *failing_name(enum failing_call call);
const char *failing_words(const struct failing_plan *plan); /* until the next call; one thread */

/* Becomes SQLite's default VFS. Once a process, before the first database is opened. False: SQLite
 * refuses. */
bool failing_install(void);

/* No file of the directory may be in use. `plan` is copied. */
void failing_arm(const char *directory, const struct failing_plan *plan);

/* Ends a failure that goes on. A single one whose turn has not come is still to come. */
void failing_heal(void);

/* Nothing fails any more. */
void failing_disarm(void);

struct failing_seen failing_seen(void);

/* After a run under the plan: the plan of the next one. N goes up by `stride` until a run in which
 * nothing failed, first a single failure, then one that goes on, then the same with the next error
 * that a kernel gives for the call. False: that was the last. */
bool failing_next(struct failing_plan *plan, uint64_t stride);

#endif

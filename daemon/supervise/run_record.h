/* Why the daemon started again: one small file, STATE/run, tells the next start how this run ended.
 *
 * Two sectors of 512 bytes, each written in place by one write, so that a power cut leaves the old
 * or the new text, and a torn one fails its checksum and is "unknown". The first is the record; it
 * says "running" until the daemon stops by itself. The second holds a word when SIGABRT came from
 * outside, which is systemd's watchdog: written by a signal handler, because a daemon whose main
 * thread hangs can do nothing else. Only the boot's id tells a power cut from a kill.
 *
 * Main only, but for the handler. */
#ifndef DAEMON_SUPERVISE_RUN_RECORD_H
#define DAEMON_SUPERVISE_RUN_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RUN_RECORD_SECTOR 512

/* How a run stands, or ended. */
enum run_end {
    RUN_RUNNING,
    RUN_STOPPED, /* by SIGTERM: systemd, or a person through it */
    RUN_COMMAND, /* the command `restart` */
    RUN_FAILED,  /* it could not start */
};

/* What a start makes of the end before it. */
enum run_cause {
    RUN_CAUSE_FIRST,
    RUN_CAUSE_STOP,
    RUN_CAUSE_COMMAND,
    RUN_CAUSE_FAILED,
    RUN_CAUSE_REBOOT, /* clean, but the machine started since */
    RUN_CAUSE_POWER,  /* no end recorded, another boot: power cut, reset, panic */
    RUN_CAUSE_CRASH,  /* no end recorded, same boot: a crash, kill -9, out of memory */
    RUN_CAUSE_WATCHDOG,
    RUN_CAUSE_UNKNOWN, /* the record cannot be read */
};

struct run_record {
    char boot_id[33];
    enum run_end end;
    bool hung;         /* main saw a part hang and let the watchdog starve */
    uint64_t starts;   /* this one included */
    uint64_t watchdog; /* resets by the watchdog */
    uint64_t crashes, power_cuts;
    int64_t written_bytes; /* to disks, by all runs together, as far as recorded */
    int64_t utc_ms;        /* when this was written; 0: the clock was not known */
};

/* ---- pure ---- */

/* Exactly RUN_RECORD_SECTOR bytes, ended by a line feed. */
void run_record_print(const struct run_record *record, char ret_sector[RUN_RECORD_SECTOR]);

/* False: torn, or of another version. */
bool run_record_parse(const char *sector, size_t length, struct run_record *ret_record);

/* `before`: NULL where the file could not be read. */
enum run_cause run_record_judge(const struct run_record *before, bool aborted, const char *boot_id);

/* The next run's record: counts go on. */
struct run_record run_record_follow(const struct run_record *before, enum run_cause cause,
                                    const char *boot_id);

const char *run_cause_name(enum run_cause cause); /* of the health page: "first-start", ... */

/* For people: "after a power cut or reset"; NULL: nothing was recorded. */
const char *run_cause_words(enum run_cause cause);

/* ---- the file ---- */

struct run_file {
    int fd; /* -1: not there; every call accepts that */
    struct run_record record;
    enum run_cause cause;
    int64_t written_before; /* bytes of the runs before this one */
    int64_t kept_mono_ms;
};

/* Reads how the last run ended and begins this one. 0 or negative errno: then the cause is unknown
 * and nothing will be recorded. */
int run_file_open(struct run_file *file, const char *directory, const char *boot_id,
                  int64_t utc_ms);

/* Once a minute at most, without waiting for the disk. `written_bytes`: of this run; -1 unknown. */
void run_file_keep(struct run_file *file, int64_t mono_ms, int64_t utc_ms, int64_t written_bytes);

/* A part hangs (or moves again); to the disk at once when that changes. */
void run_file_set_hung(struct run_file *file, bool hung);

void run_file_close(struct run_file *file, enum run_end end, int64_t utc_ms);

/* Has SIGABRT from another process recorded as the watchdog's, and then kill as ever. */
void run_file_watch_abort(const struct run_file *file);

#endif

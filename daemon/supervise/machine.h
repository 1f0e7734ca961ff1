/* How the machine under the daemon is: processor, memory, temperature, disk, and the pace of the
 * kernel's clock. Parsers are pure (text in, numbers out); machine_look alone opens files. What is
 * not there, hidden by the sandbox, or not to be believed is unknown (NAN, -1), never 0: a receiver
 * must be able to tell a cool card from one that does not say. */
#ifndef DAEMON_SUPERVISE_MACHINE_H
#define DAEMON_SUPERVISE_MACHINE_H

#include "daemon/supervise/wear.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct machine_ticks {
    uint64_t busy, all; /* of all processors, since the boot; clock ticks */
};

struct machine_memory {
    int64_t total_kib, available_kib;
};

/* ---- parsers; false: nothing was changed ---- */

/* The line "cpu" of /proc/stat. */
bool machine_parse_stat(const char *text, struct machine_ticks *ret_ticks);

/* The three means of /proc/loadavg. */
bool machine_parse_load(const char *text, double ret_load[3]);

/* MemTotal and MemAvailable of /proc/meminfo. */
bool machine_parse_memory(const char *text, struct machine_memory *ret_memory);

/* Pages resident, of /proc/self/statm. */
bool machine_parse_resident(const char *text, uint64_t *ret_pages);

/* The path of the unified hierarchy in /proc/self/cgroup ("0::/system.slice/..."). */
bool machine_parse_cgroup(const char *text, char *ret_path, size_t room);

/* memory.max: bytes, or -1 for "max". */
bool machine_parse_limit(const char *text, int64_t *ret_bytes);

/* A thermal zone's "temp" in thousandths of a degree Celsius; what lies outside -60 to 200 degrees
 * is a sensor that is not there. */
bool machine_parse_temperature(const char *text, double *ret_celsius);

/* ---- what was found ---- */

struct machine {
    double cpu_share;         /* of this process, in processors: 1 keeps one busy */
    double machine_cpu_share; /* of all processors, 0 to 1 */
    double window_s;          /* the time both are over */
    double load[3];           /* over 1, 5, 15 minutes */
    int64_t resident_kib, limit_kib, total_kib, available_kib;
    int64_t disk_free_bytes, disk_size_bytes;
    double temperature_c;
    char temperature_of[32]; /* the zone's type */
    struct wear wear;
    int64_t written_bytes; /* by this process, since its start, to disks */
};

#define MACHINE_WINDOW_MS 30000

/* Remembers what the shares are counted from. Zeroed before the first call. */
struct machine_watch {
    const char *root;      /* in front of /proc and /sys; NULL: "" */
    const char *directory; /* of the store; NULL: no disk is looked at */
    int64_t from_mono_ms, from_cpu_ms;
    struct machine_ticks from;
    double cpu_share, machine_cpu_share, window_s;
};

/* Shares are over the time since the last look that is at least MACHINE_WINDOW_MS back. */
void machine_look(struct machine_watch *watch, int64_t mono_ms, int64_t cpu_ms,
                  struct machine *ret_machine);

/* The content of a small file as a string; false when it cannot be read. Longer ones are cut. */
bool machine_read_file(const char *root, const char *path, char *ret_text, size_t room);

#endif

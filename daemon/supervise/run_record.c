#include "daemon/supervise/run_record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VERSION    1
#define NAME       "run"
#define KEEP_MS    60000
#define ABORT_WORD "aborted from outside\n"

static const char *const ENDS[] = {"running", "stopped", "command", "failed"};

#define END_COUNT (sizeof ENDS / sizeof *ENDS)

/* ---- pure ---- */

/* FNV-1a: tells a torn sector from a whole one, nothing more. */
static uint32_t
check_of(const char *text, size_t length)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)text[i]) * 16777619U;
    return hash;
}

void
run_record_print(const struct run_record *record, char ret_sector[RUN_RECORD_SECTOR])
{
    char text[RUN_RECORD_SECTOR];

    int length = snprintf(
        text, sizeof text - 32,
        "parkgate-run %d boot %s end %s hung %d starts %" PRIu64 " watchdog %" PRIu64
        " crashes %" PRIu64 " power %" PRIu64 " written %" PRId64 " utc %" PRId64,
        VERSION, record->boot_id, ENDS[record->end], record->hung, record->starts, record->watchdog,
        record->crashes, record->power_cuts, record->written_bytes, record->utc_ms);
    uint32_t check = check_of(text, (size_t)length);
    length += snprintf(text + length, sizeof text - (size_t)length, " check %08" PRIx32, check);
    memset(ret_sector, ' ', RUN_RECORD_SECTOR);
    memcpy(ret_sector, text, (size_t)length);
    ret_sector[RUN_RECORD_SECTOR - 1] = '\n';
}

static bool
find_end(const char *name, enum run_end *ret_end)
{
    for (size_t i = 0; i < END_COUNT; i++)
        if (strcmp(ENDS[i], name) == 0) {
            *ret_end = (enum run_end)i;
            return true;
        }
    return false;
}

bool
run_record_parse(const char *sector, size_t length, struct run_record *ret_record)
{
    char text[RUN_RECORD_SECTOR + 1];
    char end[16];
    struct run_record record = {0};
    unsigned version, hung;
    uint32_t check;

    if (length < RUN_RECORD_SECTOR)
        return false;
    memcpy(text, sector, RUN_RECORD_SECTOR);
    text[RUN_RECORD_SECTOR] = '\0';
    const char *behind = strstr(text, " check ");
    if (behind == NULL || sscanf(behind, " check %8" SCNx32, &check) != 1 ||
        check_of(text, (size_t)(behind - text)) != check)
        return false;
    if (sscanf(text,
               "parkgate-run %u boot %32s end %15s hung %u starts %" SCNu64 " watchdog %" SCNu64
               " crashes %" SCNu64 " power %" SCNu64 " written %" SCNd64 " utc %" SCNd64,
               &version, record.boot_id, end, &hung, &record.starts, &record.watchdog,
               &record.crashes, &record.power_cuts, &record.written_bytes, &record.utc_ms) != 10)
        return false;
    record.hung = hung != 0;
    if (version != VERSION || !find_end(end, &record.end))
        return false;
    *ret_record = record;
    return true;
}

enum run_cause
run_record_judge(const struct run_record *before, bool aborted, const char *boot_id)
{
    static const enum run_cause CLEAN[] = {
        [RUN_STOPPED] = RUN_CAUSE_STOP,
        [RUN_COMMAND] = RUN_CAUSE_COMMAND,
        [RUN_FAILED] = RUN_CAUSE_FAILED,
    };

    if (before == NULL)
        return RUN_CAUSE_UNKNOWN;
    bool other_boot = strcmp(before->boot_id, boot_id) != 0;
    if (before->end != RUN_RUNNING)
        return other_boot ? RUN_CAUSE_REBOOT : CLEAN[before->end];
    if (aborted || (before->hung && !other_boot))
        return RUN_CAUSE_WATCHDOG;
    return other_boot ? RUN_CAUSE_POWER : RUN_CAUSE_CRASH;
}

struct run_record
run_record_follow(const struct run_record *before, enum run_cause cause, const char *boot_id)
{
    struct run_record record = {0};

    if (before != NULL)
        record = *before;
    snprintf(record.boot_id, sizeof record.boot_id, "%s", boot_id);
    record.end = RUN_RUNNING;
    record.hung = false;
    record.starts++;
    record.watchdog += cause == RUN_CAUSE_WATCHDOG;
    record.crashes += cause == RUN_CAUSE_CRASH;
    record.power_cuts += cause == RUN_CAUSE_POWER;
    return record;
}

const char *
run_cause_name(enum run_cause cause)
{
    static const char *const NAMES[] = {"first-start", "stop",  "command",  "failed", "reboot",
                                        "power",       "crash", "watchdog", "unknown"};

    return NAMES[cause];
}

const char *
run_cause_words(enum run_cause cause)
{
    static const char *const WORDS[] = {
        [RUN_CAUSE_STOP] = "after a clean stop",
        [RUN_CAUSE_COMMAND] = "after the command restart",
        [RUN_CAUSE_FAILED] = "after a start that failed",
        [RUN_CAUSE_REBOOT] = "after a reboot of the machine",
        [RUN_CAUSE_POWER] = "after a power cut or reset",
        [RUN_CAUSE_CRASH] = "after a crash or kill",
        [RUN_CAUSE_WATCHDOG] = "after the watchdog ended it",
        [RUN_CAUSE_UNKNOWN] = NULL,
    };

    return WORDS[cause];
}

/* ---- the file ---- */

static int
write_record(const struct run_file *file, bool now)
{
    char sector[RUN_RECORD_SECTOR];

    if (file->fd < 0)
        return 0;
    run_record_print(&file->record, sector);
    if (pwrite(file->fd, sector, sizeof sector, 0) != (ssize_t)sizeof sector)
        return -EIO;
    return now && fdatasync(file->fd) != 0 ? -errno : 0;
}

static int
wipe_abort(const struct run_file *file)
{
    char sector[RUN_RECORD_SECTOR];

    memset(sector, ' ', sizeof sector);
    sector[RUN_RECORD_SECTOR - 1] = '\n';
    return pwrite(file->fd, sector, sizeof sector, RUN_RECORD_SECTOR) == (ssize_t)sizeof sector
               ? 0
               : -EIO;
}

static void
judge(struct run_file *file, const char *boot_id)
{
    char text[2 * RUN_RECORD_SECTOR];
    struct run_record before;

    ssize_t length = pread(file->fd, text, sizeof text, 0);
    bool readable = length > 0 && run_record_parse(text, (size_t)length, &before);
    bool aborted = length == (ssize_t)sizeof text &&
                   memcmp(text + RUN_RECORD_SECTOR, ABORT_WORD, sizeof ABORT_WORD - 1) == 0;
    file->cause = length == 0 ? RUN_CAUSE_FIRST
                              : run_record_judge(readable ? &before : NULL, aborted, boot_id);
    file->record = run_record_follow(readable ? &before : NULL, file->cause, boot_id);
    file->written_before = file->record.written_bytes;
}

int
run_file_open(struct run_file *file, const char *directory, const char *boot_id, int64_t utc_ms)
{
    char path[PATH_MAX];

    *file = (struct run_file){.fd = -1, .cause = RUN_CAUSE_UNKNOWN};
    file->record = run_record_follow(NULL, RUN_CAUSE_UNKNOWN, boot_id);
    if (snprintf(path, sizeof path, "%s/%s", directory, NAME) >= (int)sizeof path)
        return -ENAMETOOLONG;
    file->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file->fd < 0)
        return -errno;
    judge(file, boot_id);
    file->record.utc_ms = utc_ms;
    int error = wipe_abort(file);
    return error != 0 ? error : write_record(file, true);
}

void
run_file_keep(struct run_file *file, int64_t mono_ms, int64_t utc_ms, int64_t written_bytes)
{
    if (file->kept_mono_ms != 0 && mono_ms - file->kept_mono_ms < KEEP_MS)
        return;
    file->kept_mono_ms = mono_ms;
    file->record.utc_ms = utc_ms;
    if (written_bytes >= 0)
        file->record.written_bytes = file->written_before + written_bytes;
    write_record(file, false);
}

void
run_file_set_hung(struct run_file *file, bool hung)
{
    if (file->record.hung == hung)
        return;
    file->record.hung = hung;
    write_record(file, true);
}

/* ---- SIGABRT ---- */

static volatile sig_atomic_t abort_fd = -1;

/* The default action comes behind it: the signal is raised again as it leaves. abort() of our own
 * is raised by tgkill (SI_TKILL), by whoever else by kill (SI_USER). */
static void
note_abort(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (abort_fd >= 0 && info->si_code == SI_USER && info->si_pid != getpid()) {
        ssize_t written = pwrite(abort_fd, ABORT_WORD, sizeof ABORT_WORD - 1, RUN_RECORD_SECTOR);
        (void)written;
    }
    raise(number);
}

void
run_file_watch_abort(const struct run_file *file)
{
    struct sigaction action = {.sa_sigaction = note_abort,
                               .sa_flags = SA_SIGINFO | (int)SA_RESETHAND};

    if (file->fd < 0)
        return;
    abort_fd = file->fd;
    sigaction(SIGABRT, &action, NULL);
}

void
run_file_close(struct run_file *file, enum run_end end, int64_t utc_ms)
{
    if (file->fd < 0)
        return;
    file->record.end = end;
    file->record.hung = false;
    file->record.utc_ms = utc_ms;
    write_record(file, true);
    abort_fd = -1;
    close(file->fd);
    file->fd = -1;
}

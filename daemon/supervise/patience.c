/* The monotonic clock of one boot is comparable between processes, the wall clock may be unknown:
 * the file holds the boot and the monotonic time of the last restart. */
#include "daemon/supervise/patience.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "restarted-for-hang"
#define PAUSE_MS  3600000

static bool
is_recent(const char *path, const char *boot_id, int64_t mono_ms)
{
    char boot[40] = "";
    int64_t then = 0;
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    int found = fscanf(file, "%39s %" SCNd64, boot, &then);
    fclose(file);
    return found == 2 && strcmp(boot, boot_id) == 0 && then <= mono_ms && mono_ms - then < PAUSE_MS;
}

bool
patience_may_restart(const char *directory, const char *boot_id, int64_t mono_ms)
{
    char path[512], line[80];
    int length = snprintf(path, sizeof path, "%s/" FILE_NAME, directory);
    if (length < 0 || (size_t)length >= sizeof path || is_recent(path, boot_id, mono_ms))
        return false;
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (file < 0)
        return false;
    length = snprintf(line, sizeof line, "%.39s %" PRId64 "\n", boot_id, mono_ms);
    bool is_written = write(file, line, (size_t)length) == length && fsync(file) == 0;
    close(file);
    return is_written;
}

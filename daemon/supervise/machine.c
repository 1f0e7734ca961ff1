#include "daemon/supervise/machine.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define TEXT_MOST  8192 /* the first line of /proc/stat, all of /proc/meminfo */
#define PATH_MOST  512
#define ZONES_MOST 64

/* ---- parsers ---- */

bool
machine_parse_stat(const char *text, struct machine_ticks *ret_ticks)
{
    /* user nice system idle iowait irq softirq steal; guest times are in user and nice already
     * (proc(5)) */
    unsigned long long of[8] = {0};
    uint64_t all = 0;

    int taken = sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &of[0], &of[1], &of[2],
                       &of[3], &of[4], &of[5], &of[6], &of[7]);
    if (taken < 4)
        return false;
    for (int i = 0; i < 8; i++)
        all += of[i];
    ret_ticks->all = all;
    ret_ticks->busy = all - of[3] - of[4];
    return true;
}

bool
machine_parse_load(const char *text, double ret_load[3])
{
    double load[3];

    if (sscanf(text, "%lf %lf %lf", &load[0], &load[1], &load[2]) != 3)
        return false;
    for (int i = 0; i < 3; i++)
        if (!isfinite(load[i]) || load[i] < 0)
            return false;
    memcpy(ret_load, load, sizeof load);
    return true;
}

/* "MemTotal:        2039772 kB" at the start of a line */
static bool
find_kib(const char *text, const char *name, int64_t *ret_kib)
{
    size_t length = strlen(name);

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        long long kib = 0;
        line += *line == '\n';
        if (strncmp(line, name, length) != 0)
            continue;
        if (sscanf(line + length, ": %lld kB", &kib) != 1 || kib < 0)
            return false;
        *ret_kib = kib;
        return true;
    }
    return false;
}

bool
machine_parse_memory(const char *text, struct machine_memory *ret_memory)
{
    struct machine_memory memory;

    if (!find_kib(text, "MemTotal", &memory.total_kib) ||
        !find_kib(text, "MemAvailable", &memory.available_kib))
        return false;
    *ret_memory = memory;
    return true;
}

bool
machine_parse_resident(const char *text, uint64_t *ret_pages)
{
    unsigned long long size, resident;

    if (sscanf(text, "%llu %llu", &size, &resident) != 2)
        return false;
    *ret_pages = resident;
    return true;
}

bool
machine_parse_cgroup(const char *text, char *ret_path, size_t room)
{
    const char *line = strncmp(text, "0::/", 4) == 0 ? text : strstr(text, "\n0::/");

    if (line == NULL)
        return false;
    line += (*line == '\n') + 3;
    size_t length = strcspn(line, "\n");
    if (length >= room || memmem(line, length, "/..", 3) != NULL)
        return false;
    memcpy(ret_path, line, length);
    ret_path[length] = '\0';
    return true;
}

bool
machine_parse_limit(const char *text, int64_t *ret_bytes)
{
    char *end;

    if (strncmp(text, "max", 3) == 0 && (text[3] == '\n' || text[3] == '\0')) {
        *ret_bytes = -1;
        return true;
    }
    if (*text < '0' || *text > '9')
        return false;
    long long bytes = strtoll(text, &end, 10);
    if (*end != '\n' && *end != '\0')
        return false;
    *ret_bytes = bytes;
    return true;
}

bool
machine_parse_temperature(const char *text, double *ret_celsius)
{
    char *end;
    long thousandths = strtol(text, &end, 10);

    if (end == text || (*end != '\n' && *end != '\0') || thousandths < -60000 ||
        thousandths > 200000)
        return false;
    *ret_celsius = (double)thousandths / 1000;
    return true;
}

/* ---- files ---- */

bool
machine_read_file(const char *root, const char *path, char *ret_text, size_t room)
{
    char whole[PATH_MOST];

    int length = snprintf(whole, sizeof whole, "%s%s", root != NULL ? root : "", path);
    if (length < 0 || (size_t)length >= sizeof whole)
        return false;
    int fd = open(whole, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    ssize_t got = read(fd, ret_text, room - 1);
    close(fd);
    if (got <= 0)
        return false;
    ret_text[got] = '\0';
    return true;
}

/* The tightest limit of the daemon's cgroup and those above it. */
static int64_t
find_limit_kib(const char *root)
{
    char text[1024], path[PATH_MOST - 64], file[PATH_MOST];
    int64_t bytes, least = -1;

    if (!machine_read_file(root, "/proc/self/cgroup", text, sizeof text) ||
        !machine_parse_cgroup(text, path, sizeof path))
        return -1;
    for (;;) {
        snprintf(file, sizeof file, "/sys/fs/cgroup%s/memory.max", path);
        if (machine_read_file(root, file, text, sizeof text) && machine_parse_limit(text, &bytes) &&
            bytes >= 0 && (least < 0 || bytes < least))
            least = bytes;
        char *slash = strrchr(path, '/');
        if (slash == NULL)
            break;
        *slash = '\0';
    }
    return least < 0 ? -1 : least / 1024;
}

static void
look_at_memory(const char *root, struct machine *machine)
{
    char text[TEXT_MOST];
    struct machine_memory memory = {-1, -1};
    uint64_t pages;

    machine->resident_kib = -1;
    if (machine_read_file(root, "/proc/self/statm", text, sizeof text) &&
        machine_parse_resident(text, &pages))
        machine->resident_kib = (int64_t)pages * (sysconf(_SC_PAGESIZE) / 1024);
    if (machine_read_file(root, "/proc/meminfo", text, sizeof text))
        machine_parse_memory(text, &memory);
    machine->total_kib = memory.total_kib;
    machine->available_kib = memory.available_kib;
    machine->limit_kib = find_limit_kib(root);
}

static void
look_at_zone(const char *root, const char *zone, struct machine *machine)
{
    char path[PATH_MOST], text[64];
    double celsius;

    snprintf(path, sizeof path, "/sys/class/thermal/%.32s/temp", zone);
    if (!machine_read_file(root, path, text, sizeof text) ||
        !machine_parse_temperature(text, &celsius) ||
        (!isnan(machine->temperature_c) && celsius <= machine->temperature_c))
        return;
    machine->temperature_c = celsius;
    snprintf(path, sizeof path, "/sys/class/thermal/%.32s/type", zone);
    if (!machine_read_file(root, path, text, sizeof text))
        text[0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    snprintf(machine->temperature_of, sizeof machine->temperature_of, "%.31s", text);
}

static void
look_at_temperature(const char *root, struct machine *machine)
{
    char path[PATH_MOST];
    struct dirent *entry;

    machine->temperature_c = NAN;
    snprintf(path, sizeof path, "%s/sys/class/thermal", root != NULL ? root : "");
    DIR *directory = opendir(path);
    if (directory == NULL)
        return;
    for (int i = 0; i < ZONES_MOST && (entry = readdir(directory)) != NULL; i++)
        if (strncmp(entry->d_name, "thermal_zone", 12) == 0)
            look_at_zone(root, entry->d_name, machine);
    closedir(directory);
}

static void
look_at_disk(const struct machine_watch *watch, struct machine *machine)
{
    struct statvfs space;
    struct stat status;
    char text[1024];

    machine->disk_free_bytes = -1;
    machine->disk_size_bytes = -1;
    machine->written_bytes = -1;
    machine->wear = (struct wear){.used_percent = -1};
    if (watch->directory != NULL && statvfs(watch->directory, &space) == 0) {
        machine->disk_free_bytes = (int64_t)((uint64_t)space.f_bavail * space.f_frsize);
        machine->disk_size_bytes = (int64_t)((uint64_t)space.f_blocks * space.f_frsize);
    }
    if (watch->directory != NULL && stat(watch->directory, &status) == 0)
        wear_look(watch->root, status.st_dev, &machine->wear);
    if (machine_read_file(watch->root, "/proc/self/io", text, sizeof text))
        wear_parse_written(text, &machine->written_bytes);
}

/* ---- shares ---- */

static void
count_shares(struct machine_watch *watch, int64_t mono_ms, int64_t cpu_ms)
{
    char text[TEXT_MOST];
    struct machine_ticks now = {0};
    bool first = watch->from_mono_ms == 0;
    int64_t window_ms = mono_ms - watch->from_mono_ms;

    if (machine_read_file(watch->root, "/proc/stat", text, sizeof text))
        machine_parse_stat(text, &now);
    if (!first && window_ms >= 1000) {
        uint64_t all = now.all - watch->from.all;
        watch->cpu_share = (double)(cpu_ms - watch->from_cpu_ms) / (double)window_ms;
        watch->machine_cpu_share = now.all > watch->from.all && watch->from.all != 0 &&
                                           now.busy >= watch->from.busy
                                       ? (double)(now.busy - watch->from.busy) / (double)all
                                       : NAN;
        watch->window_s = (double)window_ms / 1000;
    }
    if (!first && window_ms < MACHINE_WINDOW_MS - 1000)
        return;
    if (first)
        watch->cpu_share = watch->machine_cpu_share = watch->window_s = NAN;
    watch->from_mono_ms = mono_ms;
    watch->from_cpu_ms = cpu_ms;
    watch->from = now;
}

void
machine_look(struct machine_watch *watch, int64_t mono_ms, int64_t cpu_ms,
             struct machine *ret_machine)
{
    char text[128];

    memset(ret_machine, 0, sizeof *ret_machine);
    count_shares(watch, mono_ms, cpu_ms);
    ret_machine->cpu_share = watch->cpu_share;
    ret_machine->machine_cpu_share = watch->machine_cpu_share;
    ret_machine->window_s = watch->window_s;
    for (int i = 0; i < 3; i++)
        ret_machine->load[i] = NAN;
    if (machine_read_file(watch->root, "/proc/loadavg", text, sizeof text))
        machine_parse_load(text, ret_machine->load);
    look_at_memory(watch->root, ret_machine);
    look_at_temperature(watch->root, ret_machine);
    look_at_disk(watch, ret_machine);
}

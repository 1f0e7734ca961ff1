#include "daemon/supervise/wear.h"

#include "daemon/supervise/machine.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#define PATH_MOST  512
#define DISKS_MOST 64
#define BEYOND     0x0b /* "exceeded its maximum estimated device life time" */

/* ---- parsers ---- */

bool
wear_parse_life_time(const char *text, int *ret_used_percent)
{
    unsigned class[2] = {0};
    unsigned worst = 0;

    if (sscanf(text, "%x %x", &class[0], &class[1]) < 1)
        return false;
    for (int i = 0; i < 2; i++)
        if (class[i] <= BEYOND && class[i] > worst)
            worst = class[i];
    if (worst == 0) /* 0x00: not defined; above 0x0b: reserved */
        return false;
    *ret_used_percent = (int)worst * 10;
    return true;
}

bool
wear_parse_reserve(const char *text, enum wear_reserve *ret_reserve)
{
    unsigned number;

    if (sscanf(text, "%x", &number) != 1 || number < WEAR_NORMAL || number > WEAR_URGENT)
        return false;
    *ret_reserve = (enum wear_reserve)number;
    return true;
}

static bool
find_bytes(const char *text, const char *name, long long *ret_bytes)
{
    size_t length = strlen(name);

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) == 0)
            return sscanf(line + length, ": %lld", ret_bytes) == 1 && *ret_bytes >= 0;
    }
    return false;
}

bool
wear_parse_written(const char *text, int64_t *ret_bytes)
{
    long long written, cancelled = 0;

    if (!find_bytes(text, "write_bytes", &written))
        return false;
    find_bytes(text, "cancelled_write_bytes", &cancelled);
    *ret_bytes = written > cancelled ? written - cancelled : 0;
    return true;
}

const char *
wear_reserve_name(enum wear_reserve reserve)
{
    static const char *const NAMES[] = {NULL, "normal", "warning", "urgent"};

    return NAMES[reserve];
}

/* ---- disks ---- */

/* False when the disk says nothing. `folder`: its directory in /sys. */
static bool
ask_disk(const char *root, const char *folder, struct wear *ret_wear)
{
    char path[PATH_MOST], text[64];
    const char *name = strrchr(folder, '/');
    bool said = false;

    *ret_wear = (struct wear){.used_percent = -1};
    snprintf(path, sizeof path, "%.400s/device/life_time", folder);
    if (machine_read_file(root, path, text, sizeof text))
        said = wear_parse_life_time(text, &ret_wear->used_percent);
    snprintf(path, sizeof path, "%.400s/device/pre_eol_info", folder);
    if (machine_read_file(root, path, text, sizeof text))
        said |= wear_parse_reserve(text, &ret_wear->reserve);
    snprintf(ret_wear->disk, sizeof ret_wear->disk, "%.31s", name != NULL ? name + 1 : folder);
    return said;
}

/* The whole disk's directory, where the file system's device is a disk or a partition of one. */
static bool
find_disk(const char *root, uint64_t device, char ret_folder[PATH_MOST])
{
    char link[PATH_MOST], real[PATH_MAX], text[16];
    size_t before = root != NULL ? strlen(root) : 0;

    snprintf(link, sizeof link, "%s/sys/dev/block/%u:%u", root != NULL ? root : "",
             major((dev_t)device), minor((dev_t)device));
    if (realpath(link, real) == NULL || strlen(real) - before >= PATH_MOST)
        return false;
    strcpy(ret_folder, real + before);
    snprintf(link, sizeof link, "%.400s/partition", ret_folder);
    char *slash = strrchr(ret_folder, '/');
    if (slash != NULL && machine_read_file(root, link, text, sizeof text))
        *slash = '\0';
    return true;
}

static bool
is_worse(const struct wear *wear, const struct wear *than)
{
    if (wear->used_percent != than->used_percent)
        return wear->used_percent > than->used_percent;
    return wear->reserve > than->reserve;
}

void
wear_look(const char *root, uint64_t device, struct wear *ret_wear)
{
    char folder[PATH_MOST];
    struct dirent *entry;

    *ret_wear = (struct wear){.used_percent = -1};
    if (find_disk(root, device, folder)) {
        ask_disk(root, folder, ret_wear);
        return;
    }
    snprintf(folder, sizeof folder, "%s/sys/block", root != NULL ? root : "");
    DIR *directory = opendir(folder);
    if (directory == NULL)
        return;
    for (int i = 0; i < DISKS_MOST && (entry = readdir(directory)) != NULL; i++) {
        struct wear wear;
        snprintf(folder, sizeof folder, "/sys/block/%.31s", entry->d_name);
        if (*entry->d_name != '.' && ask_disk(root, folder, &wear) && is_worse(&wear, ret_wear))
            *ret_wear = wear;
    }
    closedir(directory);
}

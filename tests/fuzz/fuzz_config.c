/* Any bytes as a site file, a register map or a limit set: the loader must answer with a site or
 * with mistakes, and never with anything else. The bytes go through a file in memory, because that
 * is how they arrive. With clang: -fsanitize=fuzzer; otherwise fuzz_main.c runs it over files. */
#include "config/loader.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7 loses up to 4 KiB of its own at some syntax errors in quoted text. */
const char *
__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static void
count_line(void *context, bool warning, const char *line)
{
    unsigned *errors = context;
    *errors += !warning;
    if (!*line)
        abort();
}

static void
load_site(const char *path)
{
    unsigned errors = 0;
    struct loader_options options = {.share = "config", .report = count_line, .context = &errors};
    struct site *site = NULL;
    int result = loader_load(path, &options, &site);
    if ((result == 0) != (errors == 0) || (result == 0) != (site != NULL))
        abort();
    for (uint32_t i = 0; site && i < site->point_count; i++) {
        const struct point *point = &site->points[i];
        bool read = point->device->bus && point->registers > 0 && !point->formula;
        bool derived = point->device->asset && point->device->lead && point->formula;
        if (read == derived || point->every_ms == 0)
            abort();
    }
    for (uint16_t i = 0; site && i < site->limit_count; i++)
        if (!site->limits[i].point || !site->limits[i].asset)
            abort();
    site_free(site);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("site", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    if (fd < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    unsigned errors = 0;
    struct loader_options options = {.share = "config", .report = count_line, .context = &errors};
    load_site(path);
    if ((loader_check_map(path, &options) == 0) != (errors == 0))
        abort();
    errors = 0;
    if ((loader_check_limits(path, &options) == 0) != (errors == 0))
        abort();
    return 0;
}

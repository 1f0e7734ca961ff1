/* One gate to the machine's clocks, so that everything behind it can run under virtual time. Keeps
 * nothing and judges nothing: what a step or an unknown clock means is decided by the engine. */
#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define BOOT_ID_FILE      "/proc/sys/kernel/random/boot_id"
#define SYNCHRONISED_FILE "/run/systemd/timesync/synchronized"

static struct timespec
read_clock(clockid_t id)
{
    struct timespec now;
    int rc = clock_gettime(id, &now);
    assert(rc == 0);
    (void)rc;
    return now;
}

static int64_t
read_clock_ms(clockid_t id)
{
    struct timespec now = read_clock(id);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_mono_ms(void)
{
    return read_clock_ms(CLOCK_MONOTONIC);
}

int64_t
clock_mono_ns(void)
{
    struct timespec now = read_clock(CLOCK_MONOTONIC);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t
clock_utc_ms(void)
{
    return read_clock_ms(CLOCK_REALTIME);
}

int64_t
clock_cpu_ms(void)
{
    return read_clock_ms(CLOCK_PROCESS_CPUTIME_ID);
}

void
clock_sleep_until_ns(int64_t mono_ns)
{
    if (mono_ns < 0)
        return;
    struct timespec until = {.tv_sec = (time_t)(mono_ns / 1000000000),
                             .tv_nsec = (long)(mono_ns % 1000000000)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static int (*ask_elsewhere)(int64_t mono_ms);

void
clock_ask_elsewhere(int (*ask)(int64_t mono_ms))
{
    ask_elsewhere = ask;
}

bool
clock_is_synchronised(void)
{
    struct timex query = {.modes = 0};
    int state = adjtimex(&query);
    if (state >= 0)
        return state != TIME_ERROR && !(query.status & STA_UNSYNC);
    int answer = ask_elsewhere == NULL ? -ENOSYS : ask_elsewhere(clock_mono_ms());
    return answer >= 0 ? answer == 1 : access(SYNCHRONISED_FILE, F_OK) == 0;
}

bool
clock_read_discipline(struct clock_discipline *ret_discipline)
{
    struct timex query = {.modes = 0};
    int state = adjtimex(&query);
    if (state < 0 || state == TIME_ERROR || (query.status & STA_UNSYNC))
        return false;
    ret_discipline->offset_us = query.status & STA_NANO ? query.offset / 1000 : query.offset;
    ret_discipline->error_us = query.maxerror;
    ret_discipline->frequency_ppm = (double)query.freq / 65536;
    return true;
}

void
clock_read_boot_id(char ret_id[33])
{
    char text[64], id[33];
    size_t digits = 0;
    ssize_t length = -1;
    int fd = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        length = read(fd, text, sizeof text);
        close(fd);
    }
    for (ssize_t i = 0; i < length && digits < 32; i++) {
        if (strchr("0123456789abcdef", text[i]) && text[i])
            id[digits++] = text[i];
    }
    id[digits] = '\0';
    strcpy(ret_id, digits == 32 ? id : "unknown");
}

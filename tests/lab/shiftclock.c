/* A clock that a test sets while the program runs. Preloaded, it shifts CLOCK_REALTIME and says
 * whether it is synchronised; CLOCK_MONOTONIC stays as it is. PARKGATE_SHIFTCLOCK names a file with
 * a struct control, which the test writes into (tests/system/store/clock.py). Without it the
 * machine's clock is passed on.
 *
 * pthread_cond_timedwait is here because paho waits until a moment of CLOCK_REALTIME, and the
 * kernel knows nothing of the shift. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define CONTROL_FILE "PARKGATE_SHIFTCLOCK"
#define NS_PER_S     1000000000LL
#define CONDITIONS   1024

struct setting {
    int64_t offset_ms;
    int64_t synchronised;
    int64_t drift_ppm;
    int64_t drift_from_mono_ns;
    int64_t leap_utc_ms; /* 0: none; here the second before is lived once more */
};

/* The test fills the setting not in force, then turns `in_force`: no half setting is seen. */
struct control {
    _Atomic int64_t in_force;
    struct setting settings[2];
};

static struct control *control;

__attribute__((constructor)) static void
open_control(void)
{
    const char *path = getenv(CONTROL_FILE);
    if (path == NULL)
        return;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *memory = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *control, PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        perror(CONTROL_FILE);
        abort();
    }
    close(fd);
    control = memory;
}

static const struct setting *
setting_now(void)
{
    static const struct setting NONE = {.synchronised = 1};
    return control == NULL ? &NONE : &control->settings[atomic_load(&control->in_force) & 1];
}

/* ---- the shifted clock ---- */

static int64_t
read_ns(clockid_t id)
{
    struct timespec now = {0};
    syscall(SYS_clock_gettime, id, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int64_t
without_leap_ns(const struct setting *setting)
{
    int64_t drifting_ns = read_ns(CLOCK_MONOTONIC) - setting->drift_from_mono_ns;
    int64_t drift_ns = setting->drift_ppm == 0 ? 0 : drifting_ns / 1000 * setting->drift_ppm / 1000;
    return read_ns(CLOCK_REALTIME) + setting->offset_ms * 1000000 + drift_ns;
}

static bool
is_after_leap(const struct setting *setting, int64_t ns)
{
    return setting->leap_utc_ms != 0 && ns >= setting->leap_utc_ms * 1000000;
}

static int64_t
shifted_ns(void)
{
    const struct setting *setting = setting_now();
    int64_t ns = without_leap_ns(setting);
    return is_after_leap(setting, ns) ? ns - NS_PER_S : ns;
}

static struct timespec
timespec_of(int64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

int
clock_gettime(clockid_t id, struct timespec *ret_now)
{
    if (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)
        return (int)syscall(SYS_clock_gettime, id, ret_now);
    *ret_now = timespec_of(shifted_ns());
    return 0;
}

int
gettimeofday(struct timeval *restrict ret_now, void *restrict zone)
{
    int64_t ns = shifted_ns();
    ret_now->tv_sec = (time_t)(ns / NS_PER_S);
    ret_now->tv_usec = (suseconds_t)(ns % NS_PER_S / 1000);
    if (zone != NULL)
        memset(zone, 0, sizeof(struct timezone));
    return 0;
}

time_t
time(time_t *ret_now)
{
    time_t now = (time_t)(shifted_ns() / NS_PER_S);
    if (ret_now != NULL)
        *ret_now = now;
    return now;
}

/* ---- is it synchronised? ---- */

/* What the kernel answers around an inserted second: announced, lived, just over. */
static int
leap_state(const struct setting *setting, int64_t ns)
{
    if (setting->leap_utc_ms == 0)
        return TIME_OK;
    if (!is_after_leap(setting, ns))
        return TIME_INS;
    return is_after_leap(setting, ns - NS_PER_S) ? TIME_WAIT : TIME_OOP;
}

int
adjtimex(struct timex *timex)
{
    const struct setting *setting = setting_now();
    if (timex->modes != 0) {
        errno = EPERM; /* nobody under test may set the clock */
        return -1;
    }
    int64_t ns = without_leap_ns(setting);
    int state = leap_state(setting, ns);
    struct timespec now = timespec_of(state >= TIME_OOP ? ns - NS_PER_S : ns);
    *timex = (struct timex){.status = state == TIME_OK ? 0 : STA_INS,
                            .tick = 10000,
                            .time = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000}};
    if (setting->synchronised)
        return state;
    timex->status |= STA_UNSYNC;
    return TIME_ERROR;
}

int
ntp_adjtime(struct timex *timex)
{
    return adjtimex(timex);
}

int
clock_adjtime(clockid_t id, struct timex *timex)
{
    return id == CLOCK_REALTIME ? adjtimex(timex) : (int)syscall(SYS_clock_adjtime, id, timex);
}

/* ---- waiting until a moment of the shifted clock ---- */

/* Conditions that wait by CLOCK_MONOTONIC: their moments stay as they are. */
static const pthread_cond_t *_Atomic monotonic[CONDITIONS];

static bool
is_monotonic(const pthread_cond_t *condition)
{
    for (int i = 0; i < CONDITIONS; i++)
        if (atomic_load(&monotonic[i]) == condition)
            return true;
    return false;
}

static bool
put_in_place_of(const pthread_cond_t *old, const pthread_cond_t *replacement)
{
    for (int i = 0; i < CONDITIONS; i++) {
        const pthread_cond_t *found = old;
        if (atomic_compare_exchange_strong(&monotonic[i], &found, replacement))
            return true;
    }
    return false;
}

static void *
next_of(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL) {
        fprintf(stderr, "shiftclock: no %s\n", name);
        abort();
    }
    return function;
}

int
pthread_cond_init(pthread_cond_t *restrict condition, const pthread_condattr_t *restrict attributes)
{
    int (*next)(pthread_cond_t *, const pthread_condattr_t *) = next_of("pthread_cond_init");
    clockid_t id = CLOCK_REALTIME;

    put_in_place_of(condition, NULL); /* memory used before */
    if (attributes != NULL)
        pthread_condattr_getclock(attributes, &id);
    if (id == CLOCK_MONOTONIC && !put_in_place_of(NULL, condition)) {
        fprintf(stderr, "shiftclock: more than %d conditions\n", CONDITIONS);
        abort();
    }
    return next(condition, attributes);
}

int
pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                       const struct timespec *restrict until)
{
    int (*next)(pthread_cond_t *, pthread_mutex_t *,
                const struct timespec *) = next_of("pthread_cond_timedwait");
    if (is_monotonic(condition))
        return next(condition, mutex, until);
    int64_t until_ns = (int64_t)until->tv_sec * NS_PER_S + until->tv_nsec;
    int64_t wait_ns = until_ns - shifted_ns();
    struct timespec moment = timespec_of(read_ns(CLOCK_REALTIME) + (wait_ns > 0 ? wait_ns : 0));
    return next(condition, mutex, &moment);
}

/* The only place that asks the machine what time it is.
 *
 * Monotonic time is CLOCK_MONOTONIC: it lives as long as the kernel's boot and survives a restart
 * of the daemon. UTC is int64 milliseconds since 1970, never time_t (4 bytes on armhf). */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

int64_t clock_mono_ms(void);
int64_t clock_mono_ns(void);
int64_t clock_utc_ms(void);

/* CPU time used by the process so far, for health. */
int64_t clock_cpu_ms(void);

/* Sleeps until the monotonic instant; returns early only on a signal. */
void clock_sleep_until_ns(int64_t mono_ns);

/* True when the kernel (adjtimex) says the clock follows a time source; where it refuses to tell
 * (a sandbox), who was named below, and where that fails too, systemd-timesyncd. */
bool clock_is_synchronised(void);

/* `ask` returns 1, 0, or negative: it does not know. Called by whoever asks above. To be named
 * before there are threads. */
void clock_ask_elsewhere(int (*ask)(int64_t mono_ms));

/* How the kernel steers the system's clock (adjtimex(2)). False: the kernel does not tell, or the
 * clock follows no source, so that its numbers mean nothing. */
struct clock_discipline {
    int64_t offset_us; /* what is left to be corrected; from a source that slews by itself: 0 */
    int64_t error_us;  /* at most, by the kernel's estimate */
    double frequency_ppm;
};
bool clock_read_discipline(struct clock_discipline *ret_discipline);

/* The kernel's id of this boot: 32 hexadecimal digits and a NUL; "unknown" where /proc is hidden.
 */
void clock_read_boot_id(char ret_id[33]);

#endif

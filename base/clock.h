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

/* True when the kernel (adjtimex) or systemd-timesyncd says the clock follows a time source. */
bool clock_is_synchronised(void);

/* The kernel's id of this boot: 32 hexadecimal digits and a NUL; "unknown" where /proc is hidden.
 */
void clock_read_boot_id(char ret_id[33]);

#endif

/* Whether the clock follows a time source, asked of systemd-timedated over the system bus.
 *
 * It exists for the sandbox: where adjtimex(2) is refused (ProtectClock=yes), nobody else tells of
 * chrony or ntpd. timedated asks the kernel in our stead (org.freedesktop.timedate1(5),
 * NTPSynchronized: no signal tells of a change, so that it has to be asked again and again).
 *
 * A library of its own, so that only what asks needs libsystemd. Nothing is held between two
 * questions; nobody waits longer than TIMESYNC_WAIT_MS; a question that timedated, which is started
 * by being asked, answers later than that is taken up at the next call. It does not say how far off
 * the clock is: timedated does not know. */
#ifndef BASE_TIMESYNC_H
#define BASE_TIMESYNC_H

#include <stdint.h>

#define TIMESYNC_WAIT_MS     300   /* main feeds a watchdog */
#define TIMESYNC_PATIENCE_MS 20000 /* below the 25 s after which D-Bus itself gives up */
#define TIMESYNC_EVERY_MS    30000 /* between two questions at least, */
#define TIMESYNC_SELDOM_MS                                                                         \
    600000 /* and at most: each may start timedated, which the journal notes */

/* The last answer: 1 synchronised, 0 not, negative errno: nobody tells. Asks again when it is time
 * to: TIMESYNC_SELDOM_MS after a yes (a source that is lost shows in the kernel after hours: its
 * error grows by 500 ppm to 16 s), otherwise TIMESYNC_EVERY_MS, each time twice as long, up to
 * that. Any thread; one of them asks, the others are given what is known. */
int timesync_ask(int64_t mono_ms);

#endif

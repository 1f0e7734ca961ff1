/* Whether a part that hangs may cost a restart now: at most once an hour, remembered in the state
 * directory, because a restart that did not help would otherwise be repeated for ever. */
#ifndef DAEMON_SUPERVISE_PATIENCE_H
#define DAEMON_SUPERVISE_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

/* True: restart; the moment is remembered. False: the last such restart is less than an hour ago
 * in this boot of the machine, or the moment cannot be remembered. */
bool patience_may_restart(const char *directory, const char *boot_id, int64_t mono_ms);

#endif

/* Buses and destinations that hang: each is on its own, the others go on; only after ten minutes
 * does it cost a restart, by not feeding the watchdog, and at most one an hour. */
#include "daemon/parkgated_parts.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/supervise/patience.h"

#include <inttypes.h>

#define RESTART_AFTER_MS 600000

static int64_t
silence_of_destinations(const struct parkgated *self, int64_t mono_ms, const char **ret_name)
{
    const struct site *site = self->running.site;
    int64_t longest = 0;

    for (uint16_t i = 0; self->running.forward && i < site->destination_count; i++) {
        int64_t silence = mono_ms - forward_last_alive_mono_ms(self->running.forward, i);
        if (silence > longest) {
            longest = silence;
            *ret_name = site->destinations[i].name;
        }
    }
    return longest;
}

bool
parkgated_lines_move(struct parkgated *self, int64_t mono_ms)
{
    const char *name = "";
    char boot[33];
    bool is_bus = true;
    int64_t silence = self->running.acquire
                          ? mono_ms - acquire_last_alive_mono_ms(self->running.acquire)
                          : 0;

    if (silence < RESTART_AFTER_MS) {
        silence = silence_of_destinations(self, mono_ms, &name);
        is_bus = false;
    }
    if (silence < RESTART_AFTER_MS) {
        self->hang_said = self->hang_restarts = false;
        return true;
    }
    if (self->hang_restarts)
        return false;
    clock_read_boot_id(boot);
    self->hang_restarts = patience_may_restart(self->options.state, boot, mono_ms);
    if (self->hang_restarts || !self->hang_said)
        log_error("%s%s has not moved for %" PRId64 " s: %s", is_bus ? "a bus" : "destination ",
                  name, silence / 1000,
                  self->hang_restarts ? "restarting"
                                      : "a restart less than an hour ago did not help, the others "
                                        "go on");
    self->hang_said = true;
    return !self->hang_restarts;
}

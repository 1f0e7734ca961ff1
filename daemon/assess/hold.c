/* A delay counts the time between readings that both say yes. A reading that does not tell
 * (calibration, fault, out of reach) pauses it: the time up to the next telling reading is not
 * counted, and what was held before is not lost, so that a line that drops every fifth answer can
 * neither raise an alarm early nor keep it off for ever. Wall-clock steps do not matter; another
 * boot's monotonic time cannot be compared, so a reboot pauses as well. */
#include "daemon/assess/hold.h"

bool
hold_feed(struct hold *hold, const struct stamp *at, uint32_t delay_ms)
{
    if (!hold->running)
        *hold = (struct hold){.running = true, .since = *at};
    else if (!hold->paused && hold->last.boot == at->boot && at->mono_ms > hold->last.mono_ms)
        hold->held_ms += at->mono_ms - hold->last.mono_ms;
    hold->paused = false;
    hold->last = *at;
    return hold->held_ms >= (int64_t)delay_ms;
}

void
hold_pause(struct hold *hold)
{
    hold->paused = true;
}

void
hold_clear(struct hold *hold)
{
    *hold = (struct hold){0};
}

int64_t
hold_elapsed_ms(const struct stamp *from, const struct stamp *to)
{
    if (from->boot == to->boot)
        return to->mono_ms > from->mono_ms ? to->mono_ms - from->mono_ms : 0;
    if (from->clock == CLOCK_UNKNOWN || to->clock == CLOCK_UNKNOWN || to->utc_ms < from->utc_ms)
        return -1;
    return to->utc_ms - from->utc_ms;
}

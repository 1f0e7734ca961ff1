#include "daemon/assess/steady.h"

#include "base/calendar.h"

int64_t
steady_ms(struct steady *steady, const struct stamp *at)
{
    int64_t elapsed_ms = steady->has ? hold_elapsed_ms(&steady->at, at) : -1;
    bool late = steady->has && at->boot == steady->at.boot && at->mono_ms < steady->at.mono_ms;
    if (late)
        return steady->ms;
    if (elapsed_ms >= 0)
        steady->ms += elapsed_ms;
    else
        steady->ms = at->clock == CLOCK_UNKNOWN ? CALENDAR_DAY_MS : at->utc_ms;
    steady->has = true;
    steady->at = *at;
    return steady->ms;
}

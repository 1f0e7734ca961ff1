#include "daemon/supervise/timekeeper.h"

#include "base/clock.h"

static int64_t
floor_of(const struct timekeeper *timekeeper)
{
    int64_t last = timekeeper->last_stored_utc_ms;
    return last > TIMEKEEPER_EARLIEST_UTC_MS ? last : TIMEKEEPER_EARLIEST_UTC_MS;
}

static long long
pack(int64_t offset_ms, enum clock_state state)
{
    return offset_ms * 4 + (int64_t)state;
}

static int64_t
offset_of(long long packed)
{
    return packed >> 2;
}

static enum clock_state
state_of(long long packed)
{
    return (enum clock_state)(packed & 3);
}

void
timekeeper_init(struct timekeeper *timekeeper, uint32_t boot, int64_t last_stored_utc_ms)
{
    int64_t mono_ms = clock_mono_ms();
    int64_t utc_ms = clock_utc_ms();

    timekeeper->boot = boot;
    timekeeper->last_stored_utc_ms = last_stored_utc_ms;
    enum clock_state state = CLOCK_UNKNOWN;
    if (utc_ms >= floor_of(timekeeper)) {
        state = clock_is_synchronised() ? CLOCK_SYNCHRONISED : CLOCK_RESTORED;
    } else if (last_stored_utc_ms > 0) {
        state = CLOCK_RESTORED;
        utc_ms = last_stored_utc_ms;
    }
    atomic_init(&timekeeper->packed, pack(utc_ms - mono_ms, state));
}

bool
timekeeper_update(struct timekeeper *timekeeper, struct timekeeper_change *ret_change)
{
    long long packed = atomic_load(&timekeeper->packed);
    enum clock_state before = state_of(packed);
    int64_t old_offset_ms = offset_of(packed);
    int64_t offset_ms = clock_utc_ms() - clock_mono_ms();
    bool synchronised = clock_is_synchronised();
    bool plausible = offset_ms + clock_mono_ms() >= floor_of(timekeeper);
    enum clock_state after = before;

    if (synchronised && offset_ms + clock_mono_ms() >= TIMEKEEPER_EARLIEST_UTC_MS)
        after = CLOCK_SYNCHRONISED;
    else if (before == CLOCK_SYNCHRONISED || (before == CLOCK_UNKNOWN && plausible))
        after = CLOCK_RESTORED;
    else if (!plausible)
        offset_ms = old_offset_ms; /* go on from the last stored time */

    int64_t step_ms = offset_ms - old_offset_ms;
    bool stepped = step_ms >= TIMEKEEPER_STEP_MS || step_ms <= -TIMEKEEPER_STEP_MS;
    atomic_store(&timekeeper->packed, pack(offset_ms, after));
    ret_change->before = before;
    ret_change->after = after;
    ret_change->step_ms = stepped ? step_ms : 0;
    return stepped || before != after;
}

void
timekeeper_stamp(void *timekeeper, int64_t mono_ms, struct stamp *ret_stamp)
{
    const struct timekeeper *self = timekeeper;
    long long packed = atomic_load_explicit(&self->packed, memory_order_relaxed);

    ret_stamp->mono_ms = mono_ms;
    ret_stamp->boot = self->boot;
    ret_stamp->clock = state_of(packed);
    ret_stamp->utc_ms = ret_stamp->clock == CLOCK_UNKNOWN ? 0 : mono_ms + offset_of(packed);
}

const char *
timekeeper_state_name(enum clock_state state)
{
    static const char *const NAMES[] = {"unknown", "restored", "synchronised", "set"};

    return NAMES[state];
}

#include "daemon/supervise/fill.h"

#define HOUR_MS    3600000
#define HISTORY_MS 600000

void
fill_note(struct fill *fill, int64_t mono_ms, int64_t bytes)
{
    unsigned last = (fill->next + FILL_HOURS - 1) % FILL_HOURS;

    fill->now_mono_ms = mono_ms;
    fill->now_bytes = bytes;
    if (fill->count != 0 && bytes < fill->bytes[last])
        fill->count = fill->next = 0; /* another file, or it was cut: the past says nothing */
    if (fill->count != 0 && mono_ms - fill->mono_ms[last] < HOUR_MS)
        return;
    fill->mono_ms[fill->next] = mono_ms;
    fill->bytes[fill->next] = bytes;
    fill->next = (fill->next + 1) % FILL_HOURS;
    if (fill->count < FILL_HOURS)
        fill->count++;
}

int64_t
fill_left_s(const struct fill *fill, int64_t room)
{
    unsigned oldest = (fill->next + FILL_HOURS - fill->count) % FILL_HOURS;

    if (room <= 0)
        return 0;
    if (fill->count == 0)
        return -1;
    int64_t over_ms = fill->now_mono_ms - fill->mono_ms[oldest];
    int64_t grown = fill->now_bytes - fill->bytes[oldest];
    if (over_ms < HISTORY_MS || grown <= 0)
        return -1;
    return (int64_t)((double)room / (double)grown * (double)over_ms / 1000);
}

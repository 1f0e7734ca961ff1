/* By parts of five minutes, so that an hour of readings needs no memory of each. A step of the
 * clock changes nothing; after a time that nobody can tell it begins anew: what was read before may
 * be no "hour before" any more. */
#include "daemon/assess/water_swing.h"

#include "base/calendar.h"

#include <string.h>

#define PART_MS (5 * CALENDAR_MINUTE_MS)

void
water_swing_add(struct water_swing *swing, const struct stamp *at, double number)
{
    struct water_swing_part *parts = swing->parts;
    int64_t start = calendar_start(steady_ms(&swing->time, at), PART_MS);
    if (parts[0].start_ms > start)
        memset(parts, 0, sizeof swing->parts);
    if (parts[0].start_ms != start) {
        memmove(parts + 1, parts, (WATER_SWING_PARTS - 1) * sizeof *parts);
        parts[0] = (struct water_swing_part){start, number, number};
    }
    for (int i = 1; i < WATER_SWING_PARTS; i++)
        if (parts[i].start_ms <= start - WATER_SWING_PARTS * PART_MS)
            parts[i] = (struct water_swing_part){0};
    parts[0].low = number < parts[0].low ? number : parts[0].low;
    parts[0].high = number > parts[0].high ? number : parts[0].high;
}

bool
water_swing_range(const struct water_swing *swing, double *ret_low, double *ret_high)
{
    const struct water_swing_part *parts = swing->parts;
    *ret_low = parts[0].low;
    *ret_high = parts[0].high;
    for (int i = 1; i < WATER_SWING_PARTS && parts[i].start_ms; i++) {
        *ret_low = parts[i].low < *ret_low ? parts[i].low : *ret_low;
        *ret_high = parts[i].high > *ret_high ? parts[i].high : *ret_high;
    }
    return parts[0].start_ms != 0;
}

void
water_swing_exchange(struct water_swing *swing, struct exchange *exchange)
{
    exchange_array(exchange, WATER_SWING_PARTS + 3);
    swing->time.has = exchange_flag(exchange, swing->time.has);
    exchange_stamp(exchange, &swing->time.at);
    swing->time.ms = exchange_integer(exchange, swing->time.ms);
    for (int i = 0; i < WATER_SWING_PARTS; i++) {
        struct water_swing_part *part = &swing->parts[i];
        exchange_array(exchange, 3);
        part->start_ms = exchange_integer(exchange, part->start_ms);
        part->low = exchange_number(exchange, part->low);
        part->high = exchange_number(exchange, part->high);
    }
}

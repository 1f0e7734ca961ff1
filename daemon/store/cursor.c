/* Arithmetic on sets of sequences. Invariants: ranges ascend, are apart by at least one open
 * sequence, and lie above low + 1; a sequence is counted once, under the fate that came first. */
#include "daemon/store/cursor.h"

#include <string.h>

/* How many of [first, last] lie in ranges already; all above low. */
static uint64_t
count_done(const struct cursor *cursor, uint64_t first, uint64_t last)
{
    uint64_t done = 0;
    for (uint32_t i = 0; i < cursor->count; i++) {
        const struct cursor_range *range = &cursor->ranges[i];
        uint64_t from = range->first > first ? range->first : first;
        uint64_t to = range->last < last ? range->last : last;
        if (from <= to)
            done += to - from + 1;
    }
    return done;
}

static void
credit(struct cursor *cursor, enum cursor_fate fate, uint64_t records)
{
    switch (fate) {
    case CURSOR_ACKNOWLEDGED: cursor->acknowledged += records; break;
    case CURSOR_SKIPPED: cursor->skipped += records; break;
    case CURSOR_EVICTED: cursor->evicted += records; break;
    case CURSOR_REJECTED: cursor->rejected += records; break;
    }
}

/* Puts `with` in the place of ranges [from, to). */
static void
replace(struct cursor *cursor, uint32_t from, uint32_t to, const struct cursor_range *with)
{
    uint32_t added = with ? 1 : 0;
    memmove(&cursor->ranges[from + added], &cursor->ranges[to],
            (cursor->count - to) * sizeof cursor->ranges[0]);
    if (with)
        cursor->ranges[from] = *with;
    cursor->count = cursor->count - (to - from) + added;
}

bool
cursor_mark(struct cursor *cursor, uint64_t first, uint64_t last, enum cursor_fate fate)
{
    if (first <= cursor->low)
        first = cursor->low + 1;
    if (first > last)
        return true;
    uint64_t records = last - first + 1 - count_done(cursor, first, last);
    struct cursor_range whole = {first, last};
    uint32_t from = 0;
    while (from < cursor->count && cursor->ranges[from].last + 1 < first)
        from++;
    uint32_t to = from;
    for (; to < cursor->count && cursor->ranges[to].first <= last + 1; to++) {
        if (cursor->ranges[to].first < whole.first)
            whole.first = cursor->ranges[to].first;
        if (cursor->ranges[to].last > whole.last)
            whole.last = cursor->ranges[to].last;
    }
    bool joins_low = whole.first == cursor->low + 1;
    if (!joins_low && from == to && cursor->count == CURSOR_RANGES)
        return false;
    replace(cursor, from, to, joins_low ? NULL : &whole);
    if (joins_low)
        cursor->low = whole.last;
    credit(cursor, fate, records);
    return true;
}

bool
cursor_next_open(const struct cursor *cursor, uint64_t from, uint64_t until,
                 struct cursor_range *ret_range)
{
    uint64_t first = from > cursor->low ? from : cursor->low + 1;
    uint64_t last = until;
    for (uint32_t i = 0; i < cursor->count; i++) {
        const struct cursor_range *range = &cursor->ranges[i];
        if (range->last < first)
            continue;
        if (range->first > first) {
            if (range->first <= last)
                last = range->first - 1;
            break;
        }
        first = range->last + 1;
    }
    if (first > last)
        return false;
    *ret_range = (struct cursor_range){first, last};
    return true;
}

bool
cursor_last_open(const struct cursor *cursor, uint64_t until, struct cursor_range *ret_range)
{
    uint64_t first = cursor->low + 1;
    uint64_t last = until;
    for (uint32_t i = cursor->count; i > 0; i--) {
        const struct cursor_range *range = &cursor->ranges[i - 1];
        if (range->first > last)
            continue;
        if (range->last < last) {
            first = range->last + 1;
            break;
        }
        last = range->first - 1;
    }
    if (first > last)
        return false;
    *ret_range = (struct cursor_range){first, last};
    return true;
}

uint64_t
cursor_count_open(const struct cursor *cursor, uint64_t until)
{
    if (until <= cursor->low)
        return 0;
    return until - cursor->low - count_done(cursor, cursor->low + 1, until);
}

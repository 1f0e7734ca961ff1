/* The readings of one point in the order of their times, from a store file: those of stream sample
 * and those of trend merged, whichever held the device's scans at the time. */
#ifndef CTL_WALK_H
#define CTL_WALK_H

#include "daemon/store/reader.h"
#include "daemon/store/record.h"

struct walk_reading {
    int64_t utc_ms;
    const struct registry_point *point;
    struct record_value value;
};

struct walk;

/* "device.point", or "device" and "" for all of them. NULL after a sentence on standard error. */
struct walk *walk_open(const char *file, const char *point, int64_t from_utc_ms,
                       int64_t until_utc_ms);
void walk_close(struct walk *walk);

/* False at the end, or when the store cannot be read any further (walk_failed). The value's text
 * and words are valid until the next call. */
bool walk_next(struct walk *walk, struct walk_reading *ret_reading);
bool walk_failed(const struct walk *walk);

/* Share of the records that were gone through, 0 to 1. */
double walk_progress(const struct walk *walk);

/* Readings that had no known time and were left out. */
unsigned long long walk_untimed(const struct walk *walk);

#endif

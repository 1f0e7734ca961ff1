/* How far a destination is: a low-water mark and at most 64 acknowledged ranges above it (promise
 * 2). Pure values; the destination's thread owns them, the store keeps copies. */
#ifndef DAEMON_STORE_CURSOR_H
#define DAEMON_STORE_CURSOR_H

#include "daemon/record.h"

#include <stdbool.h>
#include <stdint.h>

#define CURSOR_RANGES 64

struct cursor_range {
    uint64_t first, last;
};

struct cursor {
    uint64_t low; /* everything up to and including it is done with */
    uint32_t count;
    struct cursor_range ranges[CURSOR_RANGES];         /* ascending, apart, above low */
    uint64_t acknowledged, skipped, evicted, rejected; /* records, for the books (promise 12) */
};

/* All streams of one destination, as they go over the board to the store. */
struct cursors {
    uint32_t epoch; /* reader_epoch of the store they belong to */
    struct cursor streams[STREAM_END];
};

enum cursor_fate { CURSOR_ACKNOWLEDGED, CURSOR_SKIPPED, CURSOR_EVICTED, CURSOR_REJECTED };

/* Marks [first, last] as done and counts what was not done before. False when the 65th range would
 * be needed: then nothing changed and the caller sends from the low mark on. */
bool cursor_mark(struct cursor *cursor, uint64_t first, uint64_t last, enum cursor_fate fate);

/* The lowest stretch of not-done sequences at or after `from`, up to `until`; false if none. */
bool cursor_next_open(const struct cursor *cursor, uint64_t from, uint64_t until,
                      struct cursor_range *ret_range);

/* The highest stretch of not-done sequences at or below `until` (newest first). */
bool cursor_last_open(const struct cursor *cursor, uint64_t until, struct cursor_range *ret_range);

uint64_t cursor_count_open(const struct cursor *cursor, uint64_t until);

#endif

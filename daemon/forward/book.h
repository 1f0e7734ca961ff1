/* A destination's place in the store: its cursors, kept across changes between the durable store
 * and a volatile one, and what they count for the books (promise 12). Owned by the destination's
 * thread; the store gets copies over the board. */
#ifndef DAEMON_FORWARD_BOOK_H
#define DAEMON_FORWARD_BOOK_H

#include "base/queue.h"
#include "config/destination.h"
#include "daemon/counters.h"
#include "daemon/forward/pace.h"
#include "daemon/store/reader.h"

struct book {
    const struct destination *destination;
    struct reader *reader;
    struct board *board; /* slot: destination->index */
    struct destination_counters *counters;
    struct cursors durable, temporary; /* of the durable store; of the volatile one */
    char store_id[33];                 /* whose cursors `durable` are; "" while not loaded */
    bool is_volatile;
    bool changed; /* since the last save */
    int64_t saved_mono_ms, looked_mono_ms, aged_mono_ms;
};

void book_init(struct book *book, const struct destination *destination, struct reader *reader,
               struct board *board, struct destination_counters *counters);

/* The store behind the reader is another (or known for the first time): finds its cursors. */
void book_open(struct book *book);

struct cursor *book_cursor(struct book *book, enum stream stream);

/* Does the destination receive it? */
bool book_wants(const struct book *book, enum stream stream);

/* Follows the store: what is not wanted is skipped as it becomes durable, what is gone is evicted.
 */
void book_follow(struct book *book, struct pace *pace, int64_t mono_ms);

void book_mark(struct book *book, enum stream stream, uint64_t first, uint64_t last,
               enum cursor_fate fate);

/* Puts the cursors on the board when they changed: at most every 200 ms unless `now`. */
void book_save(struct book *book, int64_t mono_ms, bool now);

/* When book_save has something to do; INT64_MAX: nothing. */
int64_t book_next_mono_ms(const struct book *book);

#endif

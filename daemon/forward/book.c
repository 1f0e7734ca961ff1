/* Only the durable store's cursors are saved. Those of a volatile store live as long as it does;
 * when the durable one is back, its cursors go on from where they were. */
#include "daemon/forward/book.h"

#include <stdio.h>
#include <string.h>

#define SAVE_EVERY_MS 200
#define LOOK_EVERY_MS 1000 /* at what retention cut */
#define AGE_EVERY_MS  5000
#define AGE_SELDOM_MS 60000 /* of a long backlog: its segments are many */
#define LONG_BACKLOG  1000

void
book_init(struct book *book, const struct destination *destination, struct reader *reader,
          struct board *board, struct destination_counters *counters)
{
    *book = (struct book){
        .destination = destination, .reader = reader, .board = board, .counters = counters};
}

bool
book_wants(const struct book *book, enum stream stream)
{
    return (book->destination->streams & 1U << stream) != 0;
}

struct cursor *
book_cursor(struct book *book, enum stream stream)
{
    return book->is_volatile ? &book->temporary.streams[stream] : &book->durable.streams[stream];
}

/* A destination the store has not seen before starts where the site says. */
static void
start_anew(struct book *book)
{
    const struct destination *destination = book->destination;
    memset(&book->durable, 0, sizeof book->durable);
    for (enum stream i = STREAM_EVENT; i < STREAM_END; i++) {
        uint64_t first = 1;
        if (destination->start == START_NOW)
            first = reader_durable(book->reader, i) + 1;
        else if (destination->start == START_TIME)
            first = reader_seek(book->reader, i, destination->start_utc_ms);
        if (first > 1)
            cursor_mark(&book->durable.streams[i], 1, first - 1, CURSOR_SKIPPED);
    }
}

/* Its sequences go on from the durable store's: what lies before is not its own. */
static void
start_temporary(struct book *book)
{
    memset(&book->temporary, 0, sizeof book->temporary);
    for (enum stream i = STREAM_EVENT; i < STREAM_END; i++) {
        uint64_t oldest = reader_oldest(book->reader, i);
        if (oldest > 1)
            cursor_mark(&book->temporary.streams[i], 1, oldest - 1, CURSOR_SKIPPED);
    }
}

void
book_open(struct book *book)
{
    const char *store_id = reader_store_id(book->reader);
    book->is_volatile = reader_is_volatile(book->reader);
    book->looked_mono_ms = 0;
    if (book->is_volatile) {
        start_temporary(book);
        return;
    }
    if (strcmp(book->store_id, store_id) != 0) {
        snprintf(book->store_id, sizeof book->store_id, "%s", store_id);
        if (!reader_cursors(book->reader, book->destination->number, &book->durable))
            start_anew(book);
    }
    book->changed = true;
}

static void
evict(struct book *book, enum stream stream, struct pace *pace)
{
    const struct cursor *cursor = book_cursor(book, stream);
    uint64_t oldest = reader_oldest(book->reader, stream);
    if (oldest <= cursor->low + 1)
        return;
    book_mark(book, stream, cursor->low + 1, oldest - 1, CURSOR_EVICTED);
    pace_drop(pace, stream, oldest - 1);
}

static void
count(struct book *book, enum stream stream, uint64_t durable)
{
    const struct cursor *cursor = book_cursor(book, stream);
    struct destination_counters *counters = book->counters;
    atomic_store_explicit(&counters->queued[stream], cursor_count_open(cursor, durable),
                          memory_order_relaxed);
    atomic_store_explicit(&counters->acknowledged[stream], cursor->acknowledged,
                          memory_order_relaxed);
    atomic_store_explicit(&counters->skipped[stream], cursor->skipped, memory_order_relaxed);
    atomic_store_explicit(&counters->evicted[stream], cursor->evicted, memory_order_relaxed);
    atomic_store_explicit(&counters->rejected[stream], cursor->rejected, memory_order_relaxed);
}

/* When the oldest record that waits was made: for the operator. */
static void
find_oldest(struct book *book, int64_t mono_ms)
{
    int64_t oldest_utc_ms = 0;
    uint64_t queued = 0;
    for (enum stream i = STREAM_EVENT; i < STREAM_END; i++)
        queued += atomic_load_explicit(&book->counters->queued[i], memory_order_relaxed);
    int64_t every_ms = queued < LONG_BACKLOG ? AGE_EVERY_MS : AGE_SELDOM_MS;
    if (book->aged_mono_ms != 0 && mono_ms - book->aged_mono_ms < every_ms)
        return;
    book->aged_mono_ms = mono_ms;
    for (enum stream i = STREAM_EVENT; i < STREAM_END; i++) {
        const struct cursor *cursor = book_cursor(book, i);
        if (!book_wants(book, i) || cursor->low >= reader_durable(book->reader, i))
            continue;
        int64_t utc_ms = reader_backlog(book->reader, i, cursor->low).earliest_utc_ms;
        if (utc_ms != 0 && (oldest_utc_ms == 0 || utc_ms < oldest_utc_ms))
            oldest_utc_ms = utc_ms;
    }
    atomic_store_explicit(&book->counters->oldest_queued_utc_ms, oldest_utc_ms,
                          memory_order_relaxed);
}

void
book_follow(struct book *book, struct pace *pace, int64_t mono_ms)
{
    bool look = book->looked_mono_ms == 0 || mono_ms - book->looked_mono_ms >= LOOK_EVERY_MS;
    if (look)
        book->looked_mono_ms = mono_ms;
    for (enum stream i = STREAM_EVENT; i < STREAM_END; i++) {
        uint64_t durable = reader_durable(book->reader, i);
        if (look)
            evict(book, i, pace);
        if (book_wants(book, i))
            pace_extend(pace, i, durable);
        else if (durable > book_cursor(book, i)->low)
            book_mark(book, i, book_cursor(book, i)->low + 1, durable, CURSOR_SKIPPED);
        count(book, i, durable);
    }
    find_oldest(book, mono_ms);
}

void
book_mark(struct book *book, enum stream stream, uint64_t first, uint64_t last,
          enum cursor_fate fate)
{
    if (cursor_mark(book_cursor(book, stream), first, last, fate) && !book->is_volatile)
        book->changed = true;
}

void
book_save(struct book *book, int64_t mono_ms, bool now)
{
    if (!book->changed || (!now && mono_ms - book->saved_mono_ms < SAVE_EVERY_MS))
        return;
    board_put(book->board, book->destination->index, &book->durable, sizeof book->durable);
    book->changed = false;
    book->saved_mono_ms = mono_ms;
}

int64_t
book_next_mono_ms(const struct book *book)
{
    return book->changed ? book->saved_mono_ms + SAVE_EVERY_MS : INT64_MAX;
}

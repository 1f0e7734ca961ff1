/* All that threads exchange goes through here: queues of small values, and boards of pages of which
 * only the newest counts. The only file that owns a mutex. Everything is bounded and allocated at
 * creation; posting never waits. */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;

/* Room for `capacity` items of `item_size` bytes, the last `reserved` of which only
 * queue_post_reserved may take. 0 or -ENOMEM. */
int queue_new(size_t item_size, size_t capacity, size_t reserved, struct queue **ret_queue);
void queue_free(struct queue *queue);

/* Copies the item in; false when there is no room. Any thread. */
bool queue_post(struct queue *queue, const void *item);
bool queue_post_reserved(struct queue *queue, const void *item);

/* Makes the next queue_take return false at once even when empty; wakes coalesce. Any thread. */
void queue_wake(struct queue *queue);

/* Waits until an item is there (true), or a wake or the monotonic deadline came (false). */
bool queue_take(struct queue *queue, int64_t deadline_mono_ms, void *ret_item);

size_t queue_depth(struct queue *queue);

struct board;

/* `slots` pages of at most `page_size` bytes each. 0 or -ENOMEM. */
int board_new(size_t slots, size_t page_size, struct board **ret_board);
void board_free(struct board *board);

/* Replaces the page; its version (from 1) goes up. False when it is too large. Any thread. */
bool board_put(struct board *board, size_t slot, const void *bytes, size_t length);

/* The page's version, 0 while nothing was put; lock-free. */
uint64_t board_version(const struct board *board, size_t slot);

/* Copies the page out; returns its length (0: nothing there, or it does not fit). */
size_t board_copy(struct board *board, size_t slot, void *ret_bytes, size_t capacity,
                  uint64_t *ret_version);

#endif

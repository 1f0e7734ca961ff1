/* Threads meet here and nowhere else, so this is the only file with a mutex: no lock is ever held
 * while another is taken, and none is held across a system call other than the wait itself. A queue
 * is a ring of copies; a board is a row of pages under one lock with a version each. */
#include "base/queue.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    size_t item_size, capacity, reserved;
    size_t first, depth;
    bool woken;
    unsigned char *items;
};

/* Waits are on CLOCK_MONOTONIC: a step of the clock neither ends nor prolongs one. */
static int
new_condition(pthread_cond_t *ret_condition)
{
    pthread_condattr_t attributes;
    int rc = pthread_condattr_init(&attributes);
    if (rc)
        return -rc;
    rc = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (!rc)
        rc = pthread_cond_init(ret_condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return -rc;
}

int
queue_new(size_t item_size, size_t capacity, size_t reserved, struct queue **ret_queue)
{
    assert(item_size > 0 && capacity > 0 && reserved <= capacity);
    struct queue *queue = calloc(1, sizeof *queue);
    unsigned char *items = calloc(capacity, item_size);
    if (!queue || !items || new_condition(&queue->filled) < 0) {
        free(items);
        free(queue);
        return -ENOMEM;
    }
    pthread_mutex_init(&queue->mutex, NULL);
    queue->item_size = item_size;
    queue->capacity = capacity;
    queue->reserved = reserved;
    queue->items = items;
    *ret_queue = queue;
    return 0;
}

void
queue_free(struct queue *queue)
{
    if (!queue)
        return;
    pthread_cond_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->mutex);
    free(queue->items);
    free(queue);
}

static bool
post_within(struct queue *queue, const void *item, size_t capacity)
{
    pthread_mutex_lock(&queue->mutex);
    bool fits = queue->depth < capacity;
    if (fits) {
        size_t last = queue->first + queue->depth;
        if (last >= queue->capacity)
            last -= queue->capacity;
        memcpy(queue->items + last * queue->item_size, item, queue->item_size);
        queue->depth++;
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->mutex);
    return fits;
}

bool
queue_post(struct queue *queue, const void *item)
{
    return post_within(queue, item, queue->capacity - queue->reserved);
}

bool
queue_post_reserved(struct queue *queue, const void *item)
{
    return post_within(queue, item, queue->capacity);
}

void
queue_wake(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->woken = true;
    pthread_cond_signal(&queue->filled);
    pthread_mutex_unlock(&queue->mutex);
}

/* Within what time_t holds on every platform; 68 years after boot is late enough. */
static struct timespec
instant_of(int64_t mono_ms)
{
    if (mono_ms < 0)
        return (struct timespec){0};
    int64_t seconds = mono_ms / 1000;
    return (struct timespec){.tv_sec = (time_t)(seconds > INT32_MAX ? INT32_MAX : seconds),
                             .tv_nsec = (long)(mono_ms % 1000) * 1000000};
}

bool
queue_take(struct queue *queue, int64_t deadline_mono_ms, void *ret_item)
{
    struct timespec deadline = instant_of(deadline_mono_ms);
    int rc = 0;
    pthread_mutex_lock(&queue->mutex);
    while (!queue->depth && !queue->woken && rc == 0)
        rc = pthread_cond_timedwait(&queue->filled, &queue->mutex, &deadline);
    bool taken = queue->depth && !queue->woken;
    if (taken) {
        memcpy(ret_item, queue->items + queue->first * queue->item_size, queue->item_size);
        queue->depth--;
        if (++queue->first == queue->capacity)
            queue->first = 0;
    }
    queue->woken = false;
    pthread_mutex_unlock(&queue->mutex);
    return taken;
}

size_t
queue_depth(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    size_t depth = queue->depth;
    pthread_mutex_unlock(&queue->mutex);
    return depth;
}

struct slot {
    atomic_ullong version;
    size_t length;
    unsigned char *page;
};

struct board {
    pthread_mutex_t mutex;
    size_t count, page_size;
    unsigned char *pages;
    struct slot slots[];
};

int
board_new(size_t slots, size_t page_size, struct board **ret_board)
{
    assert(slots > 0 && page_size > 0);
    struct board *board = calloc(1, sizeof *board + slots * sizeof board->slots[0]);
    unsigned char *pages = calloc(slots, page_size);
    if (!board || !pages) {
        free(pages);
        free(board);
        return -ENOMEM;
    }
    pthread_mutex_init(&board->mutex, NULL);
    board->count = slots;
    board->page_size = page_size;
    board->pages = pages;
    for (size_t i = 0; i < slots; i++) {
        atomic_init(&board->slots[i].version, 0);
        board->slots[i].page = pages + i * page_size;
    }
    *ret_board = board;
    return 0;
}

void
board_free(struct board *board)
{
    if (!board)
        return;
    pthread_mutex_destroy(&board->mutex);
    free(board->pages);
    free(board);
}

bool
board_put(struct board *board, size_t slot, const void *bytes, size_t length)
{
    assert(slot < board->count);
    if (length > board->page_size)
        return false;
    struct slot *at = &board->slots[slot];
    pthread_mutex_lock(&board->mutex);
    if (length)
        memcpy(at->page, bytes, length);
    at->length = length;
    atomic_fetch_add_explicit(&at->version, 1, memory_order_release);
    pthread_mutex_unlock(&board->mutex);
    return true;
}

uint64_t
board_version(const struct board *board, size_t slot)
{
    assert(slot < board->count);
    return atomic_load_explicit(&board->slots[slot].version, memory_order_acquire);
}

size_t
board_copy(struct board *board, size_t slot, void *ret_bytes, size_t capacity,
           uint64_t *ret_version)
{
    assert(slot < board->count);
    struct slot *at = &board->slots[slot];
    pthread_mutex_lock(&board->mutex);
    uint64_t version = atomic_load_explicit(&at->version, memory_order_relaxed);
    size_t length = version && at->length <= capacity ? at->length : 0;
    if (length) {
        memcpy(ret_bytes, at->page, length);
        *ret_version = version;
    }
    pthread_mutex_unlock(&board->mutex);
    return length;
}

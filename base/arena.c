/* A site's text and arrays live exactly as long as the site, so they are freed in one go. Blocks
 * come from calloc and are handed out from their front; a large piece gets a block of its own size.
 * Nothing is ever given back singly, and running out of memory ends the process: this is only used
 * at start and at reload, where there is nothing sensible left to do. */
#include "base/arena.h"

#include "base/log.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 16384

struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) unsigned char memory[];
};

struct arena {
    struct block *blocks; /* the first one is being filled */
};

static void *
must_calloc(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory) {
        log_error("out of memory: %zu bytes more were needed", size);
        abort();
    }
    return memory;
}

struct arena *
arena_new(void)
{
    return must_calloc(sizeof(struct arena));
}

void
arena_free(struct arena *arena)
{
    if (!arena)
        return;
    for (struct block *block = arena->blocks; block;) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    free(arena);
}

void *
arena_take(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX - sizeof(struct block) - align) {
        log_error("out of memory: %zu bytes in one piece", size);
        abort();
    }
    size = (size + align - 1) / align * align;
    struct block *block = arena->blocks;
    if (!block || block->size - block->used < size) {
        size_t capacity = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = must_calloc(sizeof *block + capacity);
        block->size = capacity;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *piece = block->memory + block->used;
    block->used += size;
    return piece;
}

char *
arena_text(struct arena *arena, const char *text)
{
    return arena_text_n(arena, text, strlen(text));
}

char *
arena_text_n(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_take(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

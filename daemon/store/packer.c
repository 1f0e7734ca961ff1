/* The working memory of packing and unpacking: grows to what the largest body wanted. */
#include "daemon/store/pack_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
packer_new(struct packer **ret_packer)
{
    struct packer *packer = calloc(1, sizeof *packer);

    if (packer == NULL)
        return -ENOMEM;
    packer->holes = malloc(PACK_HOLES);
    packer->compressor = ZSTD_createCCtx();
    packer->decompressor = ZSTD_createDCtx();
    if (packer->holes == NULL || packer->compressor == NULL || packer->decompressor == NULL) {
        packer_free(packer);
        return -ENOMEM;
    }
    *ret_packer = packer;
    return 0;
}

void
packer_free(struct packer *packer)
{
    if (packer == NULL)
        return;
    ZSTD_freeCCtx(packer->compressor);
    ZSTD_freeDCtx(packer->decompressor);
    struct buf *bufs[] = {&packer->shapes, &packer->index,  &packer->body,   &packer->check,
                          &packer->forms,  &packer->widths, &packer->firsts, &packer->planes};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_free(bufs[i]);
    free(packer->holes);
    free(packer->groups);
    free(packer->entries);
    free(packer->order);
    free(packer->leaves);
    free(packer->words);
    free(packer->slots);
    free(packer->cuts);
    free(packer->outlets);
    free(packer);
}

int
packer_grow(void *pointer, size_t *capacity, size_t count, size_t size)
{
    void *memory;

    if (count <= *capacity)
        return 0;
    size_t wanted = count + count / 2;
    memcpy(&memory, pointer, sizeof memory);
    void *grown = realloc(memory, wanted * size);
    if (grown == NULL)
        return -ENOMEM;
    memcpy(pointer, &grown, sizeof grown);
    *capacity = wanted;
    return 0; // cppcheck-suppress memleak ; `pointer` has it
}

int
packer_reserve(struct buf *buf, size_t capacity)
{
    size_t length = buf->length;

    if (buf->capacity >= capacity && !buf->overflow)
        return 0;
    capacity += capacity / 2;
    uint8_t *memory = realloc(buf->data, capacity);
    if (memory == NULL)
        return -ENOMEM;
    *buf = (struct buf){.data = memory, .length = length, .capacity = capacity};
    return 0;
}

/* What packing (pack.c) and unpacking (unpack.c) share. */
#ifndef DAEMON_STORE_PACK_PARTS_H
#define DAEMON_STORE_PACK_PARTS_H

#include "daemon/store/column.h"
#include "daemon/store/pack.h"
#include "daemon/store/shape.h"

#include <zstd.h>

#define PACK_HOLES 32768 /* of one shape; a body with more stays plain */

/* Records of one shape. */
struct group {
    size_t shape, shape_length; /* within `shapes` (packing) or the index (unpacking) */
    uint32_t hash;
    size_t rows, first; /* its records: order[first .. first + rows) */
    size_t holes;
    bool wanted; /* unpacking */
};

struct entry { /* a record */
    uint32_t group;
    size_t leaf; /* its first */
};

/* A column on its way out; texts stand behind the planes of their lengths. */
struct outlet {
    struct column column;
    const uint8_t *text;
    uint32_t text_left;
    uint8_t kind; /* enum hole */
};

struct packer {
    ZSTD_CCtx *compressor;
    ZSTD_DCtx *decompressor;
    struct buf shapes, index, body, check;    /* grown by packer_reserve */
    struct buf forms, widths, firsts, planes; /* of a frame: the heads of its columns, the rest */
    uint8_t *holes;                           /* PACK_HOLES */
    struct group *groups;
    size_t group_count, group_capacity;
    struct entry *entries;
    size_t entry_count, entry_capacity;
    uint32_t *order;
    size_t order_capacity;
    uint64_t *leaves, *words;
    size_t leaf_capacity, word_capacity;
    uint32_t *slots; /* hash table over groups: index + 1 */
    size_t slot_count;
    size_t *cuts; /* ends of columns within `planes` */
    size_t cut_count, cut_capacity;
    struct outlet *outlets;
    size_t outlet_capacity;
};

/* Room for `count` more at least, what is there stays. 0 or -ENOMEM. */
int packer_grow(void *pointer, size_t *capacity, size_t count, size_t size);
int packer_reserve(struct buf *buf, size_t capacity);

#endif

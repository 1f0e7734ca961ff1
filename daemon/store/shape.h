/* The shape of a record: what is the same in every record of its kind (arrays, maps, keys, which
 * device, what is null), with a hole for each number, text and byte string. Records of one shape
 * lie in columns, a column a hole. docs/store.md, "Shapes". Pure. */
#ifndef DAEMON_STORE_SHAPE_H
#define DAEMON_STORE_SHAPE_H

#include "daemon/store/column.h"

enum hole {
    HOLE_SEQUENCE = 0xE0, /* item 2: counted, not told */
    HOLE_INTEGER,         /* word: two's complement */
    HOLE_NATURAL,         /* a natural above 2^63 - 1 */
    HOLE_DOUBLE,          /* word: the bits */
    HOLE_TEXT,            /* word: where it stands, see struct leaves */
    HOLE_BYTES,
};

/* What stood in the holes of a record, in order. A text or byte string as the distance of its
 * first byte from `origin` and its length: distance << 24 | length. */
struct leaves {
    const uint8_t *origin;
    uint64_t *words;
    size_t count, capacity;
};

/* Takes a record apart: its shape is appended to `shape`, its leaves to `leaves`. False where it is
 * not deterministic CBOR of the kind we write, or there is no room. */
bool shape_take(struct bytes *record, struct buf *shape, struct leaves *leaves);

/* Puts a record together again. `next` gives the word of the hole-th hole; a text or byte string is
 * appended by `text` instead. False where the shape is malformed. */
struct filler {
    uint64_t sequence;
    uint64_t (*next)(void *context, size_t hole);
    void (*text)(void *context, size_t hole, struct buf *buf);
    void *context;
};
bool shape_put(struct bytes shape, const struct filler *filler, struct buf *buf);

/* The holes of a shape, in order: at most `capacity`; false where it is malformed or has more. */
bool shape_holes(struct bytes shape, uint8_t *ret_holes, size_t capacity, size_t *ret_count);

/* The natural that stands as item 7 (a device, a point); 0 where there is none. */
uint64_t shape_subject(struct bytes shape);

#endif

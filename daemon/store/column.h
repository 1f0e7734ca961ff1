/* One leaf of many records as a column of 64-bit words, and back: docs/store.md, "Columns". Numbers
 * become whole numbers where that is exact (as instruments deliver them: so many tenths), are told
 * by their differences and lie as planes of bytes, which is what zstd likes. Pure. */
#ifndef DAEMON_STORE_COLUMN_H
#define DAEMON_STORE_COLUMN_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the words of a column are. */
enum column_kind {
    COLUMN_INTEGER, /* two's complement */
    COLUMN_DOUBLE,  /* the bits of an IEEE double */
};

/* Where a column begins: how its words are made, and the first of them. */
struct column_head {
    uint8_t form;  /* form << 4 | exponent */
    uint8_t width; /* predictor << 4 | bytes a difference */
    uint64_t first;
};

/* Appends the column's planes; `words` is scratch afterwards. */
struct column_head column_put(struct buf *planes, enum column_kind kind, uint64_t *words,
                              size_t rows);

/* Reads a column word by word, in order. */
struct column {
    uint8_t form, exponent; /* how a word is made of a whole number: column.c */
    uint8_t predictor, width;
    uint32_t rows, row;
    const uint8_t *plane; /* byte j of difference i stands at plane[j * (rows - 1) + i] */
    uint64_t word, step;  /* the word before, and the difference before */
};

/* A bounded walk over bytes nobody vouches for; `failed` sticks. */
struct bytes {
    const uint8_t *at, *end;
    bool failed;
};
uint64_t bytes_varint(struct bytes *bytes);
const uint8_t *bytes_take(struct bytes *bytes, size_t length); /* NULL: cut short */
void buf_varint(struct buf *buf, uint64_t value);

/* False where the head or the planes are not well-formed. */
bool column_take(const struct column_head *head, struct bytes *planes, size_t rows,
                 struct column *ret_column);

/* The next word; 0 behind the last. */
uint64_t column_next(struct column *column);

#endif

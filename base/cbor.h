/* Deterministic CBOR (RFC 8949 section 4.2.1) over struct buf, and a bounded pull reader; libcbor
 * does the bytes and is included by cbor.c alone. Doubles take the shortest of half, single and
 * double that keeps the value; map keys must be written in bytewise ascending order by the caller;
 * only definite lengths. */
#ifndef BASE_CBOR_H
#define BASE_CBOR_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

void cbor_put_natural(struct buf *buf, uint64_t value);
void cbor_put_integer(struct buf *buf, int64_t value);
void cbor_put_double(struct buf *buf, double value);
void cbor_put_bool(struct buf *buf, bool value);
void cbor_put_null(struct buf *buf);
void cbor_put_text(struct buf *buf, const char *text, size_t length);
void cbor_put_bytes(struct buf *buf, const void *bytes, size_t length);
void cbor_put_array(struct buf *buf, size_t count);
void cbor_put_map(struct buf *buf, size_t pairs);

enum cbor_kind {
    CBOR_KIND_NATURAL,  /* natural */
    CBOR_KIND_NEGATIVE, /* integer, below zero */
    CBOR_KIND_DOUBLE,
    CBOR_KIND_BOOL, /* natural: 0 or 1 */
    CBOR_KIND_NULL,
    CBOR_KIND_TEXT,  /* bytes, length; not NUL-terminated */
    CBOR_KIND_BYTES, /* bytes, length */
    CBOR_KIND_ARRAY, /* natural: number of elements */
    CBOR_KIND_MAP,   /* natural: number of pairs */
};

struct cbor_item {
    enum cbor_kind kind;
    uint64_t natural;
    int64_t integer;
    double number;
    const uint8_t *bytes; /* into the cursor's memory */
    size_t length;
};

struct cbor_cursor {
    const uint8_t *at;
    size_t left;
    bool failed; /* sticky: something was cut, malformed or of the wrong kind */
};

void cbor_cursor_init(struct cbor_cursor *cursor, const void *bytes, size_t length);

/* The next item head; false at the end or on malformed input (then cursor->failed). */
bool cbor_take(struct cbor_cursor *cursor, struct cbor_item *ret_item);

/* The next item if it is of that kind; otherwise the cursor fails and 0 / NULL is returned.
 * Naturals and negatives are both integers; an integer is not taken for a double. */
uint64_t cbor_take_natural(struct cbor_cursor *cursor);
int64_t cbor_take_integer(struct cbor_cursor *cursor);
double cbor_take_double(struct cbor_cursor *cursor);
bool cbor_take_bool(struct cbor_cursor *cursor);
bool cbor_take_null(struct cbor_cursor *cursor); /* true and consumed if the next item is null */
const char *cbor_take_text(struct cbor_cursor *cursor, size_t *ret_length);
const uint8_t *cbor_take_bytes(struct cbor_cursor *cursor, size_t *ret_length);
size_t cbor_take_array(struct cbor_cursor *cursor);
size_t cbor_take_map(struct cbor_cursor *cursor);
void cbor_skip(struct cbor_cursor *cursor); /* one whole item, depth at most 16 */

#endif

/* A bounded byte buffer. It never grows: memory is taken at start. Once something did not fit,
 * `overflow` stays true until the next buf_clear and nothing more is written, so that a caller may
 * write a whole message and ask once at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    uint8_t *data;
    size_t length;
    size_t capacity;
    bool overflow;
};

/* Over memory of the caller. */
void buf_init(struct buf *buf, void *memory, size_t capacity);

/* Over memory of its own: 0 or -ENOMEM; freed by buf_free (which accepts a zeroed buf). */
int buf_new(struct buf *ret_buf, size_t capacity);
void buf_free(struct buf *buf);

void buf_clear(struct buf *buf);

/* Cuts back to an earlier length and forgets an overflow: undoes a record that did not fit. */
void buf_cut(struct buf *buf, size_t length);
void buf_append(struct buf *buf, const void *bytes, size_t length);
void buf_byte(struct buf *buf, uint8_t byte);
void buf_text(struct buf *buf, const char *text);

/* Needs room for one byte more than it writes: the NUL of the C library. */
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The content as a C string (a NUL is put behind it, not counted). "" when not even that fits. */
const char *buf_string(struct buf *buf);

#endif

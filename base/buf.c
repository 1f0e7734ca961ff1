/* Every message, record and page is written into one of these. It never allocates after buf_new and
 * never writes past its capacity; a piece that does not fit is left out whole. */
#include "base/buf.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_init(struct buf *buf, void *memory, size_t capacity)
{
    *buf = (struct buf){.data = memory, .capacity = capacity};
}

int
buf_new(struct buf *ret_buf, size_t capacity)
{
    void *memory = malloc(capacity ? capacity : 1);
    if (!memory)
        return -ENOMEM;
    buf_init(ret_buf, memory, capacity);
    return 0;
}

void
buf_free(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){0};
}

void
buf_clear(struct buf *buf)
{
    buf_cut(buf, 0);
}

void
buf_cut(struct buf *buf, size_t length)
{
    assert(length <= buf->length);
    buf->length = length;
    buf->overflow = false;
}

void
buf_append(struct buf *buf, const void *bytes, size_t length)
{
    if (buf->overflow || length > buf->capacity - buf->length) {
        buf->overflow = true;
        return;
    }
    if (length) {
        memcpy(buf->data + buf->length, bytes, length);
        buf->length += length;
    }
}

void
buf_byte(struct buf *buf, uint8_t byte)
{
    if (buf->overflow || buf->length == buf->capacity) {
        buf->overflow = true;
        return;
    }
    buf->data[buf->length++] = byte;
}

void
buf_text(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void
buf_printf(struct buf *buf, const char *format, ...)
{
    if (buf->overflow)
        return;
    size_t space = buf->capacity - buf->length;
    va_list arguments;
    va_start(arguments, format);
    int needed = vsnprintf(space ? (char *)buf->data + buf->length : NULL, space, format,
                           arguments);
    va_end(arguments);
    if (needed < 0 || (size_t)needed >= space)
        buf->overflow = true;
    else
        buf->length += (size_t)needed;
}

const char *
buf_string(struct buf *buf)
{
    if (buf->length == buf->capacity)
        return "";
    buf->data[buf->length] = '\0';
    return (const char *)buf->data;
}

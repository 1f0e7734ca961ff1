/* A JSON writer over a struct buf: commas and escapes by itself, no tree, no memory of its own.
 * Non-finite doubles become null. Text is written as UTF-8; bytes that are not become U+FFFD.
 * No name here is one of jansson's (json_integer, json_null): the linker would give it ours. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct json {
    struct buf *buf;
    bool comma; /* the next element of the open object or array needs one */
};

void json_init(struct json *json, struct buf *buf);
void json_begin_object(struct json *json);
void json_end_object(struct json *json);
void json_begin_array(struct json *json);
void json_end_array(struct json *json);
void json_key(struct json *json, const char *key);
void json_text(struct json *json, const char *text);
void json_text_n(struct json *json, const char *text, size_t length);
void json_number(struct json *json, double value);
void json_signed(struct json *json, int64_t value);
void json_natural(struct json *json, uint64_t value);
void json_bool(struct json *json, bool value);
void json_none(struct json *json);
void json_hex(struct json *json, const uint8_t *bytes, size_t length);

/* key and value in one call */
void json_put_text(struct json *json, const char *key, const char *text);
void json_put_number(struct json *json, const char *key, double value);
void json_put_integer(struct json *json, const char *key, int64_t value);
void json_put_natural(struct json *json, const char *key, uint64_t value);
void json_put_bool(struct json *json, const char *key, bool value);

/* Do objects and arrays stand more than `most` deep in this text? For readers that recurse. */
bool json_is_deep(const char *text, size_t length, int most);

#endif

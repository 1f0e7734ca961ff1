/* Payloads are written straight into their buffer, value by value. The caller keeps the nesting
 * right; whether everything fitted stands in buf->overflow at the end. */
#include "base/json.h"

#include "base/number.h"

#include <math.h>
#include <string.h>

#define HEX_PIECE 64

static const char hex_digits[] = "0123456789abcdef";

void
json_init(struct json *json, struct buf *buf)
{
    *json = (struct json){.buf = buf};
}

static void
separate(struct json *json)
{
    if (json->comma)
        buf_byte(json->buf, ',');
    json->comma = true;
}

static void
begin(struct json *json, uint8_t bracket)
{
    separate(json);
    buf_byte(json->buf, bracket);
    json->comma = false;
}

static void
end(struct json *json, uint8_t bracket)
{
    buf_byte(json->buf, bracket);
    json->comma = true;
}

void
json_begin_object(struct json *json)
{
    begin(json, '{');
}

void
json_end_object(struct json *json)
{
    end(json, '}');
}

void
json_begin_array(struct json *json)
{
    begin(json, '[');
}

void
json_end_array(struct json *json)
{
    end(json, ']');
}

static bool
is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

static bool
is_tail(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Length of the UTF-8 character at `bytes`, 0 when it is none (RFC 3629: no overlong form, no
 * surrogate, nothing above U+10FFFF). */
static size_t
character_length(const uint8_t *bytes, size_t left)
{
    uint8_t first = bytes[0];
    if (first < 0x80)
        return 1;
    if (left < 2 || first < 0xC2 || first > 0xF4 || !is_tail(bytes[1]))
        return 0;
    if (first < 0xE0)
        return 2;
    if (left < 3 || !is_tail(bytes[2]))
        return 0;
    unsigned two = (unsigned)first << 8 | bytes[1];
    if (first < 0xF0)
        return two < 0xE0A0 || (two >= 0xEDA0 && two <= 0xEDBF) ? 0 : 3;
    return left < 4 || !is_tail(bytes[3]) || two < 0xF090 || two > 0xF48F ? 0 : 4;
}

static void
put_escape(struct buf *buf, uint8_t byte)
{
    char text[6] = {'\\', 'u', '0', '0', hex_digits[byte >> 4], hex_digits[byte & 15]};
    const char *letter = strchr("\"\"\\\\\bb\ff\nn\rr\tt", byte);
    if (!byte || !letter) {
        buf_append(buf, text, sizeof text);
        return;
    }
    text[1] = letter[1];
    buf_append(buf, text, 2);
}

static void
put_quoted(struct buf *buf, const uint8_t *bytes, size_t length)
{
    buf_byte(buf, '"');
    size_t at = 0;
    while (at < length) {
        size_t start = at;
        while (at < length && is_plain(bytes[at]))
            at++;
        buf_append(buf, bytes + start, at - start);
        if (at == length)
            break;
        size_t size = character_length(bytes + at, length - at);
        if (size > 1)
            buf_append(buf, bytes + at, size);
        else if (size == 1)
            put_escape(buf, bytes[at]);
        else
            buf_append(buf, "\xEF\xBF\xBD", 3);
        at += size ? size : 1;
    }
    buf_byte(buf, '"');
}

void
json_key(struct json *json, const char *key)
{
    separate(json);
    put_quoted(json->buf, (const uint8_t *)key, strlen(key));
    buf_byte(json->buf, ':');
    json->comma = false;
}

void
json_text(struct json *json, const char *text)
{
    json_text_n(json, text, strlen(text));
}

void
json_text_n(struct json *json, const char *text, size_t length)
{
    separate(json);
    put_quoted(json->buf, (const uint8_t *)text, length);
}

void
json_number(struct json *json, double value)
{
    if (!isfinite(value)) {
        json_none(json);
        return;
    }
    char text[NUMBER_TEXT];
    separate(json);
    buf_append(json->buf, text, number_print_double(value, text));
}

void
json_signed(struct json *json, int64_t value)
{
    char text[NUMBER_TEXT];
    separate(json);
    buf_append(json->buf, text, number_print_integer(value, text));
}

void
json_natural(struct json *json, uint64_t value)
{
    char text[NUMBER_TEXT];
    separate(json);
    buf_append(json->buf, text, number_print_natural(value, text));
}

void
json_bool(struct json *json, bool value)
{
    separate(json);
    buf_text(json->buf, value ? "true" : "false");
}

void
json_none(struct json *json)
{
    separate(json);
    buf_append(json->buf, "null", 4);
}

void
json_hex(struct json *json, const uint8_t *bytes, size_t length)
{
    char text[2 * HEX_PIECE];
    separate(json);
    buf_byte(json->buf, '"');
    for (size_t at = 0; at < length;) {
        size_t n = 0;
        for (; n < HEX_PIECE && at < length; n++, at++) {
            text[2 * n] = hex_digits[bytes[at] >> 4];
            text[2 * n + 1] = hex_digits[bytes[at] & 15];
        }
        buf_append(json->buf, text, 2 * n);
    }
    buf_byte(json->buf, '"');
}

void
json_put_text(struct json *json, const char *key, const char *text)
{
    json_key(json, key);
    json_text(json, text);
}

void
json_put_number(struct json *json, const char *key, double value)
{
    json_key(json, key);
    json_number(json, value);
}

void
json_put_integer(struct json *json, const char *key, int64_t value)
{
    json_key(json, key);
    json_signed(json, value);
}

void
json_put_natural(struct json *json, const char *key, uint64_t value)
{
    json_key(json, key);
    json_natural(json, value);
}

void
json_put_bool(struct json *json, const char *key, bool value)
{
    json_key(json, key);
    json_bool(json, value);
}

bool
json_is_deep(const char *text, size_t length, int most)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        if (quoted && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && (text[i] == '{' || text[i] == '[') && ++depth > most)
            return true;
        else if (!quoted && (text[i] == '}' || text[i] == ']'))
            depth--;
    }
    return false;
}

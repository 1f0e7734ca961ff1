/* The lines of a recording: "TOPIC PAYLOAD" or "PAYLOAD". */
#include "base/buf.h"
#include "ctl/stream_parts.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_THAT_FIT 18 /* 63 bits */

int
stream_lines_open(const char *path, struct stream_lines *ret_lines)
{
    *ret_lines = (struct stream_lines){.file = fopen(path, "re")};
    return ret_lines->file != NULL ? 0 : -errno;
}

void
stream_lines_close(struct stream_lines *lines)
{
    json_decref(lines->line.page);
    free(lines->text);
    if (lines->file != NULL)
        fclose(lines->file);
    *lines = (struct stream_lines){0};
}

bool
stream_lines_failed(const struct stream_lines *lines)
{
    return lines->is_failed || ferror(lines->file) != 0;
}

static bool
grow(struct stream_lines *lines)
{
    size_t room = lines->room == 0 ? 65536 : lines->room * 2;
    char *text = realloc(lines->text, room);

    lines->is_failed = text == NULL;
    if (text == NULL)
        return false;
    lines->text = text;
    lines->room = room;
    return true;
}

/* The next line without its end; what is beyond STREAM_LINE_MOST is passed over. */
static bool
read_line(struct stream_lines *lines)
{
    size_t length = 0;
    int byte;

    lines->line = (struct stream_line){.number = lines->line.number + 1};
    while ((byte = getc_unlocked(lines->file)) != EOF && byte != '\n') {
        if (length + 2 > lines->room && length < STREAM_LINE_MOST && !grow(lines))
            return false;
        if (length < STREAM_LINE_MOST)
            lines->text[length++] = (char)byte;
        else
            lines->line.is_too_long = true;
    }
    if (ferror(lines->file) || (byte == EOF && length == 0) || (lines->room == 0 && !grow(lines)))
        return false;
    lines->text[length] = '\0';
    lines->line.length = length;
    return true;
}

/* Behind the digits at `at`. */
static const char *
skip_digits(const char *at, const char *end)
{
    while (at < end && isdigit((unsigned char)*at))
        at++;
    return at;
}

/* Behind an escape, the digits of a number, or one byte. */
static const char *
skip_token(const char *at, const char *end, bool quoted)
{
    if (quoted && *at == '\\' && at + 1 < end)
        return at + 2;
    if (!quoted && isdigit((unsigned char)*at))
        return skip_digits(at, end);
    return at + 1;
}

/* These digits are a whole integer (no fraction, no exponent) that jansson cannot hold. */
static bool
is_large(const char *text, const char *at, const char *behind)
{
    bool negative = at > text && at[-1] == '-';
    const char *before = at - (negative ? 1 : 0);

    if (behind - at <= DIGITS_THAT_FIT || !isdigit((unsigned char)*at) ||
        (before > text && strchr("[:, \t", before[-1]) == NULL) || strchr(".eE", *behind) != NULL)
        return false;
    errno = 0;
    (void)strtoll(before, NULL, 10);
    return errno == ERANGE;
}

/* A whole double is written without exponent where that is shorter, also when it is larger than
 * jansson's integers: ".0" makes it the double it is. */
static json_t *
load_with_large(const char *text, size_t length)
{
    struct buf buf;
    const char *end = text + length;
    const char *behind;
    bool quoted = false;
    json_t *page = NULL;

    if (buf_new(&buf, length + length / DIGITS_THAT_FIT * 2 + 16) != 0)
        return NULL;
    for (const char *at = text; at < end; at = behind) {
        behind = skip_token(at, end, quoted);
        buf_append(&buf, at, (size_t)(behind - at));
        if (*at == '"')
            quoted = !quoted;
        if (!quoted && is_large(text, at, behind))
            buf_text(&buf, ".0");
    }
    if (!buf.overflow)
        page = json_loadb((char *)buf.data, buf.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
                          NULL);
    buf_free(&buf);
    return page;
}

static json_t *
load(const char *text, size_t length)
{
    json_error_t error;
    json_t *page = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

    if (page == NULL && json_error_code(&error) == json_error_numeric_overflow)
        page = load_with_large(text, length);
    return page;
}

bool
stream_lines_next(struct stream_lines *lines)
{
    struct stream_line *line = &lines->line;

    json_decref(line->page);
    line->page = NULL;
    if (!read_line(lines))
        return false;
    char *payload = lines->text;
    char *space = strchr(payload, ' ');
    if (*payload != '{' && *payload != '[' && space != NULL) {
        *space = '\0';
        line->topic = payload;
        payload = space + 1;
    }
    size_t left = line->length - (size_t)(payload - lines->text);
    line->is_empty = left == 0;
    if (!line->is_empty && !line->is_too_long)
        line->page = load(payload, left);
    return true;
}

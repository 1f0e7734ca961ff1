/* One line each, so that no two commands share a text: a field that could hold a line end could
 * stand for the next field too, and is refused. The body is last and takes whatever is left. */
#include "daemon/command/signing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

static bool
is_clean(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

static void
put_line(struct buf *text, const char *line)
{
    buf_text(text, line);
    buf_byte(text, '\n');
}

static void
put_hex(struct buf *text, const uint8_t *bytes, size_t length)
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        buf_byte(text, (uint8_t)DIGITS[bytes[i] >> 4]);
        buf_byte(text, (uint8_t)DIGITS[bytes[i] & 15]);
    }
    buf_byte(text, '\n');
}

static void
put_time(struct buf *text, const struct signed_command *command)
{
    char decimal[24];
    if (command->challenge) {
        buf_text(text, "challenge:");
        put_line(text, command->challenge);
        return;
    }
    snprintf(decimal, sizeof decimal, "%" PRId64, command->time_utc_ms);
    put_line(text, decimal);
}

int
signing_print(const struct signed_command *command, struct buf *ret_text)
{
    const char *const before[] = {command->park, command->gateway_id, command->verb,
                                  command->response_topic};
    const char *const fields[] = {command->park,  command->gateway_id,
                                  command->verb,  command->response_topic,
                                  command->id,    command->by,
                                  command->nonce, command->challenge ? command->challenge : ""};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (!is_clean(fields[i]))
            return -EINVAL;
    buf_clear(ret_text);
    put_line(ret_text, "parkgate-command-1");
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
        put_line(ret_text, before[i]);
    put_hex(ret_text, command->correlation, command->correlation_length);
    put_line(ret_text, command->id);
    put_line(ret_text, command->by);
    put_time(ret_text, command);
    put_line(ret_text, command->nonce);
    buf_append(ret_text, command->body, command->body_length);
    return ret_text->overflow ? -ENOSPC : 0;
}

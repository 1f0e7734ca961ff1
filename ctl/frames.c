#include "ctl/frames.h"

#include <stdio.h>
#include <string.h>

static const char *const FUNCTIONS[] = {
    [1] = "read coils", [2] = "read discrete", [3] = "read holding", [4] = "read input",
    [5] = "write coil", [6] = "write holding", [15] = "write coils", [16] = "write holding"};

const char *
frames_exception(unsigned number)
{
    static const char *const NAMES[] = {"",
                                        "illegal function",
                                        "illegal data address",
                                        "illegal data value",
                                        "server device failure",
                                        "acknowledge",
                                        "server device busy",
                                        "",
                                        "memory parity error",
                                        "",
                                        "gateway path unavailable",
                                        "gateway target failed to respond"};

    return number < sizeof NAMES / sizeof *NAMES ? NAMES[number] : "";
}

/* NULL: not one of those parkgate sends. */
static const char *
function_name(unsigned function)
{
    return function < sizeof FUNCTIONS / sizeof *FUNCTIONS ? FUNCTIONS[function] : NULL;
}

static unsigned
word(const uint8_t *at)
{
    return (unsigned)(at[0] << 8 | at[1]);
}

/* Values from `at` on, whole ones only: "..." says that there are more (the hex has them). */
static void
tell_values(const uint8_t *at, size_t bytes, bool bits, char *text, size_t size)
{
    static const char MORE[] = " ...";
    size_t step = bits ? 1 : 2;
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i + step <= bytes; i += step) {
        char value[8];
        int length = snprintf(value, sizeof value, bits ? " %02x" : " %u",
                              bits ? at[i] : word(at + i));
        bool last = i + 2 * step > bytes;
        if (used + (size_t)length + (last ? 1 : sizeof MORE) > size) {
            snprintf(text + used, size - used, "%s", MORE);
            return;
        }
        memcpy(text + used, value, (size_t)length + 1);
        used += (size_t)length;
    }
}

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void
tell_write(const uint8_t *pdu, size_t length, bool sent, char *text, size_t size)
{
    int used = snprintf(text, size, "%s %u", function_name(pdu[0]), word(pdu + 1));
    char *rest = text + used;
    size_t room = size - (size_t)used;

    if (pdu[0] == 5)
        snprintf(rest, room, " := %s",
                 word(pdu + 3) == 0xFF00 ? "on"
                 : word(pdu + 3) == 0    ? "off"
                                         : "?");
    else if (pdu[0] == 6)
        snprintf(rest, room, " := %u", word(pdu + 3));
    else {
        used = snprintf(rest, room, " +%u%s", word(pdu + 3), sent && length > 6 ? " :=" : "");
        if (sent && length > 6)
            tell_values(pdu + 6, smaller(pdu[5], length - 6), pdu[0] == 15, rest + used,
                        room - (size_t)used);
    }
}

static void
tell_pdu(const uint8_t *pdu, size_t length, bool sent, char *text, size_t size)
{
    bool known = function_name(pdu[0] & 0x7F) != NULL;

    snprintf(text, size, "?");
    if (known && length >= 2 && (pdu[0] & 0x80) != 0)
        snprintf(text, size, "exception %u %s", pdu[1], frames_exception(pdu[1]));
    else if (known && length >= 5 && pdu[0] >= 5)
        tell_write(pdu, length, sent, text, size);
    else if (known && length >= 5 && sent)
        snprintf(text, size, "%s %u +%u", function_name(pdu[0]), word(pdu + 1), word(pdu + 3));
    else if (known && length >= 2 && pdu[0] <= 4 && !sent)
        tell_values(pdu + 2, smaller(pdu[1], length - 2), pdu[0] <= 2, text, size);
}

void
frames_tell(const uint8_t *bytes, size_t length, bool tcp, bool sent, char text[FRAMES_TEXT])
{
    size_t front = tcp ? 6 : 0;
    size_t back = tcp ? 0 : 2;

    text[0] = '\0';
    if (length < front + 2 + back) {
        snprintf(text, FRAMES_TEXT, "%s", length == 0 ? "no answer" : "?");
        return;
    }
    int used = snprintf(text, FRAMES_TEXT, "unit %u ", bytes[front]);
    tell_pdu(bytes + front + 1, length - front - 1 - back, sent, text + used,
             FRAMES_TEXT - (size_t)used);
}

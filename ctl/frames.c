#include "ctl/frames.h"

#include <stdio.h>

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

static const char *
function_name(unsigned function)
{
    const char *name = function < sizeof FUNCTIONS / sizeof *FUNCTIONS ? FUNCTIONS[function] : NULL;

    return name != NULL ? name : "function ?";
}

static unsigned
word(const uint8_t *at)
{
    return (unsigned)(at[0] << 8 | at[1]);
}

static void
tell_values(const uint8_t *pdu, size_t length, char *text, size_t size)
{
    size_t bytes = pdu[1] < length - 2 ? pdu[1] : length - 2;
    size_t used = 0;

    for (size_t i = 0; i + 1 < bytes + (pdu[0] <= 2) && used < size; i += pdu[0] <= 2 ? 1 : 2) {
        unsigned value = pdu[0] <= 2 ? pdu[2 + i] : word(pdu + 2 + i);
        used += (size_t)snprintf(text + used, size - used, pdu[0] <= 2 ? " %02x" : " %u", value);
    }
}

static void
tell_pdu(const uint8_t *pdu, size_t length, bool sent, char *text, size_t size)
{
    if (length >= 2 && (pdu[0] & 0x80) != 0)
        snprintf(text, size, "exception %u %s", pdu[1], frames_exception(pdu[1]));
    else if (sent && length >= 5 && (pdu[0] == 5 || pdu[0] == 6))
        snprintf(text, size, "%s %u := %u", function_name(pdu[0]), word(pdu + 1), word(pdu + 3));
    else if (length >= 5 && (sent || pdu[0] >= 5))
        snprintf(text, size, "%s %u +%u", function_name(pdu[0]), word(pdu + 1), word(pdu + 3));
    else if (length >= 2 && pdu[0] <= 4)
        tell_values(pdu, length, text, size);
    else
        snprintf(text, size, "?");
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

/* Modbus frames in words for people: what was asked, what came. */
#ifndef CTL_FRAMES_H
#define CTL_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAMES_TEXT 160

/* "illegal data address"; "" for none of the standard (Application Protocol 1.1b3, 7). */
const char *frames_exception(unsigned number);

/* `tcp`: with MBAP header, else serial with CRC. What cannot be told apart is "?". */
void frames_tell(const uint8_t *bytes, size_t length, bool tcp, bool sent, char text[FRAMES_TEXT]);

#endif

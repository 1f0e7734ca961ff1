/* One way to Modbus slaves: a serial line, a TCP connection, or a serial server's TCP connection
 * that carries RTU frames. The only includer of modbus.h is line.c; libmodbus opens the serial port
 * and receives frames, the guards of platform.md stand around it:
 *   - one deadline for the whole answer, whatever the slave drips;
 *   - nothing left over from an earlier request is in the way of the next (flush, transaction id);
 *   - unit, function, byte count, transaction id and CRC of the answer are checked;
 *   - on a serial line 3.5 characters of silence stand before each request;
 *   - descriptors stay below 1024 (libmodbus aborts the process above).
 * Bytes <-> words; no policy, no logging. A line belongs to one thread. */
#ifndef PROTOCOLS_MODBUS_LINE_H
#define PROTOCOLS_MODBUS_LINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum line_kind { LINE_TCP, LINE_RTU, LINE_RTU_OVER_TCP };

struct line_options {
    enum line_kind kind;
    const char *host;
    uint16_t port;
    const char *path;
    uint32_t baud; /* also behind a serial server: the length of a character is known by it */
    char parity;
    uint8_t data_bits, stop_bits;
    uint32_t connect_timeout_ms;
    const atomic_bool *cancel; /* when it becomes true, connecting ends soon; NULL: never */
};

enum line_result {
    LINE_OK,
    LINE_TIMEOUT,
    LINE_CRC,
    LINE_EXCEPTION,    /* *ret_exception is its number */
    LINE_REFUSED,      /* the connection is not there or went away; the line is closed now */
    LINE_WRONG_ANSWER, /* wrong unit, function, byte count, transaction or protocol id */
    LINE_UNRESOLVED,   /* the host name does not resolve */
    LINE_NO_PORT,      /* no such serial port, or not ours to open */
};

struct line_request {
    uint8_t unit;
    uint8_t function; /* 1..4 */
    uint16_t address; /* 0-based */
    uint16_t count;   /* bits for 1 and 2, registers for 3 and 4 */
    uint32_t timeout_ms;
    uint32_t
        guard_ms; /* silence kept after a timeout so that a late answer is never the next one's */
};

struct line;

/* Memory only; nothing is opened. 0 or -ENOMEM, -EINVAL. */
int line_new(const struct line_options *options, struct line **ret_line);
void line_free(struct line *line);

/* Opens or connects within connect_timeout_ms; name resolution happens here, in the caller's
 * thread. LINE_OK at once when it is open. */
enum line_result line_connect(struct line *line);
bool line_is_open(const struct line *line);
void line_close(struct line *line);

/* Sends and waits for the answer. ret_words gets `count` words (bits: one a word, 0 or 1) only on
 * LINE_OK. */
enum line_result line_read(struct line *line, const struct line_request *request,
                           uint16_t *ret_words, uint8_t *ret_exception);

/* When the answer of the last line_read was complete. */
int64_t line_answered_mono_ns(const struct line *line);

/* The system's words for the last failure to open or connect; "" when there was none. */
const char *line_error(const struct line *line);

#endif

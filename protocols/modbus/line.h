/* One way to Modbus slaves: a serial line, a TCP connection, or a serial server's TCP connection
 * that carries RTU frames. The only includer of modbus.h is line.c: libmodbus opens the serial port
 * and sends; answers are received here (docs/decisions/0002), because on site an answer comes late,
 * in pieces, behind an echo or another's frame, and must then not be believed:
 *   - one deadline for the whole answer, whatever the slave drips;
 *   - every field of an answer is checked (frame.h);
 *   - on TCP the transaction id tells a late answer from this one. On a serial line nothing does,
 * so after a request that stayed without its answer, the next one to that unit has another length:
 *     when it is answered, whatever came late is behind it (slaves answer in order);
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
    LINE_TIMEOUT, /* no answer, or not all of it */
    LINE_CRC,
    LINE_EXCEPTION,    /* *ret_exception is its number */
    LINE_REFUSED,      /* the connection is not there or went away; the line is closed now */
    LINE_WRONG_ANSWER, /* wrong unit, function, byte count, transaction or protocol id */
    LINE_UNRESOLVED,   /* the host name does not resolve */
    LINE_NO_PORT,      /* no such serial port, not ours to open, or in use by another process */
};

struct line_request {
    uint8_t unit;
    uint8_t function;       /* 1..4 read; 5, 6, 15, 16 write */
    uint16_t address;       /* 0-based */
    uint16_t count;         /* bits for 1, 2, 15, registers for 3, 4, 16; 1 for 5 and 6 */
    const uint16_t *values; /* to write: one a bit or register */
    uint32_t timeout_ms;
    uint32_t frame_timeout_ms; /* an answer that pauses so long has ended; 0: only the deadline */
    uint32_t guard_ms;         /* silence kept after a request without its answer */
    uint32_t pause_ms;         /* the unit wants between two requests */
};

/* What is known of the last request. */
struct line_timing {
    int64_t sent_ns;       /* mono; when its first byte was handed to the system */
    int64_t answered_ns;   /* when its answer was complete, or it was given up */
    int64_t turnaround_ns; /* of that, what the line itself does not explain; of an answer */
    uint32_t stray_bytes;  /* passed over before the answer */
    bool echoed;           /* the line gave the request back first */
};

/* One frame as it went over the line, for those who watch. `result` of received bytes. */
struct line_trace {
    int64_t mono_ns;
    bool sent;
    const uint8_t *bytes;
    size_t length;
    enum line_result result;
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
 * LINE_OK, and only for reads; NULL for writes. A request that makes no valid frame is not sent:
 * LINE_WRONG_ANSWER. */
enum line_result line_ask(struct line *line, const struct line_request *request,
                          uint16_t *ret_words, uint8_t *ret_exception);

const struct line_timing *line_timing(const struct line *line);

/* Nanoseconds that `bytes` characters take; 0 where the line's speed is not known. */
int64_t line_characters_ns(const struct line_options *options, size_t bytes);

/* The silence between two frames: 3.5 characters, above 19200 baud 1.75 ms (Modbus over Serial Line
 * 1.02, 2.5.1.1). 0 on TCP. */
int64_t line_silence_ns(const struct line_options *options);

/* Calls `trace` for every frame from now on; NULL ends it. */
void line_watch(struct line *line, void (*trace)(void *context, const struct line_trace *trace),
                void *context);

/* The system's words for the last failure to open or connect; "" when there was none. */
const char *line_error(const struct line *line);

#endif

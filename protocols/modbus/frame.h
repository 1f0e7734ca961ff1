/* Modbus frames as bytes: makes requests, and says what bytes that came back make of one (Modbus
 * Application Protocol 1.1b3, Modbus over Serial Line 1.02, Messaging on TCP/IP 1.0b). Pure.
 *
 * Nothing is believed that does not fit: unit, function, byte count, written address and value,
 * CRC or transaction and protocol id, and the length are all checked. Around a valid serial frame
 * what half-duplex lines are known to add is passed over: the request's own echo, and bytes 00 or
 * FF from drivers switching over. */
#ifndef PROTOCOLS_MODBUS_FRAME_H
#define PROTOCOLS_MODBUS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX       260 /* the longest frame there is: MBAP header and 254 bytes */
#define FRAME_HEADER    7   /* MBAP with the unit */
#define FRAME_MAX_WORDS 125
#define FRAME_MAX_BITS  2000

enum frame_kind { FRAME_TCP, FRAME_RTU };

struct frame_request {
    enum frame_kind kind;
    uint16_t transaction; /* TCP */
    uint8_t unit;
    uint8_t function;       /* 1..6, 15, 16 */
    uint16_t address;       /* 0-based */
    uint16_t count;         /* bits for 1, 2, 15; registers for 3, 4, 16; 1 for 5 and 6 */
    const uint16_t *values; /* to write, one a bit or register; NULL for reads */
};

/* Is it one of our functions with a count that fits one frame? */
bool frame_is_possible(const struct frame_request *request);

/* The request's bytes; returns their number. ret_bytes has FRAME_MAX. */
size_t frame_put(const struct frame_request *request, uint8_t *ret_bytes);

/* Length of the whole frame that answers it when all goes well. */
size_t frame_answer_length(const struct frame_request *request);

enum frame_verdict {
    FRAME_MORE, /* could still become an answer */
    FRAME_ANSWER,
    FRAME_EXCEPTION,
    FRAME_NOTHING,   /* quiet, and no byte came */
    FRAME_TRUNCATED, /* quiet, and what came only begins an answer */
    FRAME_BAD_CRC,
    FRAME_WRONG, /* a frame that does not answer this request, or no frame at all */
};

struct frame_match {
    enum frame_verdict verdict;
    size_t skipped; /* bytes passed over before it: echo, stray bytes, answers of the past */
    size_t length;  /* of the frame, behind them */
    bool echoed;
    uint8_t exception;
    const uint8_t *data; /* of a read: behind the byte count; within `bytes` */
};

/* Judges what has come. `quiet`: nothing more is to be waited for, so the verdict is final and
 * never FRAME_MORE. `echoes`: the line is known to give back every request first (only then can the
 * answer to a write of one value, which looks the same, be told from it). */
void frame_judge(const struct frame_request *request, const uint8_t *bytes, size_t length,
                 bool quiet, bool echoes, struct frame_match *ret_match);

/* Bytes that are at least missing; 1 where that is not known. */
size_t frame_missing(const struct frame_request *request, const uint8_t *bytes, size_t length);

/* Words (bits: one a word, 0 or 1) of a read's data. */
void frame_unpack(const struct frame_request *request, const uint8_t *data, uint16_t *ret_words);

#endif

#include "protocols/modbus/frame.h"

#include <string.h>

#define STRAY_MOST 16 /* bytes that may stand before a serial frame */

static bool
is_bits(const struct frame_request *request)
{
    return request->function <= 2 || request->function == 15;
}

static bool
is_read(const struct frame_request *request)
{
    return request->function <= 4;
}

bool
frame_is_possible(const struct frame_request *request)
{
    uint32_t end = (uint32_t)request->address + request->count;

    if (request->count == 0 || end > 65536)
        return false;
    switch (request->function) {
    case 1:
    case 2: return request->count <= FRAME_MAX_BITS;
    case 3:
    case 4: return request->count <= FRAME_MAX_WORDS;
    case 5:
    case 6: return request->count == 1 && request->values != NULL;
    case 15: return request->count <= 1968 && request->values != NULL;
    case 16: return request->count <= 123 && request->values != NULL;
    default: return false;
    }
}

/* ---- making a request ---- */

/* CRC-16 of Modbus over Serial Line 1.02, 6.2.2, four bits at a time. */
static uint16_t
crc(const uint8_t *bytes, size_t length)
{
    static const uint16_t STEPS[16] = {0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00,
                                       0x2800, 0xE401, 0xA001, 0x6C00, 0x7800, 0xB401,
                                       0x5000, 0x9C01, 0x8801, 0x4400};
    uint16_t sum = 0xFFFF;

    for (size_t i = 0; i < length; i++) {
        sum = (uint16_t)(sum >> 4 ^ STEPS[(sum ^ bytes[i]) & 15]);
        sum = (uint16_t)(sum >> 4 ^ STEPS[(sum ^ bytes[i] >> 4) & 15]);
    }
    return sum;
}

static uint8_t *
put_word(uint8_t *at, unsigned word)
{
    at[0] = (uint8_t)(word >> 8);
    at[1] = (uint8_t)word;
    return at + 2;
}

static uint8_t *
put_values(const struct frame_request *request, uint8_t *at)
{
    size_t bytes = is_bits(request) ? (request->count + 7U) / 8U : 2U * request->count;

    *at++ = (uint8_t)bytes;
    memset(at, 0, bytes);
    for (uint16_t i = 0; i < request->count; i++) {
        if (!is_bits(request))
            put_word(at + 2 * (size_t)i, request->values[i]);
        else if (request->values[i] != 0)
            at[i / 8] = (uint8_t)(at[i / 8] | 1U << (i % 8));
    }
    return at + bytes;
}

/* Function and what belongs to it; returns its end. */
static uint8_t *
put_pdu(const struct frame_request *request, uint8_t *at)
{
    *at++ = request->function;
    at = put_word(at, request->address);
    if (request->function == 5)
        return put_word(at, request->values[0] != 0 ? 0xFF00 : 0);
    if (request->function == 6)
        return put_word(at, request->values[0]);
    at = put_word(at, request->count);
    return is_read(request) ? at : put_values(request, at);
}

size_t
frame_put(const struct frame_request *request, uint8_t *ret_bytes)
{
    uint8_t *unit = request->kind == FRAME_TCP ? ret_bytes + FRAME_HEADER - 1 : ret_bytes;

    *unit = request->unit;
    uint8_t *end = put_pdu(request, unit + 1);
    if (request->kind == FRAME_TCP) {
        put_word(ret_bytes, request->transaction);
        put_word(ret_bytes + 2, 0);
        put_word(ret_bytes + 4, (unsigned)(end - unit));
    } else {
        uint16_t sum = crc(ret_bytes, (size_t)(end - ret_bytes));
        *end++ = (uint8_t)sum;
        *end++ = (uint8_t)(sum >> 8);
    }
    return (size_t)(end - ret_bytes);
}

/* ---- judging an answer ---- */

static size_t
answer_pdu_length(const struct frame_request *request)
{
    if (!is_read(request))
        return 5;
    return is_bits(request) ? 2 + (request->count + 7U) / 8U : 2 + 2U * request->count;
}

size_t
frame_answer_length(const struct frame_request *request)
{
    size_t around = request->kind == FRAME_TCP ? FRAME_HEADER : 3;

    return around + answer_pdu_length(request);
}

/* How far `pdu` (function first, `length` bytes of it there) agrees with an answer; false when some
 * byte cannot belong to one. */
static bool
pdu_fits(const struct frame_request *request, const uint8_t *pdu, size_t length)
{
    uint8_t asked[FRAME_MAX];

    if (length == 0 || pdu[0] == (request->function | 0x80))
        return true;
    if (pdu[0] != request->function)
        return false;
    if (is_read(request))
        return length < 2 || pdu[1] == answer_pdu_length(request) - 2;
    put_pdu(request, asked);
    return memcmp(pdu, asked, length < 5 ? length : 5) == 0;
}

static void
accept(const struct frame_request *request, const uint8_t *pdu, struct frame_match *match)
{
    if (pdu[0] == (request->function | 0x80)) {
        match->verdict = FRAME_EXCEPTION;
        match->exception = pdu[1];
        return;
    }
    match->verdict = FRAME_ANSWER;
    match->data = pdu + 2;
}

/* A serial frame that begins here. FRAME_WRONG: none does. */
static enum frame_verdict
judge_here(const struct frame_request *request, const uint8_t *bytes, size_t left,
           struct frame_match *match)
{
    if (left == 0)
        return FRAME_MORE;
    if (bytes[0] != request->unit || !pdu_fits(request, bytes + 1, left - 1))
        return FRAME_WRONG;
    bool exception = left > 1 && bytes[1] == (request->function | 0x80);
    size_t length = exception ? 5 : frame_answer_length(request);
    if (left < length)
        return FRAME_MORE;
    if (crc(bytes, length - 2) != (bytes[length - 2] | bytes[length - 1] << 8))
        return FRAME_BAD_CRC;
    match->length = length;
    accept(request, bytes + 1, match);
    return match->verdict;
}

/* Bytes of the request's own echo that stand here: all of it, a beginning, or 0. */
static size_t
echo_here(const uint8_t *asked, size_t asked_length, const uint8_t *bytes, size_t left)
{
    size_t common = left < asked_length ? left : asked_length;

    return memcmp(bytes, asked, common) == 0 ? common : 0;
}

/* The length of a whole frame that is none of ours: another unit's, or an answer that comes late.
 */
static size_t
foreign_here(const uint8_t *bytes, size_t left)
{
    if (left < 5)
        return 0;
    size_t length = bytes[1] & 0x80 ? 5 : bytes[1] <= 4 ? 5U + bytes[2] : 8;
    if (left < length || crc(bytes, length - 2) != (bytes[length - 2] | bytes[length - 1] << 8))
        return 0;
    return length;
}

/* What may be passed over before an answer. */
static size_t
skip_here(const uint8_t *bytes, size_t at, size_t length, size_t echo)
{
    size_t foreign = foreign_here(bytes + at, length - at);

    if (echo > 0 || foreign > 0)
        return echo > 0 ? echo : foreign;
    return at < length && at < STRAY_MOST && (bytes[at] == 0 || bytes[at] == 0xFF) ? 1 : 0;
}

/* The last word on bytes of which none began an answer that is whole. */
static enum frame_verdict
conclude(const uint8_t *bytes, size_t length, enum frame_verdict worst)
{
    bool whole = length >= 4 &&
                 crc(bytes, length - 2) == (bytes[length - 2] | bytes[length - 1] << 8);

    return whole ? FRAME_WRONG : worst; /* whole, only not of the length it should have */
}

static void
judge_rtu(const struct frame_request *request, const uint8_t *bytes, size_t length, bool quiet,
          bool echoes, struct frame_match *match)
{
    uint8_t asked[FRAME_MAX];
    size_t asked_length = frame_put(request, asked);
    enum frame_verdict worst = FRAME_NOTHING;
    size_t skip;

    for (;; match->skipped += skip) {
        size_t at = match->skipped;
        size_t echo = match->echoed ? 0 : echo_here(asked, asked_length, bytes + at, length - at);
        bool sure = echoes && !is_read(request) && echo > 0;
        enum frame_verdict here = sure ? FRAME_WRONG
                                       : judge_here(request, bytes + at, length - at, match);
        if (here == FRAME_ANSWER || here == FRAME_EXCEPTION)
            return;
        if (here == FRAME_MORE && (!quiet || at == length))
            break;
        skip = skip_here(bytes, at, length, echo == asked_length ? echo : 0);
        if (skip != 1 || here != FRAME_WRONG) /* a stray byte is no wrong answer */
            worst = echo == asked_length ? worst : here == FRAME_MORE ? FRAME_TRUNCATED : here;
        if (skip == 0)
            break;
        match->echoed |= echo == asked_length;
    }
    match->verdict = quiet ? conclude(bytes + match->skipped, length - match->skipped, worst)
                           : FRAME_MORE;
}

static unsigned
word_at(const uint8_t *bytes)
{
    return (unsigned)(bytes[0] << 8 | bytes[1]);
}

static void
judge_tcp(const struct frame_request *request, const uint8_t *bytes, size_t length, bool quiet,
          struct frame_match *match)
{
    const uint8_t *at = bytes;
    const uint8_t *end = bytes + length;
    size_t announced;

    for (;; at += 6 + announced) {
        match->skipped = (size_t)(at - bytes);
        match->verdict = !quiet ? FRAME_MORE : at == end ? FRAME_NOTHING : FRAME_TRUNCATED;
        if (end - at < FRAME_HEADER)
            return;
        announced = word_at(at + 4);
        if (word_at(at + 2) != 0 || announced < 3 || announced > FRAME_MAX - 6) {
            match->verdict = FRAME_WRONG;
            return;
        }
        if ((size_t)(end - at) < 6 + announced)
            return;
        if (word_at(at) == request->transaction)
            break;
    }
    const uint8_t *pdu = at + FRAME_HEADER;
    bool exception = pdu[0] == (request->function | 0x80);
    match->length = 6 + announced;
    match->verdict = FRAME_WRONG;
    if (at[6] == request->unit && pdu_fits(request, pdu, announced - 1) &&
        announced - 1 == (exception ? 2 : answer_pdu_length(request)))
        accept(request, pdu, match);
}

void
frame_judge(const struct frame_request *request, const uint8_t *bytes, size_t length, bool quiet,
            bool echoes, struct frame_match *ret_match)
{
    *ret_match = (struct frame_match){0};
    if (request->kind == FRAME_TCP)
        judge_tcp(request, bytes, length, quiet, ret_match);
    else
        judge_rtu(request, bytes, length, quiet, echoes, ret_match);
}

size_t
frame_missing(const struct frame_request *request, const uint8_t *bytes, size_t length)
{
    size_t wanted = frame_answer_length(request);

    if (request->kind == FRAME_TCP || length < 3 || length >= wanted || bytes[0] != request->unit ||
        bytes[1] != request->function)
        return 1;
    return wanted - length;
}

void
frame_unpack(const struct frame_request *request, const uint8_t *data, uint16_t *ret_words)
{
    for (uint16_t i = 0; i < request->count; i++) {
        unsigned word = is_bits(request) ? (unsigned)data[i / 8] >> (i % 8) & 1U
                                         : word_at(data + 2 * (size_t)i);
        ret_words[i] = (uint16_t)word;
    }
}

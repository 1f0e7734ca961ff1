/* Any bytes as what comes back to a request: it is an answer only with everything an answer has,
 * its data lies within the bytes, and it is the same however the bytes are cut into pieces. The
 * first eight bytes choose the request. */
#include "protocols/modbus/frame.h"

#include <stdlib.h>
#include <string.h>

#define FRONT 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool true_thing)
{
    if (!true_thing)
        abort();
}

static void
check_answer(const struct frame_request *request, const uint8_t *bytes, size_t length,
             const struct frame_match *match)
{
    uint16_t words[FRAME_MAX_BITS];
    const uint8_t *frame = bytes + match->skipped;
    const uint8_t *pdu = frame + (request->kind == FRAME_TCP ? FRAME_HEADER : 1);

    require(match->skipped + match->length <= length);
    require(pdu[-1] == request->unit);
    require((pdu[0] & 0x7F) == request->function);
    if (match->verdict == FRAME_EXCEPTION) {
        require(match->length == (request->kind == FRAME_TCP ? 9U : 5U));
        return;
    }
    require(match->length == frame_answer_length(request));
    require(match->data > bytes && match->data < bytes + length);
    if (request->function <= 4)
        frame_unpack(request, match->data, words);
}

static bool
is_final(enum frame_verdict verdict)
{
    return verdict == FRAME_ANSWER || verdict == FRAME_EXCEPTION;
}

/* Byte by byte: the first that makes it an answer makes it the same answer as all at once. */
static void
check_pieces(const struct frame_request *request, const uint8_t *bytes, size_t length, bool echoes,
             const struct frame_match *whole)
{
    struct frame_match match;

    for (size_t n = 0; n <= length; n++) {
        frame_judge(request, bytes, n, false, echoes, &match);
        require(match.verdict == FRAME_MORE || match.verdict == FRAME_WRONG ||
                is_final(match.verdict));
        require(frame_missing(request, bytes, n) >= 1);
        if (match.verdict == FRAME_MORE)
            continue;
        require(match.verdict == whole->verdict && match.skipped == whole->skipped);
        return;
    }
    require(!is_final(whole->verdict));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t FUNCTIONS[] = {1, 2, 3, 4, 5, 6, 15, 16};
    uint16_t values[FRAME_MAX_BITS] = {0x1234, 1};
    struct frame_match match;

    if (size < FRONT)
        return 0;
    struct frame_request request = {.kind = (data[0] & 1) != 0 ? FRAME_TCP : FRAME_RTU,
                                    .transaction = (uint16_t)(data[1] << 8 | data[2]),
                                    .unit = data[3],
                                    .function = FUNCTIONS[data[4] % sizeof FUNCTIONS],
                                    .address = (uint16_t)(data[5] << 8 | data[6]),
                                    .count = (uint16_t)(data[7] + 1),
                                    .values = values};
    bool echoes = (data[0] & 2) != 0;
    if (request.function == 5 || request.function == 6)
        request.count = 1;
    if (!frame_is_possible(&request))
        return 0;
    frame_judge(&request, data + FRONT, size - FRONT, true, echoes, &match);
    require(match.verdict != FRAME_MORE);
    if (is_final(match.verdict))
        check_answer(&request, data + FRONT, size - FRONT, &match);
    check_pieces(&request, data + FRONT, size - FRONT, echoes, &match);
    return 0;
}

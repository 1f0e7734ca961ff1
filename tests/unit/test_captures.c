/* Exchanges that others recorded (tests/data/modbus): what we would have sent is what was sent, and
 * what came back is read as it was, or not at all. What an answer must look like is worked out here
 * from the recorded bytes alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocols/modbus/frame.c"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define MOST 64

struct exchange {
    uint8_t request[FRAME_MAX], response[FRAME_MAX];
    size_t request_length, response_length;
};

static struct exchange exchanges[MOST];
static size_t count;

static size_t
take_hex(const json_t *line, const char *key, uint8_t *bytes)
{
    const char *text = json_string_value(json_object_get(line, key));
    size_t length = 0;
    unsigned byte;

    for (; text != NULL && length < FRAME_MAX && sscanf(text, "%2x", &byte) == 1; text += 2)
        bytes[length++] = (uint8_t)byte;
    return length;
}

/* A line without a response names the source of the others. */
static int
load_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[4096];

    if (file == NULL)
        return -1;
    while (count < MOST && fgets(line, sizeof line, file) != NULL) {
        json_t *parsed = json_loads(line, 0, NULL);
        struct exchange *exchange = &exchanges[count];
        *exchange = (struct exchange){0};
        exchange->request_length = take_hex(parsed, "request", exchange->request);
        exchange->response_length = take_hex(parsed, "response", exchange->response);
        count += exchange->response_length > 0;
        json_decref(parsed);
    }
    fclose(file);
    return 0;
}

static int
load(void **state)
{
    (void)state;
    if (load_file(SOURCE_DIR "/tests/data/modbus/captures.jsonl") != 0)
        return -1;
    return load_file(SOURCE_DIR "/tests/data/modbus/odd.jsonl");
}

static unsigned
word_of(const uint8_t *bytes, size_t at)
{
    return (unsigned)(bytes[at] << 8 | bytes[at + 1]);
}

/* The recorded request as ours; false for functions we do not have. */
static bool
take_request(const struct exchange *exchange, struct frame_request *request, uint16_t *values)
{
    const uint8_t *bytes = exchange->request;
    uint8_t function = bytes[7];

    if (function == 0 || (function > 6 && function != 15 && function != 16))
        return false;
    *request = (struct frame_request){.kind = FRAME_TCP,
                                      .transaction = (uint16_t)word_of(bytes, 0),
                                      .unit = bytes[6],
                                      .function = function,
                                      .address = (uint16_t)word_of(bytes, 8),
                                      .count = (uint16_t)word_of(bytes, 10),
                                      .values = values};
    if (function == 5 || function == 6)
        request->count = 1;
    if (function == 5 || function == 6)
        values[0] = (uint16_t)word_of(bytes, 10);
    for (uint16_t i = 0; function == 15 && i < request->count; i++)
        values[i] = bytes[13 + i / 8] >> (i % 8) & 1;
    for (uint16_t i = 0; function == 16 && i < request->count; i++)
        values[i] = (uint16_t)word_of(bytes, 13 + 2U * i);
    return true;
}

/* By the recorded bytes alone: does this response answer that request, and how? */
static enum frame_verdict
expected_of(const struct exchange *asked, const struct exchange *given)
{
    const uint8_t *request = asked->request;
    const uint8_t *response = given->response;
    unsigned wanted = word_of(request, 10);

    if (response[6] != request[6])
        return FRAME_WRONG;
    if (response[7] == (request[7] | 0x80))
        return given->response_length == 9 ? FRAME_EXCEPTION : FRAME_WRONG;
    if (response[7] != request[7])
        return FRAME_WRONG;
    if (request[7] <= 4) {
        size_t bytes = request[7] <= 2 ? (wanted + 7) / 8 : 2 * wanted;
        bool fits = response[8] == bytes && given->response_length == 9 + bytes;
        return fits ? FRAME_ANSWER : FRAME_WRONG;
    }
    bool same = given->response_length == 12 && memcmp(response + 8, request + 8, 4) == 0;
    return same ? FRAME_ANSWER : FRAME_WRONG;
}

static void
test_our_requests_are_those_recorded(void **state)
{
    uint16_t values[MOST];
    struct frame_request request;
    uint8_t bytes[FRAME_MAX];
    size_t ours = 0;

    (void)state;
    assert_true(count >= 30);
    for (size_t i = 0; i < count; i++) {
        if (!take_request(&exchanges[i], &request, values))
            continue;
        ours++;
        assert_int_equal(frame_put(&request, bytes), exchanges[i].request_length);
        assert_memory_equal(bytes, exchanges[i].request, exchanges[i].request_length);
    }
    assert_true(ours >= 15);
}

/* Every request against every response, its own and the others', under its transaction. */
static void
test_only_what_fits_is_an_answer(void **state)
{
    size_t answers = 0, exceptions = 0;
    uint16_t values[MOST];
    struct frame_request request;
    struct frame_match match;

    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; take_request(&exchanges[i], &request, values) && j < count; j++) {
            const struct exchange *given = &exchanges[j];
            request.transaction = (uint16_t)word_of(given->response, 0);
            frame_judge(&request, given->response, given->response_length, true, false, &match);
            assert_int_equal(match.verdict, expected_of(&exchanges[i], given));
            answers += match.verdict == FRAME_ANSWER;
            exceptions += match.verdict == FRAME_EXCEPTION;
            if (match.verdict == FRAME_EXCEPTION)
                assert_int_equal(match.exception, given->response[8]);
            if (match.verdict == FRAME_ANSWER && request.function == 3)
                for (uint16_t k = 0; k < request.count; k++) {
                    uint16_t words[MOST];
                    frame_unpack(&request, match.data, words);
                    assert_int_equal(words[k], word_of(given->response, 9 + 2U * k));
                }
        }
    assert_true(answers >= 15 && exceptions >= 1);
}

static void
test_broken_off_or_changed_is_no_answer(void **state)
{
    uint16_t values[MOST];
    struct frame_request request;
    struct frame_match match;
    uint8_t bytes[FRAME_MAX];

    (void)state;
    for (size_t i = 0; i < count; i++) {
        const struct exchange *exchange = &exchanges[i];
        if (!take_request(exchange, &request, values))
            continue;
        for (size_t cut = 0; cut < exchange->response_length; cut++) {
            frame_judge(&request, exchange->response, cut, true, false, &match);
            assert_true(match.verdict == FRAME_NOTHING || match.verdict == FRAME_TRUNCATED);
        }
        for (size_t at = 0; at < 8; at++) { /* header and function; data cannot be told on TCP */
            memcpy(bytes, exchange->response, exchange->response_length);
            bytes[at] ^= 0x04;
            frame_judge(&request, bytes, exchange->response_length, true, false, &match);
            assert_int_not_equal(match.verdict, FRAME_ANSWER);
            assert_int_not_equal(match.verdict, FRAME_EXCEPTION);
        }
    }
}

/* The same answers as a serial line would have carried them: no bit may be wrong. */
static void
test_on_a_serial_line_no_bit_may_be_wrong(void **state)
{
    uint16_t values[MOST];
    struct frame_request request;
    struct frame_match match;
    uint8_t bytes[FRAME_MAX];

    (void)state;
    for (size_t i = 0; i < count; i++) {
        const struct exchange *exchange = &exchanges[i];
        enum frame_verdict expected = expected_of(exchange, exchange);
        size_t length = exchange->response_length - 6;
        if (!take_request(exchange, &request, values) || expected == FRAME_WRONG)
            continue;
        request.kind = FRAME_RTU;
        memcpy(bytes, exchange->response + 6, length);
        uint16_t sum = crc(bytes, length);
        bytes[length] = (uint8_t)sum;
        bytes[length + 1] = (uint8_t)(sum >> 8);
        frame_judge(&request, bytes, length + 2, false, false, &match);
        assert_int_equal(match.verdict, expected);
        for (size_t bit = 0; bit < 8 * (length + 2); bit++) {
            bytes[bit / 8] ^= (uint8_t)(1U << (bit % 8));
            frame_judge(&request, bytes, length + 2, true, false, &match);
            assert_int_not_equal(match.verdict, FRAME_ANSWER);
            assert_int_not_equal(match.verdict, FRAME_EXCEPTION);
            bytes[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_our_requests_are_those_recorded),
        cmocka_unit_test(test_only_what_fits_is_an_answer),
        cmocka_unit_test(test_broken_off_or_changed_is_no_answer),
        cmocka_unit_test(test_on_a_serial_line_no_bit_may_be_wrong),
    };

    return cmocka_run_group_tests(tests, load, NULL);
}

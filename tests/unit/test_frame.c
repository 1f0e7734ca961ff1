/* Frames as bytes: what is sent, and what is believed of what comes back. The example frames are
 * those of the Modbus Application Protocol 1.1b3, clause 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocols/modbus/frame.c"

static const struct frame_request READ = {
    .kind = FRAME_RTU, .unit = 17, .function = 3, .address = 0x6B, .count = 3};
static const uint8_t ANSWER[] = {0x11, 0x03, 0x06, 0xAE, 0x41, 0x56, 0x52, 0x43, 0x40, 0x49, 0xAD};

static struct frame_match
judge(const struct frame_request *request, const void *bytes, size_t length, bool quiet)
{
    struct frame_match match;

    frame_judge(request, bytes, length, quiet, false, &match);
    return match;
}

static void
test_requests(void **state)
{
    static const uint8_t SERIAL[] = {0x11, 0x03, 0x00, 0x6B, 0x00, 0x03, 0x76, 0x87};
    static const uint8_t COILS[] = {0x12, 0x34, 0, 0, 0, 9, 0x11, 0x0F, 0, 0x13, 0, 10, 2, 0xCD, 1};
    static const uint16_t BITS[] = {1, 0, 1, 1, 0, 0, 1, 1, 1, 0};
    static const uint16_t WORDS[] = {0x000A, 0x0102};
    uint8_t bytes[FRAME_MAX];
    struct frame_request coils = {.kind = FRAME_TCP,
                                  .transaction = 0x1234,
                                  .unit = 17,
                                  .function = 15,
                                  .address = 19,
                                  .count = 10,
                                  .values = BITS};
    struct frame_request words = {
        .kind = FRAME_RTU, .unit = 17, .function = 16, .address = 1, .count = 2, .values = WORDS};

    (void)state;
    assert_int_equal(frame_put(&READ, bytes), sizeof SERIAL);
    assert_memory_equal(bytes, SERIAL, sizeof SERIAL);
    assert_int_equal(frame_put(&coils, bytes), sizeof COILS);
    assert_memory_equal(bytes, COILS, sizeof COILS);
    assert_int_equal(frame_put(&words, bytes), 13);
    assert_memory_equal(bytes + 2, "\x00\x01\x00\x02\x04\x00\x0A\x01\x02", 9);
}

static void
test_an_answer_and_its_beginnings(void **state)
{
    uint16_t words[3];

    (void)state;
    for (size_t i = 0; i < sizeof ANSWER; i++) {
        assert_int_equal(judge(&READ, ANSWER, i, false).verdict, FRAME_MORE);
        assert_int_equal(judge(&READ, ANSWER, i, true).verdict,
                         i == 0 ? FRAME_NOTHING : FRAME_TRUNCATED);
    }
    struct frame_match match = judge(&READ, ANSWER, sizeof ANSWER, false);
    assert_int_equal(match.verdict, FRAME_ANSWER);
    assert_int_equal(match.length, sizeof ANSWER);
    frame_unpack(&READ, match.data, words);
    assert_int_equal(words[0], 0xAE41);
    assert_int_equal(words[2], 0x4340);
}

/* No single wrong byte of a serial answer is believed. */
static void
test_every_wrong_byte_is_found(void **state)
{
    uint8_t bytes[sizeof ANSWER];

    (void)state;
    for (size_t i = 0; i < sizeof ANSWER; i++)
        for (unsigned wrong = 1; wrong < 256; wrong++) {
            memcpy(bytes, ANSWER, sizeof bytes);
            bytes[i] = (uint8_t)(bytes[i] ^ wrong);
            enum frame_verdict verdict = judge(&READ, bytes, sizeof bytes, true).verdict;
            assert_true(verdict == FRAME_BAD_CRC || verdict == FRAME_WRONG ||
                        verdict == FRAME_TRUNCATED || verdict == FRAME_NOTHING);
        }
}

static void
test_what_may_stand_before_an_answer(void **state)
{
    uint8_t bytes[64];
    uint8_t other[] = {0x12, 0x83, 0x02, 0, 0};
    size_t asked = frame_put(&READ, bytes);

    (void)state;
    bytes[asked] = 0;
    bytes[asked + 1] = 0xFF;
    memcpy(bytes + asked + 2, ANSWER, sizeof ANSWER);
    struct frame_match match = judge(&READ, bytes, asked + 2 + sizeof ANSWER, false);
    assert_int_equal(match.verdict, FRAME_ANSWER);
    assert_int_equal(match.skipped, asked + 2);
    assert_true(match.echoed);
    assert_int_equal(judge(&READ, bytes, asked, true).verdict, FRAME_NOTHING);

    uint16_t sum = crc(other, 3);
    other[3] = (uint8_t)sum;
    other[4] = (uint8_t)(sum >> 8);
    memcpy(bytes, other, sizeof other);
    memcpy(bytes + sizeof other, ANSWER, sizeof ANSWER);
    match = judge(&READ, bytes, sizeof other + sizeof ANSWER, false);
    assert_int_equal(match.verdict, FRAME_ANSWER);
    assert_int_equal(match.skipped, sizeof other);
    assert_int_equal(judge(&READ, bytes, sizeof other, true).verdict, FRAME_WRONG);
}

/* The answer to a write looks like its request. */
static void
test_an_echo_is_no_confirmation_where_lines_echo(void **state)
{
    static const uint16_t VALUE = 3;
    struct frame_request write = {
        .kind = FRAME_RTU, .unit = 17, .function = 6, .address = 1, .count = 1, .values = &VALUE};
    uint8_t bytes[2 * FRAME_MAX];
    struct frame_match match;
    size_t length = frame_put(&write, bytes);

    (void)state;
    assert_int_equal(judge(&write, bytes, length, false).verdict, FRAME_ANSWER);
    frame_judge(&write, bytes, length, false, true, &match);
    assert_int_equal(match.verdict, FRAME_MORE);
    frame_judge(&write, bytes, length, true, true, &match);
    assert_int_equal(match.verdict, FRAME_NOTHING);
    memcpy(bytes + length, bytes, length);
    frame_judge(&write, bytes, 2 * length, false, true, &match);
    assert_int_equal(match.verdict, FRAME_ANSWER);
    bytes[5] = 4; /* another value than the one written */
    assert_int_equal(judge(&write, bytes, length, true).verdict, FRAME_WRONG);
}

static void
test_tcp(void **state)
{
    struct frame_request request = READ;
    uint8_t bytes[] = {0, 6, 0, 0, 0, 3, 17, 0x83, 2, /* late: another transaction's */
                       0, 7, 0, 0, 0, 9, 17, 3,    6, 1, 2, 3, 4, 5, 6};

    (void)state;
    request.kind = FRAME_TCP;
    request.transaction = 7;
    for (size_t i = 0; i < sizeof bytes; i++) {
        assert_int_equal(judge(&request, bytes, i, false).verdict, FRAME_MORE);
        assert_int_equal(judge(&request, bytes, i, true).verdict,
                         i == 0 || i == 9 ? FRAME_NOTHING : FRAME_TRUNCATED);
    }
    assert_int_equal(judge(&request, bytes, sizeof bytes, false).verdict, FRAME_ANSWER);
    for (size_t i = 11; i < 18; i++) { /* protocol, length, unit, function, byte count */
        bytes[i]++;
        assert_int_not_equal(judge(&request, bytes, sizeof bytes, true).verdict, FRAME_ANSWER);
        bytes[i]--;
    }
    bytes[10] = 8;
    assert_int_equal(judge(&request, bytes, sizeof bytes, true).verdict, FRAME_NOTHING);
}

static void
test_impossible_requests(void **state)
{
    static const struct frame_request NONE[] = {
        {.function = 3, .count = 0},    {.function = 3, .count = 126},
        {.function = 1, .count = 2001}, {.function = 3, .address = 65535, .count = 2},
        {.function = 6, .count = 1},    {.function = 7, .count = 1}};

    (void)state;
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++)
        assert_false(frame_is_possible(&NONE[i]));
    assert_true(frame_is_possible(&READ));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_an_answer_and_its_beginnings),
        cmocka_unit_test(test_every_wrong_byte_is_found),
        cmocka_unit_test(test_what_may_stand_before_an_answer),
        cmocka_unit_test(test_an_echo_is_no_confirmation_where_lines_echo),
        cmocka_unit_test(test_tcp),
        cmocka_unit_test(test_impossible_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

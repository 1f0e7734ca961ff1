/* Exchanges that others recorded (tests/data/modbus): what we would have sent is what was sent, and
 * what came back is read as it was, or not at all. What an answer must look like is worked out here
 * from the recorded bytes alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocols/modbus/frame.h"
#include "protocols/modbus/line.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define MOST       64
#define PATIENT_MS 5000
#define SOON_MS    30
#define UNTOUCHED  0xA5A5

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

/* Modbus over Serial Line 1.02, 6.2.2, a bit at a time. */
static void
append_crc(uint8_t *bytes, size_t length)
{
    unsigned sum = 0xFFFF;

    for (size_t bit = 0; bit < 8 * length; bit++) {
        sum ^= bit % 8 == 0 ? bytes[bit / 8] : 0;
        sum = sum & 1 ? sum >> 1 ^ 0xA001 : sum >> 1;
    }
    bytes[length] = (uint8_t)sum;
    bytes[length + 1] = (uint8_t)(sum >> 8);
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
        append_crc(bytes, length);
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

/* ---- through a line, with a slave that says what was recorded ---- */

struct step {
    const struct exchange *asked, *given;
    unsigned expected;   /* 1 << result, of each that may be */
    size_t left_out, at; /* bytes at the answer's end; of the one changed by `mask` */
    uint8_t mask;
};

struct outcome {
    enum line_result result;
    uint16_t words[MOST];
    uint8_t exception;
};

struct player {
    enum line_kind kind;
    bool hangs_up; /* behind the last answer */
    const struct step *steps;
    size_t step_count, as_recorded; /* of the requests */
    int fd, held;                   /* held: the listener, or the other end of the pty */
    struct sockaddr_in address;
    char path[64];
    pthread_t thread;
};

/* As it goes over this kind of line. On a serial one nobody answers as unit 0: it is 1 there. */
static size_t
dress(enum line_kind kind, const uint8_t *recorded, size_t length, const uint8_t *transaction,
      uint8_t *ret_bytes)
{
    if (kind == LINE_TCP) {
        memcpy(ret_bytes, recorded, length);
        memcpy(ret_bytes, transaction, 2);
        return length;
    }
    memcpy(ret_bytes, recorded + 6, length - 6);
    ret_bytes[0] = recorded[6] == 0 ? 1 : recorded[6];
    append_crc(ret_bytes, length - 6);
    return length - 4;
}

static size_t
make_answer(enum line_kind kind, const struct step *step, const uint8_t *transaction,
            uint8_t *ret_bytes)
{
    const struct exchange *given = step->given;
    size_t length = dress(kind, given->response, given->response_length, transaction, ret_bytes);

    ret_bytes[step->at] ^= step->mask;
    return length - step->left_out;
}

/* false: they did not come. */
static bool
take_bytes(int fd, uint8_t *bytes, size_t length)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    size_t have = 0;

    for (ssize_t got = 1; have < length && got > 0; have += got > 0 ? (size_t)got : 0)
        got = poll(&waiting, 1, PATIENT_MS) > 0 ? read(fd, bytes + have, length - have) : 0;
    return have == length;
}

static void *
play(void *context)
{
    struct player *player = context;
    uint8_t came[FRAME_MAX + 2], bytes[FRAME_MAX + 2];
    bool tcp = player->kind == LINE_TCP;

    if (tcp)
        player->fd = accept(player->held, NULL, NULL);
    for (size_t i = 0; i < player->step_count; i++) {
        const struct exchange *asked = player->steps[i].asked;
        size_t length = asked->request_length - (tcp ? 0 : 4);
        if (!take_bytes(player->fd, came, length))
            break;
        dress(player->kind, asked->request, asked->request_length, came, bytes);
        player->as_recorded += memcmp(came, bytes, length) == 0;
        length = make_answer(player->kind, &player->steps[i], came, bytes);
        if (length > 0 && write(player->fd, bytes, length) < 0)
            break;
    }
    if (player->hangs_up)
        shutdown(player->fd, SHUT_RDWR);
    return NULL;
}

static void
start_player(struct player *player)
{
    struct timeval patience = {.tv_sec = PATIENT_MS / 1000};
    struct sockaddr *address = (struct sockaddr *)&player->address;
    socklen_t length = sizeof player->address;
    struct termios raw = {0};

    if (player->kind == LINE_TCP) {
        player->held = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(player->held, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        assert_int_equal(bind(player->held, address, length), 0);
        assert_int_equal(listen(player->held, 1), 0);
        getsockname(player->held, address, &length);
    } else {
        cfmakeraw(&raw);
        assert_int_equal(openpty(&player->fd, &player->held, player->path, &raw, NULL), 0);
    }
    assert_int_equal(pthread_create(&player->thread, NULL, play, player), 0);
}

/* Nothing is written but what the answer says: `bytes`, as on TCP. */
static void
check_outcome(const struct step *step, const struct outcome *outcome)
{
    uint8_t bytes[FRAME_MAX + 2];
    bool bits = step->asked->request[7] <= 2;
    bool reads = step->asked->request[7] <= 4 && outcome->result == LINE_OK;
    size_t wanted = reads ? word_of(step->asked->request, 10) : 0;

    assert_true(step->expected >> outcome->result & 1);
    make_answer(LINE_TCP, step, step->given->response, bytes);
    for (size_t i = 0; i < MOST; i++) {
        unsigned word = UNTOUCHED;
        if (i < wanted)
            word = bits ? (unsigned)bytes[9 + i / 8] >> i % 8 & 1 : word_of(bytes, 9 + 2 * i);
        assert_int_equal(outcome->words[i], word);
    }
    assert_int_equal(outcome->exception, outcome->result == LINE_EXCEPTION ? bytes[8] : 0);
}

/* Asks what was asked then. */
static void
ask_again(struct line *line, enum line_kind kind, const struct step *step, struct outcome *outcome)
{
    struct frame_request recorded;
    uint16_t values[MOST];

    take_request(step->asked, &recorded, values);
    bool reads = recorded.function <= 4;
    bool soon = step->expected >> LINE_TIMEOUT & 1;
    struct line_request request = {.unit = recorded.unit,
                                   .function = recorded.function,
                                   .address = recorded.address,
                                   .count = recorded.count,
                                   .values = reads ? NULL : values,
                                   .timeout_ms = soon ? SOON_MS : PATIENT_MS};
    if (kind != LINE_TCP && request.unit == 0)
        request.unit = 1;
    for (size_t i = 0; i < MOST; i++)
        outcome->words[i] = UNTOUCHED;
    outcome->exception = 0;
    outcome->result = line_ask(line, &request, reads ? outcome->words : NULL, &outcome->exception);
}

/* All steps on one line. */
static void
replay(enum line_kind kind, const struct step *steps, size_t step_count, bool hangs_up)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct player player = {kind, hangs_up, steps, step_count, .address = here};
    struct outcome outcomes[MOST];
    struct line *line = NULL;

    start_player(&player);
    struct line_options options = {.kind = kind,
                                   .host = "127.0.0.1",
                                   .port = ntohs(player.address.sin_port),
                                   .path = player.path,
                                   .baud = 115200,
                                   .parity = 'N',
                                   .data_bits = 8,
                                   .stop_bits = 1,
                                   .connect_timeout_ms = PATIENT_MS};
    assert_int_equal(line_new(&options, &line), 0);
    line_connect(line); /* without it every result is LINE_REFUSED, and nothing is as recorded */
    for (size_t i = 0; i < step_count; i++)
        ask_again(line, kind, &steps[i], &outcomes[i]);
    line_free(line);
    pthread_join(player.thread, NULL);
    close(player.fd);
    close(player.held);
    assert_int_equal(player.as_recorded, step_count);
    for (size_t i = 0; i < step_count; i++)
        check_outcome(&steps[i], &outcomes[i]);
}

static unsigned
expected_result(const struct exchange *asked, const struct exchange *given)
{
    enum frame_verdict verdict = expected_of(asked, given);

    if (verdict == FRAME_WRONG)
        return 1U << LINE_WRONG_ANSWER;
    return 1U << (verdict == FRAME_ANSWER ? LINE_OK : LINE_EXCEPTION);
}

/* Those we could have asked, each with its own answer. */
static size_t
take_ours(struct step *ret_steps)
{
    struct frame_request request;
    uint16_t values[MOST];
    size_t ours = 0;

    for (size_t i = 0; i < count; i++) {
        const struct exchange *own = &exchanges[i];
        if (take_request(own, &request, values))
            ret_steps[ours++] = (struct step){own, own, expected_result(own, own), 0, 0, 0};
    }
    assert_true(ours >= 15);
    return ours;
}

static void
test_recorded_pairs_over_lines(void **state)
{
    struct step steps[MOST];
    size_t ours = take_ours(steps);

    (void)state;
    replay(LINE_TCP, steps, ours, false);
    replay(LINE_RTU, steps, ours, false);
}

/* Every request with every answer, the others' too, and with what is no answer at all. */
static void
test_answers_of_other_requests_over_tcp(void **state)
{
    struct step steps[MOST];
    size_t ours = take_ours(steps), wrong = 0;

    (void)state;
    for (size_t i = 0; i < ours; i++)
        for (size_t j = 0; j < count; j++) {
            struct step step = {.asked = steps[i].asked, .given = &exchanges[j]};
            step.expected = expected_result(step.asked, step.given);
            wrong += step.expected == 1U << LINE_WRONG_ANSWER;
            replay(LINE_TCP, &step, 1, false);
        }
    assert_true(wrong >= 500);
}

/* A connection that stays open is waited for; one that closes is gone. */
static void
test_broken_off_over_lines(void **state)
{
    struct step steps[MOST];
    size_t ours = take_ours(steps);

    (void)state;
    for (size_t i = 0; i < ours; i += 3) {
        struct step *step = &steps[i];
        size_t length = step->given->response_length;
        for (step->left_out = 1; step->left_out <= length; step->left_out++) {
            step->expected = 1U << LINE_REFUSED;
            replay(LINE_TCP, step, 1, true);
            step->expected = 1U << LINE_TIMEOUT;
            replay(LINE_TCP, step, 1, false);
            if (step->left_out <= length - 4)
                replay(LINE_RTU, step, 1, false);
        }
    }
}

/* TCP guards neither what a read returns nor the number of an exception: changed, they are what
 * they say now. All else is told, also the answer to a write, which repeats the request. */
static unsigned
expected_of_changed(const struct step *whole, size_t at, uint8_t mask)
{
    unsigned length = word_of(whole->given->response, 4);
    unsigned now = at == 4 || at == 5 ? length ^ (unsigned)mask << (at == 4 ? 8 : 0) : length;
    bool longer = now > length && now <= FRAME_MAX - 6;
    bool exception = whole->expected == 1U << LINE_EXCEPTION;
    bool unguarded = exception ? at == 8 : at >= 9 && whole->asked->request[7] <= 4;

    if (unguarded)
        return whole->expected;
    return 1U << (at < 2 || longer ? LINE_TIMEOUT : LINE_WRONG_ANSWER);
}

static void
test_changed_byte_over_lines(void **state)
{
    struct step steps[MOST];
    size_t ours = take_ours(steps);

    (void)state;
    for (size_t i = 0; i < ours; i++)
        for (size_t at = 0; at < steps[i].given->response_length; at++) {
            struct step step = steps[i];
            step.at = at;
            for (unsigned mask = 0x01; mask <= 0x80; mask <<= 7) {
                step.mask = (uint8_t)mask;
                step.expected = expected_of_changed(&steps[i], at, step.mask);
                replay(LINE_TCP, &step, 1, false);
            }
            step.mask = (uint8_t)(1U << (at % 8)); /* whichever it is, the CRC tells */
            step.expected = 1U << LINE_CRC | 1U << LINE_WRONG_ANSWER | 1U << LINE_TIMEOUT;
            if (at < step.given->response_length - 4)
                replay(LINE_RTU, &step, 1, false);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_on_a_serial_line_no_bit_may_be_wrong),
        cmocka_unit_test(test_recorded_pairs_over_lines),
        cmocka_unit_test(test_answers_of_other_requests_over_tcp),
        cmocka_unit_test(test_broken_off_over_lines),
        cmocka_unit_test(test_changed_byte_over_lines),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, load, NULL);
}

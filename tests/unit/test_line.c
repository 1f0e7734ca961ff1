/* A slave that misbehaves on each of the three kinds of line: nothing wrong is believed, and what
 * went wrong with one request never becomes the value of the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocols/modbus/line.c"

#include <arpa/inet.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <termios.h>

#define TIMEOUT_MS 150
#define GUARD_MS   300
#define LATE_MS    250 /* after the timeout, within the guard */

enum behaviour {
    GOOD,
    SILENT,
    LATE,
    DRIPPING,
    WRONG_UNIT,
    WRONG_FUNCTION,
    SHORT_COUNT,
    LONG_COUNT,
    EXCEPTION,
    BAD_CRC,           /* RTU frames */
    OTHER_TRANSACTION, /* TCP */
    CLOSING,           /* sockets */
};

struct slave {
    enum line_kind kind;
    int listener, fd;
    enum behaviour behaviour; /* of the first request; the others are answered well */
    unsigned requests;
    char path[64];
    uint16_t port;
    pthread_t thread;
};

static uint16_t
crc(const uint8_t *bytes, size_t length)
{
    uint16_t sum = 0xFFFF;

    for (size_t i = 0; i < length; i++) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            sum = (uint16_t)(sum & 1 ? sum >> 1 ^ 0xA001 : sum >> 1);
    }
    return sum;
}

/* ---- the slave ---- */

static void
pause_ms(int64_t pause)
{
    clock_sleep_until_ns(clock_mono_ns() + pause * NS_PER_MS);
}

/* The register at `address` holds address + 1000 * number of the request: stale answers show. */
static size_t
make_pdu(const struct slave *slave, enum behaviour behaviour, const uint8_t *asked, uint8_t *pdu)
{
    unsigned address = (unsigned)(asked[1] << 8 | asked[2]);
    unsigned count = (unsigned)(asked[3] << 8 | asked[4]);

    if (behaviour == SHORT_COUNT)
        count--;
    if (behaviour == LONG_COUNT)
        count++;
    pdu[0] = behaviour == WRONG_FUNCTION ? 4 : asked[0];
    if (behaviour == EXCEPTION) {
        pdu[0] = asked[0] | 0x80;
        pdu[1] = 2;
        return 2;
    }
    pdu[1] = (uint8_t)(2 * count);
    for (unsigned i = 0; i < count; i++) {
        unsigned word = address + i + 1000 * slave->requests;
        pdu[2 + 2 * i] = (uint8_t)(word >> 8);
        pdu[3 + 2 * i] = (uint8_t)word;
    }
    return 2 + 2 * count;
}

static void
send_bytes(const struct slave *slave, enum behaviour behaviour, const uint8_t *bytes, size_t length)
{
    if (behaviour == LATE)
        pause_ms(LATE_MS);
    size_t step = behaviour == DRIPPING ? 1 : length;
    for (size_t i = 0; i < length; i += step) {
        if (behaviour == DRIPPING)
            pause_ms(40);
        if (write(slave->fd, bytes + i, step) < 0)
            return;
    }
}

static void
answer(struct slave *slave, const uint8_t *asked)
{
    enum behaviour behaviour = slave->requests == 0 ? slave->behaviour : GOOD;
    bool tcp = slave->kind == LINE_TCP;
    uint8_t frame[300] = {0};
    size_t front = tcp ? 7 : 1;

    if (behaviour == SILENT)
        return;
    size_t length = make_pdu(slave, behaviour, asked + front, frame + front);
    frame[front - 1] = (uint8_t)(asked[front - 1] + (behaviour == WRONG_UNIT));
    if (tcp) {
        memcpy(frame, asked, 4);
        frame[1] = (uint8_t)(frame[1] + (behaviour == OTHER_TRANSACTION));
        frame[5] = (uint8_t)(length + 1);
        length += front;
    } else {
        uint16_t sum = crc(frame, length + 1);
        frame[length + 1] = (uint8_t)(sum + (behaviour == BAD_CRC));
        frame[length + 2] = (uint8_t)(sum >> 8);
        length += 3;
    }
    send_bytes(slave, behaviour, frame, length);
}

static bool
take_request(const struct slave *slave, uint8_t *asked)
{
    size_t wanted = slave->kind == LINE_TCP ? 12 : 8;

    for (size_t have = 0; have < wanted;) {
        ssize_t got = read(slave->fd, asked + have, wanted - have);
        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    return true;
}

static void *
serve(void *context)
{
    struct slave *slave = context;
    uint8_t asked[16];

    for (;;) {
        if (slave->listener >= 0 && (slave->fd = accept(slave->listener, NULL, NULL)) < 0)
            return NULL;
        while (take_request(slave, asked)) {
            if (slave->requests == 0 && slave->behaviour == CLOSING) {
                slave->requests++;
                break;
            }
            answer(slave, asked);
            slave->requests++;
        }
        close(slave->fd);
        if (slave->listener < 0)
            return NULL;
    }
}

static void
start_slave(struct slave *slave)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    struct termios settings;
    int other;

    slave->listener = -1;
    if (slave->kind == LINE_RTU) {
        assert_int_equal(openpty(&slave->fd, &other, slave->path, NULL, NULL), 0);
        tcgetattr(other, &settings);
        cfmakeraw(&settings);
        tcsetattr(other, TCSANOW, &settings);
    } else {
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        slave->listener = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(bind(slave->listener, (struct sockaddr *)&address, length), 0);
        assert_int_equal(listen(slave->listener, 4), 0);
        getsockname(slave->listener, (struct sockaddr *)&address, &length);
        slave->port = ntohs(address.sin_port);
    }
    assert_int_equal(pthread_create(&slave->thread, NULL, serve, slave), 0);
}

static struct line *
make_line(const struct slave *slave)
{
    struct line_options options = {.kind = slave->kind,
                                   .host = "127.0.0.1",
                                   .port = slave->port,
                                   .path = slave->path,
                                   .baud = 115200,
                                   .parity = 'N',
                                   .data_bits = 8,
                                   .stop_bits = 1,
                                   .connect_timeout_ms = 2000};
    struct line *line = NULL;

    assert_int_equal(line_new(&options, &line), 0);
    return line;
}

static enum line_result
ask(struct line *line, uint16_t *words, uint8_t *exception)
{
    struct line_request request = {.unit = 7,
                                   .function = 3,
                                   .address = 20,
                                   .count = 3,
                                   .timeout_ms = TIMEOUT_MS,
                                   .guard_ms = GUARD_MS};

    assert_int_equal(line_connect(line), LINE_OK);
    return line_read(line, &request, words, exception);
}

/* The first request goes wrong as expected; the second gets its own answer. */
static void
check(enum line_kind kind, enum behaviour behaviour, enum line_result expected)
{
    struct slave slave = {.kind = kind, .behaviour = behaviour};
    uint16_t words[3] = {1, 2, 3};
    uint8_t exception = 0;

    start_slave(&slave);
    struct line *line = make_line(&slave);
    assert_int_equal(ask(line, words, &exception), expected);
    if (expected == LINE_EXCEPTION)
        assert_int_equal(exception, 2);
    if (expected != LINE_OK)
        assert_int_equal(words[0], 1); /* untouched */
    assert_int_equal(ask(line, words, &exception), LINE_OK);
    assert_int_equal(words[0], 1020);
    assert_int_equal(words[2], 1022);
    line_free(line);
    if (slave.listener >= 0)
        shutdown(slave.listener, SHUT_RDWR);
    else
        pthread_cancel(slave.thread);
    pthread_join(slave.thread, NULL);
    close(slave.listener >= 0 ? slave.listener : slave.fd);
}

static const enum line_kind KINDS[] = {LINE_TCP, LINE_RTU, LINE_RTU_OVER_TCP};

static void
check_all(enum behaviour behaviour, enum line_result expected)
{
    for (int i = 0; i < 3; i++)
        check(KINDS[i], behaviour, expected);
}

static void
test_good_answers(void **state)
{
    (void)state;
    check_all(GOOD, LINE_OK);
}

static void
test_no_answer(void **state)
{
    (void)state;
    check_all(SILENT, LINE_TIMEOUT);
}

static void
test_late_answer_is_never_the_next_value(void **state)
{
    (void)state;
    check_all(LATE, LINE_TIMEOUT);
}

/* 15 bytes at 40 ms each: with a deadline a byte it would have been an answer. */
static void
test_dripping_slave_has_one_deadline(void **state)
{
    (void)state;
    check(LINE_TCP, DRIPPING, LINE_TIMEOUT);
}

static void
test_wrong_answers(void **state)
{
    (void)state;
    check_all(WRONG_UNIT, LINE_WRONG_ANSWER);
    check_all(WRONG_FUNCTION, LINE_WRONG_ANSWER);
    check_all(SHORT_COUNT, LINE_WRONG_ANSWER);
    check_all(LONG_COUNT, LINE_WRONG_ANSWER);
}

static void
test_exceptions(void **state)
{
    (void)state;
    check_all(EXCEPTION, LINE_EXCEPTION);
}

static void
test_crc(void **state)
{
    (void)state;
    check(LINE_RTU, BAD_CRC, LINE_CRC);
    check(LINE_RTU_OVER_TCP, BAD_CRC, LINE_CRC);
}

static void
test_answer_of_another_transaction_is_passed_over(void **state)
{
    (void)state;
    check(LINE_TCP, OTHER_TRANSACTION, LINE_TIMEOUT);
}

static void
test_closed_connection(void **state)
{
    (void)state;
    check(LINE_TCP, CLOSING, LINE_REFUSED);
    check(LINE_RTU_OVER_TCP, CLOSING, LINE_REFUSED);
}

static void
test_nobody_there(void **state)
{
    struct slave nobody = {.kind = LINE_TCP, .port = 1};
    struct slave no_port = {.kind = LINE_RTU, .path = "/dev/there-is-no-such-port"};

    (void)state;
    struct line *line = make_line(&nobody);
    assert_int_equal(line_connect(line), LINE_REFUSED);
    assert_non_null(strstr(line_error(line), "127.0.0.1:1"));
    line_free(line);
    line = make_line(&no_port);
    assert_int_equal(line_connect(line), LINE_NO_PORT);
    assert_non_null(strstr(line_error(line), "/dev/there-is-no-such-port"));
    line_free(line);
    line = make_line(&nobody);
    line->options.host = "no-such-host.invalid";
    assert_int_equal(line_connect(line), LINE_UNRESOLVED);
    line_free(line);
}

static void
test_impossible_requests_are_not_sent(void **state)
{
    struct slave nobody = {.kind = LINE_TCP, .port = 1};
    struct line *line = make_line(&nobody);
    struct line_request request = {.unit = 1, .function = 3, .count = 126, .timeout_ms = 100};
    uint16_t words[1];
    uint8_t exception;

    (void)state;
    assert_int_equal(line_read(line, &request, words, &exception), LINE_WRONG_ANSWER);
    request.count = 1;
    request.function = 6;
    assert_int_equal(line_read(line, &request, words, &exception), LINE_WRONG_ANSWER);
    request.function = 3;
    assert_int_equal(line_read(line, &request, words, &exception), LINE_REFUSED);
    line_free(line);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_answers),
        cmocka_unit_test(test_no_answer),
        cmocka_unit_test(test_late_answer_is_never_the_next_value),
        cmocka_unit_test(test_dripping_slave_has_one_deadline),
        cmocka_unit_test(test_wrong_answers),
        cmocka_unit_test(test_exceptions),
        cmocka_unit_test(test_crc),
        cmocka_unit_test(test_answer_of_another_transaction_is_passed_over),
        cmocka_unit_test(test_closed_connection),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_impossible_requests_are_not_sent),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

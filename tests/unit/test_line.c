/* A slave that misbehaves on each of the three kinds of line: nothing wrong is believed, and what
 * went wrong with one request never becomes the value of the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocols/modbus/line.c"

#include "tests/unit/line_slave.c"

#include <signal.h>
#include <sys/resource.h>

#define TIMEOUT_MS 150
#define GUARD_MS   300

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
    return line_ask(line, &request, words, exception);
}

static void
end_slave(const struct slave *slave, struct line *line)
{
    line_free(line);
    if (slave->listener >= 0)
        shutdown(slave->listener, SHUT_RDWR);
    else
        pthread_cancel(slave->thread);
    pthread_join(slave->thread, NULL);
    close(slave->listener >= 0 ? slave->listener : slave->fd);
}

/* Of the register at 20, when it is asked for the second time. On a line without transaction ids a
 * request of another length goes before it, when the first has stayed without its answer. */
static unsigned
second_value(enum line_kind kind, enum line_result first)
{
    bool sure = kind == LINE_TCP || first == LINE_OK || first == LINE_EXCEPTION;
    return sure ? 1020 : 2020;
}

/* The first request goes wrong as expected; the second gets its own answer. */
static void
check_exception(enum line_kind kind, enum behaviour behaviour, enum line_result expected,
                uint8_t number)
{
    struct slave slave = {.kind = kind, .behaviour = behaviour};
    uint16_t words[3] = {1, 2, 3};
    uint8_t exception = 0;

    start_slave(&slave);
    struct line *line = make_line(&slave);
    assert_int_equal(ask(line, words, &exception), expected);
    if (expected == LINE_EXCEPTION)
        assert_int_equal(exception, number);
    assert_int_equal(words[0], expected == LINE_OK ? 20 : 1); /* else untouched */
    assert_int_equal(ask(line, words, &exception), LINE_OK);
    assert_int_equal(words[0], second_value(kind, expected));
    assert_int_equal(words[2], words[0] + 2);
    end_slave(&slave, line);
}

static void
check(enum line_kind kind, enum behaviour behaviour, enum line_result expected)
{
    check_exception(kind, behaviour, expected, 2);
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

/* Nothing but its shape tells an answer that comes after the guard from the next request's. */
static void
test_very_late_answer_is_never_the_next_value(void **state)
{
    (void)state;
    check(LINE_RTU, VERY_LATE, LINE_TIMEOUT);
    check(LINE_RTU_OVER_TCP, VERY_LATE, LINE_TIMEOUT);
}

/* 15 bytes at 40 ms each: with a deadline a byte it would have been an answer. */
static void
test_dripping_slave_has_one_deadline(void **state)
{
    (void)state;
    check_all(DRIPPING, LINE_TIMEOUT);
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
test_truncated_answers(void **state)
{
    (void)state;
    check_all(TRUNCATED, LINE_TIMEOUT);
}

/* Whatever the noise makes of the frame, it is no value, and the next request has its own. */
static void
test_garbage_before_an_answer(void **state)
{
    (void)state;
    for (int i = 1; i < 3; i++) {
        struct slave slave = {.kind = KINDS[i], .behaviour = GARBAGE_BEFORE};
        uint16_t words[3] = {1, 2, 3};
        uint8_t exception = 0;

        start_slave(&slave);
        struct line *line = make_line(&slave);
        enum line_result result = ask(line, words, &exception);
        assert_true(result == LINE_CRC || result == LINE_WRONG_ANSWER || result == LINE_TIMEOUT);
        assert_int_equal(words[0], 1);
        assert_int_equal(ask(line, words, &exception), LINE_OK);
        assert_int_equal(words[0], 2020);
        end_slave(&slave, line);
    }
}

/* The answer itself is good; what follows it is not the beginning of the next one. */
static void
test_surplus_bytes(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct slave slave = {.kind = KINDS[i], .behaviour = SURPLUS};
        uint16_t words[3] = {0};
        uint8_t exception = 0;

        start_slave(&slave);
        struct line *line = make_line(&slave);
        assert_int_equal(ask(line, words, &exception), LINE_OK);
        assert_int_equal(words[0], 20);
        pause_ms(50); /* the surplus bytes are on their way */
        assert_int_equal(ask(line, words, &exception), LINE_OK);
        assert_int_equal(words[0], 1020);
        end_slave(&slave, line);
    }
}

static void
test_exceptions(void **state)
{
    (void)state;
    check_all(EXCEPTION, LINE_EXCEPTION);
}

static void
test_exceptions_that_are_no_refusal(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        check_exception(KINDS[i], EXCEPTION_BUSY, LINE_EXCEPTION, 6);
        check_exception(KINDS[i], EXCEPTION_PATH, LINE_EXCEPTION, 10);
        check_exception(KINDS[i], EXCEPTION_TARGET, LINE_EXCEPTION, 11);
        check(KINDS[i], EXCEPTION_TOO_LONG, LINE_WRONG_ANSWER);
    }
}

static void
test_what_half_duplex_lines_add(void **state)
{
    (void)state;
    for (int i = 1; i < 3; i++) {
        check(KINDS[i], ECHOING, LINE_OK);
        check(KINDS[i], STRAY_BEFORE, LINE_OK);
    }
    check_all(STRAY_AFTER, LINE_OK);
}

static void
test_segments_are_not_frames(void **state)
{
    (void)state;
    check_all(IN_PIECES, LINE_OK);
    check_all(TWICE, LINE_OK);
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

/* A listener with a full backlog leaves connections hanging, as a host behind a dropped route does.
 */
static void
test_black_hole(void **state)
{
    struct slave hole = {.kind = LINE_TCP};
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int filling[8];

    (void)state;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    hole.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(hole.listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(hole.listener, 0), 0);
    getsockname(hole.listener, (struct sockaddr *)&address, &length);
    hole.port = ntohs(address.sin_port);
    for (int i = 0; i < 8; i++) {
        filling[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(filling[i], (struct sockaddr *)&address, length);
    }
    struct line *line = make_line(&hole);
    line->options.connect_timeout_ms = 200;
    assert_int_equal(line_connect(line), LINE_REFUSED);
    assert_non_null(strstr(line_error(line), "timed out"));
    line_free(line);
    for (int i = 0; i < 8; i++)
        close(filling[i]);
    close(hole.listener);
}

/* libmodbus would abort the process. */
static void
test_descriptors_above_1023_are_refused(void **state)
{
    struct slave slave = {.kind = LINE_TCP};
    struct rlimit before, more;
    int taken[FD_SETSIZE];
    int count = 0;

    (void)state;
    getrlimit(RLIMIT_NOFILE, &before);
    more = before;
    more.rlim_cur = FD_SETSIZE + 64;
    if (setrlimit(RLIMIT_NOFILE, &more) != 0)
        skip();
    start_slave(&slave);
    struct line *line = make_line(&slave);
    while (count < FD_SETSIZE && (count == 0 || taken[count - 1] < FD_SETSIZE - 1))
        taken[count++] = dup(slave.listener);
    assert_int_equal(line_connect(line), LINE_REFUSED);
    assert_non_null(strstr(line_error(line), "1023"));
    while (count > 0)
        close(taken[--count]);
    assert_int_equal(line_connect(line), LINE_OK);
    end_slave(&slave, line);
    setrlimit(RLIMIT_NOFILE, &before);
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
    assert_int_equal(line_ask(line, &request, words, &exception), LINE_WRONG_ANSWER);
    request.count = 1;
    request.function = 6;
    assert_int_equal(line_ask(line, &request, words, &exception), LINE_WRONG_ANSWER);
    request.function = 3;
    assert_int_equal(line_ask(line, &request, words, &exception), LINE_REFUSED);
    line_free(line);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_answers),
        cmocka_unit_test(test_no_answer),
        cmocka_unit_test(test_late_answer_is_never_the_next_value),
        cmocka_unit_test(test_very_late_answer_is_never_the_next_value),
        cmocka_unit_test(test_dripping_slave_has_one_deadline),
        cmocka_unit_test(test_wrong_answers),
        cmocka_unit_test(test_truncated_answers),
        cmocka_unit_test(test_garbage_before_an_answer),
        cmocka_unit_test(test_surplus_bytes),
        cmocka_unit_test(test_exceptions),
        cmocka_unit_test(test_exceptions_that_are_no_refusal),
        cmocka_unit_test(test_what_half_duplex_lines_add),
        cmocka_unit_test(test_segments_are_not_frames),
        cmocka_unit_test(test_crc),
        cmocka_unit_test(test_answer_of_another_transaction_is_passed_over),
        cmocka_unit_test(test_closed_connection),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_black_hole),
        cmocka_unit_test(test_descriptors_above_1023_are_refused),
        cmocka_unit_test(test_impossible_requests_are_not_sent),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "protocols/modbus/line.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <modbus/modbus.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define NS_PER_MS  1000000LL
#define HEADER     7 /* MBAP with the unit */
#define MAX_WORDS  125
#define MAX_BITS   2000
#define ERROR_TEXT 160
#define CANCEL_MS  100 /* how soon a cancelled connect ends */

struct line {
    struct line_options options;
    modbus_t *modbus;
    int fd; /* of a socket; -1: closed, or a serial port of libmodbus' */
    bool open;
    uint16_t transaction;
    int64_t silence_ns;
    int64_t quiet_until_ns; /* nothing is sent before */
    int64_t answered_ns;
    char error[ERROR_TEXT];
};

/* ---- memory ---- */

/* 3.5 characters; above 19200 baud a fixed 1.75 ms (Modbus over Serial Line 1.02, 2.5.1.1). */
static int64_t
silence_of(const struct line_options *options)
{
    if (options->kind != LINE_RTU || options->baud == 0)
        return 0;
    if (options->baud > 19200)
        return 1750000;
    int64_t bits = 1 + options->data_bits + (options->parity != 'N') + options->stop_bits;
    return bits * 3500000000LL / options->baud;
}

int
line_new(const struct line_options *options, struct line **ret_line)
{
    struct line *line = calloc(1, sizeof *line);

    if (line == NULL)
        return -ENOMEM;
    line->options = *options;
    line->fd = -1;
    line->silence_ns = silence_of(options);
    if (options->kind == LINE_TCP)
        line->modbus = modbus_new_tcp("127.0.0.1", 502); /* never connects by itself */
    else
        line->modbus = modbus_new_rtu(options->kind == LINE_RTU ? options->path : "/dev/null",
                                      options->baud != 0 ? (int)options->baud : 9600,
                                      options->parity, options->data_bits, options->stop_bits);
    if (line->modbus == NULL) {
        int error = -errno;
        free(line);
        return error;
    }
    modbus_set_error_recovery(line->modbus, MODBUS_ERROR_RECOVERY_NONE);
    modbus_set_byte_timeout(line->modbus, 0, 0); /* the response timeout bounds the whole answer */
    *ret_line = line;
    return 0;
}

void
line_close(struct line *line)
{
    if (line->open && line->options.kind == LINE_RTU)
        modbus_close(line->modbus);
    if (line->fd >= 0) {
        modbus_set_socket(line->modbus, -1);
        close(line->fd);
    }
    line->fd = -1;
    line->open = false;
}

void
line_free(struct line *line)
{
    if (line == NULL)
        return;
    line_close(line);
    modbus_free(line->modbus);
    free(line);
}

bool
line_is_open(const struct line *line)
{
    return line->open;
}

const char *
line_error(const struct line *line)
{
    return line->error;
}

int64_t
line_answered_mono_ns(const struct line *line)
{
    return line->answered_ns;
}

/* ---- connecting ---- */

static enum line_result
explain(struct line *line, enum line_result result, const char *what, const char *why)
{
    snprintf(line->error, sizeof line->error, "%s: %s", what, why);
    return result;
}

static bool
is_cancelled(const struct line *line)
{
    return line->options.cancel != NULL && atomic_load(line->options.cancel);
}

static int
wait_connected(const struct line *line, int fd, int64_t deadline_ns)
{
    struct pollfd waiting = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t length = sizeof error;

    for (;;) {
        int64_t left_ms = (deadline_ns - clock_mono_ns()) / NS_PER_MS;
        if (left_ms <= 0 || is_cancelled(line))
            return ETIMEDOUT;
        int got = poll(&waiting, 1, left_ms < CANCEL_MS ? (int)left_ms : CANCEL_MS);
        if (got > 0)
            break;
        if (got < 0 && errno != EINTR)
            return errno;
    }
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

/* A connected descriptor below FD_SETSIZE, or -errno. */
static int
connect_to(const struct line *line, const struct addrinfo *address, int64_t deadline_ns)
{
    int one = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    int error = 0;
    if (fd >= FD_SETSIZE)
        error = EMFILE; /* libmodbus would abort the process in FD_SET */
    else if (connect(fd, address->ai_addr, address->ai_addrlen) != 0)
        error = errno == EINPROGRESS ? wait_connected(line, fd, deadline_ns) : errno;
    if (error != 0) {
        close(fd);
        return -error;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    return fd;
}

static enum line_result
connect_socket(struct line *line)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    char port[8];
    char place[96];
    int fd = -EHOSTUNREACH;

    snprintf(port, sizeof port, "%u", line->options.port);
    snprintf(place, sizeof place, "%.80s:%s", line->options.host, port);
    int unresolved = getaddrinfo(line->options.host, port, &hints, &addresses);
    if (unresolved != 0)
        return explain(line, LINE_UNRESOLVED, place, gai_strerror(unresolved));
    int64_t deadline_ns = clock_mono_ns() + line->options.connect_timeout_ms * NS_PER_MS;
    for (struct addrinfo *at = addresses; at != NULL && fd < 0; at = at->ai_next)
        fd = connect_to(line, at, deadline_ns);
    freeaddrinfo(addresses);
    if (fd == -EMFILE)
        return explain(line, LINE_REFUSED, place,
                       "more than 1023 files are open: too many TCP buses");
    if (fd < 0)
        return explain(line, LINE_REFUSED, place, strerror(-fd));
    line->fd = fd;
    modbus_set_socket(line->modbus, fd);
    return LINE_OK;
}

enum line_result
line_connect(struct line *line)
{
    enum line_result result = LINE_OK;

    if (line->open)
        return LINE_OK;
    line->error[0] = '\0';
    if (line->options.kind != LINE_RTU)
        result = connect_socket(line);
    else if (modbus_connect(line->modbus) != 0)
        result = explain(line, LINE_NO_PORT, line->options.path, strerror(errno));
    else if (modbus_get_socket(line->modbus) >= FD_SETSIZE) {
        modbus_close(line->modbus);
        result = explain(line, LINE_NO_PORT, line->options.path, "more than 1023 files are open");
    }
    line->open = result == LINE_OK;
    line->quiet_until_ns = clock_mono_ns() + line->silence_ns;
    return result;
}

/* ---- one request ---- */

/* Whatever is still in the way from earlier. False when the peer has closed the connection. */
static bool
drain(struct line *line)
{
    uint8_t bytes[512];
    ssize_t got;

    if (line->options.kind == LINE_RTU)
        return modbus_flush(line->modbus) >= 0;
    while ((got = recv(line->fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        continue;
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

static bool
send_all(int fd, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* libmodbus leaves the transaction id of a raw request zero, so the header is made here. */
static bool
send_request(struct line *line, const struct line_request *request)
{
    uint8_t frame[HEADER + 5];
    uint8_t *pdu = frame + HEADER - 1;

    pdu[0] = request->unit;
    pdu[1] = request->function;
    pdu[2] = (uint8_t)(request->address >> 8);
    pdu[3] = (uint8_t)request->address;
    pdu[4] = (uint8_t)(request->count >> 8);
    pdu[5] = (uint8_t)request->count;
    modbus_set_slave(line->modbus, request->unit);
    if (line->options.kind != LINE_TCP)
        return modbus_send_raw_request(line->modbus, pdu, 6) > 0;
    line->transaction++;
    frame[0] = (uint8_t)(line->transaction >> 8);
    frame[1] = (uint8_t)line->transaction;
    frame[2] = frame[3] = frame[4] = 0;
    frame[5] = 6;
    return send_all(line->fd, frame, sizeof frame);
}

static void
set_timeout(struct line *line, int64_t left_ns)
{
    if (left_ns < 1000)
        left_ns = 1000;
    modbus_set_response_timeout(line->modbus, (uint32_t)(left_ns / 1000000000),
                                (uint32_t)(left_ns % 1000000000 / 1000));
}

static enum line_result
result_of(int error)
{
    switch (error) {
    case ETIMEDOUT: return LINE_TIMEOUT;
    case EMBBADCRC: return LINE_CRC;
    case EMBBADDATA:
    case EMBBADEXC:
    case EMBBADSLAVE:
    case EMBMDATA:
    case EMBUNKEXC: return LINE_WRONG_ANSWER;
    default: return LINE_REFUSED; /* connection reset, port gone */
    }
}

static enum line_result
check_exception(const uint8_t *pdu, size_t length, uint8_t *ret_exception)
{
    if (length != 2)
        return LINE_WRONG_ANSWER;
    *ret_exception = pdu[1];
    return LINE_EXCEPTION;
}

/* pdu: function, byte count, data; nothing more, nothing less. */
static enum line_result
check_answer(const struct line_request *request, const uint8_t *pdu, size_t length,
             uint8_t *ret_exception)
{
    bool bits = request->function <= 2;
    size_t bytes = bits ? (request->count + 7U) / 8U : 2U * request->count;

    if (length >= 1 && pdu[0] == (request->function | 0x80))
        return check_exception(pdu, length, ret_exception);
    if (length != bytes + 2 || pdu[0] != request->function || pdu[1] != bytes)
        return LINE_WRONG_ANSWER;
    return LINE_OK;
}

/* The answer's PDU within the deadline. An answer of an earlier transaction is passed over. */
static enum line_result
receive(struct line *line, const struct line_request *request, int64_t deadline_ns,
        uint8_t frame[MODBUS_TCP_MAX_ADU_LENGTH], size_t *ret_length)
{
    bool tcp = line->options.kind == LINE_TCP;

    for (;;) {
        set_timeout(line, deadline_ns - clock_mono_ns());
        int got = modbus_receive_confirmation(line->modbus, frame);
        if (got < 0)
            return result_of(errno);
        size_t front = tcp ? HEADER : 1;
        size_t back = tcp ? 0 : 2;
        if ((size_t)got <= front + back) /* 0: RTU frame of another unit */
            return LINE_WRONG_ANSWER;
        if (!tcp && frame[0] != request->unit)
            return LINE_WRONG_ANSWER;
        if (tcp) {
            size_t announced = (size_t)(frame[4] << 8 | frame[5]);
            if (frame[2] != 0 || frame[3] != 0 || announced + 6 != (size_t)got)
                return LINE_WRONG_ANSWER;
            if ((uint16_t)(frame[0] << 8 | frame[1]) != line->transaction)
                continue;
            if (frame[6] != request->unit)
                return LINE_WRONG_ANSWER;
        }
        *ret_length = (size_t)got - front - back;
        memmove(frame, frame + front, *ret_length);
        return LINE_OK;
    }
}

static void
unpack(const struct line_request *request, const uint8_t *pdu, uint16_t *ret_words)
{
    const uint8_t *data = pdu + 2;

    for (uint16_t i = 0; i < request->count; i++) {
        if (request->function <= 2)
            ret_words[i] = data[i / 8] >> (i % 8) & 1;
        else
            ret_words[i] = (uint16_t)(data[2 * i] << 8 | data[2 * i + 1]);
    }
}

/* What the line needs after an answer like this. A TCP stream that was cut inside an answer cannot
 * be trusted any more; on a line without transaction ids only time separates a late answer from the
 * next. */
static void
settle(struct line *line, const struct line_request *request, enum line_result result)
{
    int64_t now_ns = clock_mono_ns();

    line->answered_ns = now_ns;
    line->quiet_until_ns = now_ns + line->silence_ns;
    if (result == LINE_OK || result == LINE_EXCEPTION)
        return;
    if (result == LINE_REFUSED || line->options.kind == LINE_TCP)
        line_close(line);
    else
        line->quiet_until_ns = now_ns + request->guard_ms * NS_PER_MS;
}

enum line_result
line_read(struct line *line, const struct line_request *request, uint16_t *ret_words,
          uint8_t *ret_exception)
{
    uint8_t frame[MODBUS_TCP_MAX_ADU_LENGTH];
    size_t length = 0;
    uint16_t most = request->function <= 2 ? MAX_BITS : MAX_WORDS;

    if (request->count == 0 || request->count > most || request->function < 1 ||
        request->function > 4)
        return LINE_WRONG_ANSWER;
    if (!line->open)
        return LINE_REFUSED;
    clock_sleep_until_ns(line->quiet_until_ns);
    int64_t deadline_ns = clock_mono_ns() + request->timeout_ms * NS_PER_MS;
    enum line_result result = LINE_REFUSED;
    if (drain(line) && send_request(line, request))
        result = receive(line, request, deadline_ns, frame, &length);
    else
        snprintf(line->error, sizeof line->error, "the connection was closed by the other side");
    if (result == LINE_OK)
        result = check_answer(request, frame, length, ret_exception);
    settle(line, request, result);
    if (result == LINE_OK)
        unpack(request, frame, ret_words);
    return result;
}

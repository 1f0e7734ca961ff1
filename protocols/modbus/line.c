#include "protocols/modbus/line.h"

#include "base/clock.h"
#include "protocols/modbus/dial.h"
#include "protocols/modbus/frame.h"
#include "protocols/modbus/overdue.h"

#include <errno.h>
#include <fcntl.h>
#include <modbus/modbus.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define NS_PER_MS     1000000LL
#define ERROR_TEXT    160
#define BUFFER        1024 /* more bytes than this without an answer are no answer */
#define QUIET_RTU_MS  20   /* a wrong answer is over when nothing came for so long */
#define QUIET_TCP_MS  100
#define TCP_SILENT    3 /* unanswered requests in a row after which a connection is made anew */
#define EARLY_BYTES   2 /* woken so much before an answer can be complete */
#define DRAIN_MOST_MS 2000

struct line {
    struct line_options options;
    modbus_t *modbus; /* of a serial port */
    int fd;           /* -1: closed */
    bool open;
    bool echoes; /* requests come back on this line */
    uint16_t transaction;
    uint8_t silent; /* unanswered requests in a row */
    struct overdue overdue;
    int64_t silence_ns;
    int64_t guard_ns;       /* kept before the next request: the last has no answer */
    int64_t quiet_until_ns; /* nothing is sent before */
    int64_t begun_ns;       /* when the answer's first byte was on the line, at the latest */
    struct line_timing timing;
    void (*trace)(void *context, const struct line_trace *trace);
    void *trace_context;
    size_t length;
    uint8_t bytes[BUFFER];
    char error[ERROR_TEXT];
};

int
line_new(const struct line_options *options, struct line **ret_line)
{
    struct line *line = calloc(1, sizeof *line);

    if (line == NULL)
        return -ENOMEM;
    line->options = *options;
    line->fd = -1;
    line->silence_ns = options->kind == LINE_RTU ? line_silence_ns(options) : 0;
    if (options->kind == LINE_RTU)
        line->modbus = modbus_new_rtu(options->path, (int)options->baud, options->parity,
                                      options->data_bits, options->stop_bits);
    if (options->kind == LINE_RTU && line->modbus == NULL) {
        int error = -errno;
        free(line);
        return error;
    }
    *ret_line = line;
    return 0;
}

void
line_close(struct line *line)
{
    if (line->open && line->options.kind == LINE_RTU)
        modbus_close(line->modbus);
    else if (line->open)
        close(line->fd);
    line->fd = -1;
    line->open = false;
    line->silent = 0;
    line->length = 0;
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

const struct line_timing *
line_timing(const struct line *line)
{
    return &line->timing;
}

void
line_watch(struct line *line, void (*trace)(void *context, const struct line_trace *trace),
           void *context)
{
    line->trace = trace;
    line->trace_context = context;
}

/* ---- connecting ---- */

static enum line_result
explain(struct line *line, enum line_result result, const char *what, const char *why)
{
    snprintf(line->error, sizeof line->error, "%s: %s", what, why);
    return result;
}

static enum line_result
connect_socket(struct line *line)
{
    struct dial dial = {.host = line->options.host,
                        .port = line->options.port,
                        .timeout_ms = line->options.connect_timeout_ms,
                        .cancel = line->options.cancel};
    char place[96];
    int fd = -1;

    snprintf(place, sizeof place, "%.80s:%u", dial.host, dial.port);
    const char *why = dial_connect(&dial, &fd);
    if (why != NULL)
        return explain(line, fd == DIAL_UNRESOLVED ? LINE_UNRESOLVED : LINE_REFUSED, place, why);
    line->fd = fd;
    return LINE_OK;
}

static enum line_result
open_port(struct line *line)
{
    const char *path = line->options.path;

    if (modbus_connect(line->modbus) != 0)
        return explain(line, LINE_NO_PORT, path, strerror(errno));
    line->fd = modbus_get_socket(line->modbus);
    const char *wrong = NULL;
    if (line->fd >= FD_SETSIZE)
        wrong = "more than 1023 files are open";
    else if (flock(line->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        wrong = "in use by another process";
    if (wrong == NULL)
        return LINE_OK;
    modbus_close(line->modbus);
    line->fd = -1;
    return explain(line, LINE_NO_PORT, path, wrong);
}

enum line_result
line_connect(struct line *line)
{
    if (line->open)
        return LINE_OK;
    line->error[0] = '\0';
    enum line_result result = line->options.kind == LINE_RTU ? open_port(line)
                                                             : connect_socket(line);
    line->open = result == LINE_OK;
    line->quiet_until_ns = clock_mono_ns() + line->silence_ns;
    return result;
}

/* ---- sending ---- */

/* Throws away what is there. Returns whether there was something; *ret_closed: the peer has closed.
 */
static bool
drop_input(struct line *line, bool *ret_closed)
{
    struct pollfd waiting = {.fd = line->fd, .events = POLLIN};
    uint8_t bytes[512];
    bool some = false;

    *ret_closed = false;
    while (poll(&waiting, 1, 0) > 0) {
        ssize_t got = read(line->fd, bytes, sizeof bytes);
        *ret_closed = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
        if (got <= 0)
            break;
        some = true;
    }
    line->length = 0;
    return some;
}

/* Waits for the silence that stands before a request (after one without its answer: the guard) and
 * throws away whatever came before it; when something did, it waits as long again. A line on which
 * bytes keep coming is given up after a while. */
static bool
wait_quiet(struct line *line)
{
    int64_t pause_ns = line->guard_ns > 0 ? line->guard_ns : line->silence_ns;
    int64_t give_up_ns = clock_mono_ns() + DRAIN_MOST_MS * NS_PER_MS;
    bool closed = false;

    for (;;) {
        clock_sleep_until_ns(line->quiet_until_ns);
        bool some = drop_input(line, &closed);
        int64_t now_ns = clock_mono_ns();
        if (!some || pause_ns == 0 || closed || now_ns > give_up_ns)
            return !closed;
        line->quiet_until_ns = now_ns + pause_ns;
    }
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

static void
tell(const struct line *line, bool sent, const uint8_t *bytes, size_t length,
     enum line_result result)
{
    struct line_trace trace = {.mono_ns = sent ? line->timing.sent_ns : line->timing.answered_ns,
                               .sent = sent,
                               .bytes = bytes,
                               .length = length,
                               .result = result};

    if (line->trace != NULL)
        line->trace(line->trace_context, &trace);
}

/* On a serial port libmodbus adds the CRC and writes; it leaves the transaction id of a raw request
 * zero, so a socket's frame is made here. */
static bool
send_request(struct line *line, const struct frame_request *request)
{
    uint8_t frame[FRAME_MAX];
    size_t length = frame_put(request, frame);

    line->timing.sent_ns = clock_mono_ns();
    bool sent = line->options.kind == LINE_RTU
                    ? modbus_send_raw_request(line->modbus, frame, (int)length - 2) > 0
                    : send_all(line->fd, frame, length);
    tell(line, true, frame, length, LINE_OK);
    return sent;
}

/* ---- receiving ---- */

static enum line_result
result_of(enum frame_verdict verdict)
{
    static const enum line_result RESULTS[] = {
        [FRAME_MORE] = LINE_TIMEOUT,        [FRAME_ANSWER] = LINE_OK,
        [FRAME_EXCEPTION] = LINE_EXCEPTION, [FRAME_NOTHING] = LINE_TIMEOUT,
        [FRAME_TRUNCATED] = LINE_TIMEOUT,   [FRAME_BAD_CRC] = LINE_CRC,
        [FRAME_WRONG] = LINE_WRONG_ANSWER};

    return RESULTS[verdict];
}

/* What is there now, at least a byte before `until_ns`; 0 when none came, -1 when the line is gone.
 */
static ssize_t
receive_some(struct line *line, int64_t until_ns)
{
    struct pollfd waiting = {.fd = line->fd, .events = POLLIN};
    ssize_t got = -1;

    while (got < 0) { /* what woke us may have been a signal */
        int64_t left_ns = until_ns - clock_mono_ns();
        struct timespec left = {.tv_sec = left_ns / 1000000000, .tv_nsec = left_ns % 1000000000};
        if (left_ns <= 0 || line->length == BUFFER)
            return 0;
        if (ppoll(&waiting, 1, &left, NULL) <= 0)
            continue;
        got = read(line->fd, line->bytes + line->length, BUFFER - line->length);
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            return -1;
    }
    if (got <= 0)
        return -1;
    line->length += (size_t)got;
    int64_t begun_ns = clock_mono_ns() - line_characters_ns(&line->options, line->length);
    if (line->begun_ns == 0 || begun_ns < line->begun_ns)
        line->begun_ns = begun_ns;
    return got;
}

/* The rest of a long answer cannot be there before the line has carried it: no wake-up for each
 * byte. */
static void
let_it_come(const struct line *line, const struct frame_request *request, int64_t deadline_ns)
{
    size_t whole = line->length + frame_missing(request, line->bytes, line->length);

    if (line->options.kind != LINE_RTU || line->length == 0 || whole <= EARLY_BYTES)
        return;
    int64_t until_ns = line->begun_ns + line_characters_ns(&line->options, whole - EARLY_BYTES);
    clock_sleep_until_ns(until_ns < deadline_ns ? until_ns : deadline_ns);
}

/* Until when the next byte is waited for: the deadline, or less behind bytes that begin nothing. */
static int64_t
wait_for_byte_until(const struct line *line, const struct line_request *asked, bool begun,
                    int64_t deadline_ns)
{
    int64_t quiet_ms = asked->frame_timeout_ms;

    if (line->length == 0)
        return deadline_ns;
    if (!begun)
        quiet_ms = line->options.kind == LINE_RTU ? QUIET_RTU_MS : QUIET_TCP_MS;
    if (quiet_ms == 0)
        return deadline_ns;
    int64_t until_ns = clock_mono_ns() + quiet_ms * NS_PER_MS;
    return until_ns < deadline_ns ? until_ns : deadline_ns;
}

/* Do the bytes so far begin an answer, as far as can be seen? */
static bool
has_begun(const struct frame_request *request, const struct line *line)
{
    struct frame_match match;

    frame_judge(request, line->bytes, line->length, true, line->echoes, &match);
    return match.verdict == FRAME_TRUNCATED || match.verdict == FRAME_NOTHING;
}

static enum line_result
receive(struct line *line, const struct line_request *asked, const struct frame_request *request,
        int64_t deadline_ns, struct frame_match *match)
{
    for (;;) {
        bool begun = line->length == 0 || has_begun(request, line);
        let_it_come(line, request, deadline_ns);
        ssize_t got = receive_some(line, wait_for_byte_until(line, asked, begun, deadline_ns));
        if (got < 0)
            return LINE_REFUSED;
        frame_judge(request, line->bytes, line->length, got == 0, line->echoes, match);
        if (match->verdict != FRAME_MORE)
            return result_of(match->verdict);
    }
}

/* ---- one request ---- */

/* What the line needs after this. A TCP stream that broke off inside an answer cannot be trusted
 * any more, nor can a connection on which several requests in a row stay without an answer. */
static void
settle(struct line *line, const struct line_request *asked, const struct frame_request *request,
       enum line_result result, bool truncated)
{
    line->guard_ns = 0;
    line->quiet_until_ns = line->timing.answered_ns + line->silence_ns;
    if (result == LINE_OK || result == LINE_EXCEPTION) {
        overdue_forget(&line->overdue, request->unit);
        line->silent = 0;
        return;
    }
    overdue_remember(&line->overdue, request);
    line->silent++;
    bool broken = line->options.kind == LINE_TCP && (truncated || result != LINE_TIMEOUT);
    if (result == LINE_REFUSED || broken ||
        (line->options.kind != LINE_RTU && line->silent >= TCP_SILENT))
        line_close(line);
    else if (line->options.kind != LINE_TCP)
        line->guard_ns = asked->guard_ms * NS_PER_MS;
    line->quiet_until_ns += line->guard_ns;
}

static void
measure(struct line *line, const struct frame_request *request, const struct frame_match *match)
{
    const struct line_options *options = &line->options;
    uint8_t asked[FRAME_MAX];
    size_t sent = frame_put(request, asked);
    struct line_timing *timing = &line->timing;

    timing->echoed = match->echoed;
    timing->stray_bytes = (uint32_t)(match->skipped - (match->echoed ? sent : 0));
    if (options->kind == LINE_TCP)
        timing->stray_bytes = 0;
    line->echoes |= match->echoed;
    int64_t line_ns = line_characters_ns(options, sent + match->length);
    int64_t rest_ns = timing->answered_ns - timing->sent_ns - line_ns;
    timing->turnaround_ns = rest_ns > 0 ? rest_ns : 0;
}

static enum line_result
exchange(struct line *line, const struct line_request *asked, const struct frame_request *request,
         struct frame_match *match)
{
    enum line_result result = LINE_REFUSED;

    *match = (struct frame_match){0};
    line->begun_ns = 0;
    line->timing = (struct line_timing){0};
    if (wait_quiet(line) && send_request(line, request)) {
        int64_t deadline_ns = line->timing.sent_ns + asked->timeout_ms * NS_PER_MS;
        result = receive(line, asked, request, deadline_ns, match);
    } else {
        snprintf(line->error, sizeof line->error, "the connection was closed by the other side");
    }
    line->timing.answered_ns = clock_mono_ns();
    if (line->length > 0 || result == LINE_TIMEOUT)
        tell(line, false, line->bytes, line->length, result);
    if (result == LINE_OK || result == LINE_EXCEPTION)
        measure(line, request, match);
    settle(line, asked, request, result, match->verdict == FRAME_TRUNCATED);
    return result;
}

/* A request of another length to the same registers, so that its answer is no overdue one's. The
 * word behind the wanted ones is asked for only where there is no other way. */
static enum line_result
clear_the_way(struct line *line, const struct line_request *asked,
              const struct frame_request *request)
{
    static const int STEPS[] = {-1, 1, -2, 2, -3, 3};
    int unit = request->function == 1 || request->function == 2 ? 8 : 1;
    struct frame_match match;

    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
        struct frame_request probe = *request;
        int count = request->count + STEPS[i] * unit;
        probe.count = (uint16_t)count;
        if (count <= 0 || !frame_is_possible(&probe) || overdue_looks_like(&line->overdue, &probe))
            continue;
        enum line_result result = exchange(line, asked, &probe, &match);
        int64_t pause_ns = line->timing.answered_ns + asked->pause_ms * NS_PER_MS;
        if (pause_ns > line->quiet_until_ns)
            line->quiet_until_ns = pause_ns;
        return result;
    }
    overdue_forget(&line->overdue, request->unit);
    return LINE_OK;
}

enum line_result
line_ask(struct line *line, const struct line_request *asked, uint16_t *ret_words,
         uint8_t *ret_exception)
{
    struct frame_request request = {.kind = line->options.kind == LINE_TCP ? FRAME_TCP : FRAME_RTU,
                                    .unit = asked->unit,
                                    .function = asked->function,
                                    .address = asked->address,
                                    .count = asked->count,
                                    .values = asked->values};
    struct frame_match match = {0};

    if (!frame_is_possible(&request))
        return LINE_WRONG_ANSWER;
    if (!line->open)
        return LINE_REFUSED;
    if (request.function <= 4 && overdue_looks_like(&line->overdue, &request)) {
        enum line_result way = clear_the_way(line, asked, &request);
        if (way != LINE_OK && way != LINE_EXCEPTION)
            return way;
        if (!line->open)
            return LINE_REFUSED;
    }
    request.transaction = ++line->transaction;
    enum line_result result = exchange(line, asked, &request, &match);
    if (result == LINE_EXCEPTION)
        *ret_exception = match.exception;
    if (result == LINE_OK && ret_words != NULL && request.function <= 4)
        frame_unpack(&request, match.data, ret_words);
    return result;
}

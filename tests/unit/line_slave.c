/* The slave of test_line.c: answers the first request in one wrong way, the others well. Included
 * by the test, behind line.c. */
#include <arpa/inet.h>
#include <pthread.h>
#include <pty.h>
#include <termios.h>

#define LATE_MS      250 /* after the timeout, within the guard */
#define VERY_LATE_MS 520 /* after the guard, while the next request waits for its answer */

enum behaviour {
    GOOD,
    SILENT,
    LATE,
    VERY_LATE,
    DRIPPING, /* slower than the deadline */
    IN_PIECES,
    WRONG_UNIT,
    WRONG_FUNCTION,
    SHORT_COUNT,
    LONG_COUNT,
    EXCEPTION,
    EXCEPTION_BUSY,
    EXCEPTION_PATH,   /* gateway: path unavailable */
    EXCEPTION_TARGET, /* gateway: target did not respond */
    EXCEPTION_TOO_LONG,
    ECHOING,      /* RTU frames */
    STRAY_BEFORE, /* RTU frames: 00 and FF */
    STRAY_AFTER,
    TWICE,          /* the answer, and again in the same segment */
    BAD_CRC,        /* RTU frames */
    GARBAGE_BEFORE, /* RTU frames */
    SURPLUS,        /* a good answer, then bytes that belong to nothing */
    TRUNCATED,
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
crc_of(const uint8_t *bytes, size_t length)
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
    if (behaviour >= EXCEPTION && behaviour <= EXCEPTION_TOO_LONG) {
        static const uint8_t NUMBERS[] = {2, 6, 10, 11, 2};
        pdu[0] = asked[0] | 0x80;
        pdu[1] = NUMBERS[behaviour - EXCEPTION];
        pdu[2] = 0;
        return behaviour == EXCEPTION_TOO_LONG ? 3 : 2;
    }
    pdu[1] = (uint8_t)(2 * count);
    for (unsigned i = 0; i < count; i++) {
        unsigned word = address + i + 1000 * slave->requests;
        pdu[2 + 2 * i] = (uint8_t)(word >> 8);
        pdu[3 + 2 * i] = (uint8_t)word;
    }
    return 2 + 2 * count;
}

/* What goes over the line for an answer. Returns its length. */
static size_t
dress(enum behaviour behaviour, const uint8_t *asked, const uint8_t *frame, size_t length,
      uint8_t *ret_bytes)
{
    static const struct {
        enum behaviour behaviour;
        const char *bytes;
        size_t length;
    } AROUND[] = {{GARBAGE_BEFORE, "\x00\xff\x55", 3},
                  {STRAY_BEFORE, "\x00\xff", 2},
                  {SURPLUS, "\x07\x03\x06\x11", 4},
                  {STRAY_AFTER, "\xff\x00", 2}};
    uint8_t *at = ret_bytes;

    for (int i = 0; i < 2; i++)
        if (behaviour == AROUND[i].behaviour)
            at = (uint8_t *)mempcpy(at, AROUND[i].bytes, AROUND[i].length);
    if (behaviour == ECHOING)
        at = (uint8_t *)mempcpy(at, asked, 8);
    at = (uint8_t *)mempcpy(at, frame, behaviour == TRUNCATED ? length - 2 : length);
    if (behaviour == TWICE)
        at = (uint8_t *)mempcpy(at, frame, length);
    for (int i = 2; i < 4; i++)
        if (behaviour == AROUND[i].behaviour)
            at = (uint8_t *)mempcpy(at, AROUND[i].bytes, AROUND[i].length);
    return (size_t)(at - ret_bytes);
}

static void
send_bytes(const struct slave *slave, enum behaviour behaviour, const uint8_t *bytes, size_t length)
{
    if (behaviour == LATE || behaviour == VERY_LATE)
        pause_ms(behaviour == LATE ? LATE_MS : VERY_LATE_MS);
    bool pieces = behaviour == DRIPPING || behaviour == IN_PIECES;
    size_t step = pieces ? 1 : length;
    for (size_t i = 0; i < length; i += step) {
        if (pieces)
            pause_ms(behaviour == DRIPPING ? 40 : 3);
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
    uint8_t dressed[700];
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
        uint16_t sum = crc_of(frame, length + 1);
        frame[length + 1] = (uint8_t)(sum + (behaviour == BAD_CRC));
        frame[length + 2] = (uint8_t)(sum >> 8);
        length += 3;
    }
    length = dress(behaviour, asked, frame, length, dressed);
    send_bytes(slave, behaviour, dressed, length);
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

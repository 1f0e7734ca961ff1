/* A broker of a few lines that does exactly what a test tells it, for one connection. Included by
 * test_mqtt.c. */
#include "base/thread.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct answer {
    size_t length; /* 0: hang up */
    uint8_t bytes[128];
};

struct broker {
    int listener;
    uint16_t port;
    struct answer connect;   /* to CONNECT */
    struct answer publish;   /* to each PUBLISH: its packet id is filled in at bytes[2..3] */
    struct answer subscribe; /* to SUBSCRIBE, ditto; then `message` follows */
    struct answer message;   /* a PUBLISH of the broker's own */
    struct thread thread;
    uint8_t seen[4096]; /* the last PUBLISH, whole */
    size_t seen_length;
};

#define ANSWER(...)                                                                                \
    {                                                                                              \
        .length = sizeof((uint8_t[]){__VA_ARGS__}), .bytes = { __VA_ARGS__ }                       \
    }

#define CONNACK_5 ANSWER(0x20, 3, 0, 0, 0)
#define PUBACK_4  ANSWER(0x40, 2, 0, 0)
#define SUBACK_5  ANSWER(0x90, 4, 0, 0, 0, 1)

static bool
receive(int peer, void *bytes, size_t length)
{
    uint8_t *at = bytes;
    while (length) {
        ssize_t got = recv(peer, at, length, 0);
        if (got <= 0)
            return false;
        at += got;
        length -= (size_t)got;
    }
    return true;
}

/* One packet; its length, 0 at the end. */
static size_t
receive_packet(int peer, uint8_t *packet, size_t capacity)
{
    size_t head = 1, rest = 0;
    if (!receive(peer, packet, 1))
        return 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
        if (!receive(peer, packet + head, 1))
            return 0;
        rest |= (size_t)(packet[head] & 0x7F) << shift;
        if (!(packet[head++] & 0x80))
            break;
    }
    if (head + rest > capacity || !receive(peer, packet + head, rest))
        return 0;
    return head + rest;
}

static bool
say(int peer, const struct answer *answer)
{
    return answer->length &&
           send(peer, answer->bytes, answer->length, MSG_NOSIGNAL) == (ssize_t)answer->length;
}

static bool
acknowledge(struct broker *broker, int peer, const uint8_t *packet, size_t length)
{
    struct answer answer;
    if (packet[0] >> 4 == 3) {
        size_t topic = (size_t)packet[2] << 8 | packet[3];
        memcpy(broker->seen, packet, length);
        broker->seen_length = length;
        answer = broker->publish;
        memcpy(answer.bytes + 2, packet + 4 + topic, 2);
        return say(peer, &answer);
    }
    if (packet[0] >> 4 == 8) {
        answer = broker->subscribe;
        memcpy(answer.bytes + 2, packet + 2, 2);
        return say(peer, &answer) && say(peer, &broker->message);
    }
    return packet[0] >> 4 != 14;
}

static void *
run_broker(void *context)
{
    struct broker *broker = context;
    uint8_t packet[4096];
    int peer = accept(broker->listener, NULL, NULL);
    if (receive_packet(peer, packet, sizeof packet) && say(peer, &broker->connect)) {
        size_t length;
        while ((length = receive_packet(peer, packet, sizeof packet)) != 0)
            if (!acknowledge(broker, peer, packet, length))
                break;
    }
    close(peer);
    return NULL;
}

static void
start_broker(struct broker *broker)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000001)};
    socklen_t size = sizeof address;
    broker->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(broker->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(broker->listener, 4), 0);
    assert_int_equal(getsockname(broker->listener, (struct sockaddr *)&address, &size), 0);
    broker->port = ntohs(address.sin_port);
    assert_int_equal(thread_start(&broker->thread, "broker", run_broker, broker), 0);
}

static void
stop_broker(struct broker *broker)
{
    thread_join(&broker->thread);
    close(broker->listener);
}

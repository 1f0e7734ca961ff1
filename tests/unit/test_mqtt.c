/* mqtt.c against a broker of a few lines that does exactly what a test tells it: real brokers do
 * not hang up, refuse and fall silent on demand. */
#include "protocols/mqtt/mqtt.c"
#include "protocols/mqtt/prepare.c"
#include "protocols/mqtt/reach.c"
#include "protocols/mqtt/reason.c"

#include "base/clock.h"
#include "base/queue.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "mqtt_broker.c"

#define PATIENCE_MS 15000

struct seen {
    enum mqtt_event_kind kind;
    uint64_t token;
    int reason;
    bool wrong_version, retained, has_response;
    uint16_t receive_maximum;
    uint32_t max_packet;
    char text[200], topic[64], payload[64], response[64], correlation[16];
};

static struct queue *events;
static int refuse_messages; /* how many MQTT_MESSAGE the receiver has no room for */

static bool
post_seen(void *context, const struct mqtt_event *event)
{
    (void)context;
    struct seen seen = {
        .kind = event->kind,
        .token = event->token,
        .reason = event->reason,
        .wrong_version = event->wrong_version,
        .retained = event->retained,
        .receive_maximum = event->receive_maximum,
        .max_packet = event->max_packet,
        .has_response = event->response_topic != NULL,
    };
    if (event->kind == MQTT_MESSAGE && refuse_messages-- > 0)
        return false;
    snprintf(seen.text, sizeof seen.text, "%s", event->text ? event->text : "");
    snprintf(seen.topic, sizeof seen.topic, "%s", event->topic ? event->topic : "");
    if (event->payload)
        memcpy(seen.payload, event->payload, event->payload_length);
    if (event->response_topic)
        snprintf(seen.response, sizeof seen.response, "%s", event->response_topic);
    if (event->correlation)
        memcpy(seen.correlation, event->correlation, event->correlation_length);
    return queue_post(events, &seen);
}

static struct seen
next_event(void)
{
    struct seen seen;
    assert_true(queue_take(events, clock_mono_ms() + PATIENCE_MS, &seen));
    return seen;
}

static struct mqtt *
open_client(const struct broker *broker, uint8_t version)
{
    static struct mqtt_options options;
    char error[200] = "";
    struct mqtt *mqtt = NULL;
    options = (struct mqtt_options){
        .host = "127.0.0.1",
        .port = broker->port,
        .client_id = "test",
        .version = version,
        .keepalive_s = 30,
        .will_topic = "will",
        .will_payload = "gone",
        .will_length = 4,
    };
    assert_int_equal(mqtt_new(&options, post_seen, NULL, &mqtt, error), 0);
    assert_int_equal(mqtt_connect(mqtt, error), 0);
    return mqtt;
}

static struct seen
connect_once(struct answer connect, uint8_t version)
{
    struct broker broker = {.connect = connect};
    start_broker(&broker);
    struct mqtt *mqtt = open_client(&broker, version);
    struct seen seen = next_event();
    mqtt_free(mqtt);
    stop_broker(&broker);
    return seen;
}

/* ---- tests ---- */

static void
test_connack_properties(void **state)
{
    (void)state;
    struct answer connack = ANSWER(0x20, 11, 0, 0, 8, 0x21, 0, 20, 0x27, 0, 0, 0x10, 0);
    struct seen seen = connect_once(connack, 5);
    assert_int_equal(seen.kind, MQTT_CONNECTED);
    assert_int_equal(seen.receive_maximum, 20);
    assert_int_equal(seen.max_packet, 4096);
    seen = connect_once((struct answer)CONNACK_5, 5);
    assert_int_equal(seen.receive_maximum, 65535);
    assert_int_equal(seen.max_packet, 0);
    seen = connect_once((struct answer)ANSWER(0x20, 2, 0, 0), 4);
    assert_int_equal(seen.kind, MQTT_CONNECTED);
    assert_int_equal(seen.receive_maximum, 65535);
}

static void
test_refusals(void **state)
{
    (void)state;
    struct seen seen = connect_once((struct answer)ANSWER(0x20, 3, 0, 132, 0), 5);
    assert_int_equal(seen.kind, MQTT_NOT_CONNECTED);
    assert_true(seen.wrong_version);
    seen = connect_once((struct answer)ANSWER(0x20, 2, 0, 1), 5); /* as a 3.1.1 broker answers */
    assert_int_equal(seen.kind, MQTT_NOT_CONNECTED);
    assert_true(seen.wrong_version);
    seen = connect_once((struct answer)ANSWER(0x20, 3, 0, 134, 0), 5);
    assert_false(seen.wrong_version);
    assert_string_equal(seen.text, "the broker does not accept the user name or password");
    seen = connect_once((struct answer)ANSWER(0x20, 2, 0, 4), 4);
    assert_int_equal(seen.reason, 4);
    assert_string_equal(seen.text, "the broker does not accept the user name or password");
}

static void
test_silent_close(void **state)
{
    (void)state;
    struct answer hang_up = {.length = 0};
    struct seen seen = connect_once(hang_up, 5);
    assert_int_equal(seen.kind, MQTT_NOT_CONNECTED);
    assert_true(seen.wrong_version); /* brokers of the old school know no better */
    assert_string_equal(seen.text, "the broker hung up instead of answering");
    seen = connect_once(hang_up, 4);
    assert_int_equal(seen.kind, MQTT_NOT_CONNECTED);
    assert_false(seen.wrong_version);
}

static void
test_nobody_listens(void **state)
{
    (void)state;
    struct broker broker = {.connect = CONNACK_5};
    start_broker(&broker);
    struct mqtt *mqtt = open_client(&broker, 5);
    assert_int_equal(next_event().kind, MQTT_CONNECTED);
    mqtt_free(mqtt);
    stop_broker(&broker);
    mqtt = open_client(&broker, 5); /* the port is free again */
    struct seen seen = next_event();
    assert_int_equal(seen.kind, MQTT_NOT_CONNECTED);
    assert_false(seen.wrong_version);
    assert_string_equal(seen.text, "nobody answers there");
    mqtt_free(mqtt);
}

static void
test_no_such_name(void **state)
{
    (void)state;
    struct mqtt_options options = {
        .host = "no-such-host.invalid", .port = 1883, .client_id = "x", .version = 5};
    char error[200] = "";
    struct mqtt *mqtt = NULL;
    assert_int_equal(mqtt_new(&options, post_seen, NULL, &mqtt, error), 0);
    assert_int_equal(mqtt_connect(mqtt, error), -EHOSTUNREACH);
    assert_non_null(strstr(error, "the name no-such-host.invalid does not resolve"));
    mqtt_free(mqtt);
}

static void
test_missing_ca(void **state)
{
    (void)state;
    struct mqtt_options options = {.host = "localhost",
                                   .port = 8883,
                                   .tls = true,
                                   .client_id = "x",
                                   .version = 5,
                                   .ca = "/nowhere/ca.pem"};
    char error[200] = "";
    struct mqtt *mqtt = NULL;
    assert_int_equal(mqtt_new(&options, post_seen, NULL, &mqtt, error), -ENOENT);
    assert_string_equal(error,
                        "cannot read the CA file /nowhere/ca.pem: No such file or directory");
}

/* With TLS a trial connection says that it is the network, before TLS is blamed. */
static void
test_nobody_listens_tls(void **state)
{
    (void)state;
    struct broker broker = {.connect = CONNACK_5};
    start_broker(&broker);
    int peer = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(0x7F000001),
                                  .sin_port = htons(broker.port)};
    assert_int_equal(connect(peer, (struct sockaddr *)&address, sizeof address), 0);
    close(peer);
    stop_broker(&broker);
    struct mqtt_options options = {
        .host = "127.0.0.1", .port = broker.port, .tls = true, .client_id = "x", .version = 5};
    char error[200] = "";
    struct mqtt *mqtt = NULL;
    assert_int_equal(mqtt_new(&options, post_seen, NULL, &mqtt, error), 0);
    assert_int_equal(mqtt_connect(mqtt, error), -ECONNREFUSED);
    assert_string_equal(error, "nobody answers there: Connection refused");
    mqtt_free(mqtt);
}

static bool
has(const struct broker *broker, const char *bytes, size_t length)
{
    return memmem(broker->seen, broker->seen_length, bytes, length) != NULL;
}

static void
test_publish(void **state)
{
    (void)state;
    struct broker broker = {.connect = CONNACK_5, .publish = PUBACK_4};
    struct mqtt_message message = {
        .topic = "a/b",
        .payload = "{}",
        .length = 2,
        .qos = 1,
        .retain = true,
        .content_type = "application/json",
        .correlation = "\1\2",
        .correlation_length = 2,
        .token = 77,
    };
    start_broker(&broker);
    struct mqtt *mqtt = open_client(&broker, 5);
    assert_int_equal(next_event().kind, MQTT_CONNECTED);
    assert_int_equal(mqtt_publish(mqtt, &message), 0);
    struct seen seen = next_event();
    assert_int_equal(seen.kind, MQTT_ACKNOWLEDGED);
    assert_int_equal(seen.token, 77);
    mqtt_free(mqtt);
    stop_broker(&broker);
    assert_int_equal(broker.seen[0], 0x33); /* QoS 1, retained */
    assert_true(has(&broker, "\3\0\20application/json", 19));
    assert_true(has(&broker, "\t\0\2\1\2", 5));
}

static void
test_publish_refused(void **state)
{
    (void)state;
    struct broker broker = {.connect = CONNACK_5, .publish = ANSWER(0x40, 3, 0, 0, 0x97)};
    struct mqtt_message message = {.topic = "a", .payload = "x", .length = 1, .qos = 1, .token = 5};
    start_broker(&broker);
    struct mqtt *mqtt = open_client(&broker, 5);
    assert_int_equal(next_event().kind, MQTT_CONNECTED);
    assert_int_equal(mqtt_publish(mqtt, &message), 0);
    struct seen seen = next_event();
    assert_int_equal(seen.kind, MQTT_NOT_PUBLISHED);
    assert_int_equal(seen.token, 5);
    assert_int_equal(seen.reason, 0x97);
    assert_string_equal(seen.text, "the broker's quota is used up");
    mqtt_free(mqtt);
    stop_broker(&broker);
}

static void
test_lost(void **state)
{
    (void)state;
    struct broker broker = {.connect = CONNACK_5, .publish = {.length = 0}};
    struct mqtt_message message = {.topic = "a", .payload = "x", .length = 1, .qos = 1};
    start_broker(&broker);
    struct mqtt *mqtt = open_client(&broker, 5);
    assert_int_equal(next_event().kind, MQTT_CONNECTED);
    assert_int_equal(mqtt_publish(mqtt, &message), 0); /* this broker hangs up at it */
    struct seen seen = next_event();
    if (seen.kind == MQTT_NOT_PUBLISHED)
        seen = next_event();
    assert_int_equal(seen.kind, MQTT_LOST);
    assert_string_equal(seen.text, "the connection broke");
    assert_int_equal(mqtt_publish(mqtt, &message), -ENOTCONN);
    mqtt_free(mqtt);
    stop_broker(&broker);
}

static void
test_told_why(void **state)
{
    (void)state;
    struct broker broker = {.connect = CONNACK_5,
                            .subscribe = SUBACK_5,
                            .message = ANSWER(0xE0, 2, 0x8B, 0)}; /* DISCONNECT */
    start_broker(&broker);
    struct mqtt *mqtt = open_client(&broker, 5);
    assert_int_equal(next_event().kind, MQTT_CONNECTED);
    assert_int_equal(mqtt_subscribe(mqtt, "c/+", 1), 0);
    assert_int_equal(next_event().kind, MQTT_SUBSCRIBED);
    struct seen seen = next_event();
    assert_int_equal(seen.kind, MQTT_LOST);
    assert_string_equal(seen.text, "the broker is shutting down");
    mqtt_free(mqtt);
    stop_broker(&broker);
}

/* A PUBLISH at QoS 0, topic "c/x", payload "hi", with response topic "r" and correlation "ID". */
#define MESSAGE_5                                                                                  \
    ANSWER(0x30, 17, 0, 3, 'c', '/', 'x', 9, 8, 0, 1, 'r', 9, 0, 2, 'I', 'D', 'h', 'i')

static void
test_message(void **state)
{
    (void)state;
    struct broker broker = {.connect = CONNACK_5, .subscribe = SUBACK_5, .message = MESSAGE_5};
    start_broker(&broker);
    struct mqtt *mqtt = open_client(&broker, 5);
    assert_int_equal(next_event().kind, MQTT_CONNECTED);
    assert_int_equal(mqtt_subscribe(mqtt, "c/+", 1), 0);
    assert_int_equal(next_event().kind, MQTT_SUBSCRIBED);
    struct seen seen = next_event();
    assert_int_equal(seen.kind, MQTT_MESSAGE);
    assert_string_equal(seen.topic, "c/x");
    assert_string_equal(seen.payload, "hi");
    assert_string_equal(seen.response, "r");
    assert_string_equal(seen.correlation, "ID");
    mqtt_free(mqtt);
    stop_broker(&broker);
}

/* What the receiver has no room for is not kept by paho, whose queue has no bound. */
static void
test_message_not_kept(void **state)
{
    (void)state;
    struct broker broker = {
        .connect = CONNACK_5, .publish = PUBACK_4, .subscribe = SUBACK_5, .message = MESSAGE_5};
    struct mqtt_message message = {.topic = "a", .payload = "x", .length = 1, .qos = 1};
    start_broker(&broker);
    refuse_messages = 1;
    struct mqtt *mqtt = open_client(&broker, 5);
    assert_int_equal(next_event().kind, MQTT_CONNECTED);
    assert_int_equal(mqtt_subscribe(mqtt, "c/+", 1), 0);
    assert_int_equal(next_event().kind, MQTT_SUBSCRIBED);
    assert_int_equal(mqtt_publish(mqtt, &message), 0);
    assert_int_equal(next_event().kind, MQTT_ACKNOWLEDGED);
    assert_int_equal(mqtt_publish(mqtt, &message), 0); /* paho would look again now */
    assert_int_equal(next_event().kind, MQTT_ACKNOWLEDGED);
    mqtt_free(mqtt);
    stop_broker(&broker);
}

static void
test_subscribe_refused(void **state)
{
    (void)state;
    struct broker broker = {.connect = CONNACK_5, .subscribe = ANSWER(0x90, 4, 0, 0, 0, 135)};
    start_broker(&broker);
    struct mqtt *mqtt = open_client(&broker, 5);
    assert_int_equal(next_event().kind, MQTT_CONNECTED);
    assert_int_equal(mqtt_subscribe(mqtt, "c/+", 1), 0);
    struct seen seen = next_event();
    assert_int_equal(seen.kind, MQTT_NOT_SUBSCRIBED);
    assert_string_equal(seen.text, "the broker does not let this client subscribe there: check its "
                                   "access list");
    mqtt_free(mqtt);
    stop_broker(&broker);
}

static void
test_tls_reasons(void **state)
{
    (void)state;
    char text[REASON_TEXT];
    struct reason_failure failure = {.code = -1,
                                     .tls = true,
                                     .own_ca = true,
                                     .host = "broker.example",
                                     .tls_said = "certificate verify failed"};
    reason_describe_failure(&failure, text);
    assert_string_equal(text,
                        "the broker's certificate is not trusted: check the CA file, the host "
                        "name in the certificate and the clock");
    failure.tls_said = "tlsv1 alert unknown ca";
    reason_describe_failure(&failure, text);
    assert_string_equal(text, "the broker does not trust our certificate");
    failure.tls_said = "some other thing";
    reason_describe_failure(&failure, text);
    assert_string_equal(text, "the TLS handshake failed: some other thing");
    failure.tls_said = "";
    reason_describe_failure(&failure, text);
    assert_non_null(strstr(text, "the broker's certificate is not for broker.example"));
    reason_describe(200, text);
    assert_string_equal(text, "the broker answers with reason 200");
}

static int
setup(void **state)
{
    (void)state;
    refuse_messages = 0;
    return queue_new(sizeof(struct seen), 64, 0, &events);
}

static int
teardown(void **state)
{
    (void)state;
    queue_free(events);
    return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_connack_properties), TEST(test_refusals),
        TEST(test_silent_close),       TEST(test_nobody_listens),
        TEST(test_nobody_listens_tls), TEST(test_no_such_name),
        TEST(test_missing_ca),         TEST(test_publish),
        TEST(test_publish_refused),    TEST(test_lost),
        TEST(test_told_why),           TEST(test_message),
        TEST(test_message_not_kept),   TEST(test_subscribe_refused),
        TEST(test_tls_reasons),
    };
    return cmocka_run_group_tests_name("mqtt", tests, NULL, NULL);
}

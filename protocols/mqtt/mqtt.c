/* The one place that knows paho.mqtt.c, so that its habits (platform.md) stay here: the callbacks
 * of its two threads only translate and post; nothing here takes a lock or calls paho from a
 * callback; every call under way has a slot of its own, because its answer may come before the call
 * returns. One struct mqtt is one connection: there is no reconnecting, the caller frees it and
 * makes another. Deliberately not here: back-off, the send window, what is sent. */
#include "protocols/mqtt/mqtt.h"

#include "protocols/mqtt/prepare.h"
#include "protocols/mqtt/reach.h"
#include "protocols/mqtt/reason.h"

#include <errno.h>
#include <MQTTAsync.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_S 10 /* an address */
#define BUFFERED_MESSAGES 1024
#define NOT_AUTHORISED    0x87 /* MQTT 5.0 section 2.4 */

/* paho can ask for one version of TLS or for any. A list for TLS 1.2 with nothing but a suite that
 * needs a shared key, which nobody gives, leaves TLS 1.3, whose suites are listed apart
 * (SSL_CTX_set_ciphersuites(3)). */
#define NO_TLS_1_2 "PSK-AES256-GCM-SHA384"

/* A publish or subscribe whose outcome is not known yet. */
struct pending {
    struct mqtt *mqtt;
    uint64_t token;
    bool subscribe;
    atomic_bool busy;
};

struct mqtt {
    struct mqtt_options options;
    mqtt_post *post;
    void *context;
    MQTTAsync client;
    char uris[REACH_ADDRESSES][PREPARE_URI];
    char *uri_list[REACH_ADDRESSES];
    int uri_count;
    char tls_reason[REASON_TEXT]; /* paho's threads only */
    unsigned next_pending;
    struct pending pending[MQTT_PENDING];
};

/* ---- callbacks: paho's threads ---- */

/* One line of ERR_print_errors: "id:error:number:library:function:reason:file:line:...". */
static int
on_tls_error(const char *line, size_t length, void *context)
{
    struct mqtt *mqtt = context;
    const char *at = line, *end = line + length;
    for (int field = 0; field < 5 && at; field++) {
        at = memchr(at, ':', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    if (!at || mqtt->tls_reason[0])
        return 1;
    const char *stop = memchr(at, ':', (size_t)(end - at));
    snprintf(mqtt->tls_reason, sizeof mqtt->tls_reason, "%.*s", (int)((stop ? stop : end) - at),
             at);
    return 1;
}

static uint32_t
property_number(MQTTProperties *properties, enum MQTTPropertyCodes code, uint32_t otherwise)
{
    int64_t value = MQTTProperties_hasProperty(properties, code)
                        ? MQTTProperties_getNumericValue(properties, code)
                        : -1;
    return value < 0 ? otherwise : (uint32_t)value;
}

static void
on_connected_5(void *context, MQTTAsync_successData5 *data)
{
    struct mqtt *mqtt = context;
    MQTTProperties *said = &data->properties;
    uint32_t receive = property_number(said, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM, UINT16_MAX);
    struct mqtt_event event = {
        .kind = MQTT_CONNECTED,
        .receive_maximum = (uint16_t)receive,
        .max_packet = property_number(said, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE, 0),
        .alias_maximum = (uint16_t)property_number(said, MQTTPROPERTY_CODE_TOPIC_ALIAS_MAXIMUM, 0),
    };
    mqtt->post(mqtt->context, &event);
}

static void
on_connected_4(void *context, MQTTAsync_successData *data)
{
    (void)data;
    struct mqtt *mqtt = context;
    struct mqtt_event event = {.kind = MQTT_CONNECTED, .receive_maximum = UINT16_MAX};
    mqtt->post(mqtt->context, &event);
}

static void
report_not_connected(struct mqtt *mqtt, int code, const char *message)
{
    char text[REASON_TEXT];
    struct reason_failure failure = {
        .code = code,
        .message = message,
        .tls = mqtt->options.tls,
        .own_ca = mqtt->options.ca != NULL,
        .host = mqtt->options.host,
        .tls_said = mqtt->tls_reason,
        .timeout_s = CONNECT_TIMEOUT_S,
    };
    reason_describe_failure(&failure, text);
    struct mqtt_event event = {
        .kind = MQTT_NOT_CONNECTED,
        .reason = code,
        .text = text,
        .wrong_version = reason_is_version(code) || (mqtt->options.version == MQTTVERSION_5 &&
                                                     reason_is_silent_close(message)),
    };
    mqtt->post(mqtt->context, &event);
}

static void
on_not_connected_5(void *context, MQTTAsync_failureData5 *data)
{
    int reason = (int)data->reasonCode;
    report_not_connected(context, reason ? reason : data->code, data->message);
}

static void
on_not_connected_4(void *context, MQTTAsync_failureData *data)
{
    report_not_connected(context, data ? data->code : MQTTASYNC_FAILURE,
                         data ? data->message : NULL);
}

static void
report_lost(struct mqtt *mqtt, const char *text)
{
    struct mqtt_event event = {.kind = MQTT_LOST, .text = text};
    mqtt->post(mqtt->context, &event);
}

static void
on_lost(void *context, char *cause)
{
    (void)cause; /* paho never gives one */
    report_lost(context, "the connection broke");
}

/* The broker's DISCONNECT (MQTT 5): paho then does not always say that the connection is lost. */
static void
on_told_to_go(void *context, MQTTProperties *properties, enum MQTTReasonCodes reason)
{
    (void)properties;
    char text[REASON_TEXT];
    reason_describe((int)reason, text);
    report_lost(context, text);
}

static int
on_message(void *context, char *topic, int topic_length, MQTTAsync_message *message)
{
    struct mqtt *mqtt = context;
    char response[256];
    struct mqtt_event event = {
        .kind = MQTT_MESSAGE,
        .topic = topic,
        .payload = message->payload,
        .payload_length = (size_t)message->payloadlen,
        .retained = message->retained != 0,
    };
    MQTTProperty *property = MQTTProperties_getProperty(&message->properties,
                                                        MQTTPROPERTY_CODE_RESPONSE_TOPIC);
    if (property && (size_t)property->value.data.len < sizeof response) {
        snprintf(response, sizeof response, "%.*s", property->value.data.len,
                 property->value.data.data);
        event.response_topic = response;
    }
    property = MQTTProperties_getProperty(&message->properties, MQTTPROPERTY_CODE_CORRELATION_DATA);
    if (property) {
        event.correlation = property->value.data.data;
        event.correlation_length = (size_t)property->value.data.len;
    }
    /* A topic with a NUL inside, which nobody may send, is dropped. */
    bool is_text = topic_length == 0 || strlen(topic) == (size_t)topic_length;
    if (is_text)
        mqtt->post(mqtt->context, &event);
    /* Never 0: paho would keep the message in a queue without bound, and offer it again only when
     * something else arrives (paho.mqtt.c #1345): a stranger could fill our memory. */
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

static void
finish(struct pending *pending, enum mqtt_event_kind kind, int reason, const char *text)
{
    struct mqtt *mqtt = pending->mqtt;
    struct mqtt_event event = {
        .kind = kind, .token = pending->token, .reason = reason, .text = text};
    atomic_store(&pending->busy, false);
    mqtt->post(mqtt->context, &event);
}

static void
finish_badly(struct pending *pending, int reason, const char *message)
{
    char text[REASON_TEXT];
    if (reason == NOT_AUTHORISED)
        snprintf(text, sizeof text, "the broker does not let this client %s",
                 pending->subscribe ? "subscribe there: check its access list"
                                    : "publish there: check its access list");
    else if (reason > 0)
        reason_describe(reason, text);
    else
        snprintf(text, sizeof text, "not sent: %s", message ? message : "the connection broke");
    finish(pending, pending->subscribe ? MQTT_NOT_SUBSCRIBED : MQTT_NOT_PUBLISHED, reason, text);
}

static void
on_done_5(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    struct pending *pending = context;
    finish(pending, pending->subscribe ? MQTT_SUBSCRIBED : MQTT_ACKNOWLEDGED, 0, NULL);
}

static void
on_done_4(void *context, MQTTAsync_successData *data)
{
    (void)data;
    on_done_5(context, NULL);
}

static void
on_failed_5(void *context, MQTTAsync_failureData5 *data)
{
    int reason = (int)data->reasonCode;
    finish_badly(context, reason ? reason : data->code, data->message);
}

static void
on_failed_4(void *context, MQTTAsync_failureData *data)
{
    finish_badly(context, data ? data->code : MQTTASYNC_FAILURE, data ? data->message : NULL);
}

/* ---- the caller's thread ---- */

static bool
is_5(const struct mqtt *mqtt)
{
    return mqtt->options.version == MQTTVERSION_5;
}

int
mqtt_new(const struct mqtt_options *options, mqtt_post *post, void *context, struct mqtt **ret_mqtt,
         char ret_error[200])
{
    int rc = options->tls ? prepare_files(options, ret_error) : 0;
    if (rc < 0)
        return rc;
    struct mqtt *mqtt = calloc(1, sizeof *mqtt);
    if (!mqtt) {
        snprintf(ret_error, 200, "out of memory");
        return -ENOMEM;
    }
    mqtt->options = *options;
    mqtt->post = post;
    mqtt->context = context;
    for (size_t i = 0; i < MQTT_PENDING; i++)
        mqtt->pending[i].mqtt = mqtt;
    prepare_uri(options, options->host, mqtt->uris[0]);
    MQTTAsync_createOptions create = MQTTAsync_createOptions_initializer;
    create.MQTTVersion = options->version;
    create.maxBufferedMessages = BUFFERED_MESSAGES;
    rc = MQTTAsync_createWithOptions(&mqtt->client, mqtt->uris[0], options->client_id,
                                     MQTTCLIENT_PERSISTENCE_NONE, NULL, &create);
    if (rc != MQTTASYNC_SUCCESS) {
        snprintf(ret_error, 200, "no MQTT client for %.80s: %s", options->host,
                 rc == MQTTASYNC_BAD_UTF8_STRING ? "the client id is not UTF-8" : "paho refuses");
        free(mqtt);
        return -EINVAL;
    }
    MQTTAsync_setCallbacks(mqtt->client, mqtt, on_lost, on_message, NULL);
    MQTTAsync_setDisconnected(mqtt->client, mqtt, on_told_to_go);
    *ret_mqtt = mqtt;
    return 0;
}

void
mqtt_free(struct mqtt *mqtt)
{
    if (!mqtt)
        return;
    MQTTAsync_destroy(&mqtt->client);
    free(mqtt);
}

/* With TLS the address keeps the name; that somebody answers there is tried beforehand. */
static int
find_addresses(struct mqtt *mqtt, char ret_error[200])
{
    const struct mqtt_options *options = &mqtt->options;
    struct reach_address found[REACH_ADDRESSES];
    int count = reach_resolve(options->host, options->port, found, ret_error);
    if (count <= 0)
        return count;
    if (options->tls)
        return reach_try(found, count, CONNECT_TIMEOUT_S * 1000, ret_error);
    for (int i = 0; i < count; i++) {
        prepare_uri(options, found[i].text, mqtt->uris[i]);
        mqtt->uri_list[i] = mqtt->uris[i];
    }
    mqtt->uri_count = count;
    return 0;
}

/* Bounds what a broker may send us, and so what a stranger behind it can make us hold. */
static int
start_connecting(struct mqtt *mqtt, MQTTAsync_connectOptions connect)
{
    MQTTProperties properties = MQTTProperties_initializer;
    MQTTProperty most = {.identifier = MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE};
    most.value.integer4 = MQTT_PACKET_MOST;
    if (is_5(mqtt)) {
        MQTTProperties_add(&properties, &most);
        connect.connectProperties = &properties;
    }
    int rc = MQTTAsync_connect(mqtt->client, &connect);
    MQTTProperties_free(&properties);
    return rc;
}

int
mqtt_connect(struct mqtt *mqtt, char ret_error[200])
{
    static const MQTTAsync_connectOptions with_4 = MQTTAsync_connectOptions_initializer;
    static const MQTTAsync_connectOptions with_5 = MQTTAsync_connectOptions_initializer5;
    const struct mqtt_options *options = &mqtt->options;
    int rc = find_addresses(mqtt, ret_error);
    if (rc < 0)
        return rc;
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    will.topicName = options->will_topic;
    will.payload.data = options->will_payload;
    will.payload.len = (int)options->will_length;
    will.retained = 1;
    will.qos = 1;
    MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
    tls.trustStore = options->ca;
    tls.keyStore = options->certificate;
    tls.privateKey = options->key;
    tls.verify = 1;
    tls.enabledCipherSuites = options->only_tls_1_3 ? NO_TLS_1_2 : NULL;
    tls.ssl_error_cb = on_tls_error;
    tls.ssl_error_context = mqtt;
    MQTTAsync_connectOptions connect = is_5(mqtt) ? with_5 : with_4;
    connect.MQTTVersion = options->version;
    connect.keepAliveInterval = options->keepalive_s;
    connect.connectTimeout = CONNECT_TIMEOUT_S;
    connect.username = options->user;
    connect.password = options->password;
    connect.will = options->will_topic ? &will : NULL;
    connect.ssl = options->tls ? &tls : NULL;
    if (!options->tls) {
        connect.serverURIcount = mqtt->uri_count;
        connect.serverURIs = mqtt->uri_list;
    }
    connect.context = mqtt;
    connect.onSuccess5 = is_5(mqtt) ? on_connected_5 : NULL;
    connect.onFailure5 = is_5(mqtt) ? on_not_connected_5 : NULL;
    connect.onSuccess = is_5(mqtt) ? NULL : on_connected_4;
    connect.onFailure = is_5(mqtt) ? NULL : on_not_connected_4;
    rc = start_connecting(mqtt, connect);
    if (rc == MQTTASYNC_SUCCESS)
        return 0;
    snprintf(ret_error, 200, "paho does not start connecting (%d)", rc);
    return -EIO;
}

static struct pending *
take_pending(struct mqtt *mqtt, MQTTAsync_responseOptions *answer)
{
    for (size_t i = 0; i < MQTT_PENDING; i++) {
        struct pending *pending = &mqtt->pending[mqtt->next_pending++ % MQTT_PENDING];
        if (atomic_load(&pending->busy))
            continue;
        atomic_store(&pending->busy, true);
        answer->context = pending;
        answer->onSuccess5 = is_5(mqtt) ? on_done_5 : NULL;
        answer->onFailure5 = is_5(mqtt) ? on_failed_5 : NULL;
        answer->onSuccess = is_5(mqtt) ? NULL : on_done_4;
        answer->onFailure = is_5(mqtt) ? NULL : on_failed_4;
        return pending;
    }
    return NULL;
}

static int
settle(struct pending *pending, int rc)
{
    if (rc == MQTTASYNC_SUCCESS)
        return 0;
    atomic_store(&pending->busy, false);
    return rc == MQTTASYNC_DISCONNECTED ? -ENOTCONN : rc == MQTTASYNC_BAD_QOS ? -EINVAL : -EIO;
}

static void
add_bytes(MQTTProperties *properties, enum MQTTPropertyCodes code, const void *bytes, size_t length)
{
    MQTTProperty property = {.identifier = code};
    property.value.data.data = (char *)(uintptr_t)bytes;
    property.value.data.len = (int)length;
    MQTTProperties_add(properties, &property);
}

static void
add_pairs(MQTTProperties *properties, const struct mqtt_message *message)
{
    for (size_t i = 0; i < message->pair_count; i++) {
        const struct mqtt_pair *pair = &message->pairs[i];
        MQTTProperty property = {.identifier = MQTTPROPERTY_CODE_USER_PROPERTY};
        property.value.data.data = (char *)(uintptr_t)pair->name;
        property.value.data.len = (int)strlen(pair->name);
        property.value.value.data = (char *)(uintptr_t)pair->value;
        property.value.value.len = (int)strlen(pair->value);
        MQTTProperties_add(properties, &property);
    }
}

static void
add_properties(MQTTProperties *properties, const struct mqtt_message *message)
{
    if (message->content_type)
        add_bytes(properties, MQTTPROPERTY_CODE_CONTENT_TYPE, message->content_type,
                  strlen(message->content_type));
    if (message->response_topic)
        add_bytes(properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC, message->response_topic,
                  strlen(message->response_topic));
    if (message->correlation)
        add_bytes(properties, MQTTPROPERTY_CODE_CORRELATION_DATA, message->correlation,
                  message->correlation_length);
    if (message->expiry_s) {
        MQTTProperty property = {.identifier = MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL};
        property.value.integer4 = message->expiry_s;
        MQTTProperties_add(properties, &property);
    }
    if (message->alias) {
        MQTTProperty property = {.identifier = MQTTPROPERTY_CODE_TOPIC_ALIAS};
        property.value.integer2 = message->alias;
        MQTTProperties_add(properties, &property);
    }
    add_pairs(properties, message);
}

int
mqtt_publish(struct mqtt *mqtt, const struct mqtt_message *message)
{
    MQTTAsync_responseOptions answer = MQTTAsync_responseOptions_initializer;
    struct pending *pending = take_pending(mqtt, &answer);
    if (!pending)
        return -EAGAIN;
    pending->token = message->token;
    pending->subscribe = false;
    MQTTAsync_message sent = MQTTAsync_message_initializer;
    sent.payload = (void *)(uintptr_t)message->payload;
    sent.payloadlen = (int)message->length;
    sent.qos = message->qos;
    sent.retained = message->retain;
    if (is_5(mqtt))
        add_properties(&sent.properties, message);
    bool alias_says_it = is_5(mqtt) && message->alias && message->alias_is_set;
    int rc = MQTTAsync_sendMessage(mqtt->client, alias_says_it ? "" : message->topic, &sent,
                                   &answer);
    MQTTProperties_free(&sent.properties);
    return settle(pending, rc);
}

int
mqtt_subscribe(struct mqtt *mqtt, const char *filter, int qos)
{
    MQTTAsync_responseOptions answer = MQTTAsync_responseOptions_initializer;
    struct pending *pending = take_pending(mqtt, &answer);
    if (!pending)
        return -EAGAIN;
    pending->token = 0;
    pending->subscribe = true;
    return settle(pending, MQTTAsync_subscribe(mqtt->client, filter, qos, &answer));
}

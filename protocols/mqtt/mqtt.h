/* One connection to an MQTT broker, through paho.mqtt.c's asynchronous client; the only includer of
 * its headers is mqtt.c. Clean start always; no paho persistence, no automatic reconnect. What
 * happens is posted as mqtt_event from paho's threads: the receiver may only queue it. Names are
 * resolved by mqtt_connect in the caller's thread, because paho resolves under a lock that all
 * clients of a process share (platform.md). */
#ifndef PROTOCOLS_MQTT_MQTT_H
#define PROTOCOLS_MQTT_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mqtt_options {
    const char *host;
    uint16_t port;
    bool tls;
    bool only_tls_1_3; /* at least; else 1.2 */
    const char *client_id;
    const char *user, *password;        /* NULL: none */
    const char *ca, *certificate, *key; /* PEM files; ca NULL: the system's */
    uint8_t version;                    /* 5 or 4 */
    uint16_t keepalive_s;
    const char *will_topic;
    const void *will_payload; /* retained, QoS 1 */
    size_t will_length;
};

enum mqtt_event_kind {
    MQTT_CONNECTED, /* receive_maximum (65535 when the broker does not say), max_packet (0: none),
                       alias_maximum (0: none) */
    MQTT_NOT_CONNECTED, /* the attempt failed: reason, text; wrong_version: try 3.1.1 */
    MQTT_LOST,          /* the connection is gone: text; may come twice */
    MQTT_ACKNOWLEDGED,  /* PUBACK (or sent, at QoS 0) for token */
    MQTT_NOT_PUBLISHED, /* for token: reason, text */
    MQTT_SUBSCRIBED,
    MQTT_NOT_SUBSCRIBED, /* reason, text */
    MQTT_MESSAGE, /* topic, payload, correlation, response_topic: valid during the call only */
};

struct mqtt_event {
    enum mqtt_event_kind kind;
    uint64_t token;
    int reason; /* MQTT 5 reason code or paho's number */
    bool wrong_version;
    uint16_t receive_maximum;
    uint32_t max_packet;
    uint16_t alias_maximum;
    const char *text;
    const char *topic;
    const void *payload;
    size_t payload_length;
    bool retained;
    const char *response_topic; /* NULL: none */
    const void *correlation;
    size_t correlation_length;
};

/* Called by paho's threads with paho's lock held: may only queue. False: no room for this
 * MQTT_MESSAGE, it is lost and the receiver has counted it; for other events it does not matter. */
typedef bool mqtt_post(void *context, const struct mqtt_event *event);

struct mqtt_pair {
    const char *name, *value;
};

struct mqtt_message {
    const char *topic;
    const void *payload;
    size_t length;
    int qos;
    bool retain;
    const char *content_type;   /* MQTT 5 only; NULL: none */
    uint32_t expiry_s;          /* MQTT 5 only; 0: none */
    const char *response_topic; /* MQTT 5 only; NULL: none */
    const void *correlation;    /* MQTT 5 only */
    size_t correlation_length;
    const struct mqtt_pair *pairs; /* MQTT 5 only: user properties */
    size_t pair_count;
    uint16_t alias;    /* MQTT 5 only: of the topic, up to alias_maximum; 0: none */
    bool alias_is_set; /* the broker has acknowledged a message with it: the topic stays at home */
    uint64_t token;    /* comes back with MQTT_ACKNOWLEDGED / MQTT_NOT_PUBLISHED */
};

/* What we tell an MQTT 5 broker that we take: a proposed site file (256 KiB) and what stands around
 * it. An MQTT 3.1.1 broker cannot be told. */
#define MQTT_PACKET_MOST (300 * 1024)

#define MQTT_PENDING     288 /* calls whose outcome is not known yet, at most */

struct mqtt;

/* One attempt to connect and the connection that comes of it: after MQTT_NOT_CONNECTED or MQTT_LOST
 * free it and make another. The options' texts must outlive it. ret_error gets one sentence on
 * failure. */
int mqtt_new(const struct mqtt_options *options, mqtt_post *post, void *context,
             struct mqtt **ret_mqtt, char ret_error[200]);

/* Says goodbye (DISCONNECT: the will is not published) and closes; no event is posted after it
 * returns. Takes up to 1 s when it is the process's last client (paho stops its threads). Accepts
 * NULL. */
void mqtt_free(struct mqtt *mqtt);

/* Resolves the host (may take as long as the resolver does), then starts connecting; how it ends
 * comes as an event. 0 or negative errno with a sentence. A plain connection goes to the numeric
 * addresses found; with TLS paho takes the name for SNI and the certificate check from the address
 * it connects to, so that it resolves the name once more, now known to resolve. */
int mqtt_connect(struct mqtt *mqtt, char ret_error[200]);

/* 0, or negative errno: nothing was queued and no event will come (-EAGAIN: MQTT_PENDING are). The
 * payload is copied. */
int mqtt_publish(struct mqtt *mqtt, const struct mqtt_message *message);
int mqtt_subscribe(struct mqtt *mqtt, const char *filter, int qos);

#endif

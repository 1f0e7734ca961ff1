/* What a broker's, OpenSSL's or paho's refusal means, in one sentence for the engineer on site. */
#ifndef PROTOCOLS_MQTT_REASON_H
#define PROTOCOLS_MQTT_REASON_H

#include <stdbool.h>

#define REASON_TEXT 160

/* An MQTT 5 reason code of 128 and above, or one of MQTT 3.1.1's CONNACK codes 1 to 5. */
void reason_describe(int reason, char ret_text[REASON_TEXT]);

/* The broker does not speak the version asked for. */
bool reason_is_version(int reason);

/* paho's words for: the connection stood, CONNECT was sent, and the broker hung up. */
bool reason_is_silent_close(const char *message);

struct reason_failure {
    int code;            /* reason code, or negative: paho's own */
    const char *message; /* paho's, or NULL */
    bool tls, own_ca;
    const char *host;
    const char *tls_said; /* OpenSSL's reason, "" for none */
    int timeout_s;
};

void reason_describe_failure(const struct reason_failure *failure, char ret_text[REASON_TEXT]);

#endif

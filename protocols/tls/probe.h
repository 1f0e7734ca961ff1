/* One TLS handshake of our own with a broker, because paho gives neither the broker's certificate
 * nor a reason that tells one mistake from another. Everything happens in the caller's thread,
 * under one deadline; nothing is sent behind the handshake. The same files and names as paho is
 * given lead to the same verdict. Not here: MQTT, and what is done about the verdict. */
#ifndef PROTOCOLS_TLS_PROBE_H
#define PROTOCOLS_TLS_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#define PROBE_TEXT 200
#define PROBE_NAME 96

struct probe_options {
    const char *host;
    uint16_t port;
    const char *ca, *certificate, *key; /* PEM files; ca NULL: the system's */
    bool only_1_3;                      /* TLS 1.3 at least, else 1.2 */
    bool clock_unsure; /* a date that is off may be the gateway's own clock: say so */
    int timeout_ms;    /* for everything but the name's resolution */
};

struct probe_result {
    int64_t until_utc_ms;      /* the earliest end in the chain the broker was verified by */
    char until_of[PROBE_NAME]; /* whose that is */
    char subject[PROBE_NAME];  /* of the broker's certificate */
    char fingerprint[65];      /* SHA-256 of it, hexadecimal */
    char version[12];          /* "TLSv1.3" */
    bool certificate_asked;    /* the broker asked for one of ours */
};

/* 0: the broker may be connected to. Negative errno: one sentence of what is wrong. */
int probe_run(const struct probe_options *options, struct probe_result *ret_result,
              char ret_error[PROBE_TEXT]);

#endif

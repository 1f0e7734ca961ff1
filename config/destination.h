/* Where records go. Part of config/site.h. */
#ifndef CONFIG_DESTINATION_H
#define CONFIG_DESTINATION_H

#include <stdbool.h>
#include <stdint.h>

enum start_at { START_NOW, START_OLDEST, START_TIME };
enum backlog_order { BACKLOG_OLDEST_FIRST, BACKLOG_NEWEST_FIRST };

#define BROKERS_MAX 4

struct broker {
    const char *host;
    uint16_t port;
    bool tls;
};

struct destination {
    const char *name;
    uint16_t index;
    uint32_t number;                    /* in the store's registry */
    struct broker brokers[BROKERS_MAX]; /* in order of preference; all with TLS, or none */
    uint8_t broker_count;
    const char *prefix;                 /* of topics; "parkgate" */
    const char *user;                   /* NULL: anonymous */
    const char *password;               /* credential name or file; never the secret itself */
    const char *ca, *certificate, *key; /* credential names or files; NULL: system's CA / none */
    bool tls_1_3;                       /* at least; else 1.2 */
    uint32_t certificate_warning_days;  /* before one expires */
    const char *client_id;              /* NULL: "parkgate-" and the gateway id */
    uint8_t mqtt_version;               /* 5 or 4 (3.1.1); 0: 5, falling back to 3.1.1 */
    uint16_t keepalive_s;
    uint16_t window;      /* messages in flight at most */
    uint32_t max_payload; /* bytes */
    uint32_t streams;     /* bit 1 << stream: what it receives */
    const char *start_text;
    enum start_at start;  /* of a destination the store has not seen before */
    int64_t start_utc_ms; /* START_TIME */
    enum backlog_order backlog;
    uint32_t backlog_rate;   /* bytes a second, 0: no limit */
    bool acknowledge_centre; /* PUBACK is not enough */
    bool compress;           /* records travel as zstd frames */
};

#endif

/* One connection to a broker, from an engineer's laptop: whatever comes on what was subscribed to,
 * one message at a time. Every failure is one sentence on standard error. */
#ifndef CTL_REMOTE_H
#define CTL_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct remote_options {
    const char *broker; /* tcp://HOST[:PORT] or tls://HOST[:PORT] */
    const char *user, *password_file;
    const char *ca, *certificate, *key;
    bool is_3_1_1;
};

struct remote_message {
    char topic[256];
    char *payload; /* ended by a NUL that does not count; remote_message_done frees */
    size_t length;
    bool retained;
};

struct remote;

/* Connects. NULL after a sentence. */
struct remote *remote_open(const struct remote_options *options);
void remote_close(struct remote *remote);

/* Sent and (subscribe) granted; false after a sentence, or when the connection broke. */
bool remote_subscribe(struct remote *remote, const char *filter);
bool remote_publish(struct remote *remote, const char *topic, const char *payload,
                    const char *response_topic, const uint8_t correlation[16]);

/* False: nothing came until then, or the connection broke (remote_is_broken). */
bool remote_take(struct remote *remote, int64_t deadline_mono_ms,
                 struct remote_message *ret_message);
bool remote_is_broken(const struct remote *remote);
void remote_message_done(struct remote_message *message);

#endif

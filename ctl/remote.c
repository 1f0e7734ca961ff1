#include "ctl/remote.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/queue.h"
#include "config/endpoint.h"
#include "daemon/forward/credentials.h"
#include "protocols/mqtt/mqtt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define WAITING      4096
#define PAYLOAD_MOST ((size_t)4 << 20)
#define CONNECT_MS   30000
#define SETTLE_MS    15000
#define KEEPALIVE_S  15

struct happening {
    enum mqtt_event_kind kind;
    char text[160];
    struct remote_message *message; /* MQTT_MESSAGE */
};

struct remote {
    struct mqtt *mqtt;
    struct queue *queue; /* struct happening */
    struct queue *inbox; /* struct remote_message *: came while something else was waited for */
    struct arena *arena;
    char client_id[40], password[CREDENTIALS_SECRET];
    bool is_5, broken;
};

/* ---- paho's threads ---- */

static struct remote_message *
copy(const struct mqtt_event *event)
{
    struct remote_message *message = event->payload_length <= PAYLOAD_MOST
                                         ? calloc(1, sizeof *message)
                                         : NULL;
    if (message == NULL || (message->payload = malloc(event->payload_length + 1)) == NULL) {
        free(message);
        return NULL;
    }
    snprintf(message->topic, sizeof message->topic, "%s", event->topic);
    if (event->payload_length > 0)
        memcpy(message->payload, event->payload, event->payload_length);
    message->payload[event->payload_length] = '\0';
    message->length = event->payload_length;
    message->retained = event->retained;
    return message;
}

void
remote_message_done(struct remote_message *message)
{
    free(message->payload);
    message->payload = NULL;
}

static void
forget(struct remote_message *message)
{
    if (message != NULL)
        remote_message_done(message);
    free(message);
}

static bool
post(void *context, const struct mqtt_event *event)
{
    struct remote *remote = context;
    struct happening happening = {.kind = event->kind};

    if (event->text != NULL)
        snprintf(happening.text, sizeof happening.text, "%s", event->text);
    if (event->kind == MQTT_MESSAGE && (happening.message = copy(event)) == NULL)
        return true; /* larger than any answer */
    if (queue_post(remote->queue, &happening))
        return true;
    forget(happening.message);
    return false;
}

/* ---- waiting ---- */

static void
keep(struct remote *remote, struct remote_message *message)
{
    if (!queue_post(remote->inbox, &message))
        forget(message);
}

/* Until one of the two kinds comes; messages that come before it are kept. */
static bool
wait_for(struct remote *remote, enum mqtt_event_kind good, enum mqtt_event_kind bad,
         const char *what)
{
    int64_t deadline_mono_ms = clock_mono_ms() + SETTLE_MS;
    struct happening happening;

    while (queue_take(remote->queue, deadline_mono_ms, &happening)) {
        if (happening.kind == MQTT_MESSAGE)
            keep(remote, happening.message);
        if (happening.kind == good)
            return true;
        remote->broken |= happening.kind == MQTT_LOST;
        if (happening.kind == bad || happening.kind == MQTT_LOST) {
            fprintf(stderr, "parkgatectl: %s: %s\n", what, happening.text);
            return false;
        }
    }
    fprintf(stderr, "parkgatectl: %s: the broker does not answer\n", what);
    return false;
}

bool
remote_take(struct remote *remote, int64_t deadline_mono_ms, struct remote_message *ret_message)
{
    struct remote_message *message = NULL;
    struct happening happening;

    if (queue_depth(remote->inbox) > 0 && queue_take(remote->inbox, 0, &message)) {
        *ret_message = *message;
        free(message);
        return true;
    }
    while (!remote->broken && queue_take(remote->queue, deadline_mono_ms, &happening)) {
        if (happening.kind == MQTT_LOST) {
            remote->broken = true;
            fprintf(stderr, "parkgatectl: the connection to the broker broke: %s\n",
                    happening.text);
        }
        if (happening.kind != MQTT_MESSAGE)
            continue;
        *ret_message = *happening.message;
        free(happening.message);
        return true;
    }
    return false;
}

bool
remote_is_broken(const struct remote *remote)
{
    return remote->broken;
}

/* ---- connecting ---- */

static bool
take_address(struct remote *remote, const char *broker, struct mqtt_options *mqtt)
{
    const char *rest = NULL;

    if (strncmp(broker, "tls://", 6) == 0 || strncmp(broker, "tcp://", 6) == 0)
        rest = broker + 6;
    mqtt->tls = rest != NULL && broker[1] == 'l';
    const char *wrong = rest == NULL ? "it must be tcp://HOST or tls://HOST"
                                     : endpoint_parse(rest, mqtt->tls ? 8883 : 1883, remote->arena,
                                                      &mqtt->host, &mqtt->port);
    if (wrong != NULL)
        fprintf(stderr, "parkgatectl: --broker %s: %s\n", broker, wrong);
    return wrong == NULL;
}

static bool
connect_now(struct remote *remote, const struct remote_options *options)
{
    struct mqtt_options mqtt = {.client_id = remote->client_id,
                                .user = options->user,
                                .ca = options->ca,
                                .certificate = options->certificate,
                                .key = options->key,
                                .version = options->is_3_1_1 ? 4 : 5,
                                .keepalive_s = KEEPALIVE_S};
    char error[200];

    if (!take_address(remote, options->broker, &mqtt))
        return false;
    if (options->password_file != NULL) {
        if (credentials_read(NULL, options->password_file, "password", remote->password, error) <
            0) {
            fprintf(stderr, "parkgatectl: %s\n", error);
            return false;
        }
        mqtt.password = remote->password;
    }
    remote->is_5 = mqtt.version == 5;
    if (mqtt_new(&mqtt, post, remote, &remote->mqtt, error) < 0 ||
        mqtt_connect(remote->mqtt, error) < 0) {
        fprintf(stderr, "parkgatectl: %s: %s\n", options->broker, error);
        return false;
    }
    return wait_for(remote, MQTT_CONNECTED, MQTT_NOT_CONNECTED, options->broker);
}

struct remote *
remote_open(const struct remote_options *options)
{
    struct remote *remote = calloc(1, sizeof *remote);
    uint32_t chance[2] = {0};

    if (remote == NULL)
        return NULL;
    (void)!getrandom(chance, sizeof chance, 0);
    snprintf(remote->client_id, sizeof remote->client_id, "parkgatectl-%08x%08x", chance[0],
             chance[1]);
    remote->arena = arena_new();
    if (remote->arena != NULL &&
        queue_new(sizeof(struct happening), WAITING, 64, &remote->queue) == 0 &&
        queue_new(sizeof(struct remote_message *), WAITING, 0, &remote->inbox) == 0 &&
        connect_now(remote, options))
        return remote;
    remote_close(remote);
    return NULL;
}

void
remote_close(struct remote *remote)
{
    struct happening happening;
    struct remote_message *message = NULL;

    if (remote == NULL)
        return;
    mqtt_free(remote->mqtt);
    while (remote->queue != NULL && queue_take(remote->queue, 0, &happening))
        forget(happening.message);
    while (remote->inbox != NULL && queue_take(remote->inbox, 0, &message))
        forget(message);
    queue_free(remote->queue);
    queue_free(remote->inbox);
    arena_free(remote->arena);
    explicit_bzero(remote->password, sizeof remote->password);
    free(remote);
}

bool
remote_subscribe(struct remote *remote, const char *filter)
{
    return mqtt_subscribe(remote->mqtt, filter, 1) == 0 &&
           wait_for(remote, MQTT_SUBSCRIBED, MQTT_NOT_SUBSCRIBED, filter);
}

bool
remote_publish(struct remote *remote, const char *topic, const char *payload,
               const char *response_topic, const uint8_t correlation[16])
{
    struct mqtt_message message = {.topic = topic,
                                   .payload = payload,
                                   .length = strlen(payload),
                                   .qos = 1,
                                   .content_type = "application/json"};

    if (remote->is_5) {
        message.response_topic = response_topic;
        message.correlation = correlation;
        message.correlation_length = 16;
    }
    return mqtt_publish(remote->mqtt, &message) == 0 &&
           wait_for(remote, MQTT_ACKNOWLEDGED, MQTT_NOT_PUBLISHED, topic);
}

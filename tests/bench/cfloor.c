/* The floor of the benchmarks, not a gateway: what reading registers and publishing them costs when
 * nothing is stored, judged or promised. A libmodbus thread a device, one paho client, one JSON
 * message a device and cycle. Nobody else may include modbus.h and MQTTAsync.h like this.
 *
 *   cfloor CONF, lines: mqtt PORT | every MS | device NAME PORT TAGS
 *
 * TAGS float32 values stand in consecutive registers from 0 on. */
#include "base/clock.h"
#include "base/thread.h"

#include <modbus.h>
#include <MQTTAsync.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES      256
#define TAGS_MAX     500
#define TAGS_A_READ  62 /* 124 registers */
#define TOPIC_MAX    64
#define PAYLOAD_HEAD 64
#define PAYLOAD_TAG  40

struct device {
    char name[32];
    int port, tags;
    struct thread thread;
};

static struct device devices[DEVICES];
static size_t device_count;
static int broker_port, every_ms = 1000;
static MQTTAsync client;

static size_t
print_tags(char *text, size_t room, const uint16_t *words, int first, int count)
{
    size_t length = 0;

    for (int i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)words[2 * i] << 16 | words[2 * i + 1];
        float value;
        memcpy(&value, &bits, sizeof value);
        length += (size_t)snprintf(text + length, room - length, "%s\"t%d\":%.8g",
                                   first + i == 0 ? "" : ",", first + i, (double)value);
    }
    return length;
}

/* One cycle as text; its length. A read that fails leaves its tags out. */
static size_t
read_device(const struct device *device, modbus_t *modbus, char *text, size_t room)
{
    uint16_t words[2 * TAGS_A_READ];

    size_t length = (size_t)snprintf(text, room, "{\"ts\":%lld,\"v\":{", (long long)clock_utc_ms());
    for (int first = 0; first < device->tags; first += TAGS_A_READ) {
        int count = device->tags - first < TAGS_A_READ ? device->tags - first : TAGS_A_READ;
        if (modbus_read_registers(modbus, 2 * first, 2 * count, words) == 2 * count)
            length += print_tags(text + length, room - length, words, first, count);
    }
    return length + (size_t)snprintf(text + length, room - length, "}}");
}

static void *
run_device(void *context)
{
    static const size_t ROOM = PAYLOAD_HEAD + (size_t)TAGS_MAX * PAYLOAD_TAG;
    const struct device *device = context;
    char topic[TOPIC_MAX];
    char *text = malloc(ROOM);
    modbus_t *modbus = modbus_new_tcp("127.0.0.1", device->port);

    snprintf(topic, sizeof topic, "floor/%s", device->name);
    modbus_set_slave(modbus, 1);
    while (modbus_connect(modbus) != 0)
        sleep(1);
    for (int64_t next_ns = clock_mono_ns();; next_ns += (int64_t)every_ms * 1000000) {
        MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
        clock_sleep_until_ns(next_ns);
        size_t length = read_device(device, modbus, text, ROOM);
        MQTTAsync_send(client, topic, (int)length, text, 1, 0, &options);
    }
    return NULL;
}

static bool
read_conf(FILE *file)
{
    char word[16];

    while (fscanf(file, "%15s", word) == 1) {
        struct device *device = &devices[device_count];
        if (strcmp(word, "mqtt") == 0) {
            if (fscanf(file, "%d", &broker_port) != 1)
                return false;
        } else if (strcmp(word, "every") == 0) {
            if (fscanf(file, "%d", &every_ms) != 1)
                return false;
        } else {
            if (device_count == DEVICES ||
                fscanf(file, "%31s %d %d", device->name, &device->port, &device->tags) != 3 ||
                device->tags < 1 || device->tags > TAGS_MAX)
                return false;
            device_count++;
        }
    }
    return device_count > 0;
}

static bool
connect_broker(void)
{
    MQTTAsync_createOptions create = MQTTAsync_createOptions_initializer;
    MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
    char uri[TOPIC_MAX];

    create.sendWhileDisconnected = 1;
    create.maxBufferedMessages = 100000;
    options.automaticReconnect = 1;
    options.minRetryInterval = 1;
    options.maxRetryInterval = 2;
    options.maxInflight = 500;
    snprintf(uri, sizeof uri, "tcp://127.0.0.1:%d", broker_port);
    return MQTTAsync_createWithOptions(&client, uri, "cfloor", MQTTCLIENT_PERSISTENCE_NONE, NULL,
                                       &create) == MQTTASYNC_SUCCESS &&
           MQTTAsync_connect(client, &options) == MQTTASYNC_SUCCESS;
}

int
main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;

    if (file == NULL || !read_conf(file)) {
        fprintf(stderr, "usage: cfloor CONF\n");
        return 2;
    }
    fclose(file);
    if (!connect_broker()) {
        fprintf(stderr, "cfloor: paho cannot start\n");
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < device_count; i++)
        if (thread_start(&devices[i].thread, devices[i].name, run_device, &devices[i]) != 0)
            return EXIT_FAILURE;
    for (;;)
        pause();
}

/* The receiver of the benchmarks: counts records, values and their ages.
 *
 * A value carries the time it was read (mbsim.c): 1000 + seconds since --epoch. What counts as a
 * value is every number of a record of the streams sample and trend, and of "v" in the floor's
 * messages (cfloor.c); its age is its arrival minus that time. A record counts once, by its key;
 * each further one is a duplicate of the gateway's; what the broker itself sends once more after a
 * lost connection (the same message id and content) is left out. An event's "value" at its opening
 * is such a time as well.
 *
 * Windows are by the time of the values: --window FROM:TO, in seconds since the epoch. The session
 * outlives the broker. Prints one line of JSON on SIGUSR1 and at its end. */
#include "base/clock.h"
#include "tests/bench/keys.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <mosquitto.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOWS 8

struct ages {
    float *ms;
    size_t count, capacity;
};

struct window {
    double from_s, to_s;
    struct ages ages;
};

static int64_t epoch_ns;
static struct window windows[WINDOWS];
static size_t window_count;
static struct ages event_ages;
static unsigned long long messages, records, duplicates, malformed;
static volatile sig_atomic_t dumping, stopping;

static void
on_dump(int number)
{
    (void)number;
    dumping = 1;
}

static void
on_stop(int number)
{
    (void)number;
    stopping = 1;
}

/* ---- ages ---- */

static double
now_s(void)
{
    return (double)(clock_mono_ns() - epoch_ns) / 1e9;
}

static void
keep_age(struct ages *ages, double age_s)
{
    if (ages->count == ages->capacity) {
        size_t capacity = ages->capacity == 0 ? 65536 : 2 * ages->capacity;
        float *grown = realloc(ages->ms, capacity * sizeof *grown);
        if (grown == NULL) {
            fprintf(stderr, "mqsink: no memory\n");
            exit(EXIT_FAILURE);
        }
        ages->ms = grown;
        ages->capacity = capacity;
    }
    ages->ms[ages->count++] = (float)(age_s * 1e3);
}

static int
compare(const void *a, const void *b)
{
    float left = *(const float *)a, right = *(const float *)b;

    return (left > right) - (left < right);
}

static void
print_ages(struct ages *ages)
{
    static const struct {
        const char *name;
        double share;
    } POINTS[] = {{"p50", 0.5}, {"p99", 0.99}, {"max", 1}};

    qsort(ages->ms, ages->count, sizeof *ages->ms, compare);
    printf("\"values\": %zu", ages->count);
    for (size_t i = 0; i < 3 && ages->count > 0; i++)
        printf(", \"%s_ms\": %.2f", POINTS[i].name,
               (double)ages->ms[(size_t)(POINTS[i].share * (double)(ages->count - 1))]);
}

static void
dump(void)
{
    printf("{\"messages\": %llu, \"records\": %llu, \"duplicates\": %llu, \"malformed\": %llu, "
           "\"windows\": [",
           messages, records, duplicates, malformed);
    for (size_t i = 0; i < window_count; i++) {
        printf("%s{", i == 0 ? "" : ", ");
        print_ages(&windows[i].ages);
        printf("}");
    }
    printf("], \"events\": {");
    print_ages(&event_ages);
    printf("}}\n");
    fflush(stdout);
}

/* ---- what a message holds ---- */

static void
take_values(json_t *object, double now)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        double read_s = json_number_value(value) - 1000;
        if (!json_is_number(value) || read_s < 0)
            continue;
        for (size_t i = 0; i < window_count; i++)
            if (read_s >= windows[i].from_s && read_s < windows[i].to_s)
                keep_age(&windows[i].ages, now - read_s);
    }
}

static void
take_event(json_t *record, double now)
{
    const char *phase = json_string_value(json_object_get(record, "phase"));
    double read_s = json_number_value(json_object_get(record, "value")) - 1000;

    if (phase != NULL && strcmp(phase, "opened") == 0 && read_s >= 0)
        keep_age(&event_ages, now - read_s);
}

static void
take_envelope(json_t *envelope, double now)
{
    const char *gateway = json_string_value(json_object_get(envelope, "gateway"));
    const char *store = json_string_value(json_object_get(envelope, "store"));
    const char *stream = json_string_value(json_object_get(envelope, "stream"));
    json_t *list = json_object_get(envelope, "records");
    json_int_t first = json_integer_value(json_object_get(envelope, "first"));
    json_int_t last = json_integer_value(json_object_get(envelope, "last"));
    char log[200];

    if (gateway == NULL || store == NULL || stream == NULL || first < 1 ||
        json_array_size(list) != (size_t)(last - first + 1)) {
        malformed++;
        return;
    }
    bool scans = strcmp(stream, "sample") == 0 || strcmp(stream, "trend") == 0;
    snprintf(log, sizeof log, "%s/%s/%s", gateway, store, stream);
    for (size_t i = 0; i < json_array_size(list); i++) {
        records++;
        if (!keys_mark(log, (uint64_t)first + i))
            duplicates++;
        else if (scans)
            take_values(json_array_get(list, i), now);
        else
            take_event(json_array_get(list, i), now);
    }
}

/* The broker sends again what it has no PUBACK for, under the id it had: FNV-1a tells whether it is
 * the same message. */
static bool
is_sent_again(const struct mosquitto_message *message)
{
    static uint64_t seen[65536];
    const uint8_t *bytes = message->payload;
    uint64_t hash = 14695981039346656037ULL;

    for (int i = 0; i < message->payloadlen; i++)
        hash = (hash ^ bytes[i]) * 1099511628211ULL;
    uint64_t *slot = &seen[message->mid & 0xFFFF];
    if (*slot == hash)
        return true;
    *slot = hash;
    return false;
}

static void
on_message(struct mosquitto *client, void *context, const struct mosquitto_message *message)
{
    double now = now_s();

    (void)client, (void)context;
    if (message->retain || (message->qos > 0 && is_sent_again(message)))
        return;
    json_t *root = json_loadb(message->payload, (size_t)message->payloadlen, 0, NULL);
    json_t *floor_values = json_object_get(root, "v");
    if (json_is_object(floor_values)) {
        messages++;
        take_values(floor_values, now);
    } else if (json_object_get(root, "records") != NULL) {
        messages++;
        take_envelope(root, now);
    }
    json_decref(root);
}

/* ---- the connection ---- */

static void
on_connect(struct mosquitto *client, void *context, int reason)
{
    (void)context;
    if (reason == 0)
        mosquitto_subscribe(client, NULL, "#", 1);
}

static void
run(struct mosquitto *client, int port)
{
    while (mosquitto_connect(client, "127.0.0.1", port, 30) != 0 && !stopping)
        usleep(20000);
    while (!stopping) {
        if (dumping) {
            dumping = 0;
            dump();
        }
        if (mosquitto_loop(client, 100, 1) != MOSQ_ERR_SUCCESS && !stopping) {
            usleep(20000);
            mosquitto_reconnect(client);
        }
    }
    dump();
    mosquitto_disconnect(client);
}

static int
take_arguments(int argc, char **argv)
{
    static const struct option OPTIONS[] = {{"port", required_argument, NULL, 'p'},
                                            {"epoch", required_argument, NULL, 'e'},
                                            {"window", required_argument, NULL, 'w'},
                                            {NULL, 0, NULL, 0}};
    int option, port = 0;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        struct window *window = &windows[window_count];
        switch (option) {
        case 'p': port = (int)strtol(optarg, NULL, 10); break;
        case 'e': epoch_ns = strtoll(optarg, NULL, 10); break;
        case 'w':
            if (window_count == WINDOWS ||
                sscanf(optarg, "%lf:%lf", &window->from_s, &window->to_s) != 2)
                return 0;
            window_count++;
            break;
        default: return 0;
        }
    }
    return port;
}

int
main(int argc, char **argv)
{
    struct sigaction dumps = {.sa_handler = on_dump}, stops = {.sa_handler = on_stop};
    int port = take_arguments(argc, argv);

    if (port == 0) {
        fprintf(stderr, "usage: mqsink --port PORT --epoch NS [--window FROM:TO]...\n");
        return 2;
    }
    sigaction(SIGUSR1, &dumps, NULL);
    sigaction(SIGTERM, &stops, NULL);
    sigaction(SIGINT, &stops, NULL);
    mosquitto_lib_init();
    struct mosquitto *client = mosquitto_new("mqsink", false, NULL);
    mosquitto_connect_callback_set(client, on_connect);
    mosquitto_message_callback_set(client, on_message);
    run(client, port);
    mosquitto_destroy(client);
    mosquitto_lib_cleanup();
    return EXIT_SUCCESS;
}

/* What the tests of tests/system/centre drive: a real store and the real forward, without field and
 * engine. It appends known records on demand and answers every command it is sent. Commands come on
 * standard input, a line each; every answer is one JSON line on standard output:
 *   scans N   N scans of each device        events    an event's life, its evidence, statistics
 *   idle MS   waits until nothing is queued  state     counters
 *   page N T  page number N becomes the text T    note  the notes that were posted so far
 *   quit MS   stops within MS and prints the books */
#include "park.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/thread.h"
#include "daemon/forward/forward.h"

#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 65536
#define PATIENCE  20000

static struct destination destinations[2]; /* the second only with -x */
static uint16_t destination_count = 1;
static const char *other_host;
static struct park park;
static _Atomic(struct forward *) forward;
static struct queue *inbox;
static struct board *pages, *cursors;
static struct reader *reader;
static struct destination_counters counters[2];
static atomic_ullong catalog = 7;
static atomic_uint notes_opened, notes_closed;

static bool
is_durable(void)
{
    for (enum stream i = STREAM_EVENT; i < STREAM_END; i++)
        if (reader_durable(reader, i) < park.last[i])
            return false;
    return true;
}

/* Handing over does nothing while the disk is behind: it is asked again, as the engine does. */
static void
wait_durable(void)
{
    int64_t end = clock_mono_ms() + PATIENCE;
    while (!is_durable() && clock_mono_ms() < end) {
        store_hand_over(park.store, true, clock_mono_ms());
        clock_sleep_until_ns(clock_mono_ns() + 2000000);
    }
}

static void
append_scans(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        if (i % 200 == 199)
            wait_durable();
        if (park_append_scan(&park))
            continue;
        fprintf(stderr, "the store had no room for scan %llu\n", (unsigned long long)park.turn);
        exit(1);
    }
}

/* ---- the desk's side: every command is answered with its own body ---- */

static struct command commands[8];
static struct queue *answered;

static struct command *
claim(void *context)
{
    (void)context;
    struct command *back;
    while (queue_take(answered, 0, &back)) {
        free(back->payload);
        back->payload = NULL;
        atomic_store(&back->busy, false);
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (!atomic_exchange(&commands[i].busy, true))
            return &commands[i];
    return NULL;
}

static void
print_id(const struct command *command, char ret_id[132])
{
    json_error_t error;
    json_t *body = json_loadb(command->payload, command->length, 0, &error);
    const char *id = json_string_value(json_object_get(body, "id"));
    snprintf(ret_id, 132, "%s", id ? id : "");
    for (size_t i = 0; i < command->correlation_length; i++)
        snprintf(ret_id + 2 * i, 3, "%02x", command->correlation[i]);
    json_decref(body);
}

static void
answer(void *context, struct command *command)
{
    (void)context;
    char id[132];
    print_id(command, id);
    command->reply_length = (size_t)snprintf(
        command->reply, sizeof command->reply,
        "{\"v\":1,\"id\":\"%s\",\"verb\":\"%s\",\"result\":\"%s\",\"reason\":\"%s\",\"answer\":%s}",
        id, command->verb, command->why[0] ? "refused" : "done", command->why,
        command->length && !command->why[0] ? command->payload : "null");
    command->last = true;
    command->answered = answered;
    if (strcmp(command->verb, "sleep") != 0)
        forward_reply(atomic_load(&forward), command);
}

static void *
run_engine(void *context)
{
    struct message message;
    (void)context;
    for (;;) {
        if (!queue_take(inbox, clock_mono_ms() + 1000, &message))
            continue;
        if (message.kind == MESSAGE_STOP)
            return NULL;
        if (message.kind == MESSAGE_NOTE && message.as.note.phase == PHASE_OPENED)
            atomic_fetch_add(&notes_opened, 1);
        if (message.kind == MESSAGE_NOTE && message.as.note.phase == PHASE_CLOSED)
            atomic_fetch_add(&notes_closed, 1);
    }
}

static void
on_durable(void *context)
{
    (void)context;
    struct forward *awake = atomic_load(&forward);
    if (awake)
        forward_wake(awake);
}

static void
on_note(void *context, const struct note *note)
{
    (void)context;
    fprintf(stderr, "note %s: %s\n", note->kind, note->text);
}

/* ---- answers ---- */

static void
put_streams(struct json *json, const char *key, const uint64_t values[STREAM_END])
{
    json_key(json, key);
    json_begin_array(json);
    for (enum stream i = STREAM_EVENT; i < STREAM_END; i++)
        json_natural(json, values[i]);
    json_end_array(json);
}

static void
put_counters(struct json *json, const char *key, const atomic_ullong from[STREAM_END])
{
    uint64_t values[STREAM_END];
    for (int i = 0; i < STREAM_END; i++)
        values[i] = atomic_load(&from[i]);
    put_streams(json, key, values);
}

static void
print_state(void)
{
    static char memory[4096];
    struct buf buf;
    struct json json;
    buf_init(&buf, memory, sizeof memory);
    json_init(&json, &buf);
    json_begin_object(&json);
    json_put_natural(&json, "state", atomic_load(&counters->state));
    json_put_natural(&json, "version", atomic_load(&counters->mqtt_version));
    json_put_natural(&json, "connects", atomic_load(&counters->connects));
    json_put_natural(&json, "published", atomic_load(&counters->published));
    json_put_natural(&json, "messages", atomic_load(&counters->acknowledged_messages));
    json_put_natural(&json, "notes_opened", atomic_load(&notes_opened));
    json_put_natural(&json, "notes_closed", atomic_load(&notes_closed));
    json_put_integer(&json, "cpu_ms", clock_cpu_ms());
    put_streams(&json, "stored", park.last);
    put_counters(&json, "queued", counters->queued);
    put_counters(&json, "acknowledged", counters->acknowledged);
    put_counters(&json, "skipped", counters->skipped);
    json_end_object(&json);
    puts(buf_string(&buf));
    fflush(stdout);
}

static void
wait_idle(int64_t ms)
{
    int64_t end = clock_mono_ms() + ms;
    for (;;) {
        uint64_t queued = 0, done = 0, stored = 0;
        for (int i = STREAM_EVENT; i < STREAM_END; i++) {
            queued += atomic_load(&counters->queued[i]);
            done += atomic_load(&counters->acknowledged[i]) + atomic_load(&counters->skipped[i]);
            stored += park.last[i];
        }
        if ((queued == 0 && done >= stored) || clock_mono_ms() >= end)
            return;
        clock_sleep_until_ns(clock_mono_ns() + 5000000);
    }
}

static void
put_registry(struct json *json)
{
    json_key(json, "points");
    json_begin_object(json);
    for (uint32_t i = 0; i < park.site.point_count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.%s", park.site.points[i].device->name,
                 park.site.points[i].name);
        json_key(json, name);
        json_begin_array(json);
        json_natural(json, park.site.points[i].number);
        json_text(json, site_type_name(park.site.points[i].type));
        json_end_array(json);
    }
    json_end_object(json);
    json_key(json, "devices");
    json_begin_object(json);
    for (uint16_t i = 0; i < park.site.device_count; i++)
        json_put_natural(json, park.site.devices[i].name, park.site.devices[i].number);
    json_end_object(json);
}

static void
print_ready(void)
{
    static char memory[16384];
    struct buf buf;
    struct json json;
    buf_init(&buf, memory, sizeof memory);
    json_init(&json, &buf);
    json_begin_object(&json);
    json_put_text(&json, "gateway", store_gateway_id(park.store));
    json_put_text(&json, "store", store_id(park.store));
    json_put_natural(&json, "boot", park.boot);
    put_registry(&json);
    json_end_object(&json);
    puts(buf_string(&buf));
    fflush(stdout);
}

/* ---- the program ---- */

static void
set_option(int letter, const char *value)
{
    switch (letter) {
    case 'p': destinations[0].brokers[0].port = (uint16_t)atoi(value); break;
    case 'h': destinations[0].brokers[0].host = value; break;
    case 'v': destinations[0].mqtt_version = (uint8_t)atoi(value); break;
    case 't': destinations[0].brokers[0].tls = true; break;
    case 'a': destinations[0].ca = value; break;
    case 'c': destinations[0].certificate = value; break;
    case 'k': destinations[0].key = value; break;
    case 'u': destinations[0].user = value; break;
    case 'w': destinations[0].password = value; break;
    case 'n': destinations[0].window = (uint16_t)atoi(value); break;
    case 'm': destinations[0].max_payload = (uint32_t)atoi(value); break;
    case 's': destinations[0].streams = (uint32_t)strtoul(value, NULL, 0); break;
    case 'r': destinations[0].backlog_rate = (uint32_t)atoi(value); break;
    case 'd': destinations[0].name = value; break;
    case 'x':
        other_host = value;
        destination_count = 2;
        break;
    case 'N': destinations[0].backlog = BACKLOG_NEWEST_FIRST; break;
    case 'L': destinations[0].start = START_NOW; break;
    case 'C': destinations[0].acknowledge_centre = true; break;
    default: exit(2);
    }
}

static const char *
take_options(int count, char **arguments)
{
    int letter;
    destinations[0] = (struct destination){.name = "centre",
                                           .brokers = {{.host = "127.0.0.1"}},
                                           .broker_count = 1,
                                           .prefix = "parkgate",
                                           .keepalive_s = 30,
                                           .window = 16,
                                           .max_payload = 128 * 1024,
                                           .streams = 0x7E,
                                           .start = START_OLDEST,
                                           .backlog = BACKLOG_OLDEST_FIRST};
    while ((letter = getopt(count, arguments, "p:h:v:ta:c:k:u:w:n:m:s:r:d:x:NLC")) != -1)
        set_option(letter, optarg);
    destinations[1] = destinations[0];
    destinations[1].index = 1;
    destinations[1].name = "other";
    destinations[1].brokers[0].host = other_host;
    return arguments[optind];
}

static void
must(int rc, const char *what)
{
    if (rc >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, strerror(-rc));
    exit(1);
}

static void
start(const char *directory)
{
    struct store_options options = {
        .directory = directory, .max_size = 1LL << 30, .commit_every_ms = 200};
    static struct store_hooks hooks = {.durable = on_durable, .note = on_note};
    char error[200] = "";
    int rc = store_open(&options, &park.store, error);
    must(rc, error);
    must(queue_new(sizeof(struct message), 64, 16, &inbox), "inbox");
    must(queue_new(sizeof(struct command *), 16, 0, &answered), "answers");
    must(board_new(PAGE_COUNT, PAGE_SIZE, &pages), "pages");
    must(board_new(2, sizeof(struct cursors), &cursors), "cursors");
    hooks.cursors = cursors;
    uint32_t boot = store_begin_boot(park.store, "0123456789abcdef0123456789abcdef", 1800000000000);
    park_make(&park, destinations, destination_count, boot);
    must(store_register(park.store, &park.site), "register");
    must(store_start(park.store, &hooks), "store");
    must(reader_open(store_face(park.store), &reader), "reader");
    for (enum stream i = STREAM_EVENT; i < STREAM_END; i++)
        park.last[i] = reader_durable(reader, i);
    park.turn = park.last[STREAM_SAMPLE];
}

static void
start_forward(void)
{
    static struct forward_outlet outlet;
    outlet = (struct forward_outlet){
        .store = store_face(park.store),
        .pages = pages,
        .page_size = PAGE_SIZE,
        .cursors = cursors,
        .inbox = inbox,
        .counters = counters,
        .version = "0.0-test",
        .credentials = getenv("CREDENTIALS_DIRECTORY"),
        .boot = park.boot,
        .catalog_version = &catalog,
        .claim = claim,
        .submit = answer,
    };
    struct forward *started = NULL;
    must(forward_start(&park.site, &outlet, &started), "forward");
    atomic_store(&forward, started);
}

static void
stop(uint32_t grace_ms, struct thread *engine)
{
    int64_t began = clock_mono_ms();
    struct forward *stopped = atomic_load(&forward);
    forward_stop(stopped, grace_ms);
    fprintf(stderr, "stopped in %lld ms\n", (long long)(clock_mono_ms() - began));
    struct message message = {.kind = MESSAGE_STOP};
    queue_post_reserved(inbox, &message);
    thread_join(engine);
    print_state();
    reader_close(reader);
    atomic_store(&forward, NULL);
    store_close(park.store); /* from here on nobody wakes it */
    forward_free(stopped);
    arena_free(park.site.arena);
    queue_free(inbox);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        free(commands[i].payload);
    queue_free(answered);
    board_free(pages);
    board_free(cursors);
}

/* False at the end. */
static bool
obey(const char *line, struct thread *engine)
{
    unsigned long long number = 0;
    char content[400] = "";
    if (sscanf(line, "scans %llu", &number) == 1)
        append_scans(number);
    else if (strncmp(line, "events", 6) == 0)
        park_append_events(&park);
    else if (sscanf(line, "idle %llu", &number) == 1)
        wait_idle((int64_t)number);
    else if (sscanf(line, "page %llu %399[^\n]", &number, content) >= 1)
        board_put(pages, number, content, strlen(content));
    if (sscanf(line, "quit %llu", &number) == 1) {
        stop((uint32_t)number, engine);
        return false;
    }
    wait_durable();
    forward_wake(forward);
    print_state();
    return true;
}

int
main(int count, char **arguments)
{
    struct thread engine = {.running = 0};
    char line[512];
    const char *directory = take_options(count, arguments);
    if (!directory)
        return 2;
    start(directory);
    must(thread_start(&engine, "engine", run_engine, NULL), "engine");
    print_ready();
    start_forward();
    while (fgets(line, sizeof line, stdin) && obey(line, &engine))
        ;
    return 0;
}

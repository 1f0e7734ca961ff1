#include "daemon/supervise/control.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/forward/forward.h"
#include "daemon/supervise/control_parts.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define REFRESH_MS 1500
#define LOOK_NS    20000000

/* ---- replies ---- */

static bool
send_bytes(const struct control_client *client, const void *from, size_t length)
{
    const char *bytes = from;
    int fd = atomic_load(&client->fd);

    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

bool
control_send(struct control_client *client)
{
    if (client->reply.overflow)
        return false;
    return send_bytes(client, client->reply.data, client->reply.length) &&
           send_bytes(client, "\n", 1);
}

void
control_begin(struct control_client *client, struct json *json, const char *verb,
              const char *result)
{
    buf_clear(&client->reply);
    json_init(json, &client->reply);
    json_begin_object(json);
    json_put_natural(json, "v", 1);
    json_put_text(json, "verb", verb);
    json_put_text(json, "result", result);
}

/* A page of the board as the answer. */
static const char *
send_page(struct control_client *client, const char *verb, enum page page)
{
    const struct control_outlet *outlet = &client->control->outlet;
    uint64_t version = 0;
    struct json json;

    size_t length = board_copy(outlet->pages, page, client->page, outlet->page_size, &version);
    if (length == 0)
        return "there is no such page yet";
    control_begin(client, &json, verb, "done");
    json_key(&json, "answer");
    if (send_bytes(client, client->reply.data, client->reply.length) &&
        send_bytes(client, client->page, length))
        send_bytes(client, "}\n", 2);
    return NULL;
}

/* ---- verbs that need no bus ---- */

static const char *
control_status(struct control_client *client, const json_t *request)
{
    const struct control_outlet *outlet = &client->control->outlet;
    uint64_t before = board_version(outlet->pages, PAGE_HEALTH);
    int64_t until_mono_ms = clock_mono_ms() + REFRESH_MS;

    (void)request;
    atomic_store(outlet->refresh, true);
    while (board_version(outlet->pages, PAGE_HEALTH) == before && clock_mono_ms() < until_mono_ms &&
           !atomic_load(&client->control->stopping))
        clock_sleep_until_ns(clock_mono_ns() + LOOK_NS);
    return send_page(client, "status", PAGE_HEALTH);
}

static const char *
control_alarms(struct control_client *client, const json_t *request)
{
    (void)request;
    return send_page(client, "alarms", PAGE_ALARMS);
}

static const char *
control_headroom(struct control_client *client, const json_t *request)
{
    (void)request;
    return send_page(client, "headroom", PAGE_HEADROOM);
}

static const char *
control_buses(struct control_client *client, const json_t *request)
{
    (void)request;
    return send_page(client, "buses", PAGE_CATALOG_BUSES);
}

static const char *
control_key(struct control_client *client, const json_t *request)
{
    (void)request;
    return send_page(client, "key", PAGE_CATALOG_KEY);
}

static control_handler control_help;

static const struct {
    const char *verb;
    const char *help;
    control_handler *handle;
} VERBS[] = {
    {"help", "the verbs and what they do", control_help},
    {"status", "the health page, made anew", control_status},
    {"alarms", "the events open now", control_alarms},
    {"headroom", "where open periods stand, and what is left of their limits", control_headroom},
    {"buses", "the buses and their devices", control_buses},
    {"key", "the public key that signs the records", control_key},
    {"read", "bus, unit, table, address, count, timeout_ms: registers as they are", control_read},
    {"write", "point (device.point), value: where the site allows it", control_write},
    {"acknowledge", "event, by, code, reason: a person has seen an open event",
     control_acknowledge},
    {"mode", "subject, mode, until, by, reason: the mode of an asset or of the gateway",
     control_mode},
    {"mark", "subject, condition, pollutant, from, until, by, reason: what hours were",
     control_mark},
    {"maintenance", "subject, on, until, by, reason: readings are not plant data",
     control_maintenance},
    {"calibrated", "subject, at, by, reason: a calibration was made", control_calibrated},
    {"monitor", "bus: every frame on it until the connection is closed", control_monitor},
};

#define VERB_COUNT (sizeof VERBS / sizeof VERBS[0])

static const char *
control_help(struct control_client *client, const json_t *request)
{
    struct json json;

    (void)request;
    control_begin(client, &json, "help", "done");
    json_key(&json, "answer");
    json_begin_object(&json);
    for (size_t i = 0; i < VERB_COUNT; i++)
        json_put_text(&json, VERBS[i].verb, VERBS[i].help);
    json_end_object(&json);
    json_end_object(&json);
    control_send(client);
    return NULL;
}

/* ---- one request ---- */

static void
refuse(struct control_client *client, const char *verb, const char *reason)
{
    struct json json;

    control_begin(client, &json, verb, "refused");
    json_put_text(&json, "reason", reason);
    json_end_object(&json);
    control_send(client);
}

static void
answer(struct control_client *client, const char *line, size_t length)
{
    json_error_t error;
    char reason[200];
    json_t *request = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
    const char *verb = json_string_value(json_object_get(request, "verb"));

    if (request == NULL) {
        snprintf(reason, sizeof reason, "not JSON: column %d: %.120s", error.column, error.text);
        refuse(client, "", reason);
        return;
    }
    const char *wrong = "unknown verb: help lists them";
    for (size_t i = 0; verb != NULL && i < VERB_COUNT; i++)
        if (strcmp(VERBS[i].verb, verb) == 0)
            wrong = VERBS[i].handle(client, request);
    if (wrong != NULL)
        refuse(client, verb != NULL ? verb : "", wrong);
    json_decref(request);
}

/* Line by line until the client has gone, or sends one that is too long. */
static void
serve_client(struct control_client *client)
{
    int fd = atomic_load(&client->fd);

    client->length = 0;
    while (!atomic_load(&client->control->stopping)) {
        char *end = memchr(client->line, '\n', client->length);
        if (end != NULL) {
            size_t length = (size_t)(end - client->line);
            answer(client, client->line, length);
            client->length -= length + 1;
            memmove(client->line, end + 1, client->length);
            continue;
        }
        if (client->length == sizeof client->line) {
            refuse(client, "", "a request is at most 4096 bytes long");
            return;
        }
        ssize_t got = recv(fd, client->line + client->length, sizeof client->line - client->length,
                           0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return;
        client->length += (size_t)got;
    }
}

static void
learn_who(struct control_client *client, int fd)
{
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t length = sizeof peer;
    struct passwd entry, *found = NULL;
    char text[1024];

    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length);
    if (getpwuid_r(peer.uid, &entry, text, sizeof text, &found) == 0 && found != NULL)
        snprintf(client->who, sizeof client->who, "%.40s on this machine", found->pw_name);
    else
        snprintf(client->who, sizeof client->who, "uid %u on this machine", peer.uid);
}

static void *
run(void *context)
{
    struct control_client *client = context;
    struct control *control = client->control;
    int fd;

    while ((fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0 || errno == EINTR ||
           errno == ECONNABORTED) {
        if (fd < 0)
            continue;
        atomic_store(&client->fd, fd);
        learn_who(client, fd);
        serve_client(client);
        atomic_store(&client->fd, -1);
        close(fd);
    }
    return NULL;
}

/* ---- life ---- */

/* A descriptor that listens at the path, or negative errno. */
static int
listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
        close(fd);
        return -EADDRINUSE;
    }
    unlink(path);
    int error = bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ? -errno : 0;
    if (error == 0 && chmod(path, 0660) != 0)
        error = -errno;
    if (error == 0 && listen(fd, 8) != 0)
        error = -errno;
    if (error == 0)
        return fd;
    close(fd);
    return error;
}

static int
start_client(struct control *control, struct control_client *client)
{
    client->control = control;
    atomic_store(&client->fd, -1);
    client->page = malloc(control->outlet.page_size);
    int error = client->page == NULL ? -ENOMEM : buf_new(&client->reply, CONTROL_REPLY);
    if (error == 0)
        error = queue_new(sizeof(struct order *), 4, 0, &client->done);
    if (error == 0)
        error = queue_new(sizeof(struct declaring *), 2, 0, &client->declared);
    return error != 0 ? error : thread_start(&client->thread, "control", run, client);
}

int
control_start(const struct control_outlet *outlet, struct control **ret_control)
{
    struct control *control = calloc(1, sizeof *control);

    if (control == NULL)
        return -ENOMEM;
    control->outlet = *outlet;
    control->listener = listen_at(outlet->path);
    int error = control->listener < 0 ? control->listener : 0;
    for (int i = 0; i < CONTROL_CLIENTS && error == 0; i++)
        error = start_client(control, &control->clients[i]);
    if (error != 0) {
        log_error("%s: the socket for parkgatectl cannot be opened: %s", outlet->path,
                  strerror(-error));
        control_stop(control);
        return error;
    }
    *ret_control = control;
    return 0;
}

void
control_stop(struct control *control)
{
    if (control == NULL)
        return;
    atomic_store(&control->stopping, true);
    if (control->listener >= 0)
        shutdown(control->listener, SHUT_RDWR);
    for (int i = 0; i < CONTROL_CLIENTS; i++) {
        struct control_client *client = &control->clients[i];
        int fd = client->control != NULL ? atomic_load(&client->fd) : -1;
        if (fd >= 0)
            shutdown(fd, SHUT_RDWR);
        thread_join(&client->thread);
        queue_free(client->done);
        queue_free(client->declared);
        buf_free(&client->reply);
        free(client->page);
    }
    if (control->listener >= 0) {
        close(control->listener);
        unlink(control->outlet.path);
    }
    free(control);
}

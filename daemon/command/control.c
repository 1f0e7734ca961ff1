#include "daemon/command/control.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "daemon/command/verbs.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS     4
#define LINE        4096
#define LINE_MOST   ((size_t)300 * 1024) /* a proposed site file stands in one */
#define DEPTH       32
#define REPLY_EXTRA 4096 /* around a page */
#define LEAVE_MS    300  /* for the last answer */
#define STALLED_S   20   /* who takes nothing of an answer for as long is let go */
#define IDLE_S      600  /* and who asks nothing */
#define LOOK_NS     5000000

struct client {
    struct control *control;
    struct thread thread;
    atomic_int fd; /* -1: none */
    struct request request;
    char *line; /* LINE bytes; more only while a longer request is in it */
    size_t length, capacity;
};

struct control {
    const char *path;
    int listener;
    atomic_bool stopping;
    struct client clients[CLIENTS];
};

/* ---- replies ---- */

static bool
send_bytes(const struct client *client, const void *from, size_t length)
{
    const char *bytes = from;
    int fd = atomic_load(&client->fd);

    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0) {
            shutdown(fd, SHUT_RDWR); /* half a line is there: nothing can come behind it */
            return false;
        }
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

static bool
send_reply(struct request *request, bool last)
{
    const struct client *client = request->transport;

    (void)last;
    return !request->reply.overflow &&
           send_bytes(client, request->reply.data, request->reply.length) &&
           send_bytes(client, "\n", 1);
}

static bool
is_gone(struct request *request)
{
    const struct client *client = request->transport;
    struct pollfd waiting = {.fd = atomic_load(&client->fd), .events = POLLIN | POLLRDHUP};

    return atomic_load(&client->control->stopping) || poll(&waiting, 1, 0) > 0;
}

/* ---- one request ---- */

/* What changed something, or was to, stands in the books. */
static void
record(const struct request *request)
{
    const struct verb *verb = request->verb;
    struct message message = {.kind = MESSAGE_NOTE};
    struct note *note = &message.as.note;

    if (verb == NULL || verb->role <= ROLE_OBSERVER || verb->is_silent || request->result == NULL)
        return;
    bool refused = strcmp(request->result, "refused") == 0;
    note->kind = refused ? "command.refused" : "command.done";
    note->phase = PHASE_NOTED;
    note->severity = refused ? SEVERITY_WARNING : SEVERITY_INFO;
    note->result = request->result;
    snprintf(note->subject, sizeof note->subject, "%s", verb->name);
    snprintf(note->who, sizeof note->who, "%s", request->who);
    snprintf(note->id, sizeof note->id, "%.63s", request->id);
    snprintf(note->text, sizeof note->text, "%.*s", (int)sizeof note->text - 1, request->reason);
    if (!queue_post_reserved(request->scope->inbox, &message))
        log_error("%s by %s: %s (no room left to record it)", verb->name, request->who,
                  request->result);
}

static void
take_id(struct request *request, const json_t *id)
{
    if (json_is_string(id))
        snprintf(request->id, sizeof request->id, "%s", json_string_value(id));
    else if (json_is_integer(id))
        snprintf(request->id, sizeof request->id, "%lld", (long long)json_integer_value(id));
}

/* {"verb":NAME, and its members}, or {"verb":NAME,"body":{its members}}. */
static void
carry_out(struct request *request, json_t *object)
{
    json_t *verb = json_incref(json_object_get(object, "verb"));
    const json_t *body = json_object_get(object, "body");

    take_id(request, json_object_get(object, "id"));
    json_object_del(object, "verb");
    request->body = json_is_object(body) ? body : object;
    verbs_run(request, json_is_string(verb) ? json_string_value(verb) : "");
    record(request);
    request->body = NULL;
    json_decref(verb);
}

static void
refuse(struct request *request, const char *reason)
{
    request->name[0] = '\0';
    request->parts = 0;
    request_refuse(request, reason);
}

static void
answer(struct client *client, const char *line, size_t length)
{
    struct request *request = &client->request;
    char reason[200];
    json_error_t error;

    request->id[0] = '\0';
    if (json_is_deep(line, length, DEPTH)) {
        refuse(request, "objects and arrays stand too deep in each other");
        return;
    }
    json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL) {
        snprintf(reason, sizeof reason, "not JSON: column %d: %.120s", error.column, error.text);
        refuse(request, reason);
        return;
    }
    if (json_is_object(object))
        carry_out(request, object);
    else
        refuse(request, "a request is a JSON object");
    json_decref(object);
}

/* ---- one client ---- */

/* Another size for the line; what is in it fits. */
static bool
resize(struct client *client, size_t capacity)
{
    char *line = realloc(client->line, capacity);

    if (line == NULL)
        return false;
    client->line = line;
    client->capacity = capacity;
    return true;
}

static void
answer_line(struct client *client, const char *end)
{
    size_t length = (size_t)(end - client->line);

    answer(client, client->line, length);
    client->length -= length + 1;
    memmove(client->line, end + 1, client->length);
    if (client->capacity > LINE && client->length <= LINE)
        resize(client, LINE);
}

/* Room for at least a byte more, or false after an answer. */
static bool
make_room(struct client *client)
{
    size_t wanted = client->capacity * 4 < LINE_MOST ? client->capacity * 4 : LINE_MOST;

    if (client->length < client->capacity)
        return true;
    if (client->capacity < LINE_MOST && resize(client, wanted))
        return true;
    client->request.id[0] = '\0';
    refuse(&client->request, "a request is at most 300 KiB long");
    return false;
}

/* Line by line until the client has gone, or sends one that is too long. */
static void
serve_client(struct client *client)
{
    int fd = atomic_load(&client->fd);
    size_t searched = 0;

    client->length = 0;
    while (!atomic_load(&client->control->stopping)) {
        char *end = memchr(client->line + searched, '\n', client->length - searched);
        if (end != NULL) {
            answer_line(client, end);
            searched = 0;
            continue;
        }
        searched = client->length;
        if (!make_room(client))
            return;
        ssize_t got = recv(fd, client->line + client->length, client->capacity - client->length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return;
        client->length += (size_t)got;
    }
}

/* Four who do not read would keep everybody else out. */
static void
set_patience(int fd)
{
    struct timeval stalled = {.tv_sec = STALLED_S}, idle = {.tv_sec = IDLE_S};

    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &stalled, sizeof stalled);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof idle);
}

static void
learn_who(struct request *request, int fd)
{
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t length = sizeof peer;
    struct passwd entry, *found = NULL;
    char text[1024];

    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length);
    if (getpwuid_r(peer.uid, &entry, text, sizeof text, &found) == 0 && found != NULL)
        snprintf(request->who, sizeof request->who, "%.40s on this machine", found->pw_name);
    else
        snprintf(request->who, sizeof request->who, "uid %u on this machine", peer.uid);
    request->role = peer.uid == 0 || peer.uid == geteuid() ? ROLE_ADMINISTRATOR : ROLE_ENGINEER;
}

static void *
run(void *context)
{
    struct client *client = context;
    struct control *control = client->control;
    int fd;

    while ((fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0 || errno == EINTR ||
           errno == ECONNABORTED) {
        if (fd < 0)
            continue;
        atomic_store(&client->fd, fd);
        set_patience(fd);
        learn_who(&client->request, fd);
        serve_client(client);
        if (client->capacity > LINE)
            resize(client, LINE);
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
start_client(struct control *control, struct client *client, const struct request_scope *scope)
{
    struct request *request = &client->request;

    client->control = control;
    atomic_store(&client->fd, -1);
    int error = request_init(request, scope, scope->page_size + REPLY_EXTRA);
    if (error == 0 && !resize(client, LINE))
        error = -ENOMEM;
    request->is_local = true;
    request->send = send_reply;
    request->is_gone = is_gone;
    request->transport = client;
    return error != 0 ? error : thread_start(&client->thread, "control", run, client);
}

int
control_start(const char *path, const struct request_scope *scope, struct control **ret_control)
{
    struct control *control = calloc(1, sizeof *control);

    if (control == NULL)
        return -ENOMEM;
    control->path = path;
    control->listener = listen_at(path);
    int error = control->listener < 0 ? control->listener : 0;
    for (int i = 0; i < CLIENTS && error == 0; i++)
        error = start_client(control, &control->clients[i], scope);
    if (error != 0) {
        log_error("%s: the socket for parkgatectl cannot be opened: %s", path, strerror(-error));
        control_stop(control);
        return error;
    }
    *ret_control = control;
    return 0;
}

/* Reads no more; who is being answered gets a while to take the answer. */
static void
let_go(struct client *client)
{
    int64_t until_mono_ms = clock_mono_ms() + LEAVE_MS;
    int fd = atomic_load(&client->fd);

    if (fd < 0)
        return;
    shutdown(fd, SHUT_RD);
    while (atomic_load(&client->fd) == fd && clock_mono_ms() < until_mono_ms)
        clock_sleep_until_ns(clock_mono_ns() + LOOK_NS);
    if (atomic_load(&client->fd) == fd)
        shutdown(fd, SHUT_RDWR);
}

void
control_stop(struct control *control)
{
    if (control == NULL)
        return;
    atomic_store(&control->stopping, true);
    if (control->listener >= 0)
        shutdown(control->listener, SHUT_RDWR);
    for (int i = 0; i < CLIENTS; i++) {
        struct client *client = &control->clients[i];
        if (client->control != NULL)
            let_go(client);
        thread_join(&client->thread);
        request_done(&client->request);
        free(client->line);
    }
    if (control->listener >= 0) {
        close(control->listener);
        unlink(control->path);
    }
    free(control);
}

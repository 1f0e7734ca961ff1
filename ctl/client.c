#include "ctl/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_MOST ((size_t)4 << 20)

struct client {
    int fd;
    FILE *input;
    char *line;
    size_t length, room;
};

static void
complain(const char *path, int error)
{
    if (error == ENOENT || error == ECONNREFUSED)
        fprintf(stderr,
                "parkgatectl: no daemon answers at %s; `systemctl status parkgated` tells more\n",
                path);
    else if (error == EACCES)
        fprintf(stderr, "parkgatectl: %s is for root and the group of the service (parkgate)\n",
                path);
    else
        fprintf(stderr, "parkgatectl: %s: %s\n", path, strerror(error));
}

static int
connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int error = -errno;
    close(fd);
    return error;
}

struct client *
client_open(const char *path)
{
    struct client *client = calloc(1, sizeof *client);

    if (path == NULL)
        path = getenv("PARKGATE_SOCKET");
    if (path == NULL)
        path = CLIENT_SOCKET;
    int fd = client == NULL ? -ENOMEM : connect_to(path);
    if (fd >= 0 && (client->input = fdopen(fd, "r")) != NULL) {
        client->fd = fd;
        return client;
    }
    complain(path, fd < 0 ? -fd : errno);
    if (fd >= 0)
        close(fd);
    free(client);
    return NULL;
}

void
client_close(struct client *client)
{
    if (client == NULL)
        return;
    fclose(client->input);
    free(client->line);
    free(client);
}

bool
client_send(struct client *client, json_t *request)
{
    char *text = json_dumps(request, JSON_COMPACT);
    size_t length = text != NULL ? strlen(text) : 0;
    bool sent = false;

    json_decref(request);
    if (text != NULL) {
        text[length] = '\n'; /* where the end of the text was */
        sent = send(client->fd, text, length + 1, MSG_NOSIGNAL) == (ssize_t)length + 1;
    }
    free(text);
    if (!sent)
        fprintf(stderr, "parkgatectl: the daemon has closed the connection\n");
    return sent;
}

static bool
grow(struct client *client)
{
    size_t room = client->room == 0 ? 4096 : client->room * 2;
    char *line = room <= LINE_MOST ? realloc(client->line, room) : NULL;

    if (line == NULL)
        return false;
    client->line = line;
    client->room = room;
    return true;
}

/* NULL, or why there is no line. */
static const char *
take_line(struct client *client)
{
    int byte;

    client->length = 0;
    while ((byte = getc(client->input)) != '\n') {
        if (byte == EOF)
            return "the daemon has closed the connection";
        if (client->length == client->room && !grow(client))
            return "the daemon's answer is longer than 4 MiB";
        client->line[client->length++] = (char)byte;
    }
    return NULL;
}

json_t *
client_receive(struct client *client)
{
    json_error_t error;
    const char *wrong = take_line(client);

    if (wrong != NULL) {
        fprintf(stderr, "parkgatectl: %s\n", wrong);
        return NULL;
    }
    json_t *answer = json_loadb(client->line, client->length, 0, &error);
    if (answer == NULL)
        fprintf(stderr, "parkgatectl: the daemon's answer cannot be read: %s\n", error.text);
    return answer;
}

json_t *
client_ask(struct client *client, json_t *request)
{
    json_t *answer = client_send(client, request) ? client_receive(client) : NULL;

    if (answer == NULL || strcmp(client_text(answer, "result"), "refused") != 0)
        return answer;
    fprintf(stderr, "parkgatectl: refused: %s\n", client_text(answer, "reason"));
    json_decref(answer);
    return NULL;
}

const char *
client_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

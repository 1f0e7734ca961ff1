/* The line to the running daemon: its Unix socket (docs/commands.md). Every failure is one sentence
 * on standard error. */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#define CLIENT_SOCKET "/run/parkgate/control.sock"

struct client;

/* `path`: NULL for $PARKGATE_SOCKET, or the usual one. NULL after a sentence. */
struct client *client_open(const char *path);
void client_close(struct client *client);

/* Sends the request (and gives it back to jansson). False when the daemon has gone. */
bool client_send(struct client *client, json_t *request);

/* The next line, to be given back with json_decref; NULL after a sentence. */
json_t *client_receive(struct client *client);

/* Both; NULL after a sentence also when the daemon refused. "failed" comes through. */
json_t *client_ask(struct client *client, json_t *request);

/* The text of a member, "" when it has none. */
const char *client_text(const json_t *object, const char *key);

#endif

/* What the files of control share. */
#ifndef DAEMON_SUPERVISE_CONTROL_PARTS_H
#define DAEMON_SUPERVISE_CONTROL_PARTS_H

#include "base/json.h"
#include "base/thread.h"
#include "daemon/supervise/control.h"

#include <jansson.h>

#define CONTROL_CLIENTS 4
#define CONTROL_LINE    4096 /* a request is not longer */
#define CONTROL_REPLY   32768

struct control_client {
    struct control *control;
    struct thread thread;
    atomic_int fd; /* -1: none */
    struct order order, watch;
    struct queue *done; /* struct order * */
    struct declaring declaring;
    struct queue *declared; /* struct declaring * */
    struct buf reply;
    char *page; /* room for a page; touched only as far as it is long */
    size_t length;
    char line[CONTROL_LINE];
    char who[ORDER_NAME];
};

struct control {
    struct control_outlet outlet;
    int listener;
    atomic_bool stopping;
    struct control_client clients[CONTROL_CLIENTS];
};

/* NULL when the reply is written, or why the request is refused. */
typedef const char *control_handler(struct control_client *client, const json_t *request);

control_handler control_read, control_write, control_monitor;
control_handler control_acknowledge, control_mode, control_mark, control_maintenance,
    control_calibrated;

/* Sends what is in client->reply as one line. False when the client is gone. */
bool control_send(struct control_client *client);

/* {"v":1,"verb":...,"result":...  in client->reply; the members that follow and the end are the
 * caller's. */
void control_begin(struct control_client *client, struct json *json, const char *verb,
                   const char *result);

#endif

/* A command that came over a destination, and its answers on their way back. There is a fixed
 * number of them, owned by the desk (daemon/command/desk.h): a destination claims one, fills it and
 * submits it; from then on it is the desk's, but for the time that an answer is being sent. A
 * command outlives its destination's connection and also a reload. No functions. */
#ifndef DAEMON_COMMAND_H
#define DAEMON_COMMAND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;

#define COMMAND_TOPIC        256
#define COMMAND_PAYLOAD_MOST (256 * 1024) /* of a proposed site file; other verbs: 16 KiB */
#define COMMAND_REPLY        16384        /* one answer; longer ones come in parts */

struct command {
    atomic_bool busy;     /* from claim until its last answer was sent or given up */
    char destination[64]; /* name */
    bool retained;        /* it lay at the broker: refused */
    char verb[32];
    char response_topic[COMMAND_TOPIC]; /* as asked for; "": none */
    char reply_topic[COMMAND_TOPIC];    /* where answers go */
    uint8_t correlation[64];
    size_t correlation_length;
    char *payload; /* its own memory (malloc), ended by a NUL that does not count; the desk frees */
    size_t length;
    char why[200]; /* why the destination's thread found it wrong; "": it did not */

    char reply[COMMAND_REPLY];
    size_t reply_length;
    bool last;              /* no answer comes behind this one */
    bool lost;              /* the answer could not be sent, nor will be */
    struct queue *answered; /* struct command *: gets it back when the answer was sent or lost */
};

#endif

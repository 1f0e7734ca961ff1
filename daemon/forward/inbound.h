/* What the centre sends: commands and acknowledgements. Paho's thread copies a message into a free
 * slot; the destination's thread takes it apart. A command goes to the engine in one of a few
 * structs of its own; one that cannot go is answered at once. */
#ifndef DAEMON_FORWARD_INBOUND_H
#define DAEMON_FORWARD_INBOUND_H

#include "base/queue.h"
#include "daemon/model.h"
#include "daemon/store/cursor.h"
#include "protocols/mqtt/mqtt.h"

#include <stdatomic.h>

#define INBOUND_SLOTS    16
#define INBOUND_PAYLOAD  16384
#define INBOUND_COMMANDS 4
#define INBOUND_TOPIC    256

struct inbound_slot {
    atomic_bool busy; /* set by paho's thread, cleared by the destination's */
    bool too_large;
    char topic[INBOUND_TOPIC];
    char response_topic[INBOUND_TOPIC]; /* "": none */
    uint8_t correlation[64];
    size_t correlation_length;
    size_t length;
    char payload[INBOUND_PAYLOAD];
};

struct inbound {
    char base[INBOUND_TOPIC]; /* "{prefix}/v1/{park}/{gateway}/" */
    uint16_t destination;
    struct queue *engine; /* MESSAGE_COMMAND */
    struct inbound_slot slots[INBOUND_SLOTS];
    struct command commands[INBOUND_COMMANDS];
};

/* Any thread of paho. NULL when all slots are busy. */
struct inbound_slot *inbound_put(struct inbound *inbound, const struct mqtt_event *event);

/* True for an acknowledgement of the centre, false for anything else. */
bool inbound_is_acknowledge(const struct inbound *inbound, const struct inbound_slot *slot);

/* Hands a command to the engine, or writes the answer at once: then the command to send and give
 * back is returned (a spare one of the caller's when all are busy). NULL: nothing to answer. */
struct command *inbound_command(struct inbound *inbound, const struct inbound_slot *slot,
                                struct command *spare);

/* True while a command is at the engine or its answer on its way. */
bool inbound_has_commands(const struct inbound *inbound);

/* {"v":1,"store":ID,"stream":NAME,"ranges":[[a,b],…]}, or an array of such. Calls `mark` for each
 * range of this store. 0, or -EINVAL with a sentence: then nothing was marked. */
typedef void inbound_mark(void *context, enum stream stream, uint64_t first, uint64_t last);
int inbound_acknowledge(const struct inbound_slot *slot, const char *store, inbound_mark *mark,
                        void *context, char ret_error[200]);

#endif

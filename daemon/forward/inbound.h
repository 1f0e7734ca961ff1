/* What the centre sends: commands and acknowledgements. Paho's thread copies a message into a free
 * slot; the destination's thread takes it apart. A command goes on to the desk as it came; only
 * one for which no struct is free is answered here. */
#ifndef DAEMON_FORWARD_INBOUND_H
#define DAEMON_FORWARD_INBOUND_H

#include "daemon/command.h"
#include "daemon/record.h"
#include "daemon/store/cursor.h"
#include "protocols/mqtt/mqtt.h"

#include <stdatomic.h>

#define INBOUND_SLOTS   64
#define INBOUND_PAYLOAD 16384
#define INBOUND_LARGE   2 /* proposals of up to COMMAND_PAYLOAD_MOST at a time */
#define INBOUND_TOPIC   256

struct inbound_slot {
    atomic_bool busy; /* set by paho's thread, cleared by the destination's */
    bool too_large, is_large, retained;
    bool odd_response; /* its response topic cannot be published to: taken as none, refused */
    char topic[INBOUND_TOPIC];
    char response_topic[INBOUND_TOPIC]; /* "": none */
    uint8_t correlation[64];
    size_t correlation_length;
    size_t length;
    char *payload; /* its own memory, ended by a NUL that does not count */
};

struct inbound {
    char base[INBOUND_TOPIC]; /* "{prefix}/v1/{park}/{gateway}/" */
    const char *destination;  /* name */
    struct command *(*claim)(void *context);
    void (*submit)(void *context, struct command *command);
    void *context;
    atomic_uint dropped; /* messages for which there was no room, since last asked */
    atomic_uint large;   /* slots that hold more than INBOUND_PAYLOAD */
    struct inbound_slot slots[INBOUND_SLOTS];
};

/* Any thread of paho. NULL when all slots are busy, or memory is short. */
struct inbound_slot *inbound_put(struct inbound *inbound, const struct mqtt_event *event);

/* Counts a message that found no room. False, for mqtt_post. */
bool inbound_drop(struct inbound *inbound);

/* The slot and what it holds are free again. */
void inbound_give_back(struct inbound *inbound, struct inbound_slot *slot);

/* True for an acknowledgement of the centre, false for anything else. */
bool inbound_is_acknowledge(const struct inbound *inbound, const struct inbound_slot *slot);

/* Hands a command to the desk with the slot's payload. When the desk has none free, `spare` is
 * made the answer that says so and returned: to be sent, then its busy cleared. Else NULL. */
struct command *inbound_command(struct inbound *inbound, struct inbound_slot *slot,
                                struct command *spare);

/* {"v":1,"store":ID,"stream":NAME,"ranges":[[a,b],…]}, or an array of such. Calls `mark` for each
 * range of this store. 0, or -EINVAL with a sentence: then nothing was marked. */
typedef void inbound_mark(void *context, enum stream stream, uint64_t first, uint64_t last);
int inbound_acknowledge(const struct inbound_slot *slot, const char *store, inbound_mark *mark,
                        void *context, char ret_error[200]);

#endif

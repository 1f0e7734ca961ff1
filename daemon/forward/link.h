/* The connection of one destination: connect, back off, go on to its next broker and back to the
 * first, fall back to MQTT 3.1.1, notice silence. It knows nothing of records. Owned by the
 * destination's thread; only link_post runs in paho's. */
#ifndef DAEMON_FORWARD_LINK_H
#define DAEMON_FORWARD_LINK_H

#include "base/queue.h"
#include "daemon/forward/brokers.h"
#include "daemon/forward/credentials.h"
#include "daemon/forward/guard.h"
#include "daemon/forward/inbound.h"
#include "daemon/forward/scout.h"
#include "daemon/model.h"
#include "protocols/mqtt/mqtt.h"

#include <stdatomic.h>

#define LINK_TEXT 200

/* What reaches a destination's thread through its queue. */
enum link_event_kind { LINK_EVENT_MQTT, LINK_EVENT_INBOUND, LINK_EVENT_REPLY };

struct link_event {
    enum link_event_kind kind;
    enum mqtt_event_kind what;
    unsigned epoch; /* of the connection it belongs to */
    uint64_t token;
    int reason;
    bool wrong_version;
    uint16_t receive_maximum;
    uint32_t max_packet;
    uint16_t alias_maximum;
    struct inbound_slot *slot;
    struct command *command;
    char text[160];
};

struct link {
    const struct destination *destination;
    struct queue *queue; /* of struct link_event */
    struct queue *notes; /* MESSAGE_NOTE: destination.down */
    struct inbound *inbound;
    const char *credentials;
    const char *client_id;
    const char *will_topic;
    const void *will;
    size_t will_length;
    struct mqtt *mqtt; /* NULL: none */
    struct brokers brokers;
    struct scout scout;
    bool wants_return; /* the first broker answers again: close when it suits, link_return */
    enum link_state state;
    atomic_uint epoch;
    uint8_t version;
    unsigned failures;
    uint16_t receive_maximum;
    uint32_t max_packet;
    uint16_t alias_maximum;                                /* 0: none */
    int64_t retry_mono_ms;                                 /* down: next attempt */
    int64_t changed_mono_ms;                               /* connecting or up since; down since */
    int64_t down_mono_ms;                                  /* not up since */
    enum { NOTE_UNKNOWN, NOTE_CLOSED, NOTE_OPENED } noted; /* destination.down, as last posted */
    char reason[LINK_TEXT];                                /* why it is down */
    uint8_t reason_of;                                     /* which broker that is about */
    char logged[BROKERS_MAX][LINK_TEXT];                   /* the last reason that was logged */
    struct guard guard; /* its first block is the caller's, but for the files */
    char password[CREDENTIALS_SECRET];
    char ca[CREDENTIALS_PATH], certificate[CREDENTIALS_PATH], key[CREDENTIALS_PATH];
};

/* The fields of the first block are the caller's to fill in before. */
void link_init(struct link *link, int64_t mono_ms);

/* Connects when it is time; gives up on an attempt that never ends; notes a long outage. */
void link_step(struct link *link, int64_t mono_ms);

enum link_change { LINK_NOTHING, LINK_CAME_UP, LINK_WENT_DOWN };

/* Takes a connection event; other kinds are LINK_NOTHING. */
enum link_change link_take(struct link *link, const struct link_event *event, int64_t mono_ms);

/* Ends the connection because of `reason`; it comes back by itself. */
void link_drop(struct link *link, const char *reason, int64_t mono_ms);

/* The same, because of a broker that is no good: the next one is tried first. */
void link_desert(struct link *link, const char *reason, int64_t mono_ms);

/* Closes the connection and goes back to the first broker. */
void link_return(struct link *link, int64_t mono_ms);

/* The one in use or being tried. */
const struct broker *link_broker(const struct link *link);

/* Says goodbye (the will is not published) and frees. */
void link_close(struct link *link);

/* When link_step has something to do next. */
int64_t link_next_mono_ms(const struct link *link);

#endif

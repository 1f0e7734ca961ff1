/* What is put around a payload of records before it goes out: zstd where the destination asks for
 * it, and with MQTT 5 user properties and the alias of the topic, so that a router or a receiver
 * need not look inside. Owned by the destination's thread. */
#ifndef DAEMON_FORWARD_PARCEL_H
#define DAEMON_FORWARD_PARCEL_H

#include "base/buf.h"
#include "config/destination.h"
#include "daemon/record.h"
#include "protocols/mqtt/mqtt.h"

#define PARCEL_PAIRS 5

struct reader;
struct ZSTD_CCtx_s;

struct parcel {
    struct ZSTD_CCtx_s *compressor; /* NULL: nothing is compressed */
    struct buf packed;
    unsigned set; /* bit of an alias: this connection's broker knows it */
    struct mqtt_pair pairs[PARCEL_PAIRS];
};

/* largest: of the payloads that come. 0 or -ENOMEM. */
int parcel_open(struct parcel *parcel, const struct destination *destination, size_t largest);
void parcel_close(struct parcel *parcel);

/* A connection begins: its broker knows no alias. */
void parcel_restart(struct parcel *parcel);

/* The last part of the topic of a stream's records. */
const char *parcel_topic(enum stream stream);

/* Completes the message, whose topic and payload stand; what it points to stays until the next
 * one. alias_maximum: of the broker. */
void parcel_wrap(struct parcel *parcel, enum stream stream, const struct reader *reader,
                 uint16_t alias_maximum, struct mqtt_message *message);

/* The broker has acknowledged records of the stream, which went out with an alias if it takes any.
 */
void parcel_acknowledged(struct parcel *parcel, enum stream stream);

#endif

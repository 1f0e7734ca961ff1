/* The data that flows through parkgated. No functions: engine.c moves it, the stages work on it. */
#ifndef DAEMON_MODEL_H
#define DAEMON_MODEL_H

#include "config/site.h"
#include "daemon/counters.h"
#include "daemon/declaration.h"
#include "daemon/order.h"
#include "daemon/record.h"
#include "daemon/stamp.h"
#include "daemon/value.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- readings and scans ---- */

/* A device's readings at one time: values[i] is device->points[i]. Scans are preallocated by the
 * bus that owns the device; the engine gives one back by clearing `busy`. */
struct scan {
    const struct device *device;
    uint32_t generation; /* of the site it was read under */
    struct stamp at;     /* when the last answer of the scan was complete */
    uint16_t count;
    struct value *values;
    uint16_t *words;
    uint16_t word_count, word_capacity;
    char *text;
    uint32_t text_length, text_capacity;
    atomic_bool busy;
};

/* ---- messages into the engine's inbox ---- */

enum message_kind {
    MESSAGE_SCAN = 1,
    MESSAGE_NOTE,
    MESSAGE_COMMAND,
    MESSAGE_ORDER,
    MESSAGE_DECLARATION,
    MESSAGE_SITE,
    MESSAGE_STOP,
};

/* What another thread wants recorded as an event: a device out of reach, a broker lost. */
struct note {
    const char *kind; /* static text */
    enum event_phase phase;
    enum severity severity;
    char subject[64];
    char text[EVENT_TEXT];
    uint64_t count, count_values; /* readings lost, ... 0: none */
    uint32_t boot;                /* of kind clock.zero, with zero_utc_ms; 0: does not apply */
    int64_t zero_utc_ms;
};

struct command {
    atomic_bool busy; /* set by its owner, cleared by whoever answered */
    uint16_t destination;
    char verb[32];
    char id[64]; /* request id or correlation data as hexadecimal */
    char reply_topic[192];
    uint8_t correlation[64];
    size_t correlation_length;
    char body[2048];
    size_t body_length;
    char reply[8192];
    size_t reply_length;
};

struct message {
    enum message_kind kind;
    union {
        struct scan *scan;
        struct note note;
        struct command *command;
        struct order *order;
        struct declaring *declaring;
        const struct site *site;
    } as;
};

#endif

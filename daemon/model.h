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
    MESSAGE_ORDER,
    MESSAGE_DECLARATION,
    MESSAGE_SITE,
    MESSAGE_STOP,
};

/* Public keys and signatures as hexadecimal, over the text of daemon/store/seal.h. */
struct key_change {
    char old_key[65], new_key[65];
    char old_signature[129], new_signature[129];
    struct key_change *before;
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
    char who[64];                        /* whom it goes back to, a person or program; "": nobody */
    char id[64];                         /* of a command, as its sender named it, cut */
    const char *result;                  /* of a command: static text; NULL: none */
    const struct key_change *key_change; /* of kind key.rotated; lives as long as the store */
};

struct message {
    enum message_kind kind;
    union {
        struct scan *scan;
        struct note note;
        struct order *order;
        struct declaring *declaring;
        const struct site *site;
    } as;
};

#endif

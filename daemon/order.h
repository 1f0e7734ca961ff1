/* What someone asks of a bus through the running daemon, so that nobody talks on a line behind its
 * back: parkgatectl read, write, scan, monitor, command read-now. An order belongs to whoever made
 * it; the bus thread has it from the moment it was posted until its pointer comes back through
 * `done`. */
#ifndef DAEMON_ORDER_H
#define DAEMON_ORDER_H

#include "base/queue.h"
#include "config/field.h"
#include "daemon/stamp.h"
#include "daemon/value.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define ORDER_WORDS          2000
#define ORDER_TEXT           200
#define ORDER_NAME           64
#define ORDER_TIMEOUT_MAX_MS 3000
#define ORDER_FRAME_BYTES    264
#define ORDER_STRING         256

enum order_kind { ORDER_READ, ORDER_WRITE, ORDER_WATCH, ORDER_UNWATCH, ORDER_SCAN };

enum order_result { ORDER_DONE, ORDER_FAILED, ORDER_REFUSED };

/* A frame as it went over the line. */
struct order_frame {
    int64_t mono_ns;
    bool sent;
    uint8_t quality; /* of what was received; QUALITY_GOOD else */
    uint16_t length;
    uint8_t bytes[ORDER_FRAME_BYTES];
};

/* What a point of a device was read as. */
struct order_value {
    char name[ORDER_NAME];
    enum value_kind kind;
    enum quality quality;
    uint8_t detail; /* Modbus exception number */
    union {
        double number;
        int64_t integer;
        uint64_t natural;
    } as;
    char text[ORDER_STRING]; /* as the device says it, ended by a NUL */
};

struct order {
    enum order_kind kind;
    char bus[ORDER_NAME]; /* READ, WATCH */
    uint8_t unit;         /* READ */
    enum table table;
    uint16_t address, count;
    uint32_t timeout_ms;
    char device[ORDER_NAME], point[ORDER_NAME]; /* WRITE; SCAN: the device alone */
    double value;
    char who[ORDER_NAME];
    struct queue *frames;       /* WATCH: struct order_frame */
    struct order *watch;        /* UNWATCH: the order to end; it comes back as well */
    struct order_value *values; /* SCAN: room for so many, of whoever ordered */
    size_t value_capacity;
    struct queue *done; /* struct order *: gets this order's pointer */

    enum order_result result;
    enum quality quality;
    uint8_t exception;
    char reason[ORDER_TEXT]; /* FAILED and REFUSED: what an engineer reads */
    uint32_t response_us, turnaround_us;
    uint16_t words[ORDER_WORDS];
    double before, after; /* WRITE: as read before and behind it */
    size_t value_count;   /* SCAN */
    struct stamp at;      /* SCAN: when it was read; clock and time as the record has them */
    bool stored;          /* SCAN: handed on to be stored and judged */
    atomic_ullong lost;   /* WATCH: frames for which there was no room */
};

#endif

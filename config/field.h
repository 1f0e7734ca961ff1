/* The field as the site file says it: buses, devices, points. Part of config/site.h. */
#ifndef CONFIG_FIELD_H
#define CONFIG_FIELD_H

#include <stdbool.h>
#include <stdint.h>

enum bus_kind { BUS_TCP, BUS_RTU, BUS_RTU_OVER_TCP };

struct bus {
    const char *name;
    uint16_t index; /* in site->buses */
    enum bus_kind kind;
    const char *host; /* TCP and RTU over TCP */
    uint16_t port;
    const char *path; /* RTU */
    uint32_t baud;    /* RTU; RTU over TCP: of the line behind the serial server */
    char parity;      /* 'N', 'E', 'O' */
    uint8_t data_bits, stop_bits;
    uint32_t connect_timeout_ms;
    struct device **devices; /* on this bus, in the order of the file */
    uint16_t device_count;
};

/* Modbus tables with the function code that reads them. */
enum table { TABLE_COIL = 1, TABLE_DISCRETE = 2, TABLE_HOLDING = 3, TABLE_INPUT = 4 };

enum point_type {
    TYPE_BOOL,
    TYPE_U16,
    TYPE_S16,
    TYPE_U32,
    TYPE_S32,
    TYPE_U64,
    TYPE_S64,
    TYPE_FLOAT32,
    TYPE_FLOAT64,
    TYPE_BCD,    /* 4 digits a register, `registers` of them */
    TYPE_STRING, /* 2 characters a register; `one_per_register`: the low byte only */
    TYPE_BITS,   /* `bit_count` bits from `bit` of one register (or bool in a register) */
    TYPE_U8,     /* the low byte of a register; BADC: the high one */
    TYPE_S8,
};

/* Which byte comes first on the wire, for a 32-bit value; wider ones alike. */
enum byte_order { ORDER_ABCD, ORDER_CDAB, ORDER_BADC, ORDER_DCBA };

#define POINT_SENTINELS 4

struct point {
    const char *name;
    struct device *device;
    uint32_t index;  /* in site->points */
    uint32_t number; /* in the store's registry: never used again for another meaning */
    enum table table;
    uint16_t address; /* 0-based, as on the wire */
    uint16_t registers;
    enum point_type type;
    enum byte_order order;
    uint8_t bit, bit_count;
    bool one_per_register;
    double scale, offset; /* value = raw * scale + offset */
    bool exact_integer;   /* u64/s64 without scale and offset: carried as 64-bit integers */
    const char *unit;     /* from config/units, "" for none */
    bool has_range;
    double low, high; /* plausible range; outside is under-range / over-range */
    uint8_t sentinel_count;
    uint64_t sentinels[POINT_SENTINELS]; /* raw patterns, after byte order, that mean "no value" */
    uint32_t every_ms;                   /* a multiple of the device's; equal unless said */
    bool once;                           /* read only after each connect */
    bool on_change;                      /* kept only when it changed */
    bool writable;                       /* the site allows parkgate to write it */
    bool write_multiple;                 /* by function 16 (15), also one register (coil) */
    bool has_write_address;
    uint16_t write_address; /* where it is not that of reading */
    const char *was;        /* former name, or NULL */
    bool sample;            /* input of a regulated outlet: stream sample; else trend */
};

/* Not to be read along, both ends included. */
struct forbidden {
    enum table table;
    uint16_t first, last;
};

#define DEVICE_FORBIDDEN 32
#define DEVICE_SET_UP    16
/* A value to be written after each connect, where the site allows it. */
struct set_up {
    uint16_t point; /* in device->points */
    double value;
};

struct device {
    const char *name;
    struct bus *bus;
    uint16_t index;  /* in site->devices */
    uint32_t number; /* in the store's registry */
    const char *map; /* register map it came from, or NULL */
    uint8_t unit;
    uint32_t every_ms;
    uint32_t timeout_ms;       /* one deadline for the whole answer */
    uint32_t frame_timeout_ms; /* an answer that pauses so long has ended; 0: only the deadline */
    uint32_t response_ms; /* how soon it usually answers, until that is measured; 0: by the bus */
    uint32_t guard_ms;    /* silence after a timeout */
    uint32_t delay_ms;    /* least pause between two requests to it */
    uint32_t backoff_max_ms;
    uint16_t max_registers, max_bits; /* a request */
    bool gaps;                        /* registers no point wants may be read along */
    const struct forbidden *forbidden;
    uint16_t forbidden_count;
    const struct set_up *set_up;
    uint16_t set_up_count;
    struct point *points; /* consecutive in site->points */
    uint16_t point_count;
    const uint16_t *by_number; /* indexes into points by ascending registry number, or NULL */
    bool sample;               /* one of its points is: its whole scans go to stream sample */
};

#endif

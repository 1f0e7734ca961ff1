/* A point: what is read, or derived, and what it means. Part of config/site.h. */
#ifndef CONFIG_POINT_H
#define CONFIG_POINT_H

#include <stdbool.h>
#include <stdint.h>

struct device;

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

/* When a period of the point counts (config/periods.h; daemon/assess/aggregate.h). */
enum validity {
    VALIDITY_SHARE, /* a share of the readings due */
    VALIDITY_GAS,   /* counts of valid minutes, hours, days */
    VALIDITY_WATER, /* a share of the results due; one abnormal result marks the letter */
};

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
    uint16_t write_address;  /* where it is not that of reading */
    const char *was;         /* former name, or NULL */
    bool sample;             /* input of a regulated outlet: stream sample; else trend */
    bool weighted;           /* its means are weighted, by what assess gives with each reading */
    uint8_t validity;        /* enum validity */
    bool due_unless_stopped; /* a result that says "stopped" was not due: intermittent discharge */
    const char *formula;     /* of a derived point: what it is made of and how; NULL: it is read */
};

#endif

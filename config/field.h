/* The field as the site file says it: buses, devices, points. Part of config/site.h. */
#ifndef CONFIG_FIELD_H
#define CONFIG_FIELD_H

#include "config/point.h"

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
    uint32_t faster_ms;        /* the least interval that an event may give it; 0: none may */
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
    const struct device_quality *quality; /* config/quality.h; NULL: the site says nothing */
    struct point *points;                 /* consecutive in site->points */
    uint16_t point_count;
    const uint16_t *by_number; /* indexes into points by ascending registry number, or NULL */
    bool sample;               /* one of its points is: its whole scans go to stream sample */
    const struct asset *asset; /* its points are derived (then bus is NULL); NULL: it is read */
    const struct device *lead; /* a scan of that one makes a scan of this; NULL: it is read */
};

#endif

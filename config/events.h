/* What the site says about events: when an open one becomes more severe, how much of the readings
 * around it is kept as evidence, and what it may do. Part of config/site.h. */
#ifndef CONFIG_EVENTS_H
#define CONFIG_EVENTS_H

#include "config/asset.h"

/* The most that the readings kept for evidence may take in memory, unless the site says otherwise.
 */
#define EVIDENCE_MEMORY (4U << 20)

/* An event that is open for so long goes up one severity, once. */
struct escalation {
    const char *kind; /* NULL: every kind that has no entry of its own */
    uint32_t after_ms;
    bool unacknowledged; /* not once a person has acknowledged it */
};

enum action_until { ACTION_UNTIL_CLOSING, ACTION_UNTIL_ACKNOWLEDGED };

/* On while an event of one of the kinds is open: a write to a point, or a line of this machine. */
struct action {
    const char *name;
    const char *const *kinds; /* "bypass.open", or "exceedance.*" */
    uint8_t kind_count;
    const struct asset *const *assets;
    uint8_t asset_count; /* 0: whatever the event is about */
    uint8_t severity;    /* enum severity: at least so severe */
    enum action_until until;
    const struct point *point; /* writable; NULL: */
    double on, off;            /* what is written there */
    const char *chip;          /* "/dev/gpiochip0" */
    uint16_t line;
    bool active_low;
};

struct event_rules {
    uint32_t before_ms, after_ms; /* of evidence; before_ms 0: none is kept */
    uint32_t memory;              /* bytes that may take */
    const struct escalation *escalations;
    uint16_t escalation_count;
    const struct action *actions;
    uint16_t action_count;
};

/* The fastest of the device's points. */
static inline uint32_t
events_interval_ms(const struct device *device)
{
    uint32_t every_ms = 0;
    for (uint16_t i = 0; i < device->point_count; i++)
        if (!every_ms || device->points[i].every_ms < every_ms)
            every_ms = device->points[i].every_ms;
    return every_ms ? every_ms : 1000;
}

/* Scans of the device that before_ms of evidence need: some more, because a scan may come early and
 * what is to be copied is looked for once a second. */
static inline uint32_t
events_rows(const struct device *device, uint32_t before_ms)
{
    uint32_t every_ms = events_interval_ms(device);
    if (device->faster_ms && device->faster_ms < every_ms)
        every_ms = device->faster_ms;
    return before_ms ? before_ms / every_ms + 3000 / every_ms + 4 : 0;
}

/* Of one scan in memory: its time, and a number with a quality a point. */
#define EVENTS_ROW_BYTES(points) (24U + 9U * (uint32_t)(points))

#endif

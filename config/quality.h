/* What the site says about believing an instrument: which words of a status register, bits or
 * inputs mean calibration, maintenance, fault..., and when it must be calibrated. Part of
 * config/site.h; read by load_quality.c. */
#ifndef CONFIG_QUALITY_H
#define CONFIG_QUALITY_H

#include "config/asset.h"

#define STATUS_RULES      16 /* a device */
#define STATUS_WORDS      64 /* a rule */
#define CALENDARS         8  /* a device */
#define MAINTENANCE_MAX_S 86400

enum instrument_state {
    INSTRUMENT_RUNNING, /* no reason to doubt */
    INSTRUMENT_CALIBRATION,
    INSTRUMENT_MAINTENANCE,
    INSTRUMENT_FAULT,
    INSTRUMENT_BACK_PURGE,
    INSTRUMENT_STANDBY,
    INSTRUMENT_STOPPED,
};

enum status_form { STATUS_VALUES, STATUS_BITS, STATUS_WHEN };

struct status_word {
    uint32_t word; /* value of the status word, or number of the bit */
    enum instrument_state means;
};

/* Points of the device: indexes in device->points, ascending. */
struct point_list {
    const uint16_t *list;
    uint16_t count;
};

struct status_rule {
    struct condition
        when; /* `point` is what is looked at, in every form; no delay, no hysteresis */
    enum status_form form;
    const struct status_word *words; /* of STATUS_VALUES and STATUS_BITS */
    uint16_t word_count;
    uint8_t means; /* enum instrument_state of STATUS_WHEN */
    struct point_list of;
};

/* Calibrated every so often; no point is in two calendars of a device. */
struct calendar {
    uint32_t every_s, grace_s;
    int64_t first_utc_ms; /* of the calibration it is counted from */
    struct point_list of;
};

struct device_quality {
    const struct status_rule *statuses;
    const struct calendar *calendars;
    uint16_t status_count, calendar_count;
};

#endif

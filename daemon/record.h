/* What the store keeps besides scans: statistics, events, evidence; and the six streams (design.md
 * section 4). No functions. */
#ifndef DAEMON_RECORD_H
#define DAEMON_RECORD_H

#include "daemon/stamp.h"
#include "daemon/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct point;

enum stream {
    STREAM_EVENT = 1,
    STREAM_EVIDENCE,
    STREAM_PERIOD,
    STREAM_MINUTE,
    STREAM_SAMPLE,
    STREAM_TREND,
    STREAM_END
};

enum period {
    PERIOD_MINUTE = 1,
    PERIOD_TEN_MINUTES,
    PERIOD_QUARTER,
    PERIOD_HOUR,
    PERIOD_DAY,
    PERIOD_MONTH,
    PERIOD_FIVE_MINUTES,
    PERIOD_END
};

struct statistic {
    const struct point *point;
    enum period period;
    int64_t start_utc_ms, end_utc_ms; /* [start, end), labelled by start */
    uint32_t revision;                /* from 0; the highest counts */
    double min, max, mean, sum;       /* of the valid values; NaN while none was valid */
    uint32_t count, valid, expected;
    char letter;   /* HJ 212 */
    bool is_valid; /* counts in verdicts; not stored: its rules are the site's (docs/periods.md) */
    /* Of an hour of an O2-corrected point: the correction of the hour's means, beside `mean`, the
     * mean of the corrected values. For verdicts only, not stored. */
    bool has_corrected_mean;
    double corrected_mean;
};

enum event_phase {
    PHASE_OPENED = 1,
    PHASE_UPDATED,
    PHASE_CLOSED,
    PHASE_NOTED, /* a moment, not a span: a start, a change of configuration, a gap */
};

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ALARM };

#define EVENT_TEXT    200
#define EVENT_ID      64
#define EVENT_DETAILS 24

struct detail {
    const char *key; /* static text */
    enum value_kind kind;
    union {
        double number;
        int64_t integer;
        const char *text; /* lives until the event was appended */
    } as;
};

/* One record of an event. An event is one identity (its id) and many records. */
struct event {
    const char *kind; /* stable code of the glossary, standards.md 13: "exceedance.hour" */
    enum event_phase phase;
    enum severity severity;
    uint64_t opened_sequence; /* of its opening record; 0 for opening and noted records */
    char opened_store[33];    /* store id of its opening record; "" for those */
    const char *subject; /* "boiler-3", "boiler-3.so2": asset, device, destination, "gateway" */
    const struct point *point;            /* or NULL */
    struct stamp at;                      /* of this record */
    struct stamp since;                   /* opened at; noted: equal to at */
    int64_t duration_ms;                  /* -1: does not apply */
    double value, peak, limit;            /* NaN: does not apply */
    const char *averaging;                /* "instant", "1 min", "10 min", "1 h"; "" */
    struct detail details[EVENT_DETAILS]; /* keys ascending bytewise */
    size_t detail_count;
};

/* The readings around an event: of one point, in time order. */
struct evidence {
    char store[33];
    uint64_t opened_sequence; /* the event's id */
    const char *kind;         /* the event's */
    const struct point *point;
    struct stamp at;
    const struct evidence_value {
        struct stamp at;
        double number; /* NaN: no value */
        uint8_t quality;
    } * values;
    size_t value_count;
};

#endif

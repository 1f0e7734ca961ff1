/* Sets the quality of a scan's values before they are stored: plausible ranges, status words and
 * inputs, the calibration calendar, declared maintenance (docs/quality.md). */
#ifndef DAEMON_ASSESS_QUALIFY_H
#define DAEMON_ASSESS_QUALIFY_H

#include "base/arena.h"
#include "config/quality.h"
#include "daemon/assess/exchange.h"
#include "daemon/declaration.h"
#include "daemon/model.h"

#define QUALIFY_DECLARATIONS 64

/* The plausible range of a point, both ends inside. */
struct qualify_range {
    double low, high;
};

/* A point that status rules look at, of whichever device. */
struct qualify_source {
    const struct point *point;
    bool known; /* it was read once */
    double number;
    struct stamp at;
};

struct qualify_status {
    const struct status_rule *rule;
    const struct qualify_source *source;
};

struct qualify_calendar {
    const struct calendar *calendar;
    uint32_t rules;      /* bit i: the device's i-th status rule is about one of its points */
    bool calibrating;    /* a status has shown calibration, and not yet running again */
    bool has_last;       /* a calibration is known */
    int64_t last_utc_ms; /* its end */
};

/* What there is for one device: runs in the arrays of struct qualify. */
struct qualify_device {
    uint32_t source, status, calendar;
    uint16_t source_count, status_count, calendar_count;
};

/* [from, until) of maintenance. The points are `count` of site->points from `first`, or those of
 * `asset`. */
struct qualify_declaration {
    int64_t from_utc_ms, until_utc_ms; /* until 0: never used */
    const struct asset *asset;         /* or NULL: */
    uint32_t first, count;
};

struct qualify {
    const struct site *site;
    struct qualify_range *ranges;   /* by point index */
    struct qualify_device *devices; /* by device index */
    struct qualify_source *sources;
    struct qualify_status *statuses;
    struct qualify_calendar *calendars;
    uint32_t source_count, status_count, calendar_count;
    struct qualify_declaration declarations[QUALIFY_DECLARATIONS];
    int64_t declared_until_utc_ms; /* the last of them ends */
    int64_t newest_utc_ms;         /* of the newest scan with a known time */
};

/* The site must outlive it; memory is the arena's. */
void qualify_init(struct qualify *qualify, const struct site *site, struct arena *arena);

/* Scans in the order of their reading. Changes nothing of the values but their quality. */
void qualify_scan(struct qualify *qualify, struct scan *scan);

/* The memory (newest status, calibrations) follows a scan that was qualified before: for scans that
 * are judged again from the store. */
void qualify_see(struct qualify *qualify, const struct scan *scan);

/* What is declared of the asset as a whole now: QUALITY_MAINTENANCE, or QUALITY_GOOD. */
uint8_t qualify_of_asset(const struct qualify *qualify, const struct asset *asset,
                         const struct stamp *at);

/* DECLARE_MAINTENANCE (word "on" or "off") and DECLARE_CALIBRATED. 0, or negative errno with why in
 * a static sentence: -EINVAL (wrong in itself), -ENOENT (no such subject, nothing to end),
 * -ENOSPC (as many as can be are in force). */
int qualify_declare(struct qualify *qualify, const struct declaration *declaration,
                    const char **ret_why);

/* The memory as part of the state. Loading into NULL reads over it; what the site no longer has is
 * skipped. Registry numbers and asset names are the keys. */
void qualify_save(struct exchange *exchange, const struct qualify *qualify);
void qualify_load(struct exchange *exchange, struct qualify *qualify);

/* Bytes that qualify_save writes at most. */
size_t qualify_state_size(const struct qualify *qualify);

#endif

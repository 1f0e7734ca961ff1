/* What the files of qualify share: qualify.c, qualify_status.c, qualify_declare.c,
 * qualify_state.c. */
#ifndef DAEMON_ASSESS_QUALIFY_PARTS_H
#define DAEMON_ASSESS_QUALIFY_PARTS_H

#include "daemon/assess/qualify.h"

/* Lays out sources, statuses and calendars of all devices. */
void qualify_status_init(struct qualify *qualify, struct arena *arena);

/* Remembers what the scan says and raises the qualities of `values`: those of the scan, or NULL to
 * remember only. */
void qualify_status_scan(struct qualify *qualify, const struct scan *scan, struct value *values);

/* A calibration that ended then is known. */
void qualify_calibrated(struct qualify_calendar *calendar, int64_t utc_ms);

/* Marks what is under declared maintenance at the time of the scan. */
void qualify_declared_scan(const struct qualify *qualify, struct scan *scan);

/* Puts it into a free slot, or one that has expired. False when all are in force. */
bool qualify_keep(struct qualify *qualify, const struct qualify_declaration *declaration);

/* The higher number wins. */
static inline void
qualify_raise(struct value *value, uint8_t quality)
{
    if (value->kind != VALUE_ABSENT && quality > value->quality)
        value->quality = quality;
}

#endif

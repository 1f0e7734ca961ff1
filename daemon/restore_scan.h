/* Stored scans made scans again. Internal to daemon/restore*.c. */
#ifndef DAEMON_RESTORE_SCAN_H
#define DAEMON_RESTORE_SCAN_H

#include "daemon/assess/assess.h"
#include "daemon/store/reader.h"

/* Into ret_scan, whose values have room for any device of the site. False: no scan, or of a device
 * that the site does not have. */
bool restore_scan(const struct site *site, const struct record *record, struct scan *ret_scan);

/* The scans of just before the saved state (whose heads those are), for the evidence of events to
 * come. `scan` as above. 0 or negative errno. */
int restore_recall(struct reader *reader, const struct site *site, struct assess *assess,
                   const uint64_t heads[STREAM_END], struct scan *scan);

#endif

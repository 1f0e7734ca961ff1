/* After a start: what was stored behind the saved state is judged again, silently. Events and
 * statistics that stand in the store already are recognised and keep their identity; what the crash
 * cut off between reading and judging is made up for. */
#ifndef DAEMON_RESTORE_H
#define DAEMON_RESTORE_H

#include "daemon/assess/assess.h"
#include "daemon/store/reader.h"

/* `heads` are the stream heads at which the state was saved. `live` gets what the store does not
 * have yet; live_now is set to the time of the scan being replayed. Returns how many scans were
 * replayed, or a negative errno. */
int restore_replay(struct reader *reader, const struct site *site, struct assess *assess,
                   const uint64_t heads[STREAM_END], const struct assess_outlet *live,
                   struct stamp *live_now);

#endif

/* Whether a limit is in force: its dates, its `when`, and the limits that displace it. */
#ifndef DAEMON_ASSESS_LIMIT_FORCE_H
#define DAEMON_ASSESS_LIMIT_FORCE_H

#include "daemon/assess/judge_limit.h"

/* NULL: in force for a reading at that time; else why not, as static text. */
const char *limit_force_now(const struct judged_limit *judged, const struct stamp *at);

/* A closed period of the point of limit->whens[i]: what waited for it is judged. */
void limit_force_when(struct judged_limit *judged, uint8_t i, const struct statistic *statistic,
                      const struct turn *turn);

/* A closed period of a conditional limit's own point. */
void limit_force_mean(struct judged_limit *judged, const struct statistic *statistic,
                      const struct turn *turn);

/* Time goes on: what still waits is judged by what is there. */
void limit_force_tick(struct judged_limit *judged, const struct turn *turn);

/* The asset's mode, enum mode, as it is from now on. */
void limit_force_mode(struct judged_limit *judged, unsigned mode, int64_t utc_ms);

#endif

/* The statistics a store holds against those a replay finds, side by side while time goes on: what
 * has its counterpart is compared and forgotten, so that no more than an hour's is in memory. */
#ifndef CTL_REPLAY_STATISTICS_H
#define CTL_REPLAY_STATISTICS_H

#include "ctl/replay_map.h"
#include "ctl/replay_print.h"

struct statistics;
struct replay_span;

/* NULL after a sentence on standard error. Whole periods within [from, until) are compared, of
 * points the store knows. `span` and what it prints to must outlive it. */
struct statistics *statistics_open(const char *file, const struct replay_map *map,
                                   const struct replay_span *span, struct replay_print *print,
                                   struct replay_summary *summary);
void statistics_close(struct statistics *statistics);

/* What the replay found. */
void statistics_find(struct statistics *statistics, const struct statistic *found);

/* The gateway started then. Where in a second it ticks decides whether an empty period that ended
 * just before is told of: that is no difference. */
void statistics_start(struct statistics *statistics, int64_t utc_ms);

/* Takes in what the store holds of periods that ended before utc_ms. */
void statistics_advance(struct statistics *statistics, int64_t utc_ms);

/* At the end: tells what has no counterpart, of periods that ended before end_utc_ms. */
void statistics_finish(struct statistics *statistics, int64_t end_utc_ms);

/* Memory ended, or the store could not be read: the comparison is not whole. */
bool statistics_failed(const struct statistics *statistics);

#endif

/* Whether production runs, a treatment runs, a valve is open: a point against a value, with
 * hysteresis and delay. */
#ifndef DAEMON_ASSESS_CONDITION_H
#define DAEMON_ASSESS_CONDITION_H

#include "config/asset.h"
#include "daemon/assess/hold.h"
#include "daemon/record.h"

enum truth { TRUTH_UNKNOWN, TRUTH_FALSE, TRUTH_TRUE };

struct condition_state {
    enum truth verdict; /* the last that was sure */
    enum truth pending; /* what `hold` is counting for */
    bool bad;           /* the newest reading does not tell */
    double value;       /* newest valid one; NaN before the first */
    struct stamp since; /* the verdict's first reading */
    struct stamp read;  /* the newest reading that was taken */
    struct hold hold;
};

void condition_init(struct condition_state *state);

/* A reading of condition->point. */
void condition_read(const struct condition *condition, struct condition_state *state,
                    const struct evidence_value *reading, bool valid);

/* Its point is not read any more: not known until the next reading. */
void condition_lose(struct condition_state *state);

/* What is known now: unknown while the newest reading is bad, or nothing was ever sure, or the site
 * names no point. */
enum truth condition_truth(const struct condition *condition, const struct condition_state *state);

#endif

/* Which working condition a plant that burns is in, as far as its points tell: proposed, never
 * decided (standards.md 12 #6: a named person marks). */
#ifndef DAEMON_ASSESS_WORK_H
#define DAEMON_ASSESS_WORK_H

#include "config/marks.h"
#include "daemon/assess/judge.h"

/* Numbers stand in saved states. The first ones are the state.* words of the glossary (standards.md
 * 13), the rest is what else hours may be marked as. */
enum work_condition {
    WORK_UNKNOWN,
    WORK_RUNNING,
    WORK_STARTUP,
    WORK_SHUTDOWN,
    WORK_STOPPED,
    WORK_BANKED,
    WORK_FAULT,
    WORK_MAINTENANCE,
    WORK_CALIBRATION,
    WORK_INVALID,
    WORK_END
};

struct work_state {
    enum work_condition now; /* at most WORK_BANKED */
    struct stamp since;
    struct stamp off_since; /* of a shutdown: the fuel; also while it is banked */
    struct hold off;        /* the fuel is off while it runs or starts */
    struct hold steady;     /* oxygen and load are as in normal operation */
};

/* "startup"; WORK_UNKNOWN is "". */
const char *work_word(enum work_condition condition);

/* WORK_END where there is none of that name; "start-up" is one as well, as of modes. */
enum work_condition work_find(const char *word);

/* A reading of one of the asset's devices: true when the condition has changed. */
bool work_read(struct work_state *state, const struct work *work, const struct judging *in);

void work_exchange(struct work_state *state, struct exchange *exchange);

#endif

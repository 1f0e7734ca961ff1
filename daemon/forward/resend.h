/* Records that someone asked for once more: a few jobs a destination, each a range of one stream.
 * They go out under the keys they have (promise 4), behind live records and backlog, and touch
 * neither cursor nor books: a receiver that has them sees them twice. A job lasts until all of its
 * records were acknowledged by the broker or turned out to be gone; it outlives connections, not
 * the destination's thread. Pure arithmetic, owned by that thread; sending is in resend_feed.c. */
#ifndef DAEMON_FORWARD_RESEND_H
#define DAEMON_FORWARD_RESEND_H

#include "daemon/forward/window.h"
#include "daemon/store/cursor.h"

#define RESEND_JOBS 8
#define RESEND_WHO  64

struct forward_resend; /* what is asked for: forward.h */

struct resend_job {
    uint32_t number; /* from 1 on; what flights carry */
    enum stream stream;
    uint64_t first, last;
    struct cursor sent, done;             /* `done` also counts: acknowledged, evicted, rejected */
    uint64_t missing_first, missing_last; /* around all that was not there; 0: none */
    char who[RESEND_WHO];
};

struct resend {
    struct resend_job jobs[RESEND_JOBS]; /* in order of arrival */
    size_t count;
    uint32_t last_number;
    int64_t hold_mono_ms; /* nothing before this time */
};

struct resend_choice {
    uint32_t job;
    enum stream stream;
    uint64_t first, last;
};

/* False: there are RESEND_JOBS already. */
bool resend_add(struct resend *resend, const struct forward_resend *asked);

/* The next stretch of the oldest job that has one; false: nothing is left to be sent. */
bool resend_choose(const struct resend *resend, struct resend_choice *ret_choice);

void resend_sent(struct resend *resend, uint32_t job, uint64_t first, uint64_t last);
void resend_acknowledged(struct resend *resend, uint32_t job, uint64_t first, uint64_t last);

/* These will never go out: gone from the store (EVICTED), or unreadable or too large (REJECTED). */
void resend_missing(struct resend *resend, uint32_t job, uint64_t first, uint64_t last,
                    enum cursor_fate fate);

/* Another store: what was not acknowledged is not there any more. */
void resend_lose_all(struct resend *resend);

/* Forgets what was sent and is neither acknowledged nor in the window: it goes out again. */
void resend_rewind(struct resend *resend, const struct window *window);

/* Takes out a job of which everything is done; false: none. */
bool resend_take_finished(struct resend *resend, struct resend_job *ret_job);

#endif

/* What to send next. Live records go first: those that became durable after the connection was
 * made, the more important stream before the lesser. The backlog (what was durable before, or
 * failed) comes behind: never more than a part of the window, within a byte rate, oldest or newest
 * first (promise 6). Pure: time and the window come in. */
#ifndef DAEMON_FORWARD_PACE_H
#define DAEMON_FORWARD_PACE_H

#include "config/destination.h"
#include "daemon/forward/window.h"
#include "daemon/store/cursor.h"

/* Backlog under way at most: a live event waits behind no more than this on a slow line. */
#define PACE_BACKLOG_BYTES ((size_t)256 * 1024)

/* From this many acknowledged ranges on, a connection does not open another hole but goes on in
 * order: a cursor has 64, and each message under way may need one. */
#define PACE_HOLES (CURSOR_RANGES / 2)

struct pace_stream {
    struct cursor sent; /* acknowledged or under way */
    uint64_t head;      /* next live sequence: below it lies the backlog */
    uint64_t durable;
    uint32_t fit;         /* records that lately fitted one payload, for newest first */
    int64_t hold_mono_ms; /* nothing of it before this time */
};

struct pace {
    struct pace_stream streams[STREAM_END];
    enum backlog_order order;
    uint32_t rate;     /* bytes a second, 0: no limit */
    int64_t budget_mb; /* bytes times 1000 that the backlog may send */
    int64_t refilled_mono_ms;
    bool backlog_closed; /* the centre has not confirmed what it was sent */
};

struct pace_choice {
    enum stream stream;
    uint64_t first, last;
    bool backlog;
};

/* A connection begins: what `cursor` has not done up to `durable` is backlog. */
void pace_init(struct pace *pace, enum backlog_order order, uint32_t rate);
void pace_begin(struct pace *pace, enum stream stream, const struct cursor *cursor,
                uint64_t durable);

/* The stream goes on to `durable`. */
void pace_extend(struct pace *pace, enum stream stream, uint64_t durable);

/* Forgets what was sent and is neither done in `cursor` nor in the window: it is sent again. */
void pace_rewind(struct pace *pace, enum stream stream, const struct cursor *cursor,
                 const struct window *window);

/* The stretch to send from: as many records from `first` on as one payload takes, at most to
 * `last`. False: nothing to send, or no room. */
bool pace_choose(struct pace *pace, const struct window *window, int64_t mono_ms,
                 struct pace_choice *ret_choice);

/* Is there room for more beside live records and backlog, which have nothing to send? */
bool pace_has_room(const struct pace *pace, const struct window *window);

/* Takes so many bytes out of the backlog's rate. */
void pace_spend(struct pace *pace, size_t bytes);

/* Of the choice, `first` to `last` went out in `bytes` (0: they need not go out). */
void pace_sent(struct pace *pace, const struct pace_choice *choice, uint64_t first, uint64_t last,
               size_t bytes);

/* Everything up to and including `last` is gone from the store. */
void pace_drop(struct pace *pace, enum stream stream, uint64_t last);

/* When pace_choose may have something that it holds back now; INT64_MAX: not by time alone. */
int64_t pace_next_mono_ms(const struct pace *pace, int64_t mono_ms);

#endif

/* What is under way to one broker and not yet acknowledged: a token each. Pure; bounded by what the
 * broker takes (Receive Maximum) and the site allows. */
#ifndef DAEMON_FORWARD_WINDOW_H
#define DAEMON_FORWARD_WINDOW_H

#include "daemon/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WINDOW_MAX 256

enum cargo { CARGO_RECORDS, CARGO_PAGE, CARGO_STATUS, CARGO_REPLY, CARGO_RESEND };

struct flight {
    uint64_t token;
    enum cargo cargo;
    enum stream stream; /* RECORDS, RESEND */
    uint64_t first, last;
    bool backlog;
    size_t bytes;
    unsigned page; /* enum page */
    uint32_t job;  /* RESEND */
    int64_t sent_mono_ms;
};

struct window {
    size_t limit, count;
    size_t backlog_count, backlog_bytes;
    uint64_t last_token; /* tokens are never used again, so a late answer meets nothing */
    struct flight flights[WINDOW_MAX];
};

/* Empties it; limit is cut to 1 .. WINDOW_MAX. Tokens go on. */
void window_reset(struct window *window, size_t limit);

/* The token of the new flight. Only while count < limit. */
uint64_t window_add(struct window *window, const struct flight *flight);

/* Takes the flight out; false when there is none of that token. */
bool window_take(struct window *window, uint64_t token, struct flight *ret_flight);

/* When the oldest flight left; INT64_MAX when there is none. */
int64_t window_oldest_mono_ms(const struct window *window);

#endif

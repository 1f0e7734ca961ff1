/* A part of a store as a store file of its own: whole segments, so that the chain and what was
 * signed can be held against it (parkgatectl verify --excerpt). */
#ifndef DAEMON_STORE_EXCERPT_H
#define DAEMON_STORE_EXCERPT_H

#include <stdint.h>

struct excerpt {
    const char *from, *to; /* paths; `to` must not exist */
    int64_t from_utc_ms, until_utc_ms;
    void (*progress)(void *context, double share);
    void *context;
    uint64_t records; /* filled in: copied */
};

/* Every segment that has a record of the range, of all streams; records without a time are left
 * out. 0 or negative errno with a sentence. */
int excerpt_make(struct excerpt *excerpt, char ret_error[200]);

#endif

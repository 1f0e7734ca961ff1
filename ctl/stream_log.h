/* All payloads of a recording, by store and stream. */
#ifndef CTL_STREAM_LOG_H
#define CTL_STREAM_LOG_H

#include "daemon/store/reader.h"

/* What one payload said, once it was looked at. */
struct stream_entry {
    unsigned long line;
    uint64_t first, last;
    uint8_t previous[STORE_HASH], chain[STORE_HASH]; /* as the payload says */
    uint8_t (*chains)[STORE_HASH];                   /* rebuilt, behind each record; or NULL */
    bool is_whole;                                   /* rebuilt and as the payload says */
};

/* All payloads of one stream of one store. */
struct stream_log {
    char store[33];
    enum stream stream;
    struct stream_entry *entries;
    size_t count, room;
};

struct stream_logs {
    struct stream_log *items;
    size_t count, room;
};

/* Keeps the entry and owns its chains. 0 or -ENOMEM. */
int stream_logs_add(struct stream_logs *logs, const char *store, enum stream stream,
                    const struct stream_entry *entry);

/* Holds the payloads of each stream against one another; prints. CTL_FINE or CTL_WRONG. */
int stream_logs_verify(struct stream_logs *logs);
void stream_logs_free(struct stream_logs *logs);

#endif

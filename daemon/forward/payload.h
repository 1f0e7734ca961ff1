/* Records as one MQTT data payload (design.md section 5, docs/payloads/): records of one stream,
 * one boot and one clock state, with everything their digests cover, so that a receiver can rebuild
 * each record and the chain. */
#ifndef DAEMON_FORWARD_PAYLOAD_H
#define DAEMON_FORWARD_PAYLOAD_H

#include "base/buf.h"
#include "daemon/store/reader.h"

#define PAYLOAD_RECORDS 4096 /* in one payload at most */

/* Where building stands inside a chunk: payload_begin, then payload_build until the chunk ends. */
struct payload_source {
    struct reader *reader;
    struct chunk chunk;            /* what is left of it */
    uint8_t chain[STORE_HASH];     /* before chunk.next */
    bool is_resend;                /* says so */
    int64_t zero_utc_ms;           /* of the boot whose clock was unknown; 0: not known either */
    int64_t mono[PAYLOAD_RECORDS]; /* of the records written so far */
};

struct payload_sent {
    uint64_t first, last;
    uint32_t records;
};

void payload_begin(struct payload_source *source, struct reader *reader, const struct chunk *chunk);

/* Writes the next records of the source, at most to sequence `until` and at most `limit` bytes (one
 * record alone may take the whole buffer). 0; -ENODATA: no record left; -EMSGSIZE: the record
 * ret_sent->first does not fit the buffer, -EBADMSG: it cannot be read: both stand behind it now
 * and wrote nothing. */
int payload_build(struct payload_source *source, uint64_t until, uint64_t catalog, size_t limit,
                  struct buf *buf, struct payload_sent *ret_sent);

const char *payload_stream_name(enum stream stream);

#endif

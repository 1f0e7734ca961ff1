/* One stream of a store file, record by record, between two times: what parkgatectl replay reads
 * with. A connection of its own, so that streams can be walked side by side. */
#ifndef CTL_REPLAY_TRACK_H
#define CTL_REPLAY_TRACK_H

#include "daemon/store/reader.h"
#include "daemon/store/record.h"

struct replay_track {
    struct reader *reader;
    uint64_t next, until;
    struct chunk chunk;
    struct record record;    /* where it stands; valid until the next call */
    struct cbor_cursor body; /* behind the record's head */
    bool in_chunk, there, failed;
};

/* 0 or a negative errno, after a sentence on standard error. The stream is opened at what may be of
 * from_utc_ms and ends with what may be of until_utc_ms: a margin of an hour for clocks set back.
 */
int replay_track_open(struct replay_track *track, const char *file, enum stream stream,
                      int64_t from_utc_ms, int64_t until_utc_ms);
void replay_track_close(struct replay_track *track);

/* Goes on to the next record: track->there says whether there is one. */
void replay_track_next(struct replay_track *track);

/* UTC of a stamp; of one whose clock was unknown by the time of its boot's zero. INT64_MIN: not
 * known. */
int64_t replay_track_place(const struct replay_track *track, const struct stamp *at);

/* Order of what was lived through: by boot, then by the monotonic clock. */
bool replay_is_earlier(const struct stamp *left, const struct stamp *right);

#endif

#include "ctl/replay_track.h"

#include <stdio.h>

#define EARLIER_MS 3600000 /* a clock that was set back */

int
replay_track_open(struct replay_track *track, const char *file, enum stream stream,
                  int64_t from_utc_ms, int64_t until_utc_ms)
{
    char reason[200] = "";

    *track = (struct replay_track){0};
    int error = reader_open_file(file, &track->reader, reason);
    if (error != 0) {
        fprintf(stderr, "parkgatectl: %s\n", reason);
        return error;
    }
    track->chunk.stream = stream;
    track->next = reader_seek(track->reader, stream, from_utc_ms - EARLIER_MS);
    track->until = reader_durable(track->reader, stream);
    uint64_t end = reader_seek(track->reader, stream, until_utc_ms + EARLIER_MS);
    track->until = end < track->until ? end : track->until;
    return 0;
}

void
replay_track_close(struct replay_track *track)
{
    reader_close(track->reader);
    *track = (struct replay_track){0};
}

void
replay_track_next(struct replay_track *track)
{
    enum stream stream = track->chunk.stream;
    struct record_head head;

    for (;;) {
        track->there = track->in_chunk && chunk_next(&track->chunk, &track->record);
        if (track->there) {
            track->next = track->record.sequence + 1;
            cbor_cursor_init(&track->body, track->record.body, track->record.length);
            record_take_head(&track->body, &head);
            return;
        }
        if (track->in_chunk)
            track->next = track->chunk.last + 1;
        int got = reader_read(track->reader, stream, track->next, track->until, &track->chunk);
        track->chunk.stream = stream;
        track->in_chunk = got == 1;
        track->failed |= got < 0;
        if (got != 1)
            return;
    }
}

int64_t
replay_track_place(const struct replay_track *track, const struct stamp *at)
{
    if (at->clock != CLOCK_UNKNOWN)
        return at->utc_ms;
    int64_t zero_utc_ms = reader_boot_zero(track->reader, at->boot);
    return zero_utc_ms == 0 ? INT64_MIN : zero_utc_ms + at->mono_ms;
}

bool
replay_is_earlier(const struct stamp *left, const struct stamp *right)
{
    return left->boot != right->boot ? left->boot < right->boot : left->mono_ms < right->mono_ms;
}

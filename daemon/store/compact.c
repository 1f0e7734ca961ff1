/* Merging: the small segments of single commits become large ones, so that columns are long and
 * pack well: 128 of level 0 make one of level 1, and what holds a mebibyte of records is settled at
 * level 2. A merge is one transaction; records, sequences and chain stay as they are. */
#include "base/log.h"
#include "daemon/store/store_parts.h"

#include <errno.h>
#include <string.h>

#define FAN         128
#define SETTLED     ((size_t)1 << 20) /* of plain records */
#define WINDOW      256
#define ZSTD_MERGED 9

struct merge {
    int from, to; /* of the segments looked at */
    uint8_t level;
};

static bool
joins(const struct segment *before, const struct segment *after)
{
    return before->last + 1 == after->first &&
           memcmp(before->chain, after->previous, STORE_HASH) == 0;
}

/* What is worth merging now. False: nothing yet. `ret_settled` goes up where a hole or a large
 * segment ends what can be merged. */
static bool
choose(const struct segment *segments, int count, struct merge *ret_merge, uint64_t *ret_settled)
{
    size_t plain = segments[0].plain;
    int joined = 1;
    int fresh = segments[0].level == 0;

    for (; joined < count && plain < SETTLED && joins(&segments[joined - 1], &segments[joined]);
         joined++) {
        plain += segments[joined].plain;
        fresh = segments[joined].level == 0 ? fresh + 1 : 0;
    }
    bool full = plain >= SETTLED || joined == WINDOW;
    bool hole = joined < count && plain < SETTLED;
    if (full || (hole && joined > 1)) {
        *ret_merge = (struct merge){0, joined - 1, SCHEMA_SETTLED};
        return true;
    }
    if (hole) {
        *ret_settled = segments[0].last;
        return false;
    }
    *ret_merge = (struct merge){joined - fresh, joined - 1, 1};
    return fresh >= FAN;
}

/* The records of the segments, one behind the other. */
static int
gather(struct store *store, struct packer *packer, const struct segment *segments,
       const struct merge *merge, struct buf *plain)
{
    int error = 0;

    for (int i = merge->from; i <= merge->to && error == 0; i++) {
        struct segment segment;
        int got = schema_find_segment(store->durable, segments[i].stream, segments[i].first,
                                      &segment);
        if (got != 1)
            return got < 0 ? got : -EBADMSG;
        struct packed packed = {segment.codec, segment.body, segment.length};
        error = segment.first == segments[i].first ? unpack(packer, &packed, segment.first, plain)
                                                   : -EBADMSG;
        schema_end_read(store->durable);
    }
    return error;
}

static struct segment
sum_up(const struct segment *segments, const struct merge *merge)
{
    struct segment sum = segments[merge->from];

    for (int i = merge->from + 1; i <= merge->to; i++) {
        const struct segment *next = &segments[i];
        sum.last = next->last;
        sum.records += next->records;
        sum.values += next->values;
        if (next->earliest_utc_ms != 0 &&
            (sum.earliest_utc_ms == 0 || next->earliest_utc_ms < sum.earliest_utc_ms))
            sum.earliest_utc_ms = next->earliest_utc_ms;
        if (next->latest_utc_ms > sum.latest_utc_ms)
            sum.latest_utc_ms = next->latest_utc_ms;
        memcpy(sum.chain, next->chain, STORE_HASH);
    }
    sum.level = merge->level;
    return sum;
}

static int
put(struct store *store, const struct segment *merged)
{
    struct database *database = store->durable;
    int error = schema_begin(database);

    if (error == 0)
        error = schema_replace(database, merged);
    if (error == 0)
        error = schema_put_head(database, merged->stream, &store->committed[merged->stream]);
    if (error == 0)
        error = schema_commit(database);
    if (error != 0)
        schema_rollback(database);
    return error;
}

static int
carry_out(struct store *store, const struct segment *segments, const struct merge *merge)
{
    struct packer *packer = NULL; /* large for a moment, and given back */
    struct buf plain = {0};
    struct packed packed;
    struct segment merged = sum_up(segments, merge);

    int error = packer_new(&packer);
    if (error == 0)
        error = gather(store, packer, segments, merge, &plain);
    if (error == 0)
        error = pack(packer, plain.data, plain.length, merged.first, ZSTD_MERGED, &packed);
    if (error == 0) {
        merged.codec = (uint8_t)packed.codec;
        merged.plain = plain.length;
        merged.body = packed.body;
        merged.length = packed.length;
        error = put(store, &merged);
    }
    packer_free(packer);
    buf_free(&plain);
    return error;
}

static void
merge_stream(struct store *store, enum stream stream)
{
    static struct segment segments[WINDOW]; /* the store thread's alone */
    uint64_t *settled = &store->settled[stream];
    struct merge merge;

    int count = schema_unsettled(store->durable, stream, *settled, segments, WINDOW);
    store->fresh[stream] = 0;
    if (count <= 0)
        return;
    uint64_t before = *settled;
    if (!choose(segments, count, &merge, settled)) {
        store->fresh[stream] = *settled != before ? FAN : 0;
        return;
    }
    int error = carry_out(store, segments, &merge);
    if (error != 0) {
        log_error("segments %llu to %llu of a stream cannot be merged (%s): left as they are",
                  (unsigned long long)segments[merge.from].first,
                  (unsigned long long)segments[merge.to].last, strerror(-error));
        if (error == -EBADMSG)
            *settled = segments[merge.to].last;
        return;
    }
    if (merge.level == SCHEMA_SETTLED)
        *settled = segments[merge.to].last;
    store->fresh[stream] = FAN; /* perhaps there is more */
}

void
compact_begin(struct store *store)
{
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++) {
        store->settled[stream] = schema_settled(store->durable, (enum stream)stream);
        store->fresh[stream] = FAN;
    }
}

/* One merge a call: the next batch may be waiting. */
void
compact_run(struct store *store)
{
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
        if (store->fresh[stream] >= FAN || store->fresh_bytes[stream] >= SETTLED) {
            store->fresh_bytes[stream] = 0;
            merge_stream(store, (enum stream)stream);
            return;
        }
}

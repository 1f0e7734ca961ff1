/* What reads of a file that was set aside is saved beside it, as a store of its own: same id, same
 * sequences, same chain, holes where it was damaged. Segment by segment between the commits of the
 * store thread, so that a large file delays nothing. */
#include "base/clock.h"
#include "base/log.h"
#include "daemon/store/registry.h"
#include "daemon/store/store_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLICE_MS   20
#define STRIDE_MAX 4096 /* sequences that one unreadable place skips at most */
#define FAILURES   4096 /* of one stream: then the rest of it counts as lost */

struct salvage {
    struct database *from, *to;
    char path[STORE_PATH + 32];
    enum stream stream;
    uint64_t next, stride, failures;
    uint64_t records, holes;
    bool is_broken; /* this stream: within a hole */
};

static void
give_up(struct store *store)
{
    struct salvage *salvage = store->salvage;

    database_close(salvage->from);
    database_close(salvage->to);
    free(salvage);
    store->salvage = NULL;
}

void
salvage_begin(struct store *store, const char *aside)
{
    struct salvage *salvage = calloc(1, sizeof *salvage);
    char reason[200] = "";
    int error = -ENOMEM;

    store->salvage = salvage;
    if (salvage == NULL)
        return;
    snprintf(salvage->path, sizeof salvage->path, "%s.saved", aside);
    unlink(salvage->path);
    error = database_open(aside, DATABASE_READ, &salvage->from, reason);
    if (error == 0)
        error = schema_prepare(salvage->from, reason);
    if (error == 0)
        error = database_open(salvage->path, DATABASE_CREATE, &salvage->to, reason);
    if (error == 0)
        error = schema_prepare(salvage->to, reason);
    if (error == 0)
        error = registry_copy(salvage->to, aside);
    if (error == 0 && schema_get_meta(salvage->from, "store_id", store->predecessor,
                                      sizeof store->predecessor) == 1)
        schema_put_meta(store->durable, "predecessor", store->predecessor);
    salvage->stream = STREAM_EVENT;
    salvage->next = salvage->stride = 1;
    if (error == 0)
        return;
    log_error("nothing of %s can be saved: %s", aside, reason[0] != '\0' ? reason : "unreadable");
    unlink(salvage->path);
    give_up(store);
}

/* The body unpacks, and its records give the chain value that stands in the row. */
static bool
is_sound(struct store *store, const struct segment *segment)
{
    struct packed packed = {segment->codec, segment->body, segment->length};
    struct chunk chunk = {.stream = segment->stream, .last = segment->last};
    struct buf plain = {0};
    struct record record;

    if (unpack(store->packer, &packed, segment->first, &plain) != 0) {
        buf_free(&plain);
        return false;
    }
    chunk.next = segment->first;
    chunk.at = plain.data;
    chunk.end = plain.data + plain.length;
    memcpy(chunk.previous, segment->previous, STORE_HASH);
    while (chunk_next(&chunk, &record))
        record_chain(chunk.previous, &record);
    buf_free(&plain);
    return chunk.next == segment->last + 1 &&
           memcmp(chunk.previous, segment->chain, STORE_HASH) == 0;
}

/* Past a place that cannot be read, in longer and longer steps. */
static void
skip(struct salvage *salvage, uint64_t next)
{
    salvage->holes += !salvage->is_broken;
    salvage->is_broken = true;
    salvage->failures++;
    salvage->next = next;
    if (salvage->stride < STRIDE_MAX)
        salvage->stride *= 2;
}

/* One segment; false: the stream has no more. */
static bool
save_next(struct store *store)
{
    struct salvage *salvage = store->salvage;
    struct segment segment;

    int got = schema_find_segment(salvage->from, salvage->stream, salvage->next, &segment);
    if (got == 0 || salvage->failures >= FAILURES)
        return false;
    if (got < 0) {
        skip(salvage, salvage->next + salvage->stride);
        return true;
    }
    bool saved = is_sound(store, &segment) && schema_put_segment(salvage->to, &segment) == 0;
    schema_end_read(salvage->from);
    if (!saved) {
        skip(salvage, segment.last + 1);
        return true;
    }
    salvage->records += segment.records;
    salvage->next = segment.last + 1;
    salvage->stride = 1;
    salvage->is_broken = false;
    return true;
}

static void
finish(struct store *store)
{
    struct salvage *salvage = store->salvage;
    char text[EVENT_TEXT];
    const char *name = strrchr(salvage->path, '/');

    snprintf(text, sizeof text,
             "%llu records of the store that was set aside are saved in %.80s; unreadable places: "
             "%llu",
             (unsigned long long)salvage->records, name != NULL ? name + 1 : salvage->path,
             (unsigned long long)salvage->holes);
    store_note(store, "store.saved", SEVERITY_WARNING, text);
    give_up(store);
}

void
salvage_run(struct store *store)
{
    struct salvage *salvage = store->salvage;
    int64_t until_mono_ms = clock_mono_ms() + SLICE_MS;

    if (salvage == NULL || schema_begin(salvage->to) != 0)
        return;
    while (salvage->stream < STREAM_END && clock_mono_ms() < until_mono_ms)
        if (!save_next(store)) {
            salvage->stream++;
            salvage->next = salvage->stride = 1;
            salvage->failures = 0;
            salvage->is_broken = false;
        }
    int error = schema_commit(salvage->to);
    if (error != 0) {
        schema_rollback(salvage->to);
        log_error("what the old store holds cannot be saved: %s", strerror(-error));
        give_up(store);
    } else if (salvage->stream == STREAM_END) {
        finish(store);
    }
}

void
salvage_end(struct store *store)
{
    if (store->salvage != NULL)
        give_up(store);
}

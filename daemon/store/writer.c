/* The store thread, the only one that writes: a batch is a transaction. Between batches it keeps
 * the cursors, cuts what is too old, and tries a failed disk again. */
#include "base/clock.h"
#include "base/log.h"
#include "daemon/store/registry.h"
#include "daemon/store/store_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define RETAIN_EVERY_MS  10000
#define SEAL_EVERY_MS    3600000
#define CURSORS_ALONE_MS 3000 /* cursors go with the next batch, or then by themselves */

void
store_note(struct store *store, const char *kind, enum severity severity, const char *text)
{
    struct note note = {.kind = kind, .phase = PHASE_NOTED, .severity = severity};

    log_write(severity == SEVERITY_INFO ? LOG_LEVEL_NOTICE : LOG_LEVEL_ERROR, "%s", text);
    snprintf(note.subject, sizeof note.subject, "store");
    snprintf(note.text, sizeof note.text, "%s", text);
    if (store->hooks.note != NULL)
        store->hooks.note(store->hooks.context, &note);
}

static struct database *
current(const struct store *store)
{
    return store->volatile_one != NULL ? store->volatile_one : store->durable;
}

/* ---- one transaction ---- */

/* The stream's records of the batch, one behind the other, each with its length in front. */
static int
gather(struct store *store, const struct batch *batch, enum stream stream, struct segment *segment)
{
    const struct buf *records = &batch->records;
    struct buf *scratch = &store->scratch;

    if (scratch->capacity < records->length) {
        buf_free(scratch);
        int error = buf_new(scratch, records->capacity);
        if (error != 0)
            return error;
    }
    buf_clear(scratch);
    for (size_t at = 0; at < records->length;) {
        uint32_t length;
        memcpy(&length, records->data + at + 1, sizeof length);
        if (records->data[at] == stream)
            buf_append(scratch, records->data + at + 1, sizeof length + length);
        at += 1 + sizeof length + length;
    }
    segment->body = scratch->data;
    segment->length = scratch->length;
    return 0;
}

static int
pack_segment(struct store *store, struct segment *segment)
{
    struct packed packed;

    int error = pack(store->packer, segment->body, segment->length, segment->first, 1, &packed);
    segment->plain = segment->length;
    if (error != 0)
        return error;
    segment->codec = (uint8_t)packed.codec;
    segment->body = packed.body;
    segment->length = packed.length;
    return 0;
}

static int
put_streams(struct store *store, struct database *database, const struct batch *batch,
            struct head *heads)
{
    int error = 0;

    for (int stream = STREAM_EVENT; stream < STREAM_END && error == 0; stream++) {
        struct segment segment = batch->segments[stream];
        struct head *head = &heads[stream];
        if (segment.records == 0)
            continue;
        error = gather(store, batch, (enum stream)stream, &segment);
        if (error == 0)
            error = pack_segment(store, &segment);
        if (error == 0)
            error = schema_put_segment(database, &segment);
        head->last = segment.last;
        head->records += segment.records;
        head->values += segment.values;
        memcpy(head->chain, segment.chain, STORE_HASH);
    }
    return error;
}

static int
put_states(struct store *store, struct database *database, const struct batch *batch)
{
    int error = 0;

    for (int i = 0; i < STORE_STATES && error == 0; i++) {
        const struct state_slot *slot = &store->states[i];
        if (batch->states & (1U << i))
            error = schema_put_state(database, slot->name, slot->heads, slot->body.data,
                                     slot->body.length);
    }
    return error;
}

/* Cursors that changed since they were last kept, and belong to the store that is current. */
static int
put_cursors(struct store *store, struct database *database, uint64_t *versions)
{
    struct board *board = store->hooks.cursors;
    int error = 0;

    for (size_t i = 0; board != NULL && i < store->destination_count && error == 0; i++) {
        if (board_version(board, i) == versions[i])
            continue;
        size_t length = board_copy(board, i, store->cursors, sizeof *store->cursors, &versions[i]);
        if (length != sizeof *store->cursors ||
            store->cursors->epoch != atomic_load(&store->face.epoch))
            continue;
        for (int stream = STREAM_EVENT; stream < STREAM_END && error == 0; stream++)
            error = schema_put_cursor(database, store->destinations[i], (enum stream)stream,
                                      &store->cursors->streams[stream]);
    }
    return error;
}

static int
put_losses(struct store *store, struct database *database, const struct batch *batch)
{
    if (batch->loss_records == 0)
        return 0;
    int error = schema_put_meta_number(database, "lost_records",
                                       (int64_t)(store->lost_records + batch->loss_records));
    if (error == 0)
        error = schema_put_meta_number(database, "lost_values",
                                       (int64_t)(store->lost_values + batch->loss_values));
    return error;
}

/* The heads are signed as they will be: with each event, every hour, and at the end. */
static bool
is_seal_due(const struct store *store, const struct batch *batch)
{
    if (store->volatile_one != NULL || batch->records.length == 0)
        return false;
    return batch->segments[STREAM_EVENT].records != 0 ||
           clock_mono_ms() - store->sealed_mono_ms >= SEAL_EVERY_MS;
}

static int
put_seal(struct store *store, struct database *database, const struct head *heads)
{
    char text[SEAL_TEXT];
    uint8_t signature[SEAL_SIGNATURE];
    struct seal_place places[STREAM_END] = {0};

    store->sealed_mono_ms = clock_mono_ms();
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++) {
        places[stream].last = heads[stream].last;
        memcpy(places[stream].chain, heads[stream].chain, STORE_HASH);
    }
    seal_print_heads(store->face.gateway_id, store->face.id[0], clock_utc_ms(), places, text);
    if (!key_sign(store->face.key, text, strlen(text), signature))
        return 0; /* no reason to keep records from the disk */
    return schema_put_signature(database, text, signature);
}

static void
publish(struct store *store, const struct batch *batch, const struct head *heads)
{
    bool is_durable = store->volatile_one == NULL;

    memcpy(store->committed, heads, sizeof store->committed);
    store->lost_records += batch->loss_records;
    store->lost_values += batch->loss_values;
    atomic_store(&store->counters.lost_records, store->lost_records);
    atomic_store(&store->counters.lost_values, store->lost_values);
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++) {
        if (batch->segments[stream].records == 0)
            continue;
        if (is_durable) {
            store->fresh[stream]++;
            store->fresh_bytes[stream] += batch->records.length;
            atomic_store(&store->counters.records[stream], heads[stream].records);
            atomic_store(&store->counters.values[stream], heads[stream].values);
        } else {
            atomic_fetch_add(&store->counters.volatile_records, batch->segments[stream].records);
        }
        atomic_store(&store->face.durable[stream], heads[stream].last);
    }
}

int
writer_commit(struct store *store, struct batch *batch)
{
    struct database *database = current(store);
    struct head heads[STREAM_END];
    uint64_t versions[STORE_DESTINATIONS];
    int64_t begun_mono_ms = clock_mono_ms();

    memcpy(heads, store->committed, sizeof heads);
    memcpy(versions, store->cursor_versions, sizeof versions);
    int error = schema_begin(database);
    if (error == 0)
        error = put_streams(store, database, batch, heads);
    if (error == 0)
        error = put_states(store, database, batch);
    if (error == 0)
        error = put_cursors(store, database, versions);
    if (error == 0)
        error = put_losses(store, database, batch);
    if (error == 0 && batch->boot != 0)
        error = registry_place_boot(database, batch->boot, batch->zero_utc_ms);
    if (error == 0 && is_seal_due(store, batch))
        error = put_seal(store, database, heads);
    if (error == 0)
        error = schema_commit(database);
    if (error != 0) {
        schema_rollback(database);
        return error;
    }
    memcpy(store->cursor_versions, versions, sizeof versions);
    store->committed_mono_ms = clock_mono_ms();
    publish(store, batch, heads);
    uint32_t took_ms = (uint32_t)(clock_mono_ms() - begun_mono_ms);
    if (took_ms > atomic_load(&store->counters.commit_ms_max))
        atomic_store(&store->counters.commit_ms_max, took_ms);
    atomic_fetch_add(&store->counters.commits, 1);
    atomic_store(&store->counters.last_commit_mono_ms, store->committed_mono_ms);
    return 0;
}

/* At the end, so that a tail cut off later is missed. */
void
writer_put_heads(struct store *store)
{
    struct database *database = store->durable;

    if (database == NULL || store->volatile_one != NULL || schema_begin(database) != 0)
        return;
    int error = 0;
    for (int stream = STREAM_EVENT; stream < STREAM_END && error == 0; stream++)
        if (store->committed[stream].last != 0)
            error = schema_put_head(database, (enum stream)stream, &store->committed[stream]);
    if (error == 0)
        error = put_seal(store, database, store->committed);
    if (error != 0 || schema_commit(database) != 0)
        schema_rollback(database);
}

/* ---- batches ---- */

void
writer_clear_batch(struct batch *batch)
{
    buf_clear(&batch->records);
    memset(batch->segments, 0, sizeof batch->segments);
    batch->loss_records = 0;
    batch->loss_values = 0;
    batch->states = 0;
    batch->boot = 0;
}

/* A batch that not even the volatile file takes is lost and counted. */
static void
lose(struct store *store, const struct batch *batch)
{
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++) {
        const struct segment *segment = &batch->segments[stream];
        if (segment->records == 0)
            continue;
        store->lost_records += segment->records;
        store->lost_values += segment->values;
        store->committed[stream].last = segment->last;
        memcpy(store->committed[stream].chain, segment->chain, STORE_HASH);
    }
    store->lost_records += batch->loss_records;
    store->lost_values += batch->loss_values;
    atomic_store(&store->counters.lost_records, store->lost_records);
    atomic_store(&store->counters.lost_values, store->lost_values);
}

static void
take_batch(struct store *store, struct batch *batch)
{
    int error = writer_commit(store, batch);

    if (error != 0) {
        int cause = error;
        error = 0;
        if (store->volatile_one == NULL)
            error = volatile_enter(store, cause);
        else
            retain_run(store, store->volatile_one, STORE_VOLATILE_BYTES / 2);
        if (error == 0)
            error = writer_commit(store, batch);
    }
    if (error != 0)
        lose(store, batch);
    for (int i = 0; i < STORE_STATES; i++)
        if (batch->states & (1U << i))
            atomic_store(&store->states[i].busy, false);
    writer_clear_batch(batch);
    if (store->hooks.durable != NULL)
        store->hooks.durable(store->hooks.context);
}

/* ---- registering ---- */

int
writer_register(struct store *store, struct site *site)
{
    struct batch none = {0};
    int error = 0;

    if (store->started)
        error = writer_commit(store, &none); /* the cursors of the old site under its numbers */
    if (error != 0 || store->durable == NULL)
        return error != 0 ? error : -EIO;
    error = schema_begin(store->durable);
    if (error == 0)
        error = registry_number_site(store->durable, site);
    if (error == 0)
        error = schema_commit(store->durable);
    if (error != 0) {
        schema_rollback(store->durable);
        return error;
    }
    store->destination_count = site->destination_count < STORE_DESTINATIONS
                                   ? site->destination_count
                                   : STORE_DESTINATIONS;
    for (size_t i = 0; i < store->destination_count; i++) {
        store->destinations[i] = site->destinations[i].number;
        store->cursor_versions[i] = store->hooks.cursors != NULL
                                        ? board_version(store->hooks.cursors, i)
                                        : 0;
    }
    return 0;
}

/* ---- the loop ---- */

static bool
cursors_moved(const struct store *store)
{
    for (size_t i = 0; i < store->destination_count && store->hooks.cursors != NULL; i++)
        if (board_version(store->hooks.cursors, i) != store->cursor_versions[i])
            return true;
    return false;
}

/* A slice that cut something is followed by the next within a second. */
static void
retain(struct store *store)
{
    struct stat file;
    int64_t now_mono_ms = clock_mono_ms();
    bool more;

    if (now_mono_ms - store->retained_mono_ms < RETAIN_EVERY_MS)
        return;
    if (store->volatile_one == NULL)
        more = retain_run(store, store->durable, store->max_size);
    else
        more = retain_run(store, store->volatile_one, STORE_VOLATILE_BYTES);
    store->retained_mono_ms = more ? now_mono_ms - RETAIN_EVERY_MS + 1000 : now_mono_ms;
    if (stat(store->face.path[0], &file) == 0)
        atomic_store(&store->counters.file_bytes, file.st_size);
}

/* What is done between two batches, each in small pieces. */
static void
rest(struct store *store)
{
    struct batch none = {0};
    int64_t begun_mono_ms = clock_mono_ms();

    if (begun_mono_ms - store->committed_mono_ms >= CURSORS_ALONE_MS && cursors_moved(store)) {
        int error = writer_commit(store, &none);
        if (error != 0 && store->volatile_one == NULL)
            volatile_enter(store, error);
    }
    if (store->volatile_one == NULL)
        compact_run(store);
    salvage_run(store);
    if (store->volatile_one != NULL && begun_mono_ms - store->retried_mono_ms >= store->retry_ms)
        volatile_try_return(store);
    retain(store);
    uint32_t took_ms = (uint32_t)(clock_mono_ms() - begun_mono_ms);
    if (took_ms > atomic_load(&store->counters.pause_ms_max))
        atomic_store(&store->counters.pause_ms_max, took_ms);
}

void *
writer_run(void *context)
{
    struct store *store = context;
    struct job job;

    for (;;) {
        bool taken = queue_take(store->jobs, clock_mono_ms() + store->commit_every_ms, &job);
        atomic_store(&store->alive_mono_ms, clock_mono_ms());
        if (taken && job.kind == JOB_BATCH) {
            take_batch(store, job.batch);
            queue_post(store->free_batches, &job.batch);
        } else if (taken && job.kind == JOB_REGISTER) {
            int reply = writer_register(store, job.site);
            queue_post(store->replies, &reply);
        } else if (taken && job.kind == JOB_ROTATE) {
            int reply = rotate_run(store, job.rotation);
            queue_post(store->replies, &reply);
        } else if (taken) {
            take_batch(store, job.batch);
            if (store->volatile_one != NULL)
                volatile_try_return(store); /* else the next start finds them in memory */
            return NULL;
        }
        rest(store);
    }
}

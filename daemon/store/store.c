/* The engine's side: opening, numbering, chaining, batches. Appending is memory only; when the disk
 * is slower than the field for so long that all batches are full, readings are refused before
 * events, and what was refused is counted. */
#include "daemon/store/store.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/store/open.h"
#include "daemon/store/record.h"
#include "daemon/store/store_parts.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PENDING_BYTES   ((size_t)2 << 20)
#define EVENT_RESERVE   ((size_t)32 << 10) /* of each batch, only for events and evidence */
#define RETRY_MS        30000
#define RECORD_OVERHEAD 5
#define BURST_MS        20 /* so long without a record: the burst of scans is over */
#define SHIFT_EVERY_MS  10000

static int
take_memory(struct store *store, size_t pending_bytes)
{
    int error = queue_new(sizeof(struct job), STORE_BATCHES + 4, 2, &store->jobs);

    if (error == 0)
        error = queue_new(sizeof(struct batch *), STORE_BATCHES, 0, &store->free_batches);
    if (error == 0)
        error = queue_new(sizeof(int), 2, 0, &store->replies);
    for (int i = 0; i < STORE_BATCHES && error == 0; i++) {
        struct batch *batch = &store->batches[i];
        error = buf_new(&batch->records, pending_bytes / STORE_BATCHES);
        if (error == 0 && i > 0)
            queue_post(store->free_batches, &batch);
    }
    if (error == 0)
        error = packer_new(&store->packer);
    store->batch = &store->batches[0];
    store->digest = EVP_MD_CTX_new();
    store->cursors = calloc(1, sizeof *store->cursors);
    if (error == 0 && (store->digest == NULL || store->cursors == NULL))
        error = -ENOMEM;
    return error;
}

static void
free_store(struct store *store)
{
    if (store == NULL)
        return;
    database_close(store->durable);
    database_close(store->volatile_one);
    key_close(store->face.key);
    rotate_free(store);
    for (int i = 0; i < STORE_BATCHES; i++)
        buf_free(&store->batches[i].records);
    for (int i = 0; i < STORE_STATES; i++)
        buf_free(&store->states[i].body);
    buf_free(&store->scratch);
    packer_free(store->packer);
    queue_free(store->jobs);
    queue_free(store->free_batches);
    queue_free(store->replies);
    EVP_MD_CTX_free(store->digest);
    if (store->lock >= 0)
        close(store->lock);
    free(store->cursors);
    free(store);
}

int
store_open(const struct store_options *options, struct store **ret_store, char ret_error[200])
{
    struct store *store = calloc(1, sizeof *store);

    if (store == NULL)
        return -ENOMEM;
    store->lock = -1;
    snprintf(store->directory, sizeof store->directory, "%s", options->directory);
    store->max_size = options->max_size > 0 ? options->max_size : INT64_MAX;
    store->commit_every_ms = options->commit_every_ms != 0 ? options->commit_every_ms : 1000;
    store->retry_ms = options->retry_ms != 0 ? options->retry_ms : RETRY_MS;
    if (options->keep_days != NULL)
        memcpy(store->keep_days, options->keep_days, sizeof store->keep_days);
    size_t pending = options->pending_bytes != 0 ? options->pending_bytes : PENDING_BYTES;
    int error = take_memory(store, pending);
    if (error != 0)
        snprintf(ret_error, 200, "no memory");
    else
        error = open_files(store, options->volatile_directory, ret_error);
    if (error != 0) {
        free_store(store);
        return error;
    }
    memcpy(store->heads, store->committed, sizeof store->heads);
    atomic_store(&store->alive_mono_ms, clock_mono_ms());
    *ret_store = store;
    return 0;
}

int
store_start(struct store *store, const struct store_hooks *hooks)
{
    store->hooks = *hooks;
    int error = thread_start(&store->thread, "store", writer_run, store);
    store->started = error == 0;
    return error;
}

void
store_close(struct store *store)
{
    struct job job = {.kind = JOB_STOP};

    if (store == NULL)
        return;
    if (store->started) {
        store_hand_over(store, true, clock_mono_ms());
        job.batch = store->batch; /* what could not be handed over */
        queue_post_reserved(store->jobs, &job);
        thread_join(&store->thread);
        writer_put_heads(store);
    }
    salvage_end(store);
    free_store(store);
}

/* ---- what stands ---- */

const struct store_face *
store_face(const struct store *store)
{
    return &store->face;
}

const char *
store_id(const struct store *store)
{
    return store->face.id[0];
}

const char *
store_gateway_id(const struct store *store)
{
    return store->face.gateway_id;
}

const char *
store_predecessor(const struct store *store)
{
    return store->predecessor;
}

bool
store_public_key(const struct store *store, uint8_t ret_key[32])
{
    return key_public(store->face.key, ret_key);
}

int64_t
store_alive_mono_ms(const struct store *store)
{
    return atomic_load(&store->alive_mono_ms);
}

int64_t
store_last_utc_ms(const struct store *store)
{
    return store->last_utc_ms;
}

const struct store_counters *
store_counters(const struct store *store)
{
    return &store->counters;
}

int
store_register(struct store *store, struct site *site)
{
    struct job job = {.kind = JOB_REGISTER, .site = site};
    int reply = -EIO;

    if (!store->started)
        return writer_register(store, site);
    queue_post_reserved(store->jobs, &job);
    while (!queue_take(store->replies, clock_mono_ms() + 1000, &reply))
        continue;
    return reply;
}

/* ---- appending ---- */

static void
hash(struct store *store, const void *first, size_t first_length, const void *second,
     uint8_t ret_hash[STORE_HASH])
{
    EVP_MD_CTX *context = store->digest;

    EVP_DigestInit_ex2(context, EVP_sha256(), NULL);
    EVP_DigestUpdate(context, first, first_length);
    if (second != NULL)
        EVP_DigestUpdate(context, second, STORE_HASH);
    EVP_DigestFinal_ex(context, ret_hash, NULL);
}

static void
grow_segment(struct segment *segment, enum stream stream, const struct head *head,
             const struct stamp *at)
{
    if (segment->records == 0) {
        *segment = (struct segment){.stream = stream, .first = head->last + 1};
        memcpy(segment->previous, head->chain, STORE_HASH);
    }
    segment->last = head->last + 1;
    segment->records++;
    if (at->clock == CLOCK_UNKNOWN)
        return;
    if (segment->earliest_utc_ms == 0 || at->utc_ms < segment->earliest_utc_ms)
        segment->earliest_utc_ms = at->utc_ms;
    if (at->utc_ms > segment->latest_utc_ms)
        segment->latest_utc_ms = at->utc_ms;
}

/* Where the next record goes: its length is filled in by finish. */
static struct buf *
begin(struct store *store, enum stream stream, size_t reserve)
{
    struct buf *buf = &store->batch->records;
    static const uint8_t NO_LENGTH[4];

    if (buf->length + reserve + RECORD_OVERHEAD >= buf->capacity)
        return NULL;
    buf_byte(buf, (uint8_t)stream);
    buf_append(buf, NO_LENGTH, sizeof NO_LENGTH);
    return buf;
}

static uint64_t
refuse(struct store *store, uint64_t values)
{
    store->loss.records++;
    store->loss.values += values;
    store->batch->loss_records++;
    store->batch->loss_values += values;
    return 0;
}

/* Takes the record that was written behind `start` in, or cuts it off again. */
static uint64_t
finish(struct store *store, enum stream stream, size_t start, const struct stamp *at,
       uint64_t values)
{
    struct buf *buf = &store->batch->records;
    struct head *head = &store->heads[stream];
    struct segment *segment = &store->batch->segments[stream];
    uint8_t digest[STORE_HASH];
    size_t reserve = stream <= STREAM_EVIDENCE ? 0 : EVENT_RESERVE;

    if (buf->overflow || buf->length + reserve > buf->capacity) {
        buf_cut(buf, start);
        return refuse(store, values);
    }
    const uint8_t *body = buf->data + start + RECORD_OVERHEAD;
    uint32_t length = (uint32_t)(buf->length - start - RECORD_OVERHEAD);
    memcpy(buf->data + start + 1, &length, sizeof length);
    hash(store, body, length, NULL, digest);
    grow_segment(segment, stream, head, at);
    segment->values += values;
    hash(store, head->chain, STORE_HASH, digest, head->chain);
    memcpy(segment->chain, head->chain, STORE_HASH);
    if (start == 0)
        store->batch->first_mono_ms = at->mono_ms;
    store->appended_mono_ms = at->mono_ms;
    head->last++;
    return head->last;
}

static uint64_t
count_values(const struct scan *scan)
{
    uint64_t values = 0;

    for (uint16_t i = 0; i < scan->count; i++)
        values += scan->values[i].kind != VALUE_ABSENT;
    return values;
}

uint64_t
store_append_scan(struct store *store, const struct scan *scan)
{
    enum stream stream = scan->device->sample ? STREAM_SAMPLE : STREAM_TREND;
    size_t start = store->batch->records.length;
    struct buf *buf = begin(store, stream, EVENT_RESERVE);

    if (buf == NULL)
        return refuse(store, count_values(scan));
    record_put_scan(buf, stream, store->heads[stream].last + 1, scan);
    return finish(store, stream, start, &scan->at, count_values(scan));
}

uint64_t
store_append_statistic(struct store *store, const struct stamp *at,
                       const struct statistic *statistic)
{
    enum stream stream = statistic->period == PERIOD_MINUTE ? STREAM_MINUTE : STREAM_PERIOD;
    size_t start = store->batch->records.length;
    struct buf *buf = begin(store, stream, EVENT_RESERVE);

    if (buf == NULL)
        return refuse(store, 0);
    record_put_statistic(buf, stream, store->heads[stream].last + 1, at, statistic);
    return finish(store, stream, start, at, 0);
}

uint64_t
store_append_event(struct store *store, const struct event *event)
{
    size_t start = store->batch->records.length;
    struct buf *buf = begin(store, STREAM_EVENT, 0);

    if (buf == NULL)
        return refuse(store, 0);
    record_put_event(buf, store->heads[STREAM_EVENT].last + 1, event);
    return finish(store, STREAM_EVENT, start, &event->at, 0);
}

uint64_t
store_append_evidence(struct store *store, const struct evidence *evidence)
{
    size_t start = store->batch->records.length;
    struct buf *buf = begin(store, STREAM_EVIDENCE, 0);

    if (buf == NULL)
        return refuse(store, 0);
    record_put_evidence(buf, store->heads[STREAM_EVIDENCE].last + 1, evidence);
    return finish(store, STREAM_EVIDENCE, start, &evidence->at, 0);
}

void
store_place_boot(struct store *store, uint32_t boot, int64_t zero_utc_ms)
{
    store->batch->boot = boot;
    store->batch->zero_utc_ms = zero_utc_ms;
}

/* ---- states ---- */

static struct state_slot *
find_slot(struct store *store, const char *name)
{
    for (int i = 0; i < STORE_STATES; i++) {
        struct state_slot *slot = &store->states[i];
        if (slot->name[0] == '\0')
            snprintf(slot->name, sizeof slot->name, "%s", name);
        if (strcmp(slot->name, name) == 0)
            return slot;
    }
    return NULL;
}

/* A state whose predecessor is still on its way to the disk is left out: the next one comes soon.
 */
void
store_append_state(struct store *store, const char *name, const struct buf *state)
{
    struct state_slot *slot = find_slot(store, name);

    if (slot == NULL || atomic_load(&slot->busy))
        return;
    if (slot->body.capacity < state->length) {
        buf_free(&slot->body);
        if (buf_new(&slot->body, state->length * 2) != 0)
            return;
    }
    buf_clear(&slot->body);
    buf_append(&slot->body, state->data, state->length);
    for (int stream = 0; stream < STREAM_END; stream++)
        slot->heads[stream] = store->heads[stream].last;
    store->batch->states |= 1U << (slot - store->states);
}

/* ---- handing over ---- */

static bool
is_empty(const struct batch *batch)
{
    return batch->records.length == 0 && batch->states == 0 && batch->loss_records == 0;
}

int64_t
store_due_mono_ms(const struct store *store)
{
    const struct batch *batch = store->batch;

    if (is_empty(batch))
        return INT64_MAX;
    bool may_shift = store->appended_mono_ms - store->shifted_mono_ms >= SHIFT_EVERY_MS;
    int64_t pause_ms = may_shift ? 0 : store->commit_every_ms;
    int64_t due = store->handed_over_mono_ms + pause_ms;
    int64_t quiet = store->appended_mono_ms + BURST_MS;
    int64_t latest = batch->first_mono_ms + store->commit_every_ms;
    if (due < quiet)
        due = quiet;
    return due < latest ? due : latest;
}

void
store_hand_over(struct store *store, bool urgent, int64_t mono_ms)
{
    struct batch *batch = store->batch;
    struct batch *next = NULL;
    bool half_full = batch->records.length > batch->records.capacity / 2;

    if (is_empty(batch) || (!urgent && !half_full && mono_ms < store_due_mono_ms(store)))
        return;
    if (!queue_take(store->free_batches, 0, &next))
        return; /* the disk is behind: the batch fills on */
    for (int i = 0; i < STORE_STATES; i++)
        if (batch->states & (1U << i))
            atomic_store(&store->states[i].busy, true);
    struct job job = {.kind = JOB_BATCH, .batch = batch};
    if (!urgent && mono_ms - store->handed_over_mono_ms < store->commit_every_ms)
        store->shifted_mono_ms = mono_ms;
    store->batch = next;
    store->handed_over_mono_ms = mono_ms;
    queue_post_reserved(store->jobs, &job);
}

static bool
is_settled(const struct store *store)
{
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
        if (atomic_load(&store->face.durable[stream]) < store->heads[stream].last)
            return false;
    for (int i = 0; i < STORE_STATES; i++)
        if (atomic_load(&store->states[i].busy))
            return false;
    return true;
}

void
store_settle(struct store *store, int64_t until_mono_ms)
{
    while (!is_settled(store) && clock_mono_ms() < until_mono_ms) {
        store_hand_over(store, true, clock_mono_ms());
        clock_sleep_until_ns(clock_mono_ns() + 2000000);
    }
}

bool
store_take_loss(struct store *store, struct store_loss *ret_loss)
{
    *ret_loss = store->loss;
    store->loss = (struct store_loss){0};
    return ret_loss->records != 0;
}

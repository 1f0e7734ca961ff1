/* The store's own memory: what the engine's side (store.c), the store thread (writer*.c) and the
 * readers (reader.c) share. */
#ifndef DAEMON_STORE_PARTS_H
#define DAEMON_STORE_PARTS_H

#include "base/thread.h"
#include "daemon/store/batch.h"
#include "daemon/store/key.h"
#include "daemon/store/pack.h"
#include "daemon/store/schema.h"
#include "daemon/store/seal.h"
#include "daemon/store/store.h"

#define STORE_BATCHES        4
#define STORE_DESTINATIONS   16
#define STORE_STATES         4
#define STORE_PATH           4096
#define STORE_VOLATILE_BYTES ((int64_t)8 << 20)

/* What readers in the daemon see. Place 0 is the durable file, place 1 the volatile one. */
struct store_face {
    char path[2][STORE_PATH];
    char id[2][33];
    char gateway_id[33];
    struct key *key;
    atomic_uint epoch; /* goes up with each change of place; odd: volatile */
    atomic_ullong durable[STREAM_END];
    atomic_ullong oldest[STREAM_END];
};

struct store {
    char directory[STORE_PATH];
    int lock; /* the directory, held by flock */
    int64_t max_size;
    uint32_t commit_every_ms, retry_ms;
    uint32_t keep_days[STREAM_END];
    char predecessor[33];
    int64_t last_utc_ms;
    struct store_face face;
    struct store_counters counters;
    struct store_hooks hooks;
    atomic_llong alive_mono_ms;

    /* engine's side */
    struct batch *batch; /* being filled */
    struct head heads[STREAM_END];
    struct store_loss loss;
    int64_t handed_over_mono_ms, appended_mono_ms, shifted_mono_ms;
    void *digest; /* EVP_MD_CTX */
    struct state_slot states[STORE_STATES];

    /* store thread */
    struct database *durable, *volatile_one; /* NULL: failed / not in use */
    struct head committed[STREAM_END];
    uint64_t cursor_versions[STORE_DESTINATIONS];
    uint32_t destinations[STORE_DESTINATIONS];
    size_t destination_count;
    struct buf scratch;
    struct packer *packer;
    uint64_t settled[STREAM_END];   /* up to here nothing is merged again */
    unsigned fresh[STREAM_END];     /* segments since the last look */
    size_t fresh_bytes[STREAM_END]; /* and their records */
    uint64_t lost_records, lost_values;
    int64_t retried_mono_ms, retained_mono_ms, committed_mono_ms, sealed_mono_ms,
        retain_until_mono_ms;
    struct cursors *cursors;
    struct salvage *salvage;    /* NULL: nothing to save */
    struct key_change *changes; /* what events about keys point to */

    /* between them */
    struct queue *jobs, *free_batches, *replies;
    struct batch batches[STORE_BATCHES];
    struct thread thread;
    bool started;
};

/* writer.c: the store thread. */
void *writer_run(void *store);
int writer_register(struct store *store, struct site *site);
int writer_commit(struct store *store, struct batch *batch);
void writer_clear_batch(struct batch *batch);
void writer_put_heads(struct store *store);

/* volatile.c: going over to the volatile file, coming back, taking over what the last run left. */
bool volatile_adopt(struct store *store);
int volatile_enter(struct store *store, int cause);
void volatile_try_return(struct store *store);

/* salvage.c: saves what reads of a file that was set aside. */
void salvage_begin(struct store *store, const char *aside);
void salvage_run(struct store *store);
void salvage_end(struct store *store);

/* compact.c: merges small segments into large ones, one merge a call. */
void compact_begin(struct store *store);
void compact_run(struct store *store);

/* rotate.c: another key signs. On the store thread, or before it has started. */
struct rotation;
int rotate_run(struct store *store, struct rotation *rotation);

/* Ends or undoes what a loss of power cut short. */
void rotate_recover(struct store *store);
void rotate_free(struct store *store);

/* retain.c: cuts what is too old or too much, in slices; true: something, perhaps there is more. */
bool retain_run(struct store *store, struct database *database, int64_t max_size);

void store_note(struct store *store, const char *kind, enum severity severity, const char *text);

#endif

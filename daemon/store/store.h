/* Stage 3: the log. The engine appends, one thread of the store's own commits; nothing else writes.
 * SQLite, WAL, synchronous=FULL. Numbers and chains records at append; the engine never waits for
 * the disk. Readers: reader.h. File format: docs/store.md.
 *
 * When the disk fails, the store goes on in a volatile file of a new id (on /run or /dev/shm) and
 * comes back by itself (promise 1); each change is told through the hooks. */
#ifndef DAEMON_STORE_H
#define DAEMON_STORE_H

#include "base/buf.h"
#include "base/queue.h"
#include "daemon/model.h"
#include "daemon/store/reader.h"

struct store_options {
    const char *directory;          /* parkgate.db, gateway-id, key.pem live here */
    const char *volatile_directory; /* NULL: /dev/shm */
    int64_t max_size;
    uint32_t commit_every_ms;
    const uint32_t *keep_days; /* by stream; NULL: size alone */
    uint32_t retry_ms;         /* how often a failed disk is tried again; 0: 30 s */
    size_t pending_bytes;      /* appended and not yet committed, at most; 0: 2 MiB */
};

struct store_hooks {
    void (*durable)(void *context); /* something became durable: wake who reads. Store thread */
    void (*note)(void *context, const struct note *note); /* an event about the store itself */
    struct board *cursors; /* slot: destination index; page: struct cursors. Kept at each commit */
    void *context;
};

struct store;

/* Opens, creates, migrates, or quarantines a file that cannot be read and makes a new one. 0, or
 * negative errno with a sentence: -EPROTO a newer format (refused, nothing changed). */
int store_open(const struct store_options *options, struct store **ret_store, char ret_error[200]);
int store_start(struct store *store, const struct store_hooks *hooks);

/* Commits all that was appended, joins, closes. Accepts NULL. */
void store_close(struct store *store);

const struct store_face *store_face(const struct store *store);
const char *
store_id(const struct store *store); /* of the durable file: events' ids are made of it */
const char *store_gateway_id(const struct store *store);
bool store_public_key(const struct store *store, uint8_t ret_key[32]);
/* Another key signs from now on: the old one vouches for it, and an event (key.rotated) says so.
 * Waits for the store thread; main only. 0 and what came of it, or negative errno and why not. */
int store_rotate_key(struct store *store, const char *who, char ret_why[200]);
int64_t store_alive_mono_ms(const struct store *store); /* the store thread's last sign of life */

/* The id of the store before this one, where this file was made in place of one that could not be
 * read; "" otherwise. */
const char *store_predecessor(const struct store *store);
int64_t store_last_utc_ms(const struct store *store); /* newest time stored, 0: none */

/* Number of this kernel boot, new or known; 0: the store refuses. */
uint32_t store_begin_boot(struct store *store, const char *boot_id, int64_t utc_ms);
bool store_boot_is_placed(struct store *store, uint32_t boot);

/* Gives devices, points and destinations of a site their numbers (a change of unit, scale or
 * meaning starts a new one; `was` keeps it). At start and reload only: waits for the store thread.
 */
int store_register(struct store *store, struct site *site);

/* ---- engine thread only ---- */

/* The record's sequence, or 0 when there was no room (counted; see store_take_loss). */
uint64_t store_append_scan(struct store *store, const struct scan *scan);
uint64_t store_append_statistic(struct store *store, const struct stamp *at,
                                const struct statistic *statistic);
uint64_t store_append_event(struct store *store, const struct event *event);
uint64_t store_append_evidence(struct store *store, const struct evidence *evidence);

/* What UTC was when the monotonic clock of this boot stood at zero: kept once, with the next
 * commit.
 */
void store_place_boot(struct store *store, uint32_t boot, int64_t zero_utc_ms);

/* A state goes with the next commit, together with the heads of the streams now. */
void store_append_state(struct store *store, const char *name, const struct buf *state);

/* When store_hand_over has something to do: commit_every after the last time, as soon as the burst
 * of scans is over (20 ms without another record), and never later than commit_every after the
 * first record. INT64_MAX: nothing was appended. */
int64_t store_due_mono_ms(const struct store *store);

/* Hands what was appended to the store thread when it is due, or `urgent`. */
void store_hand_over(struct store *store, bool urgent, int64_t mono_ms);

/* After the engine has ended, from the thread that joined it: hands over and waits until all that
 * was appended is committed, at most until then. */
void store_settle(struct store *store, int64_t until_mono_ms);

/* What could not be appended since the last call; true if anything. For the gap record. */
struct store_loss {
    uint64_t records, values;
};
bool store_take_loss(struct store *store, struct store_loss *ret_loss);

/* ---- any thread: atomic counters for health and the books ---- */

struct store_counters {
    atomic_ullong records[STREAM_END], values[STREAM_END]; /* committed by this store file, ever */
    atomic_ullong lost_records, lost_values;               /* never reached the disk, ever */
    atomic_ullong evicted_records[STREAM_END];             /* cut by retention, ever */
    atomic_ullong commits, volatile_records;
    atomic_llong file_bytes, last_commit_mono_ms;
    atomic_uint commit_ms_max, pause_ms_max; /* a commit; what goes on between two (merges, ...) */
    atomic_bool is_volatile;
};
const struct store_counters *store_counters(const struct store *store);

#endif

/* When the disk fails, records go on into a small file in memory (tmpfs) under an id of its own,
 * and from there to the destinations, marked (promise 1). When the disk works again they are copied
 * behind what it has, so that its sequences and its chain stay whole; only what the small file had
 * no room for is lost, and counted. */
#include "base/clock.h"
#include "base/log.h"
#include "daemon/store/store_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
remove_file(const char *path)
{
    static const char *const PARTS[] = {"", "-wal", "-shm"};
    char name[STORE_PATH + 8];

    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, PARTS[i]);
        unlink(name);
    }
}

int
volatile_enter(struct store *store, int cause)
{
    char text[EVENT_TEXT];
    char reason[200] = "";
    struct database *database = NULL;
    const char *path = store->face.path[1];

    remove_file(path);
    int error = database_open(path, DATABASE_CREATE, &database, reason);
    if (error == 0)
        error = schema_prepare(database, reason);
    if (error == 0)
        error = schema_put_meta(database, "store_id", store->face.id[1]);
    if (error != 0) {
        database_close(database);
        log_error("the disk refuses (%s) and so does memory (%s): records are being lost",
                  strerror(-cause), reason);
        return error;
    }
    store->volatile_one = database;
    store->retried_mono_ms = clock_mono_ms();
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
        atomic_store(&store->face.oldest[stream], store->committed[stream].last + 1);
    atomic_store(&store->counters.is_volatile, true);
    atomic_fetch_add(&store->face.epoch, 1);
    snprintf(text, sizeof text, "the disk of the store refuses: %s; going on in memory",
             strerror(-cause));
    store_note(store, "store.failed", SEVERITY_ALARM, text);
    return 0;
}

/* ---- coming back ---- */

/* A failed connection may not be trusted again: a new one, over the same file. */
static int
reopen(struct store *store)
{
    char reason[200] = "";
    struct database *database = NULL;

    int error = database_open(store->face.path[0], DATABASE_CREATE, &database, reason);
    if (error == 0)
        error = schema_prepare(database, reason);
    if (error != 0) {
        database_close(database);
        return error;
    }
    database_close(store->durable);
    store->durable = database;
    return 0;
}

static int
copy_stream(struct store *store, enum stream stream, struct head *ret_head)
{
    struct segment segment;
    uint64_t from = ret_head->last + 1;
    int error = 0;
    int got;

    while ((got = schema_find_segment(store->volatile_one, stream, from, &segment)) == 1) {
        error = schema_put_segment(store->durable, &segment);
        if (error != 0)
            return error;
        ret_head->last = segment.last;
        ret_head->records += segment.records;
        ret_head->values += segment.values;
        memcpy(ret_head->chain, segment.chain, STORE_HASH);
        from = segment.last + 1;
    }
    return got < 0 ? got : schema_put_head(store->durable, stream, ret_head);
}

static int
copy_back(struct store *store, struct head *ret_heads)
{
    int error = schema_begin(store->durable);

    for (int stream = STREAM_EVENT; stream < STREAM_END && error == 0; stream++) {
        int got = schema_get_head(store->durable, (enum stream)stream, &ret_heads[stream]);
        error = got < 0 ? got : copy_stream(store, (enum stream)stream, &ret_heads[stream]);
    }
    if (error == 0)
        error = schema_put_meta_number(store->durable, "lost_records",
                                       (int64_t)store->lost_records);
    if (error == 0)
        error = schema_put_meta_number(store->durable, "lost_values", (int64_t)store->lost_values);
    if (error == 0)
        error = schema_commit(store->durable);
    if (error != 0)
        schema_rollback(store->durable);
    return error;
}

bool
volatile_adopt(struct store *store)
{
    struct head heads[STREAM_END] = {0};
    const char *path = store->face.path[1];
    char reason[200] = "";

    if (access(path, F_OK) != 0)
        return false;
    int error = database_open(path, DATABASE_CREATE, &store->volatile_one, reason);
    if (error == 0)
        error = schema_prepare(store->volatile_one, reason);
    if (error == 0)
        error = copy_back(store, heads);
    database_close(store->volatile_one);
    store->volatile_one = NULL;
    if (error != 0 && error != -EBADMSG && error != -EPROTO) {
        log_error("what the last run kept in %s cannot be taken over yet: %s", path,
                  strerror(-error));
        return false;
    }
    remove_file(path);
    log_write(LOG_LEVEL_NOTICE, "what the last run kept in memory was taken over: %s",
              error == 0 ? "nothing was lost by its end" : "unreadable");
    return error == 0;
}

/* Sequences the small file had no room for stay empty; the next record goes on behind them. */
static void
take_over(struct store *store, struct head *heads)
{
    struct segment oldest;

    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++) {
        struct head *head = &store->committed[stream];
        uint64_t last = head->last;
        uint8_t chain[STORE_HASH];
        memcpy(chain, head->chain, STORE_HASH);
        *head = heads[stream];
        head->last = last;
        memcpy(head->chain, chain, STORE_HASH);
        int got = schema_oldest_segment(store->durable, (enum stream)stream, &oldest);
        atomic_store(&store->face.oldest[stream], got == 1 ? oldest.first : last + 1);
        atomic_store(&store->counters.records[stream], head->records);
        atomic_store(&store->counters.values[stream], head->values);
    }
}

void
volatile_try_return(struct store *store)
{
    struct head heads[STREAM_END] = {0};
    char text[EVENT_TEXT];

    store->retried_mono_ms = clock_mono_ms();
    if (reopen(store) != 0 || copy_back(store, heads) != 0)
        return;
    take_over(store, heads);
    database_close(store->volatile_one);
    store->volatile_one = NULL;
    remove_file(store->face.path[1]);
    atomic_store(&store->counters.is_volatile, false);
    atomic_fetch_add(&store->face.epoch, 1);
    snprintf(text, sizeof text, "the disk of the store works again; %llu records were lost ever",
             (unsigned long long)store->lost_records);
    store_note(store, "store.recovered", SEVERITY_INFO, text);
    if (store->hooks.durable != NULL)
        store->hooks.durable(store->hooks.context);
}

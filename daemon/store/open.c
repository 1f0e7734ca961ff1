#include "daemon/store/open.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/whole_file.h"
#include "daemon/store/registry.h"
#include "daemon/store/store_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUARANTINE_KEPT 3
#define CHECKED_PAGES   65536 /* 64 MiB */
#define ATTEMPTS        3
#define PAUSE_NS        200000000

static void
make_id(char ret_id[33])
{
    uint8_t bytes[16] = {0};
    size_t got = 0;

    while (got < sizeof bytes) {
        ssize_t more = getrandom(bytes + got, sizeof bytes - got, 0);
        if (more > 0)
            got += (size_t)more;
    }
    for (int i = 0; i < 16; i++)
        snprintf(ret_id + 2 * i, 3, "%02x", bytes[i]);
}

/* Two writers would give out the same sequences: one daemon a directory, until it ends. */
static int
lock_directory(struct store *store, char ret_error[200])
{
    store->lock = open(store->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->lock >= 0 && flock(store->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    int error = -errno;
    snprintf(ret_error, 200, "%.120s %s", store->directory,
             error == -EWOULDBLOCK ? "is in use by another parkgated" : strerror(-error));
    return error;
}

/* The gateway's id lives in a file of its own: it outlives every store file. */
static int
open_identity(struct store *store, char ret_error[200])
{
    char path[STORE_PATH + 16];
    char *id = store->face.gateway_id;

    snprintf(path, sizeof path, "%s/gateway-id", store->directory);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t length = read(fd, id, 32);
        close(fd);
        if (length == 32 && strspn(id, "0123456789abcdef") == 32)
            return 0;
        snprintf(ret_error, 200, "%.120s does not hold 32 hexadecimal digits", path);
        return -EINVAL;
    }
    make_id(id);
    int error = whole_file_write(path, id, 32);
    if (error != 0)
        snprintf(ret_error, 200, "%.120s cannot be written: %s", path, strerror(-error));
    return error;
}

/* ---- quarantine ---- */

static void
move_aside(const char *path, int number)
{
    static const char *const PARTS[] = {"", "-wal", "-shm"};
    char from[STORE_PATH + 32];
    char to[STORE_PATH + 64];

    for (int i = 0; i < 3; i++) {
        snprintf(from, sizeof from, "%s%s", path, PARTS[i]);
        snprintf(to, sizeof to, "%s.quarantine-%d%s", path, number, PARTS[i]);
        if (rename(from, to) != 0 && errno != ENOENT)
            log_error("%s cannot be set aside: %s", from, strerror(errno));
    }
}

/* The lowest free number; when all are taken the last place is used again. */
static void
quarantine(struct store *store, const char *path, const char *reason, char taken[STORE_PATH + 32])
{
    int number = 1;

    for (; number < QUARANTINE_KEPT; number++) {
        snprintf(taken, STORE_PATH + 32, "%s.quarantine-%d", path, number);
        if (access(taken, F_OK) != 0)
            break;
    }
    move_aside(path, number);
    snprintf(taken, STORE_PATH + 32, "%s.quarantine-%d", path, number);
    snprintf(store->predecessor, sizeof store->predecessor, "unreadable");
    log_error("the store cannot be read (%s): set aside as %s.quarantine-%d, a new one is begun",
              reason, path, number);
}

/* ---- the file ---- */

static int
load_heads(struct store *store, struct database *database)
{
    struct segment oldest;
    int got = 0;

    for (int stream = STREAM_EVENT; stream < STREAM_END && got >= 0; stream++) {
        struct head *head = &store->committed[stream];
        got = schema_get_head(database, (enum stream)stream, head);
        if (got < 0)
            break;
        got = schema_oldest_segment(database, (enum stream)stream, &oldest);
        atomic_store(&store->face.durable[stream], head->last);
        atomic_store(&store->face.oldest[stream], got == 1 ? oldest.first : head->last + 1);
        atomic_store(&store->counters.records[stream], head->records);
        atomic_store(&store->counters.values[stream], head->values);
        atomic_store(&store->counters.evicted_records[stream], head->evicted);
    }
    /* the newest segment of each stream: never a walk over the whole file */
    store->last_utc_ms = database_value(
        database,
        "WITH s(n) AS (VALUES(1),(2),(3),(4),(5),(6)) SELECT coalesce(max(m),0) FROM (SELECT"
        " (SELECT latest_utc_ms FROM segments WHERE id>(n<<56) AND id<((n+1)<<56) ORDER BY id DESC"
        " LIMIT 1) AS m FROM s)",
        0);
    int64_t lost[2] = {0};
    if (got >= 0)
        got = schema_get_meta_number(database, "lost_records", &lost[0]);
    if (got >= 0)
        got = schema_get_meta_number(database, "lost_values", &lost[1]);
    store->lost_records = (uint64_t)lost[0];
    store->lost_values = (uint64_t)lost[1];
    atomic_store(&store->counters.lost_records, store->lost_records);
    atomic_store(&store->counters.lost_values, store->lost_values);
    return got < 0 ? got : 0;
}

/* Damage in the tables' structure shows here; damage in a record shows in its chain. A large file
 * is not read through at start: the daemon has to be back within seconds. */
static int
check_structure(struct database *database)
{
    if (database_value(database, "PRAGMA page_count", 0) > CHECKED_PAGES)
        return 0;
    struct statement *statement = database_query(database, "PRAGMA quick_check(1)", "");

    if (statement == NULL || database_step(database, statement) != 1)
        return database_failure(database) != 0 ? database_failure(database) : -EBADMSG;
    bool fine = strcmp(database_text(statement, 0), "ok") == 0;
    database_reset(statement);
    return fine ? 0 : -EBADMSG;
}

static int
take_identity(struct store *store, struct database *database)
{
    char *id = store->face.id[0];
    int got = schema_get_meta(database, "store_id", id, sizeof store->face.id[0]);

    if (got != 0)
        return got < 0 ? got : 0;
    make_id(id);
    int error = schema_put_meta(database, "store_id", id);
    if (error == 0)
        error = schema_put_meta(database, "predecessor", store->predecessor);
    return error;
}

static int
open_database(struct store *store, char ret_error[200])
{
    const char *path = store->face.path[0];
    struct database *database = NULL;

    int error = database_open(path, DATABASE_CREATE, &database, ret_error);
    if (error == 0)
        error = schema_prepare(database, ret_error);
    if (error == 0 && (error = check_structure(database)) != 0)
        snprintf(ret_error, 200, "its structure is damaged: %.150s", strerror(-error));
    if (error == 0)
        error = take_identity(store, database);
    if (error == 0)
        error = load_heads(store, database);
    if (error != 0) {
        database_close(database);
        return error;
    }
    store->durable = database;
    if (volatile_adopt(store)) /* what was in memory when the daemon ended */
        error = load_heads(store, database);
    if (error != 0) {
        database_close(database);
        store->durable = NULL;
        return error;
    }
    compact_begin(store);
    return 0;
}

static bool
can_be_read(const char *path)
{
    static uint8_t bytes[65536]; /* at start only */
    ssize_t got = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    while (fd >= 0 && (got = read(fd, bytes, sizeof bytes)) > 0)
        continue;
    if (fd >= 0)
        close(fd);
    return got == 0;
}

/* One bad answer of a disk is no damage: a file is only set aside when it is damaged, or cannot be
 * read, each time that it is tried. */
static int
open_patiently(struct store *store, char ret_error[200])
{
    int error = open_database(store, ret_error);

    for (int i = 1; i < ATTEMPTS && (error == -EBADMSG || error == -EIO); i++) {
        clock_sleep_until_ns(clock_mono_ns() + PAUSE_NS);
        error = open_database(store, ret_error);
    }
    if (error == -EIO && access(store->face.path[0], F_OK) == 0 &&
        !can_be_read(store->face.path[0]))
        error = -EBADMSG;
    return error;
}

int
open_files(struct store *store, const char *volatile_directory, char ret_error[200])
{
    struct store_face *face = &store->face;
    const char *aside = volatile_directory != NULL ? volatile_directory : "/dev/shm";

    snprintf(face->path[0], STORE_PATH, "%.4000s/parkgate.db", store->directory);
    make_id(face->id[1]);
    if (mkdir(store->directory, 0750) != 0 && errno != EEXIST) {
        int error = -errno;
        snprintf(ret_error, 200, "%.120s cannot be made: %s", store->directory, strerror(-error));
        return error;
    }
    int error = lock_directory(store, ret_error);
    if (error == 0)
        error = open_identity(store, ret_error);
    if (error == 0)
        error = key_open(store->directory, &face->key, ret_error);
    if (error != 0)
        return error;
    snprintf(face->path[1], STORE_PATH, "%.4000s/parkgate-volatile-%s.db", aside, face->gateway_id);
    error = open_patiently(store, ret_error);
    if (error == -EBADMSG) {
        char old[STORE_PATH + 32];
        quarantine(store, face->path[0], ret_error, old);
        ret_error[0] = '\0';
        error = open_database(store, ret_error);
        if (error == 0)
            salvage_begin(store, old);
    }
    if (error == 0)
        rotate_recover(store);
    return error;
}

uint32_t
store_begin_boot(struct store *store, const char *boot_id, int64_t utc_ms)
{
    return registry_boot(store->durable, boot_id, utc_ms);
}

bool
store_boot_is_placed(struct store *store, uint32_t boot)
{
    return registry_boot_is_placed(store->durable, boot);
}

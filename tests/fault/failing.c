#include "tests/fault/failing.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct failing_file {
    sqlite3_file base;
    sqlite3_file *system; /* behind this struct, in the same memory */
    const char *name;     /* SQLite's, valid until the file is closed; NULL: a temporary file */
    bool unsynced;
};

static sqlite3_vfs *system_vfs;
static sqlite3_vfs own_vfs;

static char directory[4096]; /* ends in a slash; empty: nothing fails */
static struct failing_plan plan;
static pthread_t armed_by;
static atomic_bool healed;
static atomic_ullong calls, failed, failed_log;

static struct failing_file *
own(sqlite3_file *file)
{
    return (struct failing_file *)file;
}

static sqlite3_file *
system_file(sqlite3_file *file)
{
    return own(file)->system;
}

/* ---- whether this call fails ---- */

static bool
is_watched(const char *name)
{
    size_t length = strlen(directory);

    return name != NULL && length != 0 && strncmp(name, directory, length) == 0;
}

static bool
fails(const char *name, enum failing_call call)
{
    if (!is_watched(name) || call != plan.call)
        return false;
    uint64_t number = atomic_fetch_add(&calls, 1) + 1;
    bool due = plan.goes_on ? number >= plan.nth && !atomic_load(&healed) : number == plan.nth;
    if (due)
        atomic_fetch_add(&failed, 1);
    return due;
}

static int
code_of(enum failing_call call)
{
    static const int EIO_CODES[FAILING_CALLS] = {SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC,
                                                 SQLITE_CANTOPEN, SQLITE_IOERR_READ,
                                                 SQLITE_IOERR_TRUNCATE};

    switch (plan.error) {
    case FAILING_ENOSPC:
    case FAILING_SHORT: return SQLITE_FULL;
    case FAILING_READONLY: return SQLITE_READONLY;
    default: return EIO_CODES[call];
    }
}

static void
count_log(const struct failing_file *file)
{
    const char *ending = strrchr(file->name, '-');

    if (ending != NULL && strcmp(ending, "-wal") == 0 && !pthread_equal(armed_by, pthread_self()))
        atomic_fetch_add(&failed_log, 1);
}

/* ---- the five calls ---- */

static int
fail_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset)
{
    sqlite3_file *real = system_file(file);

    own(file)->unsynced = true;
    if (!fails(own(file)->name, FAILING_WRITE))
        return real->pMethods->xWrite(real, bytes, length, offset);
    count_log(own(file));
    if (plan.error == FAILING_SHORT)
        real->pMethods->xWrite(real, bytes, length / 2, offset);
    return code_of(FAILING_WRITE);
}

static int
fail_sync(sqlite3_file *file, int flags)
{
    sqlite3_file *real = system_file(file);
    bool unsynced = own(file)->unsynced;

    own(file)->unsynced = false;
    if (!fails(own(file)->name, FAILING_SYNC))
        return real->pMethods->xSync(real, flags);
    if (unsynced) /* a checkpoint syncs the WAL once more: no commit depends on that */
        count_log(own(file));
    return code_of(FAILING_SYNC);
}

static int
fail_read(sqlite3_file *file, void *ret_bytes, int length, sqlite3_int64 offset)
{
    sqlite3_file *real = system_file(file);

    if (fails(own(file)->name, FAILING_READ))
        return code_of(FAILING_READ);
    return real->pMethods->xRead(real, ret_bytes, length, offset);
}

static int
fail_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    sqlite3_file *real = system_file(file);

    if (fails(own(file)->name, FAILING_TRUNCATE))
        return code_of(FAILING_TRUNCATE);
    return real->pMethods->xTruncate(real, size);
}

/* ---- what only passes through ---- */

static int
pass_close(sqlite3_file *file)
{
    sqlite3_file *real = system_file(file);

    return real->pMethods != NULL ? real->pMethods->xClose(real) : SQLITE_OK;
}

static int
pass_file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    sqlite3_file *real = system_file(file);

    return real->pMethods->xFileSize(real, ret_size);
}

static int
pass_lock(sqlite3_file *file, int level)
{
    sqlite3_file *real = system_file(file);

    return real->pMethods->xLock(real, level);
}

static int
pass_unlock(sqlite3_file *file, int level)
{
    sqlite3_file *real = system_file(file);

    return real->pMethods->xUnlock(real, level);
}

static int
pass_check_reserved(sqlite3_file *file, int *ret_reserved)
{
    sqlite3_file *real = system_file(file);

    return real->pMethods->xCheckReservedLock(real, ret_reserved);
}

static int
pass_control(sqlite3_file *file, int what, void *argument)
{
    sqlite3_file *real = system_file(file);

    return real->pMethods->xFileControl(real, what, argument);
}

static int
pass_sector_size(sqlite3_file *file)
{
    sqlite3_file *real = system_file(file);

    return real->pMethods->xSectorSize(real);
}

static int
pass_characteristics(sqlite3_file *file)
{
    sqlite3_file *real = system_file(file);

    return real->pMethods->xDeviceCharacteristics(real);
}

static int
pass_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret_memory)
{
    sqlite3_file *real = system_file(file);

    return real->pMethods->xShmMap(real, page, size, extend, ret_memory);
}

static int
pass_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    sqlite3_file *real = system_file(file);

    return real->pMethods->xShmLock(real, offset, count, flags);
}

static void
pass_shm_barrier(sqlite3_file *file)
{
    sqlite3_file *real = system_file(file);

    real->pMethods->xShmBarrier(real);
}

static int
pass_shm_unmap(sqlite3_file *file, int remove)
{
    sqlite3_file *real = system_file(file);

    return real->pMethods->xShmUnmap(real, remove);
}

/* Version 2: with shared memory for the WAL, without mapped files. */
static const sqlite3_io_methods METHODS = {
    .iVersion = 2,
    .xClose = pass_close,
    .xRead = fail_read,
    .xWrite = fail_write,
    .xTruncate = fail_truncate,
    .xSync = fail_sync,
    .xFileSize = pass_file_size,
    .xLock = pass_lock,
    .xUnlock = pass_unlock,
    .xCheckReservedLock = pass_check_reserved,
    .xFileControl = pass_control,
    .xSectorSize = pass_sector_size,
    .xDeviceCharacteristics = pass_characteristics,
    .xShmMap = pass_shm_map,
    .xShmLock = pass_shm_lock,
    .xShmBarrier = pass_shm_barrier,
    .xShmUnmap = pass_shm_unmap,
};

/* A disk that was mounted read-only: what is there opens, but only for reading. */
static int
fail_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *ret_file, int flags, int *ret_flags)
{
    struct failing_file *file = own(ret_file);

    (void)vfs;
    memset(file, 0, sizeof *file);
    file->system = (sqlite3_file *)(file + 1);
    file->name = name;
    if (fails(name, FAILING_OPEN)) {
        if (plan.error != FAILING_READONLY)
            return code_of(FAILING_OPEN);
        flags &= ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
        flags |= SQLITE_OPEN_READONLY;
    }
    int code = system_vfs->xOpen(system_vfs, name, file->system, flags, ret_flags);
    if (code == SQLITE_OK)
        file->base.pMethods = &METHODS;
    return code;
}

/* ---- from outside ---- */

const char *
failing_name(enum failing_call call)
{
    static const char *const CALLS[] = {"write", "sync", "open", "read", "truncate"};

    return CALLS[call];
}

const char *
failing_words(const struct failing_plan *told)
{
    static const char *const ERRORS[] = {"EIO", "ENOSPC", "short", "read-only"};
    static char text[60];

    snprintf(text, sizeof text, "%s %s, %s %llu%s", failing_name(told->call), ERRORS[told->error],
             told->goes_on ? "from" : "only", (unsigned long long)told->nth,
             told->goes_on ? " on" : "");
    return text;
}

bool
failing_install(void)
{
    system_vfs = sqlite3_vfs_find(NULL);
    if (system_vfs == NULL)
        return false;
    own_vfs = *system_vfs; /* its other functions work on names and on the VFS they are given */
    own_vfs.zName = "failing";
    own_vfs.szOsFile = (int)sizeof(struct failing_file) + system_vfs->szOsFile;
    own_vfs.xOpen = fail_open;
    return sqlite3_vfs_register(&own_vfs, 1) == SQLITE_OK;
}

void
failing_arm(const char *path, const struct failing_plan *wanted)
{
    char *whole = realpath(path, NULL);

    failing_disarm();
    if (whole == NULL)
        abort();
    plan = *wanted;
    armed_by = pthread_self();
    atomic_store(&healed, false);
    atomic_store(&calls, 0);
    atomic_store(&failed, 0);
    atomic_store(&failed_log, 0);
    strncat(directory, whole, sizeof directory - 2);
    strcat(directory, "/");
    free(whole);
}

void
failing_heal(void)
{
    atomic_store(&healed, true);
}

void
failing_disarm(void)
{
    directory[0] = '\0';
}

struct failing_seen
failing_seen(void)
{
    return (struct failing_seen){atomic_load(&calls), atomic_load(&failed),
                                 atomic_load(&failed_log)};
}

bool
failing_next(struct failing_plan *next, uint64_t stride)
{
    static const bool GIVEN[FAILING_CALLS][FAILING_ERRORS] = {
        {true, true, true, true},    /* write */
        {true, true, false, false},  /* sync */
        {true, false, false, true},  /* open */
        {true, false, false, false}, /* read */
        {true, true, false, true},   /* truncate */
    };
    int error = (int)next->error;

    if (failing_seen().failed > 0) {
        next->nth += stride;
        return true;
    }
    next->nth = 1;
    next->goes_on = !next->goes_on;
    if (next->goes_on)
        return true;
    do
        error++;
    while (error < FAILING_ERRORS && !GIVEN[next->call][error]);
    if (error < FAILING_ERRORS)
        next->error = (enum failing_error)error;
    return error < FAILING_ERRORS;
}

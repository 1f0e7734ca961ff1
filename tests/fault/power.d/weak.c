/* A disk that is never waited for: preloaded, it shows that tests/fault/power finds what is lost.
 *
 * PARKGATE_WEAK=nosync: nothing is ever synchronised. PARKGATE_WEAK=normal: SQLite is set to
 * synchronous=NORMAL where parkgated asks for FULL, so a commit does not wait for the disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct sqlite3;
typedef int (*each_row)(void *, int, char **, char **);
typedef int (*exec)(struct sqlite3 *, const char *, each_row, void *, char **);

static bool
is(const char *weakness)
{
    const char *chosen = getenv("PARKGATE_WEAK");
    return chosen != NULL && strcmp(chosen, weakness) == 0;
}

static int
pass(const char *name, int fd)
{
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    return is("nosync") ? 0 : next(fd);
}

int
fsync(int fd)
{
    return pass("fsync", fd);
}

int
fdatasync(int fd)
{
    return pass("fdatasync", fd);
}

int
sqlite3_exec(struct sqlite3 *database, const char *sql, each_row row, void *context, char **error)
{
    exec next = (exec)dlsym(RTLD_NEXT, "sqlite3_exec");

    if (is("normal") && sql != NULL && strcmp(sql, "PRAGMA synchronous=FULL") == 0)
        sql = "PRAGMA synchronous=NORMAL";
    return next(database, sql, row, context, error);
}

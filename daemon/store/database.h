/* The gate to SQLite: the only includer of sqlite3.h in the store. Opens the file with the settings
 * that hold the promises, keeps prepared statements, turns SQLite's errors into errno. What the
 * tables mean is in schema.c, segments.c and registry.c. A connection belongs to one thread. */
#ifndef DAEMON_STORE_DATABASE_H
#define DAEMON_STORE_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct statement;

enum database_mode {
    DATABASE_CREATE, /* read and write; made when it is not there */
    DATABASE_READ,   /* read only, never checkpoints */
};

/* 0; -EBADMSG: not a database or damaged; or another negative errno. ret_error gets a sentence. */
int database_open(const char *path, enum database_mode mode, struct database **ret_database,
                  char ret_error[200]);
void database_close(struct database *database);
bool database_writes(const struct database *database);

/* The statement for `sql` (a string constant: prepared once), bound by `types`: i int64_t, t text
 * or NULL, b bytes (const void *, size_t). NULL on failure: database_failure says why. */
struct statement *database_query(struct database *database, const char *sql, const char *types,
                                 ...);

/* 1 a row, 0 the end, negative errno. The end and an error reset the statement. */
int database_step(struct database *database, struct statement *statement);
void database_reset(struct statement *statement);

/* Runs to the end: 0 or negative errno. */
int database_run(struct database *database, const char *sql, const char *types, ...);

int64_t database_integer(struct statement *statement, int column);
const char *database_text(struct statement *statement, int column); /* never NULL */
const void *database_bytes(struct statement *statement, int column, size_t *ret_length);

/* The first column of the first row; `fallback` where there is no row or an error. */
int64_t database_value(struct database *database, const char *sql, int64_t fallback);

/* A writer's file goes over to WAL: only once it is known to be a store. Nothing for a reader. */
int database_begin_wal(struct database *database);

/* Moves the WAL's pages into the file; truncates nothing. */
int database_checkpoint(struct database *database);
int64_t database_changes(struct database *database);

/* Errno of the last failure, and SQLite's words for it. */
int database_failure(const struct database *database);
const char *database_error(const struct database *database);

#endif

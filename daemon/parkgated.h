/* The daemon as a whole: starts its parts in order, stops them in reverse, goes over from one site
 * to another. Everything here runs on the main thread. */
#ifndef DAEMON_PARKGATED_H
#define DAEMON_PARKGATED_H

#include <stdbool.h>
#include <stdint.h>

struct parkgated_options {
    const char *file;  /* the site file */
    const char *state; /* --state, else the site's store.directory, else $STATE_DIRECTORY */
    const char *share; /* --share, or NULL */
    const char
        *socket; /* --socket, else $RUNTIME_DIRECTORY/control.sock, else in the state directory */
};

struct parkgated;

/* 0, or negative errno after the reason was logged; -EINVAL: the site file is wrong. */
int parkgated_start(const struct parkgated_options *options, struct parkgated **ret_parkgated);

/* Accepts NULL. Returns within about 5 s with everything stored. */
void parkgated_stop(struct parkgated *parkgated);

/* Loads the file again (or the version of it that is in force, while nobody changed the file). A
 * bad file changes nothing: the mistakes are logged, recorded as an event, and shown in health.
 * False: it was refused. `who` asked, for the record. */
bool parkgated_reload(struct parkgated *parkgated, const char *who);

/* What commands ask of main (SIGUSR1). False: one of them asked for a restart. */
bool parkgated_run_errands(struct parkgated *parkgated);

/* Once a second: clock, health, watchdog. False when a part that feeds the watchdog is hung. */
bool parkgated_tick(struct parkgated *parkgated);

#endif

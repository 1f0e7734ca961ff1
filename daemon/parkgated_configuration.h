/* Which site file is in force, how the daemon goes over to another, and a proposed one on trial.
 * What parkgated_reload.c, parkgated_versions.c and parkgated_trial.c offer one another and main.
 */
#ifndef DAEMON_PARKGATED_CONFIGURATION_H
#define DAEMON_PARKGATED_CONFIGURATION_H

#include "config/site.h"
#include "daemon/configuration/trial.h"
#include "daemon/configuration/versions.h"
#include "daemon/errand.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct parkgated;
struct running;

/* ---- parkgated.c ---- */

/* As loader_report: to the log, the first mistake to health. */
void parkgated_report(void *self, bool warning, const char *line);

/* 0, or -EINVAL when it has more destinations than can be served (then it is freed). */
int parkgated_check_site(struct parkgated *self, struct site **ret_site);

/* ---- parkgated_reload.c ---- */

/* Takes the memory for going over to next->site. */
int parkgated_prepare(struct parkgated *self, struct running *next);

/* Ends what runs, starts what is prepared, records it. An error before the new site was taken over
 * leaves the old one running; any error is logged. */
int parkgated_go_over(struct parkgated *self, struct running *next, const char *who,
                      const char *why);

/* ---- parkgated_versions.c: which site file is in force ---- */

/* Once at start, the local file loaded: takes the version in force instead when there is one. */
void parkgated_open_configuration(struct parkgated *self);
void parkgated_tell_configuration(struct parkgated *self);

/* 0: the local file. */
uint64_t parkgated_version_in_force(struct parkgated *self);

/* 0: the local file. As parkgated_load_site. */
int parkgated_load_version(struct parkgated *self, uint64_t number, struct site **ret_site);

/* The local file was read and is good: if it was changed, no version is in force any more. */
void parkgated_settle_local(struct parkgated *self);

/* ---- parkgated_view.c ---- */

/* Of what runs; `back`: what ran before, NULL for the view before the change. */
struct trial_view parkgated_take_view(struct arena *arena, const struct running *running,
                                      const struct site *back);

/* ---- parkgated_trial.c ---- */

/* With a sentence that says so. */
bool parkgated_is_on_trial(const struct parkgated *self, char *ret_why, size_t size);

/* True when the errand goes back now. */
bool parkgated_apply(struct parkgated *self, struct errand *errand);
bool parkgated_roll_back(struct parkgated *self, struct errand *errand);

/* Once a second: proven, or rolled back. */
void parkgated_watch_trial(struct parkgated *self, int64_t mono_ms);

/* The daemon ends while it runs: the next start rolls back. */
void parkgated_stop_trial(struct parkgated *self);

#endif

/* What the two halves of versions share: its memory, and how one version stands in a file. Internal
 * to daemon/configuration/. */
#ifndef DAEMON_CONFIGURATION_VERSIONS_PARTS_H
#define DAEMON_CONFIGURATION_VERSIONS_PARTS_H

#include "daemon/configuration/versions.h"

struct queue;

#define VERSIONS_ROOM (CONFIGURATION_KEPT + 2)

struct configuration {
    char *local_file, *share; /* share: NULL for the usual places */
    int directory;
    struct queue *token;                /* who holds it may touch the rest */
    struct version list[VERSIONS_ROOM]; /* ascending by number */
    size_t count;
    uint64_t next;     /* number of the next proposal */
    uint64_t in_force; /* 0: the local file */
    uint64_t on_trial; /* 0: none */
    char active_local_digest[CONFIGURATION_DIGEST], trial_local_digest[CONFIGURATION_DIGEST];
};

struct version *versions_find(struct configuration *configuration, uint64_t number);

/* NNNN.json: 0 or negative errno. */
int versions_save(struct configuration *configuration, const struct version *version);

/* `active` and `trial`. */
int versions_save_active(struct configuration *configuration, uint64_t number,
                         const char *local_digest);
int versions_save_trial(struct configuration *configuration, uint64_t number,
                        const char *local_digest, int64_t until_utc_ms);

/* Everything in the directory into the list, numbers and digests; forgets what is more than may be
 * kept. What cannot be understood is passed over with a word in the log. `ret_trial` is the number
 * in a trial file that was left, 0: none. */
int versions_load(struct configuration *configuration, uint64_t *ret_trial);

/* Takes the oldest away that is neither in force nor on trial. False: there is none. */
bool versions_forget(struct configuration *configuration);

/* Of the local file's bytes; "" when it cannot be read. */
void versions_digest_local(const struct configuration *configuration,
                           char ret_digest[CONFIGURATION_DIGEST]);

#endif

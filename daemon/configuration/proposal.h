/* A proposed site file from what came (a whole text, or a patch upon what is in force) to what the
 * proposer is told: the text, its mistakes with line and column, and what it would change. Starts
 * nothing; the site it makes is thrown away. */
#ifndef DAEMON_CONFIGURATION_PROPOSAL_H
#define DAEMON_CONFIGURATION_PROPOSAL_H

#include "config/loader.h"
#include "daemon/configuration/difference.h"
#include "daemon/configuration/versions.h"

#include <jansson.h>

#define PROPOSAL_MISTAKES 40
#define PROPOSAL_NAME     "proposed" /* stands for the file in mistakes */

struct proposal_mistake {
    bool is_warning;
    unsigned line, column; /* 0: of the file as a whole, or in another file (then it says which) */
    char text[400];
};

struct proposal {
    struct arena *arena;
    char *text; /* ended by a NUL that does not count */
    size_t length;
    char digest[CONFIGURATION_DIGEST]; /* "" where it has mistakes */
    struct proposal_mistake mistakes[PROPOSAL_MISTAKES];
    unsigned count, errors, untold;
    struct difference difference; /* against what is in force */
    char why[200];                /* why there is not even a text; "" when there is */
};

/* From `text`, or from `patch` when that is not NULL. Freed by proposal_free. NULL: no memory. */
struct proposal *proposal_make(struct configuration *configuration, const char *text, size_t length,
                               const json_t *patch);
void proposal_free(struct proposal *proposal);

/* options->text as the site it makes, with maps and limit sets as the local file's. Text, its
 * length and shown name, report and context are the caller's. As loader_load. */
int proposal_load(const struct configuration *configuration, const struct loader_options *options,
                  struct site **ret_site);

#endif

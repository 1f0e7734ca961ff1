/* The versions of the site file that came over a command: who proposed which text, what became of
 * it, and which one is in force. What is written here decides what the gateway starts with, so each
 * step is one whole file (keep.h): a crash between two leaves the version before in force.
 *
 * The local file is version 0. It is never written; whoever changes it on site wins over a version
 * from afar at the next start or reload. Validating and going over are others' (proposal.h, main).
 * Any thread may call: a token goes round among them. */
#ifndef DAEMON_CONFIGURATION_VERSIONS_H
#define DAEMON_CONFIGURATION_VERSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIGURATION_TEXT_MOST ((size_t)256 * 1024)  /* of a proposal */
#define CONFIGURATION_FILE_MOST ((size_t)1024 * 1024) /* of the local file, as config/yaml.h */
#define CONFIGURATION_KEPT      20
#define CONFIGURATION_DIGEST    65 /* SHA-256 as hexadecimal digits */
#define CONFIGURATION_NEWS      4

enum version_state {
    VERSION_PROPOSED,
    VERSION_TRIAL,
    VERSION_PROVEN, /* was in force at some time, or is */
    VERSION_ROLLED_BACK,
    VERSION_REFUSED,
    VERSION_RETIRED, /* was in force until the local file won or another version was gone back to */
    VERSION_STATES,
};

struct version {
    uint64_t number, base;                   /* base: the one it started from; 0: the local file */
    char digest[CONFIGURATION_DIGEST];       /* of the site it makes, with maps and limit sets */
    char local_digest[CONFIGURATION_DIGEST]; /* of the local file's bytes when it came */
    char who[64];
    int64_t when_utc_ms;
    char why[160];
    char origin[64]; /* destination it came over; "" for the socket */
    enum version_state state;
    char outcome[200]; /* a sentence; "" while there is none */
};

/* What opening found and changed, for main to record as events. */
struct configuration_news {
    struct {
        const char *kind;
        bool warning;
        char text[200];
    } list[CONFIGURATION_NEWS];
    size_t count;
};

struct configuration;

/* Reads STATE/configuration and settles what a crash left. Damaged files there are told of and
 * passed over: then the local file is in force. 0 or negative errno. */
int configuration_open(const char *state, const char *local_file, const char *share,
                       struct configuration **ret_configuration,
                       struct configuration_news *ret_news);
void configuration_free(struct configuration *configuration); /* accepts NULL */

const char *version_state_name(enum version_state state);
const char *configuration_local_file(const struct configuration *configuration);
const char *configuration_share(const struct configuration *configuration);

/* ---- what is there ---- */

uint64_t configuration_in_force(struct configuration *configuration); /* 0: the local file */
uint64_t configuration_on_trial(struct configuration *configuration); /* 0: none */
bool configuration_find(struct configuration *configuration, uint64_t number,
                        struct version *ret_version);
/* Newest first; how many were put in. */
size_t configuration_list(struct configuration *configuration, struct version *ret_versions,
                          size_t capacity);
/* The text of a version (0: of the local file) in memory for the caller to free, a NUL behind. */
int configuration_read(struct configuration *configuration, uint64_t number, char **ret_text,
                       size_t *ret_length);
/* A version is in force, and the local file is no longer what it was then. */
bool configuration_local_changed(struct configuration *configuration);

/* ---- what changes it; 0 or negative errno, then nothing changed ---- */

/* Keeps the text under the next number and forgets the oldest beyond CONFIGURATION_KEPT. The fields
 * number, base, local_digest and state are filled in. -ENOSPC: nothing may be forgotten. */
int configuration_propose(struct configuration *configuration, struct version *version,
                          const char *text, size_t length);
/* From here on a start goes back to what is in force now. -EBUSY: one is on trial. */
int configuration_begin_trial(struct configuration *configuration, uint64_t number,
                              int64_t until_utc_ms);
int configuration_end_trial(struct configuration *configuration, bool proven, const char *outcome);
/* Without a trial: back to a version that was proven once, or (0) to the local file. */
int configuration_go_back(struct configuration *configuration, uint64_t number,
                          const char *outcome);
void configuration_refuse(struct configuration *configuration, uint64_t number,
                          const char *outcome);

#endif

#include "daemon/configuration/versions.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "daemon/configuration/keep.h"
#include "daemon/configuration/versions_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS 1000

static void
take_token(struct configuration *configuration)
{
    char token;

    while (!queue_take(configuration->token, clock_mono_ms() + WAIT_MS, &token))
        continue;
}

static void
return_token(struct configuration *configuration)
{
    queue_post(configuration->token, "");
}

/* ---- opening: what a crash left ---- */

static void add_news(struct configuration_news *news, const char *kind, bool warning,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

static void
add_news(struct configuration_news *news, const char *kind, bool warning, const char *format, ...)
{
    va_list arguments;

    if (news->count == CONFIGURATION_NEWS)
        return;
    news->list[news->count].kind = kind;
    news->list[news->count].warning = warning;
    va_start(arguments, format);
    vsnprintf(news->list[news->count].text, sizeof news->list[0].text, format, arguments);
    va_end(arguments);
    news->count++;
}

/* In memory and on disk; that the disk does not take it is only logged: what counts for the next
 * start are `active` and `trial`. */
static void
mark(struct configuration *configuration, uint64_t number, enum version_state state,
     const char *outcome)
{
    struct version *version = versions_find(configuration, number);

    if (version == NULL)
        return;
    version->state = state;
    if (outcome != version->outcome)
        snprintf(version->outcome, sizeof version->outcome, "%s", outcome);
    int error = versions_save(configuration, version);
    if (error != 0)
        log_error("what became of version %" PRIu64 " cannot be kept: %s", number,
                  strerror(-error));
}

static int
settle_trial(struct configuration *configuration, uint64_t number, struct configuration_news *news)
{
    if (number == 0)
        return 0;
    configuration->on_trial = 0;
    if (number == configuration->in_force) { /* a crash behind the last step but one */
        mark(configuration, number, VERSION_PROVEN, "proven");
    } else {
        mark(configuration, number, VERSION_ROLLED_BACK,
             "the gateway restarted before it was proven");
        add_news(news, "configuration.rolled-back", true,
                 "version %" PRIu64 " -> %" PRIu64 ": the gateway restarted before it was proven",
                 number, configuration->in_force);
    }
    return versions_save_trial(configuration, 0, "", 0);
}

static int
retire(struct configuration *configuration, const char *why)
{
    uint64_t number = configuration->in_force;

    int error = versions_save_active(configuration, 0, "");
    if (error != 0)
        return error;
    configuration->in_force = 0;
    mark(configuration, number, VERSION_RETIRED, why);
    return 0;
}

static bool
local_changed(const struct configuration *configuration)
{
    char digest[CONFIGURATION_DIGEST];

    versions_digest_local(configuration, digest);
    return strcmp(digest, configuration->active_local_digest) != 0;
}

static int
settle_active(struct configuration *configuration, struct configuration_news *news)
{
    uint64_t number = configuration->in_force;

    if (number == 0)
        return 0;
    const struct version *version = versions_find(configuration, number);
    if (version == NULL) {
        add_news(news, "configuration.local-wins", true,
                 "version %" PRIu64 " was in force and its file is damaged: the local file holds",
                 number);
        return retire(configuration, "");
    }
    if (version->state != VERSION_PROVEN) /* a crash behind the step that counts */
        mark(configuration, number, VERSION_PROVEN, version->outcome);
    if (!local_changed(configuration))
        return 0;
    add_news(news, "configuration.local-wins", false,
             "the local file was changed while version %" PRIu64 " was in force: it wins", number);
    return retire(configuration, "the local file was changed and wins");
}

static int
open_all(struct configuration *configuration, const char *state, struct configuration_news *news)
{
    char *path = NULL;
    uint64_t trial = 0;

    if (asprintf(&path, "%s/configuration", state) < 0)
        return -ENOMEM;
    mkdir(state, 0750); /* at the very first start; the store, opened next, tells when it cannot */
    configuration->directory = keep_open(path);
    free(path);
    if (configuration->directory < 0)
        return configuration->directory;
    int error = versions_load(configuration, &trial);
    if (error == 0)
        error = settle_trial(configuration, trial, news);
    if (error == 0)
        error = settle_active(configuration, news);
    return error;
}

int
configuration_open(const char *state, const char *local_file, const char *share,
                   struct configuration **ret_configuration, struct configuration_news *ret_news)
{
    struct configuration *configuration = calloc(1, sizeof *configuration);

    if (configuration == NULL)
        return -ENOMEM;
    *ret_news = (struct configuration_news){0};
    configuration->directory = -1;
    configuration->local_file = strdup(local_file);
    configuration->share = share != NULL ? strdup(share) : NULL;
    bool has_memory = configuration->local_file != NULL &&
                      (share == NULL || configuration->share != NULL);
    int error = has_memory ? queue_new(1, 1, 0, &configuration->token) : -ENOMEM;
    if (error == 0)
        error = open_all(configuration, state, ret_news);
    if (error != 0) {
        configuration_free(configuration);
        return error;
    }
    return_token(configuration);
    *ret_configuration = configuration;
    return 0;
}

void
configuration_free(struct configuration *configuration)
{
    if (configuration == NULL)
        return;
    if (configuration->directory >= 0)
        close(configuration->directory);
    queue_free(configuration->token);
    free(configuration->local_file);
    free(configuration->share);
    free(configuration);
}

/* ---- what is there ---- */

const char *
configuration_local_file(const struct configuration *configuration)
{
    return configuration->local_file;
}

const char *
configuration_share(const struct configuration *configuration)
{
    return configuration->share;
}

uint64_t
configuration_in_force(struct configuration *configuration)
{
    take_token(configuration);
    uint64_t number = configuration->in_force;
    return_token(configuration);
    return number;
}

uint64_t
configuration_on_trial(struct configuration *configuration)
{
    take_token(configuration);
    uint64_t number = configuration->on_trial;
    return_token(configuration);
    return number;
}

bool
configuration_find(struct configuration *configuration, uint64_t number,
                   struct version *ret_version)
{
    take_token(configuration);
    const struct version *version = versions_find(configuration, number);
    if (version != NULL)
        *ret_version = *version;
    return_token(configuration);
    return version != NULL;
}

size_t
configuration_list(struct configuration *configuration, struct version *ret_versions,
                   size_t capacity)
{
    size_t count = 0;

    take_token(configuration);
    for (size_t i = configuration->count; i > 0 && count < capacity; i--)
        ret_versions[count++] = configuration->list[i - 1];
    return_token(configuration);
    return count;
}

int
configuration_read(struct configuration *configuration, uint64_t number, char **ret_text,
                   size_t *ret_length)
{
    char name[40];

    if (number == 0)
        return keep_read(AT_FDCWD, configuration->local_file, CONFIGURATION_FILE_MOST, ret_text,
                         ret_length);
    snprintf(name, sizeof name, "%04" PRIu64 ".yaml", number);
    return keep_read(configuration->directory, name, CONFIGURATION_FILE_MOST, ret_text, ret_length);
}

bool
configuration_local_changed(struct configuration *configuration)
{
    take_token(configuration);
    bool changed = configuration->in_force != 0 && local_changed(configuration);
    return_token(configuration);
    return changed;
}

/* ---- what changes it ---- */

static int
propose(struct configuration *configuration, struct version *version, const char *text,
        size_t length)
{
    char name[40];

    if (length > CONFIGURATION_TEXT_MOST)
        return -EFBIG;
    while (configuration->count >= CONFIGURATION_KEPT)
        if (!versions_forget(configuration))
            return -ENOSPC;
    version->number = configuration->next;
    version->base = configuration->in_force;
    version->state = VERSION_PROPOSED;
    versions_digest_local(configuration, version->local_digest);
    snprintf(name, sizeof name, "%04" PRIu64 ".yaml", version->number);
    int error = keep_write(configuration->directory, name, text, length);
    if (error == 0)
        error = versions_save(configuration, version);
    if (error != 0) {
        keep_remove(configuration->directory, name);
        return error;
    }
    configuration->next++;
    configuration->list[configuration->count++] = *version;
    return 0;
}

int
configuration_propose(struct configuration *configuration, struct version *version,
                      const char *text, size_t length)
{
    take_token(configuration);
    int error = propose(configuration, version, text, length);
    return_token(configuration);
    return error;
}

static int
begin_trial(struct configuration *configuration, uint64_t number, int64_t until_utc_ms)
{
    if (configuration->on_trial != 0)
        return -EBUSY;
    if (versions_find(configuration, number) == NULL)
        return -ENOENT;
    versions_digest_local(configuration, configuration->trial_local_digest);
    int error = versions_save_trial(configuration, number, configuration->trial_local_digest,
                                    until_utc_ms);
    if (error != 0) {
        versions_save_trial(configuration, 0, "", 0); /* it may stand there all the same */
        return error;
    }
    configuration->on_trial = number;
    mark(configuration, number, VERSION_TRIAL, "");
    return 0;
}

int
configuration_begin_trial(struct configuration *configuration, uint64_t number,
                          int64_t until_utc_ms)
{
    take_token(configuration);
    int error = begin_trial(configuration, number, until_utc_ms);
    return_token(configuration);
    return error;
}

/* Makes that version the one to start with. */
static int
put_in_force(struct configuration *configuration, uint64_t number, const char *local_digest)
{
    uint64_t before = configuration->in_force;

    int error = versions_save_active(configuration, number, local_digest);
    if (error != 0) { /* it may stand there all the same */
        versions_save_active(configuration, before, configuration->active_local_digest);
        return error;
    }
    snprintf(configuration->active_local_digest, sizeof configuration->active_local_digest, "%s",
             local_digest);
    configuration->in_force = number;
    if (before != number && before != 0) {
        char outcome[80];
        if (number != 0)
            snprintf(outcome, sizeof outcome, "version %" PRIu64 " took its place", number);
        else
            snprintf(outcome, sizeof outcome, "the local file took its place");
        mark(configuration, before, VERSION_RETIRED, outcome);
    }
    return 0;
}

static int
end_trial(struct configuration *configuration, bool proven, const char *outcome)
{
    uint64_t number = configuration->on_trial;

    if (number == 0)
        return -EINVAL;
    if (proven) {
        int error = put_in_force(configuration, number, configuration->trial_local_digest);
        if (error != 0)
            return error;
    }
    configuration->on_trial = 0;
    mark(configuration, number, proven ? VERSION_PROVEN : VERSION_ROLLED_BACK, outcome);
    int error = versions_save_trial(configuration, 0, "", 0);
    if (error != 0) /* a start would settle it the same way */
        log_error("the end of the trial cannot be kept: %s", strerror(-error));
    return 0;
}

int
configuration_end_trial(struct configuration *configuration, bool proven, const char *outcome)
{
    take_token(configuration);
    int error = end_trial(configuration, proven, outcome);
    return_token(configuration);
    return error;
}

static int
go_back(struct configuration *configuration, uint64_t number, const char *outcome)
{
    char digest[CONFIGURATION_DIGEST];
    const struct version *version = versions_find(configuration, number);

    if (configuration->on_trial != 0)
        return -EBUSY;
    if (number != 0 && version == NULL)
        return -ENOENT;
    if (version != NULL && version->state != VERSION_PROVEN && version->state != VERSION_RETIRED)
        return -EPERM;
    versions_digest_local(configuration, digest);
    int error = put_in_force(configuration, number, digest);
    if (error == 0 && number != 0)
        mark(configuration, number, VERSION_PROVEN, outcome);
    return error;
}

int
configuration_go_back(struct configuration *configuration, uint64_t number, const char *outcome)
{
    take_token(configuration);
    int error = go_back(configuration, number, outcome);
    return_token(configuration);
    return error;
}

void
configuration_refuse(struct configuration *configuration, uint64_t number, const char *outcome)
{
    take_token(configuration);
    if (number != 0 && number != configuration->in_force && number != configuration->on_trial)
        mark(configuration, number, VERSION_REFUSED, outcome);
    return_token(configuration);
}

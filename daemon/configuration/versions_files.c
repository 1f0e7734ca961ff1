/* How versions lie in STATE/configuration: NNNN.yaml (the text), NNNN.json (what is known of it),
 * `active` and `trial`. The text is written before its JSON, so a JSON without text is damage and
 * a text without JSON is a proposal that a crash cut off: taken away. */
#include "daemon/configuration/versions_parts.h"

#include "base/log.h"
#include "daemon/configuration/keep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JSON_MOST   8192
#define NAME_SIZE   40
#define NUMBER_MOST 999999999U

static const char *const STATES[VERSION_STATES] = {
    [VERSION_PROPOSED] = "proposed", [VERSION_TRIAL] = "trial",
    [VERSION_PROVEN] = "proven",     [VERSION_ROLLED_BACK] = "rolled-back",
    [VERSION_REFUSED] = "refused",   [VERSION_RETIRED] = "retired",
};

const char *
version_state_name(enum version_state state)
{
    return STATES[state];
}

struct version *
versions_find(struct configuration *configuration, uint64_t number)
{
    for (size_t i = 0; i < configuration->count; i++)
        if (configuration->list[i].number == number)
            return &configuration->list[i];
    return NULL;
}

static void
print_name(uint64_t number, const char *end, char ret_name[NAME_SIZE])
{
    snprintf(ret_name, NAME_SIZE, "%04" PRIu64 ".%s", number, end);
}

/* ---- writing ---- */

/* Takes the reference. */
static int
save_json(struct configuration *configuration, const char *name, json_t *root)
{
    char *text = root != NULL ? json_dumps(root, JSON_INDENT(1)) : NULL;
    int error = -ENOMEM;

    if (text != NULL)
        error = keep_write(configuration->directory, name, text, strlen(text));
    free(text);
    json_decref(root);
    return error;
}

int
versions_save(struct configuration *configuration, const struct version *version)
{
    char name[NAME_SIZE];

    print_name(version->number, "json", name);
    return save_json(configuration, name,
                     json_pack("{s:I, s:s, s:I, s:s, s:s, s:I, s:s, s:s, s:s, s:s}", "number",
                               (json_int_t)version->number, "digest", version->digest, "base",
                               (json_int_t)version->base, "local_digest", version->local_digest,
                               "who", version->who, "when_utc_ms", (json_int_t)version->when_utc_ms,
                               "why", version->why, "origin", version->origin, "state",
                               STATES[version->state], "outcome", version->outcome));
}

int
versions_save_active(struct configuration *configuration, uint64_t number, const char *local_digest)
{
    if (number == 0)
        return keep_remove(configuration->directory, "active");
    return save_json(
        configuration, "active",
        json_pack("{s:I, s:s}", "number", (json_int_t)number, "local_digest", local_digest));
}

int
versions_save_trial(struct configuration *configuration, uint64_t number, const char *local_digest,
                    int64_t until_utc_ms)
{
    if (number == 0)
        return keep_remove(configuration->directory, "trial");
    return save_json(configuration, "trial",
                     json_pack("{s:I, s:I, s:s, s:I}", "number", (json_int_t)number, "previous",
                               (json_int_t)configuration->in_force, "local_digest", local_digest,
                               "until_utc_ms", (json_int_t)until_utc_ms));
}

bool
versions_forget(struct configuration *configuration)
{
    char name[NAME_SIZE];
    size_t i = 0;

    while (i < configuration->count && (configuration->list[i].number == configuration->in_force ||
                                        configuration->list[i].number == configuration->on_trial))
        i++;
    if (i == configuration->count)
        return false;
    print_name(configuration->list[i].number, "json", name);
    keep_remove(configuration->directory, name);
    print_name(configuration->list[i].number, "yaml", name);
    keep_remove(configuration->directory, name);
    configuration->count--;
    memmove(&configuration->list[i], &configuration->list[i + 1],
            (configuration->count - i) * sizeof *configuration->list);
    return true;
}

/* ---- reading ---- */

static json_t *
load_json(struct configuration *configuration, const char *name)
{
    char *text = NULL;
    size_t length = 0;

    int error = keep_read(configuration->directory, name, JSON_MOST, &text, &length);
    if (error != 0) {
        if (error != -ENOENT)
            log_error("configuration/%s cannot be read: %s", name, strerror(-error));
        return NULL;
    }
    json_t *root = json_loadb(text, length, 0, NULL);
    free(text);
    if (!json_is_object(root)) {
        log_error("configuration/%s is damaged and passed over", name);
        json_decref(root);
        return NULL;
    }
    return root;
}

static void
copy_text(const json_t *root, const char *key, char *ret_text, size_t size)
{
    const char *text = json_string_value(json_object_get(root, key));

    snprintf(ret_text, size, "%s", text != NULL ? text : "");
}

static uint64_t
read_natural(const json_t *root, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(root, key));

    return value > 0 ? (uint64_t)value : 0;
}

static bool
read_version(const json_t *root, struct version *ret_version)
{
    char state[20];

    *ret_version = (struct version){.number = read_natural(root, "number"),
                                    .base = read_natural(root, "base"),
                                    .when_utc_ms = (int64_t)read_natural(root, "when_utc_ms")};
    copy_text(root, "digest", ret_version->digest, sizeof ret_version->digest);
    copy_text(root, "local_digest", ret_version->local_digest, sizeof ret_version->local_digest);
    copy_text(root, "who", ret_version->who, sizeof ret_version->who);
    copy_text(root, "why", ret_version->why, sizeof ret_version->why);
    copy_text(root, "origin", ret_version->origin, sizeof ret_version->origin);
    copy_text(root, "outcome", ret_version->outcome, sizeof ret_version->outcome);
    copy_text(root, "state", state, sizeof state);
    for (int i = 0; i < VERSION_STATES; i++)
        if (!strcmp(state, STATES[i])) {
            ret_version->state = (enum version_state)i;
            return true;
        }
    return false;
}

static void
load_version(struct configuration *configuration, uint64_t number)
{
    struct version version;
    char name[NAME_SIZE];

    print_name(number, "json", name);
    json_t *root = load_json(configuration, name);
    if (root == NULL || !read_version(root, &version) || version.number != number) {
        json_decref(root);
        print_name(number, "yaml", name);
        keep_remove(configuration->directory, name);
        return;
    }
    json_decref(root);
    if (configuration->count == VERSIONS_ROOM)
        versions_forget(configuration);
    size_t at = configuration->count++;
    while (at > 0 && configuration->list[at - 1].number > number) {
        configuration->list[at] = configuration->list[at - 1];
        at--;
    }
    configuration->list[at] = version;
}

/* The number of NNNN.yaml; 0: another file. */
static uint64_t
read_number(const char *name)
{
    char *end;

    if (*name < '0' || *name > '9')
        return 0;
    unsigned long long number = strtoull(name, &end, 10);
    return number <= NUMBER_MOST && !strcmp(end, ".yaml") ? number : 0;
}

static int
load_list(struct configuration *configuration)
{
    int again = openat(configuration->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = again < 0 ? NULL : fdopendir(again);
    struct dirent *entry;

    if (directory == NULL) {
        int error = -errno;
        if (again >= 0)
            close(again);
        return error;
    }
    while ((entry = readdir(directory)) != NULL) {
        uint64_t number = read_number(entry->d_name);
        if (number == 0)
            continue;
        if (number >= configuration->next)
            configuration->next = number + 1;
        load_version(configuration, number);
    }
    closedir(directory);
    return 0;
}

int
versions_load(struct configuration *configuration, uint64_t *ret_trial)
{
    configuration->next = 1;
    json_t *active = load_json(configuration, "active");
    configuration->in_force = read_natural(active, "number");
    copy_text(active, "local_digest", configuration->active_local_digest,
              sizeof configuration->active_local_digest);
    json_decref(active);
    json_t *trial = load_json(configuration, "trial");
    *ret_trial = configuration->on_trial = read_natural(trial, "number");
    copy_text(trial, "local_digest", configuration->trial_local_digest,
              sizeof configuration->trial_local_digest);
    json_decref(trial);
    return load_list(configuration);
}

void
versions_digest_local(const struct configuration *configuration,
                      char ret_digest[CONFIGURATION_DIGEST])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    char *text = NULL;
    size_t length = 0;

    ret_digest[0] = '\0';
    if (keep_read(AT_FDCWD, configuration->local_file, CONFIGURATION_FILE_MOST, &text, &length) !=
        0)
        return;
    if (EVP_Digest(text, length, hash, &size, EVP_sha256(), NULL) == 1 && size == 32)
        for (unsigned i = 0; i < size; i++)
            snprintf(ret_digest + 2 * (size_t)i, 3, "%02x", hash[i]);
    free(text);
}

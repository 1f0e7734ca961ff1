#include "daemon/command/files.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/whole_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FOLDER      "files"
#define PATH        320
#define DESCRIPTION 600
#define SEEN        256 /* of a folder that somebody else filled */

/* ---- names ---- */

static bool
is_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.TZ");

    return length > 0 && length < FILES_NAME && name[length] == '\0' && name[0] != '.' &&
           strstr(name, "..") == NULL;
}

static void
place(const char *state, const char *name, const char *behind, char ret_path[PATH])
{
    snprintf(ret_path, PATH, "%.200s/" FOLDER "/%.95s%.10s", state, name, behind);
}

/* KIND-UTC[-SUBJECT][-N].EXTENSION, N for the next one within a second. */
static int
choose_name(const char *state, const char *kind, const char *subject, const char *extension,
            struct files_draft *draft)
{
    time_t seconds = (time_t)(draft->entry.made_utc_ms / 1000);
    char moment[20], again[8] = "", path[PATH];
    struct tm at;

    gmtime_r(&seconds, &at);
    strftime(moment, sizeof moment, "%Y%m%dT%H%M%SZ", &at);
    for (unsigned n = 2; n < 100; n++) {
        snprintf(draft->entry.name, sizeof draft->entry.name, "%.15s-%s%s%.40s%s.%.12s", kind,
                 moment, *subject != '\0' ? "-" : "", subject, again, extension);
        if (!is_name(draft->entry.name))
            return -EINVAL;
        place(state, draft->entry.name, "", path);
        place(state, draft->entry.name, ".part", draft->path);
        if (access(path, F_OK) != 0 && access(draft->path, F_OK) != 0)
            return 0;
        snprintf(again, sizeof again, "-%u", n);
    }
    return -EEXIST;
}

/* ---- writing ---- */

/* Locked, so that no other thread's sweep takes it for one left behind; one that came in between
 * opening and locking has taken it, and it is made again. */
static int
open_draft(const char *path, int *ret_file)
{
    struct stat status = {0};

    for (int tries = 0; tries < 20; tries++) {
        int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (file < 0)
            return -errno;
        bool is_locked = flock(file, LOCK_EX) == 0 && fstat(file, &status) == 0;
        int error = is_locked ? 0 : -errno;
        if (is_locked && status.st_nlink > 0) {
            *ret_file = file;
            return 0;
        }
        close(file);
        if (error != 0 && error != -EINTR)
            return error;
    }
    return -EAGAIN;
}

int
files_begin(const char *state, const char *kind, const char *subject, const char *extension,
            struct files_draft *ret_draft)
{
    struct files_draft draft = {.entry.made_utc_ms = clock_utc_ms()};
    char folder[PATH];

    snprintf(folder, sizeof folder, "%.200s/" FOLDER, state);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return -errno;
    int error = choose_name(state, kind, subject, extension, &draft);
    if (error != 0)
        return error;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    if (digest == NULL || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(digest);
        return -ENOMEM;
    }
    draft.digest = digest;
    error = open_draft(draft.path, &draft.file);
    if (error != 0) {
        EVP_MD_CTX_free(digest);
        return error;
    }
    *ret_draft = draft;
    return 0;
}

bool
files_write(struct files_draft *draft, const void *bytes, size_t length)
{
    const char *at = bytes;
    size_t left = length;

    if (draft->error != 0 || draft->entry.bytes + (int64_t)length > FILES_LARGE)
        return false;
    while (left > 0) {
        ssize_t wrote = write(draft->file, at, left);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            draft->error = wrote < 0 ? -errno : -EIO;
            return false;
        }
        at += wrote;
        left -= (size_t)wrote;
    }
    EVP_DigestUpdate(draft->digest, bytes, length);
    draft->entry.bytes += (int64_t)length;
    return true;
}

static void
set_digest(struct files_draft *draft)
{
    uint8_t hash[32];
    unsigned size = 0;

    EVP_DigestFinal_ex(draft->digest, hash, &size);
    for (size_t i = 0; i < sizeof hash; i++)
        snprintf(draft->entry.sha256 + 2 * i, 3, "%02x", hash[i]);
}

static int
describe(const struct file_entry *entry, const char *state)
{
    uint8_t text[DESCRIPTION];
    char path[PATH];
    struct buf buf;
    struct json json;

    buf_init(&buf, text, sizeof text);
    json_init(&json, &buf);
    json_begin_object(&json);
    json_put_text(&json, "who", entry->who);
    json_put_integer(&json, "made", entry->made_utc_ms);
    json_put_integer(&json, "bytes", entry->bytes);
    json_put_text(&json, "sha256", entry->sha256);
    json_end_object(&json);
    place(state, entry->name, ".json", path);
    return whole_file_write(path, buf.data, buf.length);
}

static void
drop(const char *state, const char *name)
{
    char path[PATH];

    place(state, name, "", path);
    unlink(path);
    place(state, name, ".json", path);
    unlink(path);
}

static void make_room(const char *state);

int
files_finish(struct files_draft *draft, const char *state, const char *who)
{
    char path[PATH];
    int error = draft->error;

    snprintf(draft->entry.who, sizeof draft->entry.who, "%s", who);
    set_digest(draft);
    EVP_MD_CTX_free(draft->digest);
    if (error == 0 && fsync(draft->file) != 0)
        error = -errno;
    place(state, draft->entry.name, "", path);
    if (error == 0)
        error = describe(&draft->entry, state);
    if (error == 0 && rename(draft->path, path) != 0)
        error = -errno;
    close(draft->file); /* locked until it has its name: no sweep takes it */
    if (error != 0) {
        unlink(draft->path);
        drop(state, draft->entry.name);
        return error;
    }
    make_room(state);
    return 0;
}

void
files_abandon(struct files_draft *draft)
{
    EVP_MD_CTX_free(draft->digest);
    close(draft->file);
    unlink(draft->path);
}

/* ---- reading ---- */

static bool
read_description(const char *state, const char *name, struct file_entry *ret_entry)
{
    char text[DESCRIPTION], path[PATH];
    size_t length;

    place(state, name, ".json", path);
    if (whole_file_read(path, text, sizeof text, &length) != 0)
        return false;
    json_t *said = json_loadb(text, length, 0, NULL);
    const char *who = json_string_value(json_object_get(said, "who"));
    const char *sha256 = json_string_value(json_object_get(said, "sha256"));
    bool good = who != NULL && sha256 != NULL;
    *ret_entry = (struct file_entry){
        .made_utc_ms = json_integer_value(json_object_get(said, "made")),
        .bytes = json_integer_value(json_object_get(said, "bytes"))};
    snprintf(ret_entry->name, sizeof ret_entry->name, "%s", name);
    if (good) {
        snprintf(ret_entry->who, sizeof ret_entry->who, "%s", who);
        snprintf(ret_entry->sha256, sizeof ret_entry->sha256, "%s", sha256);
    }
    json_decref(said);
    return good;
}

int
files_find(const char *state, const char *name, struct file_entry *ret_entry)
{
    char path[PATH];

    if (!is_name(name))
        return -ENOENT;
    place(state, name, "", path);
    return access(path, R_OK) == 0 && read_description(state, name, ret_entry) ? 0 : -ENOENT;
}

static bool
ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), behind = strlen(end);

    return length >= behind && strcmp(name + length - behind, end) == 0;
}

static int
newer_first(const void *a, const void *b)
{
    const struct file_entry *left = a, *right = b;

    if (left->made_utc_ms != right->made_utc_ms)
        return left->made_utc_ms < right->made_utc_ms ? 1 : -1;
    return strcmp(right->name, left->name);
}

/* All there are, newest first. */
static size_t
look(const char *state, struct file_entry *entries, size_t most)
{
    char path[PATH];
    size_t count = 0;

    snprintf(path, sizeof path, "%.200s/" FOLDER, state);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return 0;
    for (const struct dirent *found; count < most && (found = readdir(folder)) != NULL;)
        if (!ends_with(found->d_name, ".json") && !ends_with(found->d_name, ".part") &&
            files_find(state, found->d_name, &entries[count]) == 0)
            count++;
    closedir(folder);
    qsort(entries, count, sizeof *entries, newer_first);
    return count;
}

/* What a lost supply left half written: nobody holds its lock any more. */
static void
sweep(const char *state)
{
    char path[PATH];

    snprintf(path, sizeof path, "%.200s/" FOLDER, state);
    DIR *folder = opendir(path);
    for (const struct dirent *found; folder != NULL && (found = readdir(folder)) != NULL;) {
        if (!ends_with(found->d_name, ".part"))
            continue;
        place(state, found->d_name, "", path);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0)
            unlink(path);
        if (file >= 0)
            close(file);
    }
    if (folder != NULL)
        closedir(folder);
}

static void
make_room(const char *state)
{
    struct file_entry *entries = calloc(SEEN, sizeof *entries);
    int64_t bytes = 0;

    sweep(state);
    if (entries == NULL)
        return;
    size_t count = look(state, entries, SEEN);
    for (size_t i = 0; i < count; i++) {
        bytes += entries[i].bytes;
        if (i >= FILES_MOST || bytes > FILES_BYTES)
            drop(state, entries[i].name);
    }
    free(entries);
}

size_t
files_list(const char *state, struct file_entry ret_entries[FILES_MOST])
{
    return look(state, ret_entries, FILES_MOST);
}

long
files_read(const char *state, const char *name, int64_t offset, void *ret_bytes, size_t capacity)
{
    char path[PATH];

    if (!is_name(name))
        return -ENOENT;
    place(state, name, "", path);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -errno;
    ssize_t got = pread(file, ret_bytes, capacity, offset);
    long result = got < 0 ? -errno : (long)got;
    close(file);
    return result;
}

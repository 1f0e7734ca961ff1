/* Files that commands make for people to fetch: recordings of a bus, diagnostics. They lie in
 * STATE/files, mode 0600, each with its description NAME.json beside it; the oldest go when there
 * are too many or too large ones. Names are ours alone, so that nobody reaches another file. */
#ifndef DAEMON_COMMAND_FILES_H
#define DAEMON_COMMAND_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILES_MOST   32
#define FILES_BYTES  (64LL << 20)
#define FILES_LARGE  (16LL << 20) /* one file at most */
#define FILES_NAME   96
#define FILES_SHA256 65 /* hexadecimal, with its NUL */

struct file_entry {
    char name[FILES_NAME];
    char who[64];
    int64_t made_utc_ms, bytes;
    char sha256[FILES_SHA256];
};

/* One being written. */
struct files_draft {
    struct file_entry entry;
    char path[320]; /* of what is not finished */
    int file;
    void *digest;
    int error;
};

/* KIND-UTC[-SUBJECT][-N].EXTENSION; kind and subject are names [a-z0-9-]. 0 or negative errno
 * (-EINVAL: that is no name). */
int files_begin(const char *state, const char *kind, const char *subject, const char *extension,
                struct files_draft *ret_draft);

/* False when the file is as large as it may become, or the disk refuses (files_finish says). */
bool files_write(struct files_draft *draft, const void *bytes, size_t length);

/* The file is there under its name, then the oldest beyond the bounds go. 0, or negative errno:
 * then it is gone. */
int files_finish(struct files_draft *draft, const char *state, const char *who);

/* Instead of files_finish: nothing stays. */
void files_abandon(struct files_draft *draft);

/* Newest first; how many. */
size_t files_list(const char *state, struct file_entry ret_entries[FILES_MOST]);

/* -ENOENT: there is none of that name. */
int files_find(const char *state, const char *name, struct file_entry *ret_entry);

/* Bytes from `offset` on, at most `capacity`; how many, or negative errno. */
long files_read(const char *state, const char *name, int64_t offset, void *ret_bytes,
                size_t capacity);

#endif

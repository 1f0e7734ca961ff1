/* Small files that must not be half there: written beside the old one, flushed, put in its place,
 * and the directory flushed, so that whatever the power does there is the old one or the new one.
 * Knows nothing of what is in them. */
#ifndef DAEMON_CONFIGURATION_KEEP_H
#define DAEMON_CONFIGURATION_KEEP_H

#include <stddef.h>

/* Makes and opens the directory (0700): a descriptor or negative errno. */
int keep_open(const char *path);

/* 0 or negative errno; then the old file is still there. The file is 0600. */
int keep_write(int directory, const char *name, const void *bytes, size_t length);

/* Bytes in memory of the caller's (free), a NUL behind them that does not count. -ENOENT,
 * -EFBIG above `most`, or another negative errno. */
int keep_read(int directory, const char *name, size_t most, char **ret_bytes, size_t *ret_length);

/* A file that is not there is no error. */
int keep_remove(int directory, const char *name);

#endif

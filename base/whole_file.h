/* Small files that are there whole or not at all, whatever the power does: written beside, made
 * durable, then renamed over the old one. */
#ifndef BASE_WHOLE_FILE_H
#define BASE_WHOLE_FILE_H

#include <stddef.h>

/* Mode 0600. 0 or negative errno; after an error the old file stands as it was. */
int whole_file_write(const char *path, const void *bytes, size_t length);

/* At most `capacity` bytes. 0 or negative errno; -EFBIG: it is longer. */
int whole_file_read(const char *path, void *ret_bytes, size_t capacity, size_t *ret_length);

#endif

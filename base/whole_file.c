/* The directory is made durable as well, or a rename could be undone by a loss of power. */
#include "base/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static int
sync_directory(const char *path)
{
    char directory[4096];

    snprintf(directory, sizeof directory, "%s", path);
    int fd = open(dirname(directory), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = fsync(fd) != 0 ? -errno : 0;
    close(fd);
    return error;
}

static int
write_all(int fd, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? -errno : -ENOSPC;
        bytes += written;
        length -= (size_t)written;
    }
    return fsync(fd) != 0 ? -errno : 0;
}

int
whole_file_write(const char *path, const void *bytes, size_t length)
{
    char half[4096];

    if ((size_t)snprintf(half, sizeof half, "%s.new", path) >= sizeof half)
        return -ENAMETOOLONG;
    int fd = open(half, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int error = write_all(fd, bytes, length);
    close(fd);
    if (error == 0 && rename(half, path) != 0)
        error = -errno;
    if (error != 0) {
        unlink(half);
        return error;
    }
    return sync_directory(path);
}

int
whole_file_read(const char *path, void *ret_bytes, size_t capacity, size_t *ret_length)
{
    uint8_t more;
    uint8_t *bytes = ret_bytes;
    size_t length = 0;
    bool ended = false;

    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    while (!ended) {
        bool full = length == capacity;
        ssize_t got = read(fd, full ? &more : bytes + length, full ? 1 : capacity - length);
        if (got < 0 && errno == EINTR)
            continue;
        int error = got < 0 ? -errno : full && got > 0 ? -EFBIG : 0;
        if (error != 0) {
            close(fd);
            return error;
        }
        length += (size_t)got;
        ended = got == 0;
    }
    close(fd);
    *ret_length = length;
    return 0;
}

#include "daemon/configuration/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HALF_WRITTEN "half-written"

int
keep_open(const char *path)
{
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return -errno;
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return directory < 0 ? -errno : directory;
}

static int
write_all(int fd, const void *from, size_t length)
{
    const char *bytes = from;

    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? -errno : -EIO;
        bytes += written;
        length -= (size_t)written;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

int
keep_write(int directory, const char *name, const void *bytes, size_t length)
{
    int fd = openat(directory, HALF_WRITTEN, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                    0600);

    if (fd < 0)
        return -errno;
    int error = write_all(fd, bytes, length);
    if (close(fd) < 0 && error == 0)
        error = -errno;
    if (error == 0 && renameat(directory, HALF_WRITTEN, directory, name) < 0)
        error = -errno;
    if (error != 0) {
        unlinkat(directory, HALF_WRITTEN, 0);
        return error;
    }
    return fsync(directory) < 0 ? -errno : 0;
}

static int
read_all(int fd, size_t most, char **ret_bytes, size_t *ret_length)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EINVAL;
    if (status.st_size < 0 || (uint64_t)status.st_size > most)
        return -EFBIG;
    size_t size = (size_t)status.st_size, length = 0;
    char *bytes = malloc(size + 1);
    if (bytes == NULL)
        return -ENOMEM;
    while (length < size) {
        ssize_t got = read(fd, bytes + length, size - length);
        if (got == 0 || (got < 0 && errno != EINTR))
            break;
        length += got > 0 ? (size_t)got : 0;
    }
    bytes[length] = '\0';
    *ret_bytes = bytes;
    *ret_length = length;
    return 0;
}

int
keep_read(int directory, const char *name, size_t most, char **ret_bytes, size_t *ret_length)
{
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return -errno;
    int error = read_all(fd, most, ret_bytes, ret_length);
    close(fd);
    return error;
}

int
keep_remove(int directory, const char *name)
{
    if (unlinkat(directory, name, 0) < 0)
        return errno == ENOENT ? 0 : -errno;
    return fsync(directory) < 0 ? -errno : 0;
}

/* flog: a disk that remembers. A FUSE file system with two files: `disk`, for a loop device, whose
 * every write and flush goes into a log in the order in which it came, and `marks`, where a test
 * writes a short text that takes its place in the same order. tests/lab/powerlog.py replays the log
 * up to any place.
 *
 * usage: flog IMAGE LOG MOUNTPOINT
 *
 * The log is a row of entries: head (`struct entry`, this machine's byte order), then `length`
 * bytes. IMAGE takes the writes as well, so that what is read back is what was written. One thread:
 * a flush stands behind exactly those writes that were answered before it. */
#define _GNU_SOURCE
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { KIND_WRITE = 1, KIND_FLUSH = 2, KIND_MARK = 3 };

struct entry {
    uint32_t kind, length;
    uint64_t offset;
};

static int image = -1, logged = -1;
static off_t size;

static int
add(enum kind kind, off_t offset, const char *data, size_t length)
{
    struct entry entry = {(uint32_t)kind, (uint32_t)length, (uint64_t)offset};
    struct iovec parts[2] = {{&entry, sizeof entry}, {(void *)(uintptr_t)data, length}};

    ssize_t written = writev(logged, parts, length > 0 ? 2 : 1);
    return written == (ssize_t)(sizeof entry + length) ? 0 : -EIO;
}

static bool
is_marks(const char *path)
{
    return strcmp(path, "/marks") == 0;
}

static int
flog_getattr(const char *path, struct stat *ret, struct fuse_file_info *info)
{
    (void)info;
    memset(ret, 0, sizeof *ret);
    if (strcmp(path, "/") == 0) {
        ret->st_mode = S_IFDIR | 0755;
        ret->st_nlink = 2;
        return 0;
    }
    if (strcmp(path, "/disk") != 0 && !is_marks(path))
        return -ENOENT;
    ret->st_mode = S_IFREG | 0600;
    ret->st_nlink = 1;
    ret->st_size = is_marks(path) ? 0 : size;
    return 0;
}

static int
flog_open(const char *path, struct fuse_file_info *info)
{
    if (strcmp(path, "/disk") != 0 && !is_marks(path))
        return -ENOENT;
    info->direct_io = 1;
    return 0;
}

static int
flog_read(const char *path, char *data, size_t length, off_t offset, struct fuse_file_info *info)
{
    (void)info;
    if (is_marks(path))
        return 0;
    ssize_t got = pread(image, data, length, offset);
    return got < 0 ? -errno : (int)got;
}

static int
flog_write(const char *path, const char *data, size_t length, off_t offset,
           struct fuse_file_info *info)
{
    (void)info;
    if (is_marks(path)) {
        int error = add(KIND_MARK, 0, data, length);
        return error != 0 ? error : (int)length;
    }
    if (offset % 512 != 0 || length % 512 != 0 || offset + (off_t)length > size)
        return -EINVAL;
    if (pwrite(image, data, length, offset) != (ssize_t)length)
        return -EIO;
    int error = add(KIND_WRITE, offset, data, length);
    return error != 0 ? error : (int)length;
}

static int
flog_fsync(const char *path, int data_only, struct fuse_file_info *info)
{
    (void)data_only;
    (void)info;
    return is_marks(path) ? 0 : add(KIND_FLUSH, 0, NULL, 0);
}

static const struct fuse_operations OPERATIONS = {.getattr = flog_getattr,
                                                  .open = flog_open,
                                                  .read = flog_read,
                                                  .write = flog_write,
                                                  .fsync = flog_fsync};

int
main(int argc, char **argv)
{
    struct stat state;

    if (argc != 4) {
        fprintf(stderr, "usage: flog IMAGE LOG MOUNTPOINT\n");
        return 2;
    }
    image = open(argv[1], O_RDWR | O_CLOEXEC);
    logged = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (image < 0 || logged < 0 || fstat(image, &state) != 0) {
        perror("flog");
        return 1;
    }
    size = state.st_size;
    char *arguments[] = {argv[0], "-f", "-s", argv[3], NULL};
    return fuse_main(4, arguments, &OPERATIONS, NULL);
}

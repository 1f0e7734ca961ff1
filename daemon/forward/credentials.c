/* Read anew at each attempt to connect, so that a changed password needs no restart. systemd gives
 * a service its credentials through an access list, which shows as group-readable: there the
 * group's bits say nothing, and only what everybody may read is refused. */
#include "daemon/forward/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
check(const char *path, const char *what, mode_t forbidden, char ret_error[200])
{
    struct stat status;
    if (stat(path, &status) < 0 || access(path, R_OK) < 0) {
        int rc = -errno;
        snprintf(ret_error, 200, "cannot read the %s %.100s: %s", what, path, strerror(-rc));
        return rc;
    }
    if (!S_ISREG(status.st_mode)) {
        snprintf(ret_error, 200, "the %s %.100s is not a file", what, path);
        return -EINVAL;
    }
    if (status.st_mode & forbidden) {
        snprintf(ret_error, 200, "the %s %.100s can be read by others: chmod 600 it", what, path);
        return -EPERM;
    }
    return 0;
}

int
credentials_find(const char *directory, const char *name, const char *what, bool secret,
                 char ret_path[CREDENTIALS_PATH], char ret_error[200])
{
    char path[CREDENTIALS_PATH];
    bool is_path = strchr(name, '/') != NULL;
    if (!is_path && !directory) {
        snprintf(
            ret_error, 200,
            "no credential %.60s for the %s: the service has none (LoadCredential=), and a file "
            "is written with a slash",
            name, what);
        return -ENOENT;
    }
    int length = is_path ? snprintf(path, sizeof path, "%s", name)
                         : snprintf(path, sizeof path, "%s/%s", directory, name);
    if (length < 0 || (size_t)length >= sizeof path) {
        snprintf(ret_error, 200, "the path of the %s is longer than %d bytes", what,
                 CREDENTIALS_PATH - 1);
        return -ENAMETOOLONG;
    }
    mode_t forbidden = secret ? (is_path ? 077 : 007) : 0;
    int rc = check(path, what, forbidden, ret_error);
    if (rc == 0)
        memcpy(ret_path, path, (size_t)length + 1);
    return rc;
}

int
credentials_read(const char *directory, const char *name, const char *what,
                 char ret_secret[CREDENTIALS_SECRET], char ret_error[200])
{
    char path[CREDENTIALS_PATH], secret[CREDENTIALS_SECRET] = {0};
    int rc = credentials_find(directory, name, what, true, path, ret_error);
    if (rc < 0)
        return rc;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, secret, sizeof secret);
    if (file >= 0)
        close(file);
    if (length < 0 || length == (ssize_t)sizeof secret) {
        snprintf(ret_error, 200, "the %s %.100s %s", what, path,
                 length < 0 ? "cannot be read" : "is too long");
        return -EIO;
    }
    secret[length] = '\0';
    secret[strcspn(secret, "\r\n")] = '\0';
    memcpy(ret_secret, secret, sizeof secret);
    explicit_bzero(secret, sizeof secret);
    return 0;
}

/* Opens the site file and what it names, once each, bounded in size, and remembers their bytes for
 * the digest. Register maps and limit sets are looked for beside the site file first, so that a
 * site can carry its own; then in the places of load_set_shares, in that order. */
#include "config/load.h"
#include "config/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
add_share(struct load *load, const char *directory)
{
    if (directory && *directory && load->share_count < LOAD_SHARES)
        load->shares[load->share_count++] = arena_text(load->scratch, directory);
}

void
load_set_shares(struct load *load, const char *file, const char *share)
{
    const char *slash = strrchr(file, '/');
    add_share(load, slash ? arena_text_n(load->scratch, file, (size_t)(slash - file)) : ".");
    add_share(load, share);
    add_share(load, getenv("PARKGATE_SHARE"));
    add_share(load, PARKGATE_SHARE);
#ifdef PARKGATE_SOURCE_SHARE
    add_share(load, PARKGATE_SOURCE_SHARE);
#endif
}

/* 0 or negative errno; the text has a NUL behind it. */
static int
read_whole(struct load *load, const char *path, char **ret_text, size_t *ret_length)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    struct stat status;
    int result = fstat(fd, &status) < 0 ? -errno : 0;
    if (result == 0 && !S_ISREG(status.st_mode))
        result = S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
    if (result == 0 && status.st_size > YAML_SIZE_MAX)
        result = -EFBIG;
    size_t size = result == 0 ? (size_t)status.st_size : 0, length = 0;
    char *text = arena_take(load->scratch, size + 1);
    while (result == 0 && length < size) {
        ssize_t got = read(fd, text + length, size - length);
        if (got < 0 && errno != EINTR)
            result = -errno;
        if (got == 0)
            break;
        length += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    if (result == 0) {
        *ret_text = text;
        *ret_length = length;
    }
    return result;
}

static const char *
reason(int error)
{
    if (error == -EFBIG)
        return "larger than 1 MiB";
    if (error == -EINVAL)
        return "not a regular file";
    return strerror(-error);
}

static void complain(struct load *load, const struct place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
complain(struct load *load, const struct place *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    mistakes_add(load->mistakes, place, false, format, arguments);
    va_end(arguments);
}

static struct load_file *
add_file(struct load *load, const char *path, struct place *ret_place)
{
    struct load_file **at = &load->files;
    while (*at)
        at = &(*at)->next;
    *at = arena_take(load->scratch, sizeof **at);
    (*at)->path = arena_text(load->arena, path);
    *ret_place = (struct place){.file = (*at)->path, .rank = load->file_count++};
    return *at;
}

static void
parse(struct load *load, struct load_file *file, const struct place *place)
{
    if (memchr(file->text, '\0', file->length))
        complain(load, place, "this is not YAML: there is a NUL byte in it");
    else
        file->root = yaml_parse(load->scratch, place, file->text, file->length, load->mistakes);
}

struct load_file *
load_open_text(struct load *load, const char *path, const char *text, size_t length)
{
    struct place place;
    struct load_file *file = add_file(load, path, &place);
    if (length > YAML_SIZE_MAX) {
        complain(load, &place, "cannot be read: %s", reason(-EFBIG));
        return file;
    }
    file->text = text;
    file->length = length;
    parse(load, file, &place);
    return file;
}

struct load_file *
load_open(struct load *load, const char *path, const struct yaml_node *node)
{
    for (struct load_file *known = load->files; known; known = known->next)
        if (!strcmp(known->path, path))
            return known;
    struct place place;
    struct load_file *file = add_file(load, path, &place);
    char *text = NULL;
    int result = read_whole(load, path, &text, &file->length);
    if (result < 0) {
        if (node)
            load_mistake(load, node, "%s cannot be read: %s", path, reason(result));
        else
            complain(load, &place, "cannot be read: %s", reason(result));
        return file;
    }
    file->text = text;
    parse(load, file, &place);
    return file;
}

/* The name in the folder that is nearest to the one wanted, or NULL. */
static const char *
nearest_in(struct load *load, const char *folder, const char *name)
{
    const char *nearest = NULL;
    unsigned best = 4;
    for (size_t i = 0; i < load->share_count; i++) {
        DIR *directory = opendir(load_printf(load, "%s/%s", load->shares[i], folder));
        struct dirent *entry;
        while (directory && (entry = readdir(directory))) {
            size_t length = strlen(entry->d_name);
            if (length < 6 || strcmp(entry->d_name + length - 5, ".yaml") != 0)
                continue;
            entry->d_name[length - 5] = '\0';
            if (text_is_nearer(name, entry->d_name, &best))
                nearest = arena_text(load->scratch, entry->d_name);
        }
        if (directory)
            closedir(directory);
    }
    return nearest;
}

struct load_file *
load_open_shared(struct load *load, const char *folder, const struct yaml_node *node)
{
    if (!text_is_name(node->text)) {
        load_mistake(load, node, "'%.60s' is not the name of a file in %s/: write it without .yaml",
                     node->text, folder);
        return NULL;
    }
    for (size_t i = 0; i < load->share_count; i++) {
        const char *path = load_printf(load, "%s/%s/%s.yaml", load->shares[i], folder, node->text);
        if (access(path, F_OK) == 0)
            return load_open(load, path, node);
    }
    const char *nearest = nearest_in(load, folder, node->text);
    if (nearest)
        load_mistake(load, node, "there is no %s/%s.yaml; did you mean '%s'?", folder, node->text,
                     nearest);
    else
        load_mistake(load, node,
                     "there is no %s/%s.yaml beside this file or where parkgate's own are", folder,
                     node->text);
    return NULL;
}

void
load_digest(struct load *load, uint8_t ret_digest[32])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    for (const struct load_file *file = load->files; good && file; file = file->next) {
        uint64_t length = file->length; /* in front, so that no two lists of files are alike */
        uint8_t head[8];
        for (int i = 0; i < 8; i++)
            head[i] = (uint8_t)(length >> (8 * (7 - i)));
        good = EVP_DigestUpdate(context, head, sizeof head) == 1 &&
               EVP_DigestUpdate(context, file->text, file->length) == 1;
    }
    unsigned size;
    good = good && EVP_DigestFinal_ex(context, ret_digest, &size) == 1;
    EVP_MD_CTX_free(context);
    if (!good)
        abort();
}

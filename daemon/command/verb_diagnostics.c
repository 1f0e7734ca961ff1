/* diagnostics: one file with what a person far away needs to understand this gateway, JSON lines
 * under zstd: who and where, the pages, the site file in force, the log's newest lines, the process
 * and its disk as the kernel shows them. Credentials are only named in it, as in the site file. */
#include "base/clock.h"
#include "base/log.h"
#include "daemon/command/files.h"
#include "daemon/command/verbs.h"
#include "daemon/configuration/versions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zstd.h>

#define TEXT_MOST (256 * 1024) /* of one text file */
#define LINE_ROOM (TEXT_MOST * 2 + 1024)

struct bundle {
    struct request *request;
    struct files_draft draft;
    struct buf line;
    ZSTD_CCtx *squeeze;
    char *text; /* TEXT_MOST */
    bool failed;
};

static void
squeeze(struct bundle *bundle, const void *bytes, size_t length, ZSTD_EndDirective end)
{
    ZSTD_inBuffer in = {bytes, length, 0};
    char out[8192];
    size_t left;

    do {
        ZSTD_outBuffer room = {out, sizeof out, 0};
        left = ZSTD_compressStream2(bundle->squeeze, &room, &in, end);
        if (ZSTD_isError(left) || !files_write(&bundle->draft, out, room.pos))
            bundle->failed = true;
    } while (!ZSTD_isError(left) && (in.pos < in.size || (end == ZSTD_e_end && left > 0)));
}

static void
begin(struct bundle *bundle, struct json *json, const char *part)
{
    buf_clear(&bundle->line);
    json_init(json, &bundle->line);
    json_begin_object(json);
    json_put_text(json, "part", part);
}

static void
end(struct bundle *bundle, struct json *json)
{
    json_end_object(json);
    buf_byte(&bundle->line, '\n');
    if (!bundle->line.overflow)
        squeeze(bundle, bundle->line.data, bundle->line.length, ZSTD_e_continue);
}

static void
put_gateway(struct bundle *bundle)
{
    struct utsname machine;
    struct statvfs disk;
    struct json json;

    begin(bundle, &json, "gateway");
    json_put_text(&json, "version", PARKGATE_VERSION);
    json_put_integer(&json, "t", clock_utc_ms());
    json_put_integer(&json, "mono_ms", clock_mono_ms());
    json_put_text(&json, "who", bundle->request->who);
    if (uname(&machine) == 0) {
        json_put_text(&json, "system", machine.sysname);
        json_put_text(&json, "release", machine.release);
        json_put_text(&json, "machine", machine.machine);
    }
    if (statvfs(bundle->request->scope->state, &disk) == 0) {
        json_put_natural(&json, "disk_bytes", (uint64_t)disk.f_blocks * disk.f_frsize);
        json_put_natural(&json, "disk_free_bytes", (uint64_t)disk.f_bavail * disk.f_frsize);
        json_put_natural(&json, "disk_free_inodes", disk.f_favail);
    }
    end(bundle, &json);
}

static void
put_pages(struct bundle *bundle)
{
    const struct request_scope *scope = bundle->request->scope;
    char name[24];

    for (int page = 0; page < PAGE_COUNT; page++) {
        uint64_t version = 0;
        size_t length = board_copy(scope->pages, (size_t)page, bundle->request->page,
                                   scope->page_size, &version);
        int head = snprintf(name, sizeof name, "{\"part\":\"page\",\"page\":");
        if (length == 0)
            continue;
        squeeze(bundle, name, (size_t)head, ZSTD_e_continue); /* a page is JSON already */
        squeeze(bundle, bundle->request->page, length, ZSTD_e_continue);
        squeeze(bundle, "}\n", 2, ZSTD_e_continue);
    }
}

/* A text as the kernel or a person wrote it; what is longer is cut. */
static void
put_text_file(struct bundle *bundle, const char *part, const char *path)
{
    struct json json;
    size_t length = 0;
    ssize_t got = 1;
    int file = open(path, O_RDONLY | O_CLOEXEC);

    while (file >= 0 && length < TEXT_MOST && got > 0) {
        got = read(file, bundle->text + length, TEXT_MOST - length);
        length += got > 0 ? (size_t)got : 0;
    }
    begin(bundle, &json, part);
    if (file < 0 || got < 0) {
        json_put_text(&json, "error", strerror(errno));
    } else {
        json_key(&json, "text");
        json_text_n(&json, bundle->text, length);
    }
    if (file >= 0)
        close(file);
    end(bundle, &json);
}

static void
put_site(struct bundle *bundle)
{
    struct configuration *configuration = bundle->request->scope->configuration;
    struct json json;
    char *text = NULL;
    size_t length = 0;

    if (configuration == NULL)
        return;
    uint64_t number = configuration_in_force(configuration);
    int error = configuration_read(configuration, number, &text, &length);
    begin(bundle, &json, "site");
    json_put_natural(&json, "version", number);
    json_put_text(&json, "file", configuration_local_file(configuration));
    if (error == 0) {
        json_key(&json, "text");
        json_text_n(&json, text, length < TEXT_MOST ? length : TEXT_MOST);
    }
    free(text);
    end(bundle, &json);
}

static void
put_log(struct bundle *bundle)
{
    uint64_t end_number = log_count();
    struct log_line line;
    struct json json;

    for (uint64_t i = end_number > LOG_KEPT ? end_number - LOG_KEPT : 0; i < end_number; i++) {
        if (!log_recall(i, &line))
            continue;
        begin(bundle, &json, "log");
        json_put_integer(&json, "t", line.utc_ms);
        json_put_integer(&json, "level", line.level);
        json_put_text(&json, "text", line.text);
        end(bundle, &json);
    }
}

static void
fill(struct bundle *bundle)
{
    static const char *const KERNEL[][2] = {
        {"status", "/proc/self/status"}, {"io", "/proc/self/io"},
        {"limits", "/proc/self/limits"}, {"mounts", "/proc/self/mounts"},
        {"load", "/proc/loadavg"},       {"memory", "/proc/meminfo"},
        {"uptime", "/proc/uptime"},      {"devices", "/proc/tty/drivers"},
        {"interfaces", "/proc/net/dev"}, {"cpu", "/proc/cpuinfo"},
    };

    put_gateway(bundle);
    put_site(bundle);
    for (size_t i = 0; i < sizeof KERNEL / sizeof KERNEL[0]; i++)
        put_text_file(bundle, KERNEL[i][0], KERNEL[i][1]);
    put_pages(bundle);
    put_log(bundle);
    squeeze(bundle, NULL, 0, ZSTD_e_end);
}

static void
answer(struct request *request, const struct file_entry *entry)
{
    struct json json;

    request_begin(request, &json, "done");
    json_key(&json, "answer");
    json_begin_object(&json);
    json_put_text(&json, "name", entry->name);
    json_put_integer(&json, "bytes", entry->bytes);
    json_put_text(&json, "sha256", entry->sha256);
    json_end_object(&json);
    request_answer(request, &json, true);
}

const char *
verb_diagnostics(struct request *request)
{
    struct bundle bundle = {.request = request};
    int error = buf_new(&bundle.line, LINE_ROOM);

    bundle.text = malloc(TEXT_MOST);
    bundle.squeeze = ZSTD_createCCtx();
    if (bundle.text == NULL || bundle.squeeze == NULL)
        error = -ENOMEM;
    if (error == 0)
        error = files_begin(request->scope->state, "diagnostics", "", "jsonl.zst", &bundle.draft);
    if (error == 0) {
        fill(&bundle);
        if (bundle.failed && bundle.draft.error == 0)
            bundle.draft.error = -EIO;
        error = files_finish(&bundle.draft, request->scope->state, request->who);
    }
    if (error == 0)
        answer(request, &bundle.draft.entry);
    ZSTD_freeCCtx(bundle.squeeze);
    free(bundle.text);
    buf_free(&bundle.line);
    if (error == 0)
        return NULL;
    snprintf(request->why, sizeof request->why, "the bundle could not be made: %s",
             strerror(-error));
    return request->why;
}

/* files and fetch: what lies in STATE/files, and its bytes as base64 in parts. A fetch that broke
 * off goes on at the offset it had reached. */
#include "daemon/command/files.h"
#include "daemon/command/verbs.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define PIECE 9216 /* bytes a part: 12 KiB of base64 */

static void
put_entry(struct json *json, const struct file_entry *entry)
{
    json_put_text(json, "name", entry->name);
    json_put_integer(json, "bytes", entry->bytes);
    json_put_text(json, "sha256", entry->sha256);
    json_put_integer(json, "made", entry->made_utc_ms);
    json_put_text(json, "who", entry->who);
}

const char *
verb_files(struct request *request)
{
    struct file_entry entries[FILES_MOST];
    struct json json;

    size_t count = files_list(request->scope->state, entries);
    request_begin(request, &json, "done");
    json_key(&json, "answer");
    json_begin_object(&json);
    json_key(&json, "files");
    json_begin_array(&json);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&json);
        put_entry(&json, &entries[i]);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    request_answer(request, &json, true);
    return NULL;
}

/* One part; false when it was the last, or nobody waits any more. */
static bool
send_piece(struct request *request, const struct file_entry *entry, int64_t *offset, int64_t until)
{
    uint8_t bytes[PIECE];
    char text[PIECE / 3 * 4 + 4];
    struct json json;
    int64_t left = until - *offset;

    long got = files_read(request->scope->state, entry->name, *offset, bytes,
                          left < PIECE ? (size_t)left : PIECE);
    if (got < 0 || (got == 0 && left > 0)) {
        request_begin(request, &json, "failed");
        request_put_reason(request, &json, "the file is gone or cannot be read any further");
        request_answer(request, &json, true);
        return false;
    }
    bool last = *offset + got >= until;
    EVP_EncodeBlock((unsigned char *)text, bytes, (int)got);
    request_begin(request, &json, last ? "done" : "accepted");
    json_key(&json, "answer");
    json_begin_object(&json);
    put_entry(&json, entry);
    json_put_integer(&json, "offset", *offset);
    json_put_text(&json, "base64", text);
    json_end_object(&json);
    *offset += got;
    return request_answer(request, &json, last) && !last;
}

const char *
verb_fetch(struct request *request)
{
    struct file_entry entry;
    int64_t offset = request_integer(request, "offset", 0);

    if (files_find(request->scope->state, request_text(request, "name"), &entry) != 0)
        return "there is no such file: files lists them";
    int64_t until = request_integer(request, "most", entry.bytes);
    until = until < entry.bytes - offset ? offset + until : entry.bytes;
    if (offset > entry.bytes) {
        snprintf(request->why, sizeof request->why, "'offset' lies behind the file's %lld bytes",
                 (long long)entry.bytes);
        return request->why;
    }
    while (send_piece(request, &entry, &offset, until) && !request->is_gone(request)) {
    }
    return NULL;
}

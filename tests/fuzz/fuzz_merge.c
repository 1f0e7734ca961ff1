/* Any bytes as a site file and a merge patch upon it, a NUL between them: what is printed of the
 * patched tree is read back as the same tree (else it would be another site that is tried), the
 * same patch once more changes nothing (RFC 7396), and the difference fits where it shall. */
#include "base/arena.h"
#include "config/yaml.h"
#include "daemon/configuration/difference.h"
#include "daemon/configuration/document.h"
#include "daemon/configuration/merge.h"

#include <stdlib.h>
#include <string.h>

#define ROOM (1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7 loses up to 4 KiB of its own at some syntax errors in quoted text. */
const char *
__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static void
require(bool true_thing)
{
    if (!true_thing)
        abort();
}

static struct yaml_node *
parse(struct arena *arena, const void *text, size_t length)
{
    struct mistakes *mistakes = arena_take(arena, sizeof *mistakes);
    struct place place = {.file = "site.yaml"};
    mistakes->arena = arena;
    struct yaml_node *root = yaml_parse(arena, &place, text, length, mistakes);
    require(root != NULL || mistakes->errors > 0 || length == 0 || mistakes->count > 0);
    return mistakes->errors ? NULL : root;
}

static void
check_difference(const struct yaml_node *before, const struct yaml_node *after, bool same)
{
    static struct difference difference;
    static uint8_t memory[16384];
    struct buf buf;
    struct json json;
    difference_find(before, after, &difference);
    require(!same || difference.count + difference.rest == 0);
    buf_init(&buf, memory, sizeof memory);
    json_init(&json, &buf);
    json_begin_object(&json);
    difference_write(&json, &difference, sizeof memory / 2);
    json_end_object(&json);
    require(!buf.overflow);
    json_t *written = json_loadb((const char *)buf.data, buf.length, JSON_DECODE_INT_AS_REAL, NULL);
    require(json_is_object(written));
    json_decref(written);
}

static void
check_patched(struct arena *arena, struct yaml_node *patched, const json_t *patch, struct buf *text)
{
    document_print(text, patched);
    if (text->overflow)
        return;
    struct yaml_node *back = parse(arena, text->data, text->length);
    if (!back)
        return; /* too deep, too many: the proposal is refused with that sentence */
    check_difference(patched, back, true);
    struct yaml_node *again = merge_apply(arena, back, patch);
    require(again != NULL);
    check_difference(patched, again, true);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[ROOM];
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    if (!end)
        return 0;
    size_t length = (size_t)(end - data);
    json_t *patch = json_loadb((const char *)end + 1, size - length - 1,
                               JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    if (!patch)
        return 0;
    struct arena *arena = arena_new();
    struct buf text;
    require(arena != NULL);
    buf_init(&text, memory, sizeof memory);
    struct yaml_node *root = parse(arena, data, length);
    struct yaml_node *before = parse(arena, data, length);
    struct yaml_node *patched = root ? merge_apply(arena, root, patch) : NULL;
    if (patched) {
        check_difference(before, patched, false);
        check_patched(arena, patched, patch, &text);
    }
    arena_free(arena);
    json_decref(patch);
    return 0;
}

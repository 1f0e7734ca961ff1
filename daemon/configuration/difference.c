#include "daemon/configuration/difference.h"

#include "daemon/configuration/document.h"

#include <stdio.h>
#include <string.h>

#define VALUE_MOST 300
#define ENTRY_MOST (DIFFERENCE_PATH + 4 * VALUE_MOST + 64)

static void compare(struct difference *difference, const char *path, const struct yaml_node *before,
                    const struct yaml_node *after);

static bool is_equal(const struct yaml_node *a, const struct yaml_node *b);

static bool
has_equal_members(const struct yaml_node *a, const struct yaml_node *b)
{
    for (const struct yaml_node *child = a->first; child; child = child->next) {
        const struct yaml_node *twin = yaml_find(b, child->key);
        if (twin == NULL || !is_equal(child, twin))
            return false;
    }
    return true;
}

static bool
is_equal(const struct yaml_node *a, const struct yaml_node *b)
{
    if (a->shape != b->shape || a->count != b->count)
        return false;
    if (yaml_is_empty(a) || yaml_is_empty(b)) /* "key:" alone is the same as null */
        return yaml_is_empty(a) && yaml_is_empty(b);
    if (a->shape == YAML_TEXT)
        return !strcmp(a->text, b->text);
    if (a->shape == YAML_MAP)
        return has_equal_members(a, b);
    for (a = a->first, b = b->first; a != NULL && b != NULL; a = a->next, b = b->next)
        if (!is_equal(a, b))
            return false;
    return true;
}

static void
add(struct difference *difference, const char *path, const struct yaml_node *before,
    const struct yaml_node *after)
{
    if (difference->count == DIFFERENCE_MOST) {
        difference->rest++;
        return;
    }
    struct difference_entry *entry = &difference->list[difference->count++];
    snprintf(entry->path, sizeof entry->path, "%s", path);
    entry->before = before;
    entry->after = after;
}

static void
compare_maps(struct difference *difference, const char *path, const struct yaml_node *before,
             const struct yaml_node *after)
{
    char below[DIFFERENCE_PATH];
    const char *dot = *path != '\0' ? "." : "";

    for (const struct yaml_node *child = before->first; child; child = child->next) {
        snprintf(below, sizeof below, "%s%s%s", path, dot, child->key);
        compare(difference, below, child, yaml_find(after, child->key));
    }
    for (const struct yaml_node *child = after->first; child; child = child->next) {
        if (yaml_find(before, child->key))
            continue;
        snprintf(below, sizeof below, "%s%s%s", path, dot, child->key);
        compare(difference, below, NULL, child);
    }
}

static void
compare_lists(struct difference *difference, const char *path, const struct yaml_node *before,
              const struct yaml_node *after)
{
    char below[DIFFERENCE_PATH];
    const struct yaml_node *other = after->first;
    unsigned i = 0;

    for (const struct yaml_node *child = before->first; child; child = child->next) {
        snprintf(below, sizeof below, "%s[%u]", path, i++);
        compare(difference, below, child, other);
        other = other->next;
    }
}

static void
compare(struct difference *difference, const char *path, const struct yaml_node *before,
        const struct yaml_node *after)
{
    if (before == NULL || after == NULL) {
        add(difference, path, before, after);
        return;
    }
    bool same_shape = before->shape == after->shape;
    if (same_shape && before->shape == YAML_MAP)
        compare_maps(difference, path, before, after);
    else if (same_shape && before->shape == YAML_LIST && before->count == after->count)
        compare_lists(difference, path, before, after);
    else if (!is_equal(before, after))
        add(difference, path, before, after);
}

void
difference_find(const struct yaml_node *before, const struct yaml_node *after,
                struct difference *ret_difference)
{
    ret_difference->count = ret_difference->rest = 0;
    if (before != NULL || after != NULL)
        compare(ret_difference, "", before, after);
}

/* ---- as JSON ---- */

/* Secrets are not for site files: these keys name a credential or a file. Somebody may all the same
 * have written one there. */
static bool
may_be_secret(const char *key)
{
    return key != NULL && (strstr(key, "password") || strstr(key, "secret") ||
                           strstr(key, "token") || strstr(key, "passphrase"));
}

static bool
holds_secret(const struct yaml_node *node)
{
    if (may_be_secret(node->key))
        return true;
    for (const struct yaml_node *child = node->first; child; child = child->next)
        if (holds_secret(child))
            return true;
    return false;
}

/* Where a text may be cut: before the first byte of a character. */
static size_t
cut(const char *text, size_t most)
{
    while (most > 0 && ((unsigned char)text[most] & 0xC0) == 0x80)
        most--;
    return most;
}

static void
write_value(struct json *json, const char *key, const struct yaml_node *node)
{
    char memory[VALUE_MOST + 4] = "";
    struct buf text;
    struct json value;

    if (node == NULL)
        return;
    json_key(json, key);
    if (holds_secret(node)) {
        json_text(json, "(not shown)");
        return;
    }
    buf_init(&text, memory, sizeof memory);
    json_init(&value, &text);
    document_write(&value, node);
    if (!text.overflow && text.length <= VALUE_MOST) {
        document_write(json, node);
        return;
    }
    size_t length = cut(memory, text.length < VALUE_MOST ? text.length : VALUE_MOST);
    memcpy(memory + length, "...", 3);
    json_text_n(json, memory, length + 3);
}

void
difference_write(struct json *json, const struct difference *difference, size_t room)
{
    size_t begun = json->buf->length, i = 0;

    json_key(json, "difference");
    json_begin_array(json);
    while (i < difference->count && json->buf->length - begun + ENTRY_MOST < room) {
        const struct difference_entry *entry = &difference->list[i++];
        json_begin_object(json);
        json_put_text(json, "path", entry->path);
        write_value(json, "before", entry->before);
        write_value(json, "after", entry->after);
        json_end_object(json);
    }
    json_end_array(json);
    if (i < difference->count || difference->rest > 0)
        json_put_natural(json, "difference_rest", difference->count - i + difference->rest);
}

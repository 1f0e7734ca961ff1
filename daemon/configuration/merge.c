#include "daemon/configuration/merge.h"

#include "base/arena.h"
#include "base/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct yaml_node *merge(struct arena *arena, struct yaml_node *target, const json_t *patch,
                               unsigned depth);

static struct yaml_node *
make_text(struct arena *arena, const json_t *value)
{
    struct yaml_node *node = arena_take(arena, sizeof *node);
    char text[40];

    node->shape = YAML_TEXT;
    switch (json_typeof(value)) {
    case JSON_STRING:
        node->quoted = true;
        node->text = arena_text_n(arena, json_string_value(value), json_string_length(value));
        return node;
    case JSON_INTEGER:
        snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL: text[number_print_double(json_real_value(value), text)] = '\0'; break;
    case JSON_TRUE: strcpy(text, "true"); break;
    case JSON_FALSE: strcpy(text, "false"); break;
    default: strcpy(text, "null"); break;
    }
    node->text = arena_text(arena, text);
    return node;
}

static void
append(struct yaml_node *parent, struct yaml_node *child)
{
    struct yaml_node **at = &parent->first;

    while (*at != NULL)
        at = &(*at)->next;
    *at = child;
    child->next = NULL;
    parent->count++;
}

/* An array replaces whole; a null within it is a value like any other. */
static struct yaml_node *
make_list(struct arena *arena, const json_t *array, unsigned depth)
{
    struct yaml_node *node = arena_take(arena, sizeof *node);

    node->shape = YAML_LIST;
    if (json_array_size(array) > YAML_ENTRIES_MAX)
        return NULL;
    for (size_t i = 0; i < json_array_size(array); i++) {
        struct yaml_node *child = merge(arena, NULL, json_array_get(array, i), depth + 1);
        if (child == NULL)
            return NULL;
        append(node, child);
    }
    return node;
}

/* Where the child of that name hangs, or the end of the list. */
static struct yaml_node **
find_place(struct yaml_node *map, const char *key)
{
    struct yaml_node **at = &map->first;

    while (*at != NULL && strcmp((*at)->key, key) != 0)
        at = &(*at)->next;
    return at;
}

static bool
merge_member(struct arena *arena, struct yaml_node *map, const char *key, const json_t *value,
             unsigned depth)
{
    struct yaml_node **at = find_place(map, key), *old = *at;

    if (json_is_null(value)) {
        if (old != NULL) {
            *at = old->next;
            map->count--;
        }
        return true;
    }
    struct yaml_node *next = old != NULL ? old->next : NULL;
    if (old == NULL && map->count == YAML_ENTRIES_MAX)
        return false;
    struct yaml_node *child = merge(arena, old, value, depth + 1);
    if (child == NULL)
        return false;
    child->key = arena_text(arena, key);
    child->next = next;
    *at = child;
    map->count += old == NULL;
    return true;
}

static struct yaml_node *
merge(struct arena *arena, struct yaml_node *target, const json_t *patch, unsigned depth)
{
    const char *key;
    json_t *value;

    if (depth > YAML_DEPTH_MAX)
        return NULL;
    if (json_is_array(patch))
        return make_list(arena, patch, depth);
    if (!json_is_object(patch))
        return make_text(arena, patch);
    if (target == NULL || target->shape != YAML_MAP) {
        target = arena_take(arena, sizeof *target);
        target->shape = YAML_MAP;
    }
    json_object_foreach((json_t *)patch, key,
                        value) if (!merge_member(arena, target, key, value, depth)) return NULL;
    return target;
}

struct yaml_node *
merge_apply(struct arena *arena, struct yaml_node *target, const json_t *patch)
{
    return merge(arena, target, patch, 0);
}

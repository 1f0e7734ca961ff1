/* YAML text as a tree with places: bounded in size (1 MiB), depth (16) and entries of one mapping
 * (4096). Anchors, aliases, tags and second documents are refused with a sentence: a site file
 * needs none, and they are how a small file becomes a large one. */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include "config/mistakes.h"

#define YAML_SIZE_MAX    (1024 * 1024)
#define YAML_DEPTH_MAX   16
#define YAML_ENTRIES_MAX 4096

enum yaml_shape { YAML_TEXT = 1, YAML_MAP = 2, YAML_LIST = 4 };

struct yaml_node {
    enum yaml_shape shape;
    bool quoted;
    const char *key;    /* in a mapping, else NULL */
    const char *text;   /* YAML_TEXT */
    struct place place; /* of the value; of a mapping or list under a key: the key's */
    struct place key_place;
    struct yaml_node *first, *next;
    uint32_t count; /* children */
};

/* The tree in the arena, or NULL after a mistake was added. `file` gives the places' name and rank.
 */
struct yaml_node *yaml_parse(struct arena *arena, const struct place *file, const char *text,
                             size_t length, struct mistakes *mistakes);

/* NULL where the mapping has no such key, or node is NULL or no mapping. */
const struct yaml_node *yaml_find(const struct yaml_node *node, const char *key);

/* Nothing was written: `key:` alone, `~` or `null`. */
bool yaml_is_empty(const struct yaml_node *node);

#endif

/* The only includer of libfyaml here. Its events are taken one by one into a tree of our own, so
 * that nothing behind this file depends on the library, duplicate keys name both places, and every
 * bound is checked before memory is spent. Recursion is bounded by YAML_DEPTH_MAX. */
#include "config/yaml.h"

#include "base/arena.h"

#include <libfyaml.h>
#include <stdio.h>
#include <string.h>

#define OPEN_MOST 1000

struct builder {
    struct arena *arena;
    struct place file;
    struct mistakes *mistakes;
    struct fy_parser *parser;
    struct fy_event *event; /* the one looked at */
    bool failed;            /* the parser stopped, or a bound was passed */
};

static void complain(struct builder *builder, const struct place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
complain(struct builder *builder, const struct place *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    mistakes_add(builder->mistakes, place, false, format, arguments);
    va_end(arguments);
}

static struct place
event_place(const struct builder *builder)
{
    struct place place = builder->file;
    const struct fy_mark *mark = builder->event ? fy_event_start_mark(builder->event) : NULL;
    if (mark) {
        place.line = (uint32_t)mark->line + 1;
        place.column = (uint32_t)mark->column + 1;
    }
    return place;
}

/* The next event into builder->event; FYET_NONE when there is none. */
static enum fy_event_type
advance(struct builder *builder)
{
    if (builder->event)
        fy_parser_event_free(builder->parser, builder->event);
    builder->event = fy_parser_parse(builder->parser);
    if (!builder->event)
        builder->failed = true;
    return builder->event ? builder->event->type : FYET_NONE;
}

static void
refuse(struct builder *builder, const struct place *place, const char *what)
{
    complain(builder, place, "%s", what);
    builder->failed = true;
}

static const char NO_ANCHORS[] = "anchors, aliases and tags (&, *, !) are not for site files: "
                                 "write it out, or make a register map of it";

static struct yaml_node *build(struct builder *builder, unsigned depth);

static struct yaml_node *
build_text(struct builder *builder, struct yaml_node *node)
{
    const struct fy_event *event = builder->event;
    size_t length = 0;
    const char *text = event->scalar.value ? fy_token_get_text(event->scalar.value, &length) : NULL;
    node->shape = YAML_TEXT;
    node->text = text ? arena_text_n(builder->arena, text, length) : "";
    node->quoted = event->scalar.value && fy_token_scalar_style(event->scalar.value) != FYSS_PLAIN;
    if (event->scalar.anchor || event->scalar.tag)
        refuse(builder, &node->place, NO_ANCHORS);
    return node;
}

/* True when the parent may take one more child. */
static bool
has_room(struct builder *builder, const struct yaml_node *parent)
{
    if (parent->count < YAML_ENTRIES_MAX)
        return true;
    struct place place = event_place(builder);
    refuse(builder, &place, "too long: more than 4096 entries in one mapping or list");
    return false;
}

static void
append(struct yaml_node *parent, struct yaml_node ***tail, struct yaml_node *child)
{
    **tail = child;
    *tail = &child->next;
    parent->count++;
}

static void
build_list(struct builder *builder, struct yaml_node *node, unsigned depth)
{
    struct yaml_node **tail = &node->first;
    while (advance(builder) != FYET_SEQUENCE_END && !builder->failed) {
        if (!has_room(builder, node))
            return;
        struct yaml_node *child = build(builder, depth + 1);
        if (!child)
            return;
        append(node, &tail, child);
    }
}

/* The key that stands at the event, or NULL. */
static const char *
build_key(struct builder *builder, struct place *ret_place)
{
    struct yaml_node key = {.place = event_place(builder)};
    if (builder->event->type != FYET_SCALAR) {
        refuse(builder, &key.place, "a key must be a plain word");
        return NULL;
    }
    build_text(builder, &key);
    *ret_place = key.place;
    return builder->failed ? NULL : key.text;
}

static void
build_map(struct builder *builder, struct yaml_node *node, unsigned depth)
{
    struct yaml_node **tail = &node->first;
    while (advance(builder) != FYET_MAPPING_END && !builder->failed) {
        struct place key_place;
        const char *key = has_room(builder, node) ? build_key(builder, &key_place) : NULL;
        if (!key)
            return;
        advance(builder);
        struct yaml_node *child = builder->failed ? NULL : build(builder, depth + 1);
        if (!child)
            return;
        child->key = key;
        child->key_place = key_place;
        if (child->shape != YAML_TEXT || child->place.line == 0)
            child->place = key_place;
        const struct yaml_node *twin = yaml_find(node, key);
        if (twin)
            complain(builder, &key_place, "'%.60s' stands here twice, first in line %u", key,
                     twin->key_place.line);
        else
            append(node, &tail, child);
    }
}

/* The node that begins at the event; NULL when the rest cannot be read. */
static struct yaml_node *
build(struct builder *builder, unsigned depth)
{
    struct yaml_node *node = arena_take(builder->arena, sizeof *node);
    node->place = event_place(builder);
    if (depth > YAML_DEPTH_MAX) {
        refuse(builder, &node->place, "nested too deep: more than 16 levels");
        return NULL;
    }
    const struct fy_event *event = builder->event;
    switch (event->type) {
    case FYET_SCALAR: build_text(builder, node); break;
    case FYET_SEQUENCE_START:
        node->shape = YAML_LIST;
        if (event->sequence_start.anchor || event->sequence_start.tag)
            refuse(builder, &node->place, NO_ANCHORS);
        else
            build_list(builder, node, depth);
        break;
    case FYET_MAPPING_START:
        node->shape = YAML_MAP;
        if (event->mapping_start.anchor || event->mapping_start.tag)
            refuse(builder, &node->place, NO_ANCHORS);
        else
            build_map(builder, node, depth);
        break;
    default: refuse(builder, &node->place, NO_ANCHORS); break;
    }
    return builder->failed ? NULL : node;
}

static struct yaml_node *
build_document(struct builder *builder)
{
    advance(builder); /* stream start */
    if (builder->failed || advance(builder) == FYET_STREAM_END) {
        if (!builder->failed)
            refuse(builder, &builder->file, "the file is empty");
        return NULL;
    }
    if (builder->failed || advance(builder) == FYET_NONE)
        return NULL;
    struct yaml_node *root = build(builder, 0);
    if (!root || advance(builder) != FYET_DOCUMENT_END)
        return NULL;
    if (advance(builder) == FYET_DOCUMENT_START) {
        struct place place = event_place(builder);
        refuse(builder, &place, "a second document begins here; a file is one document");
    }
    return builder->failed ? NULL : root;
}

static void
complain_of_syntax(struct builder *builder, struct fy_diag *diag, unsigned errors_before)
{
    void *at = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(diag, &at);
    struct place place = builder->file;
    if (error) {
        place.line = error->line > 0 ? (uint32_t)error->line : 1;
        place.column = error->column > 0 ? (uint32_t)error->column : 1;
        complain(builder, &place, "this is not YAML: %s", error->msg);
    } else if (builder->mistakes->errors == errors_before) {
        complain(builder, &place, "this is not YAML");
    }
}

/* libfyaml 0.7 does not come back from some wrong directives, and a site file needs none: a line
 * that begins with '%' is refused before the library sees it. */
static bool
has_directive(struct builder *builder, const char *text, size_t length)
{
    struct place place = builder->file;
    place.line = place.column = 1;
    size_t at = length >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0;
    for (bool at_start = true; at < length; at++) {
        if (at_start && text[at] == '%') {
            complain(builder, &place,
                     "a line cannot begin with '%%': directives are not for site "
                     "files, and as text it needs quotes");
            return true;
        }
        at_start = text[at] == '\n' || text[at] == '\r';
        place.line += text[at] == '\n';
    }
    return false;
}

/* The library reads all brackets that open before it tells us of the first, and takes some 700
 * bytes for each. Those in texts and comments count too: nobody writes so many that are not closed.
 */
static bool
is_too_deep(struct builder *builder, const char *text, size_t length)
{
    struct place place = builder->file;
    unsigned open = 0;
    place.line = place.column = 1;
    for (size_t at = 0; at < length && open <= OPEN_MOST; at++) {
        bool opens = text[at] == '[' || text[at] == '{',
             closes = text[at] == ']' || text[at] == '}';
        open = open + opens - (closes && open > 0);
        place.line += text[at] == '\n';
    }
    if (open > OPEN_MOST)
        complain(builder, &place, "nested too deep: more than %d levels", YAML_DEPTH_MAX);
    return open > OPEN_MOST;
}

struct yaml_node *
yaml_parse(struct arena *arena, const struct place *file, const char *text, size_t length,
           struct mistakes *mistakes)
{
    struct builder builder = {.arena = arena, .file = *file, .mistakes = mistakes};
    unsigned errors_before = mistakes->errors;
    struct yaml_node *root = NULL;
    if (has_directive(&builder, text, length) || is_too_deep(&builder, text, length))
        return NULL;
    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    struct fy_diag *diag = fy_diag_create(&diag_cfg);
    if (!diag)
        return NULL;
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2, .diag = diag};
    builder.parser = fy_parser_create(&cfg);
    if (builder.parser && fy_parser_set_string(builder.parser, text, length) == 0) {
        root = build_document(&builder);
        if (builder.event)
            fy_parser_event_free(builder.parser, builder.event);
    }
    if (!root)
        complain_of_syntax(&builder, diag, errors_before);
    fy_parser_destroy(builder.parser);
    fy_diag_destroy(diag);
    return root;
}

const struct yaml_node *
yaml_find(const struct yaml_node *node, const char *key)
{
    if (!node || node->shape != YAML_MAP)
        return NULL;
    for (const struct yaml_node *child = node->first; child; child = child->next)
        if (!strcmp(child->key, key))
            return child;
    return NULL;
}

bool
yaml_is_empty(const struct yaml_node *node)
{
    return node->shape == YAML_TEXT && !node->quoted &&
           (!*node->text || !strcmp(node->text, "~") || !strcmp(node->text, "null"));
}

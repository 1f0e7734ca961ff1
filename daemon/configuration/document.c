#include "daemon/configuration/document.h"

#include "config/text.h"

#include <ctype.h>
#include <string.h>

static const char *const TYPED[] = {"null", "true", "false", "yes", "no", "on", "off", "~"};

/* Letters, digits and a few signs that mean nothing to YAML, and no word that YAML would take for
 * something else than text. */
static bool
is_plain_text(const char *text)
{
    if (!isalpha((unsigned char)*text) && (unsigned char)*text < 0x80)
        return false;
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < 0x80 && !isalnum((unsigned char)*at) && !strchr("_-./+", *at))
            return false;
    for (size_t i = 0; i < sizeof TYPED / sizeof *TYPED; i++)
        if (!strcasecmp(text, TYPED[i]))
            return false;
    return true;
}

static void
print_quoted(struct buf *text, const char *value)
{
    struct json json;

    json_init(&json, text);
    json_text(&json, value);
}

static void
print_text(struct buf *text, const struct yaml_node *node)
{
    if (!node->quoted && *node->text == '\0')
        buf_text(text, "null");
    else if (node->quoted ? is_plain_text(node->text) : !strpbrk(node->text, "\n\r"))
        buf_text(text, node->text);
    else
        print_quoted(text, node->text);
}

static void
print_key(struct buf *text, const char *key)
{
    bool plain = isalnum((unsigned char)*key) != 0;

    for (const char *at = key; plain && *at != '\0'; at++)
        plain = isalnum((unsigned char)*at) || strchr("_-.", *at);
    if (plain)
        buf_text(text, key);
    else
        print_quoted(text, key);
    buf_byte(text, ':');
}

static void print_children(struct buf *text, const struct yaml_node *node, unsigned indent,
                           bool is_begun);

/* Behind "key:" or "-". */
static void
print_value(struct buf *text, const struct yaml_node *node, unsigned indent, bool is_item)
{
    if (node->shape == YAML_TEXT || node->first == NULL) {
        buf_byte(text, ' ');
        if (node->shape == YAML_TEXT)
            print_text(text, node);
        else
            buf_text(text, node->shape == YAML_MAP ? "{}" : "[]");
        buf_byte(text, '\n');
        return;
    }
    if (is_item)
        buf_byte(text, ' ');
    else
        buf_byte(text, '\n');
    print_children(text, node, indent, is_item);
}

/* `is_begun`: the first line's indent stands there already. */
static void
print_children(struct buf *text, const struct yaml_node *node, unsigned indent, bool is_begun)
{
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        for (unsigned i = 0; !is_begun && i < indent; i++)
            buf_text(text, "  ");
        is_begun = false;
        if (node->shape == YAML_MAP)
            print_key(text, child->key);
        else
            buf_byte(text, '-');
        print_value(text, child, indent + 1, node->shape == YAML_LIST);
    }
}

void
document_print(struct buf *text, const struct yaml_node *root)
{
    if (root->shape == YAML_TEXT) {
        print_text(text, root);
        buf_byte(text, '\n');
    } else if (root->first == NULL) {
        buf_text(text, root->shape == YAML_MAP ? "{}\n" : "[]\n");
    } else {
        print_children(text, root, 0, false);
    }
}

static void
write_text(struct json *json, const struct yaml_node *node)
{
    double number;

    if (yaml_is_empty(node))
        json_none(json);
    else if (!node->quoted && (!strcmp(node->text, "true") || !strcmp(node->text, "false")))
        json_bool(json, *node->text == 't');
    else if (!node->quoted && *node->text != '+' && text_read_number(node->text, &number))
        json_number(json, number);
    else
        json_text(json, node->text);
}

void
document_write(struct json *json, const struct yaml_node *node)
{
    switch (node->shape) {
    case YAML_TEXT: write_text(json, node); return;
    case YAML_MAP: json_begin_object(json); break;
    case YAML_LIST: json_begin_array(json); break;
    }
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        if (node->shape == YAML_MAP)
            json_key(json, child->key);
        document_write(json, child);
    }
    if (node->shape == YAML_MAP)
        json_end_object(json);
    else
        json_end_array(json);
}

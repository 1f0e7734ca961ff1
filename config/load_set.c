/* A limit set: limits/NAME.yaml. The file is its own row where it has no `sets`. Rows are checked
 * once, when the file is first opened; the places of their mistakes are in the file. */
#include "config/limits.h"
#include "config/section.h"
#include "config/text.h"

#include <math.h>
#include <string.h>

static void
check_name(struct load *load, const struct load_file *file, struct load_set *set)
{
    const struct yaml_node *name = section_form(&SCHEMA_LIMITS_SET, file->root, "limits-set");
    const char *slash = strrchr(file->path, '/');
    const char *base = slash ? slash + 1 : file->path;
    set->name = name ? name->text : "";
    if (name && strcmp(load_printf(load, "%.100s.yaml", name->text), base) != 0)
        load_mistake(load, name, "'limits-set' is called '%.60s' here, but the file is %s",
                     name->text, base);
}

/* What must be said in the row or around it. */
static void
check_row(struct load *load, const struct load_row *row, const char *what)
{
    if (!row->terms.source)
        load_mistake(load, row->node, "%s lacks 'source' (a text)", what);
    if (row->terms.basis == BASIS_CORRECTED && row->terms.reference_o2 == 0)
        load_mistake(load, row->node,
                     "%s lacks 'reference-o2': corrected to how many percent of O2", what);
    if (!row->limits)
        load_mistake(load, row->node, "%s lacks 'limits' ({NAME: LIMIT})", what);
    else
        limits_check_row(load, row);
}

static struct load_row *
add_row(struct load *load, struct load_set *set, const struct yaml_node *node, const char *name)
{
    struct load_row **at = &set->rows;
    while (*at)
        at = &(*at)->next;
    struct load_row *row = arena_take(load->scratch, sizeof *row);
    row->name = name;
    row->node = node;
    row->limits = section_form(&SCHEMA_LIMITS_ROW, node, "limits");
    *at = row;
    return row;
}

static void
read_row(struct load *load, struct load_set *set, const struct yaml_node *root,
         const struct yaml_node *node, const struct limit_terms *terms)
{
    const char *name = load_printf(load, "%.60s.%.60s", set->name, node->key);
    const char *what = load_printf(load, "set '%s'", name);
    struct load_row *row = add_row(load, set, node, name);
    row->outer = root;
    row->terms = *terms;
    if (!text_is_name(node->key))
        load_mistake_at_key(
            load, node, "'%.60s' is no name of a row: small letters, digits and '-'", node->key);
    section_read(load, &SCHEMA_LIMITS_ROW, node, what, NULL);
    limit_terms_read(load, node, what, &row->terms);
    limit_applies_check(load, section_form(&SCHEMA_LIMITS_ROW, node, "applies"),
                        load_printf(load, "'applies' of %s", what));
    check_row(load, row, what);
}

static void
read_rows(struct load *load, struct load_set *set, const struct yaml_node *root,
          const struct yaml_node *rows, const struct limit_terms *terms)
{
    set->has_rows = true;
    if (yaml_find(root, "limits"))
        load_mistake(load, root, "this limit set has both 'limits' and 'sets'");
    for (const struct yaml_node *child = rows->first; child; child = child->next)
        if (child->shape == YAML_MAP)
            read_row(load, set, root, child, terms);
        else
            load_mistake_at_key(load, child, "'%.60s' of 'sets' must be a mapping", child->key);
}

struct load_set *
load_set_from(struct load *load, struct load_file *file)
{
    if (file->parsed || !file->root)
        return file->parsed;
    struct load_set *set = arena_take(load->scratch, sizeof *set);
    const struct yaml_node *root = file->root;
    struct limit_terms terms = {.why = ""};
    file->parsed = set;
    section_read(load, &SCHEMA_LIMITS_SET, root, "this limit set", NULL);
    check_name(load, file, set);
    limit_terms_read(load, root, "this limit set", &terms);
    limit_applies_check(load, section_form(&SCHEMA_LIMITS_SET, root, "applies"),
                        "'applies' of this limit set");
    const struct yaml_node *rows = section_form(&SCHEMA_LIMITS_SET, root, "sets");
    if (rows) {
        read_rows(load, set, root, rows, &terms);
        return set;
    }
    struct load_row *row = add_row(load, set, root, set->name);
    row->terms = terms;
    check_row(load, row, "this limit set");
    return set;
}

/* points: of an asset: points made of others by expressions. They have statistics, limits and
 * evidence like points that are read. An expression sees the points above it, and those of assets
 * that stand before it in the file. */
#include "config/expressions.h"
#include "config/points.h"
#include "config/rules.h"
#include "config/section.h"
#include "config/text.h"

#include <string.h>

static void
read_range(struct load *load, const struct yaml_node *node, const char *what, struct point *point)
{
    double ends[2];
    const struct yaml_node *low = node->first, *high = low ? low->next : NULL;
    if (!high || node->count != 2 || low->shape != YAML_TEXT || high->shape != YAML_TEXT ||
        !text_read_number(low->text, &ends[0]) || !text_read_number(high->text, &ends[1]) ||
        ends[0] >= ends[1]) {
        load_mistake(load, node,
                     "'range' of %s must be [lowest, highest], two numbers, the smaller one first",
                     what);
        return;
    }
    if (point->type == TYPE_BOOL) {
        load_mistake(load, node, "'range' of %s: it is true or false", what);
        return;
    }
    point->has_range = true;
    point->low = ends[0];
    point->high = ends[1];
}

static void
read_point(struct load_asset *in, const struct yaml_node *node)
{
    struct load *load = in->load;
    const char *what = load_printf(load, "point '%.60s' of %s", node->key, in->what);
    struct expression_wish wish = {.node = node, .is_written = true, .name = node->key};
    struct load_own_point own = {.unit = ""};
    if (node->shape == YAML_MAP) {
        section_default(&SCHEMA_OWN_POINT, &own);
        section_read(load, &SCHEMA_OWN_POINT, node, what, &own);
        wish.node = section_form(&SCHEMA_OWN_POINT, node, "expression");
        wish.unit = own.unit;
    } else if (node->shape != YAML_TEXT) {
        load_mistake(load, node, "%s must be an expression, like a.power + b.power, or a mapping",
                     what);
        return;
    }
    if (!wish.node || !text_is_name(node->key))
        return;
    points_check_name(load, node);
    wish.text = arena_text(load->arena, wish.node->text);
    wish.what = what;
    if (derivations_find(in->asset, node->key)) {
        load_mistake_at_key(load, node, "%s: the asset makes a point of that name by itself", what);
        return;
    }
    struct point *point = expressions_add(in, &wish);
    const struct yaml_node *range = node->shape == YAML_MAP
                                        ? section_form(&SCHEMA_OWN_POINT, node, "range")
                                        : NULL;
    if (point && range)
        read_range(load, range, what, point);
}

void
load_asset_points(struct load_asset *in)
{
    const struct yaml_node *node = section_form(&SCHEMA_ASSET, in->node, "points");
    if (!node)
        return;
    section_count_names(in->load, node, "point");
    for (const struct yaml_node *child = node->first; child; child = child->next)
        read_point(in, child);
}

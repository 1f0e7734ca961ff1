/* rules: of an asset, as far as they are not about rules that its kind brings (rules.c). `when` and
 * `until` become points of the asset, "rule-NAME" and "rule-NAME-until": what a rule rested on is
 * in the store as any value is, and its windows are saved with the asset's other points. */
#include "config/load_rules.h"
#include "config/section.h"
#include "config/text.h"

#include <stdio.h>
#include <string.h>

static const struct point *
read_truth(struct rule_reading *reading, const char *key, const char *suffix, const char **ret_text)
{
    struct load *load = reading->in->load;
    const struct yaml_node *node = rules_form(reading, key);
    if (!node)
        return NULL;
    *ret_text = arena_text(load->arena, node->text);
    struct expression_wish wish = {
        .text = *ret_text,
        .node = node,
        .is_written = true,
        .what = load_printf(load, "'%s' of %s", key, reading->what),
        .name = load_printf(load, "rule-%s%s", reading->rule.name, suffix),
        .truth = true,
    };
    return expressions_add(reading->in, &wish);
}

static void
read_point(struct rule_reading *reading, const struct yaml_node *node)
{
    struct load *load = reading->in->load;
    struct load_asset *in = reading->in;
    const char *what = load_printf(load, "'point' of %s", reading->what);
    const struct point *point = names_find_point(load, node, what, node->text, &in->from);
    bool most = yaml_find(reading->node, "at-most"), least = yaml_find(reading->node, "at-least");
    if (most == least)
        load_mistake(load, reading->node, "%s must have at-most or at-least%s", reading->what,
                     most ? ", not both: make it two rules" : "");
    else if (point && point->type == TYPE_STRING)
        load_mistake(load, node, "%s: '%s' is a text", what, node->text);
    else
        reading->rule.point = point;
}

/* Neither `when` nor `point`: it means a rule of the kind's that there is not. */
static void
complain_of_nothing(const struct rule_reading *reading)
{
    struct load *load = reading->in->load;
    const struct asset *asset = reading->in->asset;
    char known[300] = "";
    size_t used = 0;
    for (uint16_t i = 0; i < asset->rule_count && used < sizeof known; i++)
        if (asset->rules[i].is_brought)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "",
                                     asset->rules[i].name);
    load_mistake_at_key(load, reading->node,
                        "%s has neither 'when' nor 'point', and the kind of asset brings no rule "
                        "of that name%s%s",
                        reading->what, *known ? "; it brings " : "", known);
}

static void
check_keys(const struct rule_reading *reading, bool has_when)
{
    struct load *load = reading->in->load;
    const struct yaml_node *node = reading->node, *until = yaml_find(node, "until");
    const struct yaml_node *point = yaml_find(node, "point"), *off = yaml_find(node, "off");
    if (has_when && point)
        load_mistake_at_key(load, point, "%s has 'when' and 'point'; only one of them",
                            reading->what);
    if (!has_when && until)
        load_mistake_at_key(load, until, "'until' of %s goes with 'when'; use hysteresis",
                            reading->what);
    if (off)
        load_mistake_at_key(load, off, "'off' of %s: it is a rule of this file; remove it",
                            reading->what);
}

static void
read_rule(struct load_asset *in, const struct yaml_node *node)
{
    struct load *load = in->load;
    struct rule_reading reading = {.in = in, .node = node};
    struct rule *rule = &reading.rule;
    reading.what = load_printf(load, "rule '%.60s' of %s", node->key, in->what);
    section_default(&SCHEMA_RULE, rule);
    section_read(load, &SCHEMA_RULE, node, reading.what, rule);
    if (node->shape != YAML_MAP || !text_is_name(node->key))
        return;
    rule->name = arena_text(load->arena, node->key);
    rule->source = rule->source ? rule->source : "site file";
    const struct yaml_node *when = yaml_find(node, "when"), *point = rules_form(&reading, "point");
    if (!when && !yaml_find(node, "point")) {
        complain_of_nothing(&reading);
        return;
    }
    check_keys(&reading, when != NULL);
    if (when) {
        rule->point = read_truth(&reading, "when", "", &rule->expression);
        rule->until = read_truth(&reading, "until", "-until", &rule->until_expression);
    } else if (point) {
        read_point(&reading, point);
    }
    rules_read_words(&reading);
    rules_read_bounds(&reading);
    rules_append(&reading);
}

void
load_rules(struct load_asset *in)
{
    const struct yaml_node *node = section_form(&SCHEMA_ASSET, in->node, "rules");
    if (!node)
        return;
    section_count_names(in->load, node, "rule");
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        const struct rule *rule = rules_find(in->asset, child->key);
        if (!rule || !rule->is_brought)
            read_rule(in, child);
    }
}

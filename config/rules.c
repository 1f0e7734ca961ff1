/* Rules that a kind of asset brings (rules_add), and what they share with those of the site file.
 * A rule that is not judged stays in the list without a point: the site may name it, and a reader
 * of the site sees that it is there. */
#include "config/rules.h"

#include "config/conditions.h"
#include "config/load_rules.h"
#include "config/section.h"

#include <assert.h>
#include <string.h>

const struct yaml_node *
rules_form(const struct rule_reading *reading, const char *key)
{
    const struct yaml_node *node = reading->node;
    return node && node->shape == YAML_MAP ? section_form(&SCHEMA_RULE, node, key) : NULL;
}

const struct rule *
rules_find(const struct asset *asset, const char *name)
{
    for (uint16_t i = 0; i < asset->rule_count; i++)
        if (!strcmp(asset->rules[i].name, name))
            return &asset->rules[i];
    return NULL;
}

/* ---- kind and title ---- */

static bool
is_kind(const char *text)
{
    for (;;) {
        size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
        if (!length || length > 40 || *text < 'a' || *text > 'z')
            return false;
        if (!text[length])
            return true;
        if (text[length] != '.')
            return false;
        text += length + 1;
    }
}

static void
read_kind(struct rule_reading *reading)
{
    struct load *load = reading->in->load;
    const struct yaml_node *node = rules_form(reading, "kind");
    if (!node)
        return;
    if (!is_kind(node->text) || strlen(node->text) > 60)
        load_mistake(load, node,
                     "'kind' of %s is '%.80s'; it must be a code of small letters, digits and '-' "
                     "with dots between, like odour.complaint-risk",
                     reading->what, node->text);
    else
        reading->rule.kind = arena_text(load->arena, node->text);
}

static void
read_title(struct rule_reading *reading)
{
    struct load *load = reading->in->load;
    const struct yaml_node *node = rules_form(reading, "title");
    if (node && node->shape == YAML_TEXT)
        reading->rule.title_zh = reading->rule.title_en = arena_text(load->arena, node->text);
    for (const struct yaml_node *child = node ? node->first : NULL; child; child = child->next) {
        if (child->shape == YAML_TEXT && !strcmp(child->key, "zh"))
            reading->rule.title_zh = arena_text(load->arena, child->text);
        else if (child->shape == YAML_TEXT && !strcmp(child->key, "en"))
            reading->rule.title_en = arena_text(load->arena, child->text);
        else
            load_mistake_at_key(load, child, "'title' of %s must be a text or {zh: TEXT, en: TEXT}",
                                reading->what);
    }
}

void
rules_read_words(struct rule_reading *reading)
{
    struct rule *rule = &reading->rule;
    read_kind(reading);
    read_title(reading);
    if (!rule->title_zh)
        rule->title_zh = rule->title_en ? rule->title_en : rule->name;
    if (!rule->title_en)
        rule->title_en = rule->title_zh;
}

/* ---- bounds ---- */

static void
read_bound(struct rule_reading *reading, const char *key, enum limit_side side, bool is_new)
{
    struct load *load = reading->in->load;
    struct rule *rule = &reading->rule;
    const struct yaml_node *node = rules_form(reading, key);
    if (!node)
        return;
    if (!is_new && rule->side != side) {
        load_mistake_at_key(load, node, "'%s' of %s: it is about %s", key, reading->what,
                            rule->side == SIDE_ABOVE ? "at-most" : "at-least");
        return;
    }
    rule->side = side;
    conditions_quantity(load, node, load_printf(load, "'%s' of %s", key, reading->what),
                        rule->point, false, &rule->value);
}

static void
refuse(const struct rule_reading *reading, const char *key, const char *why)
{
    const struct yaml_node *node = reading->node ? yaml_find(reading->node, key) : NULL;
    if (node)
        load_mistake_at_key(reading->in->load, node, "'%s' of %s: %s", key, reading->what, why);
}

void
rules_read_bounds(struct rule_reading *reading)
{
    struct load *load = reading->in->load;
    struct rule *rule = &reading->rule;
    bool is_new = !rule->is_brought;
    if (rule->expression) {
        static const char *const KEYS[] = {"at-most", "at-least", "hysteresis", "averaging"};
        for (size_t i = 0; i < 4; i++)
            refuse(reading, KEYS[i], "it is an expression, which is true or false by itself");
    } else if (rule->point) {
        const struct yaml_node *hysteresis = rules_form(reading, "hysteresis");
        read_bound(reading, "at-most", SIDE_ABOVE, is_new);
        read_bound(reading, "at-least", SIDE_BELOW, is_new);
        if (hysteresis)
            conditions_quantity(load, hysteresis,
                                load_printf(load, "'hysteresis' of %s", reading->what), rule->point,
                                true, &rule->hysteresis);
    }
    if (rule->averaging == AVERAGING_INSTANT || rule->expression)
        return;
    refuse(reading, "delay", "a mean is judged when its period closes");
    refuse(reading, "hysteresis", "a mean is judged when its period closes");
    rule->delay_ms = 0;
    rule->hysteresis = 0;
}

/* ---- into the list ---- */

void
rules_append(struct rule_reading *reading)
{
    struct load *load = reading->in->load;
    struct asset *asset = reading->in->asset;
    struct rule *list = (struct rule *)asset->rules;
    if (!list)
        asset->rules = list = arena_take(load->arena, RULES_MAX * sizeof *list);
    if (asset->rule_count == RULES_MAX) {
        load_mistake_at_key(load, reading->node ? reading->node : reading->in->node,
                            "%s has more than %d rules", reading->in->what, RULES_MAX);
        return;
    }
    struct rule *rule = &list[asset->rule_count++];
    *rule = reading->rule;
    rule->subject = arena_text(load->arena, load_printf(load, "%s.%s", asset->name, rule->name));
    if (!rule->kind)
        rule->kind = arena_text(load->arena, load_printf(load, "rule.%s", rule->name));
    derivations_use(load, asset, rule->point);
    derivations_use(load, asset, rule->until);
}

/* ---- rules of tables ---- */

static const struct point *
make_truth(const struct rule_reading *reading, const char *text, const char *suffix)
{
    struct load *load = reading->in->load;
    struct expression_wish wish = {
        .text = text,
        .node = reading->in->node,
        .what = load_printf(load, "%s, which the kind of asset brings", reading->what),
        .name = load_printf(load, "rule-%s%s", reading->rule.name, suffix),
        .truth = true,
    };
    return text ? expressions_add(reading->in, &wish) : NULL;
}

static const struct point *
find_point(const struct rule_reading *reading)
{
    struct load_asset *in = reading->in;
    const struct rule *rule = &reading->rule;
    const struct yaml_node *named = rules_form(reading, "point");
    if (rule->expression)
        return make_truth(reading, rule->expression, "");
    if (named)
        return names_find_point(in->load, named,
                                load_printf(in->load, "'point' of %s", reading->what), named->text,
                                &in->from);
    if (rule->point || !rule->role)
        return rule->point;
    const struct point *point = derivations_input(in->load, in->inputs, &in->from, rule->role);
    bool was_told = in->from.unsure || (in->inputs && yaml_find(in->inputs, rule->role));
    if (!point && !was_told && rule->missing == RULE_MISSING_SAID)
        load_warning(in->load, in->node, "%s: no point '%s': rule '%s' (%s) is not judged",
                     in->what, rule->role, rule->name, rule->source);
    return point;
}

/* The table's numbers into the unit of the point; false after a mistake. */
static bool
convert(struct rule_reading *reading)
{
    struct rule *rule = &reading->rule;
    const struct point *point = rule->point;
    const struct unit *from = rule->unit ? units_find(rule->unit) : NULL;
    const struct unit *to = *point->unit ? units_find(point->unit) : NULL;
    if (!from || !to || from == to) /* a point without a unit is taken to be in it */
        return true;
    if (units_convert(rule->value, from, to, &rule->value) &&
        units_convert_difference(rule->hysteresis, from, to, &rule->hysteresis))
        return true;
    load_mistake_at_key(reading->in->load, reading->in->node,
                        "%s: point '%s.%s' is in %s (%s), but the rule is about %s (%s)",
                        reading->what, point->device->name, point->name, to->key, to->kind,
                        from->key, from->kind);
    return false;
}

static void
refuse_changes(const struct rule_reading *reading)
{
    static const char *const KEYS[] = {"when", "until", "kind"};
    for (size_t i = 0; i < 3; i++)
        refuse(reading, KEYS[i],
               "the kind of asset brings a rule of this name; yours needs another name");
    if (reading->rule.expression)
        refuse(reading, "point", "it is an expression");
}

void
rules_add(struct load_asset *in, const struct rule *rule)
{
    struct load *load = in->load;
    const struct yaml_node *all = section_form(&SCHEMA_ASSET, in->node, "rules");
    struct rule_reading reading = {.in = in, .node = yaml_find(all, rule->name), .rule = *rule};
    assert(!rules_find(in->asset, rule->name));
    reading.what = load_printf(load, "rule '%s' of %s", rule->name, in->what);
    if (reading.node) {
        section_read(load, &SCHEMA_RULE, reading.node, reading.what, &reading.rule);
        refuse_changes(&reading);
    }
    struct rule *made = &reading.rule;
    made->is_brought = true;
    made->point = NULL;
    rules_read_words(&reading);
    if (made->off) {
        load_warning(load, reading.node ? reading.node : in->node, "%s (%s) is off: %s",
                     reading.what, rule->source, made->off);
    } else {
        made->point = rule->point;
        made->point = find_point(&reading);
        if (made->point && !made->expression && !convert(&reading))
            made->point = NULL;
        rules_read_bounds(&reading);
        made->until = made->point ? make_truth(&reading, made->until_expression, "-until") : NULL;
    }
    rules_append(&reading);
}

/* Which plants a set of limits is for. `applies` is a list of alternatives of which one must fit,
 * in the file and in its row; of one alternative every key must fit. What the asset does not say
 * fits: the check is against naming the wrong row, not a proof of the right one. Where several
 * alternatives fit, the dates of the first one hold. Stack heights are only read: an asset says
 * none. */
#include "config/limits.h"

#include "config/plant.h"
#include "config/section.h"
#include "config/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool
holds_word(const struct yaml_node *node, const char *word)
{
    if (node->shape == YAML_TEXT)
        return !strcmp(node->text, word);
    for (const struct yaml_node *child = node->first; child; child = child->next)
        if (child->shape == YAML_TEXT && !strcmp(child->text, word))
            return true;
    return false;
}

/* In the unit of the quantity's kind: t/h or m. */
static bool
read_bound(const struct yaml_node *node, double *ret_value)
{
    double value;
    const char *key;
    if (node->shape != YAML_TEXT || !text_read_quantity(node->text, &value, &key))
        return false;
    const struct unit *unit = units_find(key), *t_h = units_find("t/h"), *m = units_find("m");
    return unit && ((t_h && units_convert(value, unit, t_h, ret_value)) ||
                    (m && units_convert(value, unit, m, ret_value)));
}

static bool
is_bound_kept(const char *key, double bound, double value)
{
    if (!strcmp(key, "at-most"))
        return value <= bound;
    if (!strcmp(key, "at-least"))
        return value >= bound;
    if (!strcmp(key, "above"))
        return value > bound;
    return value < bound;
}

static bool
is_capacity_kept(const struct yaml_node *node, double capacity)
{
    double bound;
    for (const struct yaml_node *child = node->first; child; child = child->next)
        if (read_bound(child, &bound) && !is_bound_kept(child->key, bound, capacity))
            return false;
    return true;
}

/* One key of an alternative. */
static bool
does_key_fit(const struct yaml_node *node, const struct asset *asset)
{
    if (!strcmp(node->key, "capacity"))
        return !(asset->capacity_t_h > 0) || is_capacity_kept(node, asset->capacity_t_h);
    const char *word = plant_word(asset, node->key);
    return !word || !*word || holds_word(node, word);
}

static unsigned
count_misfits(const struct yaml_node *alternative, const struct asset *asset)
{
    unsigned count = 0;
    for (const struct yaml_node *child = alternative->first; child; child = child->next)
        count += !does_key_fit(child, asset);
    return count;
}

/* ---- sentences ---- */

struct sentence {
    char text[240];
    size_t used;
};

static void
say(struct sentence *sentence, const char *before, const char *text)
{
    int room = (int)(sizeof sentence->text - sentence->used);
    int wrote = snprintf(sentence->text + sentence->used, (size_t)room, "%s%s", before, text);
    sentence->used += (size_t)(wrote < room ? wrote : room - 1);
}

/* "fuel coal or biomass", "capacity at most 65 t/h" */
static void
say_key(struct sentence *sentence, const struct yaml_node *node)
{
    say(sentence, sentence->used ? ", " : "", node->key);
    if (node->shape == YAML_TEXT)
        say(sentence, " ", node->text);
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        const char *before = child->key || child == node->first ? " " : " or ";
        if (child->key) {
            char words[16];
            snprintf(words, sizeof words, "%s", child->key);
            for (char *dash = strchr(words, '-'); dash; dash = strchr(dash, '-'))
                *dash = ' ';
            say(sentence, " ", words);
        }
        say(sentence, before, child->shape == YAML_TEXT ? child->text : "...");
    }
}

static void
say_asset(struct sentence *sentence, const struct yaml_node *node, const struct asset *asset)
{
    char capacity[40];
    const char *word = plant_word(asset, node->key);
    say(sentence, sentence->used ? ", " : "", node->key);
    snprintf(capacity, sizeof capacity, "%.15g t/h", asset->capacity_t_h);
    say(sentence, " ", word ? word : capacity);
}

static void
complain(struct load *load, const struct load_row *row, const struct asset *asset,
         const struct yaml_node *nearest, const struct yaml_node *user)
{
    struct sentence set = {.used = 0}, own = {.used = 0};
    for (const struct yaml_node *child = nearest->first; child; child = child->next) {
        if (strncmp(child->key, "valid-", 6) != 0)
            say_key(&set, child);
        if (!does_key_fit(child, asset))
            say_asset(&own, child, asset);
    }
    load_mistake(load, user, "set '%s' is for %s; asset '%s' has %s", row->name, set.text,
                 asset->name, own.text);
}

static void
judge_list(struct load *load, const struct load_row *row, const struct yaml_node *applies,
           const struct asset *asset, const struct yaml_node *user, struct limit_terms *terms)
{
    const struct yaml_node *best = NULL;
    unsigned least = UINT32_MAX;
    if (!applies || applies->shape != YAML_LIST)
        return;
    for (const struct yaml_node *child = applies->first; child; child = child->next) {
        unsigned misfits = count_misfits(child, asset);
        if (misfits < least)
            best = child;
        least = misfits < least ? misfits : least;
    }
    if (least == 0)
        limit_terms_read(load, best, "'applies'", terms);
    else if (best)
        complain(load, row, asset, best, user);
}

void
limit_applies_judge(struct load *load, const struct load_row *row, const struct asset *asset,
                    const struct yaml_node *user, struct limit_terms *terms)
{
    if (row->outer)
        judge_list(load, row, yaml_find(row->outer, "applies"), asset, user, terms);
    judge_list(load, row, yaml_find(row->node, "applies"), asset, user, terms);
}

/* ---- the set by itself ---- */

static void
check_words(struct load *load, const struct yaml_node *node, const char *what)
{
    if (node->shape == YAML_TEXT) {
        plant_check_word(load, node, what, node->key, node->text);
        return;
    }
    for (const struct yaml_node *child = node->first; child; child = child->next)
        plant_check_word(load, child, what, node->key,
                         child->shape == YAML_TEXT ? child->text : "...");
}

static void
check_bounds(struct load *load, const struct yaml_node *node, const char *what)
{
    double value;
    if (node->shape != YAML_MAP)
        load_mistake(load, node, "'%s' of %s needs bounds, like {at-most: 65 t/h}", node->key,
                     what);
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        if (!child->key ||
            (strcmp(child->key, "at-most") != 0 && strcmp(child->key, "at-least") != 0 &&
             strcmp(child->key, "above") != 0 && strcmp(child->key, "below") != 0))
            load_mistake(load, child,
                         "'%s' of %s: a bound is at-most, at-least, above or below a quantity",
                         node->key, what);
        else if (!read_bound(child, &value))
            load_mistake(load, child, "'%s' of %s must be a quantity, like 65 t/h", child->key,
                         what);
    }
}

static void
check_alternative(struct load *load, const struct yaml_node *alternative, const char *what)
{
    struct limit_terms ignored = {.why = ""};
    if (alternative->shape != YAML_MAP) {
        load_mistake(load, alternative, "%s is a list of mappings, like [{fuel: coal}]", what);
        return;
    }
    for (const struct yaml_node *child = alternative->first; child; child = child->next) {
        if (!strcmp(child->key, "capacity") || !strcmp(child->key, "stack-height"))
            check_bounds(load, child, what);
        else if (plant_is_key(child->key))
            check_words(load, child, what);
        else if (strncmp(child->key, "valid-", 6) != 0)
            load_mistake_at_key(load, child,
                                "%s does not know '%.40s'; keys are fuel, firing, use, carrier, "
                                "built, area, place, capacity, stack-height, valid-from, "
                                "valid-until",
                                what, child->key);
    }
    limit_terms_read(load, alternative, what, &ignored);
}

void
limit_applies_check(struct load *load, const struct yaml_node *applies, const char *what)
{
    if (!applies || applies->shape != YAML_LIST)
        return;
    for (const struct yaml_node *child = applies->first; child; child = child->next)
        check_alternative(load, child, what);
}

/* The walk of a mapping against the table of keys: one handler a type, one sentence a mistake. A
 * value that is wrong leaves the default in place, so that the search for further mistakes goes on
 * with something sensible. */
#include "config/section.h"

#include "config/text.h"

#include <stdio.h>
#include <string.h>

static void
store_natural(void *target, const struct schema_key *key, uint64_t value)
{
    unsigned char *at = (unsigned char *)target + key->offset;
    switch (key->width) {
    case 1: *at = (uint8_t)value; break;
    case 2: memcpy(at, &(uint16_t){(uint16_t)value}, 2); break;
    case 4: memcpy(at, &(uint32_t){(uint32_t)value}, 4); break;
    default: memcpy(at, &value, 8); break;
    }
}

static void
store_text(void *target, const struct schema_key *key, const char *text)
{
    memcpy((unsigned char *)target + key->offset, &text, sizeof text);
}

static void
store_number(void *target, const struct schema_key *key, double value)
{
    memcpy((unsigned char *)target + key->offset, &value, sizeof value);
}

static bool
find_choice(const struct schema_key *key, const char *text, int *ret_value)
{
    for (const struct schema_choice *choice = key->choices; choice->word; choice++)
        if (!strcmp(choice->word, text)) {
            *ret_value = choice->value;
            return true;
        }
    return false;
}

/* The quantity in the key's unit. */
static bool
parse_quantity(const struct schema_key *key, const char *text, double *ret_value)
{
    double value;
    const char *unit_key;
    if (!text_read_quantity(text, &value, &unit_key))
        return false;
    const struct unit *unit = units_find(unit_key);
    return unit && units_convert(value, unit, units_find(key->unit), ret_value);
}

static bool
is_within(const struct schema_key *key, double value)
{
    return (key->low == 0 && key->high == 0) || (value >= key->low && value <= key->high);
}

enum verdict { GOOD, WRONG_TYPE, OUT_OF_BOUNDS, UNEVEN };

static enum verdict
take_natural(const struct schema_key *key, const char *text, void *target)
{
    uint64_t value;
    if (!text_read_natural(text, &value)) {
        double number;
        return text_read_number(text, &number) && number < 0 ? OUT_OF_BOUNDS : WRONG_TYPE;
    }
    if (!is_within(key, (double)value))
        return OUT_OF_BOUNDS;
    store_natural(target, key, value);
    return GOOD;
}

static enum verdict
take_number(const struct schema_key *key, const char *text, void *target)
{
    double value;
    if (!text_read_number(text, &value))
        return WRONG_TYPE;
    if (!is_within(key, value))
        return OUT_OF_BOUNDS;
    store_number(target, key, value);
    return GOOD;
}

static enum verdict
take_quantity(const struct schema_key *key, const char *text, void *target)
{
    double value;
    if (!parse_quantity(key, text, &value))
        return WRONG_TYPE;
    if (!is_within(key, value))
        return OUT_OF_BOUNDS;
    if (value != (double)(uint64_t)value)
        return UNEVEN;
    store_natural(target, key, (uint64_t)value);
    return GOOD;
}

static enum verdict
take_choice(const struct schema_key *key, const char *text, void *target)
{
    int value;
    if (!find_choice(key, text, &value))
        return WRONG_TYPE;
    store_natural(target, key, (uint64_t)value);
    return GOOD;
}

/* Takes a text that lives long enough. */
static enum verdict
take(const struct schema_key *key, const char *text, void *target)
{
    switch (key->type) {
    case SCHEMA_NAME:
        if (!text_is_name(text))
            return WRONG_TYPE;
        store_text(target, key, text);
        return GOOD;
    case SCHEMA_TEXT: store_text(target, key, text); return GOOD;
    case SCHEMA_NATURAL: return take_natural(key, text, target);
    case SCHEMA_NUMBER: return take_number(key, text, target);
    case SCHEMA_QUANTITY: return take_quantity(key, text, target);
    case SCHEMA_CHOICE: return take_choice(key, text, target);
    case SCHEMA_BOOL:
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
            return WRONG_TYPE;
        store_natural(target, key, *text == 't');
        return GOOD;
    case SCHEMA_UNIT:
        if (*text && !units_find(text))
            return WRONG_TYPE;
        store_text(target, key, *text ? units_find(text)->key : "");
        return GOOD;
    case SCHEMA_FORM: return GOOD;
    }
    return WRONG_TYPE;
}

void
section_default(const struct schema_section *section, void *target)
{
    const struct schema_key *key;
    for (size_t i = 0; (key = schema_key_at(section, i)); i++)
        if (key->fallback)
            take(key, key->fallback, target);
}

static const char *
nearest_unit(const char *word)
{
    const struct unit *unit;
    const char *nearest = NULL;
    unsigned best = 4;
    for (unsigned i = 0; (unit = units_at(i)); i++)
        if (text_is_nearer(word, unit->key, &best))
            nearest = unit->key;
    return nearest;
}

static void
complain_of_unit(struct load *load, const struct yaml_node *node, const char *what,
                 const char *unit)
{
    const char *nearest = nearest_unit(unit);
    if (nearest)
        load_mistake(load, node, "%s: there is no unit '%.40s'; did you mean '%s'?", what, unit,
                     nearest);
    else
        load_mistake(load, node,
                     "%s: there is no unit '%.40s'; `parkgatectl schema units` lists them", what,
                     unit);
}

static void
complain_of_bounds(struct load *load, const struct schema_key *key, const struct yaml_node *node,
                   const char *what)
{
    char low[48], high[48];
    if (key->type == SCHEMA_QUANTITY) {
        text_print_quantity(key->low, units_find(key->unit), low, sizeof low);
        text_print_quantity(key->high, units_find(key->unit), high, sizeof high);
    } else {
        snprintf(low, sizeof low, "%.15g", key->low);
        snprintf(high, sizeof high, "%.15g", key->high);
    }
    if (key->low == key->high)
        load_mistake(load, node, "'%s' of %s is '%.60s'; it must be %s", key->name, what,
                     node->text, low);
    else
        load_mistake(load, node, "'%s' of %s is '%.60s'; it must be from %s to %s", key->name, what,
                     node->text, low, high);
}

static void
complain_of_value(struct load *load, const struct schema_key *key, const struct yaml_node *node,
                  const char *what, enum verdict verdict)
{
    char form[240];
    schema_print_form(key, form, sizeof form);
    if (verdict == OUT_OF_BOUNDS)
        complain_of_bounds(load, key, node, what);
    else if (key->type == SCHEMA_UNIT)
        complain_of_unit(load, node, load_printf(load, "'%s' of %s", key->name, what), node->text);
    else if (verdict == UNEVEN)
        load_mistake(load, node, "'%s' of %s is '%.60s'; it must be a whole number of %s",
                     key->name, what, node->text, units_find(key->unit)->en);
    else
        load_mistake(load, node, "'%s' of %s is '%.60s'; it must be %s", key->name, what,
                     node->text, form);
}

static const char *
shape_name(enum yaml_shape shape)
{
    switch (shape) {
    case YAML_TEXT: return "a plain value";
    case YAML_MAP: return "a mapping";
    case YAML_LIST: return "a list";
    }
    return "";
}

static void
read_key(struct load *load, const struct schema_key *key, const struct yaml_node *node,
         const char *what, void *target)
{
    unsigned shapes = key->type == SCHEMA_FORM ? key->shapes : YAML_TEXT;
    char form[240];
    schema_print_form(key, form, sizeof form);
    if (yaml_is_empty(node)) {
        load_mistake_at_key(load, node, "'%s' of %s is empty; it must be %s", key->name, what,
                            form);
    } else if (!(shapes & node->shape)) {
        load_mistake(load, node, "'%s' of %s is %s; it must be %s", key->name, what,
                     shape_name(node->shape), form);
    } else if (key->type != SCHEMA_FORM) {
        bool kept = key->type == SCHEMA_TEXT || key->type == SCHEMA_NAME;
        const char *text = kept ? arena_text(load->arena, node->text) : node->text;
        enum verdict verdict = take(key, text, target);
        if (verdict != GOOD)
            complain_of_value(load, key, node, what, verdict);
    }
}

static void
complain_of_key(struct load *load, const struct schema_section *section,
                const struct yaml_node *node, const char *what)
{
    const struct schema_key *key;
    const char *nearest = NULL;
    unsigned best = 4;
    char known[360] = "";
    size_t used = 0;
    for (size_t i = 0; (key = schema_key_at(section, i)); i++) {
        if (text_is_nearer(node->key, key->name, &best))
            nearest = key->name;
        if (used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                     key->name);
    }
    if (nearest)
        load_mistake_at_key(load, node, "%s has no key '%.60s'; did you mean '%s'?", what,
                            node->key, nearest);
    else
        load_mistake_at_key(load, node, "%s has no key '%.60s'; it knows %s", what, node->key,
                            known);
}

void
section_read(struct load *load, const struct schema_section *section, const struct yaml_node *node,
             const char *what, void *target)
{
    const struct schema_key *key;
    if (node->shape != YAML_MAP) {
        load_mistake(load, node, "%s is %s; it must be a mapping, like {%s: ...}", what,
                     yaml_is_empty(node) ? "empty" : shape_name(node->shape),
                     schema_key_at(section, 0)->name);
        return;
    }
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        key = schema_find_key(section, child->key);
        if (key)
            read_key(load, key, child, what, target);
        else
            complain_of_key(load, section, child, what);
    }
    for (size_t i = 0; (key = schema_key_at(section, i)); i++)
        if (key->required && !yaml_find(node, key->name)) {
            char form[240];
            schema_print_form(key, form, sizeof form);
            load_mistake(load, node, "%s lacks '%s' (%s)", what, key->name, form);
        }
}

const struct yaml_node *
section_form(const struct schema_section *section, const struct yaml_node *node, const char *key)
{
    const struct yaml_node *child = yaml_find(node, key);
    if (!child || yaml_is_empty(child) || !(schema_find_key(section, key)->shapes & child->shape))
        return NULL;
    return child;
}

uint32_t
section_count_names(struct load *load, const struct yaml_node *node, const char *what)
{
    if (!node || node->shape != YAML_MAP)
        return 0;
    for (const struct yaml_node *child = node->first; child; child = child->next)
        if (!text_is_name(child->key))
            load_mistake_at_key(load, child,
                                "'%.60s' cannot be the name of a %s: a small letter, then small "
                                "letters, digits and '-', at most %d",
                                child->key, what, TEXT_NAME_MAX);
    return node->count;
}

bool
section_quantity(struct load *load, const struct yaml_node *node, const char *what,
                 double *ret_value, const struct unit **ret_unit)
{
    double value;
    const char *key;
    if (node->shape != YAML_TEXT || !text_read_quantity(node->text, &value, &key)) {
        load_mistake(load, node, "%s is '%.60s'; it must be a number with its unit, like 50 mg/m3",
                     what, node->shape == YAML_TEXT ? node->text : shape_name(node->shape));
        return false;
    }
    const struct unit *unit = units_find(key);
    if (*key && !unit) {
        complain_of_unit(load, node, what, key);
        return false;
    }
    *ret_value = value;
    *ret_unit = unit; /* NULL: none was written */
    return true;
}

/* A condition is words with spaces between: [not] POINT [< or > NUMBER [UNIT]]. Names hold minus
 * signs and dots, so nothing but spaces and the comparison divides them. */
#include "config/conditions.h"

#include "config/section.h"
#include "config/text.h"

#include <string.h>

static bool
is_one_bit(const struct point *point)
{
    return point->type == TYPE_BOOL || (point->type == TYPE_BITS && point->bit_count == 1);
}

struct quantity {
    double value;
    const struct unit *unit; /* NULL: none was written */
    bool is_difference;
};

/* Into the unit of the point; false after a mistake. */
static bool
convert(struct load *load, const struct yaml_node *node, const char *what,
        const struct point *point, struct quantity *quantity)
{
    const struct unit *own = *point->unit ? units_find(point->unit) : NULL, *unit = quantity->unit;
    double *value = &quantity->value;
    if (!own && !unit)
        return true;
    if (!own) {
        load_mistake(load, node, "%s has the unit %s, but point '%s.%s' has none: give it one",
                     what, unit->key, point->device->name, point->name);
        return false;
    }
    if (!unit) {
        load_mistake(load, node, "%s lacks its unit; point '%s.%s' is in %s", what,
                     point->device->name, point->name, own->key);
        return false;
    }
    if (quantity->is_difference ? units_convert_difference(*value, unit, own, value)
                                : units_convert(*value, unit, own, value))
        return true;
    load_mistake(load, node, "%s is in %s (%s), but point '%s.%s' is in %s (%s)", what, unit->key,
                 unit->kind, point->device->name, point->name, own->key, own->kind);
    return false;
}

bool
conditions_quantity(struct load *load, const struct yaml_node *node, const char *what,
                    const struct point *point, bool is_difference, double *ret_value)
{
    struct quantity quantity = {.is_difference = is_difference};
    if (!section_quantity(load, node, what, &quantity.value, &quantity.unit) ||
        !convert(load, node, what, point, &quantity))
        return false;
    if (is_difference && quantity.value < 0) {
        load_mistake(load, node, "%s is negative", what);
        return false;
    }
    *ret_value = quantity.value;
    return true;
}

struct words {
    const char *name; /* of the point */
    bool negated;
    char comparison;   /* '>', '<' or '\0' */
    const char *value; /* behind it */
};

/* False when the text is no condition. */
static bool
divide(struct load *load, const char *text, struct words *ret_words)
{
    struct words words = {.negated = false};
    text += strspn(text, " ");
    if (!strncmp(text, "not ", 4)) {
        words.negated = true;
        text += 4 + strspn(text + 4, " ");
    }
    size_t length = strcspn(text, " <>");
    words.name = arena_text_n(load->scratch, text, length);
    text += length + strspn(text + length, " ");
    if (*text == '<' || *text == '>') {
        words.comparison = *text++;
        text += strspn(text, " ");
        words.value = text;
    }
    bool good = length > 0 && (words.comparison ? *text && *text != '=' : !*text);
    if (!good || (words.negated && words.comparison))
        return false;
    *ret_words = words;
    return true;
}

static void
read_value(struct load *load, const struct yaml_node *node, const char *what,
           const struct words *words, struct condition *condition)
{
    if (condition->point->type == TYPE_STRING) {
        load_mistake(load, node, "%s compares '%s', which is a text", what, words->name);
        return;
    }
    struct yaml_node value = *node;
    value.text = words->value;
    conditions_quantity(load, &value, what, condition->point, false, &condition->value);
}

void
conditions_read(struct load *load, const struct yaml_node *node, const char *what,
                const struct names_from *from, struct condition *condition)
{
    struct words words;
    if (!divide(load, node->text, &words)) {
        load_mistake(load, node,
                     "%s is '%.80s'; it must be like rto.fan-power > 3 kW (or <), rto.damper-open, "
                     "or not rto.damper-closed",
                     what, node->text);
        return;
    }
    const struct point *point = names_find_point(load, node, what, words.name, from);
    if (!point)
        return;
    condition->point = point;
    if (words.comparison) {
        condition->comparison = words.comparison == '>' ? COMPARE_ABOVE : COMPARE_BELOW;
        read_value(load, node, what, &words, condition);
    } else {
        condition->comparison = words.negated ? COMPARE_FALSE : COMPARE_TRUE;
        if (!is_one_bit(point))
            load_mistake(load, node, "%s: point '%s.%s' is a number (%s); compare it, like %s > 3",
                         what, point->device->name, point->name, site_type_name(point->type),
                         words.name);
    }
}

void
conditions_read_hysteresis(struct load *load, const struct yaml_node *node, const char *what,
                           struct condition *const *conditions, size_t count)
{
    const struct yaml_node *hysteresis = section_form(&SCHEMA_RUNNING, node, "hysteresis");
    bool compared = false, unsure = false;
    for (size_t i = 0; hysteresis && i < count; i++) {
        struct condition *condition = conditions[i];
        unsure = unsure || !condition->point;
        if (!condition->point || condition->comparison < COMPARE_ABOVE)
            continue;
        compared = true;
        conditions_quantity(load, hysteresis, load_printf(load, "'hysteresis' of %s", what),
                            condition->point, true, &condition->hysteresis);
    }
    if (hysteresis && !compared && !unsure)
        load_mistake_at_key(load, hysteresis,
                            "'hysteresis' of %s: nothing is compared with a number there", what);
}

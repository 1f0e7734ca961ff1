/* when: of a limit. {mode: MODE or [MODE, ...]} and {POINT: {at-most, at-least, above or below:
 * QUANTITY}}; all must hold for the limit to be in force. */
#include "config/limits.h"

#include "config/conditions.h"
#include "config/derivations.h"
#include "config/modes.h"
#include "config/section.h"

#include <string.h>

#define WHENS_MAX 8

static uint8_t
read_mode(struct load *load, const struct yaml_node *node, const char *what)
{
    static const char *const WORDS[MODE_COUNT] = {
        [MODE_NORMAL] = "normal",
        [MODE_START_UP] = "start-up",
        [MODE_SHUTDOWN] = "shutdown",
        [MODE_MAINTENANCE] = "maintenance",
        [MODE_EMERGENCY_YELLOW] = "emergency-yellow",
        [MODE_EMERGENCY_ORANGE] = "emergency-orange",
        [MODE_EMERGENCY_RED] = "emergency-red",
        [MODE_SEASONAL] = "seasonal",
    };
    for (unsigned i = 0; node->shape == YAML_TEXT && i < MODE_COUNT; i++)
        if (!strcmp(node->text, WORDS[i]))
            return (uint8_t)(1U << i);
    load_mistake(load, node,
                 "'mode' of 'when' of %s is '%.40s'; modes are normal, start-up, shutdown, "
                 "maintenance, emergency-yellow, emergency-orange, emergency-red, seasonal",
                 what, node->shape == YAML_TEXT ? node->text : "...");
    return 0;
}

static uint8_t
read_modes(struct load *load, const struct yaml_node *node, const char *what)
{
    uint8_t modes = 0;
    if (node->shape == YAML_TEXT)
        return read_mode(load, node, what);
    for (const struct yaml_node *child = node->first; child; child = child->next)
        modes |= read_mode(load, child, what);
    return modes;
}

/* One bound of a point, without the point; false after a mistake. */
static bool
read_bound(struct load *load, const struct yaml_node *node, const char *what,
           struct limit_when *when)
{
    static const struct {
        const char *key;
        enum comparison comparison;
        bool or_equal;
    } BOUNDS[] = {{"at-most", COMPARE_BELOW, true},
                  {"at-least", COMPARE_ABOVE, true},
                  {"above", COMPARE_ABOVE, false},
                  {"below", COMPARE_BELOW, false}};
    for (size_t i = 0; node->shape == YAML_TEXT && i < 4; i++)
        if (!strcmp(node->key, BOUNDS[i].key)) {
            when->comparison = BOUNDS[i].comparison;
            when->or_equal = BOUNDS[i].or_equal;
            return true;
        }
    load_mistake(load, node,
                 "'when' of %s: a bound is at-most, at-least, above or below a quantity, not "
                 "'%.40s'",
                 what, node->key);
    return false;
}

static void
add(struct load *load, const struct yaml_node *node, const char *what,
    const struct limit_when *when, struct limit *limit)
{
    if (limit->when_count == WHENS_MAX)
        load_mistake(load, node, "'when' of %s has more than %d conditions", what, WHENS_MAX);
    else
        ((struct limit_when *)limit->whens)[limit->when_count++] = *when;
}

/* {at-most: 12 degC} of a point; NULL: of a set by itself. */
static void
read_bounds(struct load *load, const struct yaml_node *node, const char *what,
            const struct point *point, struct limit *limit)
{
    const char *of = load_printf(load, "'%.40s' in 'when' of %.200s", node->key, what);
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        struct limit_when when = {.point = point};
        const struct unit *unit;
        if (!read_bound(load, child, what, &when))
            continue;
        if (!point)
            section_quantity(load, child, of, &when.value, &unit);
        else if (conditions_quantity(load, child, of, point, false, &when.value))
            add(load, child, what, &when, limit);
    }
}

static bool
read_point(struct load *load, const struct yaml_node *node, const char *what,
           const struct yaml_node *user, const struct names_from *from, struct limit *limit)
{
    const struct point *point = NULL;
    if (node->shape != YAML_MAP || !node->first) {
        load_mistake_at_key(load, node,
                            "'when' of %s: '%.40s' needs a bound, like {at-most: "
                            "12 degC}",
                            what, node->key);
        return false;
    }
    if (from) {
        const char *of = load_printf(load, "'when' of %.200s", what);
        point = names_find_point(load, user ? user : node, of, node->key, from);
        if (!point)
            return false;
        derivations_use(load, (struct asset *)limit->asset, point);
    }
    read_bounds(load, node, what, point, limit);
    return true;
}

bool
limit_when_read(struct load *load, const struct yaml_node *node, const char *what,
                const struct yaml_node *user, const struct names_from *from, struct limit *limit)
{
    unsigned before = load->mistakes->errors;
    if (node->shape != YAML_MAP)
        return false; /* said by the table of keys */
    limit->whens = arena_take(load->arena, WHENS_MAX * sizeof *limit->whens);
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        if (strcmp(child->key, "mode") != 0) {
            if (!read_point(load, child, what, user, from, limit))
                return false;
            continue;
        }
        struct limit_when when = {.modes = read_modes(load, child, what)};
        add(load, child, what, &when, limit);
    }
    if (!node->first)
        load_mistake_at_key(load, node, "'when' of %s is empty", what);
    return load->mistakes->errors == before;
}

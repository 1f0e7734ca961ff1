/* A limit is a quantity, a mapping, or a list of those, under the name of a point. A set says the
 * same for any asset; with basis corrected its names mean the points with -corrected behind. Two
 * limits that would raise the same event twice (one point, kind, side and averaging) are a mistake.
 */
#include "config/limits.h"

#include "config/conditions.h"
#include "config/section.h"
#include "config/text.h"

#include <string.h>

#define LIMITS_MAX 4096

struct context {
    struct load *load;
    struct load_limits *limits;
    const struct asset *asset; /* NULL: a set is checked by itself */
    const struct names_from *from;
    const struct load_set *set;   /* the limits come from, or NULL */
    const struct yaml_node *user; /* who names the set, or NULL */
    const char *what;             /* "limit 'so2' of asset 'boiler-3'" */
    const char *name;             /* "so2" */
    struct point *point;          /* NULL: not known */
};

static void
append(struct context *in, const struct limit *limit, const struct yaml_node *node)
{
    struct load_limits *limits = in->limits;
    for (uint32_t i = 0; i < limits->count; i++) {
        const struct limit *other = &limits->list[i];
        if (other->asset == limit->asset && other->point == limit->point &&
            other->kind == limit->kind && other->side == limit->side &&
            other->averaging == limit->averaging) {
            load_mistake(in->load, in->user ? in->user : node,
                         "%s: '%s.%s' has a %s of averaging %s already (%.15g %s)", in->what,
                         limit->point->device->name, limit->point->name,
                         site_limit_kind_name(limit->kind), site_averaging_name(limit->averaging),
                         other->value, limit->point->unit);
            return;
        }
    }
    if (limits->count == limits->capacity) {
        uint32_t capacity = limits->capacity ? limits->capacity * 2 : 16;
        struct limit *list = arena_take(in->load->scratch, capacity * sizeof *list);
        if (limits->count)
            memcpy(list, limits->list, limits->count * sizeof *list);
        limits->list = list;
        limits->capacity = capacity;
    }
    if (limits->count == LIMITS_MAX)
        load_mistake(in->load, node, "more than %d limits up to here", LIMITS_MAX);
    else
        limits->list[limits->count++] = *limit;
}

static const char *
source_of(struct context *in, const struct limit *limit)
{
    char text[400];
    const char *source = limit->source;
    if (!source)
        source = in->set ? in->set->source : in->load->site->file;
    if (!source)
        source = "";
    if (!in->set || !in->set->corrected || in->set->reference_o2 <= 0)
        return arena_text(in->load->arena, source);
    snprintf(text, sizeof text, "%s, corrected to %.15g %% O2", source, in->set->reference_o2);
    return arena_text(in->load->arena, text);
}

/* The quantity against the point; without one (a set by itself) only whether it is a quantity. */
static bool
read_quantity(struct context *in, const struct yaml_node *node, const char *what,
              bool is_difference, double *value)
{
    const struct unit *unit;
    if (in->point)
        return conditions_quantity(in->load, node, what, in->point, is_difference, value);
    section_quantity(in->load, node, what, value, &unit);
    return false;
}

static void
finish(struct context *in, struct limit *limit, const struct yaml_node *node)
{
    limit->name = arena_text(in->load->arena, in->name);
    limit->asset = in->asset;
    limit->point = in->point;
    limit->source = source_of(in, limit);
    append(in, limit, node);
}

static void
check_steady(struct context *in, const struct yaml_node *node, struct limit *limit)
{
    const struct yaml_node *hysteresis = section_form(&SCHEMA_LIMIT, node, "hysteresis");
    const struct yaml_node *steady[] = {yaml_find(node, "delay"), hysteresis};
    for (size_t i = 0; i < 2; i++)
        if (steady[i] && limit->averaging != AVERAGING_INSTANT)
            load_mistake_at_key(
                in->load, steady[i],
                "'%s' of %s: only with averaging: instant; a mean is judged as it is",
                steady[i]->key, in->what);
    if (hysteresis)
        read_quantity(in, hysteresis, load_printf(in->load, "'hysteresis' of %s", in->what), true,
                      &limit->hysteresis);
}

/* {at-most: 50 mg/m3, ...} */
static void
read_mapping(struct context *in, const struct yaml_node *node)
{
    struct limit limit = {.name = NULL};
    section_default(&SCHEMA_LIMIT, &limit);
    section_read(in->load, &SCHEMA_LIMIT, node, in->what, &limit);
    const struct yaml_node *most = yaml_find(node, "at-most"), *least = yaml_find(node, "at-least");
    if (!most == !least) {
        load_mistake(in->load, node,
                     "%s must have exactly one of at-most and at-least; for both "
                     "write a list of two",
                     in->what);
        return;
    }
    const struct yaml_node *side = most ? most : least;
    limit.side = most ? SIDE_ABOVE : SIDE_BELOW;
    if (!yaml_find(node, "averaging"))
        limit.averaging = least || limit.kind == LIMIT_WARNING ? AVERAGING_INSTANT : AVERAGING_HOUR;
    check_steady(in, node, &limit);
    if (section_form(&SCHEMA_LIMIT, node, side->key) &&
        read_quantity(in, side, load_printf(in->load, "'%s' of %s", side->key, in->what), false,
                      &limit.value))
        finish(in, &limit, node);
}

static void
read_one(struct context *in, const struct yaml_node *node)
{
    if (node->shape == YAML_MAP) {
        read_mapping(in, node);
        return;
    }
    struct limit limit = {.side = SIDE_ABOVE, .averaging = AVERAGING_HOUR};
    if (read_quantity(in, node, in->what, false, &limit.value))
        finish(in, &limit, node);
}

static void
find_point(struct context *in, const struct yaml_node *node)
{
    const char *suffix = in->set && in->set->corrected ? "-corrected" : "";
    const char *name = load_printf(in->load, "%.80s%s", in->name, suffix);
    in->point = names_find_point(in->load, in->user ? in->user : node, in->what, name, in->from);
    if (in->point && (in->point->type == TYPE_STRING || in->point->type == TYPE_BOOL)) {
        load_mistake(in->load, in->user ? in->user : node,
                     "%s: point '%s.%s' is a %s, not a number", in->what, in->point->device->name,
                     in->point->name, site_type_name(in->point->type));
        in->point = NULL;
    }
}

/* {NAME: LIMIT, ...} */
static void
read_names(struct context *in, const struct yaml_node *node, const char *owner)
{
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        in->name = child->key;
        in->what = load_printf(in->load, "limit '%.60s' of %s", child->key, owner);
        in->point = NULL;
        if (in->asset)
            find_point(in, child);
        if (child->shape != YAML_LIST) {
            read_one(in, child);
            continue;
        }
        for (const struct yaml_node *one = child->first; one; one = one->next)
            read_one(in, one);
    }
}

/* A set was checked when it was first opened; what a site adds is its points and their units. Those
 * are reported where the site names the set, other mistakes of the set are not repeated. */
static void
read_set(struct context *in, const struct yaml_node *node)
{
    struct load *load = in->load;
    struct load_file *file = load_open_shared(load, "limits", node);
    unsigned before = load->mistakes->errors;
    struct load_set *set = file ? load_set_from(load, file) : NULL;
    if (!set || !set->limits || load->mistakes->errors != before)
        return;
    struct context inner = *in;
    inner.set = set;
    inner.user = node;
    read_names(&inner, set->limits,
               load_printf(load, "set '%.60s' for asset '%s'", node->text, in->asset->name));
}

static void
read_part(struct context *in, const struct yaml_node *node)
{
    if (node->shape == YAML_TEXT)
        read_set(in, node);
    else if (node->shape == YAML_MAP)
        read_names(in, node, load_printf(in->load, "asset '%s'", in->asset->name));
    else
        load_mistake(in->load, node,
                     "a list of limits holds limit sets and mappings {NAME: LIMIT}");
}

void
limits_read(struct load *load, const struct yaml_node *node, const struct asset *asset,
            const struct names_from *from, struct load_limits *limits)
{
    struct context in = {.load = load, .limits = limits, .asset = asset, .from = from};
    if (node->shape != YAML_LIST) {
        read_part(&in, node);
        return;
    }
    for (const struct yaml_node *child = node->first; child; child = child->next)
        read_part(&in, child);
}

void
limits_check_set(struct load *load, const struct load_set *set)
{
    struct load_limits none = {.list = NULL};
    struct context in = {.load = load, .limits = &none, .set = set};
    read_names(&in, set->limits, load_printf(load, "set '%.60s'", set->name));
}

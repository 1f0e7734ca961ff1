/* Which limits an asset has: its own, {NAME: LIMIT}, and those of limit sets, by name or with what
 * the set leaves to the site. Two limits that would raise the same event twice (one point, kind,
 * side and averaging, at the same time and under the same `when`) are a mistake.
 *
 * Corrected limits mean a point derived for the asset at their reference oxygen, or the analyser's
 * own -corrected point where the asset has no flue part. */
#include "config/limits.h"

#include "config/derivations.h"
#include "config/section.h"
#include "config/text.h"

#include <math.h>
#include <string.h>

#define LIMITS_MAX 4096

static bool
is_same_when(const struct limit *a, const struct limit *b)
{
    if (a->when_count != b->when_count)
        return false;
    for (uint8_t i = 0; i < a->when_count; i++) {
        const struct limit_when *x = &a->whens[i], *y = &b->whens[i];
        if (x->point != y->point || x->comparison != y->comparison || x->or_equal != y->or_equal ||
            x->value != y->value || x->modes != y->modes)
            return false;
    }
    return true;
}

static bool
is_same_time(const struct limit *a, const struct limit *b)
{
    bool before = a->valid_until_utc_ms && a->valid_until_utc_ms <= b->valid_from_utc_ms;
    bool behind = b->valid_until_utc_ms && b->valid_until_utc_ms <= a->valid_from_utc_ms;
    return !before && !behind;
}

static const struct limit *
find_same(const struct load_limits *limits, const struct limit *limit)
{
    for (uint32_t i = 0; i < limits->count; i++) {
        const struct limit *other = &limits->list[i];
        if (other->asset == limit->asset && other->point == limit->point &&
            other->kind == limit->kind && other->side == limit->side &&
            other->averaging == limit->averaging && is_same_time(other, limit) &&
            is_same_when(other, limit))
            return other;
    }
    return NULL;
}

void
limits_append(struct limit_context *in, const struct limit *limit, const struct yaml_node *node)
{
    struct load_limits *limits = in->limits;
    const struct limit *other = find_same(limits, limit);
    if (other) {
        load_mistake(in->load, in->user ? in->user : node,
                     "%s: '%s.%s' has a %s of averaging %s already (%.15g %s)", in->what,
                     limit->point->device->name, limit->point->name,
                     site_limit_kind_name(limit->kind), site_averaging_name(limit->averaging),
                     other->value, limit->point->unit);
        return;
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

/* ---- points ---- */

static bool
is_number(struct limit_context *in, const struct yaml_node *node, const struct point *point)
{
    if (point->type != TYPE_STRING && point->type != TYPE_BOOL)
        return true;
    load_mistake(in->load, node, "%s: point '%s.%s' is a %s, not a number", in->what,
                 point->device->name, point->name, site_type_name(point->type));
    return false;
}

static struct point *
find_named(struct limit_context *in, const struct yaml_node *node, const char *name, bool optional)
{
    if (optional && !names_peek_point(in->load, name, in->from)) {
        load_warning(in->load, node, "%s: there is no point '%.60s'; it is not judged", in->what,
                     name);
        return NULL;
    }
    return names_find_point(in->load, node, in->what, name, in->from);
}

static struct point *
find_corrected(struct limit_context *in, const struct yaml_node *node, double reference_o2,
               bool optional)
{
    const char *own = load_printf(in->load, "%.80s-corrected", in->name);
    bool has_own = !in->asset->flue && names_peek_point(in->load, own, in->from);
    if (has_own || !in->asset->flue)
        return find_named(in, node, own, optional);
    if (optional && !names_peek_point(in->load, in->name, in->from)) {
        load_warning(in->load, node, "%s: there is no point '%.60s'; it is not judged", in->what,
                     in->name);
        return NULL;
    }
    return derivations_corrected(in->load, node, in->asset, in->from, in->name, reference_o2);
}

struct point *
limits_find_point(struct limit_context *in, const struct yaml_node *node,
                  const struct limit_terms *terms, bool optional)
{
    const struct yaml_node *at = in->user ? in->user : node;
    struct point *point = terms->basis == BASIS_CORRECTED
                              ? find_corrected(in, at, terms->reference_o2, optional)
                              : find_named(in, at, in->name, optional);
    if (point && !is_number(in, at, point))
        return NULL;
    if (point)
        derivations_use(in->load, in->asset, point);
    return point;
}

/* ---- names ---- */

static void
read_each(struct limit_context *in, const struct yaml_node *node)
{
    in->around = node;
    if (node->shape != YAML_LIST) {
        limit_read(in, node);
        return;
    }
    for (const struct yaml_node *one = node->first; one; one = one->next)
        limit_read(in, one);
}

/* {NAME: LIMIT, ...} */
static void
read_names(struct limit_context *in, const struct yaml_node *node, const char *owner)
{
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        in->name = child->key;
        in->what = load_printf(in->load, "limit '%.60s' of %s", child->key, owner);
        read_each(in, child);
    }
}

/* The site's own under the basis of a row, without those that answered it. */
static void
read_rest(struct limit_context *in, const struct load_row *row, const struct yaml_node *node,
          const char *owner)
{
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        in->name = child->key;
        in->what = load_printf(in->load, "limit '%.60s' of %s", child->key, owner);
        in->around = child;
        const struct yaml_node *one = child->shape == YAML_LIST ? child->first : child;
        for (; one; one = child->shape == YAML_LIST ? one->next : NULL)
            if (!limit_is_answer(row->limits, child->key, one))
                limit_read(in, one);
    }
}

/* ---- sets ---- */

static struct load_row *
find_row(struct load *load, const struct yaml_node *node, const struct load_set *set,
         const char *name)
{
    const char *nearest = NULL;
    unsigned best = 4;
    for (struct load_row *row = set->rows; row; row = row->next) {
        const char *own = strchr(row->name, '.');
        if (!set->has_rows && !name)
            return row;
        if (set->has_rows && name && own && !strcmp(own + 1, name))
            return row;
        if (set->has_rows && name && own && text_is_nearer(name, own + 1, &best))
            nearest = row->name;
    }
    if (!set->has_rows)
        load_mistake(load, node, "limit set '%s' has no rows: write it without a dot", set->name);
    else if (nearest)
        load_mistake(load, node, "limit set '%s' has no row '%.60s'; did you mean '%s'?", set->name,
                     name, nearest);
    else if (name)
        load_mistake(load, node, "limit set '%s' has no row '%.60s'; one it has is %s", set->name,
                     name, set->rows ? set->rows->name : "none");
    else
        load_mistake(load, node, "limit set '%s' has rows: name one of them, like %s", set->name,
                     set->rows ? set->rows->name : "NAME.ROW");
    return NULL;
}

/* FILE or FILE.ROW; NULL after a mistake. */
static struct load_row *
open_row(struct load *load, const struct yaml_node *node)
{
    struct yaml_node named = *node;
    const char *dot = strchr(node->text, '.');
    if (dot)
        named.text = arena_text_n(load->scratch, node->text, (size_t)(dot - node->text));
    struct load_file *file = load_open_shared(load, "limits", &named);
    unsigned before = load->mistakes->errors;
    struct load_set *set = file ? load_set_from(load, file) : NULL;
    if (!set || load->mistakes->errors != before)
        return NULL;
    struct load_row *row = find_row(load, node, set, dot ? dot + 1 : NULL);
    return row && row->limits ? row : NULL;
}

static bool
is_open(struct load *load, const struct load_row *row, const struct limit_terms *terms,
        const struct yaml_node *node)
{
    if (terms->basis == BASIS_SITE)
        load_warning(load, node,
                     "set '%s' leaves 'basis' to the site: say measured or corrected, else it is "
                     "not judged",
                     row->name);
    else if (terms->basis == BASIS_CORRECTED && !(terms->reference_o2 > 0))
        load_warning(load, node,
                     "set '%s' leaves 'reference-o2' to the site: say it, else what it corrects is "
                     "not judged",
                     row->name);
    else
        return false;
    return terms->basis == BASIS_SITE;
}

/* A set was checked when it was first opened; what a site adds is its points and their units. Those
 * are reported where the site names the set, other mistakes of the set are not repeated. */
static void
read_set(struct limit_context *in, const struct yaml_node *name, const struct yaml_node *use)
{
    struct load *load = in->load;
    struct load_row *row = open_row(load, name);
    if (!row)
        return;
    struct limit_terms terms = row->terms;
    const char *what = load_printf(load, "set '%.60s' for asset '%s'", row->name, in->asset->name);
    const struct yaml_node *own = use ? section_form(&SCHEMA_LIMIT_USE, use, "limits") : NULL;
    limit_applies_judge(load, row, in->asset, name, &terms);
    if (use)
        limit_terms_read(load, use, what, &terms);
    if (terms.confidence == CONFIDENCE_LOW)
        load_warning(load, name, "set '%s' is of low confidence (%s): compare it with the permit",
                     row->name, terms.why && *terms.why ? terms.why : "no reason given");
    if (!row->limits->first && !own)
        load_warning(load, name, "set '%s' has no limits of its own: give them under 'limits'",
                     row->name);
    if (is_open(load, row, &terms, name))
        return;
    struct limit_context inner = *in;
    inner.row = row;
    inner.terms = &terms;
    inner.user = name;
    inner.answers = own;
    read_names(&inner, row->limits, what);
    inner.user = NULL;
    inner.answers = NULL;
    if (own)
        read_rest(&inner, row, own, what);
}

static void
read_use(struct limit_context *in, const struct yaml_node *node)
{
    const struct yaml_node *name = section_form(&SCHEMA_LIMIT_USE, node, "set");
    section_read(in->load, &SCHEMA_LIMIT_USE, node,
                 load_printf(in->load, "a limit set of asset '%s'", in->asset->name), NULL);
    if (name)
        read_set(in, name, node);
}

static void
read_part(struct limit_context *in, const struct yaml_node *node)
{
    if (node->shape == YAML_TEXT)
        read_set(in, node, NULL);
    else if (node->shape == YAML_MAP && yaml_find(node, "set"))
        read_use(in, node);
    else if (node->shape == YAML_MAP)
        read_names(in, node, load_printf(in->load, "asset '%s'", in->asset->name));
    else
        load_mistake(in->load, node,
                     "a list of limits holds limit sets and mappings {NAME: LIMIT}");
}

void
limits_read(struct load *load, const struct yaml_node *node, struct asset *asset,
            const struct names_from *from, struct load_limits *limits)
{
    const struct limit_terms terms = {.why = ""};
    struct limit_context in = {
        .load = load, .limits = limits, .asset = asset, .from = from, .terms = &terms};
    if (node->shape != YAML_LIST) {
        read_part(&in, node);
        return;
    }
    for (const struct yaml_node *child = node->first; child; child = child->next)
        read_part(&in, child);
}

void
limits_check_row(struct load *load, const struct load_row *row)
{
    struct load_limits none = {.list = NULL};
    struct limit_context in = {.load = load, .limits = &none, .row = row, .terms = &row->terms};
    read_names(&in, row->limits, load_printf(load, "set '%.60s'", row->name));
}

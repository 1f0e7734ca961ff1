/* One limit: a quantity, or a mapping with one of at-most and at-least. In a set the value may be
 * the word `site`: the standard leaves it to the permit, or nobody knows the number; the site then
 * answers with a limit of the same name, side and averaging, and the rest is taken from the set. */
#include "config/limits.h"

#include "config/conditions.h"
#include "config/section.h"
#include "config/text.h"

#include <math.h>
#include <string.h>

#define OF_MOST 60

/* What a limit is by its keys, before it is read. */
struct outline {
    const struct yaml_node *value;
    enum limit_side side;
    enum averaging averaging;
};

static enum averaging
averaging_of(const struct yaml_node *node, enum limit_side side)
{
    const struct yaml_node *said = yaml_find(node, "averaging"), *kind = yaml_find(node, "kind");
    bool warns = kind && kind->shape == YAML_TEXT && !strcmp(kind->text, "internal-warning");
    for (int i = 0; said && said->shape == YAML_TEXT && i <= AVERAGING_SINGLE; i++)
        if (!strcmp(said->text, site_averaging_name((enum averaging)i)))
            return (enum averaging)i;
    return side == SIDE_BELOW || warns ? AVERAGING_INSTANT : AVERAGING_HOUR;
}

static struct outline
outline_of(const struct yaml_node *node)
{
    const struct yaml_node *least = yaml_find(node, "at-least"), *most = yaml_find(node, "at-most");
    struct outline outline = {.value = node, .averaging = AVERAGING_HOUR};
    if (node->shape != YAML_MAP)
        return outline;
    outline.value = most ? most : least;
    outline.side = most ? SIDE_ABOVE : SIDE_BELOW;
    outline.averaging = averaging_of(node, outline.side);
    return outline;
}

static bool
is_site(const struct yaml_node *value)
{
    return value && value->shape == YAML_TEXT && !strcmp(value->text, "site");
}

/* The first of a limit or a list of limits that has the side and the averaging. */
static const struct yaml_node *
find_like(const struct yaml_node *node, const struct outline *like, bool site)
{
    const struct yaml_node *one = node && node->shape == YAML_LIST ? node->first : node;
    for (; one; one = node->shape == YAML_LIST ? one->next : NULL) {
        struct outline outline = outline_of(one);
        if (outline.value && outline.side == like->side && outline.averaging == like->averaging &&
            is_site(outline.value) == site)
            return one;
    }
    return NULL;
}

bool
limit_is_answer(const struct yaml_node *set_limits, const char *name, const struct yaml_node *node)
{
    struct outline outline = outline_of(node);
    return find_like(yaml_find(set_limits, name), &outline, true);
}

/* ---- values ---- */

static uint8_t
decimals_of(const char *text)
{
    const char *dot = strchr(text, '.');
    size_t count = dot ? strspn(dot + 1, "0123456789") : 0;
    return (uint8_t)(count < 15 ? count : 15);
}

/* In the unit of the point; the decimals move with it, 0.5 mg/L is 500 mg/m3. */
static bool
read_value(struct limit_context *in, const struct yaml_node *node, struct limit *limit)
{
    const struct unit *unit;
    double written;
    if (!conditions_quantity(in->load, node, load_printf(in->load, "%s", in->what), limit->point,
                             false, &limit->value) ||
        !section_quantity(in->load, node, in->what, &written, &unit))
        return false;
    int decimals = decimals_of(node->text);
    if (written != 0 && limit->value != 0 && limit->value / written > 0)
        decimals -= (int)lround(log10(limit->value / written));
    limit->decimals = (uint8_t)(decimals < 0 ? 0 : decimals);
    return true;
}

static const char *
source_of(struct limit_context *in, const struct limit_terms *terms)
{
    const char *source = terms->source ? terms->source : in->load->site->file;
    if (terms->basis == BASIS_CORRECTED)
        source = load_printf(in->load, "%.300s, corrected to %.15g %% O2", source,
                             terms->reference_o2);
    return arena_text(in->load->arena, source);
}

/* A number given by the site is doubtful far from the limit of the day. */
static void
check_times_day(struct limit_context *in, const struct yaml_node *node,
                const struct yaml_node *value, const struct limit *limit)
{
    const struct yaml_node *times = section_form(&SCHEMA_LIMIT, node, "times-day");
    const struct outline day = {.side = limit->side, .averaging = AVERAGING_DAY};
    const struct yaml_node *other = times ? find_like(in->around, &day, false) : NULL;
    double low, high, number;
    if (!other || times->count != 2 || !text_read_number(times->first->text, &low) ||
        !text_read_number(times->first->next->text, &high) ||
        !conditions_quantity(in->load, outline_of(other).value, in->what, limit->point, false,
                             &number))
        return;
    if (limit->value < low * number || limit->value > high * number)
        load_warning(in->load, value,
                     "%s: %.15g %s is not within %.15g to %.15g times the limit of the day "
                     "(%.15g %s); compare it with the permit",
                     in->what, limit->value, limit->point->unit, low, high, number,
                     limit->point->unit);
}

/* ---- keys that only some limits may have ---- */

static void
check_steady(struct limit_context *in, const struct yaml_node *node, struct limit *limit)
{
    const struct yaml_node *hysteresis = section_form(&SCHEMA_LIMIT, node, "hysteresis");
    const struct yaml_node *steady[] = {yaml_find(node, "delay"), hysteresis};
    const struct unit *unit;
    double number;
    for (size_t i = 0; i < 2; i++)
        if (steady[i] && limit->averaging != AVERAGING_INSTANT)
            load_mistake_at_key(
                in->load, steady[i],
                "'%s' of %s: only with averaging: instant; a mean is judged as it is",
                steady[i]->key, in->what);
    const char *what = load_printf(in->load, "'hysteresis' of %s", in->what);
    if (hysteresis && limit->point)
        conditions_quantity(in->load, hysteresis, what, limit->point, true, &limit->hysteresis);
    else if (hysteresis)
        section_quantity(in->load, hysteresis, what, &number, &unit);
}

static bool
read_pair(const struct yaml_node *node, double *ret_a, double *ret_b)
{
    return node->count == 2 && node->first->shape == YAML_TEXT &&
           node->first->next->shape == YAML_TEXT && text_read_number(node->first->text, ret_a) &&
           text_read_number(node->first->next->text, ret_b) && *ret_a > 0 && *ret_a <= *ret_b;
}

static void
check_lists(struct limit_context *in, const struct yaml_node *node, struct limit *limit)
{
    const struct yaml_node *of = section_form(&SCHEMA_LIMIT, node, "of");
    const struct yaml_node *times = section_form(&SCHEMA_LIMIT, node, "times-day");
    const struct yaml_node *online = section_form(&SCHEMA_LIMIT, node, "online");
    double low, high;
    if (of && (limit->averaging != AVERAGING_INSTANT || limit->kind != LIMIT_WARNING))
        load_mistake_at_key(in->load, of, "'of' of %s: only for internal warnings that are instant",
                            in->what);
    else if (of && (!read_pair(of, &low, &high) || high > OF_MOST || low != trunc(low) ||
                    high != trunc(high)))
        load_mistake_at_key(in->load, of,
                            "'of' of %s must be two whole numbers [N, M], N at most M, M at most "
                            "%d",
                            in->what, OF_MOST);
    else if (of) {
        limit->of_least = (uint8_t)low;
        limit->of_most = (uint8_t)high;
    }
    if (times && !read_pair(times, &low, &high))
        load_mistake_at_key(in->load, times, "'times-day' of %s must be two numbers [LOW, HIGH]",
                            in->what);
    if (online && strcmp(online->text, "optional") != 0 && strcmp(online->text, "required") != 0)
        load_mistake(in->load, online, "'online' of %s must be required or optional", in->what);
}

static bool
is_optional(const struct yaml_node *node)
{
    const struct yaml_node *online = yaml_find(node, "online");
    return online && online->shape == YAML_TEXT && !strcmp(online->text, "optional");
}

/* ---- one limit ---- */

static void
fill(struct limit_context *in, const struct limit_terms *terms, struct limit *limit)
{
    limit->name = arena_text(in->load->arena, in->name);
    limit->asset = in->asset;
    limit->source = source_of(in, terms);
    limit->reference_o2 = terms->basis == BASIS_CORRECTED ? terms->reference_o2 : 0;
    limit->confidence = terms->confidence;
    limit->valid_from_utc_ms = terms->valid_from_utc_ms;
    limit->valid_until_utc_ms = terms->valid_until_utc_ms;
    limit->hours_within = limit->kind == LIMIT_ULTRA_LOW ? terms->hours_within : 0;
    limit->comparison = in->load->site->limits_comparison;
}

/* The value from the site where the set leaves it open; NULL after a warning. */
static const struct yaml_node *
answered(struct limit_context *in, const struct outline *outline, struct limit_terms *terms)
{
    const struct yaml_node *given = in->answers ? yaml_find(in->answers, in->name) : NULL;
    const struct yaml_node *answer = given ? find_like(given, outline, false) : NULL;
    if (!answer) {
        load_warning(in->load, in->user,
                     "%s: the number (%s, %s) is left to the site: give it under 'limits', else it "
                     "is not judged",
                     in->what, outline->side == SIDE_ABOVE ? "at-most" : "at-least",
                     site_averaging_name(outline->averaging));
        return NULL;
    }
    if (answer->shape == YAML_MAP)
        limit_terms_read(in->load, answer, in->what, terms);
    return outline_of(answer).value;
}

/* For an asset: point, value, when. */
static void
finish(struct limit_context *in, const struct yaml_node *node, const struct outline *outline,
       struct limit_terms *terms, struct limit *limit)
{
    const struct yaml_node *value = outline->value;
    const struct yaml_node *when = node->shape == YAML_MAP ? yaml_find(node, "when") : NULL;
    unsigned before = in->load->mistakes->errors;
    if (terms->basis == BASIS_SITE ||
        (terms->basis == BASIS_CORRECTED && !(terms->reference_o2 > 0)))
        return;
    if (in->user && is_site(value))
        value = answered(in, outline, terms);
    if (!value || in->name == in->missing)
        return;
    limit->point = limits_find_point(in, node, terms, is_optional(node));
    if (!limit->point) {
        in->missing = in->name;
        return;
    }
    if (node->shape == YAML_MAP)
        check_steady(in, node, limit);
    if (!read_value(in, value, limit) || in->load->mistakes->errors != before)
        return;
    if (value != outline->value)
        check_times_day(in, node, value, limit);
    if (terms->confidence == CONFIDENCE_LOW && in->terms->confidence != CONFIDENCE_LOW)
        load_warning(in->load, in->user ? in->user : node,
                     "%s is of low confidence: compare it with the permit", in->what);
    fill(in, terms, limit);
    if (!when || limit_when_read(in->load, when, in->what, in->user, in->from, limit))
        limits_append(in, limit, node);
}

/* A set by itself. */
static void
check(struct limit_context *in, const struct yaml_node *node, const struct outline *outline,
      struct limit *limit)
{
    const struct yaml_node *when = node->shape == YAML_MAP ? yaml_find(node, "when") : NULL;
    const struct unit *unit;
    if (!is_site(outline->value))
        section_quantity(in->load, outline->value, in->what, &limit->value, &unit);
    if (node->shape == YAML_MAP)
        check_steady(in, node, limit);
    if (when)
        limit_when_read(in->load, when, in->what, NULL, NULL, limit);
}

static bool
read_keys(struct limit_context *in, const struct yaml_node *node, struct limit_terms *terms,
          struct limit *limit)
{
    section_default(&SCHEMA_LIMIT, limit);
    section_read(in->load, &SCHEMA_LIMIT, node, in->what, limit);
    if (!yaml_find(node, "at-most") == !yaml_find(node, "at-least")) {
        load_mistake(in->load, node,
                     "%s must have exactly one of at-most and at-least; for both "
                     "write a list of two",
                     in->what);
        return false;
    }
    struct outline outline = outline_of(node);
    limit->side = outline.side;
    limit->averaging = outline.averaging;
    limit_terms_read(in->load, node, in->what, terms);
    check_lists(in, node, limit);
    return outline.value->shape == YAML_TEXT;
}

void
limit_read(struct limit_context *in, const struct yaml_node *node)
{
    struct limit limit = {.averaging = AVERAGING_HOUR};
    struct limit_terms terms = *in->terms;
    unsigned before = in->load->mistakes->errors;
    if (node->shape == YAML_MAP && !read_keys(in, node, &terms, &limit))
        return;
    if (in->load->mistakes->errors != before)
        return; /* what it means is not sure */
    struct outline outline = outline_of(node);
    if (in->asset)
        finish(in, node, &outline, &terms, &limit);
    else
        check(in, node, &outline, &limit);
}

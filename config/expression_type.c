/* What goes with what, and what comes of it: units, truths and numbers, places and distances.
 *
 * - + - comparison min max clamp if: both of one kind; the right is converted to the left's unit.
 *   Without a unit goes with without a unit only.
 * - * and /: a number without a unit leaves the other's; a ratio (% or permille) is a share of
 *   what it multiplies or divides; one kind divided by itself has no unit; other pairs only as the
 *   table below has them (mg/m3 * m3/h = kg/h), in the base unit of the result.
 * - sqrt takes no unit. rate(kWh) is kW, by the same table; what has no unit per time is a mistake.
 * - A temperature is a place on its scale; a difference of two, and delta(), is a distance. A
 *   number in K beside + or behind - is a distance, and so is any number that is compared with
 *   one. Two places are not added; only K is multiplied, divided, negated or given to abs().
 * - A comparison, and / or / not and a one-bit point are truths (1 or 0), which no arithmetic
 *   takes; two truths compare by == and !=. avg() of a truth is the share of steps it held. */
#include "config/expression_parts.h"

#include <stdio.h>
#include <string.h>

/* a * b = c, of the base units: the product of the numbers * times / by. A concentration times a
 * standard flow is a mass flow as the permits count it; that it is a dry standard concentration
 * only the site's author knows. */
static const struct product {
    const char *a, *b, *c;
    double times, by;
} PRODUCTS[] = {
    {"mass concentration", "flow", "mass flow", 1, 1e6},
    {"mass concentration", "standard flow", "mass flow", 1, 1e6},
    {"mass concentration", "volume", "mass", 1, 1e6},
    {"mass concentration", "standard volume", "mass", 1, 1e6},
    {"flow", "time", "volume", 1, 36e5},
    {"standard flow", "time", "standard volume", 1, 36e5},
    {"mass flow", "time", "mass", 1, 36e5},
    {"power", "time", "energy", 1, 36e5},
    {"reactive power", "time", "reactive energy", 1, 36e5},
    {"velocity", "area", "flow", 3600, 1},
    {"velocity", "time", "length", 1, 1e3},
    {"length", "length", "area", 1, 1},
    {"area", "length", "volume", 1, 1},
    {"voltage", "current", "apparent power", 1, 1e3},
    {"resistance", "current", "voltage", 1, 1},
    {"data rate", "time", "data size", 1, 1e3},
};

/* ---- units ---- */

bool
type_is_of(const struct unit *unit, const char *kind)
{
    return unit && !strcmp(unit->kind, kind);
}

static bool
has_places(const struct unit *unit)
{
    const struct unit *other;
    for (unsigned i = 0; unit && (other = units_at(i)); i++)
        if (other->shift != 0 && type_is_of(unit, other->kind))
            return true;
    return false;
}

bool
type_is_place(const struct expression_type *type)
{
    return !type->is_distance && has_places(type->unit);
}

/* The unit of a kind that its table calls the base. */
const struct unit *
type_base(const char *kind)
{
    const struct unit *unit;
    for (unsigned i = 0; (unit = units_at(i)); i++)
        if (type_is_of(unit, kind) && unit->factor == 1 && unit->shift == 0)
            return unit;
    return NULL;
}

#define WORDS 80

static const char *
print(const struct expression_type *type, char words[WORDS])
{
    if (type->is_truth)
        return "a truth";
    if (!type->unit)
        return "a number without a unit";
    snprintf(words, WORDS, "%s%s (%s)", type->is_distance ? "a distance in " : "", type->unit->key,
             type->unit->kind);
    return words;
}

bool
type_mismatch(struct build *build, enum expression_op op, const char *from,
              const struct operand *left, const struct operand *right, const char *why)
{
    char a[WORDS], b[WORDS];
    return build_mistake(build, from, "%s of %s and %s: %s", build_sign(op), print(&left->type, a),
                         print(&right->type, b), why);
}

/* Into the unit of the left one. */
bool
type_align(struct build *build, enum expression_op op, const char *from, struct operand *left,
           struct operand *right)
{
    const struct unit *a = left->type.unit, *b = right->type.unit;
    if (left->type.is_truth || right->type.is_truth)
        return type_mismatch(build, op, from, left, right, "a truth is no number");
    if (!a && !b)
        return true;
    if (!a || !b)
        return type_mismatch(build, op, from, left, right, "one has a unit, the other none");
    if (!type_is_of(a, b->kind))
        return type_mismatch(build, op, from, left, right, "units of different kinds");
    return build_convert(build, right, a);
}

/* A number as written becomes a distance beside one. */
bool
type_align_alike(struct build *build, enum expression_op op, const char *from, struct operand *left,
                 struct operand *right)
{
    if (right->type.is_distance && left->is_literal &&
        type_is_of(left->type.unit, right->type.unit->kind))
        left->type.is_distance = true;
    if (left->type.is_distance && right->is_literal &&
        type_is_of(right->type.unit, left->type.unit->kind))
        right->type.is_distance = true;
    if (left->type.unit && right->type.unit && left->type.is_distance != right->type.is_distance &&
        type_is_of(left->type.unit, right->type.unit->kind))
        return type_mismatch(build, op, from, left, right, "a place on a scale and a distance");
    return type_align(build, op, from, left, right);
}

static bool
is_kelvins(const struct operand *operand)
{
    return operand->is_literal && operand->type.unit && !strcmp(operand->type.unit->key, "K");
}

bool
type_sum(struct build *build, enum expression_op op, const char *from, struct operand *left,
         struct operand *right)
{
    if (type_is_place(&right->type) && is_kelvins(right))
        right->type.is_distance = true;
    else if (op == EXPRESSION_ADD && type_is_place(&left->type) && is_kelvins(left))
        left->type.is_distance = true;
    bool left_place = type_is_place(&left->type), right_place = type_is_place(&right->type);
    bool same = left->type.unit && right->type.unit &&
                type_is_of(left->type.unit, right->type.unit->kind);
    if (same && right_place && (left_place ? op == EXPRESSION_ADD : op == EXPRESSION_SUBTRACT))
        return type_mismatch(build, op, from, left, right,
                             left_place ? "places on a scale are not added; a distance is in K"
                                        : "a place is not taken from a distance");
    if (same && right_place && !left_place) { /* distance + place is in the unit of the place */
        if (!build_convert(build, left, right->type.unit))
            return false;
        left->type.is_distance = false;
        return true;
    }
    if (!type_align(build, op, from, left, right))
        return false;
    left->type.is_distance = left->type.is_distance || (left_place && right_place);
    return true;
}

/* No degC in products: twice 20 degC is not 40 degC. */
bool
type_has_zero(struct build *build, enum expression_op op, const char *from,
              const struct operand *operand)
{
    if (operand->type.is_truth)
        return build_mistake(build, from, "%s of a truth: a truth is no number", build_sign(op));
    return !type_is_place(&operand->type) || !strcmp(operand->type.unit->key, "K") ||
           build_mistake(build, from, "%s of a temperature in %s: only one in K has a true zero",
                         build_sign(op), operand->type.unit->key);
}

bool
type_multiply(struct build *build, const char *from, struct operand *left,
              const struct operand *right, double *ret_scale)
{
    const struct unit *a = left->type.unit, *b = right->type.unit;
    if (!a || (type_is_of(a, "ratio") && b && !type_is_of(b, "ratio"))) {
        *ret_scale = a ? a->factor / 100 : 1;
        left->type = right->type;
        return true;
    }
    if (!b || type_is_of(b, "ratio")) {
        *ret_scale = b ? b->factor / 100 : 1;
        return true;
    }
    for (size_t i = 0; i < sizeof PRODUCTS / sizeof *PRODUCTS; i++) {
        const struct product *row = &PRODUCTS[i];
        if (!(type_is_of(a, row->a) && type_is_of(b, row->b)) &&
            !(type_is_of(a, row->b) && type_is_of(b, row->a)))
            continue;
        *ret_scale = a->factor * b->factor * row->times / row->by;
        left->type = (struct expression_type){.unit = type_base(row->c)};
        return true;
    }
    return type_mismatch(build, EXPRESSION_MULTIPLY, from, left, right,
                         "the product has no unit here");
}

/* The kind of c / b, NULL where the table has none or several. */
static const struct product *
find_quotient(const struct unit *c, const struct unit *b, const char **ret_kind)
{
    const struct product *found = NULL;
    for (size_t i = 0; i < sizeof PRODUCTS / sizeof *PRODUCTS; i++) {
        const struct product *row = &PRODUCTS[i];
        if (!type_is_of(c, row->c) || (!type_is_of(b, row->a) && !type_is_of(b, row->b)))
            continue;
        if (found)
            return NULL;
        found = row;
        *ret_kind = type_is_of(b, row->a) ? row->b : row->a;
    }
    return found;
}

bool
type_divide(struct build *build, const char *from, struct operand *left,
            const struct operand *right, double *ret_scale)
{
    const struct unit *a = left->type.unit, *b = right->type.unit;
    const char *kind;
    *ret_scale = 1;
    if (!b)
        return true;
    if (a && type_is_of(a, b->kind)) {
        if (left->type.is_distance != right->type.is_distance)
            return type_mismatch(build, EXPRESSION_DIVIDE, from, left, right,
                                 "a place on a scale and a distance");
        *ret_scale = a->factor / b->factor;
        left->type = (struct expression_type){.unit = NULL};
        return true;
    }
    if (type_is_of(b, "ratio")) {
        *ret_scale = 100 / b->factor;
        return true;
    }
    const struct product *row = a ? find_quotient(a, b, &kind) : NULL;
    if (!row)
        return type_mismatch(build, EXPRESSION_DIVIDE, from, left, right,
                             "the quotient has no unit here");
    *ret_scale = a->factor * row->by / (b->factor * row->times);
    left->type = (struct expression_type){.unit = type_base(kind)};
    return true;
}

bool
type_per_time(const struct unit *unit, const struct unit **ret_unit, double *ret_scale)
{
    for (size_t i = 0; i < sizeof PRODUCTS / sizeof *PRODUCTS; i++) {
        const struct product *row = &PRODUCTS[i];
        if (strcmp(row->b, "time") != 0 || !type_is_of(unit, row->c))
            continue;
        *ret_unit = type_base(row->a);
        *ret_scale = unit->factor * row->by / row->times;
        return true;
    }
    return false;
}

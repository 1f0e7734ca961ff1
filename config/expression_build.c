/* The nodes an expression becomes. A constant subtree is always one node, so that folding takes
 * nodes off the end only. */
#include "config/expression_parts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const SIGNS[] = {
    [EXPRESSION_NEGATE] = "the sign", [EXPRESSION_ADD] = "'+'",      [EXPRESSION_SUBTRACT] = "'-'",
    [EXPRESSION_MULTIPLY] = "'*'",    [EXPRESSION_DIVIDE] = "'/'",   [EXPRESSION_BELOW] = "'<'",
    [EXPRESSION_AT_MOST] = "'<='",    [EXPRESSION_ABOVE] = "'>'",    [EXPRESSION_AT_LEAST] = "'>='",
    [EXPRESSION_EQUAL] = "'=='",      [EXPRESSION_UNEQUAL] = "'!='", [EXPRESSION_AND] = "'and'",
    [EXPRESSION_OR] = "'or'",         [EXPRESSION_NOT] = "'not'",    [EXPRESSION_MIN] = "min()",
    [EXPRESSION_MAX] = "max()",       [EXPRESSION_ABS] = "abs()",    [EXPRESSION_SQRT] = "sqrt()",
    [EXPRESSION_CLAMP] = "clamp()",   [EXPRESSION_IF] = "if()",      [EXPRESSION_AVG] = "avg()",
    [EXPRESSION_LEAST] = "min()",     [EXPRESSION_MOST] = "max()",   [EXPRESSION_DELTA] = "delta()",
    [EXPRESSION_RATE] = "rate()",
};

const char *
build_sign(enum expression_op op)
{
    return SIGNS[op];
}

bool
build_mistake(struct build *build, const char *from, const char *format, ...)
{
    if (build->failed)
        return false;
    build->failed = true;
    build->mistake->column = 1;
    for (const char *at = build->text; at < from; at++)
        build->mistake->column += ((unsigned char)*at & 0xC0) != 0x80;
    va_list rest;
    va_start(rest, format);
    vsnprintf(build->mistake->text, sizeof build->mistake->text, format, rest);
    va_end(rest);
    return false;
}

/* ---- numbers ---- */

static double
choose(enum expression_op op, const double a[3])
{
    switch (op) {
    case EXPRESSION_BELOW: return a[0] < a[1];
    case EXPRESSION_AT_MOST: return a[0] <= a[1];
    case EXPRESSION_ABOVE: return a[0] > a[1];
    case EXPRESSION_AT_LEAST: return a[0] >= a[1];
    case EXPRESSION_EQUAL: return a[0] == a[1];
    case EXPRESSION_UNEQUAL: return a[0] != a[1];
    case EXPRESSION_AND: return a[0] != 0 && a[1] != 0;
    case EXPRESSION_OR: return a[0] != 0 || a[1] != 0;
    case EXPRESSION_NOT: return a[0] == 0;
    case EXPRESSION_MIN: return a[1] < a[0] ? a[1] : a[0];
    case EXPRESSION_MAX: return a[1] > a[0] ? a[1] : a[0];
    case EXPRESSION_IF: return a[0] != 0 ? a[1] : a[2];
    default: return NAN;
    }
}

static double
clamp(const double a[3])
{
    if (a[1] > a[2])
        return NAN;
    return a[0] < a[1] ? a[1] : a[0] > a[2] ? a[2] : a[0];
}

bool
expression_compute(const struct expression_node *node, const double a[3], double *ret_number)
{
    double number = NAN;
    switch (node->op) {
    case EXPRESSION_CONVERT:
        (node->is_distance ? units_convert_difference : units_convert)(a[0], node->from, node->to,
                                                                       &number);
        break;
    case EXPRESSION_NEGATE: number = -a[0]; break;
    case EXPRESSION_ADD: number = a[0] + a[1]; break;
    case EXPRESSION_SUBTRACT: number = a[0] - a[1]; break;
    case EXPRESSION_MULTIPLY: number = a[0] * a[1] * node->number; break;
    case EXPRESSION_DIVIDE: number = a[0] / a[1] * node->number; break;
    case EXPRESSION_ABS: number = fabs(a[0]); break;
    case EXPRESSION_SQRT: number = sqrt(a[0]); break;
    case EXPRESSION_CLAMP: number = clamp(a); break;
    default: number = choose(node->op, a);
    }
    if (!isfinite(number))
        return false;
    *ret_number = number;
    return true;
}

/* ---- nodes ---- */

static bool
push(struct build *build, const struct expression_node *node, const char *from, uint8_t *ret_at)
{
    struct expression *expression = build->expression;
    if (expression->node_count == EXPRESSION_NODES)
        return build_mistake(build, from, "the expression is too long: it has more than %d parts",
                             EXPRESSION_NODES);
    *ret_at = expression->node_count;
    expression->nodes[expression->node_count++] = *node;
    return true;
}

static bool
is_constant(const struct build *build, const struct operand *operand)
{
    return build->expression->nodes[operand->node].op == EXPRESSION_CONSTANT;
}

static const char *
reason(const struct expression_node *node, const double args[3])
{
    if (node->op == EXPRESSION_DIVIDE && args[1] == 0)
        return "divides by zero";
    if (node->op == EXPRESSION_SQRT)
        return "is of a number below zero";
    if (node->op == EXPRESSION_CLAMP)
        return "has its low bound above its high one";
    return "gives a number that is too large";
}

/* The node over those arguments, or the constant they make. */
static bool
make(struct build *build, struct expression_node node, const char *from,
     const struct operand *operands, struct operand *ret)
{
    struct expression_node *nodes = build->expression->nodes;
    double args[3] = {0}, number;
    bool folds = node.op < EXPRESSION_WINDOW;
    for (unsigned i = 0; i < node.count; i++) {
        node.args[i] = operands[i].node;
        folds = folds && is_constant(build, &operands[i]);
        args[i] = nodes[node.args[i]].number;
    }
    if (folds) {
        if (!expression_compute(&node, args, &number))
            return build_mistake(build, from, "%s %s", SIGNS[node.op], reason(&node, args));
        build->expression->node_count = node.args[0];
        node = (struct expression_node){.op = EXPRESSION_CONSTANT, .number = number};
    }
    return push(build, &node, from, &ret->node);
}

bool
build_convert(struct build *build, struct operand *operand, const struct unit *unit)
{
    struct expression_node node = {.op = EXPRESSION_CONVERT,
                                   .count = 1,
                                   .args = {operand->node},
                                   .is_distance = operand->type.is_distance,
                                   .from = operand->type.unit,
                                   .to = unit};
    if (operand->type.unit == unit)
        return true;
    operand->type.unit = unit;
    if (!is_constant(build, operand))
        return push(build, &node, operand->from, &operand->node);
    double *number = &build->expression->nodes[operand->node].number;
    return expression_compute(&node, (double[3]){*number}, number) ||
           build_mistake(build, operand->from, "the number is too large in %s", unit->key);
}

bool
build_number(struct build *build, double number, const struct unit *unit,
             struct operand *ret_operand)
{
    struct expression_node node = {.op = EXPRESSION_CONSTANT, .number = number};
    ret_operand->type = (struct expression_type){.unit = unit};
    ret_operand->is_literal = true;
    return push(build, &node, ret_operand->from, &ret_operand->node);
}

/* FNV-1a */
static void
mix(struct build *build, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        build->expression->print = (build->expression->print ^ ((const uint8_t *)bytes)[i]) *
                                   0x100000001b3u;
}

void
build_print(struct build *build, const char *text)
{
    mix(build, text, strlen(text) + 1);
}

bool
build_point(struct build *build, const char *name, const char *from, struct operand *ret_operand)
{
    struct expression *expression = build->expression;
    struct expression_point point = {.index = 0};
    struct expression_node node = {.op = EXPRESSION_INPUT};
    const char *why = build->terms->find(build->terms->context, name, &point);
    if (why)
        return build_mistake(build, from, "%s%s", why,
                             strchr(name, '-') ? " (a subtraction has spaces around its '-')" : "");
    while (node.at < expression->input_count && expression->inputs[node.at] != point.index)
        node.at++;
    if (node.at == EXPRESSION_INPUTS)
        return build_mistake(build, from, "the expression names more than %d points",
                             EXPRESSION_INPUTS);
    if (node.at == expression->input_count) {
        expression->inputs[expression->input_count++] = point.index;
        build_print(build, point.type.unit ? point.type.unit->key : point.type.is_truth ? "?" : "");
    }
    *ret_operand = (struct operand){.type = point.type, .from = from};
    return push(build, &node, from, &ret_operand->node);
}

static bool
needs_truth(struct build *build, enum expression_op op, const char *from,
            const struct operand *operand)
{
    return operand->type.is_truth ||
           build_mistake(build, from, "%s wants a truth, like x > 3; here stands a number",
                         SIGNS[op]);
}

bool
build_unary(struct build *build, enum expression_op op, const char *from, struct operand *operand)
{
    bool is_sign = op == EXPRESSION_NEGATE && operand->is_literal;
    if (op == EXPRESSION_NOT) {
        if (!needs_truth(build, op, from, operand))
            return false;
    } else if (!is_sign && !type_has_zero(build, op, from, operand)) {
        return false;
    }
    if (op == EXPRESSION_SQRT && operand->type.unit)
        return build_mistake(build, from,
                             "sqrt() of a number in %s: only one without a unit has "
                             "a root here",
                             operand->type.unit->key);
    operand->is_literal = is_sign;
    operand->from = from;
    return make(build, (struct expression_node){.op = (uint8_t)op, .count = 1}, from, operand,
                operand);
}

static bool
compare(struct build *build, enum expression_op op, const char *from, struct operand *left,
        struct operand *right)
{
    bool are_truths = left->type.is_truth && right->type.is_truth;
    if (!(are_truths && (op == EXPRESSION_EQUAL || op == EXPRESSION_UNEQUAL)) &&
        !type_align_alike(build, op, from, left, right))
        return false;
    left->type = (struct expression_type){.is_truth = true};
    return true;
}

bool
build_binary(struct build *build, enum expression_op op, const char *from, struct operand *left,
             struct operand *right)
{
    struct expression_node node = {.op = (uint8_t)op, .count = 2, .number = 1};
    bool good;
    if (op == EXPRESSION_AND || op == EXPRESSION_OR)
        good = needs_truth(build, op, left->from, left) &&
               needs_truth(build, op, right->from, right);
    else if (op == EXPRESSION_ADD || op == EXPRESSION_SUBTRACT)
        good = type_sum(build, op, from, left, right);
    else if (op == EXPRESSION_MIN || op == EXPRESSION_MAX)
        good = type_align_alike(build, op, from, left, right);
    else if (op == EXPRESSION_MULTIPLY || op == EXPRESSION_DIVIDE)
        good = type_has_zero(build, op, left->from, left) &&
               type_has_zero(build, op, right->from, right) &&
               (op == EXPRESSION_MULTIPLY ? type_multiply : type_divide)(build, from, left, right,
                                                                         &node.number);
    else
        good = compare(build, op, from, left, right);
    if (!good)
        return false;
    if (op == EXPRESSION_DIVIDE && is_constant(build, right) &&
        build->expression->nodes[right->node].number == 0)
        return build_mistake(build, from, "'/' divides by zero");
    left->is_literal = false;
    return make(build, node, from, (struct operand[]){*left, *right}, left);
}

bool
build_clamp(struct build *build, const char *from, struct operand args[3])
{
    struct expression_node node = {.op = EXPRESSION_CLAMP, .count = 3};
    args[0].is_literal = false;
    return type_align_alike(build, EXPRESSION_CLAMP, from, &args[0], &args[1]) &&
           type_align_alike(build, EXPRESSION_CLAMP, from, &args[0], &args[2]) &&
           make(build, node, from, args, &args[0]);
}

bool
build_if(struct build *build, const char *from, struct operand args[3])
{
    struct expression_node node = {.op = EXPRESSION_IF, .count = 3};
    bool are_truths = args[1].type.is_truth && args[2].type.is_truth;
    if (!needs_truth(build, EXPRESSION_IF, args[0].from, &args[0]) ||
        (!are_truths && !type_align_alike(build, EXPRESSION_IF, from, &args[1], &args[2])))
        return false;
    args[0].type = args[1].type;
    args[0].is_literal = false;
    return make(build, node, from, args, &args[0]);
}

/* In ms; 0 after a mistake. */
static int64_t
read_length(struct build *build, const struct operand *length)
{
    const struct unit *unit = length->type.unit;
    double ms = build->expression->nodes[length->node].number;
    if (!length->is_literal || !type_is_of(unit, "time")) {
        build_mistake(build, length->from, "the window is to be a time as written, like 10 min");
        return 0;
    }
    ms *= unit->factor;
    double whole = round(ms / 1000) * 1000; /* 1.1 min is not quite 66 s */
    if (!(whole >= 1000 && whole <= EXPRESSION_WINDOW_MS) || fabs(ms - whole) > 1e-6)
        build_mistake(build, length->from, "a window is of whole seconds, from 1 s to 24 h");
    else if (whole < (double)build->terms->step_ms)
        build_mistake(build, length->from, "the window is shorter than the step of %lld ms",
                      (long long)build->terms->step_ms);
    return build->failed ? 0 : (int64_t)whole;
}

static bool
window_type(struct build *build, enum expression_op op, const char *from, struct operand *operand,
            double *ret_scale)
{
    struct expression_type *type = &operand->type;
    if (type->is_truth && op != EXPRESSION_AVG)
        return build_mistake(build, from, "%s over a window wants a number; here stands a truth",
                             SIGNS[op]);
    type->is_truth = false;
    if (op == EXPRESSION_RATE && !(type->unit && type_per_time(type->unit, &type->unit, ret_scale)))
        return build_mistake(build, from,
                             "rate() of a number %s%s: there is no unit of it per "
                             "time; take delta()",
                             type->unit ? "in " : "without a unit",
                             type->unit ? type->unit->key : "");
    if (op == EXPRESSION_DELTA)
        type->is_distance = type->is_distance || type_is_place(type);
    return true;
}

bool
build_window(struct build *build, enum expression_op op, const char *from, struct operand *operand,
             const struct operand *length)
{
    struct expression *expression = build->expression;
    struct expression_node node = {.op = (uint8_t)op, .count = 1, .at = expression->window_count};
    int64_t ms = read_length(build, length), step_ms = build->terms->step_ms;
    if (!ms || !window_type(build, op, from, operand, &node.number))
        return false;
    if (is_constant(build, operand))
        return build_mistake(build, from, "%s over a window: the number never changes", SIGNS[op]);
    if (expression->window_count == EXPRESSION_WINDOWS)
        return build_mistake(build, from, "the expression has more than %d windows",
                             EXPRESSION_WINDOWS);
    struct expression_window *window = &expression->windows[expression->window_count++];
    window->slot_ms = (ms + EXPRESSION_SLOTS * 1000 - 1) / (EXPRESSION_SLOTS * 1000) * 1000;
    window->slots = (uint32_t)((ms + window->slot_ms - 1) / window->slot_ms);
    window->due = (uint32_t)(ms / step_ms);
    if (op == EXPRESSION_DELTA || op == EXPRESSION_RATE) {
        uint32_t quarter = (window->slots + 3) / 4;
        uint32_t steps = (uint32_t)((2 * step_ms + window->slot_ms - 1) / window->slot_ms);
        window->before = quarter > steps ? quarter : steps;
    }
    expression->node_count--; /* the length */
    operand->is_literal = false;
    operand->from = from;
    return make(build, node, from, operand, operand);
}

bool
build_wanted(struct build *build, struct operand *result)
{
    const struct unit *wanted = build->terms->wanted;
    const struct expression_type *type = &result->type;
    if (!wanted)
        return true;
    build_print(build, wanted->key);
    if (!type->unit)
        return build_mistake(build, result->from, "the expression gives %s, but %s is wanted",
                             type->is_truth ? "a truth" : "a number without a unit", wanted->key);
    if (!type_is_of(type->unit, wanted->kind))
        return build_mistake(build, result->from,
                             "the expression gives %s (%s), but %s (%s) is "
                             "wanted",
                             type->unit->key, type->unit->kind, wanted->key, wanted->kind);
    return build_convert(build, result, wanted);
}

/* The parser: one descent over the text, which calls build_*() for each part it has read. Its depth
 * is bounded by EXPRESSION_DEPTH, counted where an expression may stand inside itself. */
#include "config/expression_parts.h"

#include "config/text.h"

#include <stdio.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"
#define WORD    LETTERS DIGITS "_.-"

enum token {
    TOKEN_END,
    TOKEN_NUMBER,
    TOKEN_NAME,
    TOKEN_OPERATOR,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA,
};

struct parser {
    struct build build;
    const char *at; /* behind the token */
    const char *from;
    enum token token;
    enum expression_op op; /* of an operator: '-' is EXPRESSION_SUBTRACT */
    double number;
    const struct unit *unit;
    char name[2 * TEXT_NAME_MAX + 2];
    unsigned depth;
};

#define SHOWN(length) ((length) > 60 ? 60 : (int)(length))

/* ---- tokens ---- */

static const struct {
    const char *text;
    enum expression_op op;
} OPERATORS[] = {
    {"<=", EXPRESSION_AT_MOST}, {">=", EXPRESSION_AT_LEAST}, {"==", EXPRESSION_EQUAL},
    {"!=", EXPRESSION_UNEQUAL}, {"<", EXPRESSION_BELOW},     {">", EXPRESSION_ABOVE},
    {"+", EXPRESSION_ADD},      {"-", EXPRESSION_SUBTRACT},  {"*", EXPRESSION_MULTIPLY},
    {"/", EXPRESSION_DIVIDE},   {"and", EXPRESSION_AND},     {"or", EXPRESSION_OR},
    {"not", EXPRESSION_NOT},
};

static bool
is_word(const char *at, size_t length, const char *word)
{
    return strlen(word) == length && !strncmp(at, word, length);
}

static bool
find_operator(struct parser *parser, size_t word_length)
{
    for (size_t i = 0; i < sizeof OPERATORS / sizeof *OPERATORS; i++) {
        size_t length = strlen(OPERATORS[i].text);
        if (word_length ? !is_word(parser->from, word_length, OPERATORS[i].text)
                        : strncmp(parser->from, OPERATORS[i].text, length) != 0)
            continue;
        parser->token = TOKEN_OPERATOR;
        parser->op = OPERATORS[i].op;
        parser->at = parser->from + length;
        return true;
    }
    return false;
}

static bool
no_unit(struct parser *parser, const char *from, size_t length)
{
    const struct unit *unit;
    const char *hint = NULL;
    char word[32] = "";
    snprintf(word, sizeof word, "%.*s", SHOWN(length), from);
    for (unsigned i = 0; (unit = units_at(i)); i++)
        if (text_distance(word, unit->key) == 1)
            hint = unit->key;
    if (hint)
        return build_mistake(&parser->build, from, "there is no unit '%s'; is it '%s'?", word,
                             hint);
    return build_mistake(&parser->build, from, "there is no unit '%s'%s", word,
                         strchr(word, '/') ? " (a division has spaces around its '/')" : "");
}

/* Behind a number: "5 mg/m3", "5 kW/2", "5 and". */
static bool
read_unit(struct parser *parser)
{
    const char *from = parser->at + strspn(parser->at, " \t\r\n");
    size_t length = strspn(from, LETTERS DIGITS "/%");
    char word[16];
    if (!length || *from == '/')
        return true;
    if (is_word(from, length, "and") || is_word(from, length, "or"))
        return true;
    for (size_t part = length; part; part--) {
        bool divides = from[part] == '/' && (part + 1 == length || strchr(DIGITS, from[part + 1]));
        if ((part < length && !divides) || part >= sizeof word)
            continue;
        snprintf(word, sizeof word, "%.*s", (int)part, from);
        parser->unit = units_find(word);
        parser->at = from + part;
        if (parser->unit)
            return true;
    }
    return no_unit(parser, from, length);
}

static bool
read_number(struct parser *parser)
{
    const char *at = parser->from + strspn(parser->from, DIGITS);
    char text[64];
    if (*at == '.')
        at += 1 + strspn(at + 1, DIGITS);
    size_t sign = 0;
    if (*at == 'e' || *at == 'E')
        sign = at[1] == '-' || at[1] == '+' ? 2 : 1;
    if (sign && strspn(at + sign, DIGITS))
        at += sign + strspn(at + sign, DIGITS);
    size_t length = (size_t)(at - parser->from);
    snprintf(text, sizeof text, "%.*s", SHOWN(length), parser->from);
    if (length >= sizeof text || *at == '.' || !text_read_number(text, &parser->number))
        return build_mistake(&parser->build, parser->from, "'%.*s' is no number",
                             SHOWN(length + (*at == '.')), parser->from);
    parser->token = TOKEN_NUMBER;
    parser->at = at;
    parser->unit = NULL;
    return read_unit(parser);
}

static bool
read_word(struct parser *parser)
{
    size_t length = strspn(parser->from, WORD);
    char parts[sizeof parser->name];
    if (find_operator(parser, length))
        return true;
    parser->token = TOKEN_NAME;
    parser->at = parser->from + length;
    snprintf(parser->name, sizeof parser->name, "%.*s",
             (int)(length < sizeof parts ? length : sizeof parts), parser->from);
    memcpy(parts, parser->name, sizeof parts);
    char *dot = strchr(parts, '.');
    if (dot)
        *dot = '\0';
    if (length >= sizeof parser->name || !text_is_name(parts) || (dot && !text_is_name(dot + 1)))
        return build_mistake(&parser->build, parser->from,
                             "'%s' is no name of a point: one is of a to z, 0 to 9 and '-', like "
                             "fan-power or rto.fan-power",
                             parser->name);
    return true;
}

static bool
refuse_character(struct parser *parser)
{
    const char *from = parser->from;
    int length = 1;
    while (length < 4 && (from[length] & 0xC0) == 0x80)
        length++;
    if (*from == '=')
        return build_mistake(&parser->build, from, "'=' compares nothing; write '=='");
    if (*from == '!' || *from == '&' || *from == '|')
        return build_mistake(&parser->build, from, "'%c' is not known; write not, and, or", *from);
    if ((unsigned char)*from < 0x20 || *from == 0x7F)
        return build_mistake(&parser->build, from, "a control character stands here");
    return build_mistake(&parser->build, from, "'%.*s' cannot stand in an expression", length,
                         from);
}

static bool
advance(struct parser *parser)
{
    parser->from = parser->at += strspn(parser->at, " \t\r\n");
    char c = *parser->at;
    if (!c) {
        parser->token = TOKEN_END;
        return true;
    }
    if (strchr(DIGITS, c))
        return read_number(parser);
    if (strchr(LETTERS, c))
        return read_word(parser);
    if (c == '(' || c == ')' || c == ',') {
        parser->token = c == '(' ? TOKEN_OPEN : c == ')' ? TOKEN_CLOSE : TOKEN_COMMA;
        parser->at++;
        return true;
    }
    return find_operator(parser, 0) || refuse_character(parser);
}

/* "the end", or the token as it stands there */
static bool
unexpected(struct parser *parser, const char *wanted)
{
    if (parser->token == TOKEN_END)
        return build_mistake(&parser->build, parser->from, "%s is missing at the end", wanted);
    return build_mistake(&parser->build, parser->from, "%s is missing before '%.*s'", wanted,
                         SHOWN(parser->at - parser->from), parser->from);
}

/* ---- grammar ---- */

static bool parse_or(struct parser *parser, struct operand *ret);

static bool
enter(struct parser *parser)
{
    if (parser->depth == EXPRESSION_DEPTH)
        return build_mistake(&parser->build, parser->from,
                             "the expression is too deep: more than %d parentheses, calls and "
                             "signs inside each other",
                             EXPRESSION_DEPTH);
    parser->depth++;
    return true;
}

static bool
expect(struct parser *parser, enum token token, const char *shown)
{
    return parser->token == token ? advance(parser) : unexpected(parser, shown);
}

/* min(a, b, c) is min(min(a, b), c); min(x, 10 min) is over a window. */
static bool
parse_list(struct parser *parser, enum expression_op op, const char *from, struct operand *ret)
{
    struct build *build = &parser->build;
    struct operand next;
    for (unsigned count = 1; count == 1 || parser->token == TOKEN_COMMA; count++) {
        if (!expect(parser, TOKEN_COMMA, "','") || !parse_or(parser, &next))
            return false;
        bool is_window = count == 1 && parser->token == TOKEN_CLOSE && next.is_literal &&
                         type_is_of(next.type.unit, "time") && !type_is_of(ret->type.unit, "time");
        if (is_window)
            return build_window(build, op == EXPRESSION_MIN ? EXPRESSION_LEAST : EXPRESSION_MOST,
                                from, ret, &next);
        if (!build_binary(build, op, from, ret, &next))
            return false;
    }
    return true;
}

static bool
parse_arguments(struct parser *parser, enum expression_op op, unsigned count, const char *from,
                struct operand *ret)
{
    struct operand args[3];
    for (unsigned i = 0; i < count; i++)
        if ((i && !expect(parser, TOKEN_COMMA, "','")) || !parse_or(parser, &args[i]))
            return false;
    bool good;
    if (op == EXPRESSION_IF)
        good = build_if(&parser->build, from, args);
    else if (op == EXPRESSION_CLAMP)
        good = build_clamp(&parser->build, from, args);
    else if (op >= EXPRESSION_WINDOW)
        good = build_window(&parser->build, op, from, &args[0], &args[1]);
    else
        good = build_unary(&parser->build, op, from, &args[0]);
    *ret = args[0];
    return good;
}

static const struct function {
    const char *name;
    enum expression_op op;
    unsigned count; /* of arguments; 0: a list */
} FUNCTIONS[] = {
    {"min", EXPRESSION_MIN, 0},   {"max", EXPRESSION_MAX, 0},     {"abs", EXPRESSION_ABS, 1},
    {"sqrt", EXPRESSION_SQRT, 1}, {"clamp", EXPRESSION_CLAMP, 3}, {"if", EXPRESSION_IF, 3},
    {"avg", EXPRESSION_AVG, 2},   {"delta", EXPRESSION_DELTA, 2}, {"rate", EXPRESSION_RATE, 2},
};

/* Behind "name(". */
static bool
parse_call(struct parser *parser, const char *name, const char *from, struct operand *ret)
{
    const struct function *function = NULL;
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++)
        if (!strcmp(FUNCTIONS[i].name, name))
            function = &FUNCTIONS[i];
    if (!function)
        return build_mistake(&parser->build, from,
                             "there is no function '%s'; there are min, max, avg, delta, rate, "
                             "abs, sqrt, clamp, if",
                             name);
    if (function->count)
        return parse_arguments(parser, function->op, function->count, from, ret);
    return parse_or(parser, ret) && parse_list(parser, function->op, from, ret);
}

static bool
parse_name(struct parser *parser, struct operand *ret)
{
    const char *from = parser->from;
    char name[sizeof parser->name];
    memcpy(name, parser->name, sizeof name);
    if (!advance(parser))
        return false;
    if (parser->token != TOKEN_OPEN)
        return build_point(&parser->build, name, from, ret);
    if (!enter(parser) || !advance(parser) || !parse_call(parser, name, from, ret) ||
        !expect(parser, TOKEN_CLOSE, "')'"))
        return false;
    parser->depth--;
    ret->from = from;
    return true;
}

static bool
parse_primary(struct parser *parser, struct operand *ret)
{
    ret->from = parser->from;
    if (parser->token == TOKEN_NUMBER)
        return build_number(&parser->build, parser->number, parser->unit, ret) && advance(parser);
    if (parser->token == TOKEN_NAME)
        return parse_name(parser, ret);
    if (parser->token != TOKEN_OPEN)
        return unexpected(parser, "a number, a name or '('");
    const char *from = parser->from;
    if (!enter(parser) || !advance(parser) || !parse_or(parser, ret) ||
        !expect(parser, TOKEN_CLOSE, "')'"))
        return false;
    parser->depth--;
    ret->from = from;
    return true;
}

static bool
is_operator(const struct parser *parser, enum expression_op first, enum expression_op last)
{
    return parser->token == TOKEN_OPERATOR && parser->op >= first && parser->op <= last;
}

static bool
parse_sign(struct parser *parser, struct operand *ret)
{
    if (!is_operator(parser, EXPRESSION_ADD, EXPRESSION_SUBTRACT))
        return parse_primary(parser, ret);
    const char *from = parser->from;
    if (parser->op == EXPRESSION_ADD)
        return unexpected(parser, "a number, a name or '('");
    if (!enter(parser) || !advance(parser) || !parse_sign(parser, ret))
        return false;
    parser->depth--;
    return build_unary(&parser->build, EXPRESSION_NEGATE, from, ret);
}

typedef bool parse(struct parser *parser, struct operand *ret);

/* A chain of operators first .. last over what `inner` reads. */
static bool
parse_chain(struct parser *parser, parse *inner, enum expression_op first, enum expression_op last,
            struct operand *ret)
{
    struct operand right;
    if (!inner(parser, ret))
        return false;
    while (is_operator(parser, first, last)) {
        enum expression_op op = parser->op;
        const char *from = parser->from;
        if (!advance(parser) || !inner(parser, &right) ||
            !build_binary(&parser->build, op, from, ret, &right))
            return false;
    }
    return true;
}

static bool
parse_product(struct parser *parser, struct operand *ret)
{
    return parse_chain(parser, parse_sign, EXPRESSION_MULTIPLY, EXPRESSION_DIVIDE, ret);
}

static bool
parse_sum(struct parser *parser, struct operand *ret)
{
    return parse_chain(parser, parse_product, EXPRESSION_ADD, EXPRESSION_SUBTRACT, ret);
}

static bool
parse_comparison(struct parser *parser, struct operand *ret)
{
    struct operand right;
    if (!parse_sum(parser, ret))
        return false;
    if (!is_operator(parser, EXPRESSION_BELOW, EXPRESSION_UNEQUAL))
        return true;
    enum expression_op op = parser->op;
    const char *from = parser->from;
    if (!advance(parser) || !parse_sum(parser, &right) ||
        !build_binary(&parser->build, op, from, ret, &right))
        return false;
    return !is_operator(parser, EXPRESSION_BELOW, EXPRESSION_UNEQUAL) ||
           build_mistake(&parser->build, parser->from,
                         "comparisons do not chain: join two with 'and'");
}

static bool
parse_not(struct parser *parser, struct operand *ret)
{
    const char *from = parser->from;
    if (!is_operator(parser, EXPRESSION_NOT, EXPRESSION_NOT))
        return parse_comparison(parser, ret);
    if (!enter(parser) || !advance(parser) || !parse_not(parser, ret))
        return false;
    parser->depth--;
    return build_unary(&parser->build, EXPRESSION_NOT, from, ret);
}

static bool
parse_and(struct parser *parser, struct operand *ret)
{
    return parse_chain(parser, parse_not, EXPRESSION_AND, EXPRESSION_AND, ret);
}

static bool
parse_or(struct parser *parser, struct operand *ret)
{
    return parse_chain(parser, parse_and, EXPRESSION_OR, EXPRESSION_OR, ret);
}

bool
expression_compile(const char *text, const struct expression_terms *terms, struct expression *ret,
                   struct expression_mistake *ret_mistake)
{
    struct parser parser = {
        .build = {.expression = ret, .terms = terms, .text = text, .mistake = ret_mistake},
        .at = text};
    struct operand result;
    char step[32];
    memset(ret, 0, sizeof *ret);
    ret->print = 0xcbf29ce484222325u;
    if (strlen(text) > EXPRESSION_TEXT)
        return build_mistake(&parser.build, text, "the expression is longer than %d bytes",
                             EXPRESSION_TEXT);
    snprintf(step, sizeof step, "%lld", (long long)terms->step_ms);
    build_print(&parser.build, text);
    build_print(&parser.build, step);
    if (!advance(&parser) || !parse_or(&parser, &result))
        return false;
    if (parser.token != TOKEN_END)
        return unexpected(&parser, "an operator");
    if (!build_wanted(&parser.build, &result))
        return false;
    ret->type = result.type;
    return true;
}

/* Between the parser (expression.c), the rules of units (expression_type.c) and the nodes
 * (expression_build.c). Internal. */
#ifndef CONFIG_EXPRESSION_PARTS_H
#define CONFIG_EXPRESSION_PARTS_H

#include "config/expression.h"

/* A part of the expression that is parsed already. */
struct operand {
    struct expression_type type;
    uint8_t node;
    bool is_literal;  /* a number as written, a sign allowed */
    const char *from; /* in the text */
};

struct build {
    struct expression *expression;
    const struct expression_terms *terms;
    const char *text; /* all of it */
    struct expression_mistake *mistake;
    bool failed;
};

/* The first mistake counts. Always returns false. */
bool build_mistake(struct build *build, const char *from, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* All of these return false after a mistake. `from`: where the operator or call stands. */
bool build_number(struct build *build, double number, const struct unit *unit,
                  struct operand *ret_operand);
bool build_point(struct build *build, const char *name, const char *from,
                 struct operand *ret_operand);
bool build_unary(struct build *build, enum expression_op op, const char *from,
                 struct operand *operand);
bool build_binary(struct build *build, enum expression_op op, const char *from,
                  struct operand *left, struct operand *right);
bool build_clamp(struct build *build, const char *from, struct operand args[3]);
bool build_if(struct build *build, const char *from, struct operand args[3]);
bool build_window(struct build *build, enum expression_op op, const char *from,
                  struct operand *operand, const struct operand *length);
bool build_wanted(struct build *build, struct operand *result);
bool build_convert(struct build *build, struct operand *operand, const struct unit *unit);
const char *build_sign(enum expression_op op);           /* "'+'", for mistakes */
void build_print(struct build *build, const char *text); /* into expression->print */

bool type_is_of(const struct unit *unit, const char *kind);
bool type_is_place(const struct expression_type *type);
const struct unit *type_base(const char *kind);
bool type_mismatch(struct build *build, enum expression_op op, const char *from,
                   const struct operand *left, const struct operand *right, const char *why);

/* Converts the right one to the unit of the left one; with `alike`, a number as written becomes a
 * distance beside a distance. */
bool type_align(struct build *build, enum expression_op op, const char *from, struct operand *left,
                struct operand *right);
bool type_align_alike(struct build *build, enum expression_op op, const char *from,
                      struct operand *left, struct operand *right);
bool type_sum(struct build *build, enum expression_op op, const char *from, struct operand *left,
              struct operand *right);
bool type_has_zero(struct build *build, enum expression_op op, const char *from,
                   const struct operand *operand);

/* The type goes to the left one; the product or quotient of the numbers is scaled. */
bool type_multiply(struct build *build, const char *from, struct operand *left,
                   const struct operand *right, double *ret_scale);
bool type_divide(struct build *build, const char *from, struct operand *left,
                 const struct operand *right, double *ret_scale);

/* The unit of this one per time, and by what a change in a millisecond is to be multiplied. */
bool type_per_time(const struct unit *unit, const struct unit **ret_unit, double *ret_scale);

#endif

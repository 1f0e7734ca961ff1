/* Derived points: an expression over points, compiled once at load, run once a time step. Pure: no
 * clock, no I/O, no allocation. The grammar, loosest first; all but `not` and the sign associate
 * to the left, comparisons do not chain:
 *
 *   or   and   not   < <= > >= == !=   + -   * /   sign   number [unit]   name   f(...)   (...)
 *
 *   abs(x) sqrt(x) clamp(x, low, high) if(c, a, b) min(a, b, ...) max(a, b, ...)
 *   avg(x, 10min) min(x, 10min) max(x, 10min) delta(x, 1h) rate(x, 1h)
 *
 * A name is device.point or point, and holds minus signs: a subtraction has spaces around it. What
 * stands behind a number up to the next space is its unit, as long as it is letters, digits, / and
 * %: "5 kW/2" divides, "5 kW/pump" is a mistake, "5 kW / pump" divides.
 *
 * Units: expression_type.c. Qualities and windows: daemon/assess/expression_run.h. */
#ifndef CONFIG_EXPRESSION_H
#define CONFIG_EXPRESSION_H

#include "config/units.h"

#include <stdbool.h>
#include <stdint.h>

#define EXPRESSION_TEXT      1000 /* bytes */
#define EXPRESSION_NODES     64   /* conversions of units counted, constants folded */
#define EXPRESSION_DEPTH     16   /* of parentheses, calls, signs and `not` */
#define EXPRESSION_INPUTS    32
#define EXPRESSION_WINDOWS   8
#define EXPRESSION_SLOTS     360
#define EXPRESSION_WINDOW_MS 86400000 /* the longest */

enum expression_op {
    EXPRESSION_CONSTANT,
    EXPRESSION_INPUT,
    EXPRESSION_CONVERT,
    EXPRESSION_NEGATE,
    EXPRESSION_ADD,
    EXPRESSION_SUBTRACT,
    EXPRESSION_MULTIPLY,
    EXPRESSION_DIVIDE,
    EXPRESSION_BELOW,
    EXPRESSION_AT_MOST,
    EXPRESSION_ABOVE,
    EXPRESSION_AT_LEAST,
    EXPRESSION_EQUAL,
    EXPRESSION_UNEQUAL,
    EXPRESSION_AND,
    EXPRESSION_OR,
    EXPRESSION_NOT,
    EXPRESSION_MIN,
    EXPRESSION_MAX,
    EXPRESSION_ABS,
    EXPRESSION_SQRT,
    EXPRESSION_CLAMP,
    EXPRESSION_IF,
    EXPRESSION_WINDOW, /* from here on: of a window */
    EXPRESSION_AVG = EXPRESSION_WINDOW,
    EXPRESSION_LEAST,
    EXPRESSION_MOST,
    EXPRESSION_DELTA,
    EXPRESSION_RATE,
};

struct expression_type {
    const struct unit *unit; /* NULL: none */
    bool is_truth, is_distance;
};

/* Nodes stand behind their arguments; the last one is the result. */
struct expression_node {
    uint8_t op;
    uint8_t at; /* of an input or a window */
    uint8_t count, args[3];
    bool is_distance;             /* of a conversion */
    double number;                /* of a constant; what a product, quotient or rate is scaled by */
    const struct unit *from, *to; /* of a conversion */
};

struct expression_window {
    int64_t slot_ms;
    uint32_t slots;  /* the window */
    uint32_t before; /* delta and rate: so many slots more may hold what stood a window ago */
    uint32_t due;    /* steps */
};

struct expression {
    struct expression_type type; /* of the result */
    struct expression_node nodes[EXPRESSION_NODES];
    struct expression_window windows[EXPRESSION_WINDOWS];
    uint32_t inputs[EXPRESSION_INPUTS]; /* each point once, by the index its name gave */
    uint8_t node_count, window_count, input_count;
    uint64_t print; /* of all a saved state depends on */
};

struct expression_point {
    uint32_t index;
    struct expression_type type;
};

struct expression_terms {
    /* NULL when found, else one sentence without a full stop that lives until the next call. */
    const char *(*find)(void *context, const char *name, struct expression_point *ret_point);
    void *context;
    int64_t step_ms;           /* between two steps, at least 1 */
    const struct unit *wanted; /* the result is converted into it; NULL: as it comes */
};

struct expression_mistake {
    unsigned column; /* from 1, in characters */
    char text[200];
};

/* False after a mistake; then *ret is not to be used. */
bool expression_compile(const char *text, const struct expression_terms *terms,
                        struct expression *ret, struct expression_mistake *ret_mistake);

/* A node's number from those of its arguments (not of inputs and windows); false: there is none. */
bool expression_compute(const struct expression_node *node, const double args[3],
                        double *ret_number);

#endif

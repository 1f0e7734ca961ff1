/* Makes a point of an asset out of an expression. Internal to config/. */
#ifndef CONFIG_EXPRESSIONS_H
#define CONFIG_EXPRESSIONS_H

#include "config/load_asset.h"

struct expression_wish {
    const char *text;             /* the expression */
    const struct yaml_node *node; /* where the file says it; mistakes are reported there */
    bool is_written;              /* the node's text is the expression: mistakes have its column */
    const char *what;             /* "'when' of rule 'x' of asset 'y'" */
    const char *name;             /* of the point */
    const char *unit;             /* of the point; NULL: what comes of the expression */
    bool truth;                   /* it must be true or false, else either */
};

/* What the table of keys reads of a point under `points:`. */
struct load_own_point {
    const char *unit; /* "": not said */
};

/* The point, or NULL after a mistake. */
struct point *expressions_add(struct load_asset *in, const struct expression_wish *wish);

#endif

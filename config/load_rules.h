/* Between the rules of tables (rules.c) and those of the site file (load_rules.c). Internal to
 * config/. */
#ifndef CONFIG_LOAD_RULES_H
#define CONFIG_LOAD_RULES_H

#include "config/expressions.h"
#include "config/rules.h"

/* One rule while it is read. */
struct rule_reading {
    struct load_asset *in;
    const struct yaml_node *node; /* under rules:, or NULL: the site says nothing about it */
    const char *what;             /* "rule 'x' of asset 'y'" */
    struct rule rule;
};

/* The value of the SCHEMA_FORM key, or NULL. */
const struct yaml_node *rules_form(const struct rule_reading *reading, const char *key);

/* kind and title, where they are said. */
void rules_read_words(struct rule_reading *reading);

/* at-most, at-least and hysteresis in the unit of rule.point, where they are said; and that means
 * have no delay. */
void rules_read_bounds(struct rule_reading *reading);

/* Behind the others of the asset. */
void rules_append(struct rule_reading *reading);

const struct rule *rules_find(const struct asset *asset, const char *name);

#endif

/* Rules of an asset: a point that must not be above or below a value, or an expression that must
 * not be true, for some time or as a mean; each opens one event of its kind. They come from the
 * site file (`rules:`) and, for the kinds of assets, from tables of the standards (rules_add). Part
 * of config/site.h; judged by daemon/assess/judge_rule.c. */
#ifndef CONFIG_RULES_H
#define CONFIG_RULES_H

#include "config/asset.h"

#define RULES_MAX 64 /* an asset */

/* While this is known not to run nothing is judged and what is open closes. An asset that does not
 * say when it runs always runs. */
enum rule_gate { RULE_ALWAYS, RULE_PRODUCTION, RULE_TREATMENT };

enum rule_severity { RULE_INFO, RULE_WARNING, RULE_ALARM }; /* as enum severity */

/* What the check says of a rule of a table whose point is not there. */
enum rule_missing { RULE_MISSING_SAID, RULE_MISSING_SILENT };

/* What rules_add needs of a rule of a table: name, kind, severity, what it is about (`point`, or
 * `role`, or `expression`), side, value and unit, source and titles; the rest may stay zero. */
struct rule {
    const char *name;             /* "chamber-temperature": in `rules:` it is changed under this */
    const char *kind;             /* of its event; docs/event-kinds.md */
    const char *subject;          /* "rto-1.chamber-temperature"; made by rules_add */
    const char *role;             /* the point's role in the asset where `point` is NULL, or NULL */
    const char *expression;       /* a truth, or NULL; rules_add makes a point of it */
    const char *until_expression; /* where it ends again, else when it is not true; or NULL */
    const struct point *point;    /* NULL behind rules_add: not judged (missing, off, a mistake) */
    const struct point *until;    /* of until_expression; made by rules_add */
    enum limit_side side;         /* wrong strictly above, strictly below `value`; not of a truth */
    double value;
    double hysteresis;
    const char *unit;         /* of value and hysteresis; NULL: the point's */
    uint32_t delay_ms;        /* of instant values only */
    enum averaging averaging; /* a mean is judged when its period closes */
    enum rule_gate gate;
    enum rule_severity severity;
    enum rule_missing missing;
    const char *source; /* "HJ 2026-2013", "site file" */
    const char *off;    /* why the site does not want it, or NULL */
    bool is_brought;    /* by the kind of asset; made by rules_add */
    const char *title_zh, *title_en;
};

struct load_asset;

/* Adds a rule of a table to the asset, with what the site file says about its name under `rules:`
 * (another value, delay, severity, ..., or off). Called while the asset is read, before load_rules;
 * a name a second time is a mistake of the program. */
void rules_add(struct load_asset *in, const struct rule *rule);

#endif

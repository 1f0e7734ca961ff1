/* Limits of an asset, from its own words and from limit sets. Internal to config/.
 *
 * A set file is one standard. It holds limits itself, or rows that do (`sets:`); a site names a row
 * as FILE.ROW. The terms of a limit are what file, row and limit say of it, the inner one holds. */
#ifndef CONFIG_LIMITS_H
#define CONFIG_LIMITS_H

#include "config/names.h"

/* Limits as they are found; struct load_limits grows, the site's array is laid out at the end. */
struct load_limits {
    struct limit *list;
    uint32_t count, capacity;
};

enum limit_basis { BASIS_MEASURED, BASIS_CORRECTED, BASIS_SITE };

struct limit_terms {
    enum limit_basis basis;
    double reference_o2; /* %; 0: not said; NaN: the site must say */
    double hours_within; /* %; 0: not said */
    enum confidence confidence;
    const char *why;                               /* of the confidence: "from memory", or "" */
    const char *source;                            /* or NULL */
    int64_t valid_from_utc_ms, valid_until_utc_ms; /* 0: open */
};

/* A file that has no rows, or one row of a file. */
struct load_row {
    struct load_row *next;
    const char *name;              /* "gb13271.coal-new" */
    const struct yaml_node *node;  /* of the row */
    const struct yaml_node *outer; /* of its file; NULL where the row is the file */
    const struct yaml_node *limits;
    struct limit_terms terms;
};

struct load_set {
    const char *name;
    bool has_rows;
    struct load_row *rows;
};

/* Puts in what the mapping says of the terms. `what` names it in sentences. */
void limit_terms_read(struct load *load, const struct yaml_node *node, const char *what,
                      struct limit_terms *terms);

/* limits: of one asset. */
void limits_read(struct load *load, const struct yaml_node *node, struct asset *asset,
                 const struct names_from *from, struct load_limits *limits);

/* A row without a site: everything but the points. */
void limits_check_row(struct load *load, const struct load_row *row);

/* `applies` of a set or a row. A mistake at `user` when the asset says otherwise; where it says
 * nothing, it fits. The dates of the alternative that fits go into the terms. */
void limit_applies_check(struct load *load, const struct yaml_node *applies, const char *what);
void limit_applies_judge(struct load *load, const struct load_row *row, const struct asset *asset,
                         const struct yaml_node *user, struct limit_terms *terms);

/* Reads `when` of a limit; `from` is NULL where a set is checked by itself. False after a mistake.
 */
bool limit_when_read(struct load *load, const struct yaml_node *node, const char *what,
                     const struct yaml_node *user, const struct names_from *from,
                     struct limit *limit);

/* ---- limits.c and limit_read.c ---- */

/* One limit while it is read. */
struct limit_context {
    struct load *load;
    struct load_limits *limits;
    struct asset *asset; /* NULL: a set is checked by itself */
    const struct names_from *from;
    const struct load_row *row;      /* the limits come from, or NULL */
    const struct limit_terms *terms; /* around the limit */
    const struct yaml_node *user;    /* who names the set, or NULL */
    const struct yaml_node *answers; /* `limits` beside it, or NULL */
    const struct yaml_node *around;  /* all limits of the name in a set, for times-day */
    const char *what;                /* "limit 'so2' of asset 'boiler-3'" */
    const char *name;                /* "so2" */
    const char *missing;             /* the newest name without a point: said once */
};

/* A quantity, a mapping, or the word `site`. */
void limit_read(struct limit_context *in, const struct yaml_node *node);

/* Does this limit of the site say what the set leaves to it? Those are read with the set. */
bool limit_is_answer(const struct yaml_node *set_limits, const char *name,
                     const struct yaml_node *node);

/* Behind the others, or a mistake where it says the same as one that is there. */
void limits_append(struct limit_context *in, const struct limit *limit,
                   const struct yaml_node *node);

/* The point that a corrected limit means: derived for the asset, or the device's own. */
struct point *limits_find_point(struct limit_context *in, const struct yaml_node *node,
                                const struct limit_terms *terms, bool optional);

#endif

/* What a limit set, a row of it, a limit and the site each may say about limits: basis, reference
 * oxygen, source, confidence, dates, share of hours. Dates are of UTC+08:00 (standards.md 12 #20).
 */
#include "config/limits.h"

#include "base/calendar.h"
#include "config/text.h"

#include <math.h>
#include <string.h>

static void
read_basis(struct load *load, const struct yaml_node *node, const char *what,
           struct limit_terms *terms)
{
    static const char *const WORDS[] = {"measured", "corrected", "site"};
    for (unsigned i = 0; i < 3; i++)
        if (!strcmp(node->text, WORDS[i])) {
            terms->basis = (enum limit_basis)i;
            return;
        }
    load_mistake(load, node,
                 "'basis' of %s is '%.40s'; it must be one of measured, corrected, site", what,
                 node->text);
}

static void
read_reference(struct load *load, const struct yaml_node *node, const char *what,
               struct limit_terms *terms)
{
    double value;
    if (!strcmp(node->text, "site"))
        terms->reference_o2 = NAN;
    else if (text_read_number(node->text, &value) && value >= 0.1 && value <= 20.5)
        terms->reference_o2 = value;
    else
        load_mistake(load, node,
                     "'reference-o2' of %s is '%.40s'; it must be a number of percent from 0.1 to "
                     "20.5, or site",
                     what, node->text);
}

static void
read_confidence(struct load *load, const struct yaml_node *node, const char *what,
                struct limit_terms *terms)
{
    static const char *const WORDS[] = {"high", "medium", "low"};
    for (unsigned i = 0; i < 3; i++) {
        size_t length = strlen(WORDS[i]);
        const char *rest = node->text + length;
        if (strncmp(node->text, WORDS[i], length) != 0 || (*rest && *rest != ','))
            continue;
        terms->confidence = (enum confidence)i;
        terms->why = *rest ? rest + 1 + strspn(rest + 1, " ") : "";
        return;
    }
    load_mistake(load, node,
                 "'confidence' of %s is '%.60s'; it must be high, medium or low, and why behind a "
                 "comma",
                 what, node->text);
}

static void
read_date(struct load *load, const struct yaml_node *node, const char *what, int64_t *ret_utc_ms)
{
    int64_t utc_ms;
    if (strlen(node->text) == 10 && calendar_parse_time(node->text, &utc_ms) && utc_ms > 0)
        *ret_utc_ms = utc_ms;
    else
        load_mistake(load, node, "'%s' of %s is '%.40s'; it must be a date like 2026-03-01",
                     node->key, what, node->text);
}

static void
read_share(struct load *load, const struct yaml_node *node, const char *what,
           struct limit_terms *terms)
{
    double value;
    const char *unit;
    if (text_read_quantity(node->text, &value, &unit) && !strcmp(unit, "%") && value > 0 &&
        value <= 100)
        terms->hours_within = value;
    else
        load_mistake(load, node, "'hours-within' of %s is '%.40s'; it must be a share like 95 %%",
                     what, node->text);
}

static void
read_one(struct load *load, const struct yaml_node *node, const char *what,
         struct limit_terms *terms)
{
    if (!strcmp(node->key, "basis"))
        read_basis(load, node, what, terms);
    else if (!strcmp(node->key, "reference-o2"))
        read_reference(load, node, what, terms);
    else if (!strcmp(node->key, "confidence"))
        read_confidence(load, node, what, terms);
    else if (!strcmp(node->key, "source"))
        terms->source = node->text;
    else if (!strcmp(node->key, "valid-from"))
        read_date(load, node, what, &terms->valid_from_utc_ms);
    else if (!strcmp(node->key, "valid-until"))
        read_date(load, node, what, &terms->valid_until_utc_ms);
    else if (!strcmp(node->key, "hours-within"))
        read_share(load, node, what, terms);
}

void
limit_terms_read(struct load *load, const struct yaml_node *node, const char *what,
                 struct limit_terms *terms)
{
    for (const struct yaml_node *child = node->first; child; child = child->next)
        if (child->key && child->shape == YAML_TEXT)
            read_one(load, child, what, terms);
    if (terms->valid_from_utc_ms && terms->valid_until_utc_ms &&
        terms->valid_from_utc_ms >= terms->valid_until_utc_ms)
        load_mistake(load, node, "%s: 'valid-until' is not later than 'valid-from'", what);
}

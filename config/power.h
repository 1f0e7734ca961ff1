/* Production against treatment by electricity (用电监控). Part of config/site.h.
 *
 * No national numbers exist (standards.md 6.4, 11 #6): every threshold here is a setting, its
 * default is ours [I]. */
#ifndef CONFIG_POWER_H
#define CONFIG_POWER_H

#include "config/asset.h"

#define POWER_DAYS_MAX 62

/* The electricity of production or of treatment. */
struct power_meter {
    const char *subject;         /* "paint-line.treatment" */
    const struct point *point;   /* power or current; NULL: the site names none */
    const struct point *counter; /* of energy, as it is read; or NULL */
    const struct point *energy;  /* the asset's own: kWh since the scan before; or NULL */
};

enum power_minimum { POWER_MINIMUM_LEARNED, POWER_MINIMUM_DECLARED, POWER_MINIMUM_NONE };

/* `treatment:` as the file says it; of `production:` the condition. */
struct power_running {
    struct condition condition; /* first: the rows of conditions go into it */
    uint32_t warning_after_ms, off_after_ms;
};

struct power {
    struct power_meter production, treatment;
    uint32_t warning_after_ms, off_after_ms; /* treatment.off: warning, then alarm */
    enum power_minimum minimum_kind;         /* treatment.under-loaded */
    double minimum;                          /* declared, in the treatment point's unit */
    uint32_t under_loaded_after_ms;
    uint32_t tolerance_ms; /* late start, early stop: so much is none */
    uint32_t purge_ms;     /* the treatment runs on so long behind production */
    uint32_t order_after_ms;
    uint32_t lost_after_ms;
    const struct point *together; /* the asset's own: minutes in which both ran; or NULL */
    double sigmas;                /* half width of the learned band */
    double least_percent;         /* it is at least so much of the mean */
    uint16_t hours_least;         /* learned before it judges */
    uint8_t hours_outside;        /* in a row */
    uint8_t days;                 /* remembered */
};

#endif

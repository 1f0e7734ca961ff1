/* Working conditions of a plant that burns: how they are recognised, which hours of them the permit
 * exempts, which pollutants have hours to mark. Part of config/site.h. */
#ifndef CONFIG_MARKS_H
#define CONFIG_MARKS_H

#include "config/asset.h"

#define MARKS_POLLUTANTS 16
#define MARKS_LIMITS     64

/* A pollutant under an hourly permit limit, and what the permit exempts of it: whole hours, 0: none
 * (standards.md 12 #6: no automatic exemption). */
struct marks_pollutant {
    const char *name;               /* "so2" */
    uint32_t startup_h, shutdown_h; /* of one start-up, one shutdown */
    uint32_t year_h;                /* of a Beijing year, both together */
};

/* An hourly permit limit of the asset. */
struct marks_limit {
    uint16_t index; /* in site->limits */
    const struct point *point;
    uint8_t pollutant;
};

struct marks {
    const struct marks_pollutant *pollutants; /* at least one; named "" where there is no limit */
    uint8_t pollutant_count;
    const struct marks_limit *limits;
    uint16_t limit_count;
};

/* How conditions are recognised; NULL in struct asset: they are not. No standard gives numbers. */
struct work {
    const struct point *o2, *temperature, *load; /* each NULL: not there */
    double o2_air;     /* from here up the gas is air; these four in the unit of their point */
    double o2_below;   /* strictly below it a start-up is over */
    double warm;       /* strictly above it the gas is warm */
    double load_above; /* strictly above it a start-up is over */
    uint32_t startup_max_ms, shutdown_max_ms;
    uint32_t off_ms;    /* fuel must be off so long */
    uint32_t steady_ms; /* what ends a start-up must hold so long */
};

#endif

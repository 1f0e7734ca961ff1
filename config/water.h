/* How an asset's waste water is measured and looked at. Part of config/site.h; made by
 * load_water.c, judged by daemon/assess/judge_water.c. */
#ifndef CONFIG_WATER_H
#define CONFIG_WATER_H

#include "config/asset.h"

#define WATER_POLLUTANTS 24

/* What leaves (outlet) or comes in (inlet). Points may be NULL: not measured. */
struct water_end {
    const struct point *flow, *volume; /* m3 since the scan before */
    double flow_factor;                /* to m3/h */
    const struct point *ph, *conductivity;
    struct water_pollutant {
        const char *name;           /* "cod" */
        const struct point *result; /* once a result, weighted by the volume since the last one */
        const struct point *mass;   /* kg, of the result and that volume */
        const struct point *load;   /* kg/h, live */
        double factor;              /* of the result to mg/L */
        double design;              /* inlet, kg/h; 0: learned */
    } pollutants[WATER_POLLUTANTS];
    uint8_t count;
};

struct water {
    struct water_end outlet, inlet;
    const struct point *pump, *blower; /* currents or powers */
    const struct point *cod_removal;   /* %, of the masses of both ends */
    const struct point *reuse_rate;    /* % */
    struct condition overflow, aeration;
    uint8_t intermittent;        /* results are due in hours with discharge only */
    double zero_flow;            /* m3/h; at most that is none */
    double bod_floor, cod_floor; /* mg/L, inlet; 0: not judged */
    double shock;                /* times the load it is made for, or the learned one; 0: not */
    double ph_swing;             /* within an hour; 0: not judged */
    double conductivity_jump;    /* %, within an hour; 0: not judged */
    double removal_most;         /* % of COD a day; 0: not judged */
    double motor_off;            /* at most that of pump and blower is standing, in their unit */
    uint32_t zero_flow_delay_ms, influent_delay_ms, implausible_delay_ms, aeration_delay_ms;
    uint32_t overflow_delay_ms;
};

#endif

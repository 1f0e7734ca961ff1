/* How an asset's waste gas is measured, and the points made of it. Part of config/site.h. */
#ifndef CONFIG_FLUE_H
#define CONFIG_FLUE_H

#include "config/asset.h"

#define FLUE_GASES 12

/* One end of the treatment: the stack, or the inlet. */
struct flue_end {
    const struct point *flow; /* dry standard m3/h; NULL: not known, no masses */
    struct flue_gas_points {
        const char *name;         /* "so2" */
        const struct point *dry;  /* mg/m3, dry standard state */
        const struct point *rate; /* kg/h, of the dry value, never of the corrected one */
        const struct point *mass; /* kg since the scan before */
    } gases[FLUE_GASES];
    uint8_t count;
};

struct flue {
    double reference_o2;  /* %; 0: not given */
    double o2_guard;      /* %: above it the correction is invalid */
    uint32_t o2_delay_ms; /* so long above it with fuel on is an event */
    double barometric;    /* Pa, absolute, where no point measures it */
    double area, kv;      /* m2, 0: not given; velocity coefficient of the section */
    double no2_share;     /* of NOx, where only NO is measured: 0..1 */
    uint8_t wet, actual;  /* how concentrations are measured: 0 dry / standard */
    uint8_t o2_wet, flow_wet;
    uint8_t propane;        /* ppm of NMHC are of propane */
    const struct point *o2; /* dry %; NULL: not measured */
    struct flue_end outlet, inlet;
};

#endif

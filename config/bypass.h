/* Ways past the treatment, and what tells that they are open. Part of config/site.h. */
#ifndef CONFIG_BYPASS_H
#define CONFIG_BYPASS_H

#include "config/asset.h"

/* Only the first is a discharge past the treatment (standards.md 12 #9). */
enum bypass_kind { BYPASS_DISCHARGE, BYPASS_HOT_SIDE, BYPASS_PROCESS };

/* Of position, as far as they are there, and of what only follows from it. */
enum bypass_witness {
    WITNESS_OPEN,    /* the limit switch at the open end */
    WITNESS_CLOSED,  /* at the closed end: true while shut */
    WITNESS_OPENING, /* the position is beyond the least that counts as open */
    WITNESS_FLOW,
    WITNESS_PRESSURE,
    WITNESS_TEMPERATURE,
    WITNESS_COUNT
};

/* What goes round the treatment. kg/h = reading of `concentration` x flow x `factor`. */
struct bypass_mass {
    const char *name;                  /* "nmhc" */
    const char *detail;                /* "mass_kg_nmhc" */
    const struct point *concentration; /* before the treatment */
    const struct point *flow;          /* of the bypass (or, estimated, of the inlet) */
    double factor;
    bool estimated; /* flow is the inlet's: opening x inlet flow, an upper bound */
};

#define BYPASS_MASSES 6

struct bypass {
    const char *name;    /* "" for the only one of an asset */
    const char *subject; /* "rto", "rto.emergency-stack"; NULL: the asset's name */
    enum bypass_kind kind;
    bool always; /* counts without production as well */
    union {
        struct condition witnesses[WITNESS_COUNT];
        struct {
            struct condition open, closed, beyond, flow, pressure, temperature;
        };
    };
    struct condition safety;              /* a declared safety opening */
    const struct point *opening;          /* how far it is open, or NULL */
    double opening_full;                  /* the reading of wide open */
    const struct point *amount;           /* flow through the bypass, or NULL */
    const struct point *inlet;            /* flow into the treatment, or NULL */
    double inlet_factor;                  /* from its unit to that of `amount` */
    double leak_share;                    /* %, of the inlet flow; strictly above is a leak */
    uint32_t leak_delay_ms;               /* 0: no leak is looked for */
    uint32_t delay_ms;                    /* of every witness, both ways */
    uint32_t travel_ms, lost_ms, cool_ms; /* lost_ms 0: nothing is missed */
    const char *mass_method;              /* "measured-flow", "inlet-flow", "none" */
    const struct bypass_mass *masses;
    uint8_t mass_count;
};

#endif

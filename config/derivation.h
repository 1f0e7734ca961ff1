/* Points made of other points: conversions, corrections, rates, masses, expressions. They belong to
 * a device named as the asset, without a bus; daemon/assess/derive.c makes their values. Part of
 * config/site.h. */
#ifndef CONFIG_DERIVATION_H
#define CONFIG_DERIVATION_H

#include "config/asset.h"

/* Inputs stand in the order named; an input may be missing (NULL) only where [] says so. Numbers
 * likewise. Formulas and their sources: daemon/assess/flue.h. The numbers stand in the identity of
 * points (derivations.c): new ones come at the end. */
enum derivation_op {
    DERIVE_EXPRESSION,    /* `expression` over its inputs */
    DERIVE_DRY,           /* wet, humidity % */
    DERIVE_STANDARD,      /* actual, temperature degC, [static pressure Pa] | barometric Pa */
    DERIVE_OF_PPM,        /* ppm | enum flue_gas */
    DERIVE_NOX,           /* NO, [NO2] mg/m3 | share of NO2 where it is not measured */
    DERIVE_CORRECTED,     /* dry, O2 dry % | reference O2 %, guard %; stopped while production is */
    DERIVE_VELOCITY_FLOW, /* velocity m/s | area m2, Kv: m3/h wet in the duct */
    DERIVE_FLOW_STANDARD, /* m3/h, temperature, [pressure], humidity % | barometric Pa */
    DERIVE_MASS_RATE,     /* dry mg/m3, dry standard m3/h: kg/h */
    DERIVE_INTEGRAL,      /* rate per hour: amount since the scan before */
    DERIVE_CARBON,        /* | factor to mg/m3 as carbon */
    DERIVE_REMOVAL,       /* mass in, mass out: % */
    DERIVE_RESULT,        /* value, [sampling time], [volume] | cycle ms: once, else absent */
    DERIVE_VOLUME,        /* flow m3/h | at most this is none: m3 since the scan before */
    DERIVE_STRETCH,       /* result mg/L: kg, with the volume that weighs it */
    DERIVE_SHARE,         /* part, whole | cycle ms, 1: what the part leaves: %, once a cycle */
    DERIVE_LOAD,          /* mg/L, m3/h: kg/h */
    DERIVE_DIFFERENCE,    /* counter: increase since the scan before */
    DERIVE_CONDITION,     /* 1 while the asset's production (numbers[0] 0) or treatment (1) runs */
    DERIVE_SYNCHRONOUS,   /* 1 while both run; by the minutes of production: the rate */
    DERIVE_MINUTES,       /* | enum derive_minutes, longest hole ms: since the scan before */
    DERIVE_LEVEL,         /* power or current | running, idle, delay ms: 2, 1, 0 */
    DERIVE_TOTAL,         /* up to 12 of one unit: their sum */
    DERIVE_REST,          /* a - b */
    DERIVE_COLLECTION,    /* captured ..., fugitive ... kg/h | how many are captured: % */
    DERIVE_LIFE,     /* rate per hour, [signal of a change] | what was used before: ever more */
    DERIVE_LOADING,  /* vapour, liquid m3 since the scan before | ms of quiet: ratio, once */
    DERIVE_FLOW_DRY, /* wet flow, humidity %: what is not steam of it */
    DERIVE_END
};

/* Of production, of both together, of production alone. */
enum derive_minutes { MINUTES_PRODUCTION, MINUTES_TOGETHER, MINUTES_ALONE };

#define DERIVATION_INPUTS  12
#define DERIVATION_NUMBERS 4

struct derivation {
    enum derivation_op op;
    const struct point *inputs[DERIVATION_INPUTS];
    struct derivation_scale { /* into the unit that the formula wants; factor 0: as it is */
        double factor, offset;
    } scales[DERIVATION_INPUTS];
    uint8_t input_count;
    double numbers[DERIVATION_NUMBERS];
    const struct expression *expression;
    const char *text;           /* of the expression, as the site says it */
    const struct point *weight; /* of the mean: a derived point of the same asset, made before */
};

#endif

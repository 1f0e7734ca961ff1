/* The treatment of organic waste gas. Part of config/site.h; the points made of it and the rules of
 * each technology: config/load_voc.c; judged by daemon/assess/judge_voc.c and by rules. */
#ifndef CONFIG_VOC_H
#define CONFIG_VOC_H

#include "config/asset.h"

enum voc_technology {
    VOC_UNKNOWN, /* a word that nothing is known about, or none */
    VOC_RTO,
    VOC_CATALYTIC,  /* rco, catalytic */
    VOC_ADSORPTION, /* of fixed beds */
    VOC_ROTOR,
    VOC_ABSORPTION,
    VOC_RECOVERY, /* vapour of tanks and loading */
    VOC_END
};

/* What burns: the technology itself, or what stands behind a rotor or a bed. */
enum voc_oxidiser { VOC_OXIDISER_NONE, VOC_OXIDISER_RTO, VOC_OXIDISER_CATALYTIC };

enum voc_basis { VOC_BASIS_UNSAID, VOC_BASIS_MEASURED, VOC_BASIS_CORRECTED };

enum voc_bed { VOC_BED_UNSAID, VOC_BED_GRANULAR, VOC_BED_FIBRE, VOC_BED_HONEYCOMB };

/* What is only needed while the file is read. */
struct voc_loading {
    uint32_t quiet_ms;
    double least, most;
};

struct voc_carbon {
    double hours, mass;           /* 0: it does not go by it */
    double warning;               /* % of either */
    double used_hours, used_mass; /* before the counting began */
};

struct voc {
    enum voc_technology technology;
    uint8_t oxidiser, basis, bed; /* as above */
    uint8_t chambers;             /* of an RTO */
    bool low_voc;                 /* raw material of low VOC content: no least removal */
    double trigger;               /* kg/h: from this inlet rate on the removal is judged */
    double removal_least;         /* % */
    double o2_inlet_number;       /* %, where no point measures it */
    double o2_tolerance;          /* % above the inlet's that is no suspicion yet */
    uint32_t dilution_delay_ms;
    uint32_t delay_ms;                 /* of the rules on readings */
    double hood_least;                 /* m/s */
    double collection_least;           /* %; 0: not judged */
    const struct point *inlet_rate;    /* kg/h; NULL: not known */
    const struct point *removal;       /* %, its means weighted by inlet mass; or NULL */
    const struct point *o2, *o2_inlet; /* judged for dilution; o2 NULL: not */
};

#endif

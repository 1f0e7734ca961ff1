/* What is judged: assets with their conditions and limits. Part of config/site.h. */
#ifndef CONFIG_ASSET_H
#define CONFIG_ASSET_H

#include "config/limit.h"

struct bypass;
struct derivation;
struct faster;
struct flue;
struct marks;
struct mode_order;
struct power;
struct rule;
struct voc;
struct water;
struct work;

enum asset_kind {
    ASSET_BOILER,
    ASSET_VOC_TREATMENT,
    ASSET_WASTEWATER,
    ASSET_GENERIC,
    ASSET_KILN,
    ASSET_INCINERATOR
};

/* Permitted tonnes a year. */
struct annual {
    const char *pollutant;
    double tonnes;
};

struct asset {
    const char *name;
    uint16_t index;
    uint64_t print; /* of all the site file says about it */
    enum asset_kind kind;
    const char *permit, *outlet;        /* "" where not given; outlet as DA001 / DW001 */
    const char *fuel, *firing, *use;    /* "" where not given */
    const char *carrier, *built, *area; /* likewise */
    const char *place, *technology;
    double capacity_t_h; /* NaN where not given */
    const struct annual *annual;
    uint8_t annual_count;
    const struct device *const *devices; /* whose readings it is judged by */
    uint16_t device_count;
    struct device *derived;               /* the points made of them, a device named as the asset */
    const struct derivation *derivations; /* [i] makes derived->points[i] */
    struct condition production;          /* production runs */
    struct condition treatment;           /* treatment runs */
    const struct bypass *bypasses;        /* config/bypass.h */
    uint8_t bypass_count;
    const struct flue *flue; /* config/flue.h; each NULL where the file says nothing */
    const struct voc *voc;
    const struct water *water;
    const struct power *power;
    const struct marks *marks;       /* config/marks.h; NULL: nothing to mark */
    const struct work *work;         /* likewise; NULL: no condition is proposed */
    const struct mode_order *orders; /* config/modes.h */
    uint8_t order_count;
    const struct faster *faster; /* config/faster.h; NULL: events change no interval */
    const struct rule *rules;
    uint16_t rule_count;
};

#endif

/* What is judged: assets with their conditions and limits. Part of config/site.h. */
#ifndef CONFIG_ASSET_H
#define CONFIG_ASSET_H

#include "config/field.h"

/* "paint-meter.power > 15 kW", or a bool point alone ("rto.bypass-damper-open"). */
enum comparison { COMPARE_TRUE, COMPARE_FALSE, COMPARE_ABOVE, COMPARE_BELOW };

struct condition {
    const struct point *point; /* NULL: the site does not say */
    enum comparison comparison;
    double value;      /* in the point's unit */
    double hysteresis; /* it ends again this far back */
    uint32_t delay_ms; /* it must have held this long */
};

enum limit_kind { LIMIT_PERMIT, LIMIT_ULTRA_LOW, LIMIT_WARNING };
enum limit_side { SIDE_ABOVE, SIDE_BELOW }; /* exceeded when strictly above / strictly below */
enum averaging { AVERAGING_INSTANT, AVERAGING_MINUTE, AVERAGING_TEN_MINUTES, AVERAGING_HOUR };

/* One (averaging, value) pair. A pollutant with several has several. */
struct limit {
    const char *name; /* "so2" as the file says it */
    uint16_t index;   /* in site->limits */
    const struct asset *asset;
    const struct point *point;
    enum limit_kind kind;
    enum limit_side side;
    enum averaging averaging;
    double value; /* in the point's unit */
    double hysteresis;
    uint32_t delay_ms;  /* hysteresis and delay: warnings and instant values only, never a mean */
    const char *source; /* standard and table, or the file */
};

enum asset_kind { ASSET_BOILER, ASSET_VOC_TREATMENT, ASSET_WASTEWATER, ASSET_GENERIC };

struct asset {
    const char *name;
    uint16_t index;
    enum asset_kind kind;
    const char *permit, *outlet; /* "" where not given; outlet as DA001 / DW001 */
    struct condition production; /* production runs */
    struct condition treatment;  /* treatment runs */
    struct condition bypass_open;
    struct condition bypass_flow;
};

#endif

/* Conditions and limits, as the site file says them. Part of config/site.h. */
#ifndef CONFIG_LIMIT_H
#define CONFIG_LIMIT_H

#include "config/field.h"

struct asset;

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
enum averaging {
    AVERAGING_INSTANT,
    AVERAGING_MINUTE,
    AVERAGING_TEN_MINUTES,
    AVERAGING_HOUR,
    AVERAGING_FIVE_MINUTES, /* waste incinerators (standards.md 12 #26) */
    AVERAGING_DAY,
    AVERAGING_SINGLE, /* one result of an instrument: a verdict, without delay and hysteresis */
};
enum confidence { CONFIDENCE_HIGH, CONFIDENCE_MEDIUM, CONFIDENCE_LOW };

/* A limit holds only while the point's value (mean of the same period) is so, or the mode is set.
 */
struct limit_when {
    const struct point *point;  /* NULL: a mode */
    enum comparison comparison; /* COMPARE_ABOVE or COMPARE_BELOW */
    bool or_equal;
    double value;
    uint8_t modes; /* bits 1 << enum mode of config/modes.h; any of them */
};

/* GB/T 8170-2008 4.3: by which value a verdict compares; the other is shown beside it. */
enum limit_comparison { LIMIT_FULL_VALUE, LIMIT_ROUNDED_VALUE };

/* One (averaging, value) pair. A pollutant with several has several. */
struct limit {
    const char *name; /* "so2" as the file says it */
    uint16_t index;   /* in site->limits */
    const struct asset *asset;
    const struct point *point;
    enum limit_kind kind;
    enum limit_side side;
    enum averaging averaging;
    double value;     /* in the point's unit */
    uint8_t decimals; /* it was written with, for the comparison of rounded values */
    double hysteresis;
    uint32_t delay_ms;   /* hysteresis and delay: warnings and instant values only, never a mean */
    const char *source;  /* standard and table, or the file */
    double reference_o2; /* %, of a corrected basis; 0: judged as measured */
    enum confidence confidence;
    int64_t valid_from_utc_ms, valid_until_utc_ms; /* [from, until); 0: open */
    const struct limit_when *whens;                /* all must hold */
    uint8_t when_count;
    double hours_within;       /* share of the month's valid hours that must keep it, %; 0: all */
    uint8_t comparison;        /* enum limit_comparison */
    uint8_t of_least, of_most; /* warnings: beyond at least so many of so many readings; 0: one */
};

#endif

/* When a period counts, as the site says it (`periods:`). Part of config/site.h.
 *
 * Minimum counts are of valid parts: HJ 75-2017 with HJ 212-2017 app. D (45 minute means an hour,
 * 20 hours a day), HJ 76-2017 app. B (25 days a month, 23 in February), standards.md 4.2; `percent`
 * is HJ 356-2019's 75 % of due results, and what holds where nothing is said (standards.md 7.1, 12
 * #2 and #3). */
#ifndef CONFIG_PERIODS_H
#define CONFIG_PERIODS_H

#include <stdint.h>

/* A zero (a site that was not loaded from a file) stands for the default. */
struct period_rules {
    uint8_t minutes_an_hour, hours_a_day, days_a_month, days_in_february, percent;
};

/* As the defaults of the table of keys (schema_periods.c). */
#define PERIOD_RULES_DEFAULT                                                                       \
    {                                                                                              \
        .minutes_an_hour = 45, .hours_a_day = 20, .days_a_month = 25, .days_in_february = 23,      \
        .percent = 75                                                                              \
    }

#endif

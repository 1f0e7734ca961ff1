/* What is usual: mean and spread of the hours of the last days that had some, in bounded memory. */
#ifndef DAEMON_ASSESS_POWER_BAND_H
#define DAEMON_ASSESS_POWER_BAND_H

#include "daemon/assess/exchange.h"

struct power_band_day {
    int64_t start_utc_ms;
    double mean, squares; /* sum of squared distances from the mean */
    uint32_t count;       /* hours; 0: nothing yet */
};

/* A ring: the newest day stands at `newest`, the one before it in front. */
struct power_band {
    struct power_band_day *days;
    uint8_t size, newest;
};

struct power_band_summary {
    double mean, deviation; /* NaN; of one hour alone: 0 */
    uint32_t count;
};

/* Adds an hour of that day; days come in order, and a new one drops the oldest. */
void power_band_add(struct power_band *band, int64_t day_start_utc_ms, double value);

struct power_band_summary power_band_summarise(const struct power_band *band);

void power_band_exchange(struct power_band *band, struct exchange *exchange);

#endif

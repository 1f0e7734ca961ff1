/* Each day is a running mean and sum of squares (Welford, Technometrics 4 (1962) 419), and days are
 * put together pairwise (Chan, Golub, LeVeque, 1979), the oldest first, so that the result depends
 * on what was added and not on where it stands in the ring. */
#include "daemon/assess/power_band.h"

#include <math.h>

void
power_band_add(struct power_band *band, int64_t day_start_utc_ms, double value)
{
    struct power_band_day *day = &band->days[band->newest];
    if (day->count && day->start_utc_ms != day_start_utc_ms) {
        band->newest = (uint8_t)((band->newest + 1) % band->size);
        day = &band->days[band->newest];
        *day = (struct power_band_day){.count = 0};
    }
    day->start_utc_ms = day_start_utc_ms;
    day->count++;
    double step = value - day->mean;
    day->mean += step / day->count;
    day->squares += step * (value - day->mean);
}

static void
join(struct power_band_day *whole, const struct power_band_day *part)
{
    if (!part->count)
        return;
    double count = (double)whole->count + part->count;
    double step = part->mean - whole->mean;
    whole->mean += step * part->count / count;
    whole->squares += part->squares + step * step * whole->count * part->count / count;
    whole->count += part->count;
}

struct power_band_summary
power_band_summarise(const struct power_band *band)
{
    struct power_band_day whole = {.count = 0};
    for (unsigned i = 1; i <= band->size; i++)
        join(&whole, &band->days[(band->newest + i) % band->size]);
    if (!whole.count)
        return (struct power_band_summary){.mean = NAN, .deviation = NAN};
    return (struct power_band_summary){
        .mean = whole.mean,
        .deviation = whole.count > 1 ? sqrt(whole.squares / (whole.count - 1)) : 0,
        .count = whole.count,
    };
}

void
power_band_exchange(struct power_band *band, struct exchange *exchange)
{
    exchange_array(exchange, band->size + 1U);
    band->newest = (uint8_t)exchange_natural(exchange, band->newest, band->size - 1U);
    for (unsigned i = 0; i < band->size; i++) {
        struct power_band_day *day = &band->days[i];
        exchange_array(exchange, 4);
        day->start_utc_ms = exchange_integer(exchange, day->start_utc_ms);
        day->count = (uint32_t)exchange_natural(exchange, day->count, 31 * 24);
        day->mean = exchange_number(exchange, day->mean);
        day->squares = exchange_number(exchange, day->squares);
    }
}

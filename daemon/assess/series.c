/* A ring of the newest readings of one point. Readings without a value are in it too, with their
 * reason: evidence shows what was not known as well. */
#include "daemon/assess/series.h"

void
series_push(struct series *series, const struct evidence_value *value)
{
    series->values[series->next] = *value;
    series->next = (uint8_t)((series->next + 1) % SERIES_LENGTH);
    if (series->count < SERIES_LENGTH)
        series->count++;
}

size_t
series_copy(const struct series *series, struct evidence_value ret_values[SERIES_LENGTH])
{
    unsigned first = (unsigned)series->next + SERIES_LENGTH - series->count;
    for (unsigned i = 0; i < series->count; i++)
        ret_values[i] = series->values[(first + i) % SERIES_LENGTH];
    return series->count;
}

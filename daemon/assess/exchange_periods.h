/* A device's open periods in the state, both ways. */
#ifndef DAEMON_ASSESS_EXCHANGE_PERIODS_H
#define DAEMON_ASSESS_EXCHANGE_PERIODS_H

#include "daemon/assess/aggregate.h"
#include "daemon/assess/exchange.h"

/* Bytes that exchange_periods_save writes at most. */
size_t exchange_periods_size(const struct device *device);

void exchange_periods_save(struct exchange *exchange, const struct aggregate *aggregate);

/* Into an aggregate that has seen nothing yet; NULL: only to see that it is whole. Points that are
 * not there any more, by registry number, are left out. */
void exchange_periods_load(struct exchange *exchange, struct aggregate *aggregate);

#endif

/* How much of its time a bus needs for what a site asks of it. */
#ifndef CTL_SHARE_H
#define CTL_SHARE_H

#include "config/site.h"

/* 1: all of it; more: it cannot keep its intervals. `ret_faster`: while events have all devices
 * that they may read faster. */
double share_of_bus(const struct bus *bus, double *ret_faster);

/* A line for each bus that cannot keep its intervals. */
void share_warn(const char *file, const struct site *site);

#endif

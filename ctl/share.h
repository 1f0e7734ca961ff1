/* How much of its time a bus needs for what a site asks of it. */
#ifndef CTL_SHARE_H
#define CTL_SHARE_H

#include "config/site.h"

/* 1: all of it; more: it cannot keep its intervals. */
double share_of_bus(const struct bus *bus);

/* A line for each bus that cannot keep its intervals. */
void share_warn(const char *file, const struct site *site);

#endif

/* Which checks of judge_water.c an asset of waste water has: one for each subject. */
#ifndef DAEMON_ASSESS_WATER_JOBS_H
#define DAEMON_ASSESS_WATER_JOBS_H

#include "config/water.h"

enum water_check {
    WATER_ZERO_FLOW,
    WATER_AERATION,
    WATER_OVERFLOW,
    WATER_FLOOR,
    WATER_SHOCK,
    WATER_PH_INLET,
    WATER_CONDUCTIVITY,
    WATER_PH_OUTLET,
    WATER_NITROGEN,
    WATER_OXYGEN,
    WATER_BLOWER,
    WATER_REMOVAL,
    WATER_COUNT
};

/* One check of one subject. */
struct water_job {
    enum water_check check;
    const struct point *point;                  /* what it is about */
    const struct water_pollutant *of, *against; /* of two results; of a floor and a shock `of` */
    double limit;                               /* of a floor */
    double usual;                               /* of a shock: learned load, kg/h */
    uint32_t hours;                             /* it was learned from */
    char subject[128];
};

/* Fills `jobs` (NULL: only counts) and returns how many there are; the same for the same asset. */
uint16_t water_jobs_list(const struct asset *asset, struct water_job *jobs);

#endif

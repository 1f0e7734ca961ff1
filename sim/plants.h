/* One 100 ms step of each plant, and the tools they share. Part of sim/park.h. */
#ifndef SIM_PLANTS_H
#define SIM_PLANTS_H

#include "sim/park.h"

void boiler_init(struct boiler *boiler);
void boiler_step(struct park *park);
void voc_init(struct voc *voc);
void voc_step(struct park *park);
void wastewater_init(struct wastewater *wastewater);
void wastewater_step(struct park *park);

/* Moves the noise on by one step; tau_s is how long it remembers. Returns the new value, within
 * -3..3. */
double park_drift(struct park *park, struct drift *drift, double tau_s);

/* First-order lag: *state follows the target with the time constant. */
void park_follow(double *state, double target, double tau_s);

#endif

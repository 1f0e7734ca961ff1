/* A painting line whose exhaust goes through a regenerative thermal oxidiser, or round it when the
 * bypass damper opens: then the fan draws less, the duct carries flow and the stack the solvent. */
#include "sim/plants.h"

#include <math.h>

#define EXHAUST_M3_H 18000.0

void
voc_init(struct voc *voc)
{
    voc->chamber_temperature = 815.0;
    voc->energy = 48213.0;
    voc->energy_export = 0.0;
    voc->power = 42.0;
    voc->fan_power = 18.0;
    voc->nmhc_inlet = 620.0;
    voc->nmhc = 12.0;
    voc->flow = EXHAUST_M3_H;
    voc->status = 1.0; /* bit 0: in operation */
}

static void
produce(struct park *park)
{
    struct voc *voc = &park->voc;
    double drift = park_drift(park, &voc->power_drift, 4.0);

    voc->power = 2.1 + 40.0 * voc->production * (1.0 + 0.03 * drift);
    voc->power_phase = voc->power / 3.0;
    voc->voltage = 229.0 + 0.8 * park_drift(park, &voc->mains_drift, 20.0);
    voc->current = voc->power * 1000.0 / (3.0 * voc->voltage * 0.88);
    voc->energy += voc->power * PARK_STEP_MS / 3600000.0;
}

static void
treat(struct park *park)
{
    struct voc *voc = &park->voc;
    double open = fmin(1.0, fmax(0.0, voc->bypass));
    double solvent = 600.0 * voc->production *
                     (1.0 + 0.06 * park_drift(park, &voc->solvent_drift, 8.0));
    double heat = voc->burner * (815.0 + 4.0 * park_drift(park, &voc->heat_drift, 15.0));
    double removal;

    park_follow(&voc->chamber_temperature, fmax(25.0, heat), voc->burner > 0.5 ? 20.0 : 90.0);
    removal = 0.98 / (1.0 + exp((700.0 - voc->chamber_temperature) / 15.0));
    park_follow(&voc->nmhc_inlet, 20.0 + solvent, 2.0);
    voc->bypass_open = open > 0.02 ? 1.0 : 0.0;
    voc->burner_on = voc->burner > 0.5 ? 1.0 : 0.0;
    park_follow(&voc->bypass_flow, 0.7 * EXHAUST_M3_H * open, 0.8);
    park_follow(&voc->fan_power, 18.0 * voc->fan * (1.0 - 0.55 * open), 0.8);
    park_follow(&voc->flow, EXHAUST_M3_H * fmax(voc->fan, open), 1.5);
    park_follow(&voc->nmhc, voc->nmhc_inlet * (0.7 * open + (1.0 - 0.7 * open) * (1.0 - removal)),
                2.0);
}

void
voc_step(struct park *park)
{
    struct voc *voc = &park->voc;

    produce(park);
    treat(park);
    voc->methane = 2.0 + 0.01 * voc->nmhc;
    voc->hydrocarbons = voc->nmhc + voc->methane;
    voc->lel = voc->nmhc_inlet / 50000.0 * 100.0; /* about 50 g/m3 is explosive */
    voc->o2_inlet = 20.4;
    voc->o2 = voc->o2_inlet - 0.3 * voc->burner;
}

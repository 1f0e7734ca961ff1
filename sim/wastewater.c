/* The outlet of a wastewater station: flow with its daily wave, what is left of the pollutants, and
 * a totaliser that never goes back. */
#include "sim/plants.h"

#include <math.h>

void
wastewater_init(struct wastewater *wastewater)
{
    wastewater->cod = 28.0;
    wastewater->nh3_n = 1.6;
    wastewater->tp = 0.25;
    wastewater->tn = 9.0;
    wastewater->ph = 7.3;
    wastewater->conductivity = 1450.0;
    wastewater->temperature = 21.5;
    wastewater->flow = 120.0;
    wastewater->flow_total = 186204.5;
    wastewater->status = 1.0; /* bit 0: in operation */
}

void
wastewater_step(struct park *park)
{
    struct wastewater *wastewater = &park->wastewater;
    double t_s = (double)park->now_ms / 1000.0;
    double flow_drift = park_drift(park, &wastewater->flow_drift, 10.0);
    double cod_drift = park_drift(park, &wastewater->cod_drift, 30.0);
    double nitrogen_drift = park_drift(park, &wastewater->nitrogen_drift, 30.0);

    park_follow(
        &wastewater->flow,
        fmax(0.0, wastewater->inflow * (120.0 + 15.0 * sin(t_s / 200.0) + 2.0 * flow_drift)), 3.0);
    wastewater->flow_total += wastewater->flow * PARK_STEP_MS / 3600000.0;
    park_follow(&wastewater->cod, wastewater->strength * (28.0 + 1.5 * cod_drift), 6.0);
    park_follow(&wastewater->nh3_n, wastewater->strength * (1.6 + 0.15 * nitrogen_drift), 6.0);
    park_follow(&wastewater->tp, wastewater->strength * (0.25 + 0.01 * cod_drift), 6.0);
    park_follow(&wastewater->tn, wastewater->nh3_n + wastewater->strength * 7.4, 6.0);
    park_follow(&wastewater->ph,
                7.3 - wastewater->acid + 0.05 * park_drift(park, &wastewater->ph_drift, 20.0), 3.0);
    park_follow(&wastewater->conductivity, 1300.0 + 150.0 * wastewater->strength, 10.0);
    wastewater->temperature = 21.5 + 0.5 * sin(t_s / 600.0);
}

/* A 75 t/h coal boiler with flue-gas treatment and a CEMS on its stack: what the stack carries
 * follows from load, coal, excess air and how well the treatment works; the analysers follow with
 * their lag. Concentrations are dry standard state; corrected means to 9 % O2. */
#include "sim/plants.h"

#include <math.h>

#define REFERENCE_O2  9.0
#define STACK_AREA_M2 3.8
#define LAG_S         1.5 /* of the analysers; real ones are slower, a demonstration is short */

void
boiler_init(struct boiler *boiler)
{
    boiler->load = boiler->load_setpoint;
    boiler->o2 = 9.2;
    boiler->so2_corrected = boiler->so2_true = 21.0;
    boiler->nox_corrected = boiler->nox_true = 38.0;
    boiler->pm_corrected = boiler->pm_true = 5.0;
    boiler->co_corrected = boiler->co_true = 60.0;
    boiler->temperature = 52.0;
    boiler->humidity = 11.5;
    boiler->status = 1.0; /* bit 0: in operation */
}

static void
burn(struct park *park)
{
    struct boiler *boiler = &park->boiler;
    double t_s = (double)park->now_ms / 1000.0;
    double wave = 4.0 * sin(t_s / 95.0) + 1.5 * sin(t_s / 23.0);
    double demand = boiler->load_setpoint + wave + park_drift(park, &boiler->load_drift, 60.0);

    park_follow(&boiler->load, fmax(0.0, demand), 8.0);
    park_follow(&boiler->o2,
                fmin(20.9, 12.4 - 3.6 * boiler->load / 75.0 + boiler->air +
                               0.15 * park_drift(park, &boiler->o2_drift, 10.0)),
                2.0);
}

static void
clean(struct park *park)
{
    struct boiler *boiler = &park->boiler;
    double raw_so2 = 2500.0 * boiler->sulphur *
                     (1.0 + 0.04 * park_drift(park, &boiler->so2_drift, 12.0));
    double raw_nox = (210.0 + 1.4 * boiler->load) *
                     (1.0 + 0.03 * park_drift(park, &boiler->nox_drift, 12.0));
    double raw_pm = 24000.0 * (1.0 + 0.05 * park_drift(park, &boiler->pm_drift, 12.0));

    boiler->so2_true = raw_so2 * (1.0 - boiler->desulphurisation);
    boiler->nox_true = raw_nox * (1.0 - boiler->denitrification);
    boiler->pm_true = raw_pm * (1.0 - boiler->filter);
    boiler->co_true = 60.0 + 8.0 * park_drift(park, &boiler->co_drift, 6.0);
}

static void
measure(struct park *park)
{
    struct boiler *boiler = &park->boiler;
    double dilution = (21.0 - boiler->o2) / (21.0 - REFERENCE_O2); /* measured = corrected * this */
    double draught = park_drift(park, &boiler->draught_drift, 5.0);
    double wet;

    park_follow(&boiler->so2_corrected, boiler->so2_true, LAG_S);
    park_follow(&boiler->nox_corrected, boiler->nox_true, LAG_S);
    park_follow(&boiler->pm_corrected, boiler->pm_true, LAG_S);
    park_follow(&boiler->co_corrected, boiler->co_true, LAG_S);
    boiler->so2 = boiler->so2_corrected * dilution;
    boiler->nox = boiler->nox_corrected * dilution;
    boiler->pm = boiler->pm_corrected * dilution;
    boiler->co = boiler->co_corrected * dilution;
    boiler->no = boiler->nox * 0.95 * 30.006 / 46.005; /* the rest is NO2 */
    park_follow(&boiler->temperature, 50.0 + 0.04 * boiler->load, 30.0);
    boiler->pressure = -180.0 - 0.6 * boiler->load + 6.0 * draught;
    park_follow(&boiler->humidity, 10.5 + 0.015 * boiler->load, 30.0);
    boiler->flow = 1150.0 * boiler->load / dilution * (1.0 + 0.005 * draught);
    wet = boiler->flow * (273.0 + boiler->temperature) / 273.0 * 101325.0 /
          (101325.0 + boiler->pressure) / (1.0 - boiler->humidity / 100.0);
    boiler->velocity = wet / 3600.0 / STACK_AREA_M2;
}

void
boiler_step(struct park *park)
{
    burn(park);
    clean(park);
    measure(park);
}

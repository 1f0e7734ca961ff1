/* The physics of the pretend park: a 75 t/h coal boiler, a painting line with its RTO, a wastewater
 * station. Time goes in steps of 100 ms and all chance comes from the seed, so that the same seed
 * and the same knobs give the same values at the same time on every machine.
 *
 * A quantity is what an instrument could measure; a knob is what an operator could turn (or what
 * breaks) and stays where it is put. Both are plain doubles, found by name. */
#ifndef SIM_PARK_H
#define SIM_PARK_H

#include <stdbool.h>
#include <stdint.h>

#define PARK_STEP_MS 100

enum plant { PLANT_NONE, PLANT_BOILER, PLANT_VOC, PLANT_WASTEWATER, PLANT_END };

/* Slow, bounded noise around zero with a deviation of about 1. */
struct drift {
    double value;
};

struct boiler {
    double load_setpoint, sulphur, desulphurisation, denitrification, filter, air; /* knobs */
    double load, so2, no, nox, pm, co, so2_corrected, nox_corrected, pm_corrected, co_corrected;
    double o2, temperature, pressure, humidity, velocity, flow, status;
    double so2_true, nox_true, pm_true, co_true; /* corrected, before the analyser's lag */
    struct drift load_drift, o2_drift, so2_drift, nox_drift, pm_drift, co_drift, draught_drift;
};

struct voc {
    double production, bypass, fan, burner; /* knobs */
    double power, power_phase, current, voltage, energy, energy_export;
    double chamber_temperature, fan_power, bypass_flow, nmhc, nmhc_inlet, methane, hydrocarbons;
    double lel, o2, o2_inlet, flow, bypass_open, burner_on, status;
    struct drift power_drift, heat_drift, solvent_drift, mains_drift;
};

struct wastewater {
    double inflow, strength, acid; /* knobs */
    double cod, nh3_n, tp, tn, ph, conductivity, temperature, flow, flow_total, status;
    struct drift flow_drift, cod_drift, nitrogen_drift, ph_drift;
};

struct park {
    int64_t now_ms; /* since the start */
    uint64_t random;
    struct boiler boiler;
    struct voc voc;
    struct wastewater wastewater;
};

void park_init(struct park *park, uint64_t seed);

/* Steps on to now_ms; never back. */
void park_advance(struct park *park, int64_t now_ms);

/* A quantity by a point's usual name ("so2"), with the unit it is in and the parts of it
 * that an instrument shows (10: tenths; 0: as it is); NULL where the plant has none. */
const double *park_find_quantity(const struct park *park, enum plant plant, const char *name,
                                 const char **ret_unit, int *ret_parts);

/* A knob by its full name ("boiler.desulphurisation"), with where it stands when nobody turned it.
 */
double *park_find_knob(struct park *park, const char *name, double *ret_normal);

/* The i-th knob's full name, NULL behind the last: for error messages. */
const char *park_knob_at(unsigned i);

#endif

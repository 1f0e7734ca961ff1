/* The park as a whole: time, chance, and the table of names. See sim/park.h. */
#include "sim/park.h"

#include "sim/chance.h"
#include "sim/plants.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define STEP_S (PARK_STEP_MS / 1000.0)

struct quantity {
    enum plant plant;
    const char *name;
    const char *unit;
    int parts; /* of a unit: what an instrument shows; 0: as it is */
    size_t offset;
};

struct knob {
    const char *name;
    size_t offset;
    double normal;
};

#define OF(plant, field) offsetof(struct park, plant.field)

static const struct quantity QUANTITIES[] = {
    {PLANT_BOILER, "so2", "mg/m3", 10, OF(boiler, so2)},
    {PLANT_BOILER, "no", "mg/m3", 10, OF(boiler, no)},
    {PLANT_BOILER, "nox", "mg/m3", 10, OF(boiler, nox)},
    {PLANT_BOILER, "pm", "mg/m3", 10, OF(boiler, pm)},
    {PLANT_BOILER, "co", "mg/m3", 10, OF(boiler, co)},
    {PLANT_BOILER, "so2-corrected", "mg/m3", 10, OF(boiler, so2_corrected)},
    {PLANT_BOILER, "nox-corrected", "mg/m3", 10, OF(boiler, nox_corrected)},
    {PLANT_BOILER, "pm-corrected", "mg/m3", 10, OF(boiler, pm_corrected)},
    {PLANT_BOILER, "co-corrected", "mg/m3", 10, OF(boiler, co_corrected)},
    {PLANT_BOILER, "o2", "%", 100, OF(boiler, o2)},
    {PLANT_BOILER, "temperature", "degC", 10, OF(boiler, temperature)},
    {PLANT_BOILER, "pressure", "Pa", 1, OF(boiler, pressure)},
    {PLANT_BOILER, "humidity", "%", 10, OF(boiler, humidity)},
    {PLANT_BOILER, "velocity", "m/s", 100, OF(boiler, velocity)},
    {PLANT_BOILER, "flow", "Nm3/h", 1, OF(boiler, flow)},
    {PLANT_BOILER, "load", "t/h", 10, OF(boiler, load)},
    {PLANT_BOILER, "status", "", 0, OF(boiler, status)},
    {PLANT_VOC, "power", "kW", 100, OF(voc, power)},
    {PLANT_VOC, "power-a", "kW", 100, OF(voc, power_phase)},
    {PLANT_VOC, "power-b", "kW", 100, OF(voc, power_phase)},
    {PLANT_VOC, "power-c", "kW", 100, OF(voc, power_phase)},
    {PLANT_VOC, "current-a", "A", 100, OF(voc, current)},
    {PLANT_VOC, "current-b", "A", 100, OF(voc, current)},
    {PLANT_VOC, "current-c", "A", 100, OF(voc, current)},
    {PLANT_VOC, "voltage-a", "V", 10, OF(voc, voltage)},
    {PLANT_VOC, "voltage-b", "V", 10, OF(voc, voltage)},
    {PLANT_VOC, "voltage-c", "V", 10, OF(voc, voltage)},
    {PLANT_VOC, "energy", "kWh", 100, OF(voc, energy)},
    {PLANT_VOC, "energy-import", "kWh", 100, OF(voc, energy)},
    {PLANT_VOC, "energy-export", "kWh", 100, OF(voc, energy_export)},
    {PLANT_VOC, "chamber-temperature", "degC", 10, OF(voc, chamber_temperature)},
    {PLANT_VOC, "fan-power", "kW", 10, OF(voc, fan_power)},
    {PLANT_VOC, "bypass-damper-open", "", 0, OF(voc, bypass_open)},
    {PLANT_VOC, "bypass-flow", "m3/h", 1, OF(voc, bypass_flow)},
    {PLANT_VOC, "burner-on", "", 0, OF(voc, burner_on)},
    {PLANT_VOC, "lel", "%LEL", 10, OF(voc, lel)},
    {PLANT_VOC, "nmhc", "mg/m3", 10, OF(voc, nmhc)},
    {PLANT_VOC, "nmhc-inlet", "mg/m3", 10, OF(voc, nmhc_inlet)},
    {PLANT_VOC, "methane", "mg/m3", 10, OF(voc, methane)},
    {PLANT_VOC, "hydrocarbons", "mg/m3", 10, OF(voc, hydrocarbons)},
    {PLANT_VOC, "o2", "%", 100, OF(voc, o2)},
    {PLANT_VOC, "o2-inlet", "%", 100, OF(voc, o2_inlet)},
    {PLANT_VOC, "flow", "Nm3/h", 1, OF(voc, flow)},
    {PLANT_VOC, "flow-inlet", "Nm3/h", 1, OF(voc, flow)},
    {PLANT_VOC, "status", "", 0, OF(voc, status)},
    {PLANT_WASTEWATER, "cod", "mg/L", 10, OF(wastewater, cod)},
    {PLANT_WASTEWATER, "nh3-n", "mg/L", 100, OF(wastewater, nh3_n)},
    {PLANT_WASTEWATER, "tp", "mg/L", 1000, OF(wastewater, tp)},
    {PLANT_WASTEWATER, "tn", "mg/L", 100, OF(wastewater, tn)},
    {PLANT_WASTEWATER, "ph", "pH", 100, OF(wastewater, ph)},
    {PLANT_WASTEWATER, "conductivity", "uS/cm", 1, OF(wastewater, conductivity)},
    {PLANT_WASTEWATER, "temperature", "degC", 10, OF(wastewater, temperature)},
    {PLANT_WASTEWATER, "flow", "m3/h", 1, OF(wastewater, flow)},
    {PLANT_WASTEWATER, "flow-total", "m3", 10, OF(wastewater, flow_total)},
    {PLANT_WASTEWATER, "status", "", 0, OF(wastewater, status)},
};

static const struct knob KNOBS[] = {
    {"boiler.load", OF(boiler, load_setpoint), 62.0}, /* t/h of steam */
    {"boiler.sulphur", OF(boiler, sulphur), 0.6},     /* % of the coal */
    {"boiler.desulphurisation", OF(boiler, desulphurisation), 0.986},
    {"boiler.denitrification", OF(boiler, denitrification), 0.87},
    {"boiler.filter", OF(boiler, filter), 0.9998}, /* share of the dust it holds */
    {"boiler.air", OF(boiler, air), 0.0},          /* more O2 by dilution, % */
    {"voc.production", OF(voc, production), 1.0},  /* 0 stands, 1 full */
    {"voc.bypass", OF(voc, bypass), 0.0},          /* damper, 0 shut, 1 open */
    {"voc.fan", OF(voc, fan), 1.0},                /* the treatment's fan */
    {"voc.burner", OF(voc, burner), 1.0},
    {"wastewater.inflow", OF(wastewater, inflow), 1.0},     /* share of the usual */
    {"wastewater.strength", OF(wastewater, strength), 1.0}, /* share of the usual */
    {"wastewater.acid", OF(wastewater, acid), 0.0},         /* pH units downwards */
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

double
park_drift(struct park *park, struct drift *drift, double tau_s)
{
    double share = STEP_S / tau_s;
    double kick = (chance_share(&park->random) - 0.5) * sqrt(12.0); /* deviation 1 */

    drift->value += -drift->value * share + kick * sqrt(2.0 * share);
    drift->value = fmin(3.0, fmax(-3.0, drift->value));
    return drift->value;
}

void
park_follow(double *state, double target, double tau_s)
{
    *state += (target - *state) * (1.0 - exp(-STEP_S / tau_s));
}

static double *
at(struct park *park, size_t offset)
{
    return (double *)(void *)((char *)park + offset);
}

static void
step(struct park *park)
{
    boiler_step(park);
    voc_step(park);
    wastewater_step(park);
}

void
park_init(struct park *park, uint64_t seed)
{
    *park = (struct park){.random = seed};
    for (size_t i = 0; i < COUNT(KNOBS); i++)
        *at(park, KNOBS[i].offset) = KNOBS[i].normal;
    boiler_init(&park->boiler);
    voc_init(&park->voc);
    wastewater_init(&park->wastewater);
    step(park); /* what follows from the rest has a value from the start */
}

void
park_advance(struct park *park, int64_t now_ms)
{
    while (park->now_ms + PARK_STEP_MS <= now_ms) {
        park->now_ms += PARK_STEP_MS;
        step(park);
    }
}

const double *
park_find_quantity(const struct park *park, enum plant plant, const char *name,
                   const char **ret_unit, int *ret_parts)
{
    for (size_t i = 0; i < COUNT(QUANTITIES); i++) {
        if (QUANTITIES[i].plant != plant || strcmp(QUANTITIES[i].name, name) != 0)
            continue;
        *ret_unit = QUANTITIES[i].unit;
        *ret_parts = QUANTITIES[i].parts;
        return (const double *)(const void *)((const char *)park + QUANTITIES[i].offset);
    }
    return NULL;
}

double *
park_find_knob(struct park *park, const char *name, double *ret_normal)
{
    for (size_t i = 0; i < COUNT(KNOBS); i++) {
        if (strcmp(KNOBS[i].name, name) != 0)
            continue;
        *ret_normal = KNOBS[i].normal;
        return at(park, KNOBS[i].offset);
    }
    return NULL;
}

const char *
park_knob_at(unsigned i)
{
    return i < COUNT(KNOBS) ? KNOBS[i].name : NULL;
}

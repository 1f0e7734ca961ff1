/* flue: of an asset, and the points made of what is measured in its gas: ppm become mg/m3, wet
 * becomes dry, actual becomes standard state, NO and NO2 become NOx as NO2; then the O2-corrected
 * values, mass rates and masses. Each step makes a point only where it changes something, so that
 * "so2-dry" exists where so2 is measured wet, and a verdict shows by its point what it rests on.
 *
 * Formulas: daemon/assess/flue.h. Roles that are looked for: so2, nox, no, no2, pm, co, nh3, hcl,
 * h2s, hf, hg, nmhc, o2, temperature, pressure, humidity, flow, velocity; the same with -inlet
 * behind for the inlet of a treatment. */
#include "config/flue.h"

#include "config/load_asset.h"
#include "config/section.h"

#include <stdio.h>
#include <string.h>

/* Numbers of enum flue_gas (daemon/assess/flue.h); -1: not by ppm. */
static const struct gas {
    const char *name;
    int ppm;
} GASES[] = {{"so2", 0}, {"nox", 2}, {"pm", -1}, {"co", 3},  {"nh3", 4},
             {"hcl", 5}, {"h2s", 6}, {"hf", -1}, {"hg", -1}, {"nmhc", -1}};

#define GAS_NO            1
#define GAS_NO2           2

#define CARBON_OF_PPMC    0.536 /* mg/m3 as carbon of a ppmC (issue; standards.md 12 #8) */
#define CARBON_OF_PROPANE 1.609 /* of a ppm of propane */

struct build {
    struct load_asset *in;
    struct flue *flue;
    struct flue_end *end;
    const char *suffix; /* "" or "-inlet" */
    const struct point *temperature, *pressure, *humidity;
};

static const char *
name_of(const struct build *build, const char *role, const char *more)
{
    return load_printf(build->in->load, "%s%s%s", role, build->suffix, more);
}

static const struct point *
role(const struct build *build, const char *name)
{
    return derivations_input(build->in->load, build->in->inputs, &build->in->from,
                             name_of(build, name, ""));
}

static bool
is_kind(const struct point *point, const char *kind)
{
    const struct unit *unit = *point->unit ? units_find(point->unit) : NULL;
    return unit && !strcmp(unit->kind, kind);
}

static bool
take(const struct build *build, struct derivation *how, const struct point *point, const char *unit)
{
    return derivations_take(build->in->load, build->in->node, how, point, unit);
}

static const struct point *
add(const struct build *build, const char *name, const char *unit, const struct derivation *how)
{
    return derivations_add(build->in->load, build->in->node, build->in->asset, name, unit, how);
}

/* ---- a concentration, step by step; each returns NULL where there can be none ---- */

/* What is taken for what it is not would be told too low: rather none, and it is said. */
static const struct point *
cannot(const struct build *build, const char *gas, const char *measured, const char *needed)
{
    load_warning(build->in->load, build->in->node,
                 "%s: '%s' is measured %s and there is no point '%s': nothing is made of it",
                 build->in->what, name_of(build, gas, ""), measured, name_of(build, needed, ""));
    return NULL;
}

static const struct point *
in_milligrams(const struct build *build, const char *gas, int ppm, const struct point *point)
{
    struct derivation how = {.op = DERIVE_OF_PPM, .numbers = {ppm}};
    const char *unit = "ppm";
    bool carbon = !strcmp(gas, "nmhc");
    if (is_kind(point, "carbon fraction"))
        unit = "ppmC", how.numbers[0] = CARBON_OF_PPMC;
    else if (!is_kind(point, "volume fraction"))
        return point;
    else if (carbon && build->flue->propane)
        how.numbers[0] = CARBON_OF_PROPANE;
    else if (carbon || ppm < 0) {
        load_mistake_at_key(
            build->in->load, build->in->node, "%s: '%s' is in ppm, of what it does not say: %s",
            build->in->what, point->name,
            carbon ? "write flue: {nmhc: propane}, or the unit ppmC" : "it must be in mg/m3");
        return NULL;
    }
    if (carbon)
        how.op = DERIVE_CARBON;
    return take(build, &how, point, unit) ? add(build, name_of(build, gas, "-mg"), "mg/m3", &how)
                                          : NULL;
}

static const struct point *
at_standard_state(const struct build *build, const char *gas, const struct point *point)
{
    struct derivation how = {.op = DERIVE_STANDARD, .numbers = {build->flue->barometric}};
    if (!build->flue->actual)
        return point;
    if (!build->temperature)
        return cannot(build, gas, "as in the duct", "temperature");
    if (!take(build, &how, point, "mg/m3") || !take(build, &how, build->temperature, "degC") ||
        !take(build, &how, build->pressure, "Pa"))
        return NULL;
    return add(build, name_of(build, gas, "-standard"), "mg/m3", &how);
}

static const struct point *
dry_of(const struct build *build, const char *gas, const struct point *point, const char *unit,
       bool wet)
{
    struct derivation how = {.op = DERIVE_DRY};
    if (!point || !wet)
        return point;
    if (!build->humidity)
        return cannot(build, gas, "wet", "humidity");
    if (!take(build, &how, point, unit) || !take(build, &how, build->humidity, "%"))
        return NULL;
    return add(build, name_of(build, gas, "-dry"), unit, &how);
}

/* A fraction of the volume has no state: ppm x M / 22.4 is at standard state already. */
static const struct point *
standard_milligrams(const struct build *build, const char *gas, int ppm, const struct point *point)
{
    const struct point *made = point ? in_milligrams(build, gas, ppm, point) : NULL;
    return made && made == point ? at_standard_state(build, gas, point) : made;
}

static const struct point *
nitrogen_oxides(const struct build *build)
{
    const struct point *no = role(build, "no"), *no2 = role(build, "no2");
    const struct point *mg = standard_milligrams(build, "no", GAS_NO, no);
    const struct point *no2_mg = standard_milligrams(build, "no2", GAS_NO2, no2);
    struct derivation how = {.op = DERIVE_NOX, .numbers = {build->flue->no2_share}};
    if (!mg || (no2 && !no2_mg) || !take(build, &how, mg, "mg/m3") ||
        !take(build, &how, no2_mg, "mg/m3"))
        return NULL;
    return add(build, name_of(build, "nox", ""), "mg/m3", &how);
}

static const struct point *
concentration(const struct build *build, const struct gas *gas)
{
    const struct point *point = role(build, gas->name);
    bool from_oxides = !point && !strcmp(gas->name, "nox");
    point = from_oxides ? nitrogen_oxides(build)
                        : standard_milligrams(build, gas->name, gas->ppm, point);
    return dry_of(build, gas->name, point, "mg/m3", build->flue->wet);
}

/* ---- flow and mass ---- */

static const struct point *
wet_flow(const struct build *build)
{
    const struct point *velocity = role(build, "velocity");
    struct derivation how = {.op = DERIVE_VELOCITY_FLOW,
                             .numbers = {build->flue->area, build->flue->kv}};
    if (!velocity || build->flue->area <= 0 || !take(build, &how, velocity, "m/s"))
        return NULL;
    return add(build, name_of(build, "flow", "-actual"), "m3/h", &how);
}

static const struct point *
dry_flow(const struct build *build, const struct point *flow)
{
    struct derivation how = {.op = DERIVE_FLOW_DRY};
    if (!build->flue->flow_wet)
        return flow;
    if (!build->humidity)
        return cannot(build, "flow", "wet", "humidity");
    if (!take(build, &how, flow, "Nm3/h") || !take(build, &how, build->humidity, "%"))
        return NULL;
    return add(build, name_of(build, "flow", "-dry"), "Nm3/h", &how);
}

/* A flow in m3/h is of all that is in the duct, steam too. */
static void
warn_of_steam(const struct build *build)
{
    if (!build->humidity)
        load_warning(
            build->in->load, build->in->node,
            "%s: no point '%s': its flow is of wet gas, and its masses are too high by the "
            "steam in it",
            build->in->what, name_of(build, "humidity", ""));
}

static const struct point *
standard_flow(const struct build *build)
{
    const struct point *flow = role(build, "flow");
    struct derivation how = {.op = DERIVE_FLOW_STANDARD, .numbers = {build->flue->barometric}};
    if (flow && is_kind(flow, "standard flow"))
        return dry_flow(build, flow);
    if (!flow)
        flow = wet_flow(build);
    if (!flow || !build->temperature)
        return NULL;
    warn_of_steam(build);
    if (!take(build, &how, flow, "m3/h") || !take(build, &how, build->temperature, "degC") ||
        !take(build, &how, build->pressure, "Pa") || !take(build, &how, build->humidity, "%"))
        return NULL;
    return add(build, name_of(build, "flow", "-standard"), "Nm3/h", &how);
}

static void
add_masses(const struct build *build, struct flue_gas_points *gas)
{
    struct derivation rate = {.op = DERIVE_MASS_RATE}, mass = {.op = DERIVE_INTEGRAL};
    if (!build->end->flow || !take(build, &rate, gas->dry, "mg/m3") ||
        !take(build, &rate, build->end->flow, "Nm3/h"))
        return;
    gas->rate = add(build, name_of(build, gas->name, "-rate"), "kg/h", &rate);
    if (gas->rate && take(build, &mass, gas->rate, "kg/h"))
        gas->mass = add(build, name_of(build, gas->name, "-mass"), "kg", &mass);
}

static void
build_end(struct build *build)
{
    build->temperature = role(build, "temperature");
    build->pressure = role(build, "pressure");
    build->humidity = role(build, "humidity");
    for (size_t i = 0; i < sizeof GASES / sizeof *GASES; i++) {
        const struct point *dry = concentration(build, &GASES[i]);
        if (dry)
            build->end->gases[build->end->count++] = (struct flue_gas_points){.name = GASES[i].name,
                                                                              .dry = dry};
    }
    if (!build->end->count)
        return;
    build->end->flow = standard_flow(build);
    for (uint8_t i = 0; i < build->end->count; i++)
        add_masses(build, &build->end->gases[i]);
}

/* ---- O2 ---- */

static const struct flue_gas_points *
find_gas(const struct flue *flue, const char *name)
{
    for (uint8_t i = 0; flue && i < flue->outlet.count; i++)
        if (!strcmp(flue->outlet.gases[i].name, name))
            return &flue->outlet.gases[i];
    return NULL;
}

static struct point *
correct(struct load *load, const struct yaml_node *node, struct asset *asset,
        const struct flue_gas_points *gas, double reference_o2)
{
    const struct flue *flue = asset->flue;
    struct derivation how = {.op = DERIVE_CORRECTED, .numbers = {reference_o2, flue->o2_guard}};
    const char *name = load_printf(load, "%s-corrected", gas->name);
    if (reference_o2 != flue->reference_o2)
        name = load_printf(load, "%s-corrected-o2-%g", gas->name, reference_o2);
    if (!derivations_take(load, node, &how, gas->dry, "mg/m3") ||
        !derivations_take(load, node, &how, flue->o2, "%"))
        return NULL;
    for (const char *dot; (dot = strchr(name, '.'));)
        *(char *)dot = '-'; /* a name holds no dot: 3.5 is 3-5 */
    struct point *point = derivations_add(load, node, asset, name, "mg/m3", &how);
    if (point)
        point->validity = VALIDITY_GAS;
    return point;
}

struct point *
derivations_corrected(struct load *load, const struct yaml_node *node, struct asset *asset,
                      const struct names_from *from, const char *pollutant, double reference_o2)
{
    const struct flue *flue = asset->flue;
    const struct flue_gas_points *gas = find_gas(flue, pollutant);
    if (gas && flue->o2 && reference_o2 > 0) {
        if (flue->reference_o2 <= 0) /* the first one is the asset's own */
            ((struct flue *)flue)->reference_o2 = reference_o2;
        return correct(load, node, asset, gas, reference_o2);
    }
    return names_find_point(load, node,
                            load_printf(load, "limit '%s' of asset '%s'", pollutant, asset->name),
                            load_printf(load, "%s-corrected", pollutant), from);
}

/* ---- the whole ---- */

/* Fuel as the standard keys it: GB 13271-2014, standards.md 5.1. */
static double
reference_of(const struct asset *asset)
{
    if (asset->kind != ASSET_BOILER)
        return 0;
    if (!strcmp(asset->fuel, "coal") || !strcmp(asset->fuel, "biomass"))
        return 9;
    return !strcmp(asset->fuel, "oil") || !strcmp(asset->fuel, "gas") ? 3.5 : 0;
}

static void
say_what_is_missing(const struct load_asset *in, const struct flue *flue)
{
    struct load *load = in->load;
    const struct yaml_node *node = in->node;
    if (!flue->outlet.count) {
        load_warning(load, node,
                     "%s: no point so2, nox, no, pm, co, nh3 or nmhc: nothing of its gas is judged",
                     in->what);
        return;
    }
    if (!flue->o2 && in->asset->kind != ASSET_VOC_TREATMENT)
        load_warning(load, node,
                     "%s: no point 'o2': its values cannot be corrected to reference oxygen",
                     in->what);
    if (!flue->outlet.flow)
        load_warning(load, node,
                     "%s: neither 'flow' nor 'velocity' with flue: {area: ...}: no mass rates and "
                     "no tonnes",
                     in->what);
    if (flue->o2 && !in->asset->production.point)
        load_warning(load, node,
                     "%s: no production: {running-when: ...}: burner off cannot be told from "
                     "dilution, both will be 'conversion invalid'",
                     in->what);
}

/* Hours of gas count by their valid minutes (config/periods.h). */
static void
mark_as_gas(struct load *load, const struct asset *asset)
{
    struct point *points = load->site->points;
    const struct flue_end *ends[] = {&asset->flue->outlet, &asset->flue->inlet};
    for (uint16_t i = 0; asset->derived && i < asset->derived->point_count; i++)
        points[asset->derived->points[i].index].validity = VALIDITY_GAS;
    for (size_t end = 0; end < 2; end++)
        for (uint8_t i = 0; i < ends[end]->count; i++)
            points[ends[end]->gases[i].dry->index].validity = VALIDITY_GAS;
    if (asset->flue->o2)
        points[asset->flue->o2->index].validity = VALIDITY_GAS;
}

/* What an analyser corrects by itself is gas all the same. */
static void
mark_own_corrections(const struct build *build)
{
    struct point *points = build->in->load->site->points;
    for (size_t i = 0; i < sizeof GASES / sizeof *GASES; i++) {
        const struct point *own = role(build,
                                       load_printf(build->in->load, "%s-corrected", GASES[i].name));
        if (own && !own->device->asset)
            points[own->index].validity = VALIDITY_GAS;
    }
}

static bool
has_flue(const struct asset *asset)
{
    return asset->kind == ASSET_BOILER || asset->kind == ASSET_KILN ||
           asset->kind == ASSET_INCINERATOR || asset->kind == ASSET_VOC_TREATMENT;
}

void
load_flue(struct load_asset *in)
{
    struct load *load = in->load;
    const struct yaml_node *node = section_form(&SCHEMA_ASSET, in->node, "flue");
    struct flue *flue = arena_take(load->arena, sizeof *flue);
    const char *what = load_printf(load, "'flue' of %s", in->what);
    if (!has_flue(in->asset) && !node)
        return;
    section_default(&SCHEMA_FLUE, flue);
    if (node)
        section_read(load, &SCHEMA_FLUE, node, what, flue);
    if (flue->reference_o2 <= 0)
        flue->reference_o2 = reference_of(in->asset);
    struct build build = {.in = in, .flue = flue, .end = &flue->outlet, .suffix = ""};
    in->asset->flue = flue;
    build_end(&build);
    const struct point *o2 = role(&build, "o2");
    flue->o2 = o2 ? dry_of(&build, "o2", o2, "%", flue->o2_wet) : NULL;
    if (in->asset->kind == ASSET_VOC_TREATMENT) {
        build.end = &flue->inlet;
        build.suffix = "-inlet";
        build_end(&build);
    }
    if (flue->o2 && flue->reference_o2 > 0)
        for (uint8_t i = 0; i < flue->outlet.count; i++)
            correct(load, in->node, in->asset, &flue->outlet.gases[i], flue->reference_o2);
    mark_as_gas(load, in->asset);
    build.suffix = "";
    mark_own_corrections(&build);
    say_what_is_missing(in, flue);
}

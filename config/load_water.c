/* water: of an asset, and the points made of what is measured in its waste water: of each pollutant
 * the results (once each), their mass and the live load; volumes; removal between the ends; reuse.
 *
 * The asset's own point "cod" holds the results and stands before the analyser's "cod" wherever the
 * asset names a point: a limit on cod, of a day or of a single result, is judged by results. The
 * analyser's own is DEVICE.cod. Roles that are looked for: the names of POLLUTANTS, each with
 * -sampling-time; flow, flow-total (totaliser), ph, conductivity, water-temperature; all of them
 * with -inlet behind for what comes in ("cod-inlet-sampling-time"); flow-reuse, flow-total-reuse;
 * pump-current or pump-power, blower-current or blower-power. */
#include "config/water.h"

#include "config/conditions.h"
#include "config/load_asset.h"
#include "config/section.h"
#include "config/text.h"

#include <string.h>

#define DAY_MS 86400000
#define CYCLE_MS                                                                                   \
    3600000 /* at least a value an hour: HJ 355-2019 (standards.md 7.1, from memory)               \
             */

static const char *const POLLUTANTS[] = {
    "cod", "nh3-n", "tp", "tn", "bod", "ss", "toc", "cr6", "cr", "ni",       "cu",
    "zn",  "pb",    "cd", "hg", "as",  "mn", "fe",  "ag",  "tl", "fluoride",
};

#define COUNT (sizeof POLLUTANTS / sizeof *POLLUTANTS)

struct build {
    struct load_asset *in;
    struct water *water;
    struct water_end *end;
    const char *suffix;           /* "" or "-inlet" */
    const struct yaml_node *node; /* of `water`, or NULL */
    uint32_t cycles_ms[COUNT];    /* by pollutant */
    double designs[COUNT];        /* of the inlet, kg/h; 0: not said */
};

static const char *
name_of(const struct build *build, const char *role, const char *more)
{
    return load_printf(build->in->load, "%s%s%s", role, build->suffix, more);
}

static const struct point *
role(const struct build *build, const char *name)
{
    const struct point *point = derivations_input(build->in->load, build->in->inputs,
                                                  &build->in->from, name);
    derivations_use(build->in->load, build->in->asset, point);
    return point;
}

static bool
take(const struct build *build, struct derivation *how, const struct point *point, const char *unit)
{
    return derivations_take(build->in->load, build->in->node, how, point, unit);
}

static struct point *
add(const struct build *build, const char *name, const char *unit, const struct derivation *how)
{
    struct point *point = derivations_add(build->in->load, build->in->node, build->in->asset, name,
                                          unit, how);
    if (point)
        point->validity = VALIDITY_WATER;
    return point;
}

/* A due result a cycle; with intermittent discharge not while nothing flows. */
static struct point *
add_due(const struct build *build, const char *name, const char *unit, const struct derivation *how,
        uint32_t cycle_ms)
{
    struct point *point = add(build, name, unit, how);
    if (!point)
        return NULL;
    point->every_ms = cycle_ms;
    point->due_unless_stopped = build->water->intermittent;
    return point;
}

static bool
factor_to(const struct point *point, const char *unit, double *ret_factor)
{
    const struct unit *own = point && *point->unit ? units_find(point->unit) : NULL;
    *ret_factor = 1;
    return !own || units_convert_difference(1, own, units_find(unit), ret_factor);
}

/* ---- settings by pollutant ---- */

static uint32_t
read_cycle(const struct build *build, const struct yaml_node *node)
{
    struct load *load = build->in->load;
    const struct unit *unit;
    double number, ms;
    const char *what = load_printf(load, "'cycle' of %s in %s", node->key, build->in->what);
    if (!section_quantity(load, node, what, &number, &unit))
        return CYCLE_MS;
    if (unit && units_convert(number, unit, units_find("ms"), &ms) && ms >= 60000 && ms <= DAY_MS &&
        DAY_MS % (int64_t)ms == 0)
        return (uint32_t)ms;
    load_mistake(load, node, "%s must be a time from 1 min to 24 h that divides a day, like 2h",
                 what);
    return CYCLE_MS;
}

static double
read_design(const struct build *build, const struct yaml_node *node)
{
    struct load *load = build->in->load;
    const struct unit *unit;
    double number, design;
    const char *what = load_printf(load, "'design-load' of %s in %s", node->key, build->in->what);
    if (!section_quantity(load, node, what, &number, &unit))
        return 0;
    if (unit && units_convert(number, unit, units_find("kg/h"), &design) && design > 0)
        return design;
    load_mistake(load, node, "%s must be a mass flow above nothing, like 500 kg/h", what);
    return 0;
}

static void
read_settings(struct build *build, const char *key)
{
    const struct yaml_node *map = section_form(&SCHEMA_WATER, build->node, key);
    for (const struct yaml_node *child = map ? map->first : NULL; child; child = child->next) {
        size_t i = 0;
        while (i < COUNT && strcmp(child->key, POLLUTANTS[i]) != 0)
            i++;
        if (i == COUNT)
            load_mistake_at_key(build->in->load, child,
                                "'%s' of %s names '%.40s', which is none of cod, nh3-n, tp, tn, "
                                "bod, ss, toc or a metal like ni",
                                key, build->in->what, child->key);
        else if (!strcmp(key, "cycle"))
            build->cycles_ms[i] = read_cycle(build, child);
        else
            build->designs[i] = read_design(build, child);
    }
}

/* ---- points ---- */

/* By the totaliser where there is one: it knows of the time between two scans. */
static const struct point *
add_volume(const struct build *build, const char *suffix, const struct point **ret_flow)
{
    struct load *load = build->in->load;
    const struct point *flow = role(build, load_printf(load, "flow%s", suffix));
    const struct point *total = role(build, load_printf(load, "flow-total%s", suffix));
    struct derivation how = {.op = DERIVE_DIFFERENCE, .numbers = {build->water->zero_flow}};
    *ret_flow = flow;
    if (!total)
        how.op = DERIVE_VOLUME;
    if ((!total && !flow) || !take(build, &how, total ? total : flow, total ? "m3" : "m3/h"))
        return NULL;
    return add(build, load_printf(load, "volume%s", suffix), "m3", &how);
}

static struct point *
add_result(const struct build *build, const char *name, const struct point *raw, uint32_t cycle_ms)
{
    const struct point *mark = role(build, name_of(build, name, "-sampling-time"));
    struct derivation how = {
        .op = DERIVE_RESULT, .numbers = {cycle_ms}, .weight = build->end->volume};
    if (!take(build, &how, raw, "") || !take(build, &how, mark, "") ||
        !take(build, &how, build->end->volume, "m3"))
        return NULL;
    struct point *point = add_due(build, name_of(build, name, ""), raw->unit, &how, cycle_ms);
    if (point)
        point->weighted = true; /* also without a flow: then no mean is known, and none judged */
    return point;
}

static void
add_amounts(const struct build *build, struct water_pollutant *pollutant, const struct point *raw,
            uint32_t cycle_ms)
{
    struct derivation mass = {.op = DERIVE_STRETCH}, rate = {.op = DERIVE_LOAD};
    if (build->end->volume && take(build, &mass, pollutant->result, "mg/L"))
        pollutant->mass = add_due(build, name_of(build, pollutant->name, "-mass"), "kg", &mass,
                                  cycle_ms);
    if (build->end->flow && take(build, &rate, raw, "mg/L") &&
        take(build, &rate, build->end->flow, "m3/h"))
        pollutant->load = add(build, name_of(build, pollutant->name, "-load"), "kg/h", &rate);
}

static void
add_pollutant(const struct build *build, size_t i)
{
    const char *name = POLLUTANTS[i];
    const struct point *raw = role(build, name_of(build, name, ""));
    uint32_t cycle_ms = build->cycles_ms[i];
    struct water_pollutant pollutant = {.name = name, .design = build->designs[i]};
    if (!raw)
        return;
    if (!factor_to(raw, "mg/L", &pollutant.factor)) {
        load_mistake_at_key(
            build->in->load, build->in->node,
            "%s: '%s.%s' is in %s; a pollutant of water must be in mg/L or the like",
            build->in->what, raw->device->name, raw->name, raw->unit);
        return;
    }
    pollutant.result = add_result(build, name, raw, cycle_ms);
    if (!pollutant.result)
        return;
    add_amounts(build, &pollutant, raw, cycle_ms);
    build->end->pollutants[build->end->count++] = pollutant;
}

/* Read as they are, judged by the letters and shares of water; never flow-weighted (12 #4). */
static const struct point *
plain(const struct build *build, const char *name)
{
    const struct point *point = role(build, name_of(build, name, ""));
    if (point)
        build->in->load->site->points[point->index].validity = VALIDITY_WATER;
    return point;
}

static void
build_end(struct build *build, struct water_end *end, const char *suffix)
{
    build->end = end;
    build->suffix = suffix;
    end->volume = add_volume(build, suffix, &end->flow);
    factor_to(end->flow, "m3/h", &end->flow_factor);
    plain(build, "flow");
    plain(build, "water-temperature");
    end->ph = plain(build, "ph");
    end->conductivity = plain(build, "conductivity");
    for (size_t i = 0; i < COUNT; i++)
        add_pollutant(build, i);
}

/* ---- of both ends ---- */

static const struct point *
add_share(const struct build *build, const char *name, const struct point *part,
          const struct point *whole, bool left)
{
    struct derivation how = {.op = DERIVE_SHARE, .numbers = {CYCLE_MS, left}, .weight = whole};
    if (whole->every_ms > CYCLE_MS)
        how.numbers[0] = whole->every_ms;
    if (part->every_ms > how.numbers[0])
        how.numbers[0] = part->every_ms;
    if (!take(build, &how, part, "") || !take(build, &how, whole, ""))
        return NULL;
    return add_due(build, name, "%", &how, (uint32_t)how.numbers[0]);
}

static void
add_removals(const struct build *build)
{
    struct water *water = build->water;
    for (uint8_t i = 0; i < water->outlet.count; i++)
        for (uint8_t j = 0; j < water->inlet.count; j++) {
            const struct water_pollutant *out = &water->outlet.pollutants[i];
            const struct water_pollutant *in = &water->inlet.pollutants[j];
            if (strcmp(out->name, in->name) != 0 || !out->mass || !in->mass)
                continue;
            const char *name = load_printf(build->in->load, "%s-removal", out->name);
            const struct point *removal = add_share(build, name, out->mass, in->mass, true);
            if (!strcmp(out->name, "cod"))
                water->cod_removal = removal;
        }
}

static void
add_reuse(const struct build *build)
{
    const struct point *flow, *reuse = add_volume(build, "-reuse", &flow);
    const struct point *left = build->water->outlet.volume;
    struct derivation how = {.op = DERIVE_TOTAL};
    if (!reuse || !left || !take(build, &how, reuse, "m3") || !take(build, &how, left, "m3"))
        return;
    const struct point *both = add(build, "volume-treated", "m3", &how);
    if (both)
        build->water->reuse_rate = add_share(build, "reuse-rate", reuse, both, false);
}

/* ---- the whole ---- */

static void
read_condition(const struct build *build, const char *key, struct condition *condition)
{
    const struct yaml_node *node = build->node ? section_form(&SCHEMA_WATER, build->node, key)
                                               : NULL;
    if (!node)
        return;
    conditions_read(build->in->load, node,
                    load_printf(build->in->load, "'%s' of %s", key, build->in->what),
                    &build->in->from, condition);
    derivations_use(build->in->load, build->in->asset, condition->point);
}

static const struct point *
motor(const struct build *build, const char *name)
{
    const struct point *point = role(build, load_printf(build->in->load, "%s-current", name));
    return point ? point : role(build, load_printf(build->in->load, "%s-power", name));
}

static void
say_what_is_missing(const struct load_asset *in, const struct water *water)
{
    struct load *load = in->load;
    if (!water->outlet.count)
        load_warning(load, in->node,
                     "%s: no point cod, nh3-n, tp, tn or another pollutant: of its water only what "
                     "limits name is judged",
                     in->what);
    else if (!water->outlet.volume)
        load_warning(load, in->node,
                     "%s: neither 'flow' nor 'flow-total': its means cannot be weighted, so no day "
                     "mean is judged, and there is no mass",
                     in->what);
    if (water->inlet.count && !water->inlet.volume)
        load_warning(load, in->node,
                     "%s: neither 'flow-inlet' nor 'flow-total-inlet': no inlet mass, no removal",
                     in->what);
}

void
load_water(struct load_asset *in)
{
    struct load *load = in->load;
    const struct yaml_node *node = section_form(&SCHEMA_ASSET, in->node, "water");
    if (in->asset->kind != ASSET_WASTEWATER && !node)
        return;
    struct water *water = arena_take(load->arena, sizeof *water);
    struct build build = {.in = in, .water = water, .node = node};
    section_default(&SCHEMA_WATER, water);
    for (size_t i = 0; i < COUNT; i++)
        build.cycles_ms[i] = CYCLE_MS;
    if (node) {
        section_read(load, &SCHEMA_WATER, node, load_printf(load, "'water' of %s", in->what),
                     water);
        read_settings(&build, "cycle");
        read_settings(&build, "design-load");
    }
    in->asset->water = water;
    build_end(&build, &water->outlet, "");
    build_end(&build, &water->inlet, "-inlet");
    add_removals(&build);
    add_reuse(&build);
    water->pump = motor(&build, "pump");
    water->blower = motor(&build, "blower");
    read_condition(&build, "overflow-when", &water->overflow);
    read_condition(&build, "aeration-when", &water->aeration);
    say_what_is_missing(in, water);
}

/* bypass: and bypasses: of an asset. Signals may be combined at will; what a combination cannot
 * tell is said here, while the file is read. */
#include "config/bypass.h"
#include "config/conditions.h"
#include "config/load_asset.h"
#include "config/section.h"

#include <string.h>

#define BYPASSES_MAX 16

static const char *const WITNESS_KEYS[WITNESS_COUNT] = {
    "open-when", "closed-when", NULL, "flow-when", "pressure-when", "temperature-when",
};

struct reading {
    struct load_asset *asset;
    struct load *load;
    const struct yaml_node *node;
    const char *what; /* "'bypass' of asset 'x'" */
    struct bypass *bypass;
};

static const char *
of(const struct reading *in, const char *key)
{
    return load_printf(in->load, "'%s' of %s", key, in->what);
}

static void
read_condition(struct reading *in, const char *key, struct condition *condition)
{
    const struct yaml_node *when = section_form(&SCHEMA_BYPASS, in->node, key);
    condition->delay_ms = in->bypass->delay_ms;
    if (!when)
        return;
    conditions_read(in->load, when, of(in, key), &in->asset->from, condition);
    derivations_use(in->load, in->asset->asset, condition->point);
}

static const struct point *
read_point(struct reading *in, const struct yaml_node *node, const char *what)
{
    const struct point *point =
        node ? names_find_point(in->load, node, what, node->text, &in->asset->from) : NULL;
    if (point && point->type == TYPE_STRING) {
        load_mistake(in->load, node, "%s is '%s', which is a text", what, node->text);
        return NULL;
    }
    derivations_use(in->load, in->asset->asset, point);
    return point;
}

static const struct point *
read_input(struct reading *in, const char *key)
{
    return read_point(in, section_form(&SCHEMA_BYPASS, in->node, key), of(in, key));
}

static const struct unit *
unit_of(const struct point *point)
{
    return *point->unit ? units_find(point->unit) : NULL;
}

/* A threshold of its own for a point: `base: POINT` with `key: QUANTITY`. */
static bool
read_above(struct reading *in, const char *key, const char *base, const struct point *point,
           struct condition *condition)
{
    const struct yaml_node *above = section_form(&SCHEMA_BYPASS, in->node, key);
    if (!above)
        return false;
    if (!point) {
        if (!yaml_find(in->node, base))
            load_mistake_at_key(in->load, above, "%s needs '%s'", of(in, key), base);
        return true;
    }
    condition->point = point;
    condition->comparison = COMPARE_ABOVE;
    conditions_quantity(in->load, above, of(in, key), point, false, &condition->value);
    return true;
}

/* standards.md 6.3 [I]: open from 2 %; of a quarter turn for valves in degrees (HJ 212 g116). */
static void
read_opening(struct reading *in)
{
    struct bypass *bypass = in->bypass;
    bypass->opening = read_input(in, "opening");
    bypass->opening_full = 100;
    if (bypass->opening && unit_of(bypass->opening))
        bypass->opening_full = !strcmp(bypass->opening->unit, "deg") ? 90 : 100;
    if (read_above(in, "opening-above", "opening", bypass->opening, &bypass->beyond) ||
        !bypass->opening)
        return;
    const char *unit = bypass->opening->unit;
    if (strcmp(unit, "%") != 0 && strcmp(unit, "deg") != 0) {
        load_mistake(in->load, yaml_find(in->node, "opening"),
                     "%s: point '%s.%s' is neither in %% nor in deg; a position must be in one of "
                     "them",
                     of(in, "opening"), bypass->opening->device->name, bypass->opening->name);
        return;
    }
    bypass->beyond.point = bypass->opening;
    bypass->beyond.comparison = COMPARE_ABOVE;
    bypass->beyond.value = bypass->opening_full * 0.02;
}

static void
read_flow(struct reading *in)
{
    struct bypass *bypass = in->bypass;
    bypass->amount = read_input(in, "flow");
    if (bypass->flow.point && yaml_find(in->node, "flow-above"))
        load_mistake_at_key(in->load, yaml_find(in->node, "flow-above"),
                            "%s has flow-when and flow-above; leave one out", in->what);
    else
        read_above(in, "flow-above", "flow", bypass->amount, &bypass->flow);
    if (!bypass->amount && bypass->flow.comparison == COMPARE_ABOVE)
        bypass->amount = bypass->flow.point;
    bypass->inlet = read_input(in, "inlet-flow");
    bypass->inlet_factor = 1;
    if (!bypass->inlet || !bypass->amount)
        return;
    const struct unit *from = unit_of(bypass->inlet), *to = unit_of(bypass->amount);
    if (from && to && units_convert_difference(1, from, to, &bypass->inlet_factor))
        return;
    if (from != to)
        load_mistake(in->load, yaml_find(in->node, "inlet-flow"),
                     "%s is in %s, but the flow of the bypass is in %s", of(in, "inlet-flow"),
                     from ? from->key : "no unit", to ? to->key : "no unit");
}

/* ---- mass ---- */

/* kg/h of one reading times another: mg/m3 x m3/h x 1e-6, whatever units of the two kinds. */
static bool
find_factor(struct reading *in, const struct yaml_node *node, struct bypass_mass *mass)
{
    const struct unit *concentration = unit_of(mass->concentration), *flow = unit_of(mass->flow);
    double milligrams = 0, cubic = 0;
    if (concentration && flow &&
        units_convert_difference(1, concentration, units_find("mg/m3"), &milligrams) &&
        (units_convert_difference(1, flow, units_find("m3/h"), &cubic) ||
         units_convert_difference(1, flow, units_find("Nm3/h"), &cubic))) {
        mass->factor = milligrams * cubic * 1e-6;
        return true;
    }
    load_mistake_at_key(in->load, node,
                        "mass '%s' of %s: a concentration (mg/m3, mg/L) and a flow (m3/h, Nm3/h) "
                        "are needed, not %s and %s",
                        node->key, in->what, concentration ? concentration->key : "no unit",
                        flow ? flow->key : "no unit");
    return false;
}

static void
read_mass(struct reading *in, const struct yaml_node *node, struct bypass_mass *list)
{
    const char *what = load_printf(in->load, "mass '%.60s' of %s", node->key, in->what);
    struct bypass *bypass = in->bypass;
    struct bypass_mass mass = {.name = arena_text(in->load->arena, node->key)};
    section_read(in->load, &SCHEMA_BYPASS_MASS, node, what, &mass);
    mass.concentration = read_point(in, section_form(&SCHEMA_BYPASS_MASS, node, "concentration"),
                                    what);
    mass.flow = read_point(in, section_form(&SCHEMA_BYPASS_MASS, node, "flow"), what);
    if (!mass.concentration || (!mass.flow && yaml_find(node, "flow")))
        return;
    if (!mass.flow)
        mass.flow = bypass->amount;
    if (!mass.flow) {
        mass.flow = bypass->inlet;
        mass.estimated = true;
    }
    if (!mass.flow) {
        load_warning(in->load, node, "%s cannot be counted: there is neither flow nor inlet-flow",
                     what);
        return;
    }
    if (!find_factor(in, node, &mass))
        return;
    mass.detail = arena_text(in->load->arena, load_printf(in->load, "mass_kg_%s", mass.name));
    unsigned at = bypass->mass_count++;
    for (; at > 0 && strcmp(list[at - 1].detail, mass.detail) > 0; at--)
        list[at] = list[at - 1];
    list[at] = mass;
}

static void
read_masses(struct reading *in)
{
    struct bypass *bypass = in->bypass;
    const struct yaml_node *node = section_form(&SCHEMA_BYPASS, in->node, "mass");
    bypass->mass_method = "none";
    if (!node)
        return;
    if (bypass->kind != BYPASS_DISCHARGE) {
        load_mistake_at_key(in->load, node,
                            "%s: nothing goes round the treatment there; only a bypass of kind "
                            "discharge has a mass",
                            of(in, "mass"));
        return;
    }
    uint32_t count = section_count_names(in->load, node, "mass");
    if (count > BYPASS_MASSES) {
        load_mistake_at_key(in->load, node, "%s has more than %d entries", of(in, "mass"),
                            BYPASS_MASSES);
        return;
    }
    struct bypass_mass *list = arena_take(in->load->arena, (count + 1) * sizeof *list);
    bypass->masses = list;
    for (const struct yaml_node *child = node->first; child && count; child = child->next)
        read_mass(in, child, list);
    bool measured = false, estimated = false;
    for (uint8_t i = 0; i < bypass->mass_count; i++) {
        measured |= !list[i].estimated;
        estimated |= list[i].estimated;
    }
    if (measured)
        bypass->mass_method = estimated ? "measured-flow+inlet-flow" : "measured-flow";
    else if (estimated)
        bypass->mass_method = "inlet-flow";
}

/* ---- one bypass ---- */

static void
check_signals(struct reading *in, bool given)
{
    const struct bypass *bypass = in->bypass;
    if (!given) {
        load_mistake(in->load, in->node,
                     "%s must have at least one of open-when, closed-when, opening, flow-when, "
                     "flow-above, pressure-when, temperature-when",
                     in->what);
        return;
    }
    bool direct = false, indirect = false;
    for (unsigned i = 0; i < WITNESS_COUNT; i++) {
        direct |= i <= WITNESS_FLOW && bypass->witnesses[i].point;
        indirect |= i > WITNESS_FLOW && bypass->witnesses[i].point;
    }
    if (indirect && !direct)
        load_warning(in->load, in->node,
                     "%s: pressure and temperature alone can only raise a suspicion, never an "
                     "opening",
                     in->what);
}

static void
read_hysteresis(struct reading *in)
{
    struct bypass *bypass = in->bypass;
    struct condition *given[WITNESS_COUNT + 1];
    size_t count = 0;
    for (unsigned i = 0; i < WITNESS_COUNT; i++)
        if (bypass->witnesses[i].point && i != WITNESS_OPENING)
            given[count++] = &bypass->witnesses[i];
    bool unsure = !count && yaml_find(in->node, "hysteresis") && bypass->beyond.point;
    if (unsure)
        given[count++] = &bypass->beyond;
    conditions_read_hysteresis(in->load, in->node, in->what, given, count);
}

static void
read_bypass(struct load_asset *asset, const struct yaml_node *node, const char *what,
            struct bypass *bypass)
{
    struct reading in = {asset, asset->load, node, what, bypass};
    bool given = false;
    section_default(&SCHEMA_BYPASS, bypass);
    section_read(in.load, &SCHEMA_BYPASS, node, what, bypass);
    for (unsigned i = 0; i < WITNESS_COUNT; i++) {
        bypass->witnesses[i].delay_ms = bypass->delay_ms;
        if (!WITNESS_KEYS[i])
            continue;
        read_condition(&in, WITNESS_KEYS[i], &bypass->witnesses[i]);
        given |= yaml_find(node, WITNESS_KEYS[i]) != NULL;
    }
    read_condition(&in, "safety-when", &bypass->safety);
    read_opening(&in);
    read_flow(&in);
    given |= yaml_find(node, "opening") || yaml_find(node, "flow-above");
    read_masses(&in);
    read_hysteresis(&in);
    check_signals(&in, given);
}

static void
read_named(struct load_asset *in, const struct yaml_node *node)
{
    struct load *load = in->load;
    uint32_t count = section_count_names(load, node, "bypass");
    if (count > BYPASSES_MAX) {
        load_mistake_at_key(load, node, "'bypasses' of %s has more than %d entries", in->what,
                            BYPASSES_MAX);
        return;
    }
    struct bypass *bypasses = arena_take(load->arena, (count + 1) * sizeof *bypasses);
    in->asset->bypasses = bypasses;
    const struct yaml_node *child = node->first;
    for (uint32_t i = 0; i < count && child; i++, child = child->next) {
        bypasses[i].name = arena_text(load->arena, child->key);
        bypasses[i].subject = arena_text(
            load->arena, load_printf(load, "%s.%s", in->asset->name, bypasses[i].name));
        read_bypass(in, child, load_printf(load, "bypass '%s' of %s", child->key, in->what),
                    &bypasses[i]);
        in->asset->bypass_count++;
    }
}

void
load_bypass(struct load_asset *in)
{
    struct load *load = in->load;
    const struct yaml_node *one = section_form(&SCHEMA_ASSET, in->node, "bypass");
    const struct yaml_node *several = section_form(&SCHEMA_ASSET, in->node, "bypasses");
    if (one && several)
        load_mistake_at_key(load, several, "%s has 'bypass' and 'bypasses'; leave one out",
                            in->what);
    else if (several)
        read_named(in, several);
    if (!one)
        return;
    struct bypass *bypass = arena_take(load->arena, sizeof *bypass);
    bypass->name = "";
    in->asset->bypasses = bypass;
    in->asset->bypass_count = 1;
    read_bypass(in, one, load_printf(load, "'bypass' of %s", in->what), bypass);
}

void
load_bypass_points(const struct asset *asset,
                   void (*see)(const struct point *point, const struct load *load),
                   const struct load *load)
{
    for (uint8_t i = 0; i < asset->bypass_count; i++) {
        const struct bypass *bypass = &asset->bypasses[i];
        for (unsigned w = 0; w < WITNESS_COUNT; w++)
            see(bypass->witnesses[w].point, load);
        see(bypass->safety.point, load);
        see(bypass->opening, load);
        see(bypass->amount, load);
        see(bypass->inlet, load);
        for (uint8_t m = 0; m < bypass->mass_count; m++) {
            see(bypass->masses[m].concentration, load);
            see(bypass->masses[m].flow, load);
        }
    }
}

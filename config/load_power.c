/* production:, treatment: and power: of an asset: their conditions, their meters, and the asset's
 * own points of synchronous operation and energy.
 *
 * Thresholds by power: P > 10 % of rated, or I > 15 % (standards.md 6.4 [I]), held for 60 s, and a
 * separate stop threshold, which is the condition's hysteresis. */
#include "config/conditions.h"
#include "config/load_asset.h"
#include "config/power.h"
#include "config/section.h"

#include <math.h>
#include <string.h>

#define DELAY_MS      60000
#define RUNNING_POWER 0.10
#define RUNNING_AMPS  0.15
#define HOLE          3 /* intervals without a scan that minutes are still counted over */

/* One of the two while it is read. */
struct side {
    struct load_asset *in;
    const struct schema_section *section;
    const struct yaml_node *node; /* NULL: the site says nothing */
    const char *key, *what;       /* "production", "'production' of asset 'x'" */
    struct power_running running;
    struct power_meter meter;
    struct thresholds {
        double running, idle; /* in the meter's unit; NaN: not said */
    } above;
    bool by_power; /* it says power, current or energy */
};

static const struct yaml_node *
form_of(const struct side *side, const char *key)
{
    return side->node ? section_form(side->section, side->node, key) : NULL;
}

static const char *
kind_of(const struct point *point)
{
    const struct unit *unit = *point->unit ? units_find(point->unit) : NULL;
    return unit ? unit->kind : "";
}

/* The point that a key names, of the kind that it must have; NULL where it is not said, or after a
 * mistake. */
static const struct point *
read_point(struct side *side, const char *key, const char *kind)
{
    struct load *load = side->in->load;
    const struct yaml_node *node = form_of(side, key);
    if (!node)
        return NULL;
    side->by_power = true;
    const char *what = load_printf(load, "'%s' of %s", key, side->what);
    const struct point *point = names_find_point(load, node, what, node->text, &side->in->from);
    if (!point)
        return NULL;
    if (!strcmp(kind_of(point), kind))
        return point;
    load_mistake(load, node, "%s: point '%s.%s' is in '%s', which is no %s", what,
                 point->device->name, point->name, point->unit, kind);
    return NULL;
}

/* A share of rated. False after a mistake. */
static bool
read_share(struct side *side, const char *key, double *share)
{
    struct load *load = side->in->load;
    const struct yaml_node *node = form_of(side, key);
    const struct unit *unit = NULL;
    if (!node)
        return true;
    const char *what = load_printf(load, "'%s' of %s", key, side->what);
    if (!section_quantity(load, node, what, share, &unit))
        return false;
    if (unit && !strcmp(unit->key, "%") && *share > 0 && *share <= 100) {
        *share /= 100;
        return true;
    }
    load_mistake(load, node, "%s is '%.40s'; it must be a share of rated above 0 %%, like 10 %%",
                 what, node->text);
    return false;
}

static void
read_thresholds(struct side *side)
{
    struct load *load = side->in->load;
    const struct yaml_node *node = form_of(side, "rated");
    bool amps = side->meter.point && !strcmp(kind_of(side->meter.point), "current");
    double rated = 0, running = amps ? RUNNING_AMPS : RUNNING_POWER, idle;
    if (!read_share(side, "running", &running))
        return;
    idle = running / 2;
    if (!read_share(side, "idle", &idle) || !node || !side->meter.point)
        return;
    const char *what = load_printf(load, "'rated' of %s", side->what);
    if (!conditions_quantity(load, node, what, side->meter.point, false, &rated))
        return;
    if (!(rated > 0))
        load_mistake(load, node, "%s is '%.40s'; it must be more than nothing", what, node->text);
    else if (idle > running)
        load_mistake(load, form_of(side, "idle"), "'idle' of %s is above 'running' (%g %%)",
                     side->what, running * 100);
    else
        side->above = (struct thresholds){rated * running, rated * idle};
}

/* The condition by its meter, where the site gives no other. */
static void
read_by_power(struct side *side)
{
    struct load *load = side->in->load;
    struct condition *condition = &side->running.condition;
    const struct yaml_node *hysteresis = form_of(side, "hysteresis");
    bool has_meter = form_of(side, "power") || form_of(side, "current");
    if (!has_meter) {
        char form[240];
        schema_print_form(schema_find_key(side->section, "running-when"), form, sizeof form);
        load_mistake(load, side->node, "%s lacks 'running-when' (%s)", side->what, form);
        return;
    }
    if (hysteresis)
        load_mistake_at_key(load, hysteresis,
                            "'hysteresis' of %s goes with running-when; by power it is 'idle'",
                            side->what);
    if (!form_of(side, "rated"))
        load_mistake(load, side->node,
                     "%s lacks 'rated' (like 55 kW): what runs is told by a share of it",
                     side->what);
    if (!yaml_find(side->node, "delay"))
        condition->delay_ms = DELAY_MS;
    if (isnan(side->above.running))
        return;
    condition->point = side->meter.point;
    condition->comparison = COMPARE_ABOVE;
    condition->value = side->above.running;
    condition->hysteresis = side->above.running - side->above.idle;
}

static void
read_meter(struct side *side)
{
    const struct point *power = read_point(side, "power", "power");
    const struct point *amps = read_point(side, "current", "current");
    const struct point *own = side->running.condition.point;
    if (form_of(side, "power") && form_of(side, "current"))
        load_mistake_at_key(side->in->load, form_of(side, "current"),
                            "%s has both 'power' and 'current'; one of them tells what runs",
                            side->what);
    side->meter.counter = read_point(side, "energy", "energy");
    side->meter.point = power ? power : amps;
    if (side->meter.point || !own)
        return;
    if (!strcmp(kind_of(own), "power") || !strcmp(kind_of(own), "current"))
        side->meter.point = own;
}

static void
read_side(struct side *side)
{
    struct load *load = side->in->load;
    struct condition *condition = &side->running.condition;
    side->node = section_form(&SCHEMA_ASSET, side->in->node, side->key);
    side->above = (struct thresholds){NAN, NAN};
    side->what = load_printf(load, "'%s' of %s", side->key, side->in->what);
    if (!side->node)
        return;
    section_default(side->section, &side->running);
    section_read(load, side->section, side->node, side->what, &side->running);
    const struct yaml_node *when = form_of(side, "running-when");
    if (when) {
        conditions_read(load, when, load_printf(load, "'running-when' of %s", side->what),
                        &side->in->from, condition);
        conditions_read_hysteresis(load, side->node, side->what, &condition, 1);
    }
    read_meter(side);
    read_thresholds(side);
    if (!when)
        read_by_power(side);
    derivations_use(load, side->in->asset, condition->point);
    derivations_use(load, side->in->asset, side->meter.point);
    side->meter.subject = arena_text(load->arena,
                                     load_printf(load, "%s.%s", side->in->asset->name, side->key));
}

static void
read_minimum(struct side *side, struct power *power)
{
    struct load *load = side->in->load;
    const struct yaml_node *node = form_of(side, "minimum");
    if (!node || !strcmp(node->text, "learned"))
        return;
    if (!strcmp(node->text, "none")) {
        power->minimum_kind = POWER_MINIMUM_NONE;
        return;
    }
    const char *what = load_printf(load, "'minimum' of %s", side->what);
    power->minimum_kind = POWER_MINIMUM_DECLARED;
    if (side->meter.point)
        conditions_quantity(load, node, what, side->meter.point, false, &power->minimum);
    else
        load_mistake(load, node, "%s: no power or current is measured there", what);
}

/* ---- the asset's own points ---- */

static const struct point *
add(struct side *side, const char *name, const char *unit, const struct derivation *how)
{
    const struct yaml_node *node = side->node ? side->node : side->in->node;
    return derivations_add(side->in->load, node, side->in->asset, name, unit, how);
}

static uint32_t
slowest(uint32_t every_ms, const struct point *point)
{
    return point && point->every_ms > every_ms ? point->every_ms : every_ms;
}

/* The longest time between two scans over which what runs is still taken to be known. */
static double
hole_ms(const struct side *production, const struct side *treatment)
{
    const struct names_from *from = &production->in->from;
    uint32_t every_ms = from->count ? from->devices[0]->every_ms : 0;
    every_ms = slowest(every_ms, production->running.condition.point);
    every_ms = slowest(every_ms, treatment->running.condition.point);
    return (double)every_ms * HOLE;
}

static void
add_running(struct side *side, unsigned which)
{
    struct load *load = side->in->load;
    const struct derivation running = {.op = DERIVE_CONDITION, .numbers = {which}};
    struct derivation level = {
        .op = DERIVE_LEVEL,
        .numbers = {side->above.running, side->above.idle, side->running.condition.delay_ms}};
    if (!side->running.condition.point)
        return;
    add(side, load_printf(load, "%s-running", side->key), "", &running);
    if (isnan(side->above.running))
        return;
    derivations_take(load, side->node, &level, side->meter.point, "");
    add(side, load_printf(load, "%s-level", side->key), "", &level);
}

/* By the counter, which knows of the time between, else power times time. */
static void
add_energy(struct side *side)
{
    struct load *load = side->in->load;
    const struct point *point = side->meter.counter ? side->meter.counter : side->meter.point;
    struct derivation how = {.op = side->meter.counter ? DERIVE_DIFFERENCE : DERIVE_INTEGRAL};
    if (!point || !strcmp(kind_of(point), "current"))
        return;
    derivations_take(load, side->node, &how, point, side->meter.counter ? "kWh" : "kW");
    side->meter.energy = add(side, load_printf(load, "%s-energy", side->key), "kWh", &how);
}

static const struct point *
add_minutes(struct side *side, const char *name, enum derive_minutes which, double most_ms)
{
    const struct derivation how = {.op = DERIVE_MINUTES, .numbers = {which, most_ms}};
    return add(side, name, "min", &how);
}

static void
add_points(struct side *production, struct side *treatment, struct power *power)
{
    double most_ms = hole_ms(production, treatment);
    add_running(production, 0);
    add_running(treatment, 1);
    add_energy(production);
    add_energy(treatment);
    if (!production->running.condition.point)
        return;
    const struct point *minutes = add_minutes(production, "production-minutes", MINUTES_PRODUCTION,
                                              most_ms);
    if (!treatment->running.condition.point || !minutes)
        return;
    const struct derivation synchronous = {.op = DERIVE_SYNCHRONOUS, .weight = minutes};
    add(treatment, "synchronous", "", &synchronous);
    power->together = add_minutes(treatment, "minutes-together", MINUTES_TOGETHER, most_ms);
    add_minutes(treatment, "minutes-alone", MINUTES_ALONE, most_ms);
}

/* ---- what is missing ---- */

static void
tell_missing(const struct side *production, const struct side *treatment, const struct power *power,
             const struct yaml_node *node)
{
    struct load *load = production->in->load;
    const char *what = production->in->what;
    if (!production->node || !treatment->node)
        load_warning(
            load, node,
            "'power' of %s: no '%s': synchronous operation, late start, early stop and the "
            "ratio of energies are not judged",
            what, production->node ? "treatment" : "production");
    else if (!power->production.energy || !power->treatment.energy)
        load_warning(load, node,
                     "'power' of %s: no power or energy of %s: the ratio of energies is not judged",
                     what, power->production.energy ? "treatment" : "production");
}

void
load_power(struct load_asset *in)
{
    struct load *load = in->load;
    struct side production = {.in = in, .section = &SCHEMA_PRODUCTION, .key = "production"};
    struct side treatment = {.in = in, .section = &SCHEMA_TREATMENT, .key = "treatment"};
    const struct yaml_node *node = section_form(&SCHEMA_ASSET, in->node, "power");
    read_side(&production);
    read_side(&treatment);
    in->asset->production = production.running.condition;
    in->asset->treatment = treatment.running.condition;
    if (!production.node && !treatment.node && !node)
        return;
    struct power *power = arena_take(load->arena, sizeof *power);
    section_default(&SCHEMA_POWER, power);
    if (node)
        section_read(load, &SCHEMA_POWER, node, load_printf(load, "'power' of %s", in->what),
                     power);
    power->warning_after_ms = treatment.running.warning_after_ms;
    power->off_after_ms = treatment.running.off_after_ms;
    read_minimum(&treatment, power);
    if (node || production.by_power || treatment.by_power)
        add_points(&production, &treatment, power);
    power->production = production.meter;
    power->treatment = treatment.meter;
    if (node)
        tell_missing(&production, &treatment, power, node);
    in->asset->power = power;
}

void
load_power_points(const struct asset *asset,
                  void (*take)(const struct point *point, const struct load *load),
                  const struct load *load)
{
    if (!asset->power)
        return;
    const struct power_meter *meters[] = {&asset->power->production, &asset->power->treatment};
    for (unsigned i = 0; i < 2; i++) {
        take(meters[i]->point, load);
        take(meters[i]->counter, load);
    }
}

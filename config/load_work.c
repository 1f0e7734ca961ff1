/* work: of an asset, how its working conditions are recognised, and which of them cannot be told
 * apart for want of a point. Boilers, kilns and incinerators have it without saying so; whoever
 * writes the key has it as well. Thresholds are kept in the unit of their point. */
#include "config/conditions.h"
#include "config/flue.h"
#include "config/load_marks.h"
#include "config/section.h"

#include <math.h>
#include <string.h>

#define LOAD_SHARE 30 /* %, see schema_marks.c */

static const struct point *
role(const struct load_asset *in, const char *name)
{
    return derivations_input(in->load, in->inputs, &in->from, name);
}

/* A default of the table into the unit of the point, which may be of another kind: then a mistake.
 */
static void
convert(const struct load_asset *in, const struct point *point, const char *unit, double *value)
{
    const struct unit *own = point && *point->unit ? units_find(point->unit) : NULL;
    if (own && !units_convert(*value, units_find(unit), own, value))
        load_mistake_at_key(in->load, in->node,
                            "%s: point '%s' is in %s; it must be in %s or alike", in->what,
                            point->name, own->key, unit);
}

/* A share of capacity in the unit of the load; NaN where that cannot be said. */
static double
of_capacity(const struct load_asset *in, const struct point *point, double percent)
{
    const struct unit *own = *point->unit ? units_find(point->unit) : NULL;
    double value = percent;
    if (!own)
        return NAN;
    if (units_convert(value, units_find("%"), own, &value))
        return value;
    value = in->asset->capacity_t_h * percent / 100;
    return units_convert(value, units_find("t/h"), own, &value) ? value : (double)NAN;
}

static void
read_load(const struct load_asset *in, const struct yaml_node *node, struct work *work)
{
    const char *what = load_printf(in->load, "'load-above' of 'work' of %s", in->what);
    const struct unit *unit;
    double value = LOAD_SHARE;
    if (!work->load) {
        if (node)
            load_mistake(in->load, node, "%s needs a point 'load'", what);
        return;
    }
    if (node && !section_quantity(in->load, node, what, &value, &unit))
        return;
    if (node && (!unit || strcmp(unit->key, "%") != 0)) {
        conditions_quantity(in->load, node, what, work->load, false, &work->load_above);
        return;
    }
    work->load_above = of_capacity(in, work->load, value);
    if (!isnan(work->load_above))
        return;
    if (node)
        load_mistake(in->load, node,
                     "%s is a share, but of what is not known: give capacity, or "
                     "write it in the unit of '%s'",
                     what, work->load->name);
    else
        load_warning(in->load, in->node,
                     "%s: point 'load' is not used for start-up: write capacity, or work: "
                     "{load-above: ...}",
                     in->what);
    work->load = NULL;
}

static void
say_what_is_missing(const struct load_asset *in, const struct work *work)
{
    if (!work->o2 && !work->load)
        load_warning(in->load, in->node,
                     "%s: neither 'o2' nor 'load': a start-up cannot be told from normal operation",
                     in->what);
    if (!work->temperature)
        load_warning(in->load, in->node,
                     "%s: no point 'temperature': banked fire cannot be told from a shutdown%s",
                     in->what, work->o2 ? "" : ", nor either from out of service");
}

static bool
burns(const struct asset *asset)
{
    return asset->kind == ASSET_BOILER || asset->kind == ASSET_KILN ||
           asset->kind == ASSET_INCINERATOR;
}

void
load_work(struct load_asset *in)
{
    struct load *load = in->load;
    struct asset *asset = in->asset;
    const struct yaml_node *node = section_form(&SCHEMA_ASSET, in->node, "work");
    struct work *work = arena_take(load->arena, sizeof *work);
    if (!node && !burns(asset))
        return;
    section_default(&SCHEMA_WORK, work);
    if (node)
        section_read(load, &SCHEMA_WORK, node, load_printf(load, "'work' of %s", in->what), work);
    if (!asset->production.point) {
        load_warning(load, in->node,
                     "%s: no production: {running-when: ...}, which tells that fuel is on: no "
                     "working condition is proposed",
                     in->what);
        return;
    }
    work->o2 = asset->flue ? asset->flue->o2 : role(in, "o2");
    work->temperature = role(in, "temperature");
    work->load = role(in, "load");
    convert(in, work->o2, "%", &work->o2_air);
    convert(in, work->o2, "%", &work->o2_below);
    convert(in, work->temperature, "degC", &work->warm);
    read_load(in, node ? section_form(&SCHEMA_WORK, node, "load-above") : NULL, work);
    derivations_use(load, asset, work->o2);
    derivations_use(load, asset, work->temperature);
    derivations_use(load, asset, work->load);
    say_what_is_missing(in, work);
    asset->work = work;
}

/* The points that an expression names are those that a condition or a limit could name: the asset's
 * own first, then those of its devices. Windows are counted in steps, and a step is a scan of the
 * device that leads the asset: where the site does not say which one that is, it is the first
 * device that the asset uses, so that an expression may have to be compiled twice. */
#include "config/expressions.h"

#include "config/expression.h"
#include "config/load_within.h"

#include <stdlib.h>
#include <string.h>

struct search {
    struct load_asset *in;
    bool untold; /* what is missing was reported already: no further word about it */
};

static struct point *
point_in(const struct device *device, const char *name)
{
    for (uint16_t i = 0; i < device->point_count; i++)
        if (!strcmp(device->points[i].name, name))
            return &device->points[i];
    return NULL;
}

static bool
is_unsure(const struct load *load, const struct device *device)
{
    return !device->asset && load->devices[device->index].points.unsure;
}

static const char *
find_full(struct search *search, const char *name, struct point **ret_point)
{
    struct load *load = search->in->load;
    size_t length = strcspn(name, ".");
    for (uint16_t i = 0; i < load->site->device_count; i++) {
        const struct device *device = &load->site->devices[i];
        if (strncmp(device->name, name, length) != 0 || device->name[length])
            continue;
        *ret_point = point_in(device, name + length + 1);
        search->untold = is_unsure(load, device);
        return *ret_point ? NULL
                          : load_printf(load, "device '%s' has no point '%.60s'", device->name,
                                        name + length + 1);
    }
    return load_printf(load, "there is no device '%.*s'", length > 60 ? 60 : (int)length, name);
}

static const struct device *
searched(const struct load_asset *in, uint16_t i)
{
    if (in->from.count)
        return i < in->from.count ? in->from.devices[i] : NULL;
    return i < in->load->device_count ? &in->load->site->devices[i] : NULL;
}

static const char *
find_short(struct search *search, const char *name, struct point **ret_point)
{
    const struct load_asset *in = search->in;
    const struct device *device;
    *ret_point = derivations_find(in->asset, name);
    if (*ret_point)
        return NULL;
    search->untold = in->from.unsure;
    for (uint16_t i = 0; (device = searched(in, i)); i++) {
        struct point *point = point_in(device, name);
        search->untold = search->untold || is_unsure(in->load, device);
        if (point && *ret_point)
            return load_printf(in->load, "'%.60s' is a point of '%s' and of '%s': write %s.%.60s",
                               name, (*ret_point)->device->name, device->name,
                               (*ret_point)->device->name, name);
        *ret_point = point ? point : *ret_point;
    }
    return *ret_point ? NULL
                      : load_printf(in->load, "no device %s has a point '%.60s'",
                                    in->from.count ? "of 'from'" : "of the site", name);
}

static const char *
find(void *context, const char *name, struct expression_point *ret_point)
{
    struct search *search = context;
    struct load *load = search->in->load;
    struct point *point = NULL;
    const char *wrong = strchr(name, '.') ? find_full(search, name, &point)
                                          : find_short(search, name, &point);
    if (wrong)
        return wrong;
    search->untold = false;
    if (point->type == TYPE_STRING)
        return load_printf(load, "'%.60s' is a text", name);
    if (point->once || point->on_change)
        return load_printf(load,
                           "'%.60s' is %s; an expression needs it in every scan of its device",
                           name, point->once ? "read once" : "kept on change only");
    bool truth = point->type == TYPE_BOOL || (point->type == TYPE_BITS && point->bit_count == 1);
    ret_point->index = point->index;
    ret_point->type = (struct expression_type){
        .unit = *point->unit ? units_find(point->unit) : NULL, .is_truth = truth};
    return NULL;
}

/* Whose scans the asset's own points are made at, as far as is known now (derivations_finish). */
static const struct device *
lead_of(const struct load_asset *in)
{
    const struct asset *asset = in->asset;
    if (asset->derived && asset->derived->lead)
        return asset->derived->lead;
    if (in->from.count)
        return in->from.devices[0];
    for (uint16_t i = 0; i < asset->device_count; i++)
        if (!asset->devices[i]->asset)
            return asset->devices[i];
    return NULL;
}

/* Where the asset uses no device yet: that of the first input that is read, else the one that leads
 * the asset whose point the first input is. */
static const struct device *
lead_of_inputs(const struct load *load, const struct expression *expression)
{
    const struct point *points = load->site->points;
    for (unsigned i = 0; i < expression->input_count; i++)
        if (!points[expression->inputs[i]].device->asset)
            return points[expression->inputs[i]].device;
    return expression->input_count ? points[expression->inputs[0]].device->lead : NULL;
}

static void
complain(struct load_asset *in, const struct expression_wish *wish, unsigned column,
         const char *text)
{
    if (wish->is_written)
        load_mistake_within(in->load, wish->node, column, "%s: %s", wish->what, text);
    else
        load_mistake_at_key(in->load, wish->node, "%s: %s (column %u of '%.200s')", wish->what,
                            text, column, wish->text);
}

/* NULL after a mistake. */
static struct expression *
compile(struct load_asset *in, const struct expression_wish *wish, const struct device **lead)
{
    struct search search = {.in = in};
    struct expression_mistake mistake;
    struct expression *expression = arena_take(in->load->arena, sizeof *expression);
    struct expression_terms terms = {.find = find,
                                     .context = &search,
                                     .wanted = wish->unit && *wish->unit ? units_find(wish->unit)
                                                                         : NULL};
    *lead = lead_of(in);
    for (int pass = 0; pass < 2; pass++) {
        terms.step_ms = *lead && (*lead)->every_ms ? (*lead)->every_ms : 1000;
        if (!expression_compile(wish->text, &terms, expression, &mistake)) {
            if (!search.untold)
                complain(in, wish, mistake.column, mistake.text);
            return NULL;
        }
        if (*lead)
            break;
        *lead = lead_of_inputs(in->load, expression);
    }
    return expression;
}

static bool
check(struct load_asset *in, const struct expression_wish *wish,
      const struct expression *expression)
{
    const char *wrong = NULL;
    if (!expression->input_count)
        wrong = "no point is named in it";
    else if (expression->input_count > DERIVATION_INPUTS)
        wrong = load_printf(in->load, "it names %u points; at most %d: make points of parts of it",
                            expression->input_count, DERIVATION_INPUTS);
    else if (wish->truth && !expression->type.is_truth)
        wrong = "it is a number; it must be true or false, like h2s > 0.06 mg/m3";
    else if (wish->unit && *wish->unit && expression->type.is_truth)
        wrong = "it is true or false, which has no unit";
    if (wrong)
        complain(in, wish, 1, wrong);
    return !wrong;
}

struct point *
expressions_add(struct load_asset *in, const struct expression_wish *wish)
{
    struct load *load = in->load;
    const struct device *lead;
    const struct expression *expression = compile(in, wish, &lead);
    if (!expression || !check(in, wish, expression))
        return NULL;
    struct derivation how = {.op = DERIVE_EXPRESSION,
                             .expression = expression,
                             .text = wish->text,
                             .input_count = expression->input_count};
    for (unsigned i = 0; i < how.input_count; i++)
        how.inputs[i] = &load->site->points[expression->inputs[i]];
    const char *unit = expression->type.unit ? expression->type.unit->key : "";
    struct point *point = derivations_add(load, wish->node, in->asset, wish->name, unit, &how);
    if (!point)
        return NULL;
    if (expression->type.is_truth)
        point->type = TYPE_BOOL;
    if (lead && !in->asset->derived->lead)
        in->asset->derived->lead = lead;
    if (lead && lead->point_count)
        derivations_use(load, in->asset, lead->points);
    return point;
}

/* The asset's device stands behind the real ones in site->devices, its points behind all others in
 * site->points: load_devices kept the room, and assets are read one after the other, so that the
 * points of each are consecutive. Order is that of making: a derivation sees only what was made
 * before it. */
#include "config/derivations.h"

#include "config/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FORMULA       400  /* bytes, as it is kept */
#define FORMULA_WHOLE 3000 /* twelve inputs, four numbers, an expression */

bool
derivations_take(struct load *load, const struct yaml_node *node, struct derivation *how,
                 const struct point *point, const char *unit)
{
    unsigned at = how->input_count++;
    how->inputs[at] = point;
    const struct unit *wanted = *unit ? units_find(unit) : NULL;
    const struct unit *own = point && *point->unit ? units_find(point->unit) : NULL;
    double zero, one;
    if (!wanted || !own || wanted == own)
        return true;
    if (!units_convert(0, own, wanted, &zero) || !units_convert(1, own, wanted, &one)) {
        load_mistake_at_key(load, node, "point '%s.%s' is in %s (%s); here it must be in %s (%s)",
                            point->device->name, point->name, own->key, own->kind, wanted->key,
                            wanted->kind);
        return false;
    }
    how->scales[at] = (struct derivation_scale){one - zero, zero};
    return true;
}

struct point *
derivations_find(const struct asset *asset, const char *name)
{
    for (uint16_t i = 0; asset->derived && i < asset->derived->point_count; i++)
        if (!strcmp(asset->derived->points[i].name, name))
            return &asset->derived->points[i];
    return NULL;
}

static bool
begin(struct load *load, const struct yaml_node *node, struct asset *asset)
{
    struct site *site = load->site;
    for (uint16_t i = 0; i < load->device_count; i++)
        if (!strcmp(site->devices[i].name, asset->name)) {
            load_mistake_at_key(load, node,
                                "asset '%s' has the name of a device; its own points (like "
                                "%s.so2-corrected) need a name of their own: rename one of them",
                                asset->name, asset->name);
            return false;
        }
    struct device *device = &site->devices[site->device_count];
    *device = (struct device){
        .name = asset->name,
        .index = site->device_count++,
        .points = site->points + site->point_count,
        .asset = asset,
        .every_ms = 1000,
    };
    asset->derived = device;
    asset->derivations = arena_take(load->arena, DERIVATIONS_MAX * sizeof *asset->derivations);
    return true;
}

static uint64_t
hash_of(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325ULL;
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 0x100000001b3ULL;
    return hash;
}

/* What makes it another point when it changes: how it is made, of which points. */
static const char *
formula_of(struct load *load, const struct derivation *how)
{
    char text[FORMULA_WHOLE];
    size_t used = (size_t)snprintf(text, sizeof text, "%d", (int)how->op);
    for (unsigned i = 0; i < how->input_count && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, " %s.%s",
                                 how->inputs[i] ? how->inputs[i]->device->name : "",
                                 how->inputs[i] ? how->inputs[i]->name : "");
    for (unsigned i = 0; i < DERIVATION_NUMBERS && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, " %.15g", how->numbers[i]);
    if (how->text && used < sizeof text)
        used += (size_t)snprintf(text + used, sizeof text - used, " %s", how->text);
    if (used >= FORMULA) /* a long one keeps its beginning and a number of all of it: FNV-1a */
        snprintf(text + FORMULA - 20, 20, " %016" PRIx64, hash_of(text));
    return arena_text(load->arena, text);
}

struct point *
derivations_add(struct load *load, const struct yaml_node *node, struct asset *asset,
                const char *name, const char *unit, const struct derivation *how)
{
    const char *formula = formula_of(load, how);
    struct point *point = derivations_find(asset, name);
    if (point && !strcmp(point->formula, formula))
        return point;
    if (point) {
        load_mistake_at_key(load, node, "asset '%s' makes the point '%s' in two ways", asset->name,
                            name);
        return NULL;
    }
    if (!asset->derived && !begin(load, node, asset))
        return NULL;
    struct device *device = asset->derived;
    if (device->point_count == DERIVATIONS_MAX) {
        load_mistake_at_key(load, node, "asset '%s' has more than %d points of its own",
                            asset->name, DERIVATIONS_MAX);
        return NULL;
    }
    for (unsigned i = 0; i < how->input_count; i++)
        if (how->inputs[i])
            derivations_use(load, asset, how->inputs[i]);
    ((struct derivation *)asset->derivations)[device->point_count] = *how;
    point = &device->points[device->point_count++];
    *point = (struct point){
        .name = arena_text(load->arena, name),
        .device = device,
        .index = load->site->point_count++,
        .type = TYPE_FLOAT64,
        .scale = 1,
        .unit = unit,
        .formula = formula,
        .weighted = how->weight != NULL,
        .every_ms = how->op == DERIVE_RESULT ? (uint32_t)how->numbers[0] : 0,
    };
    return point;
}

struct point *
derivations_input(struct load *load, const struct yaml_node *inputs, const struct names_from *from,
                  const char *role)
{
    const struct yaml_node *named = inputs ? yaml_find(inputs, role) : NULL;
    if (named && named->shape == YAML_TEXT)
        return names_find_point(load, named, load_printf(load, "input '%.40s'", role), named->text,
                                from);
    return named ? NULL : names_peek_point(load, role, from);
}

void
derivations_use(struct load *load, struct asset *asset, const struct point *point)
{
    const struct device **devices = (const struct device **)asset->devices;
    if (!point)
        return;
    for (uint16_t i = 0; i < asset->device_count; i++)
        if (devices[i] == point->device)
            return;
    if (!devices)
        devices = arena_take(load->arena,
                             ((size_t)load->device_count + load->asset_room) * sizeof *devices);
    devices[asset->device_count++] = point->device;
    asset->devices = devices;
}

/* The device that is read first in the list of `from`, else the one of the first input. */
static const struct device *
choose_lead(const struct asset *asset, const struct names_from *from)
{
    if (from->count)
        return from->devices[0];
    for (uint16_t i = 0; i < asset->device_count; i++)
        if (!asset->devices[i]->asset)
            return asset->devices[i];
    return NULL;
}

void
derivations_finish(struct load *load, struct asset *asset, const struct names_from *from)
{
    for (uint16_t i = 0; i < from->count; i++)
        if (from->devices[i]->point_count)
            derivations_use(load, asset, from->devices[i]->points);
    struct device *device = asset->derived;
    if (!device)
        return;
    if (!device->lead)
        device->lead = choose_lead(asset, from);
    if (device->lead)
        device->every_ms = device->lead->every_ms;
    for (uint16_t i = 0; i < device->point_count; i++)
        if (!device->points[i].every_ms)
            device->points[i].every_ms = device->every_ms;
    derivations_use(load, asset, device->points);
}

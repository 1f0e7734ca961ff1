/* assets: of a site file, and what follows from them: which points are inputs of a regulated outlet
 * and therefore kept as long as the law keeps them. */
#include "config/conditions.h"
#include "config/limits.h"
#include "config/load.h"
#include "config/section.h"

#include <string.h>

#define ASSETS_MAX 256

static void
read_running(struct load *load, const struct yaml_node *node, const char *what,
             const struct names_from *from, struct condition *condition)
{
    if (!node)
        return;
    what = load_printf(load, "'%s' of %s", node->key, what);
    section_default(&SCHEMA_RUNNING, condition);
    section_read(load, &SCHEMA_RUNNING, node, what, condition);
    const struct yaml_node *when = section_form(&SCHEMA_RUNNING, node, "running-when");
    if (when)
        conditions_read(load, when, load_printf(load, "'running-when' of %s", what), from,
                        condition);
    conditions_read_hysteresis(load, node, what, &condition, 1);
}

static void
read_bypass(struct load *load, const struct yaml_node *node, const char *what,
            const struct names_from *from, struct asset *asset)
{
    static const char *const KEYS[] = {"open-when", "flow-when"};
    struct condition *conditions[] = {&asset->bypass_open, &asset->bypass_flow};
    struct condition *given[2];
    size_t count = 0;
    if (!node)
        return;
    what = load_printf(load, "'bypass' of %s", what);
    struct condition common = {.delay_ms = 0};
    section_default(&SCHEMA_BYPASS, &common);
    section_read(load, &SCHEMA_BYPASS, node, what, &common);
    for (size_t i = 0; i < 2; i++) {
        const struct yaml_node *when = section_form(&SCHEMA_BYPASS, node, KEYS[i]);
        if (!when)
            continue;
        given[count++] = conditions[i];
        conditions[i]->delay_ms = common.delay_ms;
        conditions_read(load, when, load_printf(load, "'%s' of %s", KEYS[i], what), from,
                        conditions[i]);
    }
    if (!yaml_find(node, KEYS[0]) && !yaml_find(node, KEYS[1]))
        load_mistake(load, node, "%s must have open-when, flow-when, or both", what);
    conditions_read_hysteresis(load, node, what, given, count);
}

static void
mark_point(const struct point *point, const struct load *load)
{
    if (point) {
        load->site->points[point->index].sample = true;
        load->site->devices[point->device->index].sample = true;
    }
}

static bool
is_regulated(const struct asset *asset, const struct load_limits *limits, uint32_t first)
{
    if (*asset->permit || *asset->outlet)
        return true;
    for (uint32_t i = first; i < limits->count; i++)
        if (limits->list[i].kind != LIMIT_WARNING)
            return true;
    return false;
}

/* Everything a regulated asset is judged by goes to the stream that is kept by law. */
static void
mark_samples(struct load *load, const struct asset *asset, const struct names_from *from,
             const struct load_limits *limits, uint32_t first)
{
    if (!is_regulated(asset, limits, first))
        return;
    for (uint16_t d = 0; d < from->count; d++)
        for (uint16_t i = 0; i < from->devices[d]->point_count; i++)
            mark_point(&from->devices[d]->points[i], load);
    for (uint32_t i = first; i < limits->count; i++)
        mark_point(limits->list[i].point, load);
    mark_point(asset->production.point, load);
    mark_point(asset->treatment.point, load);
    mark_point(asset->bypass_open.point, load);
    mark_point(asset->bypass_flow.point, load);
}

static void
read_asset(struct load *load, const struct yaml_node *node, struct asset *asset,
           struct load_limits *limits)
{
    const char *what = load_printf(load, "asset '%.60s'", node->key);
    struct names_from from;
    uint32_t first = limits->count;
    section_default(&SCHEMA_ASSET, asset);
    section_read(load, &SCHEMA_ASSET, node, what, asset);
    names_read_from(load, section_form(&SCHEMA_ASSET, node, "from"),
                    load_printf(load, "'from' of %s", what), &from);
    read_running(load, section_form(&SCHEMA_ASSET, node, "production"), what, &from,
                 &asset->production);
    read_running(load, section_form(&SCHEMA_ASSET, node, "treatment"), what, &from,
                 &asset->treatment);
    read_bypass(load, section_form(&SCHEMA_ASSET, node, "bypass"), what, &from, asset);
    const struct yaml_node *own = section_form(&SCHEMA_ASSET, node, "limits");
    if (own)
        limits_read(load, own, asset, &from, limits);
    mark_samples(load, asset, &from, limits, first);
}

void
load_assets(struct load *load, const struct yaml_node *node)
{
    struct site *site = load->site;
    struct load_limits limits = {.list = NULL};
    uint32_t count = section_count_names(load, node, "asset");
    if (count > ASSETS_MAX) {
        load_mistake(load, node, "there are %u assets; at most %d", count, ASSETS_MAX);
        count = ASSETS_MAX;
    }
    site->assets = arena_take(load->arena, (count ? count : 1) * sizeof *site->assets);
    const struct yaml_node *child = count ? node->first : NULL;
    for (; child && site->asset_count < count; child = child->next) {
        struct asset *asset = &site->assets[site->asset_count];
        asset->name = arena_text(load->arena, child->key);
        asset->index = site->asset_count++;
        read_asset(load, child, asset, &limits);
    }
    site->limits = arena_take(load->arena, (limits.count + 1) * sizeof *site->limits);
    site->limit_count = (uint16_t)limits.count;
    for (uint16_t i = 0; i < site->limit_count; i++) {
        site->limits[i] = limits.list[i];
        site->limits[i].index = i;
    }
}

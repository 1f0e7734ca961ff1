/* assets: of a site file, and what follows from them: which points are inputs of a regulated outlet
 * and therefore kept as long as the law keeps them. */
#include "config/load_asset.h"
#include "config/conditions.h"
#include "config/limits.h"
#include "config/load_marks.h"
#include "config/section.h"

#include <string.h>

#define ASSETS_MAX 256

static void
mark_point(const struct point *point, const struct load *load)
{
    if (point && !point->device->asset) { /* derived ones can be made again */
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
    for (uint32_t i = first; i < limits->count; i++) {
        mark_point(limits->list[i].point, load);
        for (uint8_t w = 0; w < limits->list[i].when_count; w++)
            mark_point(limits->list[i].whens[w].point, load);
    }
    for (uint16_t i = 0; asset->derived && i < asset->derived->point_count; i++)
        for (uint8_t n = 0; n < asset->derivations[i].input_count; n++)
            mark_point(asset->derivations[i].inputs[n], load);
    mark_point(asset->production.point, load);
    mark_point(asset->treatment.point, load);
    load_bypass_points(asset, mark_point, load);
    load_power_points(asset, mark_point, load);
}

/* Of all the file says about it: FNV-1a over keys and texts. */
static uint64_t
print_of(const struct yaml_node *node, uint64_t print)
{
    const char *texts[] = {node->key, node->text};
    for (size_t i = 0; i < 2; i++)
        for (const char *at = texts[i]; at && *at; at++)
            print = (print ^ (uint8_t)*at) * 0x100000001b3ULL;
    print = (print ^ 0xffU) * 0x100000001b3ULL;
    for (const struct yaml_node *child = node->first; child; child = child->next)
        print = print_of(child, print);
    return print;
}

/* Points of kinds first, then what the site makes of them, then what is judged. */
static void
read_parts(struct load_asset *in, struct load_limits *limits)
{
    struct load *load = in->load;
    struct asset *asset = in->asset;
    const struct yaml_node *node = in->node;
    load_plant(in);
    load_power(in);
    load_flue(in);
    load_voc(in);
    load_water(in);
    load_orders(in);
    load_asset_points(in);
    load_bypass(in);
    const struct yaml_node *own = section_form(&SCHEMA_ASSET, node, "limits");
    if (own)
        limits_read(load, own, asset, &in->from, limits);
    load_flue_rules(in);
    load_voc_rules(in);
    load_work(in);
    load_marks(in, limits);
    load_rules(in);
    derivations_use(load, asset, asset->production.point);
    derivations_use(load, asset, asset->treatment.point);
    derivations_finish(load, asset, &in->from);
    load_faster(in);
}

static void
read_asset(struct load *load, const struct yaml_node *node, struct asset *asset,
           struct load_limits *limits)
{
    struct load_asset in = {.load = load, .node = node, .asset = asset};
    uint32_t first = limits->count;
    in.what = load_printf(load, "asset '%.60s'", node->key);
    asset->print = print_of(node, 0xcbf29ce484222325ULL);
    section_default(&SCHEMA_ASSET, asset);
    section_read(load, &SCHEMA_ASSET, node, in.what, asset);
    if (!yaml_find(node, "kind")) /* is a mistake already: no word on what its kind needs */
        asset->kind = ASSET_GENERIC;
    names_read_from(load, section_form(&SCHEMA_ASSET, node, "from"),
                    load_printf(load, "'from' of %s", in.what), &in.from);
    in.from.own = asset;
    in.inputs = section_form(&SCHEMA_ASSET, node, "inputs");
    read_parts(&in, limits);
    mark_samples(load, asset, &in.from, limits, first);
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

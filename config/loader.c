/* Loads a site in the order in which things refer to each other: gateway, buses, devices, assets,
 * destinations, store. Nothing stops at a mistake; the site is only handed out when there was none.
 * Two arenas: one becomes the site's, the other (trees, texts of files, mistakes) goes at the end.
 */
#include "config/loader.h"

#include "config/load.h"
#include "config/load_quality.h"
#include "config/section.h"

#include <errno.h>
#include <string.h>

static void
begin(struct load *load, const char *file, const struct loader_options *options)
{
    *load = (struct load){.arena = arena_new(), .scratch = arena_new()};
    load->mistakes = arena_take(load->scratch, sizeof *load->mistakes);
    load->mistakes->arena = load->scratch;
    load->site = arena_take(load->arena, sizeof *load->site);
    load->site->arena = load->arena;
    load_set_shares(load, file, options ? options->share : NULL);
}

/* Reports, frees what was only needed for loading; the site too unless it is wanted and good. */
static int
end(struct load *load, const struct loader_options *options, struct site **ret_site)
{
    int result = load->mistakes->errors ? -EINVAL : 0;
    mistakes_report(load->mistakes, options);
    if (result == 0 && ret_site)
        *ret_site = load->site;
    else
        site_free(load->site);
    arena_free(load->scratch);
    return result;
}

static void
read_gateway(struct load *load, const struct yaml_node *root)
{
    const struct yaml_node *node = section_form(&SCHEMA_SITE, root, "gateway");
    section_default(&SCHEMA_GATEWAY, load->site);
    if (node)
        section_read(load, &SCHEMA_GATEWAY, node, "'gateway'", load->site);
}

static uint16_t
asset_room(const struct yaml_node *root)
{
    const struct yaml_node *assets = yaml_find(root, "assets");
    uint16_t count = 0;
    if (assets && assets->shape == YAML_MAP)
        for (const struct yaml_node *child = assets->first; child && count < 256;
             child = child->next)
            count++;
    return count;
}

int
loader_load(const char *file, const struct loader_options *options, struct site **ret_site)
{
    struct load load;
    begin(&load, file, options);
    struct load_file *opened = options && options->text
                                   ? load_open_text(&load, options->shown_name, options->text,
                                                    options->length)
                                   : load_open(&load, file, NULL);
    const struct yaml_node *root = opened->root;
    if (root) {
        load.site->file = opened->path;
        section_read(&load, &SCHEMA_SITE, root, "the site", load.site);
        read_gateway(&load, root);
        load_buses(&load, section_form(&SCHEMA_SITE, root, "buses"));
        load.asset_room = asset_room(root);
        load_devices(&load, section_form(&SCHEMA_SITE, root, "devices"));
        load_assets(&load, section_form(&SCHEMA_SITE, root, "assets"));
        load_modes(&load, section_form(&SCHEMA_SITE, root, "modes"));
        load_quality_samples(&load);
        load_destinations(&load, section_form(&SCHEMA_SITE, root, "destinations"));
        load_people(&load, section_form(&SCHEMA_SITE, root, "people"));
        load_store(&load, section_form(&SCHEMA_SITE, root, "store"));
        load_periods(&load, section_form(&SCHEMA_SITE, root, "periods"));
        load_events(&load, root);
    }
    if (load.mistakes->errors == 0)
        load_digest(&load, load.site->digest);
    return end(&load, options, ret_site);
}

int
loader_check_map(const char *file, const struct loader_options *options)
{
    struct load load;
    begin(&load, file, options);
    load_map_from(&load, load_open(&load, file, NULL));
    return end(&load, options, NULL);
}

int
loader_check_limits(const char *file, const struct loader_options *options)
{
    struct load load;
    begin(&load, file, options);
    load_set_from(&load, load_open(&load, file, NULL));
    return end(&load, options, NULL);
}

enum loader_kind
loader_kind(const char *file)
{
    struct load load;
    begin(&load, file, NULL);
    const struct yaml_node *root = load_open(&load, file, NULL)->root;
    enum loader_kind kind = LOADER_SITE;
    if (yaml_find(root, "map"))
        kind = LOADER_MAP;
    else if (yaml_find(root, "limits-set"))
        kind = LOADER_LIMITS;
    end(&load, NULL, NULL);
    return kind;
}

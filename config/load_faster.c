/* during-events: of an asset: which devices are read faster while one of its events is open. The
 * slots of a device's own interval must be among the faster ones, so that nothing is read at
 * another time than without an event. */
#include "config/faster.h"
#include "config/load_asset.h"
#include "config/load_events.h"
#include "config/section.h"

static void
take_device(struct load_asset *in, const struct yaml_node *node, const char *what,
            struct faster *faster, struct device *device)
{
    struct load *load = in->load;
    const struct device **devices = (const struct device **)faster->devices;
    if (device->asset)
        load_mistake(load, node,
                     "%s names '%s', whose points are made of others: name the devices they are "
                     "made of",
                     what, device->name);
    else if (faster->every_ms >= device->every_ms)
        load_mistake(load, node, "%s: '%s' is read every %u ms as it is, which is no slower", what,
                     device->name, device->every_ms);
    else if (device->every_ms % faster->every_ms)
        load_mistake(load, node,
                     "'every' of %s is %u ms; the %u ms of device '%s' must be a multiple of it",
                     what, faster->every_ms, device->every_ms, device->name);
    else
        devices[faster->device_count++] = device;
    if (!device->faster_ms || faster->every_ms < device->faster_ms)
        device->faster_ms = faster->every_ms;
}

void
load_faster(struct load_asset *in)
{
    struct load *load = in->load;
    const struct yaml_node *node = section_form(&SCHEMA_ASSET, in->node, "during-events");
    if (!node)
        return;
    struct faster *faster = arena_take(load->arena, sizeof *faster);
    const char *what = load_printf(load, "'during-events' of %s", in->what);
    struct names_from from;
    section_default(&SCHEMA_DURING, faster);
    section_read(load, &SCHEMA_DURING, node, what, faster);
    const struct yaml_node *devices = section_form(&SCHEMA_DURING, node, "devices");
    const struct yaml_node *kinds = section_form(&SCHEMA_DURING, node, "kinds");
    if (kinds)
        faster->kinds = load_event_kinds(load, kinds, what, &faster->kind_count);
    names_read_from(load, devices, load_printf(load, "'devices' of %s", what), &from);
    faster->devices = arena_take(load->arena, (from.count + 1U) * sizeof *faster->devices);
    for (uint16_t i = 0; i < from.count && faster->every_ms; i++)
        take_device(in, devices, what, faster, from.devices[i]);
    in->asset->faster = faster;
}

/* What is made of a device's readings comes as often as they do. */
void
load_faster_derived(const struct load *load)
{
    for (uint16_t i = 0; i < load->site->device_count; i++) {
        struct device *device = &load->site->devices[i];
        if (device->asset && device->lead)
            device->faster_ms = device->lead->faster_ms;
    }
}

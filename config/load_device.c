/* devices: of a site file, and the register maps they name. A map's points are read and checked
 * once and copied to each device; the device's own come behind them. The arrays every other thread
 * will see are laid out at the end, when their sizes are known: all points of a site in one, a
 * device's consecutive. */
#include "config/derivations.h"
#include "config/load.h"
#include "config/load_parts.h"
#include "config/load_quality.h"
#include "config/points.h"
#include "config/section.h"

#include <stdio.h>
#include <string.h>

#define DEVICES_MAX 1024
#define POINTS_MAX  65536

static void
check_file_name(struct load *load, const struct load_file *file, const struct yaml_node *name)
{
    const char *slash = strrchr(file->path, '/');
    const char *base = slash ? slash + 1 : file->path;
    size_t length = strlen(name->text);
    if (strncmp(base, name->text, length) != 0 || strcmp(base + length, ".yaml") != 0)
        load_mistake(load, name, "'%s' is called '%.60s' here, but the file is %s", name->key,
                     name->text, base);
}

struct load_map *
load_map_from(struct load *load, struct load_file *file)
{
    if (file->parsed || !file->root)
        return file->parsed;
    struct load_map *map = arena_take(load->scratch, sizeof *map);
    file->parsed = map;
    section_default(&SCHEMA_POLLING, &map->polling);
    section_read(load, &SCHEMA_MAP, file->root, "this register map", &map->polling);
    const struct yaml_node *name = section_form(&SCHEMA_MAP, file->root, "map");
    if (name)
        check_file_name(load, file, name);
    const struct yaml_node *points = section_form(&SCHEMA_MAP, file->root, "points");
    map->points.unsure = !points;
    points_read(load, points, "this map", &map->points);
    points_check_overlaps(load, &map->points, 0);
    load_manners(load, &SCHEMA_MAP, file->root, "this map", &map->points, &map->polling);
    const struct yaml_node *status = section_form(&SCHEMA_MAP, file->root, "status");
    if (status)
        load_map_status(load, status, name ? name->text : "", map);
    return map;
}

static void
take_map(struct load *load, const struct yaml_node *node, struct load_device *entry)
{
    struct load_file *file = load_open_shared(load, "devices", node);
    struct load_map *map = file ? load_map_from(load, file) : NULL;
    entry->points.unsure = !map || map->points.unsure;
    entry->from = map;
    if (!map)
        return;
    struct device kept = entry->device;
    entry->device = map->polling;
    entry->device.name = kept.name;
    entry->device.index = kept.index;
    entry->device.map = arena_text(load->arena, node->text);
    entry->points.count = entry->points.capacity = map->points.count;
    size_t size = map->points.count * sizeof *map->points.list;
    entry->points.list = arena_take(load->scratch, size);
    if (size)
        memcpy(entry->points.list, map->points.list, size);
}

static struct bus *
find_bus(struct load *load, const struct yaml_node *node, const char *what)
{
    struct site *site = load->site;
    char known[300] = "";
    size_t used = 0;
    for (uint16_t i = 0; i < site->bus_count; i++) {
        if (!strcmp(site->buses[i].name, node->text))
            return &site->buses[i];
        if (used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                     site->buses[i].name);
    }
    load_mistake(load, node, "%s is on bus '%.60s', which does not exist; there %s %s", what,
                 node->text, site->bus_count == 1 ? "is" : "are",
                 site->bus_count ? known : "no buses");
    return NULL;
}

static void
check_unit(struct load *load, const struct load_device *entry, const char *what)
{
    const struct device *device = &entry->device;
    const struct yaml_node *unit = yaml_find(entry->node, "unit");
    if (!device->bus || !unit)
        return;
    if (device->bus->kind != BUS_TCP && (device->unit < 1 || device->unit > 247))
        load_mistake(load, unit, "'unit' of %s is %u; on a serial line it must be from 1 to 247",
                     what, device->unit);
    for (const struct load_device *other = load->devices; other < entry; other++)
        if (other->device.bus == device->bus && other->device.unit == device->unit &&
            yaml_find(other->node, "unit"))
            load_mistake(load, unit, "%s is unit %u of bus '%s', and so is device '%s'", what,
                         device->unit, device->bus->name, other->device.name);
}

/* What depends on the device and its points at once. */
static void
check_points(struct load *load, struct load_device *entry, const char *what)
{
    struct device *device = &entry->device;
    for (uint32_t i = 0; i < entry->points.count; i++) {
        struct load_point *item = &entry->points.list[i];
        struct point *point = &item->point;
        if (point->every_ms == 0)
            point->every_ms = device->every_ms;
        if (point->every_ms % device->every_ms)
            load_mistake(load, yaml_find(item->node, "every"),
                         "'every' of point '%s' is %u ms; it must be a multiple of the %u ms of %s",
                         point->name, point->every_ms, device->every_ms, what);
        if (point->registers > device->max_registers)
            load_mistake(load, item->node,
                         "point '%s' has %u registers; one request to %s reads at most %u",
                         point->name, point->registers, what, device->max_registers);
    }
}

static void
read_device(struct load *load, const struct yaml_node *node, struct load_device *entry)
{
    const char *what = load_printf(load, "device '%.60s'", node->key);
    section_default(&SCHEMA_DEVICE, &entry->device);
    const struct yaml_node *map = section_form(&SCHEMA_DEVICE, node, "map");
    if (map)
        take_map(load, map, entry);
    section_read(load, &SCHEMA_DEVICE, node, what, &entry->device);
    const struct yaml_node *bus = section_form(&SCHEMA_DEVICE, node, "bus");
    if (bus)
        entry->device.bus = find_bus(load, bus, what);
    check_unit(load, entry, what);
    uint32_t first = entry->points.count;
    const struct yaml_node *points = section_form(&SCHEMA_DEVICE, node, "points");
    if (points)
        points_read(load, points, what, &entry->points);
    else if (node->shape != YAML_MAP || yaml_find(node, "points"))
        entry->points.unsure = true;
    points_check_overlaps(load, &entry->points, first);
    load_manners(load, &SCHEMA_DEVICE, node, what, &entry->points, &entry->device);
    const struct yaml_node *writable = section_form(&SCHEMA_DEVICE, node, "writable");
    if (writable)
        load_writable(load, writable, what, &entry->points);
    check_points(load, entry, what);
    load_check_manners(load, entry, what);
    if (entry->points.count == 0 && !entry->points.unsure)
        load_mistake(load, node, "%s has no points: give it a map or points", what);
}

static void
lay_out_points(struct load *load, uint32_t total)
{
    struct site *site = load->site;
    size_t room = (size_t)load->asset_room * DERIVATIONS_MAX;
    site->points = arena_take(load->arena, (total + room + 1) * sizeof *site->points);
    for (uint16_t d = 0; d < site->device_count; d++) {
        const struct load_points *from = &load->devices[d].points;
        struct device *device = &site->devices[d];
        *device = load->devices[d].device;
        device->points = site->points + site->point_count;
        device->point_count = (uint16_t)from->count;
        for (uint32_t i = 0; i < from->count; i++) {
            struct point *point = &site->points[site->point_count];
            *point = from->list[i].point;
            point->device = device;
            point->index = site->point_count++;
        }
    }
}

static void
lay_out_buses(struct load *load)
{
    struct site *site = load->site;
    for (uint16_t b = 0; b < site->bus_count; b++) {
        struct bus *bus = &site->buses[b];
        size_t count = 0;
        for (uint16_t d = 0; d < site->device_count; d++)
            count += site->devices[d].bus == bus;
        bus->devices = arena_take(load->arena, (count + 1) * sizeof *bus->devices);
        for (uint16_t d = 0; d < site->device_count; d++)
            if (site->devices[d].bus == bus)
                bus->devices[bus->device_count++] = &site->devices[d];
    }
}

void
load_devices(struct load *load, const struct yaml_node *node)
{
    struct site *site = load->site;
    uint32_t count = section_count_names(load, node, "device"), total = 0;
    if (count > DEVICES_MAX) {
        load_mistake(load, node, "there are %u devices; at most %d", count, DEVICES_MAX);
        count = DEVICES_MAX;
    }
    size_t places = count + load->asset_room + 1U;
    load->devices = arena_take(load->scratch, places * sizeof *load->devices);
    site->devices = arena_take(load->arena, places * sizeof *site->devices);
    const struct yaml_node *child = count ? node->first : NULL;
    for (; child && site->device_count < count; child = child->next) {
        struct load_device *entry = &load->devices[site->device_count];
        entry->node = child;
        entry->device.name = arena_text(load->arena, child->key);
        entry->device.index = site->device_count++;
        read_device(load, child, entry);
        total += entry->points.count;
        if (total > POINTS_MAX) {
            load_mistake(load, child, "more than %d points up to here: divide the site",
                         POINTS_MAX);
            break;
        }
    }
    load->device_count = site->device_count;
    lay_out_points(load, total);
    lay_out_buses(load);
    load_quality(load);
}

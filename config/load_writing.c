/* What a device must not be asked, and what may be written to it: forbidden, set-up, writable of a
 * device or a register map. Nothing is written that the site file itself does not list. */
#include "config/load_parts.h"
#include "config/points.h"
#include "config/section.h"
#include "config/text.h"

#include <string.h>

static const struct {
    const char *key;
    enum table table;
} TABLES[] = {{"holding", TABLE_HOLDING},
              {"input", TABLE_INPUT},
              {"coil", TABLE_COIL},
              {"discrete", TABLE_DISCRETE}};

static bool
read_range(const struct yaml_node *node, struct forbidden *range)
{
    uint64_t first, last;
    const struct yaml_node *low = node->first;
    if (node->shape != YAML_LIST || node->count != 2 || low->shape != YAML_TEXT ||
        low->next->shape != YAML_TEXT || !text_read_natural(low->text, &first) ||
        !text_read_natural(low->next->text, &last) || first > last || last > UINT16_MAX)
        return false;
    range->first = (uint16_t)first;
    range->last = (uint16_t)last;
    return true;
}

static void
read_ranges(struct load *load, const struct yaml_node *list, const char *what, enum table table,
            struct device *device, struct forbidden *ranges)
{
    const struct yaml_node *child = list->shape == YAML_LIST ? list->first : NULL;
    if (list->shape != YAML_LIST)
        load_mistake(load, list, "'forbidden' of %s: '%s' must be a list of [FIRST, LAST]", what,
                     list->key);
    for (; child; child = child->next) {
        struct forbidden range = {.table = table};
        if (!read_range(child, &range))
            load_mistake(load, child,
                         "'forbidden' of %s: a range is [FIRST, LAST], two addresses from 0 to "
                         "65535, the smaller one first",
                         what);
        else if (device->forbidden_count < DEVICE_FORBIDDEN)
            ranges[device->forbidden_count++] = range;
        else
            load_mistake(load, child, "'forbidden' of %s has more than %d ranges", what,
                         DEVICE_FORBIDDEN);
    }
}

static void
read_forbidden(struct load *load, const struct yaml_node *node, const char *what,
               struct device *device)
{
    struct forbidden *ranges = arena_take(load->arena, DEVICE_FORBIDDEN * sizeof *ranges);
    device->forbidden = ranges;
    device->forbidden_count = 0;
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        size_t i = 0;
        while (i < sizeof TABLES / sizeof *TABLES && strcmp(TABLES[i].key, child->key) != 0)
            i++;
        if (i < sizeof TABLES / sizeof *TABLES)
            read_ranges(load, child, what, TABLES[i].table, device, ranges);
        else
            load_mistake_at_key(load, child,
                                "'forbidden' of %s: '%.60s' is no table; there are holding, input, "
                                "coil and discrete",
                                what, child->key);
    }
}

static void
read_set_up(struct load *load, const struct yaml_node *node, const char *what,
            const struct load_points *points, struct device *device)
{
    struct set_up *entries = arena_take(load->arena, DEVICE_SET_UP * sizeof *entries);
    device->set_up = entries;
    device->set_up_count = 0;
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        const struct load_point *found = points_find(points, child->key);
        double value;
        if (!found && !points->unsure)
            load_mistake_at_key(load, child, "'set-up' of %s: there is no point '%.60s'", what,
                                child->key);
        else if (child->shape != YAML_TEXT || !text_read_number(child->text, &value))
            load_mistake(load, child, "'set-up' of %s: the value of '%.60s' must be a number", what,
                         child->key);
        else if (device->set_up_count == DEVICE_SET_UP)
            load_mistake(load, child, "'set-up' of %s has more than %d values", what,
                         DEVICE_SET_UP);
        else if (found)
            entries[device->set_up_count++] = (struct set_up){
                .point = (uint16_t)(found - points->list), .value = value};
    }
}

void
load_manners(struct load *load, const struct schema_section *section, const struct yaml_node *node,
             const char *what, const struct load_points *points, struct device *device)
{
    const struct yaml_node *forbidden = section_form(section, node, "forbidden");
    const struct yaml_node *set_up = section_form(section, node, "set-up");
    if (forbidden)
        read_forbidden(load, forbidden, what, device);
    if (set_up)
        read_set_up(load, set_up, what, points, device);
}

void
load_writable(struct load *load, const struct yaml_node *node, const char *what,
              struct load_points *points)
{
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        struct load_point *found = child->shape == YAML_TEXT ? points_find(points, child->text)
                                                             : NULL;
        const struct point *point = found ? &found->point : NULL;
        if (!found) {
            if (!points->unsure)
                load_mistake(load, child, "'writable' of %s: there is no point '%.60s'", what,
                             child->shape == YAML_TEXT ? child->text : "...");
        } else if (point->table != TABLE_HOLDING && point->table != TABLE_COIL) {
            load_mistake(load, child, "'writable' of %s: '%s' is in a table that cannot be written",
                         what, point->name);
        } else if (point->type == TYPE_STRING || point->type == TYPE_BITS ||
                   (point->type == TYPE_BOOL && point->table == TABLE_HOLDING)) {
            load_mistake(load, child,
                         "'writable' of %s: '%s' is a %s in a register; only whole numbers of "
                         "registers and coils can be written",
                         what, point->name, point->type == TYPE_STRING ? "string" : "bit");
        } else {
            found->point.writable = true;
        }
    }
}

static bool
is_forbidden(const struct device *device, const struct point *point)
{
    uint32_t last = point->address + (point->registers ? point->registers - 1U : 0);
    for (uint16_t i = 0; i < device->forbidden_count; i++)
        if (device->forbidden[i].table == point->table &&
            point->address <= device->forbidden[i].last && last >= device->forbidden[i].first)
            return true;
    return false;
}

void
load_check_manners(struct load *load, const struct load_device *entry, const char *what)
{
    const struct device *device = &entry->device;
    for (uint32_t i = 0; i < entry->points.count; i++)
        if (is_forbidden(device, &entry->points.list[i].point))
            load_mistake(load, entry->points.list[i].node,
                         "point '%s' of %s lies in a forbidden range",
                         entry->points.list[i].point.name, what);
    for (uint16_t i = 0; i < device->set_up_count; i++) {
        const struct point *point = &entry->points.list[device->set_up[i].point].point;
        if (!point->writable)
            load_warning(load, entry->node,
                         "%s: its set-up of '%s' is not written, because 'writable' of the device "
                         "does not list it",
                         what, point->name);
    }
}

/* A name that is not found is answered with what there is: the nearest name, or the devices that
 * were searched. */
#include "config/names.h"

#include "config/text.h"

#include <stdio.h>
#include <string.h>

static struct device *
find_device(struct load *load, const char *name, size_t length)
{
    struct site *site = load->site;
    for (uint16_t i = 0; i < site->device_count; i++)
        if (!strncmp(site->devices[i].name, name, length) && !site->devices[i].name[length])
            return &site->devices[i];
    return NULL;
}

static struct point *
find_in(const struct device *device, const char *name)
{
    for (uint16_t i = 0; i < device->point_count; i++)
        if (!strcmp(device->points[i].name, name))
            return &device->points[i];
    return NULL;
}

static void
complain_of_device(struct load *load, const struct yaml_node *node, const char *what,
                   const char *name)
{
    const char *nearest = NULL;
    unsigned best = 4;
    for (uint16_t i = 0; i < load->site->device_count; i++)
        if (text_is_nearer(name, load->site->devices[i].name, &best))
            nearest = load->site->devices[i].name;
    char known[300] = "";
    size_t used = 0;
    for (uint16_t i = 0; !nearest && i < load->site->device_count && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                 load->site->devices[i].name);
    if (nearest)
        load_mistake(load, node,
                     "%s names device '%.60s', which does not exist; did you mean '%s'?", what,
                     name, nearest);
    else
        load_mistake(load, node, "%s names device '%.60s', which does not exist; devices are %s",
                     what, name, *known ? known : "none");
}

static void
add_from(struct load *load, const struct yaml_node *node, const char *what, struct names_from *from)
{
    struct device *device = node->shape == YAML_TEXT
                                ? find_device(load, node->text, strlen(node->text))
                                : NULL;
    if (!device) {
        from->unsure = true;
        complain_of_device(load, node, what, node->shape == YAML_TEXT ? node->text : "...");
        return;
    }
    if (from->count == NAMES_FROM_MAX) {
        load_mistake(load, node, "%s is from more than %d devices", what, NAMES_FROM_MAX);
        return;
    }
    from->devices[from->count++] = device;
}

void
names_read_from(struct load *load, const struct yaml_node *node, const char *what,
                struct names_from *ret_from)
{
    *ret_from = (struct names_from){.count = 0};
    if (node && node->shape == YAML_TEXT)
        add_from(load, node, what, ret_from);
    if (node && node->shape == YAML_LIST)
        for (const struct yaml_node *child = node->first; child; child = child->next)
            add_from(load, child, what, ret_from);
}

static void
complain_of_point(struct load *load, const struct yaml_node *node, const char *what,
                  const char *name, const struct device *device)
{
    const char *nearest = NULL;
    unsigned best = 4;
    for (uint16_t i = 0; i < device->point_count; i++)
        if (text_is_nearer(name, device->points[i].name, &best))
            nearest = device->points[i].name;
    if (nearest)
        load_mistake(load, node, "%s: device '%s' has no point '%.60s'; did you mean '%s'?", what,
                     device->name, name, nearest);
    else
        load_mistake(load, node, "%s: device '%s' has no point '%.60s'", what, device->name, name);
}

static struct point *
find_full(struct load *load, const struct yaml_node *node, const char *what, const char *name)
{
    const char *dot = strchr(name, '.');
    size_t length = (size_t)(dot - name);
    struct device *device = find_device(load, name, length);
    if (!device) {
        complain_of_device(load, node, what, arena_text_n(load->scratch, name, length));
        return NULL;
    }
    struct point *point = find_in(device, dot + 1);
    if (!point && (device->asset || !load->devices[device->index].points.unsure))
        complain_of_point(load, node, what, dot + 1, device);
    return point;
}

/* The i-th device searched, NULL behind the last. */
static struct device *
searched(struct load *load, const struct names_from *from, uint16_t i)
{
    if (from->count)
        return i < from->count ? from->devices[i] : NULL;
    return i < load->device_count ? &load->site->devices[i] : NULL;
}

static struct point *
find_own(const struct names_from *from, const char *name)
{
    return from->own && from->own->derived ? find_in(from->own->derived, name) : NULL;
}

static struct point *
find_short(struct load *load, const struct yaml_node *node, const char *what, const char *name,
           const struct names_from *from)
{
    struct device *device;
    struct point *found = find_own(from, name);
    bool unsure = from->unsure;
    if (found)
        return found;
    for (uint16_t i = 0; (device = searched(load, from, i)); i++) {
        struct point *point = find_in(device, name);
        unsure = unsure || load->devices[device->index].points.unsure;
        if (point && found) {
            load_mistake(load, node,
                         "%s: '%s' is a point of '%s' and of '%s'; write %s.%s or %s.%s", what,
                         name, found->device->name, device->name, found->device->name, name,
                         device->name, name);
            return NULL;
        }
        found = point ? point : found;
    }
    if (found || unsure)
        return found;
    if (from->count == 1)
        complain_of_point(load, node, what, name, from->devices[0]);
    else
        load_mistake(load, node, "%s: no device %s has a point '%.60s'", what,
                     from->count ? "of 'from'" : "of the site", name);
    return NULL;
}

struct point *
names_find_point(struct load *load, const struct yaml_node *node, const char *what,
                 const char *name, const struct names_from *from)
{
    struct point *point = strchr(name, '.') ? find_full(load, node, what, name)
                                            : find_short(load, node, what, name, from);
    if (point && (point->once || point->on_change))
        load_mistake(load, node,
                     "%s: '%s' is %s; what is judged must be in every scan of its device", what,
                     point->name, point->once ? "read once" : "kept on change only");
    return point;
}

struct point *
names_peek_point(struct load *load, const char *name, const struct names_from *from)
{
    struct point *found = find_own(from, name);
    (void)load;
    for (uint16_t i = 0; !found && i < from->count; i++)
        found = find_in(from->devices[i], name);
    return found;
}

/* What a trial is judged by (daemon/configuration/trial.h), taken from the counters of what runs,
 * and which devices have something new to show. */
#include "daemon/parkgated_parts.h"

#include "base/arena.h"

#include <string.h>

static bool
is_same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && !strcmp(a, b));
}

static bool
is_same_bus(const struct bus *a, const struct bus *b)
{
    return a->kind == b->kind && is_same_text(a->host, b->host) && a->port == b->port &&
           is_same_text(a->path, b->path) && a->baud == b->baud && a->parity == b->parity &&
           a->data_bits == b->data_bits && a->stop_bits == b->stop_bits;
}

static bool
has_same_points(const struct device *a, const struct device *b)
{
    if (a->point_count != b->point_count)
        return false;
    for (uint16_t i = 0; i < a->point_count; i++) {
        const struct point *p = &a->points[i], *q = &b->points[i];
        if (p->table != q->table || p->address != q->address || p->registers != q->registers)
            return false;
    }
    return true;
}

/* Is there something new to be seen of the device on its line? */
static bool
is_fresh(const struct device *device, const struct site *back)
{
    const struct device *old = site_find_device(back, device->name);

    return old == NULL || old->bus == NULL || strcmp(old->bus->name, device->bus->name) != 0 ||
           !is_same_bus(old->bus, device->bus) || old->unit != device->unit ||
           old->timeout_ms != device->timeout_ms || !has_same_points(old, device);
}

static bool
is_good(const struct device_counters *counters)
{
    unsigned state = atomic_load(&counters->state);

    return (state == DEVICE_ONLINE || state == DEVICE_DEGRADED) &&
           atomic_load(&counters->last_good_mono_ms) != 0;
}

struct trial_view
parkgated_take_view(struct arena *arena, const struct running *running, const struct site *back)
{
    const struct site *site = running->site;
    struct trial_device *devices = arena_take(arena, (site->device_count + 1U) * sizeof *devices);
    struct trial_destination *destinations = arena_take(arena, (site->destination_count + 1U) *
                                                                   sizeof *destinations);
    struct trial_view view = {.devices = devices, .destinations = destinations};

    for (uint16_t i = 0; i < site->device_count; i++) {
        const struct device *device = &site->devices[i];
        if (device->bus == NULL)
            continue;
        devices[view.device_count++] = (struct trial_device){
            .name = arena_text(arena, device->name),
            .bus = arena_text(arena, device->bus->name),
            .good = running->devices != NULL && is_good(&running->devices[i]),
            .fresh = back != NULL && is_fresh(device, back)};
    }
    for (uint16_t i = 0; i < site->destination_count; i++)
        destinations[view.destination_count++] = (struct trial_destination){
            .name = arena_text(arena, site->destinations[i].name),
            .up = running->destinations != NULL &&
                  atomic_load(&running->destinations[i].state) == LINK_UP};
    return view;
}

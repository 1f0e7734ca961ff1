#include "daemon/acquire/acquire.h"

#include "base/log.h"
#include "daemon/acquire/bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MOST 10

struct acquire {
    const struct site *site;
    struct acquire_outlet outlet;
    struct bus_reader *readers;
    uint16_t count;
};

static void
warn_of_overload(const struct bus_reader *reader)
{
    double share = 0, faster = 0;

    for (uint16_t i = 0; i < reader->station_count; i++) {
        share += plan_share(&reader->stations[i].plan);
        faster += plan_share_faster(&reader->stations[i].plan);
    }
    if (faster > 1 && share <= 1)
        log_warning("bus %s has no room for what is read faster during events: that takes %.0f %% "
                    "of its time (parkgatectl plan shows how)",
                    reader->bus->name, faster * 100);
    if (share > 1)
        log_warning("bus %s cannot keep its intervals: what is asked of it takes %.0f %% of its "
                    "time (parkgatectl plan shows how)",
                    reader->bus->name, share * 100);
}

int
acquire_start(const struct site *site, const struct acquire_outlet *outlet,
              struct acquire **ret_acquire)
{
    struct acquire *acquire = calloc(1, sizeof *acquire);
    int error = 0;

    if (acquire == NULL)
        return -ENOMEM;
    acquire->site = site;
    acquire->outlet = *outlet;
    acquire->readers = calloc(site->bus_count + 1U, sizeof *acquire->readers);
    if (acquire->readers == NULL)
        error = -ENOMEM;
    for (uint16_t i = 0; i < site->bus_count && error == 0; i++) {
        acquire->count++;
        error = bus_init(&acquire->readers[i], site, &site->buses[i], &acquire->outlet);
    }
    for (uint16_t i = 0; i < acquire->count && error == 0; i++) {
        warn_of_overload(&acquire->readers[i]);
        error = bus_start(&acquire->readers[i]);
    }
    if (error != 0) {
        acquire_stop(acquire);
        acquire_free(acquire);
        return error;
    }
    *ret_acquire = acquire;
    return 0;
}

static struct bus_reader *
find_reader(struct acquire *acquire, const struct order *order)
{
    const char *name = order->bus;

    if (order->kind == ORDER_WRITE || order->kind == ORDER_SCAN) {
        const struct device *device = site_find_device(acquire->site, order->device);
        if (device == NULL || device->bus == NULL)
            return NULL;
        name = device->bus->name;
    }
    for (uint16_t i = 0; i < acquire->count; i++)
        if (strcmp(acquire->readers[i].bus->name, name) == 0)
            return &acquire->readers[i];
    return NULL;
}

/* "; there are a, b": so many as are of use. */
static void
list_name(struct order *order, const char *name, unsigned number, unsigned of)
{
    size_t used = strlen(order->reason);
    const char *before = number > 1 ? "," : of > 1 ? "; there are" : "; there is";

    if (number <= NAMES_MOST)
        snprintf(order->reason + used, sizeof order->reason - used, "%s %s", before, name);
    else if (number == NAMES_MOST + 1)
        snprintf(order->reason + used, sizeof order->reason - used, ", ...");
}

static void
refuse_device(const struct acquire *acquire, struct order *order)
{
    const struct site *site = acquire->site;
    unsigned number = 0, of = 0;

    if (site_find_device(site, order->device) != NULL) {
        snprintf(order->reason, sizeof order->reason,
                 "what '%s' has is computed by the gateway: it stands on no bus", order->device);
        return;
    }
    snprintf(order->reason, sizeof order->reason, "there is no device '%s'", order->device);
    for (uint16_t i = 0; i < site->device_count; i++)
        of += site->devices[i].bus != NULL;
    for (uint16_t i = 0; i < site->device_count; i++)
        if (site->devices[i].bus != NULL)
            list_name(order, site->devices[i].name, ++number, of);
}

static void
refuse(struct acquire *acquire, struct order *order)
{
    if (order->kind == ORDER_WRITE || order->kind == ORDER_SCAN) {
        refuse_device(acquire, order);
    } else {
        snprintf(order->reason, sizeof order->reason, "there is no bus '%s'", order->bus);
        for (uint16_t i = 0; i < acquire->count; i++)
            list_name(order, acquire->readers[i].bus->name, i + 1U, acquire->count);
    }
    order->result = ORDER_REFUSED;
    queue_post(order->done, &order);
}

void
acquire_order(struct acquire *acquire, struct order *order)
{
    struct bus_reader *reader = find_reader(acquire, order);

    if (reader == NULL) {
        refuse(acquire, order);
        return;
    }
    if (!queue_post(reader->orders, &order)) {
        order->result = ORDER_REFUSED;
        snprintf(order->reason, sizeof order->reason, "the bus has too many orders already");
        queue_post(order->done, &order);
    } else if (atomic_load(&reader->closed)) {
        bus_return_orders(reader);
    }
}

void
acquire_stop(struct acquire *acquire)
{
    if (acquire == NULL)
        return;
    for (uint16_t i = 0; i < acquire->count; i++)
        bus_ask_to_stop(&acquire->readers[i]);
    for (uint16_t i = 0; i < acquire->count; i++)
        bus_join(&acquire->readers[i]);
}

void
acquire_free(struct acquire *acquire)
{
    if (acquire == NULL)
        return;
    for (uint16_t i = 0; i < acquire->count; i++)
        bus_done(&acquire->readers[i]);
    free(acquire->readers);
    free(acquire);
}

int64_t
acquire_last_alive_mono_ms(const struct acquire *acquire)
{
    int64_t oldest = INT64_MAX;

    for (uint16_t i = 0; i < acquire->count; i++) {
        int64_t alive = atomic_load(&acquire->readers[i].alive_mono_ms);
        if (alive < oldest)
            oldest = alive;
    }
    return oldest;
}

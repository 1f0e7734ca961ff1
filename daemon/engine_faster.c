/* What is wanted follows from the open events alone, so that a restart or another site file needs
 * no memory of it. */
#include "daemon/engine_faster.h"

#include "base/log.h"
#include "config/faster.h"
#include "daemon/event_match.h"

static const struct event *
find_asking(const struct asset *asset, const struct event *open, size_t count)
{
    const struct faster *faster = asset->faster;

    for (size_t i = 0; i < count; i++) {
        bool fits = faster->kind_count > 0
                        ? event_is_kind(faster->kinds, faster->kind_count, open[i].kind)
                        : open[i].severity >= SEVERITY_ALARM;
        if (fits && event_is_about(open[i].subject, asset->name))
            return &open[i];
    }
    return NULL;
}

static bool
has_device(const struct faster *faster, const struct device *device)
{
    for (uint16_t i = 0; faster != NULL && i < faster->device_count; i++)
        if (faster->devices[i] == device)
            return true;
    return false;
}

static void
ask(const struct device *device, struct device_counters *counters, uint32_t every_ms,
    const struct event *cause)
{
    uint32_t before_ms = atomic_load_explicit(&counters->faster_ms, memory_order_relaxed);

    if (before_ms == every_ms)
        return;
    atomic_store_explicit(&counters->faster_ms, every_ms, memory_order_relaxed);
    if (cause != NULL)
        log_info("%s: read every %u ms while %.40s of %.60s is open", device->name, every_ms,
                 cause->kind, cause->subject);
    else
        log_info("%s: read every %u ms again", device->name, device->every_ms);
}

void
faster_want(const struct site *site, const struct event *open, size_t count,
            struct device_counters *devices)
{
    for (uint16_t d = 0; d < site->device_count; d++) {
        const struct device *device = &site->devices[d];
        const struct event *cause = NULL;
        uint32_t every_ms = 0;
        if (device->faster_ms == 0 || device->asset != NULL)
            continue;
        for (uint16_t a = 0; a < site->asset_count; a++) {
            const struct asset *asset = &site->assets[a];
            if (!has_device(asset->faster, device) ||
                (every_ms != 0 && asset->faster->every_ms >= every_ms))
                continue;
            const struct event *asking = find_asking(asset, open, count);
            if (asking == NULL)
                continue;
            cause = asking;
            every_ms = asset->faster->every_ms;
        }
        ask(device, &devices[device->index], every_ms, cause);
    }
}

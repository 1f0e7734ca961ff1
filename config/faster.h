/* Devices that are read faster while an event of the asset is open. Part of config/site.h. */
#ifndef CONFIG_FASTER_H
#define CONFIG_FASTER_H

#include "config/asset.h"

struct faster {
    uint32_t every_ms; /* each device's own interval is a multiple of it, and longer */
    const struct device *const *devices;
    uint16_t device_count;
    const char *const *kinds; /* "bypass.open", or "exceedance.*" */
    uint8_t kind_count;       /* 0: every kind, but alarms only */
};

#endif

#include "ctl/share.h"

#include "daemon/acquire/plan.h"

#include <stdio.h>

double
share_of_bus(const struct bus *bus, double *ret_faster)
{
    double share = 0;

    *ret_faster = 0;
    for (uint16_t i = 0; i < bus->device_count; i++) {
        struct plan_cost cost = plan_cost_of(bus->devices[i], -1);
        struct plan plan;
        if (plan_new(bus->devices[i], &cost, &plan) != 0)
            continue;
        share += plan_share(&plan);
        *ret_faster += plan_share_faster(&plan);
        plan_free(&plan);
    }
    return share;
}

void
share_warn(const char *file, const struct site *site)
{
    for (uint16_t i = 0; i < site->bus_count; i++) {
        double faster;
        double share = share_of_bus(&site->buses[i], &faster);
        if (share > 1)
            printf("%s: warning: bus '%s' cannot keep its intervals: what is asked of it takes "
                   "%.0f %% of its time; read more rarely\n",
                   file, site->buses[i].name, share * 100);
        else if (faster > 1)
            printf("%s: warning: bus '%s' has no room for what 'during-events' reads faster: that "
                   "takes %.0f %% of its time; read fewer devices, or less often\n",
                   file, site->buses[i].name, faster * 100);
    }
}

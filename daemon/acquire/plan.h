/* Which requests read a device: points of one table and one interval whose registers lie near each
 * other are read at once, through gaps that cost less than another request. Made once at start. */
#ifndef DAEMON_ACQUIRE_PLAN_H
#define DAEMON_ACQUIRE_PLAN_H

#include "daemon/model.h"

/* Registers (or bits) read at once. */
struct block {
    enum table table;
    uint16_t address, count;
    uint32_t every_ms;
    const uint16_t *points; /* indexes into device->points, by address */
    uint16_t point_count;
};

struct plan {
    struct block *blocks;
    uint16_t block_count;
    uint16_t *order; /* the memory that blocks' points lie in */
};

/* 0 or -ENOMEM. */
int plan_make(const struct device *device, struct plan *ret_plan);
void plan_free(struct plan *plan);

#endif

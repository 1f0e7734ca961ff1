/* Which requests read a device in the least time of its line. By dynamic programming over the
 * wanted registers in the order of their addresses: the cheapest way to read the first i of them
 * ends with one request for the last few; a gap is read along where that costs less than another
 * request.
 *
 * Kept: the device's most registers a request, its forbidden ranges, points of different tables and
 * intervals (a rarer one inside a request that is made anyway is taken from it), and what the
 * device was found to refuse (plan_divide). The memory is taken once; making a plan anew takes
 * none. */
#ifndef DAEMON_ACQUIRE_PLAN_H
#define DAEMON_ACQUIRE_PLAN_H

#include "daemon/model.h"

/* What a request costs its line: request_ns however long it is, byte_ns for each byte of data. */
struct plan_cost {
    int64_t request_ns, byte_ns;
};

/* Of a device that takes turnaround_ns to answer, beside what the line needs; < 0: not known, so
 * `response` of its map, or 10 ms (1 ms on TCP). */
struct plan_cost plan_cost_of(const struct device *device, int64_t turnaround_ns);

/* Registers (or bits) read at once. */
struct block {
    enum table table;
    uint16_t address, count;
    uint32_t every_ms;      /* the shortest of its points' */
    bool once;              /* only after a connect */
    const uint16_t *points; /* indexes into device->points, by address */
    uint16_t point_count;
};

struct plan {
    const struct device *device;
    struct plan_cost cost; /* it was made for */
    struct block *blocks;
    uint16_t block_count;
    uint16_t divisions; /* made because the device refused */
    struct plan_parts *parts;
};

/* Takes the memory and makes the first plan. 0 or -ENOMEM. */
int plan_new(const struct device *device, const struct plan_cost *cost, struct plan *ret_plan);
void plan_free(struct plan *plan);

/* Makes it anew for another cost, with the divisions so far. */
void plan_make(struct plan *plan, const struct plan_cost *cost);

/* The device refuses to read this block at once (exception 2 or 3): at its gaps, or else in its
 * middle, it is never read at once again. False when it is one register's points already. */
bool plan_divide(struct plan *plan, const struct block *block);

int64_t plan_block_ns(const struct block *block, const struct plan_cost *cost);

/* Time of the line that one second of this plan takes, 1 being all of it; `once` does not count. */
double plan_share(const struct plan *plan);

/* The same while an event has it read at device->faster_ms, if one may. */
double plan_share_faster(const struct plan *plan);

#endif

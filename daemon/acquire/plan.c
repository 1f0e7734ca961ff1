#include "daemon/acquire/plan.h"

#include <errno.h>
#include <stdlib.h>

/* A request costs about 20 characters on the line with its answer's frame: as much as ten
 * registers. */
#define GAP_REGISTERS 10
#define GAP_BITS      160

static int
compare(const void *a, const void *b, void *context)
{
    const struct device *device = context;
    const struct point *left = &device->points[*(const uint16_t *)a];
    const struct point *right = &device->points[*(const uint16_t *)b];

    if (left->table != right->table)
        return left->table < right->table ? -1 : 1;
    if (left->every_ms != right->every_ms)
        return left->every_ms < right->every_ms ? -1 : 1;
    if (left->address != right->address)
        return left->address < right->address ? -1 : 1;
    return 0;
}

static bool
is_bits(enum table table)
{
    return table == TABLE_COIL || table == TABLE_DISCRETE;
}

static uint32_t
width(const struct point *point)
{
    return is_bits(point->table) ? 1 : point->registers;
}

static bool
joins(const struct block *block, const struct point *point, const struct device *device)
{
    uint32_t end = (uint32_t)block->address + block->count;
    uint32_t gap = is_bits(block->table) ? GAP_BITS : GAP_REGISTERS;
    uint32_t most = is_bits(block->table) ? device->max_bits : device->max_registers;

    return block->table == point->table && block->every_ms == point->every_ms &&
           point->address <= end + gap && point->address + width(point) - block->address <= most;
}

int
plan_make(const struct device *device, struct plan *ret_plan)
{
    struct plan plan = {0};
    struct block *block = NULL;

    plan.order = calloc(device->point_count + 1U, sizeof *plan.order);
    plan.blocks = calloc(device->point_count + 1U, sizeof *plan.blocks);
    if (plan.order == NULL || plan.blocks == NULL) {
        plan_free(&plan);
        return -ENOMEM;
    }
    for (uint16_t i = 0; i < device->point_count; i++)
        plan.order[i] = i;
    qsort_r(plan.order, device->point_count, sizeof *plan.order, compare,
            (void *)(uintptr_t)device);
    for (uint16_t i = 0; i < device->point_count; i++) {
        const struct point *point = &device->points[plan.order[i]];
        uint32_t end = point->address + width(point);
        if (block == NULL || !joins(block, point, device)) {
            block = &plan.blocks[plan.block_count++];
            *block = (struct block){.table = point->table,
                                    .address = point->address,
                                    .every_ms = point->every_ms,
                                    .points = &plan.order[i]};
        }
        if (end > (uint32_t)block->address + block->count)
            block->count = (uint16_t)(end - block->address);
        block->point_count++;
    }
    *ret_plan = plan;
    return 0;
}

void
plan_free(struct plan *plan)
{
    free(plan->order);
    free(plan->blocks);
    *plan = (struct plan){0};
}

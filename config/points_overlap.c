/* Registers that two points read as different things: always a slip of the pen in an address, a
 * type or a table. Single bits may share a register with each other and with the whole of it. */
#include "config/points.h"

static bool
is_partial(const struct point *point)
{
    return point->type == TYPE_BOOL || point->type == TYPE_BITS;
}

/* Why the two cannot both be right; NULL when they can. */
static const char *
clash(const struct point *a, const struct point *b)
{
    if (a->table != b->table || a->address + a->registers <= b->address ||
        b->address + b->registers <= a->address)
        return NULL;
    bool coils = a->table == TABLE_COIL || a->table == TABLE_DISCRETE;
    if (coils)
        return "read the same bit";
    if (is_partial(a) && is_partial(b))
        return a->type == b->type && a->bit == b->bit && a->bit_count == b->bit_count
                   ? "read the same bits"
                   : NULL;
    if (is_partial(a) || is_partial(b))
        return NULL;
    if (a->address != b->address || a->registers != b->registers)
        return "overlap";
    if (a->type != b->type || a->order != b->order)
        return "read the same registers as different types";
    return "read the same registers";
}

void
points_check_overlaps(struct load *load, const struct load_points *points, uint32_t first)
{
    for (uint32_t i = first; i < points->count; i++) {
        const struct point *point = &points->list[i].point;
        if (point->registers == 0)
            continue;
        for (uint32_t j = 0; j < i; j++) {
            const struct point *other = &points->list[j].point;
            const char *why = clash(point, other);
            if (!why)
                continue;
            load_mistake_at_key(load, points->list[i].node,
                                "points '%s' (%u to %u) and '%s' (%u to %u) %s", other->name,
                                other->address, other->address + other->registers - 1, point->name,
                                point->address, point->address + point->registers - 1, why);
            break;
        }
    }
}

#include "daemon/acquire/plan.h"

#include "protocols/modbus/line.h"

#include <errno.h>
#include <stdlib.h>

#define NS_PER_MS         1000000LL
#define SERIAL_ANSWER_MS  10
#define NETWORK_ANSWER_MS 1
#define NETWORK_BYTE_NS   800 /* 10 Mbit/s */
#define SERIAL_FRAME      13  /* characters: 8 asked, 5 around the answer's data */

/* Registers that cannot be read apart: the points on them overlap. */
struct atom {
    uint32_t address, end;
};

struct wall {
    enum table table;
    uint16_t address; /* never read together with the one before it */
};

struct plan_parts {
    uint16_t *sorted; /* points by table, once, interval, address */
    uint16_t *order;  /* points by block, address: what the blocks refer to */
    uint16_t *owner;  /* block of each point */
    struct wall *walls;
    uint16_t wall_count;
    struct atom *atoms; /* of the group being planned */
    int64_t *best;      /* cost of reading the first i atoms */
    uint16_t *from;     /* first atom of the request that ends there */
};

/* ---- cost ---- */

static bool
is_bits(enum table table)
{
    return table == TABLE_COIL || table == TABLE_DISCRETE;
}

struct plan_cost
plan_cost_of(const struct device *device, int64_t turnaround_ns)
{
    const struct bus *bus = device->bus;
    struct line_options line = {.kind = bus->kind == BUS_TCP ? LINE_TCP : LINE_RTU,
                                .baud = bus->baud,
                                .parity = bus->parity,
                                .data_bits = bus->data_bits,
                                .stop_bits = bus->stop_bits};
    bool serial = bus->kind != BUS_TCP;
    int64_t pause_ns = line_silence_ns(&line);

    if (turnaround_ns < 0 && device->response_ms != 0)
        turnaround_ns = device->response_ms * NS_PER_MS;
    if (turnaround_ns < 0)
        turnaround_ns = (serial ? SERIAL_ANSWER_MS : NETWORK_ANSWER_MS) * NS_PER_MS;
    if (device->delay_ms * NS_PER_MS > pause_ns)
        pause_ns = device->delay_ms * NS_PER_MS;
    return (struct plan_cost){.request_ns = turnaround_ns + pause_ns +
                                            line_characters_ns(&line, SERIAL_FRAME),
                              .byte_ns = serial ? line_characters_ns(&line, 1) : NETWORK_BYTE_NS};
}

static int64_t
read_ns(const struct plan_cost *cost, enum table table, uint32_t count)
{
    return cost->request_ns + cost->byte_ns * (is_bits(table) ? (count + 7) / 8 : 2 * count);
}

int64_t
plan_block_ns(const struct block *block, const struct plan_cost *cost)
{
    return read_ns(cost, block->table, block->count);
}

/* What has the device's own interval is read every faster_ms; 0: everything at its own. */
static double
share_at(const struct plan *plan, uint32_t faster_ms)
{
    double share = 0;

    for (uint16_t i = 0; i < plan->block_count; i++) {
        const struct block *block = &plan->blocks[i];
        bool faster = faster_ms != 0 && block->every_ms <= plan->device->every_ms;
        uint32_t every_ms = faster ? faster_ms : block->every_ms;
        if (!block->once)
            share += (double)plan_block_ns(block, &plan->cost) / ((double)every_ms * NS_PER_MS);
    }
    return share;
}

double
plan_share(const struct plan *plan)
{
    return share_at(plan, 0);
}

double
plan_share_faster(const struct plan *plan)
{
    return share_at(plan, plan->device->faster_ms);
}

/* ---- order ---- */

static int
compare(const void *a, const void *b, void *context)
{
    const struct device *device = context;
    const struct point *left = &device->points[*(const uint16_t *)a];
    const struct point *right = &device->points[*(const uint16_t *)b];

    if (left->table != right->table)
        return left->table < right->table ? -1 : 1;
    if (left->once != right->once)
        return left->once ? 1 : -1;
    if (left->every_ms != right->every_ms && !left->once)
        return left->every_ms < right->every_ms ? -1 : 1;
    if (left->address != right->address)
        return left->address < right->address ? -1 : 1;
    return 0;
}

static bool
is_same_group(const struct point *left, const struct point *right)
{
    return left->table == right->table && left->once == right->once &&
           (left->once || left->every_ms == right->every_ms);
}

static uint32_t
end_of(const struct point *point)
{
    return point->address + (is_bits(point->table) ? 1U : point->registers);
}

/* ---- one group: points of one table and interval ---- */

static bool
touches_forbidden(const struct device *device, enum table table, uint32_t first, uint32_t end)
{
    for (uint16_t i = 0; i < device->forbidden_count; i++)
        if (device->forbidden[i].table == table && device->forbidden[i].last >= first &&
            device->forbidden[i].first < end)
            return true;
    return false;
}

static bool
is_walled(const struct plan_parts *parts, enum table table, uint32_t address)
{
    for (uint16_t i = 0; i < parts->wall_count; i++)
        if (parts->walls[i].table == table && parts->walls[i].address == address)
            return true;
    return false;
}

/* May one request go from the atom before `next` on to it? */
static bool
may_go_on(const struct plan *plan, enum table table, const struct atom *before,
          const struct atom *next)
{
    if (is_walled(plan->parts, table, next->address))
        return false;
    if (next->address == before->end)
        return true;
    return plan->device->gaps &&
           !touches_forbidden(plan->device, table, before->end, next->address);
}

/* The cheapest requests for `count` atoms. */
static void
plan_atoms(struct plan *plan, const struct point *head, uint16_t count)
{
    struct plan_parts *parts = plan->parts;
    const struct atom *atoms = parts->atoms;
    enum table table = head->table;
    uint32_t most = is_bits(table) ? plan->device->max_bits : plan->device->max_registers;

    parts->best[0] = 0;
    for (uint16_t end = 1; end <= count; end++) {
        parts->best[end] = INT64_MAX;
        for (uint16_t first = end; first-- > 0;) {
            uint32_t length = atoms[end - 1].end - atoms[first].address;
            if (first + 1U < end &&
                (length > most || !may_go_on(plan, table, &atoms[first], &atoms[first + 1])))
                break;
            int64_t cost = parts->best[first] + read_ns(&plan->cost, table, length);
            if (cost >= parts->best[end])
                continue;
            parts->best[end] = cost;
            parts->from[end] = first;
        }
    }
    for (uint16_t end = count; end > 0; end = parts->from[end]) {
        const struct atom *first = &atoms[parts->from[end]];
        plan->blocks[plan->block_count++] = (struct block){
            .table = table,
            .address = (uint16_t)first->address,
            .count = (uint16_t)(atoms[end - 1].end - first->address),
            .every_ms = head->every_ms,
            .once = head->once};
    }
}

/* Its values come with this block, at least whenever it is due. */
static bool
comes_with(const struct point *point, const struct block *block)
{
    return block->table == point->table && block->once == point->once &&
           (point->once || point->every_ms % block->every_ms == 0) &&
           block->address <= point->address &&
           end_of(point) <= (uint32_t)block->address + block->count;
}

/* The block a point is read by; block_count when there is none yet. */
static uint16_t
find_block(const struct plan *plan, const struct point *point)
{
    uint16_t i = 0;

    while (i < plan->block_count && !comes_with(point, &plan->blocks[i]))
        i++;
    return i;
}

/* Plans sorted[first] and all of its group; returns the first of the next. */
static uint16_t
plan_group(struct plan *plan, uint16_t first)
{
    const struct device *device = plan->device;
    struct plan_parts *parts = plan->parts;
    const struct point *head = &device->points[parts->sorted[first]];
    uint16_t count = 0;
    uint16_t at = first;

    for (; at < device->point_count; at++) {
        const struct point *point = &device->points[parts->sorted[at]];
        struct atom *last = count > 0 ? &parts->atoms[count - 1] : NULL;
        if (!is_same_group(head, point))
            break;
        if (find_block(plan, point) < plan->block_count)
            continue; /* a request that is made anyway */
        if (last != NULL && point->address < last->end)
            last->end = end_of(point) > last->end ? end_of(point) : last->end;
        else
            parts->atoms[count++] = (struct atom){.address = point->address, .end = end_of(point)};
    }
    plan_atoms(plan, head, count);
    return at;
}

/* ---- the whole ---- */

static int
compare_blocks(const void *a, const void *b)
{
    const struct block *left = a;
    const struct block *right = b;

    if (left->table != right->table)
        return left->table < right->table ? -1 : 1;
    return left->address < right->address ? -1 : left->address > right->address;
}

/* Gives each block its points, by address. */
static void
hand_out_points(struct plan *plan)
{
    const struct device *device = plan->device;
    struct plan_parts *parts = plan->parts;
    uint16_t used = 0;

    for (uint16_t i = 0; i < device->point_count; i++)
        parts->owner[i] = find_block(plan, &device->points[i]);
    for (uint16_t b = 0; b < plan->block_count; b++) {
        struct block *block = &plan->blocks[b];
        block->points = parts->order + used;
        for (uint16_t i = 0; i < device->point_count; i++)
            if (parts->owner[parts->sorted[i]] == b)
                parts->order[used++] = parts->sorted[i];
        block->point_count = (uint16_t)(parts->order + used - block->points);
    }
}

void
plan_make(struct plan *plan, const struct plan_cost *cost)
{
    plan->cost = *cost;
    plan->block_count = 0;
    for (uint16_t at = 0; at < plan->device->point_count;)
        at = plan_group(plan, at);
    qsort(plan->blocks, plan->block_count, sizeof *plan->blocks, compare_blocks);
    hand_out_points(plan);
}

int
plan_new(const struct device *device, const struct plan_cost *cost, struct plan *ret_plan)
{
    struct plan plan = {.device = device};
    struct plan_parts *parts = plan.parts = calloc(1, sizeof *parts);
    size_t room = device->point_count + 1U;

    plan.blocks = calloc(room, sizeof *plan.blocks);
    if (parts != NULL) {
        parts->sorted = calloc(room, sizeof *parts->sorted);
        parts->order = calloc(room, sizeof *parts->order);
        parts->owner = calloc(room, sizeof *parts->owner);
        parts->walls = calloc(room, sizeof *parts->walls);
        parts->atoms = calloc(room, sizeof *parts->atoms);
        parts->best = calloc(room, sizeof *parts->best);
        parts->from = calloc(room, sizeof *parts->from);
    }
    if (plan.blocks == NULL || parts == NULL || !parts->sorted || !parts->order || !parts->owner ||
        !parts->walls || !parts->atoms || !parts->best || !parts->from) {
        plan_free(&plan);
        return -ENOMEM;
    }
    for (uint16_t i = 0; i < device->point_count; i++)
        parts->sorted[i] = i;
    qsort_r(parts->sorted, device->point_count, sizeof *parts->sorted, compare,
            (void *)(uintptr_t)device);
    plan_make(&plan, cost);
    *ret_plan = plan;
    return 0;
}

void
plan_free(struct plan *plan)
{
    struct plan_parts *parts = plan->parts;

    if (parts != NULL) {
        free(parts->sorted);
        free(parts->order);
        free(parts->owner);
        free(parts->walls);
        free(parts->atoms);
        free(parts->best);
        free(parts->from);
    }
    free(parts);
    free(plan->blocks);
    *plan = (struct plan){0};
}

/* ---- what a device refuses ---- */

static bool
add_wall(struct plan *plan, enum table table, uint32_t address)
{
    struct plan_parts *parts = plan->parts;

    if (is_walled(parts, table, address) || parts->wall_count == plan->device->point_count)
        return false;
    parts->walls[parts->wall_count++] = (struct wall){.table = table, .address = (uint16_t)address};
    return true;
}

/* Walks the block's atoms; with a count of `*ret_atoms` and a wall behind each gap, or, when
 * `middle` is not 0, a wall before the atom of that number. */
static bool
raise_walls(struct plan *plan, const struct block *block, uint16_t middle, uint16_t *ret_atoms)
{
    uint32_t end = block->address;
    uint16_t atoms = 0;
    bool raised = false;

    for (uint16_t i = 0; i < block->point_count; i++) {
        const struct point *point = &plan->device->points[block->points[i]];
        bool begins = atoms == 0 || point->address >= end;
        bool wall = middle == 0 ? point->address > end : atoms == middle;
        if (begins && wall && atoms > 0)
            raised |= add_wall(plan, block->table, point->address);
        atoms = (uint16_t)(atoms + begins);
        end = end_of(point) > end ? end_of(point) : end;
    }
    *ret_atoms = atoms;
    return raised;
}

bool
plan_divide(struct plan *plan, const struct block *block)
{
    uint16_t atoms = 0;

    if (!raise_walls(plan, block, 0, &atoms) &&
        (atoms < 2 || !raise_walls(plan, block, atoms / 2, &atoms)))
        return false;
    plan->divisions++;
    plan_make(plan, &plan->cost);
    return true;
}

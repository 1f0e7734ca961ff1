/* parkgatectl plan: which requests read each device, what they cost their bus, and whether a bus
 * can keep its intervals at all. By the model the daemon uses (daemon/acquire/plan.h), with the
 * answering times of the maps or the defaults; the daemon goes on with what it measures. */
#include "daemon/acquire/plan.h"

#include "config/loader.h"
#include "ctl/ctl.h"
#include "ctl/share.h"

#include <getopt.h>
#include <stdio.h>

#define NS_PER_MS 1e6

static void
print_line(void *context, bool warning, const char *line)
{
    (void)context;
    (void)warning;
    puts(line);
}

static void
print_time(uint32_t ms)
{
    if (ms % 1000 == 0)
        printf("%u s", ms / 1000);
    else
        printf("%u ms", ms);
}

static void
print_block(const struct plan *plan, const struct block *block)
{
    static const char *const TABLES[] = {"", "coil", "discrete", "holding", "input"};
    bool bits = block->table == TABLE_COIL || block->table == TABLE_DISCRETE;

    printf("    %-8s %5u..%-5u  %4u %s  %3u point%s  ", TABLES[block->table], block->address,
           block->address + block->count - 1U, block->count, bits ? "bits     " : "registers",
           block->point_count, block->point_count == 1 ? " " : "s");
    if (block->once)
        printf("once");
    else
        print_time(block->every_ms);
    printf(", %.1f ms\n", (double)plan_block_ns(block, &plan->cost) / NS_PER_MS);
}

static int
print_device(const struct device *device)
{
    struct plan_cost cost = plan_cost_of(device, -1);
    struct plan plan;
    int64_t cycle_ns = 0;

    if (plan_new(device, &cost, &plan) != 0)
        return CTL_WRONG;
    for (uint16_t i = 0; i < plan.block_count; i++)
        cycle_ns += plan.blocks[i].once ? 0 : plan_block_ns(&plan.blocks[i], &plan.cost);
    printf("  %s, unit %u: %u request%s, cycle %.1f ms every ", device->name, device->unit,
           plan.block_count, plan.block_count == 1 ? "" : "s", (double)cycle_ns / NS_PER_MS);
    print_time(device->every_ms);
    printf(", %.1f %% of the bus\n", plan_share(&plan) * 100);
    if (device->faster_ms != 0) {
        printf("    during events every ");
        print_time(device->faster_ms);
        printf(", %.1f %% of the bus\n", plan_share_faster(&plan) * 100);
    }
    for (uint16_t i = 0; i < plan.block_count; i++)
        print_block(&plan, &plan.blocks[i]);
    plan_free(&plan);
    return CTL_FINE;
}

static int
print_bus(const struct bus *bus)
{
    double faster;
    double share = share_of_bus(bus, &faster);
    int result = CTL_FINE;

    if (bus->kind == BUS_RTU)
        printf("bus %s: %s, %u baud", bus->name, bus->path, bus->baud);
    else
        printf("bus %s: %s:%u", bus->name, bus->host, bus->port);
    printf(", %.1f %% used", share * 100);
    if (faster > share)
        printf(", %.1f %% during events", faster * 100);
    puts("");
    for (uint16_t i = 0; i < bus->device_count && result == CTL_FINE; i++)
        result = print_device(bus->devices[i]);
    return result;
}

int
plan_run(int argc, char **argv)
{
    static const struct option OPTIONS[] = {{"share", required_argument, NULL, 's'},
                                            {NULL, 0, NULL, 0}};
    struct loader_options options = {.report = print_line};
    struct site *site;
    int option, result = CTL_FINE;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option != 's')
            return CTL_USAGE;
        options.share = optarg;
    }
    if (optind + 1 != argc)
        return CTL_USAGE;
    if (loader_load(argv[optind], &options, &site) < 0)
        return CTL_WRONG;
    for (uint16_t i = 0; i < site->bus_count && result == CTL_FINE; i++)
        result = print_bus(&site->buses[i]);
    share_warn(argv[optind], site);
    site_free(site);
    return result;
}

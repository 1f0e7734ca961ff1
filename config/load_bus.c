/* buses: of a site file. */
#include "config/endpoint.h"
#include "config/load.h"
#include "config/section.h"

#include <string.h>

static const char *const KINDS[] = {"tcp", "rtu", "rtu-over-tcp"}; /* enum bus_kind */
static const char *const SERIAL_KEYS[] = {"baud", "parity", "data-bits", "stop-bits"};
static const uint32_t BAUDS[] = {1200,  2400,   4800,   9600,   19200, 38400,
                                 57600, 115200, 230400, 460800, 921600};

static void
read_line(struct load *load, const struct yaml_node *node, const char *what, struct bus *bus)
{
    if (bus->kind == BUS_RTU) {
        if (*node->text != '/')
            load_mistake(load, node, "'rtu' of %s is '%.60s'; it must be a path, like /dev/ttyS1",
                         what, node->text);
        bus->path = arena_text(load->arena, node->text);
        return;
    }
    uint16_t port = bus->kind == BUS_TCP ? 502 : 0;
    const char *wrong = endpoint_parse(node->text, port, load->arena, &bus->host, &bus->port);
    if (wrong)
        load_mistake(load, node, "'%s' of %s is '%.60s'; %s", KINDS[bus->kind], what, node->text,
                     wrong);
}

static void
check_serial(struct load *load, const struct yaml_node *node, const char *what,
             const struct bus *bus)
{
    bool tcp = yaml_find(node, "tcp") && bus->kind == BUS_TCP;
    for (size_t i = 0; tcp && i < sizeof SERIAL_KEYS / sizeof *SERIAL_KEYS; i++) {
        const struct yaml_node *key = yaml_find(node, SERIAL_KEYS[i]);
        if (key)
            load_mistake_at_key(load, key, "'%s' is for serial lines; %s is tcp", key->key, what);
    }
    const struct yaml_node *baud = yaml_find(node, "baud");
    bool known = !baud;
    for (size_t i = 0; i < sizeof BAUDS / sizeof *BAUDS; i++)
        known = known || bus->baud == BAUDS[i];
    if (!known)
        load_mistake(load, baud,
                     "'baud' of %s is '%.60s'; speeds are 1200, 2400, 4800, 9600, "
                     "19200, 38400, 57600, 115200, 230400, 460800 and 921600",
                     what, baud->text);
}

static void
read_bus(struct load *load, const struct yaml_node *node, struct bus *bus)
{
    const char *what = load_printf(load, "bus '%.60s'", node->key);
    section_default(&SCHEMA_BUS, bus);
    section_read(load, &SCHEMA_BUS, node, what, bus);
    unsigned found = 0;
    for (int kind = BUS_TCP; kind <= BUS_RTU_OVER_TCP; kind++) {
        const struct yaml_node *line = section_form(&SCHEMA_BUS, node, KINDS[kind]);
        found += yaml_find(node, KINDS[kind]) != NULL;
        if (!line)
            continue;
        bus->kind = (enum bus_kind)kind;
        read_line(load, line, what, bus);
    }
    if (found != 1 && node->shape == YAML_MAP)
        load_mistake(load, node, "%s must have exactly one of tcp, rtu and rtu-over-tcp; it has %s",
                     what, found ? "several" : "none");
    check_serial(load, node, what, bus);
}

/* Two masters on one serial line would talk into each other's answers. */
static void
check_shared(struct load *load, const struct yaml_node *node, const struct bus *bus)
{
    for (const struct bus *other = load->site->buses; other < bus; other++) {
        bool same = other->kind == bus->kind && bus->kind != BUS_TCP;
        if (same && bus->kind == BUS_RTU)
            same = bus->path && other->path && !strcmp(bus->path, other->path);
        else if (same)
            same = bus->host && other->host && !strcmp(bus->host, other->host) &&
                   bus->port == other->port;
        if (same)
            load_mistake(load, node,
                         "bus '%.60s' is the line of bus '%s': put the devices of both "
                         "on one bus",
                         node->key, other->name);
    }
}

void
load_buses(struct load *load, const struct yaml_node *node)
{
    struct site *site = load->site;
    uint32_t count = section_count_names(load, node, "bus");
    site->buses = arena_take(load->arena, (count ? count : 1) * sizeof *site->buses);
    for (const struct yaml_node *child = count ? node->first : NULL; child; child = child->next) {
        struct bus *bus = &site->buses[site->bus_count];
        bus->name = arena_text(load->arena, child->key);
        bus->index = site->bus_count;
        read_bus(load, child, bus);
        check_shared(load, child, bus);
        site->bus_count++;
    }
}

/* Whether a serial line can carry what is asked of it at all: a bound from below, with slaves that
 * answer at once and requests without a gap. It only warns, because a device may be slower for
 * other reasons that no file knows. */
#include "config/load.h"

#define REQUEST_CHARACTERS 20 /* 8 asked, 5 around the answer's data, 2 silences of 3.5 */

static double
character_ms(const struct bus *bus)
{
    unsigned bits = 1U + bus->data_bits + (bus->parity != 'N') + bus->stop_bits;
    return bits * 1000.0 / bus->baud;
}

/* Characters a millisecond that the device's answers and requests take. */
static double
device_rate(const struct device *device)
{
    double rate = 0;
    unsigned registers[TABLE_INPUT + 1] = {0};
    for (uint16_t i = 0; i < device->point_count; i++) {
        const struct point *point = &device->points[i];
        if (point->type == TYPE_BOOL || point->type == TYPE_BITS)
            continue; /* may share its register */
        rate += 2.0 * point->registers / point->every_ms;
        if (point->every_ms == device->every_ms)
            registers[point->table] += point->registers;
    }
    for (int table = TABLE_HOLDING; table <= TABLE_INPUT; table++) {
        unsigned requests = (registers[table] + device->max_registers - 1U) / device->max_registers;
        rate += (double)requests * REQUEST_CHARACTERS / device->every_ms;
    }
    return rate;
}

void
load_check_lines(struct load *load, const struct yaml_node *buses)
{
    const struct site *site = load->site;
    for (uint16_t b = 0; b < site->bus_count; b++) {
        const struct bus *bus = &site->buses[b];
        double rate = 0;
        for (uint16_t d = 0; bus->kind != BUS_TCP && d < bus->device_count; d++)
            rate += device_rate(bus->devices[d]);
        double share = rate * character_ms(bus);
        if (share > 1)
            load_warning(load, yaml_find(buses, bus->name),
                         "bus '%s' cannot keep up: at %u baud the readings asked for take at least "
                         "%.0f %% of its time; read more rarely",
                         bus->name, bus->baud, share * 100);
    }
}

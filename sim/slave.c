/* See sim/slave.h. */
#include "sim/slave.h"

#include "sim/encode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REGISTERS_MAX 125
#define BITS_MAX      2000

enum exception { NONE, ILLEGAL_FUNCTION = 1, ILLEGAL_ADDRESS, ILLEGAL_VALUE, NO_TARGET = 11 };

struct slave {
    const struct device *device;
    struct step conduct;
    int64_t until_ms;
    struct slave_counters counters;
};

struct slaves {
    const struct site *site;
    struct signals *signals;
    struct slave *slaves; /* by device->index */
};

struct request {
    enum table table;
    unsigned address, count;
};

int
slaves_new(const struct site *site, struct signals *signals, struct slaves **ret_slaves)
{
    struct slaves *slaves = calloc(1, sizeof *slaves);

    if (slaves == NULL)
        return -ENOMEM;
    slaves->site = site;
    slaves->signals = signals;
    slaves->slaves = calloc(site->device_count + 1U, sizeof *slaves->slaves);
    if (slaves->slaves == NULL) {
        slaves_free(slaves);
        return -ENOMEM;
    }
    for (uint16_t i = 0; i < site->device_count; i++)
        slaves->slaves[i].device = &site->devices[i];
    *ret_slaves = slaves;
    return 0;
}

void
slaves_free(struct slaves *slaves)
{
    if (slaves == NULL)
        return;
    free(slaves->slaves);
    free(slaves);
}

void
slaves_tell(struct slaves *slaves, const struct device *device, const struct step *step,
            int64_t until_ms)
{
    struct slave *slave = &slaves->slaves[device->index];

    slave->conduct = *step;
    slave->until_ms = until_ms;
    signals_hold(slaves->signals, device, step->conduct == CONDUCT_STUCK);
}

void
slaves_advance(struct slaves *slaves, int64_t now_ms)
{
    static const struct step GOOD = {.conduct = CONDUCT_GOOD};

    for (uint16_t i = 0; i < slaves->site->device_count; i++) {
        struct slave *slave = &slaves->slaves[i];

        if (slave->until_ms > 0 && now_ms >= slave->until_ms)
            slaves_tell(slaves, slave->device, &GOOD, 0);
    }
}

/* Copies the point's words that the request asks for into words[0..count). */
static void
show_point(const struct slaves *slaves, const struct point *point, const struct request *request,
           uint16_t *words)
{
    uint16_t own[ENCODE_WORDS];
    unsigned end = point->address + (point->registers > 0 ? point->registers : 1U);

    if (point->table != request->table || end <= request->address ||
        point->address >= request->address + request->count)
        return;
    encode_value(point, signals_value(slaves->signals, point), own);
    for (unsigned at = point->address; at < end; at++) {
        uint16_t word = own[at - point->address];

        if (at < request->address || at >= request->address + request->count)
            continue;
        if (point->type == TYPE_BOOL || point->type == TYPE_BITS)
            words[at - request->address] |= word; /* others may share the register */
        else
            words[at - request->address] = word;
    }
}

/* The device has points of this table around everything that is asked for. */
static bool
serves(const struct device *device, const struct request *request)
{
    unsigned first = 65536;
    unsigned end = 0;

    for (uint16_t i = 0; i < device->point_count; i++) {
        const struct point *point = &device->points[i];
        unsigned point_end = point->address + (point->registers > 0 ? point->registers : 1U);

        if (point->table != request->table)
            continue;
        first = point->address < first ? point->address : first;
        end = point_end > end ? point_end : end;
    }
    return request->address >= first && request->address + request->count <= end;
}

static enum exception
understand(const struct device *device, const uint8_t *pdu, size_t length,
           struct request *ret_request)
{
    struct request request;

    if (pdu[0] < TABLE_COIL || pdu[0] > TABLE_INPUT)
        return ILLEGAL_FUNCTION;
    if (length != 5)
        return ILLEGAL_VALUE;
    request.table = (enum table)pdu[0];
    request.address = (unsigned)(pdu[1] << 8 | pdu[2]);
    request.count = (unsigned)(pdu[3] << 8 | pdu[4]);
    if (request.count == 0 || request.count > (pdu[0] <= TABLE_DISCRETE ? BITS_MAX : REGISTERS_MAX))
        return ILLEGAL_VALUE;
    if (!serves(device, &request))
        return ILLEGAL_ADDRESS;
    *ret_request = request;
    return NONE;
}

static void
pack(const struct request *request, const uint16_t *words, struct slave_answer *answer)
{
    bool bits = request->table <= TABLE_DISCRETE;
    size_t bytes = bits ? (request->count + 7) / 8 : 2 * request->count;

    answer->pdu[0] = (uint8_t)request->table;
    answer->pdu[1] = (uint8_t)bytes;
    answer->length = 2 + bytes;
    memset(answer->pdu + 2, 0, bytes);
    for (unsigned i = 0; i < request->count; i++) {
        if (bits) {
            answer->pdu[2 + i / 8] |= (uint8_t)(words[i] << (i % 8));
        } else {
            answer->pdu[2 + 2 * i] = (uint8_t)(words[i] >> 8);
            answer->pdu[3 + 2 * i] = (uint8_t)words[i];
        }
    }
}

static void
refuse(struct slave_answer *answer, uint8_t function, unsigned exception)
{
    answer->pdu[0] = (uint8_t)(function | 0x80);
    answer->pdu[1] = (uint8_t)exception;
    answer->length = 2;
}

static void
serve(const struct slaves *slaves, struct slave *slave, const uint8_t *pdu, size_t length,
      struct slave_answer *answer)
{
    uint16_t words[BITS_MAX] = {0};
    const struct device *device = slave->device;
    struct request request = {.count = 0};
    enum exception exception = understand(device, pdu, length, &request);

    if (slave->conduct.conduct == CONDUCT_EXCEPTION)
        exception = slave->conduct.amount;
    if (exception != NONE) {
        refuse(answer, pdu[0], exception);
        slave->counters.exceptions++;
        return;
    }
    for (uint16_t i = 0; i < device->point_count; i++)
        show_point(slaves, &device->points[i], &request, words);
    pack(&request, words, answer);
    slave->counters.registers += request.count;
}

static struct slave *
find_slave(const struct slaves *slaves, const struct bus *bus, uint8_t unit)
{
    for (uint16_t i = 0; i < bus->device_count; i++)
        if (bus->devices[i]->unit == unit)
            return &slaves->slaves[bus->devices[i]->index];
    return NULL;
}

bool
slaves_answer(struct slaves *slaves, const struct bus *bus, uint8_t unit, const uint8_t *pdu,
              size_t length, struct slave_answer *ret_answer)
{
    struct slave *slave = find_slave(slaves, bus, unit);
    struct slave_answer *answer = ret_answer;

    if (length == 0 || (slave == NULL && bus->kind != BUS_TCP))
        return false;
    *answer = (struct slave_answer){.unit = unit};
    if (slave == NULL) {
        refuse(answer, pdu[0], NO_TARGET);
        return true;
    }
    slave->counters.requests++;
    if (slave->conduct.conduct == CONDUCT_SILENCE) {
        slave->counters.silences++;
        return false;
    }
    serve(slaves, slave, pdu, length, answer);
    slave->counters.answers++;
    switch (slave->conduct.conduct) {
    case CONDUCT_LATE: answer->late_ms = slave->conduct.amount; break;
    case CONDUCT_DRIP: answer->drip_ms = slave->conduct.amount; break;
    case CONDUCT_WRONG_UNIT: answer->unit++; break;
    case CONDUCT_NOISE: answer->noise = true; break;
    default: break;
    }
    return true;
}

const struct slave_counters *
slaves_counters(const struct slaves *slaves, const struct device *device)
{
    return &slaves->slaves[device->index].counters;
}

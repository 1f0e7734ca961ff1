#include "daemon/acquire/acquire.h"

#include "daemon/acquire/bus.h"

#include <errno.h>
#include <stdlib.h>

struct acquire {
    struct acquire_outlet outlet;
    struct bus_reader *readers;
    uint16_t count;
};

int
acquire_start(const struct site *site, const struct acquire_outlet *outlet,
              struct acquire **ret_acquire)
{
    struct acquire *acquire = calloc(1, sizeof *acquire);
    int error = 0;

    if (acquire == NULL)
        return -ENOMEM;
    acquire->outlet = *outlet;
    acquire->readers = calloc(site->bus_count + 1U, sizeof *acquire->readers);
    if (acquire->readers == NULL)
        error = -ENOMEM;
    for (uint16_t i = 0; i < site->bus_count && error == 0; i++) {
        acquire->count++;
        error = bus_init(&acquire->readers[i], site, &site->buses[i], &acquire->outlet);
    }
    for (uint16_t i = 0; i < acquire->count && error == 0; i++)
        error = bus_start(&acquire->readers[i]);
    if (error != 0) {
        acquire_stop(acquire);
        acquire_free(acquire);
        return error;
    }
    *ret_acquire = acquire;
    return 0;
}

void
acquire_stop(struct acquire *acquire)
{
    if (acquire == NULL)
        return;
    for (uint16_t i = 0; i < acquire->count; i++)
        bus_ask_to_stop(&acquire->readers[i]);
    for (uint16_t i = 0; i < acquire->count; i++)
        bus_join(&acquire->readers[i]);
}

void
acquire_free(struct acquire *acquire)
{
    if (acquire == NULL)
        return;
    for (uint16_t i = 0; i < acquire->count; i++)
        bus_done(&acquire->readers[i]);
    free(acquire->readers);
    free(acquire);
}

int64_t
acquire_last_alive_mono_ms(const struct acquire *acquire)
{
    int64_t oldest = INT64_MAX;

    for (uint16_t i = 0; i < acquire->count; i++) {
        int64_t alive = atomic_load(&acquire->readers[i].alive_mono_ms);
        if (alive < oldest)
            oldest = alive;
    }
    return oldest;
}

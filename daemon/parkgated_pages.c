/* The pages main writes: health and the catalogue. */
#include "daemon/parkgated_parts.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/supervise/pages.h"

#include <string.h>

static uint64_t
version_that_runs(struct parkgated *self)
{
    uint64_t on_trial = self->configuration != NULL ? configuration_on_trial(self->configuration)
                                                    : 0;

    return on_trial != 0 ? on_trial : parkgated_version_in_force(self);
}

static struct vitals
vitals_of(struct parkgated *self)
{
    const struct engine_counters *counters = engine_counters(self->engine);
    struct vitals vitals = {.site = self->running.site,
                            .gateway_id = store_gateway_id(self->store),
                            .store_id = store_id(self->store),
                            .version = PARKGATE_VERSION,
                            .started = self->started,
                            .devices = self->running.devices,
                            .destinations = self->running.destinations,
                            .store = store_counters(self->store),
                            .read_records = &counters->read_scans,
                            .read_values = &counters->read_values,
                            .dropped_records = &counters->dropped_scans,
                            .dropped_values = &counters->dropped_values,
                            .catalog_version = atomic_load(&self->catalog_version),
                            .last_error = self->last_error,
                            .oversight = &self->oversight,
                            .configuration = version_that_runs(self),
                            .on_trial = self->trial != NULL};

    timekeeper_stamp(&self->timekeeper, clock_mono_ms(), &vitals.now);
    return vitals;
}

static void
put_page(struct parkgated *self, enum page page, const char *name)
{
    if (self->page.overflow || !board_put(self->pages, page, self->page.data, self->page.length))
        log_error("page %s is larger than %zu bytes and was not published", name,
                  PARKGATED_PAGE_BYTES);
}

static struct oversight_view
view_of(struct parkgated *self)
{
    const struct engine_counters *counters = engine_counters(self->engine);
    struct oversight_view view = {.site = self->running.site,
                                  .destinations = self->running.destinations,
                                  .store = store_counters(self->store),
                                  .read = &counters->read_scans,
                                  .dropped = &counters->dropped_scans,
                                  .stamp = timekeeper_stamp,
                                  .context = &self->timekeeper};

    timekeeper_stamp(&self->timekeeper, clock_mono_ms(), &view.now);
    return view;
}

void
parkgated_begin_run(struct parkgated *self, const char *boot_id)
{
    bool fresh = store_last_utc_ms(self->store) == 0;
    int error = oversight_begin(&self->oversight, self->options.state, boot_id, &self->started,
                                fresh);

    if (error != 0)
        log_warning("how this run ends cannot be recorded in %s/run: %s", self->options.state,
                    strerror(-error));
}

void
parkgated_end_run(struct parkgated *self)
{
    struct stamp now = {0};
    enum run_end end = self->running.acquire == NULL ? RUN_FAILED
                       : self->restart_wanted        ? RUN_COMMAND
                                                     : RUN_STOPPED;

    if (self->started.mono_ms != 0)
        timekeeper_stamp(&self->timekeeper, clock_mono_ms(), &now);
    oversight_end(&self->oversight, end, &now);
}

bool
parkgated_watch_health(struct parkgated *self)
{
    struct oversight_view view = view_of(self);

    return oversight_tick(&self->oversight, &view);
}

void
parkgated_publish_health(struct parkgated *self)
{
    struct oversight_view view = view_of(self);
    struct json json;

    oversight_look(&self->oversight, &view);
    struct vitals vitals = vitals_of(self);
    buf_clear(&self->page);
    json_init(&json, &self->page);
    pages_write_health(&json, &vitals);
    put_page(self, PAGE_HEALTH, "health");
    atomic_store(&self->health_mono_ms, vitals.now.mono_ms);
    parkgated_wake(self);
}

void
parkgated_publish_catalog(struct parkgated *self)
{
    static const struct {
        enum page page;
        const char *name;
        void (*write)(struct json *json, const struct vitals *vitals);
    } PARTS[] = {
        {PAGE_CATALOG_POINTS, "catalog/points", pages_write_points},
        {PAGE_CATALOG_BUSES, "catalog/buses", pages_write_buses},
        {PAGE_CATALOG_UNITS, "catalog/units", pages_write_units},
        {PAGE_CATALOG_WORDS, "catalog/words", pages_write_words},
        {PAGE_CATALOG_ASSETS, "catalog/assets", pages_write_assets},
        {PAGE_CATALOG_LIMITS, "catalog/limits", pages_write_limits},
        {PAGE_CATALOG_DESTINATIONS, "catalog/destinations", pages_write_destinations},
    };
    struct vitals vitals = vitals_of(self);
    uint8_t key[32];
    struct json json;

    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++) {
        buf_clear(&self->page);
        json_init(&json, &self->page);
        PARTS[i].write(&json, &vitals);
        put_page(self, PARTS[i].page, PARTS[i].name);
    }
    if (!store_public_key(self->store, key))
        return;
    buf_clear(&self->page);
    json_init(&json, &self->page);
    pages_write_key(&json, &vitals, key);
    put_page(self, PAGE_CATALOG_KEY, "catalog/key");
}

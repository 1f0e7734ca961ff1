/* The retained pages an operator at the centre reads (design.md section 5): health, alarms and the
 * catalogue, as JSON. Each function writes one page and nothing else; all read only the const site,
 * atomic counters and what they are handed. */
#ifndef DAEMON_SUPERVISE_PAGES_H
#define DAEMON_SUPERVISE_PAGES_H

#include "base/json.h"
#include "daemon/model.h"

struct headroom;
struct oversight;
struct store_counters;

/* What health is made of. */
struct vitals {
    const struct site *site;
    const char *gateway_id, *store_id, *version;
    struct stamp now, started;
    const struct device_counters *devices;           /* by device->index */
    const struct destination_counters *destinations; /* by destination->index */
    const struct store_counters *store;
    const atomic_ullong *read_records, *read_values;       /* taken from the field, ever */
    const atomic_ullong *dropped_records, *dropped_values; /* did not get into the store, ever */
    uint64_t catalog_version;
    const char *last_error; /* of the configuration; "" for none */
    const struct oversight *oversight;
    uint64_t configuration; /* version of the site file that runs; 0: the local file */
    bool on_trial;          /* it has to prove itself */
};

/* One device's numbers, as an object (devices.c). */
void pages_put_device(struct json *json, const struct device *device,
                      const struct device_counters *counters, int64_t now_mono_ms);

/* Parts of the health page, each some members of its object. */
void pages_put_machine(struct json *json, const struct vitals *vitals);
void pages_put_disk(struct json *json, const struct vitals *vitals);
void pages_put_restart(struct json *json, const struct vitals *vitals);
void pages_put_errors(struct json *json, const struct vitals *vitals); /* health_machine.c */
void pages_put_buses(struct json *json, const struct vitals *vitals);
void pages_put_destinations(struct json *json, const struct vitals *vitals);
void pages_put_books(struct json *json, const struct vitals *vitals); /* health_traffic.c */

void pages_put_time(struct json *json, const char *key, const struct stamp *at);

void pages_write_health(struct json *json, const struct vitals *vitals);

/* Events open now; at most `count` of them. */
void pages_write_alarms(struct json *json, const struct vitals *vitals, const struct event *events,
                        size_t count);

/* Where the open periods of judged means stand (headroom.c). */
void pages_write_headroom(struct json *json, const struct vitals *vitals,
                          const struct headroom *list, size_t count);

/* Parts of the catalogue. */
void pages_write_points(struct json *json, const struct vitals *vitals);
void pages_write_buses(struct json *json, const struct vitals *vitals);
void pages_write_units(struct json *json, const struct vitals *vitals);
void pages_write_words(struct json *json, const struct vitals *vitals);
void pages_write_assets(struct json *json, const struct vitals *vitals);
void pages_write_limits(struct json *json, const struct vitals *vitals);
void pages_write_destinations(struct json *json, const struct vitals *vitals);
void pages_write_key(struct json *json, const struct vitals *vitals, const uint8_t key[32]);

#endif

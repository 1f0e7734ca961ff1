/* Of the health page: buses, destinations, and the books of promise 12. Read from counters that
 * other threads go on writing: each is right, together they may be a message apart. */
#include "daemon/store/store.h"
#include "daemon/supervise/oversight.h"
#include "daemon/supervise/pages.h"

#include <stdio.h>

static const char *const STREAMS[] = {"",       "event",  "evidence", "period",
                                      "minute", "sample", "trend"};

static uint64_t
load(const atomic_ullong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void
put_count(struct json *json, const char *key, const atomic_ullong *counter)
{
    json_put_natural(json, key, load(counter));
}

/* ---- buses ---- */

struct traffic {
    unsigned states[4]; /* devices, by enum device_state */
    uint64_t requests, answers, timeouts, errors;
};

static void
add_device(struct traffic *traffic, const struct device_counters *counters)
{
    traffic->states[atomic_load(&counters->state) & 3]++;
    traffic->requests += load(&counters->requests);
    traffic->answers += load(&counters->answers);
    traffic->timeouts += load(&counters->timeouts);
    traffic->errors += load(&counters->crc_errors) + load(&counters->wrong_answers) +
                       load(&counters->refused);
}

/* "online": each device answers. "offline": none does. */
static const char *
state_of(const struct traffic *traffic, unsigned devices)
{
    if (traffic->states[DEVICE_UNKNOWN] == devices)
        return "unknown";
    if (traffic->states[DEVICE_ONLINE] == devices)
        return "online";
    return traffic->states[DEVICE_ONLINE] + traffic->states[DEVICE_DEGRADED] == 0 &&
                   traffic->states[DEVICE_UNKNOWN] == 0
               ? "offline"
               : "degraded";
}

static void
put_bus(struct json *json, const struct bus *bus, const struct device_counters *devices)
{
    struct traffic traffic = {0};

    for (uint16_t i = 0; i < bus->device_count; i++)
        add_device(&traffic, &devices[bus->devices[i]->index]);
    json_begin_object(json);
    json_put_text(json, "name", bus->name);
    json_put_text(json, "state", state_of(&traffic, bus->device_count));
    json_put_natural(json, "devices", bus->device_count);
    json_put_natural(json, "online", traffic.states[DEVICE_ONLINE]);
    json_put_natural(json, "requests", traffic.requests);
    json_put_natural(json, "answers", traffic.answers);
    json_put_natural(json, "timeouts", traffic.timeouts);
    json_put_natural(json, "errors", traffic.errors);
    json_end_object(json);
}

void
pages_put_buses(struct json *json, const struct vitals *vitals)
{
    const struct site *site = vitals->site;

    json_key(json, "buses");
    json_begin_array(json);
    for (uint16_t i = 0; i < site->bus_count; i++)
        put_bus(json, &site->buses[i], vitals->devices);
    json_end_array(json);
}

/* ---- destinations ---- */

/* The number of all. */
static uint64_t
put_queues(struct json *json, const struct destination_counters *counters)
{
    uint64_t queued = 0;

    json_key(json, "queued_by_stream");
    json_begin_object(json);
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++) {
        put_count(json, STREAMS[stream], &counters->queued[stream]);
        queued += load(&counters->queued[stream]);
    }
    json_end_object(json);
    json_put_natural(json, "queued", queued);
    return queued;
}

static void
put_age(struct json *json, const char *key, int64_t since_ms, int64_t now_ms)
{
    json_key(json, key);
    if (since_ms <= 0 || now_ms <= 0)
        json_none(json);
    else
        json_signed(json, now_ms > since_ms ? now_ms - since_ms : 0);
}

static void
put_moment(struct json *json, const char *key, int64_t utc_ms)
{
    json_key(json, key);
    if (utc_ms <= 0)
        json_none(json);
    else
        json_signed(json, utc_ms);
}

/* Which of its brokers, the state of the line, since when, and what was last wrong with it. */
static void
put_line(struct json *json, const struct vitals *vitals, const struct destination *destination,
         const struct destination_counters *counters)
{
    static const char *const STATES[] = {"down", "connecting", "up", "up"};
    const struct oversight *oversight = vitals->oversight;
    const struct fault *fault = faults_of_destination(&oversight->faults, destination->name);
    unsigned at = atomic_load(&counters->broker);
    char broker[300] = "";

    if (at < destination->broker_count)
        snprintf(broker, sizeof broker, "%s:%u", destination->brokers[at].host,
                 destination->brokers[at].port);
    json_put_text(json, "name", destination->name);
    json_put_text(json, "state", STATES[atomic_load(&counters->state) & 3]);
    if (destination->index < OVERSIGHT_DESTINATIONS)
        pages_put_time(json, "since", &oversight->since[destination->index].at);
    json_put_text(json, "broker", broker);
    json_put_natural(json, "mqtt_version", atomic_load(&counters->mqtt_version));
    json_put_text(json, "last_error", fault != NULL ? fault->text : "");
}

static void
put_destination(struct json *json, const struct vitals *vitals,
                const struct destination *destination)
{
    const struct destination_counters *counters = &vitals->destinations[destination->index];
    int64_t now_utc_ms = vitals->now.clock == CLOCK_UNKNOWN ? 0 : vitals->now.utc_ms;

    json_begin_object(json);
    put_line(json, vitals, destination, counters);
    put_count(json, "connects", &counters->connects);
    put_count(json, "published", &counters->published);
    put_count(json, "acknowledged_messages", &counters->acknowledged_messages);
    put_count(json, "bytes", &counters->bytes);
    uint64_t queued = put_queues(json, counters);
    put_age(json, "oldest_queued_age_ms",
            queued > 0 ? atomic_load(&counters->oldest_queued_utc_ms) : 0, now_utc_ms);
    put_age(json, "last_acknowledge_age_ms", atomic_load(&counters->last_acknowledge_mono_ms),
            vitals->now.mono_ms);
    put_moment(json, "certificate_until", atomic_load(&counters->certificate_until_utc_ms));
    put_moment(json, "broker_certificate_until",
               atomic_load(&counters->broker_certificate_until_utc_ms));
    json_end_object(json);
}

void
pages_put_destinations(struct json *json, const struct vitals *vitals)
{
    const struct site *site = vitals->site;

    json_key(json, "destinations");
    json_begin_array(json);
    for (uint16_t i = 0; i < site->destination_count; i++)
        put_destination(json, vitals, &site->destinations[i]);
    json_end_array(json);
}

/* ---- books ---- */

static void
put_stream(struct json *json, const struct vitals *vitals, int stream)
{
    const struct site *site = vitals->site;
    const struct store_counters *store = vitals->store;

    json_key(json, STREAMS[stream]);
    json_begin_object(json);
    put_count(json, "records", &store->records[stream]);
    put_count(json, "values", &store->values[stream]);
    put_count(json, "evicted", &store->evicted_records[stream]);
    for (uint16_t i = 0; i < site->destination_count; i++) {
        const struct destination_counters *counters = &vitals->destinations[i];
        json_key(json, site->destinations[i].name);
        json_begin_object(json);
        put_count(json, "acknowledged", &counters->acknowledged[stream]);
        put_count(json, "queued", &counters->queued[stream]);
        put_count(json, "skipped", &counters->skipped[stream]);
        put_count(json, "evicted", &counters->evicted[stream]);
        put_count(json, "rejected", &counters->rejected[stream]);
        json_end_object(json);
    }
    json_end_object(json);
}

static void
put_balance(struct json *json, const struct ledger_result *books)
{
    json_key(json, "balanced");
    if (books->state == LEDGER_UNKNOWN)
        json_none(json);
    else
        json_bool(json, books->state == LEDGER_BALANCED);
    json_put_integer(json, "under_way", books->under_way);
    json_put_integer(json, "worst_difference", books->worst);
}

void
pages_put_books(struct json *json, const struct vitals *vitals)
{
    const struct store_counters *store = vitals->store;

    json_key(json, "books");
    json_begin_object(json);
    put_balance(json, &vitals->oversight->books);
    put_count(json, "read_scans", vitals->read_records);
    put_count(json, "read_values", vitals->read_values);
    put_count(json, "dropped_scans", vitals->dropped_records);
    put_count(json, "dropped_values", vitals->dropped_values);
    put_count(json, "lost_records", &store->lost_records);
    put_count(json, "lost_values", &store->lost_values);
    json_key(json, "stored");
    json_begin_object(json);
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
        put_stream(json, vitals, stream);
    json_end_object(json);
    json_end_object(json);
}

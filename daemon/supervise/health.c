/* The health page and the alarms page. */
#include "base/clock.h"
#include "daemon/store/store.h"
#include "daemon/supervise/pages.h"
#include "daemon/supervise/timekeeper.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

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

static void
put_destination(struct json *json, const struct destination *destination,
                const struct destination_counters *counters)
{
    static const char *const STATES[] = {"down", "connecting", "up", "up"};
    uint64_t queued = 0;

    json_begin_object(json);
    json_put_text(json, "name", destination->name);
    json_put_text(json, "state", STATES[atomic_load(&counters->state) & 3]);
    json_put_natural(json, "mqtt_version", atomic_load(&counters->mqtt_version));
    put_count(json, "connects", &counters->connects);
    put_count(json, "published", &counters->published);
    put_count(json, "acknowledged_messages", &counters->acknowledged_messages);
    put_count(json, "bytes", &counters->bytes);
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
        queued += load(&counters->queued[stream]);
    json_put_natural(json, "queued", queued);
    json_end_object(json);
}

/* read = stored + dropped; stored = acknowledged + queued + evicted + skipped + rejected, per
 * stream and destination (promise 12). Records of the six streams; values of scans. */
static void
put_books(struct json *json, const struct vitals *vitals)
{
    const struct site *site = vitals->site;
    const struct store_counters *store = vitals->store;

    json_key(json, "books");
    json_begin_object(json);
    put_count(json, "read_scans", vitals->read_records);
    put_count(json, "read_values", vitals->read_values);
    put_count(json, "dropped_scans", vitals->dropped_records);
    put_count(json, "dropped_values", vitals->dropped_values);
    put_count(json, "lost_records", &store->lost_records);
    put_count(json, "lost_values", &store->lost_values);
    json_key(json, "stored");
    json_begin_object(json);
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++) {
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
            json_end_object(json);
        }
        json_end_object(json);
    }
    json_end_object(json);
    json_end_object(json);
}

static long
resident_kib(void)
{
    char text[128] = "";
    long size = 0;
    long resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file == NULL)
        return 0;
    if (fgets(text, sizeof text, file) != NULL && sscanf(text, "%ld %ld", &size, &resident) != 2)
        resident = 0;
    fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void
put_machine(struct json *json, const struct vitals *vitals)
{
    struct statvfs disk;
    const char *directory = vitals->directory;

    json_put_integer(json, "cpu_ms", clock_cpu_ms());
    json_put_integer(json, "memory_kib", resident_kib());
    json_key(json, "disk");
    json_begin_object(json);
    json_put_integer(json, "store_bytes", atomic_load(&vitals->store->file_bytes));
    if (directory != NULL && statvfs(directory, &disk) == 0)
        json_put_natural(json, "free_bytes", (uint64_t)disk.f_bavail * disk.f_frsize);
    json_put_bool(json, "volatile", atomic_load(&vitals->store->is_volatile));
    put_count(json, "commits", &vitals->store->commits);
    json_put_natural(json, "commit_ms_max", atomic_load(&vitals->store->commit_ms_max));
    json_end_object(json);
}

static void
put_time(struct json *json, const char *key, const struct stamp *at)
{
    json_key(json, key);
    if (at->clock == CLOCK_UNKNOWN)
        json_none(json);
    else
        json_signed(json, at->utc_ms);
}

void
pages_write_health(struct json *json, const struct vitals *vitals)
{
    const struct site *site = vitals->site;

    json_begin_object(json);
    json_put_natural(json, "v", 1);
    json_put_text(json, "gateway", vitals->gateway_id);
    json_put_text(json, "store", vitals->store_id);
    json_put_text(json, "version", vitals->version);
    put_time(json, "t", &vitals->now);
    json_put_text(json, "clock", timekeeper_state_name(vitals->now.clock));
    json_put_natural(json, "boot", vitals->now.boot);
    json_put_integer(json, "uptime_ms", vitals->now.mono_ms - vitals->started.mono_ms);
    json_put_text(json, "restart_cause", vitals->restart_cause);
    json_put_text(json, "last_error", vitals->last_error);
    json_put_natural(json, "catalog", vitals->catalog_version);
    put_machine(json, vitals);
    json_key(json, "devices");
    json_begin_array(json);
    for (uint16_t i = 0; i < site->device_count; i++)
        if (site->devices[i].asset == NULL)
            pages_put_device(json, &site->devices[i], &vitals->devices[i], vitals->now.mono_ms);
    json_end_array(json);
    json_key(json, "destinations");
    json_begin_array(json);
    for (uint16_t i = 0; i < site->destination_count; i++)
        put_destination(json, &site->destinations[i], &vitals->destinations[i]);
    json_end_array(json);
    put_books(json, vitals);
    json_end_object(json);
}

static void
put_details(struct json *json, const struct event *event)
{
    json_key(json, "details");
    json_begin_object(json);
    for (size_t i = 0; i < event->detail_count; i++) {
        const struct detail *detail = &event->details[i];
        if (detail->kind == VALUE_TEXT)
            json_put_text(json, detail->key, detail->as.text);
        else if (detail->kind == VALUE_NUMBER)
            json_put_number(json, detail->key, detail->as.number);
        else
            json_put_integer(json, detail->key, detail->as.integer);
    }
    json_end_object(json);
}

static void
put_alarm(struct json *json, const struct event *event)
{
    static const char *const SEVERITIES[] = {"info", "warning", "alarm"};
    char id[EVENT_ID];

    snprintf(id, sizeof id, "%s-%llu", event->opened_store,
             (unsigned long long)event->opened_sequence);
    json_begin_object(json);
    json_put_text(json, "id", id);
    json_put_text(json, "kind", event->kind);
    json_put_text(json, "severity", SEVERITIES[event->severity]);
    json_put_text(json, "subject", event->subject);
    put_time(json, "since", &event->since);
    if (!isnan(event->value))
        json_put_number(json, "value", event->value);
    if (!isnan(event->peak))
        json_put_number(json, "peak", event->peak);
    if (!isnan(event->limit))
        json_put_number(json, "limit", event->limit);
    if (event->detail_count > 0)
        put_details(json, event);
    json_end_object(json);
}

void
pages_write_alarms(struct json *json, const struct vitals *vitals, const struct event *events,
                   size_t count)
{
    json_begin_object(json);
    json_put_natural(json, "v", 1);
    json_put_text(json, "gateway", vitals->gateway_id);
    json_put_text(json, "store", vitals->store_id);
    put_time(json, "t", &vitals->now);
    json_key(json, "events");
    json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        put_alarm(json, &events[i]);
    json_end_array(json);
    json_end_object(json);
}

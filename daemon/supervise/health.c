/* The health page and the alarms page. */
#include "daemon/supervise/pages.h"
#include "daemon/supervise/timekeeper.h"

#include <math.h>
#include <stdio.h>

void
pages_put_time(struct json *json, const char *key, const struct stamp *at)
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
    pages_put_time(json, "t", &vitals->now);
    json_put_text(json, "clock", timekeeper_state_name(vitals->now.clock));
    json_put_natural(json, "boot", vitals->now.boot);
    json_put_integer(json, "uptime_ms", vitals->now.mono_ms - vitals->started.mono_ms);
    pages_put_restart(json, vitals);
    json_put_text(json, "last_error", vitals->last_error);
    pages_put_errors(json, vitals);
    json_put_natural(json, "configuration", vitals->configuration);
    json_put_bool(json, "on_trial", vitals->on_trial);
    json_put_natural(json, "catalog", vitals->catalog_version);
    pages_put_machine(json, vitals);
    pages_put_disk(json, vitals);
    pages_put_buses(json, vitals);
    json_key(json, "devices");
    json_begin_array(json);
    for (uint16_t i = 0; i < site->device_count; i++)
        if (site->devices[i].asset == NULL)
            pages_put_device(json, &site->devices[i], &vitals->devices[i], vitals->now.mono_ms);
    json_end_array(json);
    pages_put_destinations(json, vitals);
    pages_put_books(json, vitals);
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
    pages_put_time(json, "since", &event->since);
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
    pages_put_time(json, "t", &vitals->now);
    json_key(json, "events");
    json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        put_alarm(json, &events[i]);
    json_end_array(json);
    json_end_object(json);
}

/* The catalogue: what numbers and codes in the payloads mean, so that a receiver needs no hand-made
 * list. A page a part; each names the version that data payloads refer to. */
#include "config/bypass.h"
#include "config/units.h"
#include "config/words.h"
#include "daemon/supervise/pages.h"

#include <math.h>

#include <stdio.h>

static void
begin(struct json *json, const struct vitals *vitals, const char *part)
{
    json_begin_object(json);
    json_put_natural(json, "v", 1);
    json_put_text(json, "gateway", vitals->gateway_id);
    json_put_natural(json, "version", vitals->catalog_version);
    json_key(json, part);
    json_begin_array(json);
}

static void
end(struct json *json)
{
    json_end_array(json);
    json_end_object(json);
}

static void
put_point(struct json *json, const struct point *point)
{
    json_begin_object(json);
    json_put_natural(json, "number", point->number);
    json_put_text(json, "device", point->device->name);
    json_put_text(json, "name", point->name);
    json_put_text(json, "unit", point->unit);
    json_put_text(json, "type", site_type_name(point->type));
    json_put_text(json, "stream", point->device->sample ? "sample" : "trend");
    json_put_natural(json, "every_ms", point->every_ms);
    if (point->has_range) {
        json_key(json, "range");
        json_begin_array(json);
        json_number(json, point->low);
        json_number(json, point->high);
        json_end_array(json);
    }
    json_end_object(json);
}

void
pages_write_points(struct json *json, const struct vitals *vitals)
{
    const struct site *site = vitals->site;

    begin(json, vitals, "points");
    for (uint32_t i = 0; i < site->point_count; i++)
        put_point(json, &site->points[i]);
    json_end_array(json);
    json_key(json, "devices");
    json_begin_array(json);
    for (uint16_t i = 0; i < site->device_count; i++) {
        const struct device *device = &site->devices[i];
        json_begin_object(json);
        json_put_natural(json, "number", device->number);
        json_put_text(json, "name", device->name);
        if (device->bus != NULL)
            json_put_text(json, "bus", device->bus->name);
        if (device->asset != NULL)
            json_put_text(json, "asset", device->asset->name); /* its points are derived */
        json_put_natural(json, "unit", device->unit);
        json_put_text(json, "map", device->map != NULL ? device->map : "");
        json_end_object(json);
    }
    end(json);
}

void
pages_write_units(struct json *json, const struct vitals *vitals)
{
    const struct unit *unit;

    begin(json, vitals, "units");
    for (unsigned i = 0; (unit = units_at(i)) != NULL; i++) {
        json_begin_object(json);
        json_put_text(json, "key", unit->key);
        json_put_text(json, "kind", unit->kind);
        json_put_text(json, "zh", unit->zh);
        json_put_text(json, "en", unit->en);
        json_end_object(json);
    }
    end(json);
}

static void
put_condition(struct json *json, const char *key, const struct condition *condition)
{
    static const char *const COMPARISONS[] = {"true", "false", ">", "<"};

    if (condition->point == NULL)
        return;
    json_key(json, key);
    json_begin_object(json);
    json_put_natural(json, "point", condition->point->number);
    json_put_text(json, "is", COMPARISONS[condition->comparison]);
    if (condition->comparison >= COMPARE_ABOVE)
        json_put_number(json, "value", condition->value);
    json_put_number(json, "hysteresis", condition->hysteresis);
    json_put_natural(json, "delay_ms", condition->delay_ms);
    json_end_object(json);
}

static void
put_number_of(struct json *json, const char *key, const struct point *point)
{
    if (point != NULL)
        json_put_natural(json, key, point->number);
}

static void
put_bypass(struct json *json, const struct bypass *bypass)
{
    static const char *const KINDS[] = {"discharge", "hot-side", "process"};
    static const char *const WITNESSES[] = {"open", "closed",   "opening",
                                            "flow", "pressure", "temperature"};

    json_begin_object(json);
    json_put_text(json, "name", bypass->name);
    json_put_text(json, "kind", KINDS[bypass->kind]);
    json_put_text(json, "when", bypass->always ? "always" : "production");
    for (unsigned i = 0; i < WITNESS_COUNT; i++)
        put_condition(json, WITNESSES[i], &bypass->witnesses[i]);
    put_condition(json, "safety", &bypass->safety);
    put_number_of(json, "flow_point", bypass->amount);
    put_number_of(json, "inlet_point", bypass->inlet);
    json_put_text(json, "mass_method", bypass->mass_method != NULL ? bypass->mass_method : "none");
    json_key(json, "masses");
    json_begin_array(json);
    for (unsigned i = 0; i < bypass->mass_count; i++)
        json_text(json, bypass->masses[i].name);
    json_end_array(json);
    json_end_object(json);
}

/* The first one's open and flow stand alone as well, as before there were several. */
static void
put_bypasses(struct json *json, const struct asset *asset)
{
    put_condition(json, "bypass_open", &asset->bypasses[0].open);
    put_condition(json, "bypass_flow", &asset->bypasses[0].flow);
    json_key(json, "bypasses");
    json_begin_array(json);
    for (uint8_t i = 0; i < asset->bypass_count; i++)
        put_bypass(json, &asset->bypasses[i]);
    json_end_array(json);
}

/* Titles of event kinds in both languages: codes travel, words live here. */
void
pages_write_words(struct json *json, const struct vitals *vitals)
{
    const struct words *words;

    begin(json, vitals, "words");
    for (unsigned i = 0; (words = words_at(i)) != NULL; i++) {
        json_begin_object(json);
        json_put_text(json, "kind", words->kind);
        json_put_text(json, "zh", words->zh);
        json_put_text(json, "en", words->en);
        json_end_object(json);
    }
    end(json);
}

static void
put_plant(struct json *json, const struct asset *asset)
{
    if (*asset->fuel != '\0')
        json_put_text(json, "fuel", asset->fuel);
    if (*asset->technology != '\0')
        json_put_text(json, "technology", asset->technology);
    if (!isnan(asset->capacity_t_h))
        json_put_number(json, "capacity_t_h", asset->capacity_t_h);
    if (asset->annual_count == 0)
        return;
    json_key(json, "annual_t");
    json_begin_object(json);
    for (uint8_t i = 0; i < asset->annual_count; i++)
        json_put_number(json, asset->annual[i].pollutant, asset->annual[i].tonnes);
    json_end_object(json);
}

void
pages_write_assets(struct json *json, const struct vitals *vitals)
{
    const struct site *site = vitals->site;

    begin(json, vitals, "assets");
    for (uint16_t i = 0; i < site->asset_count; i++) {
        const struct asset *asset = &site->assets[i];
        json_begin_object(json);
        json_put_text(json, "name", asset->name);
        json_put_text(json, "kind", site_asset_kind_name(asset->kind));
        json_put_text(json, "permit", asset->permit);
        json_put_text(json, "outlet", asset->outlet);
        put_plant(json, asset);
        put_condition(json, "production", &asset->production);
        put_condition(json, "treatment", &asset->treatment);
        if (asset->bypass_count != 0)
            put_bypasses(json, asset);
        json_end_object(json);
    }
    end(json);
}

void
pages_write_limits(struct json *json, const struct vitals *vitals)
{
    const struct site *site = vitals->site;

    begin(json, vitals, "limits");
    for (uint16_t i = 0; i < site->limit_count; i++) {
        const struct limit *limit = &site->limits[i];
        json_begin_object(json);
        json_put_text(json, "name", limit->name);
        json_put_text(json, "asset", limit->asset->name);
        json_put_natural(json, "point", limit->point->number);
        json_put_text(json, "kind", site_limit_kind_name(limit->kind));
        json_put_text(json, "side", limit->side == SIDE_ABOVE ? "at-most" : "at-least");
        json_put_text(json, "averaging", site_averaging_name(limit->averaging));
        json_put_number(json, "value", limit->value);
        json_put_text(json, "unit", limit->point->unit);
        json_put_natural(json, "delay_ms", limit->delay_ms);
        json_put_number(json, "hysteresis", limit->hysteresis);
        json_put_text(json, "source", limit->source);
        json_end_object(json);
    }
    end(json);
}

static void
put_devices(struct json *json, const struct bus *bus)
{
    json_key(json, "devices");
    json_begin_array(json);
    for (uint16_t i = 0; i < bus->device_count; i++) {
        const struct device *device = bus->devices[i];
        json_begin_object(json);
        json_put_text(json, "name", device->name);
        json_put_natural(json, "unit", device->unit);
        if (device->map != NULL)
            json_put_text(json, "map", device->map);
        json_put_natural(json, "every_ms", device->every_ms);
        json_put_natural(json, "points", device->point_count);
        json_end_object(json);
    }
    json_end_array(json);
}

void
pages_write_buses(struct json *json, const struct vitals *vitals)
{
    static const char *const KINDS[] = {"tcp", "rtu", "rtu-over-tcp"};
    const struct site *site = vitals->site;
    char place[300];

    begin(json, vitals, "buses");
    for (uint16_t i = 0; i < site->bus_count; i++) {
        const struct bus *bus = &site->buses[i];
        if (bus->kind == BUS_RTU)
            snprintf(place, sizeof place, "%s", bus->path);
        else
            snprintf(place, sizeof place, "%s:%u", bus->host, bus->port);
        json_begin_object(json);
        json_put_text(json, "name", bus->name);
        json_put_text(json, "kind", KINDS[bus->kind]);
        json_put_text(json, "place", place);
        if (bus->kind != BUS_TCP)
            json_put_natural(json, "baud", bus->baud);
        put_devices(json, bus);
        json_end_object(json);
    }
    end(json);
}

/* As daemon/forward/sender.c names itself. */
static void
put_client_id(struct json *json, const struct destination *destination, const char *gateway_id)
{
    char text[64];

    snprintf(text, sizeof text, "parkgate-%s", gateway_id);
    json_put_text(json, "client_id",
                  destination->client_id != NULL ? destination->client_id : text);
}

void
pages_write_destinations(struct json *json, const struct vitals *vitals)
{
    static const char *const STREAMS[] = {"",       "event",  "evidence", "period",
                                          "minute", "sample", "trend"};
    const struct site *site = vitals->site;

    begin(json, vitals, "destinations");
    for (uint16_t i = 0; i < site->destination_count; i++) {
        const struct destination *destination = &site->destinations[i];
        json_begin_object(json);
        json_put_text(json, "name", destination->name);
        json_put_text(json, "acknowledge", destination->acknowledge_centre ? "centre" : "broker");
        put_client_id(json, destination, vitals->gateway_id);
        json_put_bool(json, "tls", destination->brokers[0].tls);
        json_key(json, "streams");
        json_begin_array(json);
        for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
            if (destination->streams & (1U << stream))
                json_text(json, STREAMS[stream]);
        json_end_array(json);
        json_end_object(json);
    }
    end(json);
}

void
pages_write_key(struct json *json, const struct vitals *vitals, const uint8_t key[32])
{
    json_begin_object(json);
    json_put_natural(json, "v", 1);
    json_put_text(json, "gateway", vitals->gateway_id);
    json_put_natural(json, "version", vitals->catalog_version);
    json_put_text(json, "algorithm", "Ed25519");
    json_key(json, "public_key");
    json_hex(json, key, 32);
    json_end_object(json);
}

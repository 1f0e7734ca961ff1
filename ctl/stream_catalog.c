/* What payloads refer to: names of the pages catalog/points, and the zeros of boots. */
#include "ctl/stream_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
index_points(const json_t *list, json_t *ret_index)
{
    size_t i;
    json_t *point;

    json_array_foreach(list, i, point)
    {
        const char *device, *name, *type;
        json_int_t number;
        char full[200];
        if (json_unpack(point, "{s:I, s:s, s:s, s:s}", "number", &number, "device", &device, "name",
                        &name, "type", &type) != 0 ||
            snprintf(full, sizeof full, "%s.%s", device, name) >= (int)sizeof full)
            continue;
        if (json_object_set_new(ret_index, full,
                                json_pack("{s:I, s:s}", "number", number, "type", type)) != 0)
            return -ENOMEM;
    }
    return 0;
}

static int
index_devices(const json_t *list, json_t *ret_index)
{
    size_t i;
    json_t *device;

    json_array_foreach(list, i, device)
    {
        const char *name;
        json_int_t number;
        if (json_unpack(device, "{s:I, s:s}", "number", &number, "name", &name) == 0 &&
            json_object_set_new(ret_index, name, json_integer(number)) != 0)
            return -ENOMEM;
    }
    return 0;
}

static bool
is_there(const struct stream_catalogs *catalogs, const struct stream_catalog *catalog)
{
    for (size_t i = 0; i < catalogs->count; i++) {
        const struct stream_catalog *other = &catalogs->items[i];
        if (other->version == catalog->version && strcmp(other->gateway, catalog->gateway) == 0 &&
            json_equal(other->points, catalog->points) &&
            json_equal(other->devices, catalog->devices))
            return true;
    }
    return false;
}

static void
drop(struct stream_catalog *catalog)
{
    json_decref(catalog->points);
    json_decref(catalog->devices);
}

/* Newest first, so that what is looked at in order is. */
static int
add(struct stream_catalogs *catalogs, const struct stream_catalog *catalog)
{
    if (catalogs->count == catalogs->room) {
        size_t room = catalogs->room * 2 + 8;
        void *items = realloc(catalogs->items, room * sizeof *catalog);
        if (items == NULL)
            return -ENOMEM;
        catalogs->items = items;
        catalogs->room = room;
    }
    size_t at = catalogs->count++;
    for (; at > 0 && catalogs->items[at - 1].version <= catalog->version; at--)
        catalogs->items[at] = catalogs->items[at - 1];
    catalogs->items[at] = *catalog;
    return 0;
}

int
stream_catalogs_take(struct stream_catalogs *catalogs, const json_t *page)
{
    struct stream_catalog catalog = {0};
    const json_t *points = json_object_get(page, "points");
    const json_t *devices = json_object_get(page, "devices");
    const char *gateway = json_string_value(json_object_get(page, "gateway"));
    const json_t *version = json_object_get(page, "version");

    if (!json_is_array(points) || !json_is_array(devices) || !json_is_integer(version) ||
        gateway == NULL || strlen(gateway) + 1 != sizeof catalog.gateway)
        return 0;
    memcpy(catalog.gateway, gateway, sizeof catalog.gateway);
    catalog.version = json_integer_value(version);
    catalog.points = json_object();
    catalog.devices = json_object();
    int error = catalog.points == NULL || catalog.devices == NULL ? -ENOMEM : 0;
    if (error == 0)
        error = index_points(points, catalog.points);
    if (error == 0)
        error = index_devices(devices, catalog.devices);
    bool wanted = error == 0 && !is_there(catalogs, &catalog);
    if (wanted)
        error = add(catalogs, &catalog);
    if (!wanted || error != 0)
        drop(&catalog);
    return error;
}

void
stream_catalogs_free(struct stream_catalogs *catalogs)
{
    for (size_t i = 0; i < catalogs->count; i++)
        drop(&catalogs->items[i]);
    free(catalogs->items);
    *catalogs = (struct stream_catalogs){0};
}

const struct stream_catalog *
stream_catalogs_at(const struct stream_catalogs *catalogs, const char *gateway, json_int_t wanted,
                   size_t at)
{
    for (int others = 0; others < 2; others++)
        for (size_t i = 0; i < catalogs->count; i++) {
            const struct stream_catalog *catalog = &catalogs->items[i];
            bool is_other = catalog->version != wanted;
            if (is_other == (others == 1) && strcmp(catalog->gateway, gateway) == 0 && at-- == 0)
                return catalog;
        }
    return NULL;
}

/* "point-7": what the gateway writes for a number its registry does not know. */
static bool
is_bare_number(const char *text, uint64_t *ret_number)
{
    char *end;

    if (strncmp(text, "point-", 6) != 0 || text[6] < '0' || text[6] > '9')
        return false;
    *ret_number = strtoull(text + 6, &end, 10);
    return *end == '\0' && *ret_number <= UINT32_MAX;
}

bool
stream_point_of(const struct stream_catalog *catalog, const char *full, uint64_t *ret_number)
{
    const json_t *point = json_object_get(catalog->points, full);

    if (point == NULL)
        return is_bare_number(full, ret_number);
    return stream_take_natural(point, "number", ret_number);
}

bool
stream_point(const struct stream_catalog *catalog, const char *device, const char *name,
             uint64_t *ret_number, const char **ret_type)
{
    char full[200];

    if (snprintf(full, sizeof full, "%s.%s", device, name) >= (int)sizeof full)
        return false;
    const json_t *point = json_object_get(catalog->points, full);
    *ret_type = "";
    if (point == NULL)
        return is_bare_number(name, ret_number);
    *ret_type = json_string_value(json_object_get(point, "type"));
    return stream_take_natural(point, "number", ret_number);
}

bool
stream_device(const struct stream_catalog *catalog, const char *name, uint64_t *ret_number)
{
    return stream_take_natural(catalog->devices, name, ret_number);
}

/* ---- zeros: the time of a placed record is not in the record, but what it follows from is: the
 * event clock.zero of its boot, in the chain of the same store ---- */

static void
print_key(char ret_key[80], const char *store, uint64_t boot)
{
    snprintf(ret_key, 80, "%.40s/%llu", store, (unsigned long long)boot);
}

/* One boot has one zero; another one that is claimed for it counts as well, and the chain tells
 * which of the payloads is right. */
static int
add_zero(json_t *zeros, const char *store, const json_t *details)
{
    uint64_t boot;
    int64_t zero;
    char key[80];

    if (!stream_take_natural(details, "boot", &boot) ||
        !stream_take_integer(details, "zero_utc_ms", &zero))
        return 0;
    print_key(key, store, boot);
    if (json_object_get(zeros, key) == NULL && json_object_set_new(zeros, key, json_array()) != 0)
        return -ENOMEM;
    return json_array_append_new(json_object_get(zeros, key), json_integer(zero)) == 0 ? 0
                                                                                       : -ENOMEM;
}

int
stream_zeros_take(json_t *zeros, const json_t *page)
{
    const char *stream = json_string_value(json_object_get(page, "stream"));
    const char *store = json_string_value(json_object_get(page, "store"));
    size_t i;
    const json_t *record;
    int error = 0;

    if (stream == NULL || store == NULL || strcmp(stream, "event") != 0)
        return 0;
    json_array_foreach(json_object_get(page, "records"), i, record)
    {
        const char *kind = json_string_value(json_object_get(record, "kind"));
        if (error == 0 && kind != NULL && strcmp(kind, "clock.zero") == 0)
            error = add_zero(zeros, store, json_object_get(record, "details"));
    }
    return error;
}

enum stream_placing
stream_placing(const json_t *zeros, const struct stream_payload *payload)
{
    const json_t *t = json_object_get(json_array_get(payload->records, 0), "t");
    uint64_t mono = (uint64_t)json_integer_value(json_array_get(payload->mono, 0));
    char key[80];
    size_t i;
    const json_t *zero;

    print_key(key, payload->store, payload->boot);
    const json_t *known = json_object_get(zeros, key);
    json_array_foreach(known, i,
                       zero) if (json_is_integer(t) &&
                                 (uint64_t)json_integer_value(zero) + mono ==
                                     (uint64_t)json_integer_value(t)) return STREAM_PLACED_RIGHTLY;
    return known == NULL ? STREAM_PLACED_UNKNOWN : STREAM_PLACED_WRONGLY;
}

/* What a good file becomes: every field of the site, its links, and which points are kept by law.
 */
#include "config/bypass.h"
#include "config/loader.h"
#include "config/site.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

static void
no_report(void *context, bool warning, const char *line)
{
    (void)context;
    if (!warning) /* what a site leaves out is said, not refused */
        fail_msg("%s", line);
}

static struct site *
load(const char *file)
{
    struct loader_options options = {.share = "config", .report = no_report};
    struct site *site = NULL;
    assert_int_equal(loader_load(file, &options, &site), 0);
    return site;
}

static const struct asset *
find_asset(const struct site *site, const char *name)
{
    for (uint16_t i = 0; i < site->asset_count; i++)
        if (!strcmp(site->assets[i].name, name))
            return &site->assets[i];
    fail_msg("no asset %s", name);
    return NULL;
}

static void
test_links(void **state)
{
    (void)state;
    struct site *site = load("tests/unit/config/good/three-lines.yaml");
    assert_int_equal(site->bus_count, 3);
    uint32_t points = 0, on_buses = 0;
    for (uint16_t i = 0; i < site->device_count; i++) {
        const struct device *device = &site->devices[i];
        assert_int_equal(device->index, i);
        assert_ptr_equal(device->points, site->points + points);
        for (uint16_t p = 0; p < device->point_count; p++, points++) {
            assert_ptr_equal(device->points[p].device, device);
            assert_int_equal(device->points[p].index, points);
            assert_int_equal(device->points[p].number, 0);
            assert_int_equal(device->points[p].every_ms % device->every_ms, 0);
        }
    }
    assert_int_equal(points, site->point_count);
    for (uint16_t b = 0; b < site->bus_count; b++) {
        assert_int_equal(site->buses[b].index, b);
        on_buses += site->buses[b].device_count;
        for (uint16_t d = 0; d < site->buses[b].device_count; d++)
            assert_ptr_equal(site->buses[b].devices[d]->bus, &site->buses[b]);
    }
    uint16_t derived = 0; /* devices of assets are on no bus */
    for (uint16_t i = 0; i < site->device_count; i++) {
        assert_true(!site->devices[i].bus == !!site->devices[i].asset);
        derived = (uint16_t)(derived + (site->devices[i].asset != NULL));
    }
    assert_int_equal(on_buses + derived, site->device_count);
    for (uint16_t i = 0; i < site->limit_count; i++) {
        assert_int_equal(site->limits[i].index, i);
        assert_non_null(site->limits[i].point);
    }
    assert_null(site_find_device(site, "nobody"));
    assert_null(site_find_point(site, "nobody", "so2"));
    assert_null(site_find_point(site, "cems", "nothing"));
    site_free(site);
}

static void
test_field(void **state)
{
    (void)state;
    struct site *site = load("tests/unit/config/good/three-lines.yaml");
    const struct bus *line = site_find_device(site, "cems")->bus;
    assert_int_equal(line->kind, BUS_RTU);
    assert_string_equal(line->path, "/dev/ttyS1");
    assert_int_equal(line->baud, 9600);
    assert_int_equal(line->parity, 'N');
    assert_int_equal(line->data_bits, 8);
    assert_int_equal(line->stop_bits, 1);
    assert_int_equal(line->connect_timeout_ms, 3000);
    const struct device *rto = site_find_device(site, "rto");
    assert_int_equal(rto->bus->kind, BUS_TCP);
    assert_int_equal(rto->bus->port, 502);
    assert_int_equal(rto->bus->connect_timeout_ms, 2000);
    assert_int_equal(rto->timeout_ms, 500);
    assert_int_equal(rto->guard_ms, 200);
    assert_int_equal(rto->backoff_max_ms, 60000);
    assert_int_equal(rto->max_registers, 125);
    assert_int_equal(rto->max_bits, 2000);
    assert_null(rto->map);
    const struct device *effluent = site_find_device(site, "effluent");
    assert_int_equal(effluent->bus->kind, BUS_RTU_OVER_TCP);
    assert_string_equal(effluent->bus->host, "192.168.10.31");
    assert_int_equal(effluent->bus->port, 4001);
    assert_string_equal(effluent->map, "cod-nh3n-generic");
    assert_int_equal(effluent->unit, 7);
    assert_int_equal(effluent->every_ms, 10000);
    assert_int_equal(effluent->timeout_ms, 1500); /* the map's habit */
    site_free(site);
}

static void
test_points(void **state)
{
    (void)state;
    struct site *site = load("tests/unit/config/good/three-lines.yaml");
    const struct point *point = site_find_point(site, "rto", "chamber-temperature");
    assert_int_equal(point->table, TABLE_HOLDING);
    assert_int_equal(point->address, 100);
    assert_int_equal(point->registers, 2);
    assert_int_equal(point->type, TYPE_FLOAT32);
    assert_int_equal(point->order, ORDER_CDAB);
    assert_string_equal(point->unit, "degC");
    assert_true(point->has_range && point->low == 0 && point->high == 1200);
    assert_true(point->scale == 1 && point->offset == 0);
    point = site_find_point(site, "rto", "bypass-damper-open");
    assert_int_equal(point->table, TABLE_DISCRETE);
    assert_int_equal(point->type, TYPE_BOOL);
    assert_int_equal(point->registers, 1);
    point = site_find_point(site, "rto", "burner-on");
    assert_int_equal(point->type, TYPE_BOOL);
    assert_int_equal(point->bit, 3);
    assert_int_equal(point->bit_count, 1);
    point = site_find_point(site, "rto", "firmware");
    assert_int_equal(point->type, TYPE_STRING);
    assert_int_equal(point->registers, 8);
    assert_int_equal(point->every_ms, 60000);
    point = site_find_point(site, "rto", "fan-power");
    assert_int_equal(point->type, TYPE_U16);
    assert_true(point->scale == 0.1);
    assert_int_equal(point->every_ms, 1000);
    site_free(site);
}

static void
test_assets(void **state)
{
    (void)state;
    struct site *site = load("tests/unit/config/good/three-lines.yaml");
    const struct asset *line = find_asset(site, "paint-line");
    assert_int_equal(line->kind, ASSET_VOC_TREATMENT);
    assert_string_equal(line->outlet, "DA002");
    assert_string_equal(line->permit, "");
    assert_ptr_equal(line->production.point, site_find_point(site, "meter", "power"));
    assert_int_equal(line->production.comparison, COMPARE_ABOVE);
    assert_true(line->production.value == 15 && line->production.hysteresis == 1);
    assert_int_equal(line->production.delay_ms, 10000);
    assert_int_equal(line->bypasses[0].open.comparison, COMPARE_TRUE);
    assert_int_equal(line->bypasses[0].open.delay_ms, 2000);
    assert_ptr_equal(line->bypasses[0].flow.point, site_find_point(site, "rto", "bypass-flow"));
    assert_true(line->bypasses[0].flow.value == 100);
    const struct asset *boiler = find_asset(site, "boiler-3");
    assert_null(boiler->production.point);
    assert_int_equal(boiler->bypass_count, 0);
    site_free(site);
}

static const struct limit *
find_limit(const struct site *site, const char *asset, const char *name, enum limit_kind kind)
{
    for (uint16_t i = 0; i < site->limit_count; i++)
        if (!strcmp(site->limits[i].asset->name, asset) && !strcmp(site->limits[i].name, name) &&
            site->limits[i].kind == kind)
            return &site->limits[i];
    fail_msg("no limit %s of %s", name, asset);
    return NULL;
}

static void
test_limits(void **state)
{
    (void)state;
    struct site *site = load("tests/unit/config/good/three-lines.yaml");
    const struct limit *limit = find_limit(site, "boiler-3", "so2", LIMIT_ULTRA_LOW);
    assert_ptr_equal(limit->point, site_find_point(site, "boiler-3", "so2-corrected"));
    assert_true(limit->value == 35);
    assert_int_equal(limit->side, SIDE_ABOVE);
    assert_int_equal(limit->averaging, AVERAGING_HOUR);
    assert_string_equal(limit->source, "ultra-low coal boiler policy, corrected to 9 % O2");
    limit = find_limit(site, "boiler-3", "so2-corrected", LIMIT_WARNING);
    assert_int_equal(limit->averaging, AVERAGING_INSTANT);
    assert_int_equal(limit->delay_ms, 10000);
    assert_true(limit->hysteresis == 2);
    limit = find_limit(site, "boiler-3", "so2-corrected", LIMIT_PERMIT);
    assert_string_equal(limit->source, "permit 91131000MA0EXAMPLE001P");
    limit = find_limit(site, "paint-line", "chamber-temperature", LIMIT_PERMIT);
    assert_int_equal(limit->side, SIDE_BELOW);
    assert_int_equal(limit->averaging, AVERAGING_INSTANT);
    limit = find_limit(site, "paint-line", "nmhc", LIMIT_PERMIT);
    assert_true(limit->value == 120);
    assert_ptr_equal(limit->point, site_find_point(site, "analyser", "nmhc"));
    limit = find_limit(site, "outfall", "cod", LIMIT_WARNING);
    assert_int_equal(limit->averaging, AVERAGING_HOUR);
    site_free(site);
}

static void
test_brokers(void **state)
{
    (void)state;
    struct site *site = load("tests/unit/config/good/brokers.yaml");
    const struct destination *centre = &site->destinations[0], *plant = &site->destinations[1];
    assert_int_equal(centre->broker_count, 3);
    assert_string_equal(centre->brokers[0].host, "a.example");
    assert_int_equal(centre->brokers[0].port, 8883);
    assert_int_equal(centre->brokers[1].port, 8884);
    assert_string_equal(centre->brokers[2].host, "fd00::1");
    assert_true(centre->brokers[2].tls);
    assert_true(centre->compress);
    assert_int_equal(plant->broker_count, 1);
    assert_false(plant->compress);
    site_free(site);
}

static void
test_destinations(void **state)
{
    (void)state;
    struct site *site = load("tests/unit/config/good/three-lines.yaml");
    const struct destination *centre = &site->destinations[0], *plant = &site->destinations[1];
    assert_true(centre->brokers[0].tls);
    assert_string_equal(centre->brokers[0].host, "centre.park.example");
    assert_int_equal(centre->brokers[0].port, 8883);
    assert_string_equal(centre->prefix, "parkgate");
    assert_string_equal(centre->user, "park-1");
    assert_string_equal(centre->password, "centre.password");
    assert_string_equal(centre->ca, "centre.ca");
    assert_null(centre->key);
    assert_null(centre->client_id);
    assert_int_equal(centre->mqtt_version, 0);
    assert_int_equal(centre->keepalive_s, 30);
    assert_int_equal(centre->window, 16);
    assert_int_equal(centre->max_payload, 131072);
    assert_int_equal(centre->streams, 0x7e);
    assert_int_equal(centre->start, START_OLDEST);
    assert_int_equal(centre->backlog, BACKLOG_OLDEST_FIRST);
    assert_int_equal(centre->backlog_rate, 0);
    assert_false(centre->acknowledge_centre);
    assert_false(plant->brokers[0].tls);
    assert_int_equal(plant->brokers[0].port, 1883);
    assert_int_equal(plant->streams, 1 << 1 | 1 << 4);
    assert_int_equal(plant->start, START_NOW);
    assert_null(plant->password);
    assert_true(site->store.max_size == 2147483648LL);
    assert_int_equal(site->store.commit_every_ms, 1000);
    assert_int_equal(site->store.keep_days[1], 1826);
    assert_int_equal(site->store.keep_days[5], 1826);
    assert_int_equal(site->store.keep_days[6], 30);
    assert_null(site->store.directory);
    assert_false(site->unsigned_commands);
    site_free(site);
}

/* tests/unit/config/good/samples.yaml: one asset of each sort beside what nobody regulates. */
static void
test_samples(void **state)
{
    (void)state;
    struct site *site = load("tests/unit/config/good/samples.yaml");
    assert_true(site_find_point(site, "from", "any")->sample); /* a device of `from` */
    assert_true(site_find_device(site, "from")->sample);
    assert_true(site_find_point(site, "mixed", "limited")->sample);
    assert_true(site_find_point(site, "mixed", "condition")->sample);
    assert_false(site_find_point(site, "mixed", "idle")->sample);
    assert_true(site_find_device(site, "mixed")->sample);
    assert_false(site_find_point(site, "inside", "warned")->sample); /* warnings are not the law */
    assert_false(site_find_device(site, "inside")->sample);
    assert_false(site_find_device(site, "alone")->sample);
    site_free(site);
}

static void
test_forms(void **state)
{
    (void)state;
    struct site *site = load("tests/unit/config/good/forms.yaml");
    const struct point *point = site_find_point(site, "a", "energy");
    assert_int_equal(point->registers, 4);
    assert_true(point->exact_integer);
    assert_int_equal(point->sentinel_count, 2);
    assert_true(point->sentinels[0] == UINT64_MAX && point->sentinels[1] == 7);
    assert_false(site_find_point(site, "a", "energy-scaled")->exact_integer);
    point = site_find_point(site, "a", "signed");
    assert_true(point->sentinels[0] == 0xff38); /* -200 in 16 bits */
    point = site_find_point(site, "a", "float");
    assert_true(point->sentinels[0] == 0xc3480000); /* -200 as float32 */
    assert_true(point->sentinels[1] == 0x7fc00000);
    assert_int_equal(point->order, ORDER_DCBA);
    assert_int_equal(site_find_point(site, "a", "counter")->registers, 3);
    assert_int_equal(site_find_point(site, "a", "counter-short")->registers, 1);
    point = site_find_point(site, "a", "mode");
    assert_int_equal(point->type, TYPE_BITS);
    assert_int_equal(point->bit, 4);
    assert_int_equal(point->bit_count, 3);
    assert_true(site_find_point(site, "a", "serial")->one_per_register);
    assert_string_equal(site_find_point(site, "a", "serial")->was, "number");
    assert_int_equal(site_find_point(site, "a", "no")->address, 65535); /* YAML 1.2: a word */
    assert_string_equal(site->devices[0].bus->host, "fe80::1");
    const struct condition *running = &site->assets[0].production;
    assert_int_equal(running->comparison, COMPARE_FALSE);
    assert_true(site->assets[0].treatment.value == 3000); /* 3 kW, the point counts watts */
    assert_true(site->assets[0].treatment.hysteresis == 500);
    assert_int_equal(site->assets[0].treatment.comparison, COMPARE_BELOW);
    assert_true(site->limits[0].value == 50000); /* 50 mg/L in mg/m3 */
    assert_true(site->unsigned_commands);
    assert_int_equal(site->destinations[0].mqtt_version, 4);
    assert_int_equal(site->destinations[0].backlog_rate, 20480);
    assert_true(site->destinations[0].acknowledge_centre);
    site_free(site);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links),   cmocka_unit_test(test_field),
        cmocka_unit_test(test_points),  cmocka_unit_test(test_assets),
        cmocka_unit_test(test_limits),  cmocka_unit_test(test_destinations),
        cmocka_unit_test(test_brokers), cmocka_unit_test(test_samples),
        cmocka_unit_test(test_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

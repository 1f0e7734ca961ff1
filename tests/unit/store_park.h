/* A site of two devices made by hand, and scans of it: for the tests of the store. */
#ifndef TESTS_STORE_PARK_H
#define TESTS_STORE_PARK_H

#include "base/arena.h"
#include "config/loader.h"
#include "daemon/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char STORE_PARK[] =
    "gateway: {park: test-park, name: store-test}\n"
    "buses:\n"
    "  line: {tcp: 127.0.0.1}\n"
    "devices:\n"
    "  cems:\n"
    "    bus: line\n"
    "    unit: 1\n"
    "    points:\n"
    "      so2: {holding: 0, type: float32, unit: mg/m3}\n"
    "      tag: {holding: 2, type: string, registers: 4}\n"
    "      total: {holding: 10, type: u64}\n"
    "  meter:\n"
    "    bus: line\n"
    "    unit: 2\n"
    "    points:\n"
    "      power: {holding: 0, type: float32, unit: kW}\n"
    "assets:\n"
    "  boiler: {kind: boiler, outlet: DA001, from: cems, limits: {so2: 35 mg/m3}}\n"
    "destinations:\n"
    "  centre: {mqtt: tcp://127.0.0.1}\n";

static inline void
store_park_complain(void *context, bool warning, const char *line)
{
    (void)context;
    (void)warning;
    fprintf(stderr, "%s\n", line);
}

static inline struct site *
store_park_load(const char *directory, const char *text)
{
    struct loader_options options = {.report = store_park_complain};
    struct site *site = NULL;
    char path[4200];

    snprintf(path, sizeof path, "%s/site.yaml", directory);
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    if (loader_load(path, &options, &site) != 0)
        abort();
    return site;
}

static inline void
store_park_scan(const struct site *site, const char *device, double value, struct scan *ret_scan)
{
    static struct value values[4];
    static char text[] = "boiler-3";
    static uint16_t words[] = {0x7FC0, 0x0001};

    memset(values, 0, sizeof values);
    *ret_scan = (struct scan){.device = site_find_device(site, device), .values = values};
    ret_scan->count = ret_scan->device->point_count;
    ret_scan->text = text;
    ret_scan->words = words;
    ret_scan->word_count = 2;
    ret_scan->at = (struct stamp){.utc_ms = 1780000000000, .mono_ms = 5000, .boot = 1};
    ret_scan->at.clock = CLOCK_SYNCHRONISED;
    values[0].kind = VALUE_NUMBER;
    values[0].as.number = value;
    if (isnan(value)) {
        values[0] = (struct value){.kind = VALUE_NONE, .quality = QUALITY_NOT_A_NUMBER};
        values[0].word_count = 2;
    }
    if (ret_scan->count < 3)
        return;
    values[1].kind = VALUE_TEXT;
    values[1].text_length = 8;
    values[2].kind = VALUE_NATURAL;
    values[2].as.natural = UINT64_MAX;
}

#endif

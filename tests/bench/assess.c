/* What a value costs in assess: qualify, aggregate and judge on one core, without store and without
 * the printing of what is found. 10 devices of 100 points; every tenth point has an instant limit,
 * a limit on minutes and one on hours; an asset a device has production and bypass conditions.
 * Prints one JSON line a figure, never fails for being slow. */
#include "daemon/assess/assess.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define DEVICES 10
#define POINTS  100
#define JUDGED  10 /* every so many */
#define SECONDS 20000

static struct device devices[DEVICES];
static struct point points[DEVICES * POINTS];
static struct asset assets[DEVICES];
static struct limit limits[DEVICES * POINTS / JUDGED * 3];
static struct value values[POINTS];
static unsigned long long events, statistics;

static uint64_t
count_event(void *context, const struct event *event)
{
    (void)context, (void)event;
    return ++events;
}

static void
ignore_evidence(void *context, const struct evidence *evidence)
{
    (void)context, (void)evidence;
}

static void
count_statistic(void *context, const struct statistic *statistic)
{
    (void)context, (void)statistic;
    statistics++;
}

static void
lay_out_device(unsigned d)
{
    devices[d] = (struct device){.name = "d",
                                 .index = (uint16_t)d,
                                 .number = d + 1,
                                 .every_ms = 1000,
                                 .points = &points[d * POINTS],
                                 .point_count = POINTS};
    for (unsigned i = 0; i < POINTS; i++)
        devices[d].points[i] = (struct point){.name = "p",
                                              .device = &devices[d],
                                              .index = d * POINTS + i,
                                              .number = d * POINTS + i + 1,
                                              .type = TYPE_FLOAT32,
                                              .unit = "",
                                              .has_range = true,
                                              .low = 0,
                                              .high = 1000,
                                              .every_ms = 1000};
    assets[d] = (struct asset){
        .name = "a",
        .index = (uint16_t)d,
        .production = {&devices[d].points[1], COMPARE_ABOVE, 15, 1, 10000},
        .bypass_open = {&devices[d].points[2], COMPARE_ABOVE, 900, 0, 0},
    };
}

static void
lay_out(struct site *ret_site)
{
    static const enum averaging averagings[] = {AVERAGING_INSTANT, AVERAGING_MINUTE,
                                                AVERAGING_HOUR};
    unsigned count = 0;
    for (unsigned d = 0; d < DEVICES; d++)
        lay_out_device(d);
    for (unsigned i = 0; i < DEVICES * POINTS; i += JUDGED)
        for (unsigned j = 0; j < 3; j++, count++)
            limits[count] = (struct limit){.name = "p",
                                           .index = (uint16_t)count,
                                           .asset = &assets[i / POINTS],
                                           .point = &points[i],
                                           .averaging = averagings[j],
                                           .value = 80,
                                           .source = ""};
    *ret_site = (struct site){.devices = devices,
                              .device_count = DEVICES,
                              .points = points,
                              .point_count = DEVICES * POINTS,
                              .assets = assets,
                              .asset_count = DEVICES,
                              .limits = limits,
                              .limit_count = (uint16_t)count};
}

static void
live(struct assess *assess, const struct assess_outlet *outlet)
{
    struct stamp at = {1795233600000LL, 1000000, 1, CLOCK_SYNCHRONISED};
    for (unsigned second = 0; second < SECONDS; second++) {
        for (unsigned d = 0; d < DEVICES; d++) {
            struct scan scan = {.device = &devices[d], .at = at, .count = POINTS, .values = values};
            for (unsigned i = 0; i < POINTS; i++) {
                values[i] = (struct value){.kind = VALUE_NUMBER};
                values[i].as.number = (second * 7 + i * 13) % 100;
            }
            assess_qualify(assess, &scan);
            assess_scan(assess, &scan, outlet);
        }
        assess_tick(assess, &at, outlet);
        at.utc_ms += 1000;
        at.mono_ms += 1000;
    }
}

static void
print_figure(const char *figure, double value, const char *unit)
{
    printf("{\"bench\": \"assess\", \"figure\": \"%s\", \"value\": %.3g, \"unit\": \"%s\"}\n",
           figure, value, unit);
}

static double
saved_bytes(const struct assess *assess)
{
    struct buf buf;
    if (buf_new(&buf, assess_state_size(assess)))
        return 0;
    assess_save(assess, &buf);
    double length = (double)buf.length;
    buf_free(&buf);
    return length;
}

int
main(void)
{
    struct site site;
    struct assess *assess;
    const struct assess_outlet outlet = {count_event, ignore_evidence, count_statistic, NULL, "s"};
    lay_out(&site);
    if (assess_new(&site, &assess))
        return 1;
    int64_t before_ms = clock_cpu_ms();
    live(assess, &outlet);
    double spent_ms = (double)(clock_cpu_ms() - before_ms);
    print_figure("ns_per_value", spent_ms * 1e6 / SECONDS / DEVICES / POINTS, "ns");
    print_figure("state_bytes_per_point", saved_bytes(assess) / (DEVICES * POINTS), "B");
    print_figure("events", (double)events, "1");
    print_figure("statistics", (double)statistics, "1");
    assess_free(assess);
    return 0;
}

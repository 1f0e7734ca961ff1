/* bench_assess SITE SECONDS: what a reading costs in assess: qualify, derive, aggregate and judge
 * on one core, without store and without the printing of what is found. Each device of the site
 * gives a scan a second for so long, in virtual time; its points are slow waves between 20 and 56,
 * powers, fans and dampers (by their names) change every few minutes, one reading in a hundred did
 * not come and one is out of any range. Prints one JSON line a figure, never fails for being slow.
 * The site that is measured: tests/bench/judge.py. */
#include "daemon/assess/assess.h"
#include "base/clock.h"
#include "config/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS   64 /* of scans made beforehand, so that making them costs nothing */
#define START_MS 1795233600000LL

struct bench {
    struct site *site;
    struct assess *assess;
    struct assess_outlet outlet;
    struct value *made, *values; /* made: ROUNDS times all points */
    unsigned long long events, statistics, derived, readings;
};

static void
complain(void *context, bool warning, const char *line)
{
    (void)context;
    if (!warning)
        fprintf(stderr, "%s\n", line);
}

/* ---- what is found is counted ---- */

static uint64_t
count_event(void *context, const struct event *event)
{
    struct bench *bench = context;
    (void)event;
    return ++bench->events;
}

static void
ignore_evidence(void *context, const struct evidence *evidence)
{
    (void)context, (void)evidence;
}

static void
count_statistic(void *context, const struct statistic *statistic)
{
    struct bench *bench = context;
    (void)statistic;
    bench->statistics++;
}

static void
count_scan(void *context, const struct scan *scan)
{
    struct bench *bench = context;
    bench->derived += scan->count;
}

/* ---- what is read ---- */

static struct value
make_value(const struct point *point, unsigned round)
{
    unsigned phase = (round + point->index * 7) % ROUNDS;
    unsigned chance = (round * 31 + point->index * 17) % 200;
    struct value value = {.kind = VALUE_NUMBER};

    if (chance == 0)
        return (struct value){.kind = VALUE_NONE, .quality = QUALITY_TIMEOUT};
    if (point->type == TYPE_STRING)
        return (struct value){.kind = VALUE_ABSENT};
    if (strstr(point->name, "damper"))
        value.as.number = phase < 4;
    else if (strstr(point->name, "power") || strstr(point->name, "fan"))
        value.as.number = phase < 8 ? 0 : 30;
    else if (chance == 100)
        value.as.number = 1e6;
    else
        value.as.number = 20.0 + point->index % 30U +
                          (phase < ROUNDS / 2U ? phase : ROUNDS - phase) * 6.2 / 32.0;
    return value;
}

static int
make_rounds(struct bench *bench)
{
    uint32_t points = bench->site->point_count;

    bench->made = malloc(sizeof *bench->made * ROUNDS * points);
    bench->values = malloc(sizeof *bench->values * points);
    if (bench->made == NULL || bench->values == NULL)
        return 1;
    for (unsigned round = 0; round < ROUNDS; round++)
        for (uint32_t i = 0; i < points; i++)
            bench->made[round * points + i] = make_value(&bench->site->points[i], round);
    return 0;
}

/* A round of values lasts four seconds: a wave is some four minutes long. */
static void
live(struct bench *bench, unsigned seconds)
{
    struct stamp at = {START_MS, 1000000, 1, CLOCK_SYNCHRONISED};

    for (unsigned second = 0; second < seconds; second++) {
        const struct value *made = bench->made +
                                   (size_t)(second / 4 % ROUNDS) * bench->site->point_count;
        for (uint16_t d = 0; d < bench->site->device_count; d++) {
            const struct device *device = &bench->site->devices[d];
            struct scan scan = {
                .device = device, .at = at, .count = device->point_count, .values = bench->values};
            if (device->bus == NULL)
                continue; /* made by assess */
            memcpy(bench->values, made + (device->points - bench->site->points),
                   scan.count * sizeof *scan.values);
            assess_qualify(bench->assess, &scan);
            assess_scan(bench->assess, &scan, &bench->outlet);
            bench->readings += scan.count;
        }
        assess_tick(bench->assess, &at, &bench->outlet);
        at.utc_ms += 1000;
        at.mono_ms += 1000;
    }
}

/* ---- figures ---- */

static void
print_figure(const char *figure, double value, const char *unit)
{
    printf("{\"bench\": \"assess\", \"figure\": \"%s\", \"value\": %.6g, \"unit\": \"%s\"}\n",
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

static void
measure(struct bench *bench, unsigned seconds)
{
    int64_t before_ms = clock_cpu_ms();
    live(bench, seconds);
    double spent_ms = (double)(clock_cpu_ms() - before_ms + 1);
    print_figure("readings_per_s", (double)bench->readings / spent_ms * 1e3, "readings/s");
    print_figure("ns_per_value", spent_ms * 1e6 / (double)bench->readings, "ns");
    print_figure("state_bytes_per_point",
                 saved_bytes(bench->assess) / (double)bench->site->point_count, "B");
    print_figure("readings", (double)bench->readings, "1");
    print_figure("derived", (double)bench->derived, "1");
    print_figure("events", (double)bench->events, "1");
    print_figure("statistics", (double)bench->statistics, "1");
}

int
main(int argc, char **argv)
{
    struct bench bench = {0};
    struct loader_options options = {.report = complain};

    if (argc != 3) {
        fprintf(stderr, "usage: bench_assess SITE SECONDS\n");
        return 2;
    }
    if (loader_load(argv[1], &options, &bench.site) != 0)
        return 1;
    bench.outlet = (struct assess_outlet){.event = count_event,
                                          .evidence = ignore_evidence,
                                          .statistic = count_statistic,
                                          .context = &bench,
                                          .store = "s",
                                          .scan = count_scan};
    for (uint32_t i = 0; i < bench.site->point_count; i++)
        bench.site->points[i].number = i + 1;
    int error = assess_new(bench.site, &bench.assess) != 0 || make_rounds(&bench);
    if (!error)
        measure(&bench, (unsigned)atoi(argv[2]));
    assess_free(bench.assess);
    free(bench.made);
    free(bench.values);
    site_free(bench.site);
    return error;
}

/* Scan number N is a function of N alone; the Python side of the tests relies on what it receives
 * and on the chain, not on these formulas. */
#include "park.h"

#include "base/arena.h"
#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define POINTS 7
#define METERS 64

static struct bus bus = {.name = "line"};
static struct device devices[2];
static struct point points[POINTS + METERS];
static char meter_names[METERS][8];

static struct value cems_values[POINTS], meter_values[METERS];
static uint16_t words[4];
static char text[64];

static void
make_points(void)
{
    static const struct {
        const char *name;
        enum point_type type;
    } kinds[POINTS] = {
        {"so2", TYPE_FLOAT32}, {"no", TYPE_FLOAT32},    {"o2", TYPE_FLOAT64},   {"total", TYPE_U64},
        {"balance", TYPE_S64}, {"serial", TYPE_STRING}, {"flow", TYPE_FLOAT32},
    };
    for (uint32_t i = 0; i < POINTS + METERS; i++) {
        bool is_cems = i < POINTS;
        points[i] = (struct point){.device = &devices[is_cems ? 0 : 1],
                                   .name = is_cems ? kinds[i].name : meter_names[i - POINTS],
                                   .index = i,
                                   .type = is_cems ? kinds[i].type : TYPE_FLOAT32,
                                   .unit = "",
                                   .scale = 1,
                                   .every_ms = 1000,
                                   .sample = is_cems};
        points[i].exact_integer = points[i].type == TYPE_U64 || points[i].type == TYPE_S64;
        if (!is_cems)
            snprintf(meter_names[i - POINTS], sizeof meter_names[0], "p%u", i - POINTS);
    }
}

void
park_make(struct park *park, struct destination *destinations, uint16_t count, uint32_t boot)
{
    make_points();
    devices[0] = (struct device){.name = "cems",
                                 .bus = &bus,
                                 .every_ms = 1000,
                                 .points = points,
                                 .point_count = POINTS,
                                 .sample = true};
    devices[1] = (struct device){.name = "meter",
                                 .bus = &bus,
                                 .index = 1,
                                 .every_ms = 1000,
                                 .points = points + POINTS,
                                 .point_count = METERS};
    park->boot = boot;
    park->site = (struct site){.park = "testpark",
                               .gateway = "box",
                               .file = "-",
                               .generation = 1,
                               .buses = &bus,
                               .bus_count = 1,
                               .devices = devices,
                               .device_count = 2,
                               .points = points,
                               .point_count = POINTS + METERS,
                               .destinations = destinations,
                               .destination_count = count,
                               .arena = arena_new()};
}

static struct stamp
stamp_of(const struct park *park, uint64_t number)
{
    return (struct stamp){.utc_ms = 1800000000000 + (int64_t)number * 1000,
                          .mono_ms = 5000 + (int64_t)number * 1000,
                          .boot = park->boot,
                          .clock = number % 50 == 49 ? CLOCK_UNKNOWN : CLOCK_SYNCHRONISED};
}

static struct value
number_of(double number)
{
    return (struct value){.kind = VALUE_NUMBER, .as.number = number};
}

static void
fill_cems(uint64_t number)
{
    static const double odd[] = {0.1, -0.0, 1e300, 31.2, -17, 5e-324, 123456789.125, 1e21};
    cems_values[0] = number_of(odd[number % 8]);
    cems_values[1] = number_of((double)number);
    cems_values[2] = number_of((double)number / 3);
    cems_values[3] = (struct value){.kind = VALUE_NATURAL, .as.natural = UINT64_MAX - number};
    cems_values[4] = (struct value){.kind = VALUE_INTEGER,
                                    .as.integer = INT64_MIN + (int64_t)number};
    int length = snprintf(text, sizeof text, "s\"%llu\\\xE4\xB8\xAD", (unsigned long long)number);
    cems_values[5] = (struct value){.kind = VALUE_TEXT, .text_length = (uint16_t)length};
    cems_values[6] = (struct value){.kind = VALUE_ABSENT};
    if (number % 3 == 1) {
        cems_values[1].quality = QUALITY_MAINTENANCE;
        cems_values[6] = number_of(0.5);
    }
    if (number % 3 == 2) {
        words[0] = 0x7FC0;
        words[1] = (uint16_t)number;
        cems_values[0] = (struct value){
            .kind = VALUE_NONE, .quality = QUALITY_NOT_A_NUMBER, .word_count = 2};
        cems_values[2] = (struct value){
            .kind = VALUE_NONE, .quality = QUALITY_EXCEPTION, .detail = 2};
    }
}

bool
park_append_scan(struct park *park)
{
    struct scan scan = {.device = &devices[0],
                        .at = stamp_of(park, park->turn),
                        .count = POINTS,
                        .values = cems_values,
                        .words = words,
                        .word_count = 2,
                        .text = text,
                        .text_length = sizeof text};
    fill_cems(park->turn);
    park->last[STREAM_SAMPLE] = store_append_scan(park->store, &scan);
    for (uint32_t p = 0; p < METERS; p++)
        meter_values[p] = number_of((double)(float)(sin((double)park->turn + p) * 100));
    scan.device = &devices[1];
    scan.count = METERS;
    scan.values = meter_values;
    park->last[STREAM_TREND] = store_append_scan(park->store, &scan);
    park->turn++;
    store_hand_over(park->store, false, clock_mono_ms());
    return park->last[STREAM_SAMPLE] && park->last[STREAM_TREND];
}

static struct event
event_of(const struct park *park, enum event_phase phase)
{
    return (struct event){.kind = "exceedance.realtime",
                          .phase = phase,
                          .severity = SEVERITY_ALARM,
                          .subject = "boiler-3.so2",
                          .point = &points[0],
                          .at = stamp_of(park, park->turn),
                          .since = stamp_of(park, park->turn),
                          .duration_ms = -1,
                          .value = 51.5,
                          .peak = 60,
                          .limit = 50,
                          .averaging = "instant"};
}

static void
append_closing(struct park *park, uint64_t opened)
{
    struct event event = event_of(park, PHASE_CLOSED);
    event.opened_sequence = opened;
    snprintf(event.opened_store, sizeof event.opened_store, "%s", store_id(park->store));
    event.since.mono_ms -= 3000;
    event.since.utc_ms -= 3000;
    event.since.boot = 90; /* an event may outlive a boot */
    event.duration_ms = 3000;
    event.details[0] = (struct detail){"count", VALUE_INTEGER, {.integer = -3}};
    event.details[1] = (struct detail){"mean", VALUE_NUMBER, {.number = 55}};
    event.details[2] = (struct detail){"text", VALUE_TEXT, {.text = "over \"the\" limit"}};
    event.detail_count = 3;
    park->last[STREAM_EVENT] = store_append_event(park->store, &event);
}

static void
append_evidence(struct park *park, uint64_t opened)
{
    struct evidence_value values[] = {
        {stamp_of(park, park->turn), 49.5, QUALITY_GOOD},
        {stamp_of(park, park->turn + 1), (double)NAN, QUALITY_TIMEOUT},
        {stamp_of(park, park->turn + 2), 51, QUALITY_GOOD},
    };
    struct evidence evidence = {.opened_sequence = opened,
                                .kind = "exceedance.realtime",
                                .point = &points[0],
                                .at = stamp_of(park, park->turn),
                                .values = values,
                                .value_count = 3};
    values[0].at.boot = 90;
    snprintf(evidence.store, sizeof evidence.store, "%s", store_id(park->store));
    park->last[STREAM_EVIDENCE] = store_append_evidence(park->store, &evidence);
}

void
park_append_events(struct park *park)
{
    struct event event = event_of(park, PHASE_OPENED);
    uint64_t opened = store_append_event(park->store, &event);
    append_evidence(park, opened);
    append_closing(park, opened);
    struct statistic statistic = {.point = &points[0],
                                  .period = PERIOD_MINUTE,
                                  .start_utc_ms = 1800000000000,
                                  .end_utc_ms = 1800000060000,
                                  .min = 1,
                                  .max = 2.5,
                                  .mean = 1.75,
                                  .sum = 105,
                                  .count = 60,
                                  .valid = 60,
                                  .expected = 60,
                                  .letter = 'N'};
    struct stamp at = stamp_of(park, park->turn);
    park->last[STREAM_MINUTE] = store_append_statistic(park->store, &at, &statistic);
    statistic.period = PERIOD_HOUR;
    statistic.end_utc_ms = statistic.start_utc_ms + 3600000;
    statistic.min = statistic.max = statistic.mean = statistic.sum = (double)NAN;
    statistic.valid = 0;
    statistic.letter = 'D';
    park->last[STREAM_PERIOD] = store_append_statistic(park->store, &at, &statistic);
    park->turn++;
}

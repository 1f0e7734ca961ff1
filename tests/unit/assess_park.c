/* A small hand-built site and a recorder, included by the tests of assess: a stack with so2, no and
 * a note of text, a production meter, and a bypass with valve, flow and the fan of the treatment.
 */
#include "base/calendar.h"
#include "config/bypass.h"
#include "daemon/assess/assess.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARK_NOON_UTC_MS 1795233600000LL /* 2026-11-21T12:00:00+08:00 */
#define PARK_EVENTS      512
#define PARK_NOTHING     (-12345.0) /* a reading without a value */

enum { CEMS, METER, RTO }; /* devices */
enum { SO2, NO, LABEL };   /* points of cems */
enum { VALVE, FLOW, FAN }; /* points of rto */

struct park {
    struct site site;
    struct device devices[3];
    struct point points[7];
    struct asset assets[1];
    struct bypass bypass;
    const struct device *asset_devices[3];
    struct limit limits[16];
    struct value values[3];
    struct scan scan;
    struct stamp now;
    struct assess *assess;
    struct assess_outlet outlet;
    struct event events[PARK_EVENTS];
    char kinds[PARK_EVENTS][40]; /* theirs */
    struct evidence evidence[PARK_EVENTS];
    struct evidence_value evidence_values[PARK_EVENTS][16];
    struct statistic statistics[PARK_EVENTS];
    size_t event_count, evidence_count, statistic_count;
    uint64_t sequence;
    bool full;   /* the store has no room for events */
    FILE *story; /* everything as text, or NULL */
};

static inline const char *
park_detail(const struct event *event, const char *key)
{
    for (size_t i = 0; i < event->detail_count; i++)
        if (!strcmp(event->details[i].key, key))
            return event->details[i].as.text;
    return "";
}

static inline int64_t
park_detail_integer(const struct event *event, const char *key)
{
    for (size_t i = 0; i < event->detail_count; i++)
        if (!strcmp(event->details[i].key, key))
            return event->details[i].as.integer;
    return -1;
}

static inline void
park_print_stamp(FILE *file, const char *name, const struct stamp *at)
{
    fprintf(file, " %s=%lld/%lld/%u/%d", name, (long long)at->utc_ms, (long long)at->mono_ms,
            at->boot, (int)at->clock);
}

static inline void
park_print_event(FILE *file, uint64_t sequence, const struct event *event)
{
    fprintf(file, "event %llu %s %d %d %llu %s %s %s", (unsigned long long)sequence, event->kind,
            (int)event->phase, (int)event->severity, (unsigned long long)event->opened_sequence,
            event->opened_store, event->subject, event->point ? event->point->name : "-");
    park_print_stamp(file, "at", &event->at);
    park_print_stamp(file, "since", &event->since);
    fprintf(file, " %lld %a %a %a %s", (long long)event->duration_ms, event->value, event->peak,
            event->limit, event->averaging);
    for (size_t i = 0; i < event->detail_count; i++) {
        const struct detail *detail = &event->details[i];
        fprintf(file, " %s=", detail->key);
        if (detail->kind == VALUE_TEXT)
            fprintf(file, "%s", detail->as.text);
        else if (detail->kind == VALUE_NUMBER)
            fprintf(file, "%a", detail->as.number);
        else
            fprintf(file, "%lld", (long long)detail->as.integer);
    }
    fputc('\n', file);
}

/* Texts of a record live only during the call, so those that a test looks at are static ones. */
static inline uint64_t
park_event(void *context, const struct event *event)
{
    struct park *park = context;
    if (park->full)
        return 0;
    if (park->event_count < PARK_EVENTS) {
        park->events[park->event_count] = *event;
        snprintf(park->kinds[park->event_count], sizeof *park->kinds, "%s", event->kind);
        park->events[park->event_count].kind = park->kinds[park->event_count];
        park->event_count++;
    }
    park->sequence++;
    if (park->story)
        park_print_event(park->story, park->sequence, event);
    return park->sequence;
}

static inline void
park_evidence(void *context, const struct evidence *evidence)
{
    struct park *park = context;
    if (park->evidence_count < PARK_EVENTS) {
        struct evidence_value *values = park->evidence_values[park->evidence_count];
        memcpy(values, evidence->values, evidence->value_count * sizeof *values);
        park->evidence[park->evidence_count] = *evidence;
        park->evidence[park->evidence_count++].values = values;
    }
    if (!park->story)
        return;
    fprintf(park->story, "evidence %s %llu %s %s", evidence->store,
            (unsigned long long)evidence->opened_sequence, evidence->kind, evidence->point->name);
    for (size_t i = 0; i < evidence->value_count; i++) {
        park_print_stamp(park->story, "v", &evidence->values[i].at);
        fprintf(park->story, "=%a/%u", evidence->values[i].number, evidence->values[i].quality);
    }
    fputc('\n', park->story);
}

static inline void
park_statistic(void *context, const struct statistic *statistic)
{
    struct park *park = context;
    if (park->statistic_count < PARK_EVENTS)
        park->statistics[park->statistic_count++] = *statistic;
    if (park->story)
        fprintf(park->story, "statistic %s %d %lld %lld %a %a %a %a %u %u %u %c\n",
                statistic->point->name, (int)statistic->period, (long long)statistic->start_utc_ms,
                (long long)statistic->end_utc_ms, statistic->min, statistic->max, statistic->mean,
                statistic->sum, statistic->count, statistic->valid, statistic->expected,
                statistic->letter);
}

static inline void
park_place_device(struct park *park, unsigned device, const char *name, unsigned first,
                  unsigned count)
{
    park->devices[device] = (struct device){
        .name = name,
        .index = (uint16_t)device,
        .number = device + 1,
        .every_ms = 1000,
        .points = &park->points[first],
        .point_count = (uint16_t)count,
    };
    for (unsigned i = first; i < first + count; i++)
        park->points[i].device = &park->devices[device];
}

/* Without limits and conditions; park_begin comes after the test has added its own. */
static inline void
park_init(struct park *park)
{
    static const char *const names[] = {"so2", "no", "label", "power", "valve", "flow", "fan"};
    memset(park, 0, sizeof *park);
    for (unsigned i = 0; i < 7; i++)
        park->points[i] = (struct point){.name = names[i],
                                         .index = i,
                                         .number = 100 + i,
                                         .type = TYPE_FLOAT32,
                                         .scale = 1,
                                         .unit = "",
                                         .every_ms = 1000};
    park->points[LABEL].type = TYPE_STRING;
    park_place_device(park, CEMS, "cems", 0, 3);
    park_place_device(park, METER, "meter", 3, 1);
    park_place_device(park, RTO, "rto", 4, 3);
    for (unsigned i = 0; i < 3; i++)
        park->asset_devices[i] = &park->devices[i];
    park->assets[0] = (struct asset){.name = "boiler-3",
                                     .permit = "",
                                     .outlet = "",
                                     .bypasses = &park->bypass,
                                     .bypass_count = 1,
                                     .devices = park->asset_devices,
                                     .device_count = 3};
    park->bypass = (struct bypass){.name = ""};
    park->site = (struct site){.park = "p",
                               .gateway = "g",
                               .devices = park->devices,
                               .device_count = 3,
                               .points = park->points,
                               .point_count = 7,
                               .assets = park->assets,
                               .asset_count = 1,
                               .limits = park->limits};
    park->now = (struct stamp){PARK_NOON_UTC_MS, 1000000, 7, CLOCK_SYNCHRONISED};
    park->outlet = (struct assess_outlet){.event = park_event,
                                          .evidence = park_evidence,
                                          .statistic = park_statistic,
                                          .context = park,
                                          .store = "store-a"};
}

static inline struct limit *
park_add_limit(struct park *park, enum averaging averaging, double value)
{
    struct limit *limit = &park->limits[park->site.limit_count];
    *limit = (struct limit){.name = "so2",
                            .index = park->site.limit_count++,
                            .asset = &park->assets[0],
                            .point = &park->points[SO2],
                            .averaging = averaging,
                            .value = value,
                            .source = ""};
    return limit;
}

static inline void
park_begin(struct park *park)
{
    if (assess_new(&park->site, &park->assess))
        abort();
}

static inline void
park_end(struct park *park)
{
    assess_free(park->assess);
}

static inline void
park_pass(struct park *park, int64_t ms)
{
    park->now.utc_ms += ms;
    park->now.mono_ms += ms;
}

/* One scan of a device now, all its points with the same value and quality. */
static inline void
park_read(struct park *park, unsigned device, double number, uint8_t quality)
{
    const struct device *of = &park->devices[device];
    park->scan = (struct scan){
        .device = of, .at = park->now, .count = of->point_count, .values = park->values};
    for (unsigned i = 0; i < of->point_count; i++) {
        park->values[i] = (struct value){.kind = VALUE_NUMBER, .quality = quality};
        park->values[i].as.number = number;
        if (number == PARK_NOTHING)
            park->values[i].kind = VALUE_NONE;
        else if (of->points[i].type == TYPE_STRING)
            park->values[i].kind = VALUE_TEXT;
    }
    assess_qualify(park->assess, &park->scan);
    assess_scan(park->assess, &park->scan, &park->outlet);
}

/* A reading of the stack, a second after the one before. */
static inline void
park_so2(struct park *park, double number)
{
    park_pass(park, 1000);
    park_read(park, CEMS, number, QUALITY_GOOD);
}

static inline void
park_bad(struct park *park, uint8_t quality)
{
    park_pass(park, 1000);
    park_read(park, CEMS, quality >= QUALITY_TIMEOUT ? PARK_NOTHING : 1e6, quality);
}

static inline void
park_tick(struct park *park)
{
    assess_tick(park->assess, &park->now, &park->outlet);
}

static inline const struct event *
park_last(const struct park *park)
{
    return park->event_count ? &park->events[park->event_count - 1] : NULL;
}

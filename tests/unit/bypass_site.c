/* A paint line with every signal that a bypass can have, read from a site file, and what assess
 * finds about it. Included by the tests of bypasses. */
#include "base/buf.h"
#include "config/bypass.h"
#include "config/loader.h"
#include "daemon/assess/assess.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOON_UTC_MS 1795233600000LL /* 2026-11-21T12:00:00+08:00 */
#define LOST        (-12345.0)      /* read, but without a value */

/* Points of the one device, in order. */
enum {
    AT_OPEN,
    AT_SHUT,
    OPENING,
    FLOW,
    PRESSURE,
    TEMPERATURE,
    SAFETY,
    POWER,
    FAN,
    INLET,
    NMHC,
    SEWER,
    COD
};
#define POINTS 13

static const char HEAD[] = "gateway: {park: p, name: g}\n"
                           "buses: {b: {tcp: 127.0.0.1}}\n"
                           "devices:\n"
                           "  rto:\n"
                           "    bus: b\n"
                           "    unit: 1\n"
                           "    every: 1s\n"
                           "    points:\n"
                           "      at-open: {discrete: 0}\n"
                           "      at-shut: {discrete: 1}\n"
                           "      opening: {holding: 0, type: float32, unit: \"%\"}\n"
                           "      flow: {holding: 2, type: float32, unit: m3/h}\n"
                           "      pressure: {holding: 4, type: float32, unit: Pa}\n"
                           "      temperature: {holding: 6, type: float32, unit: degC}\n"
                           "      safety: {discrete: 2}\n"
                           "      power: {holding: 8, type: float32, unit: kW}\n"
                           "      fan: {holding: 10, type: float32, unit: kW}\n"
                           "      inlet: {holding: 12, type: float32, unit: m3/h}\n"
                           "      nmhc: {holding: 14, type: float32, unit: mg/m3}\n"
                           "      sewer: {holding: 16, type: float32, unit: L/s}\n"
                           "      cod: {holding: 18, type: float32, unit: mg/L}\n"
                           "assets:\n"
                           "  paint:\n"
                           "    kind: generic\n"
                           "    from: rto\n"
                           "    production: {running-when: power > 15 kW}\n"
                           "    treatment: {running-when: fan > 3 kW}\n";
static const char TAIL[] = "destinations: {c: {mqtt: \"tcp://127.0.0.1\"}}\n";

#define EVENTS 64

static struct site *site;
static struct assess *assess;
static struct stamp now;
static double readings[POINTS];
static struct event events[EVENTS];
static char texts[EVENTS][EVENT_DETAILS][80]; /* the details', which live only during the call */
static char subjects[EVENTS][80], kinds[EVENTS][80];
static size_t event_count;
static char said[4000]; /* what the loader said */
static FILE *story;     /* everything as text, or NULL */

static inline void
hear_mistake(void *context, bool warning, const char *line)
{
    size_t used = strlen(said);
    const char *text = strstr(line, ".yaml:");
    (void)context;
    snprintf(said + used, sizeof said - used, "%s%s\n", warning ? "warning" : "mistake",
             text ? text + 5 : line);
}

static inline int
load_site(const char *bypass)
{
    char path[] = "/tmp/parkgate-bypass-XXXXXX.yaml";
    struct loader_options options = {.share = "config", .report = hear_mistake};
    int descriptor = mkstemps(path, 5);
    FILE *out = fdopen(descriptor, "w");
    fprintf(out, "%s%s%s", HEAD, bypass, TAIL);
    fclose(out);
    said[0] = '\0';
    site = NULL;
    int result = loader_load(path, &options, &site);
    unlink(path);
    return result;
}

static inline void
keep_details(struct event *event, size_t at)
{
    for (size_t i = 0; i < event->detail_count; i++)
        if (event->details[i].kind == VALUE_TEXT) {
            snprintf(texts[at][i], sizeof texts[at][i], "%s", event->details[i].as.text);
            event->details[i].as.text = texts[at][i];
        }
}

static inline void
tell(const struct event *event)
{
    fprintf(story, "%s %s %d %lld %lld %a %a", event->kind, event->subject, (int)event->phase,
            (long long)event->at.mono_ms, (long long)event->duration_ms, event->value, event->peak);
    for (size_t i = 0; i < event->detail_count; i++) {
        const struct detail *detail = &event->details[i];
        if (detail->kind == VALUE_TEXT)
            fprintf(story, " %s=%s", detail->key, detail->as.text);
        else if (detail->kind == VALUE_NUMBER)
            fprintf(story, " %s=%a", detail->key, detail->as.number);
        else
            fprintf(story, " %s=%lld", detail->key, (long long)detail->as.integer);
    }
    fputc('\n', story);
}

static inline uint64_t
hear_event(void *context, const struct event *event)
{
    (void)context;
    if (story)
        tell(event);
    if (event_count >= EVENTS)
        return ++event_count;
    events[event_count] = *event;
    snprintf(kinds[event_count], sizeof kinds[0], "%s", event->kind);
    snprintf(subjects[event_count], sizeof subjects[0], "%s", event->subject);
    events[event_count].kind = kinds[event_count];
    events[event_count].subject = subjects[event_count];
    keep_details(&events[event_count], event_count);
    return ++event_count;
}

static inline void
hear_evidence(void *context, const struct evidence *evidence)
{
    (void)context;
    (void)evidence;
}

static inline void
hear_statistic(void *context, const struct statistic *statistic)
{
    (void)context;
    (void)statistic;
}

static const struct assess_outlet OUTLET = {.event = hear_event,
                                            .evidence = hear_evidence,
                                            .statistic = hear_statistic,
                                            .store = "store-a"};

/* Everything shut and still, production and treatment run. */
static inline void
begin(const char *bypass)
{
    static const double STILL[POINTS] = {
        [AT_SHUT] = 1, [TEMPERATURE] = 20, [POWER] = 30, [FAN] = 8, [INLET] = 20000, [NMHC] = 500};
    assert_int_equal(load_site(bypass), 0);
    assert_int_equal(assess_new(site, &assess), 0);
    now = (struct stamp){NOON_UTC_MS, 1000000, 7, CLOCK_SYNCHRONISED};
    memcpy(readings, STILL, sizeof readings);
    event_count = 0;
}

static inline int
end(void **state)
{
    (void)state;
    assess_free(assess);
    site_free(site);
    assess = NULL;
    site = NULL;
    return 0;
}

static inline void
pass(int64_t ms)
{
    now.utc_ms += ms;
    now.mono_ms += ms;
}

static inline void
scan(void)
{
    struct value values[POINTS];
    const struct device *device = site_find_device(site, "rto");
    for (unsigned i = 0; i < POINTS; i++) {
        values[i] = (struct value){.kind = VALUE_NUMBER, .as.number = readings[i]};
        if (readings[i] == LOST)
            values[i] = (struct value){.kind = VALUE_NONE, .quality = QUALITY_TIMEOUT};
    }
    struct scan read = {.device = device, .at = now, .count = POINTS, .values = values};
    assess_qualify(assess, &read);
    assess_scan(assess, &read, &OUTLET);
}

/* A scan a second for so many seconds. */
static inline void
run(unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++) {
        pass(1000);
        scan();
    }
}

static inline const struct event *
last(void)
{
    assert_true(event_count > 0);
    return &events[event_count - 1];
}

static inline void
expect(size_t count, enum event_phase phase, const char *kind)
{
    if (event_count != count || last()->phase != phase || strcmp(last()->kind, kind) != 0)
        fail_msg("%zu events, the last: %s %s %d", event_count, event_count ? last()->kind : "-",
                 event_count ? last()->subject : "-", event_count ? (int)last()->phase : 0);
}

static inline const struct detail *
find_detail(const struct event *event, const char *key)
{
    for (size_t i = 0; i < event->detail_count; i++)
        if (!strcmp(event->details[i].key, key))
            return &event->details[i];
    return NULL;
}

static inline double
number_of(const char *key)
{
    const struct detail *detail = find_detail(last(), key);
    if (!detail)
        fail_msg("%s of %s is missing", key, last()->kind);
    return detail->kind == VALUE_NUMBER ? detail->as.number : (double)detail->as.integer;
}

static inline const char *
text_of(const char *key)
{
    const struct detail *detail = find_detail(last(), key);
    return detail ? detail->as.text : "";
}

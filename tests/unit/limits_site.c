/* A site from YAML text, its readings by name and what assess finds, included by the tests of
 * limits. Every device is read once a minute. */
#include "config/loader.h"
#include "daemon/assess/state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOON_UTC_MS 1795233600000LL /* 2026-11-21T12:00:00+08:00 */
#define EVENTS_MAX  4000

struct limits_site {
    struct site *site;
    struct assess *assess;
    struct assess_outlet outlet;
    struct stamp now;
    double numbers[64]; /* by point index; NaN: not valid */
    struct event events[EVENTS_MAX];
    char story[EVENTS_MAX][200]; /* what tells two runs apart */
    size_t event_count;
    char heard[8000];
};

static inline void
limits_hear(void *context, bool warning, const char *line)
{
    struct limits_site *at = context;
    const char *text = strstr(line, ": "); /* behind the place */
    size_t used = strlen(at->heard);
    snprintf(at->heard + used, sizeof at->heard - used, "%s%s\n", warning ? "warning: " : "",
             text ? text + 2 : line);
}

static inline uint64_t
limits_event(void *context, const struct event *event)
{
    struct limits_site *at = context;
    if (at->event_count == EVENTS_MAX)
        abort();
    char *story = at->story[at->event_count];
    size_t used = (size_t)snprintf(story, 200, "%s %d %s %lld %a %a %llu", event->kind,
                                   (int)event->phase, event->subject, (long long)event->at.utc_ms,
                                   event->value, event->peak,
                                   (unsigned long long)event->opened_sequence);
    for (size_t i = 0; i < event->detail_count && used < 200; i++)
        if (event->details[i].kind == VALUE_INTEGER)
            used += (size_t)snprintf(story + used, 200 - used, " %s=%lld", event->details[i].key,
                                     (long long)event->details[i].as.integer);
    at->events[at->event_count++] = *event;
    return at->event_count;
}

static inline void
limits_ignore_evidence(void *context, const struct evidence *evidence)
{
    (void)context;
    (void)evidence;
}

static inline void
limits_ignore_statistic(void *context, const struct statistic *statistic)
{
    (void)context;
    (void)statistic;
}

/* The result of the loader; with 0 the site is there. */
static inline int
limits_load(struct limits_site *at, const char *yaml)
{
    char path[] = "/tmp/parkgate-limits-XXXXXX";
    struct loader_options options = {.share = "config", .report = limits_hear, .context = at};
    memset(at, 0, sizeof *at);
    int fd = mkstemp(path);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (!out || fputs(yaml, out) < 0 || fclose(out))
        abort();
    int result = loader_load(path, &options, &at->site);
    unlink(path);
    return result;
}

/* As the store's registry does. */
static inline void
limits_number(struct site *site)
{
    for (uint16_t i = 0; i < site->device_count; i++)
        site->devices[i].number = 1U + i;
    for (uint32_t i = 0; i < site->point_count; i++)
        site->points[i].number = 100 + i;
}

static inline void
limits_begin(struct limits_site *at, const char *yaml)
{
    if (limits_load(at, yaml)) {
        fprintf(stderr, "%s", at->heard);
        abort();
    }
    limits_number(at->site);
    if (assess_new(at->site, &at->assess))
        abort();
    at->outlet = (struct assess_outlet){.event = limits_event,
                                        .evidence = limits_ignore_evidence,
                                        .statistic = limits_ignore_statistic,
                                        .context = at,
                                        .store = "store-a"};
    at->now = (struct stamp){NOON_UTC_MS, 1000000, 7, CLOCK_SYNCHRONISED};
}

static inline void
limits_end(struct limits_site *at)
{
    assess_free(at->assess);
    site_free(at->site);
    at->assess = NULL;
    at->site = NULL;
}

static inline void
limits_set(struct limits_site *at, const char *device, const char *point, double number)
{
    const struct point *found = site_find_point(at->site, device, point);
    if (!found)
        abort();
    at->numbers[found->index] = number;
}

static inline void
limits_scan(struct limits_site *at, const struct device *device)
{
    struct value values[16];
    struct scan scan = {
        .device = device, .at = at->now, .count = device->point_count, .values = values};
    for (unsigned i = 0; i < device->point_count; i++) {
        double number = at->numbers[device->points[i].index];
        values[i] = (struct value){.kind = isnan(number) ? VALUE_NONE : VALUE_NUMBER,
                                   .quality = isnan(number) ? QUALITY_TIMEOUT : QUALITY_GOOD};
        values[i].as.number = number;
    }
    assess_qualify(at->assess, &scan);
    assess_scan(at->assess, &scan, &at->outlet);
}

/* Minutes: every device read at the start of each, then a tick at its end. */
static inline void
limits_live(struct limits_site *at, unsigned minutes)
{
    for (unsigned i = 0; i < minutes; i++) {
        for (uint16_t d = 0; d < at->site->device_count; d++)
            if (at->site->devices[d].bus)
                limits_scan(at, &at->site->devices[d]);
        at->now.utc_ms += 59000;
        at->now.mono_ms += 59000;
        assess_tick(at->assess, &at->now, &at->outlet);
        at->now.utc_ms += 1000;
        at->now.mono_ms += 1000;
    }
}

/* A stop and a start: the state goes through its saved form. */
static inline void
limits_restart(struct limits_site *at)
{
    size_t size = assess_state_size(at->assess);
    unsigned char *memory = malloc(size);
    struct buf state;
    buf_init(&state, memory, size);
    if (!memory || !assess_save(at->assess, &state))
        abort();
    assess_free(at->assess);
    if (assess_new(at->site, &at->assess) ||
        assess_load(at->assess, memory, state.length, &at->outlet))
        abort();
    free(memory);
}

static inline const struct event *
limits_last(const struct limits_site *at)
{
    return at->event_count ? &at->events[at->event_count - 1] : NULL;
}

static inline const struct detail *
limits_detail(const struct event *event, const char *key)
{
    for (size_t i = 0; i < event->detail_count; i++)
        if (!strcmp(event->details[i].key, key))
            return &event->details[i];
    return NULL;
}

/* A stage made from a site file of two devices and one asset, with everything that comes out of it
 * remembered: for tests of what events do, whoever opens them. */
#ifndef TESTS_UNIT_EVENTS_STAGE_H
#define TESTS_UNIT_EVENTS_STAGE_H

#include "config/loader.h"
#include "daemon/assess/assess.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STAGE_UTC_MS 1795233600000LL /* 2026-11-21T12:00:00+08:00 */
#define STAGE_EVENTS 200
#define STAGE_TOLD   60000

static const char STAGE_HEAD[] =
    "gateway: {park: p, name: g}\n"
    "buses: {b: {tcp: 127.0.0.1}}\n"
    "devices:\n"
    "  a: {bus: b, unit: 1, every: 1s, writable: [horn],\n"
    "      points: {so2: {holding: 0, unit: mg/m3}, o2: {holding: 1}, horn: {holding: 7},\n"
    "               label: {holding: 8, type: string, registers: 2}}}\n"
    "  c: {bus: b, unit: 2, every: 5s, points: {dust: {holding: 0, unit: mg/m3}}}\n"
    "assets:\n"
    "  stack:\n"
    "    kind: generic\n"
    "    from: [a, c]\n"
    "    limits:\n"
    "      so2: {at-most: 50 mg/m3, kind: internal-warning}\n"
    "      dust: {at-most: 10 mg/m3, kind: internal-warning}\n"
    "destinations: {d: {mqtt: \"tcp://127.0.0.1\"}}\n";

struct stage_event {
    uint64_t sequence, opened;
    char kind[64], subject[64], details[600];
    enum event_phase phase;
    enum severity severity;
};

struct stage_told { /* one reading of evidence */
    uint64_t opened;
    const struct point *point;
    int64_t mono_ms;
    uint32_t boot;
    double number;
};

struct stage {
    struct site *site;
    struct assess *assess;
    struct assess_outlet outlet;
    struct stamp now;
    uint64_t sequence;
    bool full; /* the store has no room for events */
    struct stage_event events[STAGE_EVENTS];
    size_t event_count;
    struct stage_told *told;
    size_t told_count;
    char warnings[2000];
};

static inline uint64_t
stage_take_event(void *context, const struct event *event)
{
    struct stage *stage = context;
    struct stage_event *kept = &stage->events[stage->event_count];
    size_t length = 0;
    if (stage->full || stage->event_count == STAGE_EVENTS)
        return 0;
    *kept = (struct stage_event){.sequence = ++stage->sequence,
                                 .opened = event->opened_sequence,
                                 .phase = event->phase,
                                 .severity = event->severity};
    snprintf(kept->kind, sizeof kept->kind, "%s", event->kind);
    snprintf(kept->subject, sizeof kept->subject, "%s", event->subject);
    for (size_t i = 0; i < event->detail_count && length < sizeof kept->details; i++) {
        const struct detail *detail = &event->details[i];
        length += (size_t)(detail->kind == VALUE_TEXT
                               ? snprintf(kept->details + length, sizeof kept->details - length,
                                          "%s=%s;", detail->key, detail->as.text)
                               : snprintf(kept->details + length, sizeof kept->details - length,
                                          "%s=%" PRId64 ";", detail->key, detail->as.integer));
    }
    stage->event_count++;
    return kept->sequence;
}

static inline void
stage_take_evidence(void *context, const struct evidence *evidence)
{
    struct stage *stage = context;
    for (size_t i = 0; i < evidence->value_count && stage->told_count < STAGE_TOLD; i++)
        stage->told[stage->told_count++] = (struct stage_told){
            evidence->opened_sequence, evidence->point, evidence->values[i].at.mono_ms,
            evidence->values[i].at.boot, evidence->values[i].number};
}

static inline void
stage_take_statistic(void *context, const struct statistic *statistic)
{
    (void)context;
    (void)statistic;
}

static inline void
stage_report(void *context, bool warning, const char *line)
{
    struct stage *stage = context;
    size_t length = strlen(stage->warnings);
    (void)warning;
    snprintf(stage->warnings + length, sizeof stage->warnings - length, "%s\n", line);
}

/* 0, or what the loader says; `tail` is the rest of the site file. */
static inline int
stage_load(struct stage *stage, const char *tail)
{
    char path[] = "/tmp/parkgate-stage-XXXXXX";
    struct loader_options options = {.share = "config", .report = stage_report, .context = stage};
    int fd = mkstemp(path);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    *stage = (struct stage){
        .now = {
            .boot = 1, .mono_ms = 1000000, .utc_ms = STAGE_UTC_MS, .clock = CLOCK_SYNCHRONISED}};
    if (!out)
        return -1;
    fprintf(out, "%s%s", STAGE_HEAD, tail);
    fclose(out);
    int error = loader_load(path, &options, &stage->site);
    unlink(path);
    return error;
}

static inline int
stage_begin(struct stage *stage, const char *tail)
{
    int error = stage_load(stage, tail);
    if (error) {
        fprintf(stderr, "%s", stage->warnings);
        return error;
    }
    for (uint32_t i = 0; i < stage->site->point_count; i++)
        stage->site->points[i].number = i + 1;
    for (uint16_t i = 0; i < stage->site->device_count; i++)
        stage->site->devices[i].number = i + 1U;
    stage->told = calloc(STAGE_TOLD, sizeof *stage->told);
    stage->outlet = (struct assess_outlet){.event = stage_take_event,
                                           .evidence = stage_take_evidence,
                                           .statistic = stage_take_statistic,
                                           .context = stage,
                                           .store = "5eed"};
    return stage->told ? assess_new(stage->site, &stage->assess) : -1;
}

static inline void
stage_end(struct stage *stage)
{
    assess_free(stage->assess);
    site_free(stage->site);
    free(stage->told);
}

static inline void
stage_scan(struct stage *stage, const char *device, double first, bool recall)
{
    struct value values[8] = {{.kind = VALUE_ABSENT}};
    struct scan scan = {
        .device = site_find_device(stage->site, device), .at = stage->now, .values = values};
    scan.count = scan.device->point_count;
    for (uint16_t i = 0; i < scan.count; i++) {
        bool is_text = scan.device->points[i].type == TYPE_STRING;
        values[i].kind = is_text ? VALUE_TEXT : VALUE_NUMBER;
        if (!is_text)
            values[i].as.number = i ? 1.0 : first;
    }
    if (recall)
        assess_recall(stage->assess, &scan);
    else
        assess_scan(stage->assess, &scan, &stage->outlet);
}

/* Seconds with so2 and dust so: a scan of `a` each, one of `c` each fifth, a tick each. */
static inline void
stage_run(struct stage *stage, unsigned seconds, double so2, double dust)
{
    for (unsigned i = 0; i < seconds; i++) {
        stage->now.mono_ms += 1000;
        stage->now.utc_ms += 1000;
        assess_tick(stage->assess, &stage->now, &stage->outlet);
        stage_scan(stage, "a", so2, false);
        if (stage->now.mono_ms / 1000 % 5 == 0)
            stage_scan(stage, "c", dust, false);
    }
}

/* The state saved and loaded into a new stage; the caller recalls. */
static inline int
stage_restart(struct stage *stage)
{
    struct buf state;
    if (buf_new(&state, assess_state_size(stage->assess)))
        return -1;
    if (!assess_save(stage->assess, &state))
        return -1;
    assess_free(stage->assess);
    int error = assess_new(stage->site, &stage->assess);
    if (!error)
        error = assess_load(stage->assess, state.data, state.length, &stage->outlet);
    buf_free(&state);
    return error;
}

static inline const struct stage_event *
stage_last(const struct stage *stage)
{
    return &stage->events[stage->event_count - 1];
}

static inline const struct stage_event *
stage_find(const struct stage *stage, const char *subject, enum event_phase phase)
{
    for (size_t i = 0; i < stage->event_count; i++)
        if (!strcmp(stage->events[i].subject, subject) && stage->events[i].phase == phase)
            return &stage->events[i];
    return NULL;
}

#endif

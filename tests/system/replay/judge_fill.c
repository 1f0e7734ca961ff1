/* judge_fill DIRECTORY SITE START_UTC_MS SECONDS [SCRIPT]: fills a store as the daemon would have
 * done, in virtual time: scans are qualified, appended and judged, ticks fall into the middle of a
 * second, states are saved each minute, a start restores what was saved. Every number read is a
 * slow wave of its point unless the script says otherwise. A line of the script:
 *
 *   SECOND DEVICE.POINT NUMBER   from then on it reads so; `-` for a timeout, `wave` as before
 *   SECOND stop | kill           no scan and no tick from then on; a kill leaves no record of it
 *   SECOND start [BOOT]          with the machine started anew when a boot is named
 *   # a comment
 *
 * Prints one line of JSON. For tests/system/replay and tests/bench/judge.py. */
#include "base/clock.h"
#include "config/loader.h"
#include "daemon/assess/assess.h"
#include "daemon/restore.h"
#include "daemon/store/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE     256
#define TICK_AT  370 /* ms of a second */
#define SAVE_S   60
#define COMMIT_S 60
#define PATIENCE 60000

struct filling {
    const char *directory;
    struct site *site;
    struct store *store;
    struct assess *assess;
    struct assess_outlet outlet;
    struct stamp now;
    int64_t start_utc_ms, second;
    bool lives;
    char boot[32];
    uint32_t boot_number;
    double *set; /* by point: what the script says; NAN: a wave; INFINITY: a timeout */
    struct value *values;
    struct buf state;
    FILE *script;
    char line[LINE];
    int64_t line_second; /* of the line that waits; -1: none */
    unsigned long long scans, readings, events, statistics;
};

static _Noreturn void
fail(const char *what, const char *why)
{
    fprintf(stderr, "judge_fill: %s: %s\n", what, why);
    exit(1);
}

static void
complain(void *context, bool warning, const char *line)
{
    (void)context;
    if (!warning)
        fprintf(stderr, "%s\n", line);
}

/* ---- into the store ---- */

static void
make_room(struct filling *filling)
{
    store_hand_over(filling->store, true, clock_mono_ms());
    store_settle(filling->store, clock_mono_ms() + PATIENCE);
}

static uint64_t
on_event(void *context, const struct event *event)
{
    struct filling *filling = context;
    uint64_t sequence;

    while ((sequence = store_append_event(filling->store, event)) == 0)
        make_room(filling);
    filling->events++;
    return sequence;
}

static void
on_evidence(void *context, const struct evidence *evidence)
{
    struct filling *filling = context;

    while (store_append_evidence(filling->store, evidence) == 0)
        make_room(filling);
}

static void
on_statistic(void *context, const struct statistic *statistic)
{
    struct filling *filling = context;

    while (store_append_statistic(filling->store, &filling->now, statistic) == 0)
        make_room(filling);
    filling->statistics++;
}

/* Of derived points. */
static void
on_scan(void *context, const struct scan *scan)
{
    struct filling *filling = context;

    while (store_append_scan(filling->store, scan) == 0)
        make_room(filling);
}

static void
note(struct filling *filling, const char *kind)
{
    struct event event = {.kind = kind,
                          .phase = PHASE_NOTED,
                          .subject = "gateway",
                          .at = filling->now,
                          .since = filling->now,
                          .duration_ms = -1,
                          .value = (double)NAN,
                          .peak = (double)NAN,
                          .limit = (double)NAN,
                          .averaging = ""};

    on_event(filling, &event);
}

static void
save(struct filling *filling)
{
    buf_clear(&filling->state);
    if (!assess_save(filling->assess, &filling->state))
        fail("state", "does not fit");
    store_append_state(filling->store, "assess", &filling->state);
}

/* ---- life ---- */

static struct stamp
stamp_at(const struct filling *filling, int64_t ms)
{
    return (struct stamp){.utc_ms = filling->start_utc_ms + ms,
                          .mono_ms = 600000 + ms,
                          .boot = filling->boot_number,
                          .clock = CLOCK_SYNCHRONISED};
}

static void
restore(struct filling *filling)
{
    uint64_t heads[STREAM_END];
    struct reader *reader = NULL;

    if (reader_open(store_face(filling->store), &reader) != 0)
        fail(filling->directory, "no reader");
    size_t length = reader_state(reader, "assess", filling->state.data, filling->state.capacity,
                                 heads);
    if (length != 0 &&
        (assess_load(filling->assess, filling->state.data, length, &filling->outlet) != 0 ||
         restore_replay(reader, filling->site, filling->assess, heads, &filling->outlet,
                        &filling->now) < 0))
        fail(filling->directory, "cannot be restored");
    reader_close(reader);
}

static void
begin(struct filling *filling)
{
    struct store_options options = {.directory = filling->directory, .commit_every_ms = 1000};
    struct store_hooks hooks = {0};
    char error[200] = "";

    if (store_open(&options, &filling->store, error) != 0 ||
        (filling->boot_number = store_begin_boot(filling->store, filling->boot,
                                                 filling->start_utc_ms)) == 0 ||
        store_register(filling->store, filling->site) != 0 ||
        store_start(filling->store, &hooks) != 0)
        fail(filling->directory, error);
    if (assess_new(filling->site, &filling->assess) != 0 ||
        buf_new(&filling->state, assess_state_size(filling->assess)) != 0)
        fail("memory", "none");
    filling->outlet = (struct assess_outlet){.event = on_event,
                                             .evidence = on_evidence,
                                             .statistic = on_statistic,
                                             .scan = on_scan,
                                             .context = filling,
                                             .store = store_id(filling->store)};
    restore(filling);
    filling->now = stamp_at(filling, filling->second * 1000);
    note(filling, "gateway.started");
    save(filling);
    assess_tick(filling->assess, &filling->now, &filling->outlet);
    filling->lives = true;
}

static void
end(struct filling *filling, bool well)
{
    if (!filling->lives)
        return;
    if (well) {
        note(filling, "gateway.stopped");
        make_room(filling);
        save(filling);
    }
    make_room(filling);
    store_close(filling->store);
    assess_free(filling->assess);
    buf_free(&filling->state);
    filling->lives = false;
}

/* ---- the script ---- */

static void
read_line(struct filling *filling)
{
    filling->line_second = -1;
    while (filling->script != NULL && fgets(filling->line, LINE, filling->script) != NULL)
        if (*filling->line != '#' && *filling->line != '\n') {
            filling->line_second = atoll(filling->line);
            return;
        }
}

static void
set_point(struct filling *filling, char *name, const char *value)
{
    char *dot = strchr(name, '.');

    if (dot == NULL)
        fail("script", name);
    *dot = '\0';
    const struct point *point = site_find_point(filling->site, name, dot + 1);
    if (point == NULL)
        fail("script: no point", dot + 1);
    filling->set[point->index] = strcmp(value, "-") == 0      ? (double)INFINITY
                                 : strcmp(value, "wave") == 0 ? (double)NAN
                                                              : atof(value);
}

static void
follow(struct filling *filling)
{
    char what[LINE] = "", value[LINE] = "";

    sscanf(filling->line, "%*s %255s %255s", what, value);
    if (strcmp(what, "stop") == 0 || strcmp(what, "kill") == 0) {
        end(filling, strcmp(what, "stop") == 0);
    } else if (strcmp(what, "start") == 0) {
        if (*value != '\0')
            snprintf(filling->boot, sizeof filling->boot, "%.31s", value);
        begin(filling);
    } else {
        set_point(filling, what, value);
    }
}

/* ---- a second ---- */

static void
read_point(const struct filling *filling, const struct point *point, struct value *value)
{
    double set = filling->set[point->index];

    *value = (struct value){.kind = VALUE_NUMBER};
    if (point->type == TYPE_STRING) {
        *value = (struct value){.kind = VALUE_ABSENT};
    } else if (isinf(set)) {
        *value = (struct value){.kind = VALUE_NONE, .quality = QUALITY_TIMEOUT};
    } else if (!isnan(set)) {
        value->as.number = set;
    } else {
        int64_t phase = (filling->second + (int64_t)point->index * 37) % 1200;
        value->as.number = 20 + point->index % 30 +
                           (double)(phase < 600 ? phase : 1200 - phase) / 97;
    }
}

static void
tick(struct filling *filling, const struct stamp *at)
{
    filling->now = *at;
    assess_tick(filling->assess, at, &filling->outlet);
}

static void
take_scan(struct filling *filling, const struct device *device)
{
    struct scan scan = {.device = device, .count = device->point_count, .values = filling->values};

    scan.at = stamp_at(filling, filling->second * 1000 + 10 + device->index * 13 % 300);
    for (uint16_t i = 0; i < scan.count; i++)
        read_point(filling, &device->points[i], &scan.values[i]);
    if (scan.at.mono_ms - filling->now.mono_ms >= 1000)
        tick(filling, &scan.at);
    filling->now = scan.at;
    assess_qualify(filling->assess, &scan);
    while (store_append_scan(filling->store, &scan) == 0)
        make_room(filling);
    assess_scan(filling->assess, &scan, &filling->outlet);
    filling->scans++;
    filling->readings += scan.count;
}

static void
live(struct filling *filling)
{
    for (uint16_t i = 0; i < filling->site->device_count; i++) {
        const struct device *device = &filling->site->devices[i];
        if (device->bus != NULL && filling->second * 1000 % (int64_t)device->every_ms == 0)
            take_scan(filling, device);
    }
    struct stamp at = stamp_at(filling, filling->second * 1000 + TICK_AT);
    tick(filling, &at);
    if (filling->second % SAVE_S == SAVE_S - 1)
        save(filling);
    if (filling->second % COMMIT_S == COMMIT_S - 1)
        make_room(filling);
}

int
main(int argc, char **argv)
{
    static struct filling filling = {.boot = "first"};
    struct loader_options loading = {.report = complain};

    if (argc != 5 && argc != 6)
        fail("usage", "judge_fill DIRECTORY SITE START_UTC_MS SECONDS [SCRIPT]");
    filling.directory = argv[1];
    filling.start_utc_ms = atoll(argv[3]);
    if (loader_load(argv[2], &loading, &filling.site) != 0)
        return 1;
    filling.values = calloc(65536, sizeof *filling.values);
    filling.set = calloc(filling.site->point_count + 1U, sizeof *filling.set);
    filling.script = argc == 6 ? fopen(argv[5], "r") : NULL;
    if (filling.values == NULL || filling.set == NULL || (argc == 6 && filling.script == NULL))
        fail(argv[argc - 1], "cannot be read");
    for (uint32_t i = 0; i < filling.site->point_count; i++)
        filling.set[i] = (double)NAN;
    begin(&filling);
    read_line(&filling);
    for (; filling.second < atoll(argv[4]); filling.second++) {
        for (; filling.line_second == filling.second; read_line(&filling))
            follow(&filling);
        if (filling.lives)
            live(&filling);
    }
    end(&filling, true);
    printf("{\"scans\": %llu, \"readings\": %llu, \"events\": %llu, \"statistics\": %llu}\n",
           filling.scans, filling.readings, filling.events, filling.statistics);
    site_free(filling.site);
    free(filling.values);
    free(filling.set);
    return 0;
}

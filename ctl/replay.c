/* parkgatectl replay: judges the scans a store holds anew, under the site in force or another, and
 * prints what would differ from the events and statistics that stand in the store.
 *
 * Invariants: the store is only read; memory does not grow with the length of the span, only with
 * its events; time goes as the engine let it go: a tick each second while the gateway ran, none
 * while it was down. Judging begins a lead-in earlier, so that open periods and events are whole.
 * What a state saved before the lead-in held (an event that was open, a month's sum) is not known
 * here: such openings, peaks and months are not compared. */
#include "base/calendar.h"
#include "base/clock.h"
#include "config/loader.h"
#include "ctl/ctl.h"
#include "ctl/replay_events.h"
#include "ctl/replay_feed.h"
#include "ctl/replay_statistics.h"
#include "ctl/when.h"
#include "daemon/assess/assess.h"
#include "daemon/assess/declare.h"
#include "daemon/store/declared.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS  1000
#define TRAIL_MS 10000 /* periods close 2 s after their end; evidence and delays a little later */

struct request {
    const char *store, *site, *share;
    int64_t from_utc_ms, until_utc_ms, lead_ms; /* lead_ms -1: from the start of the day before */
    bool json, has_from, has_until;
    unsigned long long most;
};

struct replay {
    struct replay_span span;
    struct replay_map map;
    struct feed *feed;
    struct statistics *statistics;
    struct assess *assess;
    struct assess_outlet outlet;
    struct episodes stored, found;
    struct replay_print print;
    struct replay_summary summary;
    struct stamp now;
    int64_t now_utc_ms; /* of now */
    int64_t phase_ms;   /* where in a second it ticks */
    bool lives, begun;  /* the gateway ran then */
    uint64_t sequence;
    int error;
};

/* ---- what the replay finds ---- */

static int64_t
whole_detail(const struct event *event, const char *key, int64_t otherwise)
{
    for (size_t i = 0; i < event->detail_count; i++)
        if (event->details[i].kind == VALUE_INTEGER && strcmp(event->details[i].key, key) == 0)
            return event->details[i].as.integer;
    return otherwise;
}

static void
see(struct replay *replay, struct episodes *episodes, const struct sighting *sighting)
{
    if (!episodes_is_judged(sighting->kind, sighting->kind_length) ||
        sighting->at_utc_ms == INT64_MIN || sighting->at_utc_ms > replay->span.end_utc_ms)
        return;
    if (episodes_add(episodes, sighting) != 0)
        replay->error = -ENOMEM;
}

static uint64_t
on_event(void *context, const struct event *event)
{
    struct replay *replay = context;
    uint64_t sequence = ++replay->sequence;
    struct sighting sighting = {.kind = event->kind,
                                .kind_length = strlen(event->kind),
                                .subject = event->subject,
                                .subject_length = strlen(event->subject),
                                .averaging = event->averaging != NULL ? event->averaging : "",
                                .phase = event->phase,
                                .opened = event->opened_sequence,
                                .at_utc_ms = feed_place(replay->feed, &event->at),
                                .since_utc_ms = feed_place(replay->feed, &event->since),
                                .peak = event->peak,
                                .limit = event->limit,
                                .periods = whole_detail(event, "periods", -1)};

    /* a verdict on means begins with its first period, not when that was closed */
    sighting.since_utc_ms = whole_detail(event, "first_period_ms", sighting.since_utc_ms);
    sighting.averaging_length = strlen(sighting.averaging);
    if (sighting.opened == 0)
        sighting.opened = sequence;
    see(replay, &replay->found, &sighting);
    return sequence;
}

static void
on_evidence(void *context, const struct evidence *evidence)
{
    (void)context, (void)evidence; /* a copy of scans: no judgement */
}

static void
on_statistic(void *context, const struct statistic *statistic)
{
    struct replay *replay = context;

    statistics_find(replay->statistics, statistic);
}

/* ---- what the store holds ---- */

static int64_t
stored_detail(const struct record_event *event, const char *wanted, int64_t otherwise)
{
    struct cbor_cursor cursor = event->details;
    size_t length;

    for (size_t i = 0; i < event->detail_count && !cursor.failed; i++) {
        const char *key = cbor_take_text(&cursor, &length);
        if (key != NULL && length == strlen(wanted) && memcmp(key, wanted, length) == 0)
            return cbor_take_integer(&cursor);
        cbor_skip(&cursor);
    }
    return otherwise;
}

static bool
is_kind(const struct record_event *event, const char *kind)
{
    return event->kind.length == strlen(kind) &&
           memcmp(event->kind.text, kind, event->kind.length) == 0;
}

static void
see_stored(struct replay *replay, const struct feed_item *item)
{
    const struct record_event *event = item->event;
    uint64_t sequence = item->record->sequence;
    struct sighting sighting = {.kind = event->kind.text,
                                .kind_length = event->kind.length,
                                .subject = event->subject.text,
                                .subject_length = event->subject.length,
                                .averaging = event->averaging.text,
                                .averaging_length = event->averaging.length,
                                .phase = event->phase,
                                .opened = event->opened_sequence,
                                .at_utc_ms = item->utc_ms,
                                .since_utc_ms = feed_place(replay->feed, &event->since),
                                .peak = event->peak,
                                .limit = event->limit,
                                .periods = stored_detail(event, "periods", -1)};

    sighting.since_utc_ms = stored_detail(event, "first_period_ms", sighting.since_utc_ms);
    if (sighting.opened == 0)
        sighting.opened = sequence;
    see(replay, &replay->stored, &sighting);
    if (is_kind(event, "configuration.changed") && item->utc_ms >= replay->span.lead_utc_ms &&
        item->utc_ms < replay->span.until_utc_ms) {
        char time[30];
        calendar_print_time(item->utc_ms, time);
        fprintf(stderr,
                "parkgatectl: the site file was changed at %s: what differs before that may come "
                "of it\n",
                time);
    }
}

/* ---- time ---- */

static void
go_to(struct replay *replay, const struct stamp *at, int64_t utc_ms)
{
    replay->now = *at;
    if (utc_ms != INT64_MIN)
        replay->now_utc_ms = utc_ms;
    statistics_advance(replay->statistics, replay->now_utc_ms);
}

static void
tick(struct replay *replay, const struct stamp *at)
{
    assess_tick(replay->assess, at, &replay->outlet);
    go_to(replay, at, feed_place(replay->feed, at));
}

/* The engine's second: it ticks when it starts and each second from then on; where the start is not
 * known, at whole seconds of the monotonic clock. */
static void
tick_until(struct replay *replay, const struct stamp *at)
{
    struct stamp next = replay->now;

    if (!replay->lives || !replay->begun || next.boot != at->boot)
        return;
    for (;;) {
        int64_t step_ms = TICK_MS - (next.mono_ms - replay->phase_ms) % TICK_MS;
        if (next.mono_ms + step_ms > at->mono_ms)
            return;
        next.mono_ms += step_ms;
        next.utc_ms += step_ms;
        tick(replay, &next);
    }
}

static void
count_qualities(struct replay *replay, const struct feed_item *item)
{
    bool counts = item->utc_ms >= replay->span.from_utc_ms;

    for (uint16_t i = 0; counts && i < item->scan->count; i++) {
        const struct value *value = &item->scan->values[i];
        replay->summary.readings += value->kind != VALUE_ABSENT;
        replay->summary.requalified += value->kind != VALUE_ABSENT &&
                                       value->quality != item->qualities[i];
    }
}

static void
take_scan(struct replay *replay, struct feed_item *item)
{
    tick_until(replay, &item->at);
    go_to(replay, &item->at, item->utc_ms);
    replay->lives = replay->begun = true;
    replay->summary.scans++;
    assess_qualify(replay->assess, item->scan);
    count_qualities(replay, item);
    assess_scan(replay->assess, item->scan, &replay->outlet);
}

/* What a person said then is said again. An acknowledgement names an event by an identity that the
 * replay does not have, and changes no judgement. */
static void
say_again(struct replay *replay, const struct feed_item *item)
{
    struct declaration said;
    uint64_t sequence;
    char why[DECLARATION_WHY];

    if (declaration_from_event(item->event, &said) && said.kind != DECLARE_ACKNOWLEDGE)
        assess_declare(replay->assess, &said, &item->at, &replay->outlet, &sequence, why);
}

/* A start that follows no stop was a crash: nothing ticked between the last record and it. */
static void
take_event(struct replay *replay, const struct feed_item *item)
{
    if (is_kind(item->event, "gateway.started")) {
        replay->lives = replay->begun = true;
        replay->phase_ms = item->at.mono_ms % TICK_MS;
        statistics_start(replay->statistics, item->utc_ms);
        tick(replay, &item->at);
    } else {
        tick_until(replay, &item->at);
        replay->lives &= !is_kind(item->event, "gateway.stopped");
        say_again(replay, item);
    }
}

static bool
is_over(const struct replay *replay, const struct feed_item *item)
{
    return item->kind == FEED_END ||
           (item->utc_ms != INT64_MIN && item->utc_ms >= replay->span.end_utc_ms);
}

/* When the end comes, by the monotonic clock of what lies behind it. */
static void
tick_to_end(struct replay *replay, const struct feed_item *item)
{
    struct stamp end = item->at;

    if (item->kind == FEED_END ||
        (item->kind == FEED_EVENT && is_kind(item->event, "gateway.started")))
        return;
    end.mono_ms -= item->utc_ms - replay->span.end_utc_ms;
    tick_until(replay, &end);
}

static void
judge(struct replay *replay)
{
    struct feed_item item;

    for (feed_next(replay->feed, &item); !is_over(replay, &item) && replay->error == 0;
         feed_next(replay->feed, &item)) {
        if (item.kind == FEED_SCAN) {
            take_scan(replay, &item);
        } else {
            take_event(replay, &item);
            see_stored(replay, &item);
        }
    }
    tick_to_end(replay, &item);
}

/* ---- the whole ---- */

static void
compare(struct replay *replay)
{
    struct replay_span *span = &replay->span;

    if (span->end_utc_ms > replay->now_utc_ms)
        span->end_utc_ms = replay->now_utc_ms;
    if (span->until_utc_ms > span->end_utc_ms)
        span->until_utc_ms = span->end_utc_ms;
    statistics_finish(replay->statistics, span->end_utc_ms - TRAIL_MS / 2);
    episodes_compare(&replay->stored, &replay->found, span, &replay->print, &replay->summary);
    replay_print_summary(&replay->print, &replay->summary);
}

static int
open_all(struct replay *replay, const struct request *request, const struct site *site)
{
    struct reader *reader = NULL;
    char reason[200] = "";

    int error = reader_open_file(request->store, &reader, reason);
    if (error != 0) {
        fprintf(stderr, "parkgatectl: %s\n", reason);
        return error;
    }
    error = replay_map_new(&replay->map, reader, site);
    if (error == 0)
        replay->summary.absent_points = replay_map_warn(&replay->map, reader);
    reader_close(reader);
    if (error != 0)
        return error;
    replay->feed = feed_open(request->store, &replay->map, replay->span.lead_utc_ms,
                             replay->span.end_utc_ms);
    replay->statistics = statistics_open(request->store, &replay->map, &replay->span,
                                         &replay->print, &replay->summary);
    if (replay->feed == NULL || replay->statistics == NULL)
        return -EIO;
    return assess_new(site, &replay->assess);
}

static int
run(struct replay *replay, const struct request *request, const struct site *site)
{
    int error = open_all(replay, request, site);

    if (error == 0)
        judge(replay);
    if (error == 0 && replay->summary.scans == 0) {
        fprintf(stderr, "parkgatectl: the store has no scans of these devices in that time\n");
        error = -ENOENT;
    }
    if (error == 0 && (replay->error != 0 || feed_failed(replay->feed) ||
                       statistics_failed(replay->statistics))) {
        fprintf(stderr, "parkgatectl: the store cannot be read any further\n");
        error = -EIO;
    }
    if (error == 0)
        compare(replay);
    assess_free(replay->assess);
    statistics_close(replay->statistics);
    feed_close(replay->feed);
    replay_map_free(&replay->map);
    episodes_free(&replay->stored);
    episodes_free(&replay->found);
    return error;
}

static void
print_mistake(void *context, bool warning, const char *line)
{
    (void)context;
    if (!warning)
        fprintf(stderr, "%s\n", line);
}

static bool
take_option(int option, struct request *request)
{
    int64_t now_utc_ms = clock_utc_ms();

    switch (option) {
    case 's': request->store = optarg; return true;
    case 'i': request->site = optarg; return true;
    case 'h': request->share = optarg; return true;
    case 'j': request->json = true; return true;
    case 'm': request->most = strtoull(optarg, NULL, 10); return true;
    case 'l': return when_parse_span(optarg, &request->lead_ms);
    case 'f':
        request->has_from = true;
        return when_parse(optarg, now_utc_ms, &request->from_utc_ms);
    case 't':
        request->has_until = true;
        return when_parse(optarg, now_utc_ms, &request->until_utc_ms);
    default: return false;
    }
}

static bool
take_options(int argc, char **argv, struct request *request)
{
    static const struct option OPTIONS[] = {{"store", required_argument, NULL, 's'},
                                            {"from", required_argument, NULL, 'f'},
                                            {"to", required_argument, NULL, 't'},
                                            {"site", required_argument, NULL, 'i'},
                                            {"share", required_argument, NULL, 'h'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"lead-in", required_argument, NULL, 'l'},
                                            {"most", required_argument, NULL, 'm'},
                                            {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1)
        if (!take_option(option, request))
            return false;
    return optind == argc && request->has_from && request->has_until &&
           request->from_utc_ms < request->until_utc_ms;
}

int
replay_run(int argc, char **argv)
{
    struct request request = {.store = "/var/lib/parkgate/parkgate.db",
                              .site = "/etc/parkgate/site.yaml",
                              .lead_ms = -1,
                              .most = 100};
    struct replay replay = {0};
    struct site *site = NULL;

    if (!take_options(argc, argv, &request))
        return CTL_USAGE;
    struct loader_options options = {.share = request.share, .report = print_mistake};
    int error = loader_load(request.site, &options, &site);
    if (error != 0) {
        fprintf(stderr, "parkgatectl: %s: the site cannot be used\n", request.site);
        return CTL_UNABLE;
    }
    replay.span.from_utc_ms = request.from_utc_ms;
    replay.span.until_utc_ms = request.until_utc_ms;
    replay.span.end_utc_ms = request.until_utc_ms + TRAIL_MS;
    replay.span.lead_utc_ms = request.lead_ms >= 0
                                  ? request.from_utc_ms - request.lead_ms
                                  : calendar_start(request.from_utc_ms - 1, CALENDAR_DAY_MS);
    replay.print = (struct replay_print){.json = request.json, .most = request.most};
    replay.outlet = (struct assess_outlet){.event = on_event,
                                           .evidence = on_evidence,
                                           .statistic = on_statistic,
                                           .context = &replay,
                                           .store = ""}; /* identities are not compared */
    error = run(&replay, &request, site);
    site_free(site);
    if (error != 0)
        return CTL_UNABLE;
    return replay_differs(&replay.summary) ? CTL_WRONG : CTL_FINE;
}

/* Feeds a recording of scans to assess under virtual time and prints what it finds, a JSON line
 * each: the records of docs/payloads without envelope. Nothing here knows the time of the machine.
 *
 *   replay_driver [--restart] SITE.yaml RECORDING
 *
 * --restart saves the state after every line and goes on with a new stage that loaded it: the
 * output must be the same.
 *
 * A recording has one call a line; `#` begins a comment:
 *
 *   boot N                         another boot of the kernel
 *   MONO_MS UTC_MS DEVICE ...      a scan; UTC_MS is `-` while the clock is unknown
 *   MONO_MS UTC_MS tick
 *   +MS DEVICE ... or +MS tick     so much later than the line before, on both clocks
 *
 * where `...` is point=number or point=number/quality or point=-/quality for each point that was
 * read. */
#include "base/calendar.h"
#include "base/json.h"
#include "config/loader.h"
#include "daemon/assess/assess.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 4096

struct replay {
    struct site *site;
    struct assess *assess;
    struct assess_outlet outlet;
    struct stamp now;
    struct value *values; /* enough for any device */
    struct buf state;
    uint64_t event_sequence;
    const char *file;
    unsigned line;
};

static _Noreturn void
fail(const struct replay *replay, const char *what, const char *word)
{
    fprintf(stderr, "%s:%u: %s: %s\n", replay->file, replay->line, what, word);
    exit(1);
}

/* ---- what comes out ---- */

static void
put_point(struct json *json, const struct point *point)
{
    char name[256];
    if (!point)
        return;
    snprintf(name, sizeof name, "%s.%s", point->device->name, point->name);
    json_put_text(json, "point", name);
}

/* The wall clock where it is known, else null beside boot and monotonic time. */
static void
put_time(struct json *json, const char *key, const struct stamp *at)
{
    json_key(json, key);
    if (at->clock != CLOCK_UNKNOWN) {
        json_signed(json, at->utc_ms);
        return;
    }
    json_begin_object(json);
    json_put_natural(json, "boot", at->boot);
    json_put_integer(json, "mono", at->mono_ms);
    json_end_object(json);
}

static void
put_id(struct json *json, const char *store, uint64_t sequence)
{
    char id[EVENT_ID];
    snprintf(id, sizeof id, "%s-%" PRIu64, store, sequence);
    json_put_text(json, "id", id);
}

static void
put_number(struct json *json, const char *key, double number)
{
    if (!isnan(number))
        json_put_number(json, key, number);
}

static void
put_details(struct json *json, const struct event *event)
{
    json_key(json, "details");
    json_begin_object(json);
    for (size_t i = 0; i < event->detail_count; i++) {
        const struct detail *detail = &event->details[i];
        if (detail->kind == VALUE_TEXT)
            json_put_text(json, detail->key, detail->as.text);
        else if (detail->kind == VALUE_NUMBER)
            json_put_number(json, detail->key, detail->as.number);
        else
            json_put_integer(json, detail->key, detail->as.integer);
    }
    json_end_object(json);
}

static char line_memory[16384];
static struct buf line_buf;

static struct json
begin_line(const char *record)
{
    struct json json;
    buf_init(&line_buf, line_memory, sizeof line_memory);
    json_init(&json, &line_buf);
    json_begin_object(&json);
    json_put_text(&json, "record", record);
    return json;
}

static void
end_line(struct json *json)
{
    json_end_object(json);
    if (line_buf.overflow) {
        fprintf(stderr, "a line of output is too long\n");
        exit(1);
    }
    puts(buf_string(&line_buf));
}

static uint64_t
print_event(void *context, const struct event *event)
{
    static const char *const phases[] = {"", "opened", "updated", "closed", "noted"};
    static const char *const severities[] = {"info", "warning", "alarm"};
    struct replay *replay = context;
    struct json json = begin_line("event");
    uint64_t sequence = ++replay->event_sequence;
    if (event->opened_sequence)
        put_id(&json, event->opened_store, event->opened_sequence);
    else
        put_id(&json, replay->outlet.store, sequence);
    json_put_text(&json, "kind", event->kind);
    json_put_text(&json, "phase", phases[event->phase]);
    json_put_text(&json, "severity", severities[event->severity]);
    json_put_text(&json, "subject", event->subject);
    put_point(&json, event->point);
    put_time(&json, "t", &event->at);
    put_time(&json, "since", &event->since);
    json_put_integer(&json, "duration_ms", event->duration_ms);
    put_number(&json, "value", event->value);
    put_number(&json, "peak", event->peak);
    put_number(&json, "limit", event->limit);
    json_put_text(&json, "averaging", event->averaging);
    put_details(&json, event);
    end_line(&json);
    return sequence;
}

static void
print_evidence(void *context, const struct evidence *evidence)
{
    (void)context;
    struct json json = begin_line("evidence");
    put_id(&json, evidence->store, evidence->opened_sequence);
    json_put_text(&json, "kind", evidence->kind);
    put_point(&json, evidence->point);
    json_key(&json, "values");
    json_begin_array(&json);
    for (size_t i = 0; i < evidence->value_count; i++) {
        json_begin_array(&json);
        json_signed(&json, evidence->values[i].at.mono_ms);
        json_number(&json, evidence->values[i].number);
        json_text(&json, quality_name(evidence->values[i].quality));
        json_end_array(&json);
    }
    json_end_array(&json);
    end_line(&json);
}

static void
print_statistic(void *context, const struct statistic *statistic)
{
    static const char *const periods[] = {
        [PERIOD_MINUTE] = "minute",   [PERIOD_TEN_MINUTES] = "ten-minutes",
        [PERIOD_QUARTER] = "quarter", [PERIOD_HOUR] = "hour",
        [PERIOD_DAY] = "day",         [PERIOD_MONTH] = "month",
    };
    (void)context;
    char date[11];
    struct json json = begin_line("statistic");
    put_point(&json, statistic->point);
    json_put_text(&json, "period", periods[statistic->period]);
    json_put_integer(&json, "start", statistic->start_utc_ms);
    json_put_integer(&json, "end", statistic->end_utc_ms);
    calendar_print_date(statistic->start_utc_ms, date);
    json_put_text(&json, "date", date);
    json_put_natural(&json, "revision", statistic->revision);
    json_put_number(&json, "min", statistic->min);
    json_put_number(&json, "max", statistic->max);
    json_put_number(&json, "mean", statistic->mean);
    json_put_number(&json, "sum", statistic->sum);
    json_put_natural(&json, "count", statistic->count);
    json_put_natural(&json, "valid", statistic->valid);
    json_put_natural(&json, "expected", statistic->expected);
    json_put_text(&json, "letter", (char[]){statistic->letter, 0});
    end_line(&json);
}

/* ---- what goes in ---- */

static uint8_t
find_quality(const struct replay *replay, const char *name)
{
    for (unsigned i = 0; i <= QUALITY_NO_PORT; i++)
        if (!strcmp(quality_name(i), name))
            return (uint8_t)i;
    fail(replay, "no such quality", name);
}

static struct value *
find_value(const struct replay *replay, const struct device *device, const char *name)
{
    for (unsigned i = 0; i < device->point_count; i++)
        if (!strcmp(device->points[i].name, name))
            return &replay->values[i];
    fail(replay, "the device has no such point", name);
}

static void
read_value(const struct replay *replay, const struct device *device, char *word)
{
    char *number = strchr(word, '='), *quality = strchr(word, '/'), *end;
    if (!number)
        fail(replay, "expected point=number/quality", word);
    *number++ = 0;
    if (quality)
        *quality++ = 0;
    struct value *value = find_value(replay, device, word);
    value->quality = quality ? find_quality(replay, quality) : QUALITY_GOOD;
    value->kind = VALUE_NONE;
    if (!strcmp(number, "-"))
        return;
    value->kind = VALUE_NUMBER;
    value->as.number = strtod(number, &end);
    if (*end || end == number)
        fail(replay, "expected a number", number);
}

static void
feed_scan(struct replay *replay, const char *name, char *rest)
{
    const struct device *device = site_find_device(replay->site, name);
    if (!device)
        fail(replay, "no such device", name);
    memset(replay->values, 0, device->point_count * sizeof *replay->values);
    char *more;
    for (char *word = strtok_r(rest, " ", &more); word; word = strtok_r(NULL, " ", &more))
        read_value(replay, device, word);
    struct scan scan = {.device = device,
                        .at = replay->now,
                        .count = device->point_count,
                        .values = replay->values};
    assess_qualify(replay->assess, &scan);
    assess_scan(replay->assess, &scan, &replay->outlet);
}

static int64_t
read_integer(const struct replay *replay, const char *word)
{
    char *end;
    long long value = word ? strtoll(word, &end, 10) : 0;
    if (!word || *end || end == word)
        fail(replay, "expected milliseconds", word ? word : "nothing");
    return value;
}

static void
read_time(struct replay *replay, const char *first, char **more)
{
    if (first[0] == '+') {
        int64_t later_ms = read_integer(replay, first + 1);
        replay->now.mono_ms += later_ms;
        replay->now.utc_ms += later_ms;
        return;
    }
    replay->now.mono_ms = read_integer(replay, first);
    const char *utc = strtok_r(NULL, " ", more);
    bool known = utc && strcmp(utc, "-") != 0;
    replay->now.clock = known ? CLOCK_SYNCHRONISED : CLOCK_UNKNOWN;
    replay->now.utc_ms = known ? read_integer(replay, utc) : 0;
}

static void
feed_line(struct replay *replay, char *line)
{
    char *more;
    char *first = strtok_r(line, " ", &more);
    if (!first)
        return;
    if (!strcmp(first, "boot")) {
        replay->now.boot = (uint32_t)read_integer(replay, strtok_r(NULL, " ", &more));
        return;
    }
    read_time(replay, first, &more);
    const char *what = strtok_r(NULL, " ", &more);
    if (!what)
        fail(replay, "expected a device or tick behind the time", first);
    if (!strcmp(what, "tick"))
        assess_tick(replay->assess, &replay->now, &replay->outlet);
    else
        feed_scan(replay, what, more);
}

static void
start_stage(struct replay *replay)
{
    if (assess_new(replay->site, &replay->assess)) {
        fprintf(stderr, "no memory for the stage\n");
        exit(1);
    }
}

static void
restart_stage(struct replay *replay)
{
    buf_clear(&replay->state);
    if (!assess_save(replay->assess, &replay->state))
        fail(replay, "the state does not fit", "its buffer");
    assess_free(replay->assess);
    start_stage(replay);
    if (assess_load(replay->assess, replay->state.data, replay->state.length, &replay->outlet))
        fail(replay, "the state does not load", "again");
}

static void
replay_file(struct replay *replay, bool restart)
{
    FILE *file = fopen(replay->file, "r");
    char line[LINE_SIZE];
    if (!file)
        fail(replay, "cannot be read", "the recording");
    while (fgets(line, sizeof line, file)) {
        replay->line++;
        line[strcspn(line, "#\n")] = 0;
        feed_line(replay, line);
        if (restart)
            restart_stage(replay);
    }
    fclose(file);
}

/* ---- the site ---- */

static void
report(void *context, bool warning, const char *line)
{
    (void)context;
    fprintf(stderr, "%s%s\n", warning ? "warning: " : "", line);
}

/* What the store's registry does in the daemon. */
static void
number_site(struct site *site)
{
    for (uint32_t i = 0; i < site->point_count; i++)
        site->points[i].number = i + 1;
    for (unsigned i = 0; i < site->device_count; i++)
        site->devices[i].number = i + 1;
}

int
main(int argc, char **argv)
{
    bool restart = argc == 4 && !strcmp(argv[1], "--restart");
    if (argc != 3 && !restart) {
        fprintf(stderr, "usage: replay_driver [--restart] SITE.yaml RECORDING\n");
        return 2;
    }
    struct replay replay = {.file = argv[argc - 1], .now.boot = 1};
    struct loader_options options = {.report = report};
    if (loader_load(argv[argc - 2], &options, &replay.site))
        return 1;
    number_site(replay.site);
    replay.outlet = (struct assess_outlet){print_event, print_evidence, print_statistic, &replay,
                                           "5eed"};
    replay.values = calloc(replay.site->point_count + 1, sizeof *replay.values);
    start_stage(&replay);
    if (!replay.values || buf_new(&replay.state, assess_state_size(replay.assess))) {
        fprintf(stderr, "no memory\n");
        return 1;
    }
    replay_file(&replay, restart);
    assess_free(replay.assess);
    buf_free(&replay.state);
    free(replay.values);
    site_free(replay.site);
    return 0;
}

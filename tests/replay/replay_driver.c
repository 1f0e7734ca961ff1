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
 *   times N CALL ; CALL ; ...      the calls, each with +MS, N times over
 *   declare KIND SUBJECT WORD by=NAME [until=+MS] [from=+MS] [pollutant=P] [reason=WORD]
 *   headroom                       prints what the open means of limits leave room for
 *   tell WORD ...                  from here on, of minute, ten-minutes, hour, day, month,
 *                                  evidence print only these; events are always printed
 *
 * where `...` is point=number or point=number/quality or point=-/quality for each point that was
 * read. */
#include "base/calendar.h"
#include "base/json.h"
#include "config/loader.h"
#include "daemon/assess/assess.h"
#include "daemon/assess/declare.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE     4096
#define TELL_EVIDENCE PERIOD_END
#define TELL_END      (PERIOD_END + 1)

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
    bool told[TELL_END]; /* statistics by period, and evidence */
};

static _Noreturn void
fail(const struct replay *replay, const char *what, const char *word)
{
    fprintf(stderr, "%s:%u: %s: %s\n", replay->file, replay->line, what, word);
    exit(1);
}

#include "replay_print.c"

#include "replay_headroom.c"
#include "replay_recall.c"

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
    remember_scan(replay, &scan);
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
feed_call(struct replay *replay, char *first, char **more)
{
    read_time(replay, first, more);
    const char *what = strtok_r(NULL, " ", more);
    if (!what)
        fail(replay, "expected a device or tick behind the time", first);
    if (!strcmp(what, "tick"))
        assess_tick(replay->assess, &replay->now, &replay->outlet);
    else
        feed_scan(replay, what, *more);
}

static void
read_told(struct replay *replay, char **more)
{
    memset(replay->told, 0, sizeof replay->told);
    for (char *word; (word = strtok_r(NULL, " ", more));) {
        unsigned which = TELL_EVIDENCE;
        for (unsigned i = 0; i < PERIOD_END; i++)
            if (periods[i] && !strcmp(periods[i], word))
                which = i;
        if (which == TELL_EVIDENCE && strcmp(word, "evidence") != 0)
            fail(replay, "cannot tell", word);
        replay->told[which] = true;
    }
}

/* "from=+60000": relative to now; text of a word may hold no space, "_" stands for one. */
static void
read_term(struct replay *replay, struct declaration *declaration, char *word)
{
    char *value = strchr(word, '=');
    if (!value)
        fail(replay, "expected name=value", word);
    *value++ = 0;
    for (char *at = value; *at; at++)
        *at = *at == '_' ? ' ' : *at;
    if (!strcmp(word, "by"))
        snprintf(declaration->by, sizeof declaration->by, "%s", value);
    else if (!strcmp(word, "reason"))
        snprintf(declaration->reason, sizeof declaration->reason, "%s", value);
    else if (!strcmp(word, "pollutant"))
        snprintf(declaration->pollutant, sizeof declaration->pollutant, "%s", value);
    else if (!strcmp(word, "from"))
        declaration->from_utc_ms = replay->now.utc_ms + read_integer(replay, value);
    else if (!strcmp(word, "until"))
        declaration->until_utc_ms = replay->now.utc_ms + read_integer(replay, value);
    else if (!strcmp(word, "event"))
        declaration->sequence = (uint64_t)read_integer(replay, value);
    else
        fail(replay, "no such term", word);
}

/* declare KIND SUBJECT WORD ...: what comes of it is printed as any other event, a refusal as a
 * line of its own. */
static void
feed_declaration(struct replay *replay, char **more)
{
    static const char *const kinds[] = {"mode", "maintenance", "calibrated", "mark", "acknowledge"};
    const char *kind = strtok_r(NULL, " ", more), *subject = strtok_r(NULL, " ", more);
    const char *word = strtok_r(NULL, " ", more);
    struct declaration declaration = {.from_utc_ms = replay->now.utc_ms};
    char why[DECLARATION_WHY] = "";
    uint64_t sequence;
    if (!word)
        fail(replay, "expected declare KIND SUBJECT WORD", kind ? kind : "");
    while (declaration.kind < sizeof kinds / sizeof *kinds &&
           strcmp(kinds[declaration.kind], kind) != 0)
        declaration.kind++;
    snprintf(declaration.subject, sizeof declaration.subject, "%s", subject);
    snprintf(declaration.word, sizeof declaration.word, "%s", word);
    snprintf(declaration.store, sizeof declaration.store, "%s", replay->outlet.store);
    for (char *term; (term = strtok_r(NULL, " ", more));)
        read_term(replay, &declaration, term);
    if (!assess_declare(replay->assess, &declaration, &replay->now, &replay->outlet, &sequence,
                        why))
        return;
    struct json json = begin_line("refused");
    json_put_text(&json, "why", why);
    end_line(&json);
}

static void
feed_line(struct replay *replay, char *line)
{
    char *more;
    char *first = strtok_r(line, " ", &more);
    if (!first)
        return;
    if (!strcmp(first, "boot"))
        replay->now.boot = (uint32_t)read_integer(replay, strtok_r(NULL, " ", &more));
    else if (!strcmp(first, "tell"))
        read_told(replay, &more);
    else if (!strcmp(first, "declare"))
        feed_declaration(replay, &more);
    else if (!strcmp(first, "headroom"))
        print_headroom(replay);
    else
        feed_call(replay, first, &more);
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
    recall_scans(replay);
}

/* "times N CALL ; CALL": the calls N times over. */
static void
feed_times(struct replay *replay, const char *rest, bool restart)
{
    char *calls;
    long times = strtol(rest, &calls, 10);
    for (long i = 0; i < times; i++) {
        char copy[LINE_SIZE], *more;
        snprintf(copy, sizeof copy, "%s", calls);
        for (char *call = strtok_r(copy, ";", &more); call; call = strtok_r(NULL, ";", &more))
            feed_line(replay, call);
        if (restart && i % 7 == 0)
            restart_stage(replay);
    }
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
        if (!strncmp(line, "times ", 6))
            feed_times(replay, line + 6, restart);
        else
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
    memset(replay.told, 1, sizeof replay.told);
    if (loader_load(argv[argc - 2], &options, &replay.site))
        return 1;
    number_site(replay.site);
    replay.outlet = (struct assess_outlet){.event = print_event,
                                           .evidence = print_evidence,
                                           .statistic = print_statistic,
                                           .scan = remember_scan,
                                           .context = &replay,
                                           .store = "5eed"};
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
    forget_scans();
    site_free(replay.site);
    return 0;
}

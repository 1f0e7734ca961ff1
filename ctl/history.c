/* parkgatectl history: one point's readings, or their means, from the store while the daemon runs;
 * as a table, CSV, JSON lines, or a plot in the terminal. */
#include "base/buf.h"
#include "base/calendar.h"
#include "base/clock.h"
#include "base/json.h"
#include "ctl/ctl.h"
#include "ctl/plot.h"
#include "ctl/when.h"
#include "daemon/assess/assess.h"
#include "daemon/store/bucket.h"
#include "daemon/store/walk.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LINE 1024

enum form { FORM_TABLE, FORM_CSV, FORM_JSON, FORM_PLOT };

struct request {
    const char *file, *point;
    int64_t from_utc_ms, until_utc_ms, every_ms;
    enum form form;
};

static bool
take_form(int option, enum form *form)
{
    if (option != 'c' && option != 'j' && option != 'p')
        return false;
    *form = option == 'c' ? FORM_CSV : option == 'j' ? FORM_JSON : FORM_PLOT;
    return true;
}

static bool
take_options(int argc, char **argv, struct request *request)
{
    static const struct option OPTIONS[] = {
        {"store", required_argument, NULL, 's'}, {"from", required_argument, NULL, 'f'},
        {"to", required_argument, NULL, 't'},    {"every", required_argument, NULL, 'e'},
        {"csv", no_argument, NULL, 'c'},         {"json", no_argument, NULL, 'j'},
        {"plot", no_argument, NULL, 'p'},        {NULL, 0, NULL, 0}};
    int64_t now_utc_ms = clock_utc_ms();
    bool fine = true;
    int option;

    request->from_utc_ms = now_utc_ms - CALENDAR_HOUR_MS;
    request->until_utc_ms = now_utc_ms;
    while (fine && (option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option == 's')
            request->file = optarg;
        else if (option == 'f')
            fine = when_parse(optarg, now_utc_ms, &request->from_utc_ms);
        else if (option == 't')
            fine = when_parse(optarg, now_utc_ms, &request->until_utc_ms);
        else if (option == 'e')
            fine = when_parse_span(optarg, &request->every_ms);
        else
            fine = take_form(option, &request->form);
    }
    request->point = optind + 1 == argc ? argv[optind] : NULL;
    return fine && request->point != NULL && strchr(request->point, '.') != NULL;
}

/* ---- printing ---- */

static void
print_json(const struct walk_reading *reading)
{
    char room[LINE];
    struct buf buf;
    struct json json;

    buf_init(&buf, room, sizeof room);
    json_init(&json, &buf);
    json_begin_object(&json);
    json_put_integer(&json, "t", reading->utc_ms);
    json_key(&json, "value");
    if (reading->value.kind == VALUE_TEXT)
        json_text_n(&json, reading->value.text, reading->value.text_length);
    else
        json_number(&json, record_value_number(&reading->value));
    json_put_text(&json, "quality", quality_name((enum quality)reading->value.quality));
    json_end_object(&json);
    printf("%.*s\n", (int)buf.length, room);
}

static void
print_reading(const struct request *request, const struct walk_reading *reading)
{
    const struct record_value *value = &reading->value;
    const char *quality = quality_name((enum quality)value->quality);
    double number = record_value_number(value);
    char time[30], text[64] = "";

    calendar_print_time(reading->utc_ms, time);
    if (value->kind == VALUE_TEXT)
        snprintf(text, sizeof text, "%.*s",
                 (int)(value->text_length < 60 ? value->text_length : 60), value->text);
    else if (!isnan(number))
        snprintf(text, sizeof text, "%.10g", number);
    if (request->form == FORM_JSON)
        print_json(reading);
    else if (request->form == FORM_CSV)
        printf("%s,%s,%s\n", time, text, quality);
    else
        printf("%s  %16s %-8s %s\n", time, *text != '\0' ? text : "-", reading->point->unit,
               strcmp(quality, "good") == 0 ? "" : quality);
}

static void
print_bucket(const struct request *request, const struct bucket *bucket)
{
    double mean = bucket_mean(bucket);
    char time[30];

    calendar_print_time(bucket->start_utc_ms, time);
    if (request->form == FORM_CSV)
        printf("%s,%.10g,%.10g,%.10g,%lu,%lu\n", time, bucket->low, mean, bucket->high,
               bucket->count, bucket->valid);
    else if (request->form == FORM_JSON && bucket->valid > 0)
        printf(
            "{\"t\":%lld,\"min\":%.17g,\"mean\":%.17g,\"max\":%.17g,\"count\":%lu,\"valid\":%lu}\n",
            (long long)bucket->start_utc_ms, bucket->low, mean, bucket->high, bucket->count,
            bucket->valid);
    else if (request->form == FORM_JSON)
        printf("{\"t\":%lld,\"min\":null,\"mean\":null,\"max\":null,\"count\":%lu,\"valid\":0}\n",
               (long long)bucket->start_utc_ms, bucket->count);
    else
        printf("%s  %14.7g %14.7g %14.7g %8lu %8lu\n", time, bucket->low, mean, bucket->high,
               bucket->count, bucket->valid);
}

static void
print_heading(const struct request *request)
{
    if (request->form == FORM_CSV)
        puts(request->every_ms != 0 ? "time,min,mean,max,count,valid" : "time,value,quality");
    else if (request->form == FORM_TABLE && request->every_ms != 0)
        printf("%-29s  %14s %14s %14s %8s %8s\n", "time", "min", "mean", "max", "count", "valid");
}

/* ---- going through ---- */

static void
take_reading(const struct request *request, const struct walk_reading *reading,
             struct bucket *bucket, struct plot *plot)
{
    if (request->form == FORM_PLOT) {
        if (quality_is_valid((enum quality)reading->value.quality))
            plot_add(plot, reading->utc_ms, record_value_number(&reading->value));
        return;
    }
    if (request->every_ms == 0) {
        print_reading(request, reading);
        return;
    }
    int64_t start_utc_ms = calendar_start(reading->utc_ms, request->every_ms);
    if (bucket->count > 0 && start_utc_ms != bucket->start_utc_ms) {
        print_bucket(request, bucket);
        *bucket = (struct bucket){0};
    }
    bucket_add(bucket, start_utc_ms, record_value_number(&reading->value),
               quality_is_valid((enum quality)reading->value.quality));
}

int
history_run(int argc, char **argv)
{
    struct request request = {.file = "/var/lib/parkgate/parkgate.db"};
    struct walk_reading reading;
    struct bucket bucket = {0};
    struct plot plot;
    struct walk *walk;
    char error[200] = "";

    if (!take_options(argc, argv, &request))
        return CTL_USAGE;
    struct walk_options options = {.file = request.file,
                                   .point = request.point,
                                   .from_utc_ms = request.from_utc_ms,
                                   .until_utc_ms = request.until_utc_ms};
    if (walk_open(&options, &walk, error) != 0) {
        fprintf(stderr, "parkgatectl: %s\n", error);
        return CTL_WRONG;
    }
    plot_init(&plot, request.from_utc_ms, request.until_utc_ms);
    print_heading(&request);
    while (walk_next(walk, &reading))
        take_reading(&request, &reading, &bucket, &plot);
    if (bucket.count > 0)
        print_bucket(&request, &bucket);
    if (request.form == FORM_PLOT)
        plot_print(&plot, request.point, stdout);
    if (walk_untimed(walk) > 0)
        fprintf(stderr, "parkgatectl: %llu scans whose time is not known were left out\n",
                walk_untimed(walk));
    bool failed = walk_failed(walk);
    if (failed)
        fprintf(stderr, "parkgatectl: the store cannot be read any further\n");
    walk_close(walk);
    return failed ? CTL_WRONG : CTL_FINE;
}

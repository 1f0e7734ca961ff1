/* parkgatectl export: all readings of devices as CSV on standard output, or everything of a range
 * as a store file of its own; progress on standard error, straight from the store while the daemon
 * runs. */
#include "base/calendar.h"
#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/when.h"
#include "daemon/assess/assess.h"
#include "daemon/store/excerpt.h"
#include "daemon/store/walk.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define SHOW_EVERY 20000 /* readings between two looks at the progress */

struct request {
    const char *file;
    const char *excerpt; /* make a store file of the range instead of CSV */
    int64_t from_utc_ms, until_utc_ms;
};

static bool
take_options(int argc, char **argv, struct request *request)
{
    static const struct option OPTIONS[] = {{"store", required_argument, NULL, 's'},
                                            {"from", required_argument, NULL, 'f'},
                                            {"to", required_argument, NULL, 't'},
                                            {"excerpt", required_argument, NULL, 'e'},
                                            {NULL, 0, NULL, 0}};
    int64_t now_utc_ms = clock_utc_ms();
    bool fine = true;
    int option;

    request->from_utc_ms = now_utc_ms - CALENDAR_DAY_MS;
    request->until_utc_ms = now_utc_ms;
    while (fine && (option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option == 's')
            request->file = optarg;
        else if (option == 'e')
            request->excerpt = optarg;
        else if (option == 'f')
            fine = when_parse(optarg, now_utc_ms, &request->from_utc_ms);
        else if (option == 't')
            fine = when_parse(optarg, now_utc_ms, &request->until_utc_ms);
        else
            fine = false;
    }
    return fine && (request->excerpt != NULL) == (optind == argc);
}

static void
print_text(const struct record_value *value)
{
    putchar('"');
    for (size_t i = 0; i < value->text_length; i++) {
        if (value->text[i] == '"')
            putchar('"');
        putchar(value->text[i]);
    }
    putchar('"');
}

static void
print_value(const struct record_value *value)
{
    switch (value->kind) {
    case VALUE_NUMBER: printf("%.17g", value->number); break;
    case VALUE_INTEGER: printf("%" PRId64, value->integer); break;
    case VALUE_NATURAL: printf("%" PRIu64, value->natural); break;
    case VALUE_TEXT: print_text(value); break;
    case VALUE_ABSENT:
    case VALUE_NONE: break;
    }
}

static void
print_reading(const struct walk_reading *reading)
{
    char time[30];

    calendar_print_time(reading->utc_ms, time);
    printf("%s,%s,%s,", time, reading->point->device, reading->point->name);
    print_value(&reading->value);
    printf(",%s,%s\n", reading->point->unit, quality_name((enum quality)reading->value.quality));
}

static int
export_device(const struct request *request, const char *device)
{
    struct walk_options options = {.file = request->file,
                                   .point = device,
                                   .from_utc_ms = request->from_utc_ms,
                                   .until_utc_ms = request->until_utc_ms};
    struct walk_reading reading;
    unsigned long long count = 0;
    struct walk *walk;
    char error[200] = "";

    if (walk_open(&options, &walk, error) != 0) {
        fprintf(stderr, "parkgatectl: %s\n", error);
        return CTL_WRONG;
    }
    while (walk_next(walk, &reading)) {
        print_reading(&reading);
        if (++count % SHOW_EVERY == 0 && isatty(2))
            fprintf(stderr, "\r%s: %3.0f %% \033[K", device, walk_progress(walk) * 100);
    }
    fprintf(stderr, "%s%s: %llu readings\n", isatty(2) ? "\r\033[K" : "", device, count);
    bool failed = walk_failed(walk);
    if (failed)
        fprintf(stderr, "parkgatectl: the store cannot be read any further\n");
    walk_close(walk);
    return failed ? CTL_WRONG : CTL_FINE;
}

static void
show(void *context, double share)
{
    (void)context;
    if (isatty(2))
        fprintf(stderr, "\r%3.0f %%\033[K", share * 100);
}

static int
export_excerpt(const struct request *request)
{
    struct excerpt excerpt = {.from = request->file,
                              .to = request->excerpt,
                              .from_utc_ms = request->from_utc_ms,
                              .until_utc_ms = request->until_utc_ms,
                              .progress = show};
    char error[200] = "";

    if (excerpt_make(&excerpt, error) != 0) {
        fprintf(stderr, "parkgatectl: %s\n", error);
        return CTL_WRONG;
    }
    fprintf(stderr, "%s%llu records in %s\n", isatty(2) ? "\r\033[K" : "",
            (unsigned long long)excerpt.records, excerpt.to);
    return CTL_FINE;
}

int
export_run(int argc, char **argv)
{
    struct request request = {.file = "/var/lib/parkgate/parkgate.db"};
    int result = CTL_FINE;

    if (!take_options(argc, argv, &request))
        return CTL_USAGE;
    if (request.excerpt != NULL)
        return export_excerpt(&request);
    puts("time,device,point,value,unit,quality");
    for (int i = optind; i < argc && result == CTL_FINE; i++)
        result = export_device(&request, argv[i]);
    return result;
}

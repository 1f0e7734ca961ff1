/* parkgatectl scan: which units of a bus answer. Each is asked for one register; an exception is an
 * answer too. */
#include "base/clock.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/frames.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR             30
#define TIMEOUT_MOST_MS 3000

struct survey {
    struct client *client;
    const char *bus, *table;
    long first, last, timeout_ms, address;
    unsigned asked, found, unreadable;
    bool terminal;
    const json_t *devices; /* of the bus, as the site has them */
    long not_asked;        /* because there was no line to them */
    char reason[200];
};

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

static bool
take_natural(const char *text, long least, long most, long *ret_number)
{
    char *end;

    *ret_number = strtol(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
    return *text != '\0' && *end == '\0' && *ret_number >= least && *ret_number <= most;
}

/* 200ms, 1s, or a number of milliseconds. */
static bool
take_time(const char *text, long most_ms, long *ret_ms)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (end == text || number < 1 || number > most_ms)
        return false;
    *ret_ms = strcmp(end, "s") == 0 ? number * 1000 : number;
    return (*end == '\0' || strcmp(end, "ms") == 0 || strcmp(end, "s") == 0) && *ret_ms <= most_ms;
}

static bool
take_options(int argc, char **argv, struct survey *survey, const char **ret_path)
{
    static const struct option OPTIONS[] = {{"socket", required_argument, NULL, 's'},
                                            {"from", required_argument, NULL, 'f'},
                                            {"to", required_argument, NULL, 't'},
                                            {"timeout", required_argument, NULL, 'w'},
                                            {"table", required_argument, NULL, 'T'},
                                            {"address", required_argument, NULL, 'a'},
                                            {NULL, 0, NULL, 0}};
    bool fine = true;
    int option;

    while (fine && (option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        switch (option) {
        case 's': *ret_path = optarg; break;
        case 'T': survey->table = optarg; break;
        case 'f': fine = take_natural(optarg, 0, 255, &survey->first); break;
        case 't': fine = take_natural(optarg, 0, 255, &survey->last); break;
        case 'w': fine = take_time(optarg, TIMEOUT_MOST_MS, &survey->timeout_ms); break;
        case 'a': fine = take_natural(optarg, 0, 65535, &survey->address); break;
        default: fine = false;
        }
    }
    return fine && optind + 1 == argc && survey->first <= survey->last;
}

/* The devices the site has on that bus; NULL (and a sentence) when there is no such bus. */
static json_t *
find_bus(struct survey *survey)
{
    json_t *answer = client_ask(survey->client, json_pack("{s:s}", "verb", "buses"));
    const json_t *list = json_object_get(json_object_get(answer, "answer"), "buses");
    size_t i;
    json_t *bus;

    json_array_foreach(list, i, bus)
    {
        if (strcmp(client_text(bus, "name"), survey->bus) == 0)
            survey->devices = json_object_get(bus, "devices");
    }
    if (answer != NULL && survey->devices == NULL)
        fprintf(stderr, "parkgatectl: there is no bus '%s'\n", survey->bus);
    return answer;
}

static const char *
device_of(const struct survey *survey, long unit)
{
    size_t i;
    json_t *device;

    json_array_foreach(survey->devices, i, device)
    {
        if (json_integer_value(json_object_get(device, "unit")) == unit)
            return client_text(device, "name");
    }
    return "";
}

static void
draw(const struct survey *survey, long unit, int64_t begun_ms)
{
    long all = survey->last - survey->first + 1;
    long done = unit - survey->first;
    int64_t passed_ms = clock_mono_ms() - begun_ms;
    char bar[BAR + 1];

    if (!survey->terminal)
        return;
    memset(bar, '.', BAR);
    memset(bar, '#', (size_t)(done * BAR / all));
    bar[BAR] = '\0';
    fprintf(stderr, "\r[%s] unit %ld, %u found, %ld s left \033[K", bar, unit, survey->found,
            done > 0 ? (long)(passed_ms * (all - done) / done / 1000) : 0);
}

static void
tell_unit(struct survey *survey, long unit, const json_t *answer)
{
    const json_t *body = json_object_get(answer, "answer");
    double response_ms = (double)json_integer_value(json_object_get(body, "response_us")) / 1000;
    unsigned number = (unsigned)json_integer_value(json_object_get(answer, "exception"));

    if (survey->terminal)
        fprintf(stderr, "\r\033[K");
    printf("unit %3ld  %6.1f ms  ", unit, response_ms);
    if (strcmp(client_text(answer, "result"), "done") == 0)
        printf("%s %ld = %lld", survey->table, survey->address,
               (long long)json_integer_value(json_array_get(json_object_get(body, "words"), 0)));
    else if (number != 0)
        printf("exception %u, %s", number, frames_exception(number));
    else
        printf("%s", client_text(answer, "reason"));
    printf("  %s\n", device_of(survey, unit));
    fflush(stdout);
}

/* What an answer says of the unit. False when there is no line to any further one. */
static bool
judge_unit(struct survey *survey, long unit, const json_t *answer)
{
    const char *quality = client_text(answer, "quality");
    json_int_t number = json_integer_value(json_object_get(answer, "exception"));
    bool there = strcmp(client_text(answer, "result"), "done") == 0 ||
                 (strcmp(quality, "exception") == 0 && number != 10 && number != 11);
    bool nowhere = strcmp(quality, "no-port") == 0 || strcmp(quality, "unresolved") == 0;

    if (nowhere || strcmp(quality, "refused") == 0) {
        survey->not_asked += nowhere ? survey->last - unit + 1 : 1;
        snprintf(survey->reason, sizeof survey->reason, "%s", client_text(answer, "reason"));
        return !nowhere;
    }
    survey->asked++;
    bool unreadable = strcmp(quality, "crc") == 0 || strcmp(quality, "wrong-answer") == 0;
    survey->found += there;
    survey->unreadable += unreadable;
    if (there || unreadable)
        tell_unit(survey, unit, answer);
    return true;
}

/* False when the daemon has gone or there is no use in going on. */
static bool
ask_unit(struct survey *survey, long unit)
{
    json_t *answer = client_ask(survey->client,
                                json_pack("{s:s, s:s, s:I, s:s, s:I, s:I}", "verb", "read", "bus",
                                          survey->bus, "unit", (json_int_t)unit, "table",
                                          survey->table, "address", (json_int_t)survey->address,
                                          "timeout_ms", (json_int_t)survey->timeout_ms));
    bool alive = answer != NULL && judge_unit(survey, unit, answer);

    json_decref(answer);
    return alive;
}

static void
conclude(const struct survey *survey)
{
    if (survey->terminal)
        fprintf(stderr, "\r\033[K");
    printf("%u of %u units answer on %s", survey->found, survey->asked, survey->bus);
    if (survey->unreadable > 0)
        printf(", %u more unreadably", survey->unreadable);
    printf("%s\n", interrupted ? " (interrupted)" : "");
    if (survey->not_asked > 0)
        fprintf(stderr, "parkgatectl: %ld unit%s not asked: %s\n", survey->not_asked,
                survey->not_asked == 1 ? " was" : "s were", survey->reason);
}

int
scan_run(int argc, char **argv)
{
    struct survey survey = {
        .table = "holding", .first = 1, .last = 247, .timeout_ms = 200, .terminal = isatty(2)};
    /* the unit being asked is waited for; a second Ctrl-C ends it at once */
    struct sigaction action = {.sa_handler = on_interrupt,
                               .sa_flags = (int)(SA_RESTART | SA_RESETHAND)};
    const char *path = NULL;

    if (!take_options(argc, argv, &survey, &path))
        return CTL_USAGE;
    survey.bus = argv[optind];
    survey.client = client_open(path);
    if (survey.client == NULL)
        return CTL_WRONG;
    json_t *buses = find_bus(&survey);
    bool alive = survey.devices != NULL;
    int64_t begun_ms = clock_mono_ms();
    long unit = survey.first;
    sigaction(SIGINT, &action, NULL);
    for (; alive && !interrupted && unit <= survey.last; unit++) {
        draw(&survey, unit, begun_ms);
        alive = ask_unit(&survey, unit);
    }
    if (survey.devices != NULL)
        conclude(&survey);
    json_decref(buses);
    client_close(survey.client);
    return alive && survey.not_asked == 0 ? CTL_FINE : CTL_WRONG;
}

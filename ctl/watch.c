/* parkgatectl watch: where the open hours stand and what the rest of them may be, for who steers a
 * boiler by it. */
#include "base/calendar.h"
#include "ctl/client.h"
#include "ctl/ctl.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CELL      32
#define SECONDS   5 /* the daemon makes a new page as often */
#define CLEARED   "\033[H\033[2J"
#define SUBJECT_W 28

struct watching {
    const char *asset; /* NULL: all */
    bool once, json;
};

static void
print_number(const json_t *limit, const char *key, double scale, char text[CELL])
{
    const json_t *number = json_object_get(limit, key);

    snprintf(text, CELL, "-");
    if (json_is_number(number))
        snprintf(text, CELL, "%.4g", json_number_value(number) * scale);
}

static bool
is_wanted(const struct watching *watching, const char *subject)
{
    size_t length = watching->asset == NULL ? 0 : strlen(watching->asset);

    return watching->asset == NULL || (strncmp(subject, watching->asset, length) == 0 &&
                                       (subject[length] == '.' || subject[length] == '\0'));
}

static void
print_limit(const json_t *limit)
{
    char mean[CELL], share[CELL], rest[CELL], bound[CELL];
    double valid = json_number_value(json_object_get(limit, "valid"));
    double expected = json_number_value(json_object_get(limit, "expected"));

    print_number(limit, "mean", 1, mean);
    print_number(limit, "share", 100, share);
    print_number(limit, "rest", 1, rest);
    print_number(limit, "limit", 1, bound);
    if (json_is_true(json_object_get(limit, "lost")))
        snprintf(rest, sizeof rest, "已无法达标/lost");
    printf("%-*s %-12s %10s %7s%% %10s %16s %5.0f%%  %s\n", SUBJECT_W,
           client_text(limit, "subject"), client_text(limit, "averaging"), mean, share, bound, rest,
           expected > 0 ? 100 * valid / expected : 0, client_text(limit, "unit"));
}

/* Returns how many limits were shown. */
static size_t
print_page(const struct watching *watching, const json_t *page)
{
    const json_t *limits = json_object_get(page, "limits");
    const json_t *time = json_object_get(page, "t");
    char text[CELL * 2] = "unknown";
    size_t shown = 0;
    size_t i;
    json_t *limit;

    if (json_is_integer(time))
        calendar_print_time(json_integer_value(time), text);
    printf("%s\n%-*s %-12s %10s %8s %10s %16s %6s\n", text, SUBJECT_W, "limit", "averaging", "mean",
           "share", "limit", "rest may be", "valid");
    json_array_foreach(limits, i, limit)
    {
        if (!is_wanted(watching, client_text(limit, "subject")))
            continue;
        print_limit(limit);
        shown++;
    }
    fflush(stdout);
    return shown;
}

/* Only the limits of the asset, where one is named. */
static void
keep_wanted(const struct watching *watching, const json_t *page)
{
    json_t *limits = json_object_get(page, "limits");

    for (size_t i = json_array_size(limits); i > 0; i--)
        if (!is_wanted(watching, client_text(json_array_get(limits, i - 1), "subject")))
            json_array_remove(limits, i - 1);
}

/* False when the daemon has gone. */
static bool
show(struct client *client, const struct watching *watching, size_t *ret_shown)
{
    json_t *answer = client_ask(client, json_pack("{s:s}", "verb", "headroom"));

    if (answer == NULL)
        return false;
    const json_t *page = json_object_get(answer, "answer");
    if (watching->json) {
        keep_wanted(watching, page);
        json_dumpf(page, stdout, JSON_COMPACT);
        printf("\n");
        *ret_shown = json_array_size(json_object_get(page, "limits"));
    } else {
        if (!watching->once && isatty(STDOUT_FILENO))
            fputs(CLEARED, stdout);
        *ret_shown = print_page(watching, page);
    }
    json_decref(answer);
    return true;
}

static int
watch(struct client *client, const struct watching *watching)
{
    size_t shown = 0;

    while (show(client, watching, &shown)) {
        if (shown == 0) {
            fprintf(stderr, "parkgatectl: no mean is judged%s%s: the site has no such limit\n",
                    watching->asset != NULL ? " of " : "",
                    watching->asset != NULL ? watching->asset : "");
            return CTL_WRONG;
        }
        if (watching->once)
            return CTL_FINE;
        sleep(SECONDS);
    }
    return CTL_WRONG;
}

int
watch_run(int argc, char **argv)
{
    static const struct option OPTIONS[] = {{"socket", required_argument, NULL, 's'},
                                            {"once", no_argument, NULL, 'o'},
                                            {"json", no_argument, NULL, 'j'},
                                            {NULL, 0, NULL, 0}};
    struct watching watching = {.asset = NULL};
    const char *path = NULL;
    int option;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option == 's')
            path = optarg;
        else if (option == 'o')
            watching.once = true;
        else if (option == 'j')
            watching.json = true;
        else
            return CTL_USAGE;
    }
    if (optind + 1 < argc)
        return CTL_USAGE;
    watching.asset = argv[optind];
    struct client *client = client_open(path);
    if (client == NULL)
        return CTL_WRONG;
    int result = watch(client, &watching);
    client_close(client);
    return result;
}

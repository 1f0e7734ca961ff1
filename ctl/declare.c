/* parkgatectl acknowledge, mode, mark, maintenance, calibrated: what a named person says about the
 * plant, to the running daemon. */
#include "base/clock.h"
#include "config/words.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/when.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char *const OPTION_NAMES[] = {"socket", "by", "reason",    "code", "until",
                                           "from",   "to", "pollutant", "at"};
enum { SOCKET, BY, REASON, CODE, UNTIL, FROM, TO, POLLUTANT, AT, OPTIONS };

static bool
take_options(int argc, char **argv, const char *ret_said[OPTIONS])
{
    struct option options[OPTIONS + 1] = {{.name = NULL}};
    int option, at;

    for (int i = 0; i < OPTIONS; i++)
        options[i] = (struct option){OPTION_NAMES[i], required_argument, NULL, 'o'};
    /* options may stand before and behind the names: getopt sorts them */
    while ((option = getopt_long(argc, argv, "", options, &at)) != -1) {
        if (option != 'o')
            return false;
        ret_said[at] = optarg;
    }
    return true;
}

static bool
put_time(json_t *request, const char *key, const char *text)
{
    int64_t utc_ms;

    if (text == NULL)
        return true;
    if (!when_parse(text, clock_utc_ms(), &utc_ms)) {
        fprintf(stderr, "parkgatectl: '%s' is no time like +2h or 2026-11-21T08:00\n", text);
        return false;
    }
    json_object_set_new(request, key, json_integer(utc_ms));
    return true;
}

static void
put_text(json_t *request, const char *key, const char *text)
{
    if (text != NULL)
        json_object_set_new(request, key, json_string(text));
}

/* The names behind the options, by verb. False: too many, too few, or an option is missing. */
static bool
put_names(json_t *request, const char *verb, int count, char **names,
          const char *const said[OPTIONS])
{
    if (strcmp(verb, "maintenance") == 0) {
        bool on = count == 2 && strcmp(names[0], "on") == 0;
        if (count != 2 || (!on && strcmp(names[0], "off") != 0) || (on && said[UNTIL] == NULL))
            return false;
        json_object_set_new(request, "on", json_boolean(on));
        put_text(request, "subject", names[1]);
        return true;
    }
    if (strcmp(verb, "acknowledge") == 0) {
        put_text(request, "event", names[0]);
        return count == 1 && said[CODE] != NULL;
    }
    put_text(request, "subject", names[0]);
    if (strcmp(verb, "mode") == 0)
        put_text(request, "mode", names[1]);
    if (strcmp(verb, "mark") == 0)
        put_text(request, "condition", names[1]);
    return strcmp(verb, "calibrated") == 0 ? count == 1
           : strcmp(verb, "mark") == 0     ? count == 2 && said[FROM] != NULL && said[TO] != NULL
                                           : count == 2;
}

static int
ask(const char *path, json_t *request)
{
    struct client *client = client_open(path);
    if (client == NULL) {
        json_decref(request);
        return CTL_WRONG;
    }
    json_t *answer = client_ask(client, request);
    if (answer != NULL)
        printf("recorded as event %lld, by %s\n",
               (long long)json_integer_value(
                   json_object_get(json_object_get(answer, "answer"), "event")),
               client_text(json_object_get(answer, "answer"), "by"));
    int result = answer != NULL ? CTL_FINE : CTL_WRONG;
    json_decref(answer);
    client_close(client);
    return result;
}

/* acknowledge alone: what there is to acknowledge. */
static int
list_open(const char *path)
{
    struct client *client = client_open(path);
    if (client == NULL)
        return CTL_WRONG;
    json_t *answer = client_ask(client, json_pack("{s:s}", "verb", "alarms"));
    const json_t *list = json_object_get(json_object_get(answer, "answer"), "events");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *event = json_array_get(list, i);
        const char *by = client_text(json_object_get(event, "details"), "acknowledged_by");
        const struct words *words = words_find(client_text(event, "kind"));
        printf("%s  %s  %s  %s  %s%s%s\n", client_text(event, "id"), client_text(event, "severity"),
               client_text(event, "kind"), words != NULL ? words->zh : "",
               client_text(event, "subject"), *by != '\0' ? "  acknowledged by " : "", by);
    }
    if (answer != NULL && json_array_size(list) == 0)
        printf("no event is open\n");
    int result = answer != NULL ? CTL_FINE : CTL_WRONG;
    json_decref(answer);
    client_close(client);
    return result;
}

int
declare_run(int argc, char **argv)
{
    const char *said[OPTIONS] = {NULL};
    const char *verb = argv[0];

    if (!take_options(argc, argv, said))
        return CTL_USAGE;
    if (strcmp(verb, "acknowledge") == 0 && argc == optind && said[BY] == NULL)
        return list_open(said[SOCKET]);
    if (said[BY] == NULL || argc - optind < 1)
        return CTL_USAGE;
    json_t *request = json_pack("{s:s}", "verb", verb);
    put_text(request, "by", said[BY]);
    put_text(request, "reason", said[REASON]);
    put_text(request, "code", said[CODE]);
    put_text(request, "pollutant", said[POLLUTANT]);
    bool fits = put_names(request, verb, argc - optind, argv + optind, said);
    bool timed = fits && put_time(request, "until", said[UNTIL] != NULL ? said[UNTIL] : said[TO]) &&
                 put_time(request, "from", said[FROM]) && put_time(request, "at", said[AT]);
    if (timed)
        return ask(said[SOCKET], request);
    json_decref(request);
    return fits ? CTL_WRONG : CTL_USAGE;
}

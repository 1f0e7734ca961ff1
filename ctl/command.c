/* parkgatectl command: one command to the daemon of this machine, or signed and over a broker to
 * one gateway, several, or all of a park. */
#include "base/clock.h"
#include "ctl/answers.h"
#include "ctl/client.h"
#include "ctl/command_parts.h"
#include "ctl/ctl.h"
#include "ctl/when.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MOST (256 * 1024) /* of a file that a member is made of */

/* ---- members ---- */

/* "@FILE": its text. */
static json_t *
read_text(const char *path)
{
    char *text = malloc(TEXT_MOST + 1);
    FILE *file = fopen(path, "re");
    size_t length = file != NULL && text != NULL ? fread(text, 1, TEXT_MOST + 1, file) : 0;
    json_t *value = NULL;

    if (file == NULL)
        fprintf(stderr, "parkgatectl: %s: %s\n", path, strerror(errno));
    else if (length > TEXT_MOST)
        fprintf(stderr, "parkgatectl: %s is longer than %d bytes\n", path, TEXT_MOST);
    else if ((value = json_stringn(text, length)) == NULL)
        fprintf(stderr, "parkgatectl: %s is not text\n", path);
    if (file != NULL)
        fclose(file);
    free(text);
    return value;
}

/* Times as people write them, where the member is a time. */
static json_t *
read_time(const char *name, const char *text)
{
    static const char *const TIMES[] = {"from", "to", "until", "at"};
    int64_t utc_ms;

    for (size_t i = 0; i < sizeof TIMES / sizeof *TIMES; i++)
        if (strcmp(name, TIMES[i]) == 0 && when_parse(text, clock_utc_ms(), &utc_ms))
            return json_integer(utc_ms);
    return NULL;
}

/* NAME=VALUE; VALUE: JSON when it is some, a time, else text; @FILE. */
static bool
take_member(json_t *members, const char *word)
{
    const char *equals = strchr(word, '=');
    char name[64];

    if (equals == NULL || equals == word || (size_t)(equals - word) >= sizeof name) {
        fprintf(stderr, "parkgatectl: '%s' is not NAME=VALUE\n", word);
        return false;
    }
    snprintf(name, sizeof name, "%.*s", (int)(equals - word), word);
    json_t *value = equals[1] == '@' ? read_text(equals + 2)
                                     : json_loads(equals + 1, JSON_DECODE_ANY, NULL);
    if (value == NULL && equals[1] != '@')
        value = read_time(name, equals + 1);
    if (value == NULL && equals[1] != '@')
        value = json_string(equals + 1);
    return value != NULL && json_object_set_new(members, name, value) == 0;
}

bool
command_take_members(json_t *members, int count, char **words)
{
    json_error_t error;

    for (int i = 0; i < count; i++) {
        if (words[i][0] != '{') {
            if (!take_member(members, words[i]))
                return false;
            continue;
        }
        json_t *whole = json_loads(words[i], JSON_REJECT_DUPLICATES, &error);
        if (whole == NULL) {
            fprintf(stderr, "parkgatectl: column %d: %s\n", error.column, error.text);
            return false;
        }
        json_object_update(members, whole);
        json_decref(whole);
    }
    return true;
}

/* ---- options ---- */

enum which {
    SOCKET = 1,
    BROKER,
    PARK,
    GATEWAY,
    PREFIX,
    USER,
    PASSWORD,
    CA,
    CERTIFICATE,
    KEY,
    SIGN,
    AS,
    TIMEOUT,
    OUTPUT,
    VERSION_3
};

static const char **
place_of(struct command_line *line, int option)
{
    switch (option) {
    case SOCKET: return &line->socket;
    case BROKER: return &line->remote.broker;
    case PARK: return &line->park;
    case PREFIX: return &line->prefix;
    case USER: return &line->remote.user;
    case PASSWORD: return &line->remote.password_file;
    case CA: return &line->remote.ca;
    case CERTIFICATE: return &line->remote.certificate;
    case KEY: return &line->remote.key;
    case SIGN: return &line->sign;
    case AS: return &line->as;
    case OUTPUT: return &line->output;
    default: return NULL;
    }
}

static bool
take_option(struct command_line *line, int option)
{
    const char **place = place_of(line, option);

    if (place != NULL)
        *place = optarg;
    else if (option == GATEWAY && line->gateway_count < COMMAND_GATEWAYS)
        line->gateways[line->gateway_count++] = optarg;
    else if (option == TIMEOUT)
        return when_parse_span(optarg, &line->timeout_ms);
    else if (option == VERSION_3)
        line->remote.is_3_1_1 = true;
    else
        return false;
    return true;
}

static bool
take_options(int argc, char **argv, struct command_line *line)
{
    static const struct option OPTIONS[] = {{"socket", required_argument, NULL, SOCKET},
                                            {"broker", required_argument, NULL, BROKER},
                                            {"park", required_argument, NULL, PARK},
                                            {"gateway", required_argument, NULL, GATEWAY},
                                            {"prefix", required_argument, NULL, PREFIX},
                                            {"user", required_argument, NULL, USER},
                                            {"password-file", required_argument, NULL, PASSWORD},
                                            {"ca", required_argument, NULL, CA},
                                            {"certificate", required_argument, NULL, CERTIFICATE},
                                            {"key", required_argument, NULL, KEY},
                                            {"sign", required_argument, NULL, SIGN},
                                            {"as", required_argument, NULL, AS},
                                            {"timeout", required_argument, NULL, TIMEOUT},
                                            {"output", required_argument, NULL, OUTPUT},
                                            {"3.1.1", no_argument, NULL, VERSION_3},
                                            {NULL, 0, NULL, 0}};
    int option;

    /* "+": what looks like an option behind the verb belongs to the command */
    while ((option = getopt_long(argc, argv, "+", OPTIONS, NULL)) != -1)
        if (!take_option(line, option))
            return false;
    if (line->remote.broker == NULL)
        return optind < argc && line->gateway_count == 0 && line->park == NULL &&
               line->sign == NULL && line->as == NULL;
    bool several = line->gateway_count > 1 ||
                   (line->gateway_count == 1 && strcmp(line->gateways[0], "all") == 0);
    return optind < argc && line->park != NULL && line->gateway_count > 0 &&
           !(several && line->output != NULL) && (line->sign == NULL) == (line->as == NULL);
}

/* ---- this machine ---- */

static int
ask_here(const struct command_line *line, const char *verb, json_t *members)
{
    enum answers_state state = ANSWERS_MORE;
    struct answers answers;
    struct client *client = client_open(line->socket);

    if (client == NULL || !answers_begin(&answers, line->output)) {
        client_close(client);
        return CTL_UNABLE;
    }
    answers_go_on_at(&answers, json_integer_value(json_object_get(members, "offset")));
    /* in a body of their own: a member may be called verb (help) */
    json_t *command = json_pack("{s:s, s:O}", "verb", verb, "body", members);
    bool heard = command != NULL && client_send(client, command);
    while (heard && state == ANSWERS_MORE) {
        json_t *reply = client_receive(client);
        heard = reply != NULL;
        if (heard)
            state = answers_take(&answers, reply);
        json_decref(reply);
    }
    bool fine = answers_end(&answers);
    client_close(client);
    if (!heard)
        return CTL_UNABLE;
    return fine && state == ANSWERS_DONE ? CTL_FINE : CTL_WRONG;
}

int
command_run(int argc, char **argv)
{
    struct command_line line = {.prefix = "parkgate", .timeout_ms = 30000};
    json_t *members = json_object();
    int result = CTL_USAGE;

    if (take_options(argc, argv, &line)) {
        const char *verb = argv[optind];
        if (command_take_members(members, argc - optind - 1, argv + optind + 1))
            result = line.remote.broker == NULL ? ask_here(&line, verb, members)
                                                : command_send(&line, verb, members);
    }
    json_decref(members);
    return result;
}

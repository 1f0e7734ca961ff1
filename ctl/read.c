/* parkgatectl read, write: registers through the running daemon. */
#include "base/number.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/frames.h"
#include "ctl/views.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 2000

/* The socket's path from the options; what else is there is wrong usage. */
static bool
take_socket(int argc, char **argv, const char **ret_path)
{
    static const struct option OPTIONS[] = {{"socket", required_argument, NULL, 's'},
                                            {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "+", OPTIONS, NULL)) != -1) {
        if (option != 's')
            return false;
        *ret_path = optarg;
    }
    return true;
}

static bool
take_natural(const char *text, long most, long *ret_number)
{
    char *end;

    /* 0100 is one hundred, as in a device's manual, not octal */
    *ret_number = strtol(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
    return *text != '\0' && *end == '\0' && *ret_number >= 0 && *ret_number <= most;
}

static int
show(const json_t *answer, const char *table, uint16_t address)
{
    const json_t *body = json_object_get(answer, "answer");
    const json_t *list = json_object_get(body, "words");
    uint16_t words[WORDS];
    size_t count = json_array_size(list);

    if (strcmp(client_text(answer, "result"), "done") != 0) {
        unsigned number = (unsigned)json_integer_value(json_object_get(answer, "exception"));
        fprintf(stderr, "parkgatectl: %s%s%s\n", client_text(answer, "reason"),
                number != 0 ? ": " : "", frames_exception(number));
        return CTL_WRONG;
    }
    for (size_t i = 0; i < count && i < WORDS; i++)
        words[i] = (uint16_t)json_integer_value(json_array_get(list, i));
    if (strcmp(table, "coil") == 0 || strcmp(table, "discrete") == 0)
        views_print_bits(stdout, address, words, count);
    else
        views_print(stdout, address, words, count);
    printf("\nanswered after %.1f ms\n",
           (double)json_integer_value(json_object_get(body, "response_us")) / 1000);
    return CTL_FINE;
}

int
read_run(int argc, char **argv)
{
    const char *path = NULL;
    long unit, address, count = 1;

    if (!take_socket(argc, argv, &path) || argc - optind < 4 || argc - optind > 5 ||
        !take_natural(argv[optind + 1], 255, &unit) ||
        !take_natural(argv[optind + 3], 65535, &address) ||
        (argc - optind == 5 && !take_natural(argv[optind + 4], WORDS, &count)))
        return CTL_USAGE;
    struct client *client = client_open(path);
    if (client == NULL)
        return CTL_WRONG;
    json_t *answer = client_ask(client, json_pack("{s:s, s:s, s:I, s:s, s:I, s:I}", "verb", "read",
                                                  "bus", argv[optind], "unit", (json_int_t)unit,
                                                  "table", argv[optind + 2], "address",
                                                  (json_int_t)address, "count", (json_int_t)count));
    int result = answer != NULL ? show(answer, argv[optind + 2], (uint16_t)address) : CTL_WRONG;
    json_decref(answer);
    client_close(client);
    return result;
}

static void
print_value(const char *what, const json_t *value)
{
    char text[NUMBER_TEXT];

    if (json_is_integer(value))
        printf("%s %lld", what, (long long)json_integer_value(value));
    else if (json_is_real(value))
        printf("%s %.*s", what, (int)number_print_double(json_real_value(value), text), text);
    else
        printf("%s not readable", what);
}

int
write_run(int argc, char **argv)
{
    const char *path = NULL;

    if (!take_socket(argc, argv, &path) || argc - optind != 2)
        return CTL_USAGE;
    struct client *client = client_open(path);
    if (client == NULL)
        return CTL_WRONG;
    json_t *answer = client_ask(client, json_pack("{s:s, s:s, s:s}", "verb", "write", "point",
                                                  argv[optind], "value", argv[optind + 1]));
    const json_t *body = json_object_get(answer, "answer");
    bool done = strcmp(client_text(answer, "result"), "done") == 0;
    if (answer != NULL && !done)
        fprintf(stderr, "parkgatectl: %s\n", client_text(answer, "reason"));
    if (done) {
        print_value("before", json_object_get(body, "before"));
        print_value(", now", json_object_get(body, "after"));
        printf("\n");
    }
    json_decref(answer);
    client_close(client);
    return done ? CTL_FINE : CTL_WRONG;
}

/* parkgatectl monitor: every frame on a bus with its time, until it is interrupted. */
#include "base/calendar.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/frames.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define BYTES 264

struct view {
    bool raw, tcp;
    json_int_t sent_ns;
};

static size_t
take_hex(const char *text, uint8_t *bytes)
{
    size_t count = 0;
    unsigned byte;

    for (; count < BYTES && sscanf(text, "%2x", &byte) == 1; text += 2)
        bytes[count++] = (uint8_t)byte;
    return count;
}

static void
print_time(int64_t utc_ms)
{
    char text[30];

    calendar_print_time(utc_ms, text);
    printf("%.12s", text + 11);
}

static void
print_frame(struct view *view, const json_t *frame)
{
    bool sent = json_is_true(json_object_get(frame, "sent"));
    const char *hex = client_text(frame, "hex");
    const char *result = client_text(frame, "result");
    json_int_t mono_ns = json_integer_value(json_object_get(frame, "mono_ns"));
    uint8_t bytes[BYTES];
    char text[FRAMES_TEXT];

    print_time(json_integer_value(json_object_get(frame, "t")));
    if (sent)
        view->sent_ns = mono_ns;
    if (sent || view->sent_ns == 0)
        printf(" %s           ", sent ? "->" : "<-");
    else
        printf(" <- %7.1f ms", (double)(mono_ns - view->sent_ns) / 1e6);
    if (!view->raw) {
        frames_tell(bytes, take_hex(hex, bytes), view->tcp, sent, text);
        printf("  %-40s", text);
    }
    if (strcmp(result, "ok") != 0 && strcmp(result, "exception") != 0)
        printf("  [%s]", result);
    printf("  %s\n", hex);
    fflush(stdout);
}

/* Is the bus's kind "tcp"? Serial frames have no header. */
static bool
is_tcp(struct client *client, const char *name)
{
    json_t *answer = client_ask(client, json_pack("{s:s}", "verb", "buses"));
    const json_t *list = json_object_get(json_object_get(answer, "answer"), "buses");
    bool tcp = false;
    size_t i;
    json_t *bus;

    json_array_foreach(list, i, bus)
    {
        if (strcmp(client_text(bus, "name"), name) == 0)
            tcp = strcmp(client_text(bus, "kind"), "tcp") == 0;
    }
    json_decref(answer);
    return tcp;
}

static int
watch(struct client *client, struct view *view)
{
    json_t *line;

    while ((line = client_receive(client)) != NULL) {
        if (json_object_get(line, "lost") != NULL)
            printf("(%lld frames were too many to be shown)\n",
                   (long long)json_integer_value(json_object_get(line, "lost")));
        else if (json_object_get(line, "verb") != NULL)
            break;
        else
            print_frame(view, line);
        json_decref(line);
    }
    if (line != NULL)
        fprintf(stderr, "parkgatectl: %s\n", client_text(line, "reason"));
    json_decref(line);
    return CTL_WRONG;
}

int
monitor_run(int argc, char **argv)
{
    static const struct option OPTIONS[] = {{"socket", required_argument, NULL, 's'},
                                            {"hex", no_argument, NULL, 'x'},
                                            {NULL, 0, NULL, 0}};
    struct view view = {0};
    const char *path = NULL;
    int option, result = CTL_WRONG;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option != 's' && option != 'x')
            return CTL_USAGE;
        if (option == 's')
            path = optarg;
        else
            view.raw = true;
    }
    if (optind + 1 != argc)
        return CTL_USAGE;
    struct client *client = client_open(path);
    if (client == NULL)
        return CTL_WRONG;
    view.tcp = is_tcp(client, argv[optind]);
    json_t *accepted = client_ask(client,
                                  json_pack("{s:s, s:s}", "verb", "monitor", "bus", argv[optind]));
    if (accepted != NULL)
        result = watch(client, &view);
    json_decref(accepted);
    client_close(client);
    return result;
}

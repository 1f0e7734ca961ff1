/* parkgatectl monitor: every frame on a bus with its time, until it is interrupted; or those of a
 * recording (docs/commands.md, "record"). */
#include "base/calendar.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/frames.h"

#include <errno.h>
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

/* CRC-16 of Modbus over Serial Line 1.02, 6.2.2; over a frame with its own it is 0. */
static uint16_t
sum(const uint8_t *bytes, size_t length)
{
    uint16_t value = 0xFFFF;

    for (size_t bit = 0; bit < 8 * length; bit++) {
        value ^= bit % 8 == 0 ? bytes[bit / 8] : 0;
        value = (uint16_t)(value & 1 ? (value >> 1) ^ 0xA001 : value >> 1);
    }
    return value;
}

/* A frame of TCP begins with its MBAP header: protocol 0 and a length that fits. A serial request
 * for the two registers from 0 on looks the same, but for its CRC. */
static bool
looks_like_tcp(const char *hex)
{
    uint8_t bytes[BYTES];
    size_t length = take_hex(hex, bytes);

    return length >= 8 && bytes[2] == 0 && bytes[3] == 0 &&
           (size_t)(bytes[4] << 8 | bytes[5]) == length - 6 && sum(bytes, length) != 0;
}

static int
show_recording(const char *path, struct view *view)
{
    char line[1200];
    unsigned number = 0;
    bool known = false; /* by what was sent: that is whole */
    json_error_t error;
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        fprintf(stderr, "parkgatectl: %s: %s\n", path, strerror(errno));
        return CTL_WRONG;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        json_t *frame = json_loads(line, 0, &error);
        number++;
        if (frame == NULL) {
            fprintf(stderr, "parkgatectl: %s:%u:%d: %s\n", path, number, error.column, error.text);
            break;
        }
        if (!known)
            view->tcp = looks_like_tcp(client_text(frame, "hex"));
        known |= json_is_true(json_object_get(frame, "sent"));
        if (json_object_get(frame, "hex") != NULL)
            print_frame(view, frame);
        json_decref(frame);
    }
    bool whole = feof(file) != 0;
    fclose(file);
    return whole ? CTL_FINE : CTL_WRONG;
}

int
monitor_run(int argc, char **argv)
{
    static const struct option OPTIONS[] = {{"socket", required_argument, NULL, 's'},
                                            {"hex", no_argument, NULL, 'x'},
                                            {"file", required_argument, NULL, 'f'},
                                            {NULL, 0, NULL, 0}};
    struct view view = {0};
    const char *path = NULL, *file = NULL;
    int option, result = CTL_WRONG;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option == 's')
            path = optarg;
        else if (option == 'f')
            file = optarg;
        else if (option == 'x')
            view.raw = true;
        else
            return CTL_USAGE;
    }
    if (file != NULL)
        return optind == argc ? show_recording(file, &view) : CTL_USAGE;
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

/* parkgatectl status: the health page as tables for people. */
#include "base/calendar.h"
#include "ctl/client.h"
#include "ctl/ctl.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define CELL  48
#define WIDTH 120

static double
number_of(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

/* "3 d 4 h", "12 min", "5 s" */
static void
print_span(double ms, char text[CELL])
{
    long long seconds = (long long)(ms / 1000);

    if (seconds >= 86400)
        snprintf(text, CELL, "%lld d %lld h", seconds / 86400, seconds % 86400 / 3600);
    else if (seconds >= 3600)
        snprintf(text, CELL, "%lld h %lld min", seconds / 3600, seconds % 3600 / 60);
    else if (seconds >= 60)
        snprintf(text, CELL, "%lld min %lld s", seconds / 60, seconds % 60);
    else
        snprintf(text, CELL, "%lld s", seconds);
}

static void
print_gateway(const json_t *page)
{
    const json_t *disk = json_object_get(page, "disk");
    const json_t *time = json_object_get(page, "t");
    char text[CELL] = "unknown";

    if (json_is_integer(time))
        calendar_print_time(json_integer_value(time), text);
    printf("gateway %s, version %s\n", client_text(page, "gateway"), client_text(page, "version"));
    printf("time %s, clock %s\n", text, client_text(page, "clock"));
    print_span(number_of(page, "uptime_ms"), text);
    printf("running for %s since %s, %.1f s CPU, %.1f MB memory\n", text,
           client_text(page, "restart_cause"), number_of(page, "cpu_ms") / 1000,
           number_of(page, "memory_kib") / 1024);
    printf("store %s: %.1f MB, %.1f GB free%s\n", client_text(page, "store"),
           number_of(disk, "store_bytes") / 1e6, number_of(disk, "free_bytes") / 1e9,
           json_is_true(json_object_get(disk, "volatile")) ? ", VOLATILE: the disk has failed"
                                                           : "");
    if (*client_text(page, "last_error") != '\0')
        printf("last error: %s\n", client_text(page, "last_error"));
}

static void
print_share(const json_t *device, const char *key)
{
    const json_t *share = json_object_get(json_object_get(device, "availability"), key);

    if (json_is_number(share))
        printf(" %6.2f", json_number_value(share) * 100);
    else
        printf(" %6s", "-");
}

/* One of the things that went wrong, on a line below the device; none when it never did. */
static void
print_trouble(const char *what, const char *number, json_int_t count, int *used)
{
    char text[CELL * 2];

    if (count == 0)
        return;
    int length = snprintf(text, sizeof text, "%s%s%s: %lld", what, *number != '\0' ? " " : "",
                          number, (long long)count);
    if (*used > 0 && *used + 2 + length < WIDTH)
        *used += printf(", %s", text);
    else
        *used = printf("%s    %s", *used > 0 ? ",\n" : "", text) - (*used > 0 ? 2 : 0);
}

static void
print_troubles(const json_t *device)
{
    json_t *list = json_object_get(device, "exceptions_by_number");
    const char *number;
    json_t *count;
    int used = 0;

    json_object_foreach(list, number, count)
    {
        print_trouble("exception", number, json_integer_value(count), &used);
    }
    print_trouble("no connection", "", json_integer_value(json_object_get(device, "refused")),
                  &used);
    print_trouble("answers that do not fit", "",
                  json_integer_value(json_object_get(device, "wrong_answers")), &used);
    if (used > 0)
        printf("\n");
}

static void
print_device(const json_t *device)
{
    const json_t *response = json_object_get(device, "response_us");
    const json_t *age = json_object_get(device, "last_good_age_ms");
    const char *name = client_text(device, "name"), *bus = client_text(device, "bus");
    char text[CELL] = "never";

    if (json_is_number(age))
        print_span(json_number_value(age), text);
    if (strlen(name) > 18 || strlen(bus) > 11) { /* a line of their own: never cut */
        printf("%s %s\n", name, bus);
        name = bus = "";
    }
    printf("%-18s %-11s %-8s %9.0f %9.0f %7.0f %5.0f", name, bus, client_text(device, "state"),
           number_of(device, "requests"), number_of(device, "answers"),
           number_of(device, "timeouts"), number_of(device, "crc_errors"));
    if (json_is_object(response))
        printf(" %6.1f %6.1f %6.1f", number_of(response, "p50") / 1000,
               number_of(response, "p99") / 1000, number_of(response, "max") / 1000);
    else
        printf(" %6s %6s %6s", "-", "-", "-");
    print_share(device, "1h");
    print_share(device, "24h");
    printf(" %s\n", text);
    print_troubles(device);
}

static void
print_devices(const json_t *page)
{
    size_t i;
    json_t *device;

    printf("\n%-18s %-11s %-8s %9s %9s %7s %5s %6s %6s %6s %6s %6s %s\n", "device", "bus", "state",
           "requests", "answers", "timeout", "CRC", "p50 ms", "p99 ms", "max ms", "1 h %", "24 h %",
           "last answer");
    json_array_foreach(json_object_get(page, "devices"), i, device)
    {
        print_device(device);
    }
}

static void
print_destinations(const json_t *page)
{
    size_t i;
    json_t *destination;

    printf("\n%-18s %-10s %12s %12s\n", "destination", "state", "delivered", "waiting");
    json_array_foreach(json_object_get(page, "destinations"), i, destination)
    {
        printf("%-18.18s %-10s %12.0f %12.0f\n", client_text(destination, "name"),
               client_text(destination, "state"), number_of(destination, "acknowledged_messages"),
               number_of(destination, "queued"));
    }
}

int
status_run(int argc, char **argv)
{
    static const struct option OPTIONS[] = {{"socket", required_argument, NULL, 's'},
                                            {"json", no_argument, NULL, 'j'},
                                            {NULL, 0, NULL, 0}};
    const char *path = NULL;
    bool raw = false;
    int option;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option != 's' && option != 'j')
            return CTL_USAGE;
        if (option == 's')
            path = optarg;
        else
            raw = true;
    }
    struct client *client = optind == argc ? client_open(path) : NULL;
    if (client == NULL)
        return optind == argc ? CTL_WRONG : CTL_USAGE;
    json_t *answer = client_ask(client, json_pack("{s:s}", "verb", "status"));
    const json_t *page = json_object_get(answer, "answer");
    if (answer != NULL && raw) {
        json_dumpf(page, stdout, JSON_INDENT(1));
        printf("\n");
    }
    if (answer != NULL && !raw) {
        print_gateway(page);
        print_devices(page);
        print_destinations(page);
    }
    int result = answer != NULL ? CTL_FINE : CTL_WRONG;
    json_decref(answer);
    client_close(client);
    return result;
}

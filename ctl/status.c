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

/* "-" where the page does not know. */
static const char *
figure(const json_t *object, const char *key, double scale, const char *unit, char text[CELL])
{
    const json_t *value = json_object_get(object, key);

    if (json_is_number(value))
        snprintf(text, CELL, "%.*f %s", scale == 1 ? 0 : 1, json_number_value(value) * scale, unit);
    else
        snprintf(text, CELL, "-");
    return text;
}

static void
print_clock(const json_t *page)
{
    const json_t *clock = json_object_get(page, "clock_discipline");
    const json_t *time = json_object_get(page, "t");
    char text[CELL] = "unknown";

    if (json_is_integer(time))
        calendar_print_time(json_integer_value(time), text);
    printf("time %s, clock %s", text, client_text(page, "clock"));
    if (json_is_object(clock))
        printf(", %.1f ms off, error at most %.1f ms", number_of(clock, "offset_us") / 1000,
               number_of(clock, "error_us") / 1000);
    printf("\n");
}

static void
print_starts(const json_t *page)
{
    static const struct {
        const char *cause, *words;
    } CAUSES[] = {
        {"first-start", "its first start"},
        {"stop", "a clean stop"},
        {"command", "the command restart"},
        {"failed", "a start that failed"},
        {"reboot", "a reboot of the machine"},
        {"power", "a power cut or reset"},
        {"crash", "a crash or kill"},
        {"watchdog", "the watchdog"},
        {"unknown", "an end that was not recorded"},
    };
    const json_t *restarts = json_object_get(page, "restarts");
    const char *words = client_text(page, "restart_cause");
    char text[CELL], machine[CELL];

    for (size_t i = 0; i < sizeof CAUSES / sizeof *CAUSES; i++)
        if (strcmp(CAUSES[i].cause, words) == 0)
            words = CAUSES[i].words;
    print_span(number_of(page, "uptime_ms"), text);
    print_span(number_of(json_object_get(page, "machine"), "uptime_ms"), machine);
    printf("running for %s since %s; the machine for %s\n", text, words, machine);
    printf("started again: %.0f watchdog, %.0f crash, %.0f power, %.0f others\n",
           number_of(restarts, "watchdog"), number_of(restarts, "crash"),
           number_of(restarts, "power"), number_of(restarts, "other"));
}

static void
print_machine(const json_t *page)
{
    const json_t *machine = json_object_get(page, "machine");
    char text[6][CELL];

    printf("daemon: cpu %s, memory %s of %s\n", figure(page, "cpu_share", 100.0, "%", text[0]),
           figure(page, "memory_kib", 1.0 / 1024, "MiB", text[1]),
           figure(page, "memory_limit_kib", 1.0 / 1024, "MiB", text[2]));
    printf("machine: cpu %s, load %.2f, memory %s free of %s, %s\n",
           figure(machine, "cpu_share", 100.0, "%", text[0]), number_of(machine, "load_1min"),
           figure(machine, "memory_free_kib", 1.0 / 1024, "MiB", text[1]),
           figure(machine, "memory_kib", 1.0 / 1024, "MiB", text[2]),
           figure(machine, "temperature_c", 1.0, "degrees", text[3]));
}

static void
print_disk(const json_t *page)
{
    const json_t *disk = json_object_get(page, "disk");
    const json_t *wear = json_object_get(disk, "wear");
    const json_t *full = json_object_get(disk, "full_in_s");
    char text[4][CELL] = {""}, span[CELL];

    printf("store %s: %s of %s", client_text(page, "store"),
           figure(disk, "store_bytes", 1e-6, "MB", text[0]),
           figure(disk, "store_max_bytes", 1e-6, "MB", text[1]));
    if (json_is_number(full)) {
        print_span(json_number_value(full) * 1000, span);
        printf(", full in %s", span);
    }
    printf("; disk: %s free of %s%s\n", figure(disk, "free_bytes", 1e-9, "GB", text[2]),
           figure(disk, "size_bytes", 1e-9, "GB", text[3]),
           json_is_true(json_object_get(disk, "volatile")) ? "; VOLATILE: the disk has failed"
                                                           : "");
    printf("card %s: %s of its life used, reserve %s; written by parkgate in all: %s\n",
           client_text(wear, "disk"), figure(wear, "used_percent", 1.0, "%", text[0]),
           *client_text(wear, "reserve") != '\0' ? client_text(wear, "reserve") : "-",
           figure(wear, "written_total_bytes", 1e-9, "GB", text[1]));
}

static void
print_books(const json_t *page)
{
    const json_t *books = json_object_get(page, "books");
    const json_t *balanced = json_object_get(books, "balanced");
    const char *words = json_is_true(balanced)    ? "balance"
                        : json_is_false(balanced) ? "DO NOT BALANCE"
                                                  : "not known yet";

    printf("books: %s (%.0f scans under way, destinations at most %.0f records behind)\n", words,
           number_of(books, "under_way"), number_of(books, "worst_difference"));
}

static void
print_errors(const json_t *page)
{
    json_t *errors = json_object_get(page, "errors"), *error;
    const char *part;

    json_object_foreach(errors, part, error)
    {
        const json_t *time = json_object_get(error, "t");
        char text[CELL] = "time unknown";
        if (!json_is_object(error))
            continue;
        if (json_is_integer(time))
            calendar_print_time(json_integer_value(time), text);
        printf("last error, %s (%s, %.0f in all): %s\n", part, text, number_of(error, "count"),
               client_text(error, "text"));
    }
    if (*client_text(page, "last_error") != '\0')
        printf("configuration refused: %s\n", client_text(page, "last_error"));
}

static void
print_gateway(const json_t *page)
{
    printf("gateway %s, version %s, build %.12s\n", client_text(page, "gateway"),
           client_text(page, "version"), client_text(page, "build"));
    print_clock(page);
    print_starts(page);
    print_machine(page);
    print_disk(page);
    print_books(page);
    print_errors(page);
    if (json_is_true(json_object_get(page, "on_trial")))
        printf("a changed configuration is on trial\n");
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
print_expiry(const json_t *destination, const char *key, const char *whose)
{
    const json_t *until = json_object_get(destination, key);
    char text[CELL];

    if (!json_is_integer(until))
        return;
    calendar_print_time(json_integer_value(until), text);
    printf("    %s certificate until %s\n", whose, text);
}

static void
print_destination(const json_t *destination)
{
    const json_t *age = json_object_get(destination, "oldest_queued_age_ms");
    const json_t *since = json_object_get(destination, "since");
    char oldest[CELL] = "-", text[CELL] = "-";

    if (json_is_number(age))
        print_span(json_number_value(age), oldest);
    if (json_is_integer(since))
        calendar_print_time(json_integer_value(since), text);
    printf("%-18.18s %-10s %-29s %12.0f %12.0f %s\n", client_text(destination, "name"),
           client_text(destination, "state"), text, number_of(destination, "acknowledged_messages"),
           number_of(destination, "queued"), oldest);
    if (*client_text(destination, "broker") != '\0')
        printf("    broker %s\n", client_text(destination, "broker"));
    print_expiry(destination, "certificate_until", "our");
    print_expiry(destination, "broker_certificate_until", "the broker's");
    if (*client_text(destination, "last_error") != '\0')
        printf("    last error: %s\n", client_text(destination, "last_error"));
}

static void
print_destinations(const json_t *page)
{
    size_t i;
    json_t *destination;

    printf("\n%-18s %-10s %-29s %12s %12s %s\n", "destination", "state", "since", "delivered",
           "waiting", "oldest");
    json_array_foreach(json_object_get(page, "destinations"), i, destination)
    {
        print_destination(destination);
    }
}

static void
print_buses(const json_t *page)
{
    size_t i;
    json_t *bus;

    printf("\n%-18s %-10s %10s %12s %12s %9s %9s\n", "bus", "state", "online", "requests",
           "answers", "timeout", "errors");
    json_array_foreach(json_object_get(page, "buses"), i, bus)
    {
        char online[CELL];
        snprintf(online, sizeof online, "%.0f of %.0f", number_of(bus, "online"),
                 number_of(bus, "devices"));
        printf("%-18.18s %-10s %10s %12.0f %12.0f %9.0f %9.0f\n", client_text(bus, "name"),
               client_text(bus, "state"), online, number_of(bus, "requests"),
               number_of(bus, "answers"), number_of(bus, "timeouts"), number_of(bus, "errors"));
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
        print_buses(page);
        print_devices(page);
        print_destinations(page);
    }
    int result = answer != NULL ? CTL_FINE : CTL_WRONG;
    json_decref(answer);
    client_close(client);
    return result;
}

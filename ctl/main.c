/* parkgatectl: looks at site files and at the store from outside the daemon. A table of
 * subcommands, nothing else. */
#include "ctl/ctl.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct ctl_command COMMANDS[] = {
    {"check", "[--share DIR] FILE...", "check a site file, register map or limit set", check_run},
    {"plan", "[--share DIR] FILE", "print the requests, their time, and the share of each bus",
     plan_run},
    {"status", "[--json]", "devices, destinations and the gateway itself, from the running daemon",
     status_run},
    {"metrics", "[--output FILE]", "the same as Prometheus text, for a node exporter", metrics_run},
    {"scan", "[--from 1] [--to 247] [--timeout 200ms] [--table holding] [--address 0] BUS",
     "which units of a bus answer", scan_run},
    {"read", "BUS UNIT TABLE ADDRESS [COUNT]", "registers in every type and byte order", read_run},
    {"write", "DEVICE.POINT VALUE", "where the site file lists the point as writable", write_run},
    {"acknowledge", "[EVENT --by NAME --code CODE [--reason TEXT]]",
     "open events, or that you have seen one, and why it is", declare_run},
    {"mode", "ASSET|gateway MODE [--until T] --by NAME [--reason TEXT]",
     "declare the mode of an asset, always with an end; normal ends it", declare_run},
    {"mark", "ASSET CONDITION --from T --to T [--pollutant P] --by NAME [--reason TEXT]",
     "mark what whole hours were: startup, shutdown, fault, ...", declare_run},
    {"maintenance", "on|off SUBJECT [--until T] --by NAME [--reason TEXT]",
     "declare maintenance of a device, a point or an asset, always with an end", declare_run},
    {"calibrated", "SUBJECT [--at T] --by NAME [--reason TEXT]",
     "say that a device or point was calibrated", declare_run},
    {"monitor", "[--hex] BUS | --file RECORDING",
     "every frame on a bus with its time, or of a recording", monitor_run},
    {"watch", "[--once] [--json] [ASSET]",
     "where open hours stand and what the rest of them may average", watch_run},
    {"command",
     "[--broker URL --park P --gateway G... [--sign KEYFILE --as NAME]] [--output FILE] VERB "
     "[NAME=VALUE|JSON]...",
     "a command to this daemon, or signed and over a broker to others", command_run},
    {"key", "show|new FILE|public FILE", "the key that signs records; keys that sign commands",
     key_run},
    {"history",
     "[--store FILE] [--from T] [--to T] [--every 1m] [--csv|--json|--plot] DEVICE.POINT",
     "a point's readings, or their means, from the store", history_run},
    {"export", "[--store FILE] [--from T] [--to T] DEVICE... | --excerpt NEW",
     "all readings of devices as CSV, or a part of the store as a store", export_run},
    {"buffer", "STORE", "what each destination still has before it", buffer_run},
    {"records", "[--stream S] [--from N] STORE", "print what a store file holds, a record a line",
     records_run},
    {"verify", "[--key HEX] [--excerpt] STORE | --stream FILE",
     "recompute the chain, of a store or of recorded payloads, hold it against what was signed",
     verify_run},
    {"books", "STORE", "the balance per stream and destination", books_run},
    {"replay", "--from T --to T [--site FILE] [--store FILE] [--lead-in SPAN] [--most N] [--json]",
     "judge stored readings anew and print what would differ", replay_run},
    {"schema", "[units|words]",
     "print every key a file may have, the table of units, or the titles of events", schema_run},
};

#define WIDTH         34
#define COMMAND_COUNT (sizeof COMMANDS / sizeof *COMMANDS)

static void
print_usage(FILE *out)
{
    fprintf(out, "usage: parkgatectl COMMAND ...\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const struct ctl_command *command = &COMMANDS[i];
        bool wide = strlen(command->arguments) > WIDTH;
        fprintf(out, "  %-8s %-*s%s%s\n", command->name, WIDTH, command->arguments,
                wide ? "\n                                              " : " ", command->help);
    }
    fprintf(out, "\n  --socket PATH  for commands that ask the running daemon, before the others\n"
                 "  --help, --version\n");
}

int
main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return CTL_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        print_usage(stdout);
        return CTL_FINE;
    }
    if (!strcmp(argv[1], "--version")) {
        printf("parkgatectl %s\n", PARKGATE_VERSION);
        return CTL_FINE;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], COMMANDS[i].name) != 0)
            continue;
        int result = COMMANDS[i].run(argc - 1, argv + 1);
        if (result == CTL_USAGE)
            fprintf(stderr, "usage: parkgatectl %s %s\n", COMMANDS[i].name, COMMANDS[i].arguments);
        return result == CTL_UNABLE ? 2 : result;
    }
    fprintf(stderr, "parkgatectl: there is no command '%s'\n\n", argv[1]);
    print_usage(stderr);
    return CTL_USAGE;
}

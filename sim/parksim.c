/* parksim: a pretend park. Plays the slave of every device of a site file, on the same register
 * maps as the gateway reads, with simple physics behind them and a script in front. One event loop,
 * no threads. Writes nothing into registers: it is an instrument, not a plant to be steered.
 *
 * Standard output carries JSON lines only: addresses when ready, an answer to each command,
 * counters on SIGUSR1 and at the end. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "config/loader.h"
#include "sim/fleet.h"
#include "sim/scenario.h"
#include "sim/wire.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define LINE_SIZE  1024
#define OUT_SIZE   65536
#define NS_PER_MS  INT64_C(1000000)
#define FIXED_FDS  2 /* signals, standard input */
#define EXIT_USAGE 2
#define FLEET_MS   10000 /* to end in */

struct arguments {
    const char *site, *scenario, *here, *share;
    bool check;
    struct fleet_options fleet; /* count 0: none */
    char park[FLEET_ADDRESS];   /* the site file made for it */
};

struct parksim {
    struct arguments arguments;
    struct site *site;
    struct park park;
    struct signals *signals;
    struct slaves *slaves;
    struct scenario scenario;
    struct wire **wires; /* by bus->index */
    struct fleet fleet;
    struct pollfd *fds;
    int signal_fd;
    bool input_open, stop;
    int64_t start_mono_ns;
    char line[LINE_SIZE]; /* of standard input, so far */
    size_t line_length;
    char out[OUT_SIZE];
    struct buf buf;
    struct json json;
};

static int64_t
now_ms(const struct parksim *sim)
{
    return (clock_mono_ns() - sim->start_mono_ns) / NS_PER_MS;
}

static void
begin_line(struct parksim *sim)
{
    buf_init(&sim->buf, sim->out, sizeof sim->out);
    json_init(&sim->json, &sim->buf);
    json_begin_object(&sim->json);
}

static void
end_line(struct parksim *sim)
{
    json_end_object(&sim->json);
    buf_byte(&sim->buf, '\n');
    fwrite(sim->buf.data, 1, sim->buf.length, stdout);
    fflush(stdout);
}

static void
print_ready(struct parksim *sim)
{
    static const char *const KINDS[] = {"tcp", "rtu", "rtu-over-tcp"};

    begin_line(sim);
    json_put_bool(&sim->json, "ready", true);
    json_key(&sim->json, "buses");
    json_begin_object(&sim->json);
    for (uint16_t i = 0; i < sim->site->bus_count; i++) {
        json_key(&sim->json, sim->site->buses[i].name);
        json_begin_object(&sim->json);
        json_put_text(&sim->json, KINDS[sim->site->buses[i].kind], wire_address(sim->wires[i]));
        json_end_object(&sim->json);
    }
    json_end_object(&sim->json);
    end_line(sim);
}

static void
print_counters(struct parksim *sim)
{
    struct json *json = &sim->json;

    begin_line(sim);
    json_put_integer(json, "t_ms", now_ms(sim));
    json_key(json, "devices");
    json_begin_object(json);
    for (uint16_t i = 0; i < sim->site->device_count; i++) {
        const struct device *device = &sim->site->devices[i];
        const struct slave_counters *counters = slaves_counters(sim->slaves, device);

        json_key(json, device->name);
        json_begin_object(json);
        json_put_natural(json, "requests", counters->requests);
        json_put_natural(json, "answers", counters->answers);
        json_put_natural(json, "exceptions", counters->exceptions);
        json_put_natural(json, "silences", counters->silences);
        json_put_natural(json, "registers", counters->registers);
        json_end_object(json);
    }
    json_end_object(json);
    json_key(json, "buses");
    json_begin_object(json);
    for (uint16_t i = 0; i < sim->site->bus_count; i++) {
        const struct wire_counters *counters = wire_counters(sim->wires[i]);

        json_key(json, sim->site->buses[i].name);
        json_begin_object(json);
        json_put_natural(json, "connections", counters->connections);
        json_put_natural(json, "frames", counters->frames);
        json_put_natural(json, "bad_frames", counters->bad_frames);
        json_put_natural(json, "broken_silences", counters->broken_silences);
        json_put_natural(json, "collisions", counters->collisions);
        json_put_natural(json, "dropped", counters->dropped);
        json_end_object(json);
    }
    json_end_object(json);
    end_line(sim);
}

static bool
check_step(void *context, const struct step *step)
{
    const struct parksim *sim = context;

    if (step->kind == STEP_CONDUCT)
        return site_find_device(sim->site, step->target) != NULL;
    return signals_know(sim->signals, step->target);
}

/* 0, -ENOENT: the site has no such thing, -ENOSPC: too much is set at once. */
static int
apply_step(struct parksim *sim, const struct step *step)
{
    struct setting setting = {.name = step->target,
                              .to = step->to,
                              .start_ms = step->at_ms,
                              .over_ms = step->over_ms,
                              .for_ms = step->for_ms};
    const struct device *device;

    switch (step->kind) {
    case STEP_SET: return signals_set(sim->signals, &setting);
    case STEP_RELEASE: return signals_release(sim->signals, step->target);
    case STEP_CONDUCT: break;
    }
    device = site_find_device(sim->site, step->target);
    if (device == NULL)
        return -ENOENT;
    slaves_tell(sim->slaves, device, step, step->for_ms > 0 ? step->at_ms + step->for_ms : 0);
    return 0;
}

static void
obey(struct parksim *sim, const char *line)
{
    char why[256] = "";
    struct step step;

    if (step_parse_line(line, &step, why, sizeof why) == 0) {
        step.at_ms = now_ms(sim);
        switch (apply_step(sim, &step)) {
        case 0: break;
        case -ENOENT: snprintf(why, sizeof why, "the site has no '%s'", step.target); break;
        default: snprintf(why, sizeof why, "too much is set at once"); break;
        }
    }
    begin_line(sim);
    json_put_text(&sim->json, why[0] == '\0' ? "done" : "refused", line);
    if (why[0] != '\0')
        json_put_text(&sim->json, "why", why);
    end_line(sim);
}

static void
read_input(struct parksim *sim)
{
    char *end;
    ssize_t got = read(STDIN_FILENO, sim->line + sim->line_length,
                       sizeof sim->line - 1 - sim->line_length);

    if (got <= 0) {
        sim->input_open = got < 0 && (errno == EINTR || errno == EAGAIN);
        return;
    }
    sim->line_length += (size_t)got;
    sim->line[sim->line_length] = '\0';
    while ((end = strchr(sim->line, '\n')) != NULL) {
        *end = '\0';
        obey(sim, sim->line);
        sim->line_length -= (size_t)(end + 1 - sim->line);
        memmove(sim->line, end + 1, sim->line_length + 1);
    }
    if (sim->line_length == sizeof sim->line - 1)
        sim->line_length = 0; /* no command is that long */
}

static void
print_ended(struct parksim *sim)
{
    char name[16];
    unsigned number;
    int status;

    while (fleet_take_ended(&sim->fleet, &number, &status)) {
        snprintf(name, sizeof name, "g%04u", number);
        begin_line(sim);
        json_put_text(&sim->json, "ended", name);
        json_put_integer(&sim->json, "status", status);
        end_line(sim);
    }
}

static void
read_signal(struct parksim *sim)
{
    struct signalfd_siginfo info;

    if (read(sim->signal_fd, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo == SIGUSR1)
        print_counters(sim);
    else if (info.ssi_signo == SIGCHLD)
        print_ended(sim);
    else
        sim->stop = true;
}

static int64_t
next_mono_ns(const struct parksim *sim)
{
    int64_t step_ms = scenario_next_ms(&sim->scenario);
    int64_t next_ms = sim->park.now_ms + PARK_STEP_MS;
    int64_t next;

    next = sim->start_mono_ns + (step_ms < next_ms ? step_ms : next_ms) * NS_PER_MS;
    for (uint16_t i = 0; i < sim->site->bus_count; i++)
        if (wire_due_mono_ns(sim->wires[i]) < next)
            next = wire_due_mono_ns(sim->wires[i]);
    return next;
}

static void
rest(struct parksim *sim)
{
    size_t count = FIXED_FDS + (size_t)sim->site->bus_count * WIRE_FDS;
    int64_t left = next_mono_ns(sim) - clock_mono_ns();
    struct timespec timeout = {.tv_sec = 0};

    if (left > 0)
        timeout = (struct timespec){.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    sim->fds[0] = (struct pollfd){.fd = sim->signal_fd, .events = POLLIN};
    sim->fds[1] = (struct pollfd){.fd = sim->input_open ? STDIN_FILENO : -1, .events = POLLIN};
    for (uint16_t i = 0; i < sim->site->bus_count; i++)
        wire_wants(sim->wires[i], sim->fds + FIXED_FDS + (size_t)i * WIRE_FDS);
    if (ppoll(sim->fds, count, &timeout, NULL) < 0)
        for (size_t i = 0; i < count; i++)
            sim->fds[i].revents = 0;
}

static void
play(struct parksim *sim)
{
    struct step step;
    int64_t now;

    while (!sim->stop) {
        rest(sim);
        now = now_ms(sim);
        while (scenario_take(&sim->scenario, now, &step))
            apply_step(sim, &step);
        signals_advance(sim->signals, now);
        slaves_advance(sim->slaves, now);
        for (uint16_t i = 0; i < sim->site->bus_count; i++)
            wire_run(sim->wires[i], sim->fds + FIXED_FDS + (size_t)i * WIRE_FDS);
        if (sim->fds[0].revents != 0)
            read_signal(sim);
        if (sim->fds[1].revents != 0)
            read_input(sim);
    }
}

static int
open_wires(struct parksim *sim)
{
    char why[512];

    sim->wires = calloc(sim->site->bus_count + 1U, sizeof(struct wire *));
    sim->fds = calloc(FIXED_FDS + (size_t)sim->site->bus_count * WIRE_FDS, sizeof *sim->fds);
    if (sim->wires == NULL || sim->fds == NULL)
        return -ENOMEM;
    for (uint16_t i = 0; i < sim->site->bus_count; i++) {
        struct wire_options options = {.bus = &sim->site->buses[i],
                                       .slaves = sim->slaves,
                                       .turnaround_ms = sim->scenario.turnaround_ms,
                                       .directory = sim->arguments.here,
                                       .seed = sim->scenario.seed + i};
        int result = wire_open(&options, &sim->wires[i], why, sizeof why);

        if (result < 0) {
            fprintf(stderr, "parksim: %s\n", why);
            return result;
        }
    }
    return 0;
}

static int
open_signals(struct parksim *sim)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -errno;
    signal(SIGPIPE, SIG_IGN);
    sim->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
    return sim->signal_fd < 0 ? -errno : 0;
}

static void
report(void *context, bool warning, const char *line)
{
    (void)context;
    fprintf(stderr, "%s%s\n", warning ? "warning: " : "", line);
}

static int
load(struct parksim *sim)
{
    struct loader_options options = {.share = sim->arguments.share, .report = report};
    int result = loader_load(sim->arguments.site, &options, &sim->site);

    scenario_init(&sim->scenario);
    park_init(&sim->park, sim->scenario.seed);
    if (result == 0)
        result = signals_new(sim->site, &sim->park, &sim->signals);
    if (result == 0)
        result = slaves_new(sim->site, sim->signals, &sim->slaves);
    if (result == 0 && sim->arguments.scenario != NULL)
        result = scenario_load(sim->arguments.scenario, check_step, sim, &sim->scenario);
    if (result == 0)
        park_init(&sim->park, sim->scenario.seed);
    return result;
}

static void
done(struct parksim *sim)
{
    for (uint16_t i = 0; sim->wires != NULL && i < sim->site->bus_count; i++)
        wire_close(sim->wires[i]);
    free(sim->wires);
    free(sim->fds);
    if (sim->signal_fd >= 0)
        close(sim->signal_fd);
    scenario_done(&sim->scenario);
    slaves_free(sim->slaves);
    signals_free(sim->signals);
    site_free(sim->site);
    free(sim);
}

static const char USAGE[] =
    "usage: parksim --site FILE [--scenario FILE] [--here DIR] [--share DIR] [--check]\n"
    "\n"
    "  --site FILE      play the slaves of this site's devices, on the loopback address\n"
    "  --scenario FILE  what happens when (parksim(1))\n"
    "  --here DIR       ptys are linked in DIR and TCP ports chosen freely; without it, as the\n"
    "                   site says\n"
    "  --share DIR      where devices/ and limits/ are\n"
    "  --check          only say whether both files are right\n"
    "  --fleet COUNT    instead of --site: starts so many gateways of one boiler each,\n"
    "                   with --gateway PROGRAM --broker HOST:PORT --state DIR\n"
    "  --version, --help\n"
    "\n"
    "Commands on standard input: set SIGNAL VALUE [over DURATION] [for DURATION]; release SIGNAL;\n"
    "DEVICE good|silence|noise|stuck|wrong-unit|late DURATION|drip DURATION|exception NUMBER "
    "[DURATION].\n";

/* 0: go on; otherwise 1 + the exit status. */
static int
read_arguments(int argc, char **argv, struct arguments *arguments)
{
    static const struct option OPTIONS[] = {
        {"site", required_argument, NULL, 's'},    {"scenario", required_argument, NULL, 'c'},
        {"here", required_argument, NULL, 'd'},    {"share", required_argument, NULL, 'r'},
        {"check", no_argument, NULL, 'k'},         {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},          {"fleet", required_argument, NULL, 'f'},
        {"gateway", required_argument, NULL, 'g'}, {"broker", required_argument, NULL, 'b'},
        {"state", required_argument, NULL, 't'},   {NULL, 0, NULL, 0},
    };
    struct fleet_options *fleet = &arguments->fleet;
    int option;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        switch (option) {
        case 's': arguments->site = optarg; break;
        case 'c': arguments->scenario = optarg; break;
        case 'd': arguments->here = optarg; break;
        case 'r': arguments->share = optarg; break;
        case 'k': arguments->check = true; break;
        case 'f': fleet->count = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'g': fleet->program = optarg; break;
        case 'b': fleet->broker = optarg; break;
        case 't': fleet->directory = optarg; break;
        case 'v': puts("parksim " PARKGATE_VERSION); return 1;
        case 'h': fputs(USAGE, stdout); return 1;
        default: fputs(USAGE, stderr); return 1 + EXIT_USAGE;
        }
    }
    bool whole = fleet->program != NULL && fleet->broker != NULL && fleet->directory != NULL;
    bool is_fleet = fleet->count > 0 && fleet->count <= FLEET_MOST && whole;
    if ((arguments->site != NULL) != is_fleet && optind == argc)
        return 0;
    fputs(USAGE, stderr);
    return 1 + EXIT_USAGE;
}

static const char *
line_address(void *context, unsigned line)
{
    const struct parksim *sim = context;

    return wire_address(sim->wires[line]);
}

static int
make_fleet_park(struct arguments *arguments)
{
    if (arguments->fleet.count == 0)
        return 0;
    arguments->site = arguments->park;
    arguments->here = arguments->fleet.directory;
    return fleet_write_park(&arguments->fleet, arguments->park);
}

int
main(int argc, char **argv)
{
    struct parksim *sim = calloc(1, sizeof *sim);
    int result;

    if (sim == NULL)
        return EXIT_FAILURE;
    sim->signal_fd = -1;
    sim->input_open = true;
    result = read_arguments(argc, argv, &sim->arguments);
    if (result != 0) {
        free(sim);
        return result - 1;
    }
    result = make_fleet_park(&sim->arguments);
    if (result == 0)
        result = load(sim);
    if (result == 0 && !sim->arguments.check)
        result = open_signals(sim);
    if (result == 0 && !sim->arguments.check)
        result = open_wires(sim);
    if (result == 0 && !sim->arguments.check && sim->arguments.fleet.count > 0)
        result = fleet_start(&sim->fleet, &sim->arguments.fleet, line_address, sim);
    if (result == 0 && !sim->arguments.check) {
        sim->start_mono_ns = clock_mono_ns();
        print_ready(sim);
        play(sim);
        print_counters(sim);
    }
    fleet_stop(&sim->fleet, FLEET_MS);
    done(sim);
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
